import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { AnyReporter, RenderContext, Report } from './contracts/index.ts';
import { type Io, stdoutContext } from './io.ts';
import { loadReporter, REPORTER_IDS } from './registry.ts';
import { ConfigError, codeOf, messageOf, OutputError } from './util/errors.ts';
import { nearest } from './util/nearest.ts';

/** One `-o FMT=FILE` (or, without a file, what stdout gets). */
export interface Output {
  readonly reporter: AnyReporter;
  readonly options: { readonly [name: string]: string };
  /** Absolute. */
  readonly file?: string;
}

// FMT, FMT:name=value,name=value — and for -o, =FILE behind it.
const FORMAT = /^(?<id>[a-z][a-z0-9-]*)(?::(?<options>[a-zA-Z]+=[^,=]*(?:,[a-zA-Z]+=[^,=]*)*))?(?:=(?<file>.+))?$/s;

/** Parses `-f` and `-o` values. Throws `ConfigError` for an unknown format or a missing file name. */
export async function parseOutput(text: string, kind: 'stdout' | 'file', directory: string): Promise<Output> {
  const { id, options, file } = FORMAT.exec(text)?.groups ?? {};
  if (id === undefined || (kind === 'file') !== (file !== undefined)) {
    throw new ConfigError(`Not understood: ${kind === 'file' ? '--output' : '--format'} ${text}`, {
      code: 'OUTPUT_FORMAT',
      hint: kind === 'file' ? 'Write FORMAT=FILE, for example: -o sarif=report.sarif' : 'Write a format, for example: -f json',
    });
  }
  if (file === '-') {
    throw new ConfigError(`Not understood: --output ${text}`, {
      code: 'OUTPUT_FORMAT',
      hint: `Standard output is what --format gives: -f ${id}`,
    });
  }
  const reporter = await loadReporter(id);
  if (reporter === undefined) {
    const meant = nearest(id, REPORTER_IDS);
    throw new ConfigError(`There is no format "${id}"`, {
      code: 'OUTPUT_FORMAT',
      hint: `${meant === undefined ? '' : `Did you mean "${meant}"? `}Formats: ${REPORTER_IDS.join(', ')}`,
    });
  }
  const given = Object.fromEntries((options?.split(',') ?? []).map((pair) => pair.split('=', 2) as [string, string]));
  const parsed = reporter.options.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigError(`${id}: ${issue?.path.join('.') ?? 'options'}: ${issue?.message ?? 'not understood'}`, {
      code: 'OUTPUT_FORMAT',
      hint: `The options of ${id} are described in reporters/${id}/README.md.`,
    });
  }
  return { reporter, options: given, ...(file === undefined ? {} : { file: resolve(directory, file) }) };
}

/** All that the options `-f` and `-o` ask for; says before a long scan, not after it, what cannot be written. */
export async function parseOutputs(format: string, files: readonly string[], directory: string): Promise<readonly Output[]> {
  const outputs = [await parseOutput(format, 'stdout', directory)];
  for (const text of files) outputs.push(await parseOutput(text, 'file', directory));
  assertWritable(outputs);
  return outputs;
}

function assertWritable(outputs: readonly Output[]): void {
  const taken = new Set<string>();
  for (const { file } of outputs) {
    if (file === undefined) continue;
    if (!existsSync(dirname(file))) throw notWritable(file, 'the directory does not exist');
    if (!statSync(dirname(file)).isDirectory()) throw notWritable(file, `${dirname(file)} is not a directory`);
    if (existsSync(file) && statSync(file).isDirectory()) throw notWritable(file, 'it is a directory');
    if (taken.has(file)) throw notWritable(file, 'two reports would go there');
    taken.add(file);
  }
}

export async function writeOutputs(
  outputs: readonly Output[],
  report: Report,
  io: Io,
  store: string | undefined,
  exit?: RenderContext['exit'],
): Promise<void> {
  // Files first: whoever reads standard output may go away (`| head`), and the files must be there all the same.
  const filesFirst = [...outputs].sort((a, b) => Number(a.file === undefined) - Number(b.file === undefined));
  for (const output of filesFirst) {
    const context: RenderContext = {
      ...(output.file === undefined ? stdoutContext(io, store) : { width: undefined, color: false, links: false, store }),
      ...(exit === undefined ? {} : { exit }),
    };
    const text = output.reporter.render(report, output.options, context);
    if (output.file === undefined) for await (const piece of text) await io.stdout(piece);
    else await writeWhole(output.file, text);
  }
}

/**
 * A report is there whole or not at all: it is written beside its place and moved there when it is complete. A symbolic
 * link stays one: the file it leads to is replaced. What is no file (a pipe, `/dev/stdout`) is written to as it is.
 */
export async function writeWhole(file: string, pieces: Iterable<string> | AsyncIterable<string>, what = 'report'): Promise<void> {
  const there = statSync(file, { throwIfNoEntry: false });
  const direct = there !== undefined && !there.isFile();
  const target = there?.isFile() === true ? realpathSync(file) : file;
  const place = direct ? file : `${target}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    // Made new: a link that somebody laid there is not followed.
    const handle = openSync(place, direct ? 'w' : 'wx');
    try {
      for await (const piece of pieces) writeFileSync(handle, piece);
    } finally {
      closeSync(handle);
    }
    if (!direct) renameSync(place, target);
  } catch (error) {
    if (!direct) rmSync(place, { force: true });
    if (['ENOSPC', 'EDQUOT', 'EIO', 'EFBIG'].includes(codeOf(error) ?? '')) {
      throw new OutputError(`The ${what} ${file} could not be written: ${messageOf(error)}`, {
        code: 'OUTPUT_FAILED',
        hint: 'Free some space and run again; what stood there before is unchanged.',
        cause: error,
      });
    }
    // Only what the system refused is the path's fault; the rest is the reporter's.
    if (error instanceof Error && 'syscall' in error) throw notWritable(file, messageOf(error), { what, cause: error });
    throw error;
  }
}

function notWritable(
  file: string,
  why: string,
  { what = 'report', cause }: { what?: string; cause?: unknown } = {},
): OutputError {
  return new OutputError(`The ${what} ${file} cannot be written: ${why}`, {
    code: 'OUTPUT_PATH',
    hint: what === 'report' ? 'Check the path given with --output.' : 'Check the path and its permissions.',
    ...(cause === undefined ? {} : { cause }),
  });
}
