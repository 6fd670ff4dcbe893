import type { ScanContext, SourceFile, Surroundings } from '../../src/contracts/index.ts';
import { type JsonValues, readJsonValues } from '../../src/files/json-values.ts';
import { headOfBytes } from '../../src/files/source-file.ts';
import { addAnswer } from './answers.ts';
import { type Answers, newAnswers } from './collect.ts';
import { type Gathered, gather } from './gather.ts';
import { isGcpExport, mayBeExport } from './recognise.ts';

/** A file, and what all exports that lie beside and below it tell together. */
export interface Beside {
  readonly answers: Answers;
  readonly gathered: Gathered;
  readonly broken: JsonValues['broken'];
}

interface Read {
  readonly answers: Answers;
  readonly broken: JsonValues['broken'];
}

interface Together {
  readonly files: ReadonlyMap<string, Read>;
  readonly gathered: Gathered;
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
  const { files, gathered } = await together;
  const own = files.get(file.path);
  return own === undefined ? alone(file, context) : { ...own, gathered };
}

function alone(file: SourceFile, context: ScanContext): Beside {
  const read = readOne(file);
  return { ...read, gathered: gather([read.answers], context.now()) };
}

async function readAll(around: Surroundings, top: string, context: ScanContext): Promise<Together> {
  const files = new Map<string, Read>();
  for (const path of [...(await around.paths())].sort()) {
    if (!path.startsWith(top) || !mayBeExport(path)) continue;
    const file = await around.read(path);
    if (file === undefined || !isGcpExport(headOfBytes(path, file.bytes))) continue;
    files.set(path, readOne(file));
  }
  return {
    files,
    gathered: gather(
      [...files.values()].map(({ answers }) => answers),
      context.now(),
    ),
  };
}

function readOne(file: SourceFile): Read {
  const answers = newAnswers();
  const json = readJsonValues(file.text());
  for (const [index, value] of json.values.entries()) {
    addAnswer(answers, value, json.values.length > 1 ? `value ${index + 1}` : 'answer', file.path);
  }
  return { answers, broken: json.broken };
}

/** What is exported together lies in one directory, or in those below one that is named for it. */
function topOf(path: string): string {
  const directory = path.slice(0, path.lastIndexOf('/') + 1);
  return /^(?<top>(?:.*\/)?(?:gcp|gcloud|google|google-cloud)(?:-exports?)?\/)/i.exec(directory)?.groups?.top ?? directory;
}
