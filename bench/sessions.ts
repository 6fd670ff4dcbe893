import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importAlone } from './import-alone.ts';
import type { Measurement } from './measure.ts';
import { writeSessions } from './sessions-export.ts';
import { watchScan } from './watch.ts';

const SESSIONS = Number(process.env.NHI_BENCH_SESSIONS ?? 1_000_000);
/** What is promised on two processors: records a second, seconds of all checks, megabytes of memory. */
const BUDGET = { perSecond: 200_000, checks: 20, megabytes: 1500 };

/** Sessions of a gateway and its inventories into a store, all checks over them, and the same once more. */
export async function measureSessions(bin: string): Promise<readonly Measurement[]> {
  const root = mkdtempSync(join(tmpdir(), 'nhi-audit-bench-'));
  try {
    const directory = join(root, 'hoop');
    const { bytes } = await writeSessions(directory, SESSIONS, new Date());
    const store = join(root, 'hoop.duckdb');
    const args = [directory, '--store', store, '--no-history'];
    const imported = importAlone(directory, join(root, 'alone.duckdb'), 'hoop-sessions');
    const first = watchScan(bin, args, root);
    const size = statSync(store).size;
    const checked = checkAlone(store);
    const again = watchScan(bin, args, root);
    const grown = statSync(store).size - size;
    if (imported.records !== SESSIONS) throw new Error(`${imported.records} of ${SESSIONS} sessions were imported`);
    if (checked.sessions !== SESSIONS) throw new Error(`the store holds ${checked.sessions} of ${SESSIONS} sessions`);
    const rate = SESSIONS / (imported.wall / 1000);
    const peak = Math.max(first.megabytes, again.megabytes, imported.megabytes);
    return [
      {
        what: `import of ${SESSIONS.toLocaleString('en')} gateway sessions (${(bytes / 1e9).toFixed(2)} GB)`,
        value: `${seconds(imported.wall)} s (${seconds(imported.processor)} s of processor), ${Math.round(rate).toLocaleString('en')} records/s`,
        budget: { text: `${BUDGET.perSecond.toLocaleString('en')} records/s`, kept: rate >= BUDGET.perSecond },
      },
      {
        what: `  all ${checked.checks} checks, ${checked.findings.toLocaleString('en')} findings`,
        value: `${seconds(checked.wall)} s (${seconds(checked.processor)} s of processor); longest: ${checked.slowest
          .slice(0, 3)
          .map(({ id, took }) => `${id} ${seconds(took)} s`)
          .join(', ')}`,
        budget: { text: `${BUDGET.checks} s`, kept: checked.wall <= BUDGET.checks * 1000 },
      },
      {
        what: '  whole scan: import, all checks, report',
        value: `${seconds(first.wall)} s (${seconds(first.processor)} s of processor)`,
      },
      {
        what: '  peak memory, all threads',
        value: `${peak.toFixed(0)} MB (import alone ${imported.megabytes.toFixed(0)} MB)`,
        budget: { text: `${BUDGET.megabytes} MB`, kept: peak <= BUDGET.megabytes },
      },
      {
        what: '  the same scan again: nothing new',
        value: `${seconds(again.wall)} s (${seconds(again.processor)} s of processor); the store grew by ${(grown / 1e6).toFixed(1)} MB`,
      },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

interface Checked {
  readonly wall: number;
  readonly processor: number;
  readonly checks: number;
  readonly findings: number;
  readonly sessions: number;
  readonly slowest: readonly { readonly id: string; readonly took: number }[];
}

function checkAlone(store: string): Checked {
  const ran = spawnSync(process.execPath, [join(import.meta.dirname, 'check-sessions.ts'), store], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (ran.status !== 0) throw new Error(`the checks ended with ${ran.status ?? ran.signal}`);
  return JSON.parse(String(ran.stdout));
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}
