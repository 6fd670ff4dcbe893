import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { readBaseline } from '../config/baseline.ts';
import { CONFIG_FILE, type LoadedConfig, loadConfig, withRuleFiles } from '../config/load.ts';
import { type CrawlOptions, PERSONAS, type Persona, type Report, SEVERITIES, type Severity } from '../contracts/index.ts';
import { findRepository } from '../files/git.ts';
import type { Io } from '../io.ts';
import { type Output, parseOutputs, writeOutputs } from '../output.ts';
import { loadScanners } from '../registry.ts';
import { EXCEPTIONS_FILE } from '../run/acceptors.ts';
import { unionOfParts } from '../run/parts/index.ts';
import { isOpen } from '../run/report.ts';
import type { Runtime, StdinInput } from '../run/request.ts';
import { scan } from '../run.ts';
import { ConfigError, EXIT } from '../util/errors.ts';
import { createLog } from '../util/log.ts';
import { nearest } from '../util/nearest.ts';
import { createProgress, SILENT_PROGRESS } from '../util/progress.ts';
import { count, isCleanCheck, nothingToCheck } from '../util/report-text.ts';
import { printable } from '../util/sanitize.ts';

export interface ReportOptions {
  readonly format: string;
  readonly output: readonly string[];
  readonly persona?: string;
  readonly framework: readonly string[];
  readonly newOnly?: boolean;
  readonly baseline?: string;
  readonly config?: string;
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

export interface ScanOptions extends ReportOptions {
  readonly store?: string;
  readonly staged?: boolean;
  readonly stdin?: boolean;
  readonly stdinPath?: string;
  readonly diff?: string;
  readonly history: boolean;
  readonly since?: string;
  readonly rules?: readonly string[];
  readonly full?: boolean;
  readonly includeIgnored?: boolean;
  readonly exclude: readonly string[];
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly failOn?: string;
  readonly strictCoverage?: boolean;
  readonly exitCode: boolean;
  readonly exceptions?: string | false;
  readonly verify?: boolean;
  readonly dryRun?: boolean;
}

export async function scanCommand(io: Io, targets: readonly string[], options: ScanOptions): Promise<number> {
  if (options.dryRun === true) {
    assertOneChange(options);
    const { dryRun } = await import('./live.ts');
    const named = targets.length === 0 ? ['.'] : targets.filter((target) => target !== '-');
    return await dryRun(io, named, { format: options.format, verify: options.verify === true });
  }
  return (await scanAndWrite(io, targets, options)).exit;
}

function assertOneChange(options: ScanOptions): void {
  if (options.staged && options.diff !== undefined) {
    throw new ConfigError('--staged and --diff exclude each other', { code: 'USAGE', hint: 'Use one of them.' });
  }
  if (options.includeIgnored === true && (options.staged || options.diff !== undefined)) {
    throw new ConfigError(`--include-ignored and ${options.staged ? '--staged' : '--diff'} exclude each other`, {
      code: 'USAGE',
      hint: 'What git ignores is no part of a change: scan the directory without it.',
    });
  }
  if (options.since !== undefined && (options.staged || options.diff !== undefined)) {
    throw new ConfigError(`--since and ${options.staged ? '--staged' : '--diff'} exclude each other`, {
      code: 'USAGE',
      hint: '--since says how much of the history a scan reads; of a change all is read.',
    });
  }
  if (options.newOnly === true && options.store === undefined) {
    throw new ConfigError('--new-only needs a store: without one there is no run before', {
      code: 'USAGE',
      hint: 'Keep the runs in one file: --store audit.duckdb. What a change brings is told by --diff, what a file lists is left out by --baseline.',
    });
  }
}

/** A scan with its reports written; the exit code that it comes to. */
export async function scanAndWrite(
  io: Io,
  targets: readonly string[],
  options: ScanOptions,
  /** In place of the one that would be found: a pull request is not judged by its own. */
  given?: LoadedConfig,
): Promise<{ readonly report: Report; readonly exit: number }> {
  assertOneChange(options);
  const stdin = stdinOf(io, targets, options);
  const home = homeOf(io.directory, targets, options);
  const config = withRuleFiles(
    given ?? (await loadConfig(home, named(options.config, io.directory))),
    options.rules ?? [],
    io.directory,
  );
  const failOn = failOnOf(options.failOn) ?? config.failOn;
  const persona = personaOf(options.persona) ?? config.persona;
  const outputs = await parseOutputs(options.format, options.output, io.directory);
  const baseline = options.baseline === undefined ? undefined : readBaseline(resolve(io.directory, options.baseline));

  const { report, nothingScanned } = await scan({
    targets: targetsOf(targets, stdin, io.directory, options),
    ...(stdin === undefined ? {} : { stdin }),
    directory: io.directory,
    home,
    crawl: {
      history: options.history,
      staged: options.staged === true,
      exclude: options.exclude,
      own: outputs.flatMap(({ file }) => (file === undefined ? [] : [file])),
      ...(options.full === true ? { full: true } : {}),
      ...(options.includeIgnored === true ? { includeIgnored: true } : {}),
      ...(options.since === undefined ? {} : { since: options.since }),
      ...(options.diff === undefined ? {} : { diff: parseRange(options.diff) }),
    },
    ...(options.store === undefined ? {} : { storeFile: resolve(io.directory, options.store) }),
    only: options.only,
    skip: options.skip,
    config,
    persona,
    ...(baseline === undefined ? {} : { baseline }),
    newOnly: options.newOnly === true,
    ...(options.verify === true ? { verify: {} } : {}),
    ...(options.exceptions === undefined
      ? {}
      : { exceptions: options.exceptions === false ? (false as const) : resolve(io.directory, options.exceptions) }),
    frameworks: options.framework,
    parts: unionOfParts(outputs),
    ...(io.commandLine === undefined ? {} : { commandLine: io.commandLine }),
    runtime: await runtimeOf(io, options),
  });
  const isForPeople = (output: Output): boolean => output.file === undefined && output.reporter.id === 'terminal';
  const nothing = nothingToCheck(report);
  if (nothing !== undefined && options.quiet !== true && !outputs.some(isForPeople)) io.stderr(`${printable(nothing)}\n`);
  const isSilent = options.quiet === true && isCleanCheck(report);
  const exit = exitReason(report, { failOn, nothingScanned, options });
  await writeOutputs(isSilent ? outputs.filter((output) => !isForPeople(output)) : outputs, report, io, options.store, exit);
  return { report, exit: told(exit, io) };
}

/** Standard input, if it is asked for: by `--stdin`, or as the target `-`. */
function stdinOf(io: Io, targets: readonly string[], options: ScanOptions): StdinInput | undefined {
  const { stdin, stdinPath, staged, diff } = options;
  if (stdin !== true && stdinPath === undefined && !targets.includes('-')) return undefined;
  if (staged === true || diff !== undefined) {
    throw new ConfigError(`--stdin and ${staged === true ? '--staged' : '--diff'} exclude each other`, {
      code: 'USAGE',
      hint: 'Use one of them. A diff may be piped in: git diff | nhi-audit scan --stdin',
    });
  }
  if (io.stdin === undefined || io.stdin.isTTY) {
    throw new ConfigError('Standard input is a terminal: there is nothing to read', {
      code: 'USAGE',
      hint: 'Pipe something in: git diff | nhi-audit scan --stdin, or: nhi-audit scan --stdin-path .env < .env',
    });
  }
  return { name: stdinPath ?? '<stdin>', isNameless: stdinPath === undefined, chunks: io.stdin.chunks };
}

/**
 * Where the configuration and the exceptions lie: here. A change is that of the whole repository, wherever in it one stands, and
 * so are they, unless there are others here.
 */
export function homeOf(here: string, targets: readonly string[], { staged, diff }: Pick<ScanOptions, 'staged' | 'diff'>): string {
  if (targets.length > 0 || (staged !== true && diff === undefined)) return here;
  if ([CONFIG_FILE, EXCEPTIONS_FILE].some((name) => existsSync(join(here, name)))) return here;
  return findRepository(here)?.workTree ?? here;
}

function named(file: string | undefined, directory: string): string | undefined {
  return file === undefined ? undefined : resolve(directory, file);
}

function targetsOf(
  named: readonly string[],
  stdin: StdinInput | undefined,
  directory: string,
  { staged, diff }: Pick<ScanOptions, 'staged' | 'diff'>,
): readonly string[] {
  if (stdin !== undefined) return [stdin.name, ...named.filter((name) => name !== '-')];
  if (named.length > 0) return named;
  // A commit is made of the whole repository, wherever in it one stands.
  const top = staged === true || diff !== undefined ? findRepository(directory)?.workTree : undefined;
  return [top === undefined ? '.' : relative(directory, top) || '.'];
}

/** What the process lends to a scan. */
export async function runtimeOf(io: Io, options: { readonly quiet?: boolean; readonly debug?: boolean }): Promise<Runtime> {
  const progress = options.quiet
    ? SILENT_PROGRESS
    : createProgress({
        write: (text) => io.stderr(text),
        isTTY: io.terminal.stderrIsTTY,
        get columns() {
          return io.terminal.stderrColumns ?? io.terminal.columns;
        },
        clock: () => Date.now(),
      });
  const say = (line: string): void => {
    // A line behind the bar would be part of it.
    progress.end();
    io.stderr(line);
  };
  return {
    scanners: await loadScanners(),
    env: io.env,
    clock: io.clock,
    signal: io.signal,
    log: createLog(options.debug ? 'debug' : options.quiet ? 'silent' : 'info', say),
    progress,
  };
}

export function failOnOf(text: string | undefined): Severity | 'none' | undefined {
  return text === undefined ? undefined : oneOf('--fail-on', text, [...SEVERITIES, 'none'] as const);
}

interface ExitChoices {
  readonly failOn: Severity | 'none';
  readonly nothingScanned: boolean;
  readonly options: Pick<ScanOptions, 'exitCode' | 'staged' | 'diff' | 'strictCoverage'>;
}

export function exitOf(report: Report, { io, ...choices }: ExitChoices & { readonly io: Io }): number {
  return told(exitReason(report, choices), io);
}

interface Exit {
  readonly code: number;
  readonly why: string;
}

/** Whoever reads another format than text should know, too. */
function told({ code, why }: Exit, io: Io): number {
  if (code === EXIT.nothingToScan) io.stderr(`Nothing was scanned: ${why}\n`);
  return code;
}

function exitReason(report: Report, { failOn, nothingScanned, options }: ExitChoices): Exit {
  const open = report.findings.filter(isOpen);
  const judged = failOn !== 'none' && options.exitCode;
  const least = SEVERITIES.indexOf(failOn as Severity);
  const grave = judged ? open.filter(({ severity }) => SEVERITIES.indexOf(severity) >= least) : [];
  if (grave.length > 0) return { code: EXIT.findings, why: `${count(grave.length, 'finding')} at or above ${failOn}` };
  if (nothingScanned || (isEmpty(report) && options.staged !== true && options.diff === undefined)) {
    return { code: EXIT.nothingToScan, why: whyNothing(report) };
  }
  if (options.strictCoverage === true && report.coverage.some((row) => row.outcome !== 'complete')) {
    return { code: EXIT.incompleteCoverage, why: 'not everything could be read (--strict-coverage)' };
  }
  const why = judged ? `no finding at or above ${failOn}` : 'findings do not count (--fail-on none or --no-exit-code)';
  return { code: EXIT.clean, why };
}

function isEmpty(report: Report): boolean {
  const observed = Object.entries(report.run.counts).some(([kind, count]) => kind !== 'coverage' && count > 0);
  // What does not count what it read has read something where it read all.
  const hasRead = ({ read, outcome }: Report['coverage'][number]): boolean =>
    outcome !== 'denied' && (read ?? (outcome === 'complete' ? 1 : 0)) > 0;
  return !observed && !report.coverage.some(hasRead);
}

/** What was read and held nothing is told apart from what could not be read. */
function whyNothing({ coverage }: Report): string {
  const isVoid = coverage.length > 0 && coverage.every((row) => row.outcome === 'complete' && (row.seen ?? 0) === 0);
  if (!isVoid) return 'no target could be read. The coverage says why.';
  const names = [...new Set(coverage.map((row) => row.subject))];
  const hasHistory = coverage.some((row) => row.surface === 'history');
  const what = hasHistory ? 'no files and no commits yet' : 'no files';
  return `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} empty: ${what}.`;
}

export function personaOf(text: string | undefined): Persona | undefined {
  return text === undefined ? undefined : oneOf('--persona', text, PERSONAS);
}

export function oneOf<const T extends string>(option: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  const meant = nearest(text, choices);
  throw new ConfigError(`${option} cannot be "${text}"`, {
    code: 'USAGE',
    hint: `${meant === undefined ? '' : `Did you mean "${meant}"? `}Choose from: ${choices.join(', ')}`,
  });
}

/** `A..B`, `A...B`, and `A` alone for what the work tree has changed since, as `git diff` has them. */
function parseRange(text: string): NonNullable<CrawlOptions['diff']> {
  const { base = '', dots, head = '' } = /^(?<base>.*?)(?<dots>\.{2,3})(?<head>[^.].*|)$/s.exec(text)?.groups ?? {};
  if (dots === undefined) return { base: text, head: '' };
  return { base: base || 'HEAD', head: head || 'HEAD', ...(dots === '...' ? { fromFork: true } : {}) };
}
