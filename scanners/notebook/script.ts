import type { Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { DecodedText, RawText } from './decoded-text.ts';
import type { Form } from './forms.ts';
import type { NotebookText } from './schema.ts';
import { coverage, Search } from './search.ts';

type ScriptForm = Extract<Form, 'databricks-source' | 'percent' | 'markdown'>;

/** A notebook that is kept as a text: the cells by their marks, each line where it stands. */
export function* scanScript(file: SourceFile, context: ScanContext, form: ScriptForm): Generator<Observation> {
  const raw = new RawText(file.text(), { escapes: false });
  const texts = cellsOf(raw, form);
  const search = new Search(file, context);
  for (const text of texts) yield* search.text(text, raw);
  yield* search.consumers();
  const cells = texts.at(-1)?.cell ?? 0;
  yield coverage(file, { outcome: 'complete', seen: cells, read: cells, failed: 0, detail: { form } });
}

interface Line {
  readonly text: string;
  readonly offset: number;
}

function cellsOf(raw: RawText, form: ScriptForm): NotebookText[] {
  const cells: { type: 'code' | 'markdown'; lines: Line[] }[] = [{ type: form === 'markdown' ? 'markdown' : 'code', lines: [] }];
  const last = () => cells[cells.length - 1] as (typeof cells)[number];
  let offset = 0;
  for (const text of raw.text.split(/(?<=\n)/)) {
    const line = { text, offset };
    offset += text.length;
    if (form === 'markdown') {
      // The fence itself belongs to no code; its options (`{r, token="…"}`) are searched with the text before it.
      const isCode = last().type === 'code';
      if (isCode && /^\s*```\s*$/.test(text)) cells.push({ type: 'markdown', lines: [line] });
      else if (!isCode && /^\s*```\{/.test(text)) {
        last().lines.push(line);
        cells.push({ type: 'code', lines: [] });
      } else last().lines.push(line);
      continue;
    }
    const starts = form === 'percent' ? /^# %%/.test(text) : /^(?:#|--|\/\/) COMMAND -{10}/.test(text);
    if (starts) {
      const type = form === 'percent' && /\[(?:markdown|md|raw)\]/.test(text) ? 'markdown' : 'code';
      cells.push({ type, lines: [] });
    }
    const magic = form === 'databricks-source' ? /^(?:#|--|\/\/) MAGIC ?/.exec(text)?.[0].length : undefined;
    if (magic !== undefined && /^%md\b/.test(text.slice(magic))) last().type = 'markdown';
    last().lines.push(magic === undefined ? line : { text: text.slice(magic), offset: line.offset + magic });
  }
  return cells
    .filter(({ lines }) => lines.some(({ text }) => text.trim() !== ''))
    .map(({ type, lines }, index) => ({ text: joined(lines, raw), cell: index + 1, part: 'source', cellType: type }));
}

function joined(lines: readonly Line[], raw: RawText): DecodedText {
  const text = new DecodedText(raw);
  for (const line of lines) text.append(line.text, line.offset);
  return text;
}
