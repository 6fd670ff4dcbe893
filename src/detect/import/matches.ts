import { type IdentityId, secretCredentialId } from '../../contracts/identity-id.ts';
import type { Match } from '../../contracts/scanner.ts';
import { baselineId, fingerprint, mask } from '../../util/fingerprint.ts';
import { Secret } from '../../util/secret.ts';
import type { Located, ScanResult } from '../file-scan.ts';
import type { ImportedFound, ImportResultOfScan } from './search.ts';

/** Fills `provider:scope:local` from named groups. */
type Identify = (template: string | undefined, groups: Readonly<Record<string, string>>) => IdentityId | undefined;

/**
 * The matches of imported rules, beside our own. What one of our detectors has found is its finding: it knows more about
 * it. Of two imported rules with the same secret, the first in the pack that is no guess has it.
 */
export function importedMatches(
  { found: all }: ScanResult,
  { found }: ImportResultOfScan,
  key: Uint8Array | string,
  identify: Identify,
): Match[] {
  const own = all.filter((one) => !one.rule.isGeneric);
  const bySpan = new Map<string, ImportedFound>();
  for (const one of found) {
    if (own.some((other) => overlaps(one, other))) continue;
    const span = `${one.start}-${one.end}-${one.end === one.start ? one.rule.id : ''}`;
    const known = bySpan.get(span);
    if (known === undefined || (known.rule.confidence === 'low' && one.rule.confidence !== 'low')) bySpan.set(span, one);
  }
  return [...bySpan.values()]
    .filter((one) => one.rule.confidence !== 'low' || !all.some((other) => overlaps(one, other)))
    .map((one) => toMatch(one, key, identify));
}

/** Our own guesses that an imported rule names better: the same place, and whatever the file, it is reported. */
export function outdoneBy({ found }: ImportResultOfScan): (guess: Located) => boolean {
  const named = found.filter(({ rule, unless }) => rule.confidence !== 'low' && unless === undefined);
  return (guess) => guess.rule.isGeneric && named.some((one) => overlaps(one, guess));
}

function overlaps(one: ImportedFound, other: Located): boolean {
  return one.start < other.matchEnd && other.matchStart < one.end;
}

function toMatch(found: ImportedFound, key: Uint8Array | string, identify: Identify): Match {
  const { rule, secret } = found;
  const print = fingerprint(secret, key);
  const identity = found.groups === undefined ? undefined : identify(rule.identity, found.groups);
  return {
    detector: rule.id,
    provider: rule.provider,
    type: rule.type,
    secret: new Secret(secret),
    credential: secretCredentialId(print),
    fingerprint: print,
    masked: mask(secret),
    baselineId: baselineId(secret, key),
    ...(found.allowedBy === undefined ? {} : { allowedBy: found.allowedBy }),
    confidence: rule.confidence,
    ...(identity === undefined ? {} : { identity }),
    ...(found.unless === undefined ? {} : { unless: found.unless }),
    start: found.start,
    end: found.end,
    line: found.line,
    column: found.column,
    endLine: found.endLine,
    endColumn: found.endColumn,
  };
}
