import { parseIdentityId } from '../contracts/identity-id.ts';
import type { BulkMatch } from '../contracts/scanner.ts';

/** Matches of bulk searches that keep their secret until the end of the run: all for `--verify`, `logins` in any other. */
export type KeepSecrets = boolean | 'logins';

const VERIFIERS: ReadonlySet<string> = new Set(['postgres-scram-verifier', 'postgres-md5-verifier']);

/** What a database keeps of a password. */
export function isVerifier({ detector }: Pick<BulkMatch, 'detector'>): boolean {
  return VERIFIERS.has(detector);
}

/** A password that the verifiers of a dump of database roles may tell the truth of. */
export function mayBeDatabasePassword(match: Pick<BulkMatch, 'identity' | 'type' | 'detector'>): boolean {
  const { identity, type } = match;
  if (isVerifier(match)) return false;
  return identity === undefined
    ? type === 'password'
    : identity.startsWith('postgres:') && parseIdentityId(identity)?.type === 'role';
}
