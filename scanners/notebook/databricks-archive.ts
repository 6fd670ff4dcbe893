import type { Node } from 'jsonc-parser';
import type { Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { gapOf, readMembers } from '../../src/files/archive/members.ts';
import { ARCHIVE_LIMITS, LimitReached, Meter } from '../../src/files/archive/meter.ts';
import { bytesSource } from '../../src/files/archive/source.ts';
import { sourceFile } from '../../src/files/source-file.ts';
import type { RawText } from './decoded-text.ts';
import { entries } from './node.ts';
import { scanNotebook } from './read.ts';
import { addRendered, addText, type Notebook, type Reading } from './schema.ts';
import { coverage } from './search.ts';

/** An export of a Databricks workspace: a zip of notebooks, each JSON with its commands and their results. */
export async function* scanDatabricksArchive(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  const gaps: string[] = [];
  let [read, failed] = [0, 0];
  try {
    for await (const member of readMembers(
      bytesSource(file.bytes),
      new Meter(ARCHIVE_LIMITS, file.bytes.length, context.signal),
    )) {
      if (member.kind === 'gap') {
        gaps.push(member.why);
        failed += 1;
        continue;
      }
      const path = `${file.path}!${member.path}`;
      const inner = sourceFile(path, await whole(member.content), { ...file.at, path }, file.place);
      for (const observation of scanNotebook(inner, context, readDatabricks))
        if (observation.kind !== 'coverage') yield observation;
      read += 1;
    }
  } catch (error) {
    context.signal.throwIfAborted();
    gaps.push(error instanceof LimitReached ? error.message : gapOf(error));
    failed += 1;
  }
  const why = [...new Set(gaps)].slice(0, 5).join('; ');
  yield coverage(file, {
    ...(gaps.length === 0 ? { outcome: 'complete' } : { outcome: 'partial', why }),
    seen: read + failed,
    read,
    failed,
    detail: { form: 'databricks-archive', notebooks: read },
  });
}

/** The meter bounds what comes. */
async function whole(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of content) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

/** `commands[].command` is the source; `results` and `error…` are what it printed. */
function readDatabricks(root: Node | undefined, raw: RawText): Notebook {
  const reading: Reading = { raw, texts: [], media: 0 };
  const lists =
    root === undefined
      ? []
      : entries(root).flatMap(([key, value]) => (key === 'commands' && value.type === 'array' ? [value] : []));
  let cells = 0;
  for (const command of lists.flatMap((list) => list.children ?? [])) {
    cells += 1;
    const known = new Set<Node>();
    for (const [key, value] of entries(command)) {
      if (key === 'command' && value.type === 'string') {
        known.add(value);
        const cellType = /^\s*%md\b/.test(String(value.value)) ? 'markdown' : 'code';
        addText(value, { cell: cells, cellType, part: 'source' }, reading);
      }
      if (/^(?:results|error|errorSummary|errorTraceType)$/.test(key)) {
        known.add(value);
        addRendered(value, new Set(), { cell: cells, cellType: 'code', part: 'output' }, reading);
      }
    }
    addRendered(command, known, { cell: cells, part: 'metadata' }, reading);
  }
  if (root !== undefined) addRendered(root, new Set(lists), { part: 'metadata' }, reading);
  return { texts: reading.texts, cells, media: reading.media, hasCells: lists.length > 0 };
}
