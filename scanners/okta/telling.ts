import type { Location, ScanContext } from '../../src/contracts/index.ts';
import type { User } from './schema.ts';
import type { World } from './world.ts';

/** What all rows of a file or a live run are told with. */
export interface Telling {
  readonly world: World;
  readonly at: Location;
  readonly context: Pick<ScanContext, 'now' | 'fingerprint'>;
}

export function emailOf(user: User | undefined): string | undefined {
  const email = user?.email ?? user?.login;
  return email?.includes('@') === true ? email.toLowerCase() : undefined;
}

/** For `detail`: the log was asked, and knows of no use. */
export function unusedSince(world: World, subject: string): { readonly noUseSince?: string } {
  const since = world.noUseSince(subject);
  return since === undefined ? {} : { noUseSince: since };
}
