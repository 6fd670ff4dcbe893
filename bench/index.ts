// `npm run bench`: how fast it is, against what the machine itself can do. bench/README.md says what each number means.
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureDeclarations } from './declarations.ts';
import { measureEngine } from './engine.ts';
import { measureFormats } from './formats.ts';
import { measureHistory } from './history.ts';
import { measureIam } from './iam.ts';
import { measureLogs } from './logs.ts';
import type { Measurement } from './measure.ts';
import { measureProcesses } from './processes.ts';
import { measureReport } from './report.ts';
import { measureRescan } from './rescan.ts';
import { measureSessions } from './sessions.ts';
import { measureStore } from './store.ts';

const ROOT = dirname(import.meta.dirname);
const BIN = join(ROOT, 'bin', 'nhi-audit.js');

const GROUPS: { readonly [name: string]: () => readonly Measurement[] | Promise<readonly Measurement[]> } = {
  processes: () => measureProcesses(BIN),
  engine: () => measureEngine(join(ROOT, 'node_modules')),
  history: () => measureHistory(BIN),
  rescan: () => measureRescan(BIN),
  declarations: () => measureDeclarations(BIN),
  store: measureStore,
  logs: () => measureLogs(BIN),
  sessions: () => measureSessions(BIN),
  iam: measureIam,
  report: measureReport,
  formats: measureFormats,
};

process.exitCode = await bench();

async function bench(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { strict: { type: 'boolean', default: false }, 'no-build': { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const wanted = positionals.length === 0 ? Object.keys(GROUPS) : positionals;
  const unknown = wanted.filter((name) => !Object.hasOwn(GROUPS, name));
  if (unknown.length > 0) {
    console.error(`There is no benchmark ${unknown.join(', ')}. Choose from: ${Object.keys(GROUPS).join(', ')}`);
    return 2;
  }
  if (!values['no-build'] && !build()) return 2;
  console.log(`Node ${process.versions.node}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}`);
  console.log(`load before: ${load()}\n`);
  const measured: Measurement[] = [];
  for (const name of wanted) {
    console.error(`measuring: ${name}`);
    measured.push(...((await GROUPS[name]?.()) ?? []));
  }
  console.log(table(measured));
  console.log(`load after: ${load()}`);
  const missed = measured.filter((measurement) => measurement.budget?.kept === false);
  if (missed.length > 0) console.log(`over budget: ${missed.map(({ what }) => what).join('; ')}`);
  return values.strict && missed.length > 0 ? 1 : 0;
}

/** The launcher runs the source where `dist` is older, and that is not what is shipped. */
function build(): boolean {
  return spawnSync(process.execPath, [join(ROOT, 'scripts', 'build.ts')], { cwd: ROOT, stdio: ['ignore', 2, 2] }).status === 0;
}

function load(): string {
  const [minute = 0] = loadavg();
  return `${minute.toFixed(1)} of ${availableParallelism()}${minute > availableParallelism() / 2 ? ' (noisy: others are at work here)' : ''}`;
}

function table(measured: readonly Measurement[]): string {
  const rows = [
    ['what', 'value', 'reference', 'ratio', 'budget'],
    ...measured.map(({ what, value, reference, ratio, budget }) => [
      what,
      value,
      reference ?? '',
      ratio === undefined ? '' : `${ratio.toFixed(1)} ×`,
      budget === undefined ? '' : `${budget.text} ${budget.kept ? 'kept' : 'MISSED'}`,
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
