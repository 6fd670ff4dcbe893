import type { Location, Observation } from '../../src/contracts/index.ts';
import type { Answers } from './answers.ts';
import { credentialRows } from './credentials.ts';
import { readDirectory } from './directory.ts';
import { type GrantTally, grantRows, newTally } from './grants.ts';
import { identityRows } from './identities.ts';
import { trustRows } from './trusts.ts';

export interface Source {
  readonly at: Location;
  readonly now: Date;
  /** Where the answers do not say it. */
  readonly tenant?: string | undefined;
  /** Takes what could not be read, field first. */
  readonly problems: string[];
}

/** Answers as observations: of a file and of a live tenant alike. */
export function* observe(answers: Answers, { at, now, tenant, problems }: Source): Generator<Observation, GrantTally> {
  const directory = readDirectory(answers, tenant);
  const tally = newTally();
  yield* identityRows(answers, directory, at);
  yield* credentialRows(answers, directory, at, now, problems);
  yield* trustRows(answers, directory, at);
  yield* grantRows(answers, directory, at, tally);
  return tally;
}
