import type { ScanContext, SourceFile, Surroundings } from '../../src/contracts/index.ts';
import { type JsonValues, readJsonValues } from '../../src/files/json-values.ts';
import { headOfBytes } from '../../src/files/source-file.ts';
import { fail } from '../../src/formats/answer.ts';
import { addAnswer } from './answers.ts';
import { type AnswerKind, type Answers, newAnswers } from './collect.ts';
import { type Gathered, gather } from './gather.ts';
import { type Missing, missingIn } from './missing.ts';
import { isGcpExport, mayBeExport, namedKind } from './recognise.ts';

/** A file, and what all exports that lie beside and below it tell together. */
export interface Beside {
  readonly answers: Answers;
  readonly gathered: Gathered;
  readonly broken: JsonValues['broken'];
  /** Of the others, so many could not be read: what they would have added is missing. */
  readonly lost: number;
  /** What was not exported with them; told with the first of them. */
  readonly missing: readonly Missing[];
}

interface Read {
  readonly answers: Answers;
  readonly broken: JsonValues['broken'];
}

interface Together {
  readonly files: ReadonlyMap<string, Read>;
  readonly gathered: Gathered;
  readonly lost: number;
  readonly missing: readonly Missing[];
}

const kept = new WeakMap<Surroundings, Map<string, Promise<Together>>>();

export async function readBeside(file: SourceFile, context: ScanContext): Promise<Beside> {
  const { around } = file;
  if (around === undefined) return alone(file, context);
  const top = topOf(file.path);
  const known = kept.get(around) ?? new Map<string, Promise<Together>>();
  kept.set(around, known);
  const together = known.get(top) ?? readAll(around, top, context);
  known.set(top, together);
  const { files, gathered, lost, missing } = await together;
  const own = files.get(file.path);
  if (own === undefined) return alone(file, context);
  const [first] = files.keys();
  return { ...own, gathered, lost, missing: first === file.path ? missing : [] };
}

function alone(file: SourceFile, context: ScanContext): Beside {
  const read = readOne(file);
  return { ...read, gathered: gather([read.answers], context.now()), lost: 0, missing: [] };
}

async function readAll(around: Surroundings, top: string, context: ScanContext): Promise<Together> {
  const files = new Map<string, Read>();
  let lost = 0;
  for (const path of [...(await around.paths())].sort()) {
    if (!path.startsWith(top) || !mayBeExport(path)) continue;
    context.signal.throwIfAborted();
    try {
      const file = await around.read(path);
      if (file === undefined || !isGcpExport(headOfBytes(path, file.bytes))) continue;
      files.set(path, readOne(file));
    } catch {
      // It says so itself when it is scanned; the others are read nevertheless.
      lost++;
    }
  }
  const gathered = gather(
    [...files.values()].map(({ answers }) => answers),
    context.now(),
  );
  // What could not be read may be what seems to be missing.
  return { files, lost, gathered, missing: lost > 0 ? [] : missingIn(files, gathered.projectIds) };
}

/** Described one by one in a loop, as the README has it: of none comes an empty file. */
const ONE_BY_ONE: ReadonlySet<AnswerKind> = new Set(['roles', 'deny policies', 'workload identity providers']);

function readOne(file: SourceFile): Read {
  const answers = newAnswers();
  const json = readJsonValues(file.text());
  for (const [index, value] of json.values.entries()) {
    addAnswer(answers, value, json.values.length > 1 ? `value ${index + 1}` : 'answer', file.path);
  }
  if (answers.kinds.size === 0) {
    const promised = namedKind(file.path);
    if (promised !== undefined) answers.kinds.add(promised);
    if (file.text().trim() === '' && (promised === undefined || !ONE_BY_ONE.has(promised)))
      fail(answers, 'the file is empty: what was to be exported did not come, export it again');
  }
  return { answers, broken: json.broken };
}

/** What is exported together lies in one directory, or in those below one that is named for it. */
function topOf(path: string): string {
  const directory = path.slice(0, path.lastIndexOf('/') + 1);
  return /^(?<top>(?:.*\/)?(?:gcp|gcloud|google|google-cloud)(?:-exports?)?\/)/i.exec(directory)?.groups?.top ?? directory;
}
