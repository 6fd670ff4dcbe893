import {
  type CoverageObservation,
  defineFileScanner,
  type FileHead,
  type ScanContext,
  type SourceFile,
  type Surface,
} from '../../src/contracts/index.ts';
import { maskNames } from '../../src/util/mask-names.ts';
import { type ExportName, exportNamesOf, KINDS } from './names.ts';
import { isJsonError, otherFormOf, refusalIn, surfaceOf } from './texts.ts';

/** Longer than this is no refusal, and a cut answer of this length is recognised by its own reader. */
const MAX_BYTES = 16 * 1024;
const HEAD = 4096;
/** Of a directory, these many files are asked which inventory they are of. */
const MAX_NEIGHBOURS = 40;
const MAX_QUOTED = 240;

/**
 * Exports that hold no answer: the call was refused, and a shell made the file all the same, with nothing in it, with the
 * error of the tool, or with the page of a proxy. Silence about one would read as "nothing is there". Asked after all others.
 */
export const refusedExport = defineFileScanner({
  id: 'refused-export',
  title: 'Exports that were refused',
  emits: ['coverage'],
  surfaces: ['aws', 'gcp', 'entra', 'github', 'okta', 'google-workspace', 'postgres', 'spire'],
  version: 2,
  content: 'shared',
  looksAt: isExportLike,
  recognises: (file) => problemOf(file) !== undefined,
  scan,
});

type Problem = 'empty' | 'refused' | 'html' | 'unreadable' | 'form';

function isExportLike(path: string): boolean {
  return /\.(?:json|jsonl|ndjson|csv|sql)$/i.test(path);
}

/** What is wrong with it, should it be an export. */
function problemOf(file: FileHead): Problem | undefined {
  if (/\.(?:ya?ml|txt|csv|tsv)$/i.test(file.path) && file.size > 0 && otherFormOf(file.head()) !== undefined) return 'form';
  if (file.size > MAX_BYTES || !isExportLike(file.path)) return undefined;
  const head = file.size === 0 ? '' : file.head();
  if (head.trim() === '') return file.size <= HEAD ? 'empty' : undefined;
  const names = exportNamesOf(file.path);
  if (refusalIn(head) !== undefined) return 'refused';
  if (isJsonError(head)) return 'refused';
  if (/^\s*<(?:!doctype|html|\?xml|head)/i.test(head)) return 'html';
  if (!/\.json$/i.test(file.path) || file.size > HEAD) return undefined;
  // Whatever GitHub answered has the name of its call; other names may stand for files of other kinds.
  if (names.some(({ isSure, surface }) => isSure && surface === 'github')) return 'unreadable';
  const mayBe = names.some(({ isSure }) => isSure) || surfaceOf(head) !== undefined;
  return mayBe && !isJson(head) ? 'unreadable' : undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function* scan(file: SourceFile, context: ScanContext): AsyncGenerator<CoverageObservation> {
  const text = file.text();
  const problem = problemOf({ path: file.path, size: file.bytes.length, head: () => text.slice(0, HEAD) });
  if (problem === undefined) return;
  if (problem === 'form') {
    const form = otherFormOf(text.slice(0, HEAD));
    if (form === undefined) return;
    yield {
      kind: 'coverage',
      surface: 'aws',
      subject: file.path,
      outcome: 'unsupported',
      why: form.why,
      covers: form.covers,
      seen: 1,
      read: 0,
      skipped: 0,
      failed: 1,
      bytes: file.bytes.length,
      at: { ...file.at, path: file.path },
    };
    return;
  }
  const refusal = refusalIn(text);
  for (const { name, surface } of await meant(file, text)) {
    yield {
      kind: 'coverage',
      surface,
      subject: file.path,
      outcome: problem === 'empty' && name?.mayBeEmpty === true ? 'partial' : 'denied',
      why: tell(problem, text, name, context),
      covers: name?.covers ?? KINDS[surface] ?? [],
      seen: 1,
      read: 0,
      skipped: 0,
      failed: 1,
      bytes: file.bytes.length,
      at: { ...file.at, path: file.path },
      ...(refusal?.operation === undefined ? {} : { detail: { operation: refusal.operation } }),
    };
  }
}

/** Which inventory it was to be of: its text says so, else its name, else what lies beside it. */
async function meant(file: SourceFile, text: string): Promise<readonly { surface: Surface; name?: ExportName }[]> {
  const names = exportNamesOf(file.path);
  const named = (surface: Surface) => {
    const name = names.find((one) => one.surface === surface);
    return name === undefined ? { surface } : { surface, name };
  };
  const told = refusalIn(text)?.surface ?? surfaceOf(text.slice(0, HEAD));
  if (told !== undefined) return [named(told)];
  const sure = names.find(({ isSure }) => isSure);
  if (sure !== undefined) return [named(sure.surface)];
  const beside = await surfacesBeside(file);
  const fitting = names.filter(({ surface }) => beside.has(surface));
  return fitting.length > 0 ? fitting.map(({ surface }) => named(surface)) : [...beside].map(named);
}

async function surfacesBeside(file: SourceFile): Promise<ReadonlySet<Surface>> {
  const directory = file.path.split('/').slice(0, -1).join('/');
  const paths = (await file.around?.list(directory)) ?? [];
  const surfaces = new Set<Surface>();
  let asked = 0;
  for (const path of paths) {
    if (path === file.path || !isExportLike(path)) continue;
    if (++asked > MAX_NEIGHBOURS) break;
    const sure = exportNamesOf(path).find(({ isSure }) => isSure)?.surface;
    const surface = sure ?? surfaceOf((await file.around?.read(path))?.text().slice(0, HEAD) ?? '');
    if (surface !== undefined) surfaces.add(surface);
  }
  return surfaces;
}

function tell(problem: Exclude<Problem, 'form'>, text: string, name: ExportName | undefined, context: ScanContext): string {
  const of = name?.call === undefined ? '' : ` of \`${name.call}\``;
  switch (problem) {
    case 'empty':
      return name?.mayBeEmpty === true
        ? `it is empty: the call${of} was refused, or there is nothing of the kind; if there is nothing, delete the file`
        : `it is empty: the call${of} gave no answer, most often because it was refused; export it again and see what the call says`;
    case 'refused':
      return `the call${of} was refused: ${quote(text, context)}`;
    case 'html':
      return `a page of HTML stands in place of the answer${of}; export it again`;
    case 'unreadable':
      return `no answer${of} that can be read stands in it (cut off, or in another form); export it again as JSON`;
  }
}

/** The first lines, with no credential in them. */
function quote(text: string, context: ScanContext): string {
  const line = maskNames(text.slice(0, HEAD).trim().replace(/\s+/g, ' '), context.detect);
  return line.length <= MAX_QUOTED ? line : `${line.slice(0, MAX_QUOTED - 1)}…`;
}
