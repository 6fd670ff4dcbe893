import { FINDINGS, MOST_HELD } from './format.ts';
import { leafHash, merkleRoot } from './merkle.ts';
import type { Problem } from './problem.ts';
import type { PackFile } from './source.ts';

/** Lines of a file, as bytes. A line that is longer than anything held at once ends it: `undefined`. */
export function* linesOf(file: PackFile): Generator<Buffer | undefined> {
  let rest = Buffer.alloc(0);
  for (const chunk of file.chunks()) {
    let text = Buffer.concat([rest, chunk]);
    for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10)) {
      yield text.subarray(0, end);
      text = text.subarray(end + 1);
    }
    if (text.length > MOST_HELD) {
      yield undefined;
      return;
    }
    rest = Buffer.from(text);
  }
  if (rest.length > 0) yield rest;
}

/** The root in the manifest is that of the findings in the pack. */
export function checkFindings(
  file: PackFile,
  { count, root }: { readonly count: number; readonly root: string },
): readonly Problem[] {
  const leaves: Buffer[] = [];
  for (const line of linesOf(file)) {
    if (line === undefined) return [{ file: FINDINGS, kind: 'limit', message: 'a line is too long: not read' }];
    leaves.push(leafHash(line));
  }
  if (leaves.length === count && merkleRoot(leaves).toString('hex') === root) return [];
  return [
    { file: FINDINGS, kind: 'merkle', message: 'its lines do not lead to the root and number of findings in the manifest' },
  ];
}
