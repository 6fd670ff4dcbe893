import { BUNDLE, ENVELOPE, MANIFEST, SUMS, sumsOf } from './format.ts';
import type { Problem } from './problem.ts';
import { signedManifest } from './seal.ts';
import type { Measured } from './source.ts';
import type { Statement } from './statement.ts';

/** Digests by path, of the lines that are as they should be. */
export function readSums(bytes: Buffer | undefined): ReadonlyMap<string, string> | undefined {
  if (bytes === undefined) return undefined;
  const lines = bytes.toString('latin1').matchAll(/^(?<sha256>[0-9a-f]{64}) {2}(?<path>\S+)$/gm);
  return new Map([...lines].map(({ groups }) => [groups?.path ?? '', groups?.sha256 ?? '']));
}

/** The list for `sha256sum` says what the rest of the pack says, line by line. */
export function checkSums(
  bytes: Buffer | undefined,
  sums: ReadonlyMap<string, string> | undefined,
  known: {
    readonly expected: ReadonlyMap<string, string>;
    readonly measured: ReadonlyMap<string, Measured>;
    readonly isNamed: (file: string) => boolean;
    readonly statement: Statement | undefined;
  },
): readonly Problem[] {
  if (bytes === undefined || sums === undefined) {
    return known.isNamed(SUMS) ? [] : [{ file: SUMS, kind: 'missing', message: 'not there; a pack has one' }];
  }
  const wanted = new Map(known.expected);
  for (const path of [MANIFEST, ENVELOPE, BUNDLE]) {
    // Of a file that was changed the list may still have the right digest.
    const signed = path === MANIFEST && known.statement !== undefined ? signedManifest(known.statement) : undefined;
    const found = signed ?? (known.isNamed(path) ? sums.get(path) : known.measured.get(path)?.sha256);
    if (found !== undefined) wanted.set(path, found);
  }
  const files = [...wanted].map(([path, sha256]) => ({ path, sha256 }));
  const text = sumsOf(files);
  if (bytes.equals(Buffer.from(text))) return [];
  const sorted = (lines: string): string => lines.split('\n').sort().join('\n');
  return sorted(bytes.toString('latin1')) === sorted(text)
    ? [{ file: SUMS, kind: 'reordered', message: 'its lines are not in order' }]
    : [{ file: SUMS, kind: 'changed', message: 'it does not list the files and digests of this pack' }];
}
