import { type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { RawText } from './decoded-text.ts';
import type { Notebook } from './schema.ts';
import { coverage, Search } from './search.ts';

/** Beyond this a notebook is searched as bytes, without cells: the tree of a larger file would not fit a small machine. */
const MAX_PARSED_BYTES = 64 * 1024 * 1024;

/** The sightings of a notebook, the uses of identities in its code, and how much of it could be read. */
export function* scanNotebook(
  file: SourceFile,
  context: ScanContext,
  readTree: (root: ReturnType<typeof parseTree>, raw: RawText) => Notebook,
): Generator<Observation> {
  const search = new Search(file, context);
  if (file.bytes.length > MAX_PARSED_BYTES) {
    yield* search.bytes();
    yield coverage(file, {
      outcome: 'partial',
      why: `larger than ${MAX_PARSED_BYTES >> 20} MiB: searched as plain bytes, without cells`,
    });
    return;
  }

  const raw = new RawText(file.text());
  const { root, problem } = parse(raw);
  const read = readTree(root, raw);
  for (const text of read.texts) yield* search.text(text, raw);
  for (const value of read.values ?? []) yield* search.value(value, raw);
  if (problem !== undefined) yield* search.broken(raw);
  yield* search.consumers();

  const why = problem ?? (read.hasCells ? undefined : 'it has no list of cells: searched as plain JSON');
  yield coverage(file, {
    ...(why === undefined ? { outcome: 'complete' } : { outcome: 'partial', why }),
    // A notebook that ends early or is broken has at least one cell that could not be read.
    seen: read.cells + (problem === undefined ? 0 : 1),
    read: read.cells,
    failed: problem === undefined ? 0 : 1,
    detail: { mediaSkipped: read.media },
  });
}

/** The tree as far as it can be read, and what is wrong with the JSON in words. */
function parse(raw: RawText): { root: ReturnType<typeof parseTree>; problem?: string } {
  if (raw.text.trim() === '') return { root: undefined, problem: 'the file is empty' };
  const errors: ParseError[] = [];
  try {
    const root = parseTree(raw.text, errors, { disallowComments: true });
    const first = errors[0];
    if (first === undefined) return { root };
    const { line, column } = raw.position(first.offset);
    const truncated = first.offset + first.length >= raw.text.trimEnd().length;
    const what = truncated ? 'it ends in the middle' : `not valid JSON (${printParseErrorCode(first.error)})`;
    return { root, problem: `${what} at line ${line}, column ${column}: what follows was searched as plain text` };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { root: undefined, problem: 'nested too deeply to be read by cell: searched as plain text' };
  }
}
