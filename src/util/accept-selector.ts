import type { Finding } from '../contracts/finding.ts';
import { EPHEMERAL } from './fingerprint.ts';
import { isKeyed } from './keyed.ts';
import { placeGlob } from './place-glob.ts';
import { printable } from './sanitize.ts';

/** What of an exception selects one finding. */
export type Selector = { readonly finding: string } | { readonly rule: string; readonly path: string };

const SHORT = 12;

/**
 * What names this finding in the next run, too: its fingerprint, but where that is another in each run, its check and file.
 * Undefined: it lies in several files, or in one whose name nobody should paste.
 */
export function selectorOf(finding: Finding, fingerprintKeyId: string): Selector | undefined {
  if (fingerprintKeyId !== EPHEMERAL || !isKeyed(finding)) {
    return /^[0-9a-f]{12,64}$/.test(finding.fingerprint) ? { finding: finding.fingerprint.slice(0, SHORT) } : undefined;
  }
  const paths = new Set(finding.evidence.flatMap(({ at }) => at?.path ?? []));
  const [path] = paths;
  if (path === undefined || paths.size > 1 || printable(path) !== path || !/^[a-z0-9-]{1,80}$/.test(finding.rule))
    return undefined;
  return { rule: finding.rule, path: placeGlob(path) };
}
