import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importAlone } from './import-alone.ts';
import type { Measurement } from './measure.ts';
import { writeTrail } from './trail.ts';
import { type WatchedScan, watchScan } from './watch.ts';

const EVENTS = Number(process.env.NHI_BENCH_EVENTS ?? 1_000_000);
/** What is promised on two processors: records a second, megabytes of memory. */
const BUDGET = { perSecond: 200_000, megabytes: 1500 };

/** A trail of CloudTrail into a store, the checks over it, and the same once more. */
export async function measureLogs(bin: string): Promise<readonly Measurement[]> {
  const root = mkdtempSync(join(tmpdir(), 'nhi-audit-bench-'));
  try {
    const directory = join(root, 'trail');
    const { files, bytes, packed } = await writeTrail(directory, EVENTS);
    const store = join(root, 'trail.duckdb');
    const imported = importAlone(directory, join(root, 'alone.duckdb'), 'aws-cloudtrail');
    const first = watchScan(bin, [directory, '--store', store, '--no-history'], root);
    const size = statSync(store).size;
    const again = watchScan(bin, [directory, '--store', store, '--no-history'], root);
    const counted = recordsOf(first);
    if (counted !== EVENTS) throw new Error(`${counted} of ${EVENTS} events were read`);
    if (imported.records !== EVENTS) throw new Error(`${imported.records} of ${EVENTS} events were imported`);
    const rate = EVENTS / (imported.wall / 1000);
    const peak = Math.max(first.megabytes, again.megabytes, imported.megabytes);
    return [
      {
        what: `import of ${EVENTS.toLocaleString('en')} CloudTrail events (${files} files, ${gigabytes(bytes)}, packed ${gigabytes(packed)})`,
        value: `${seconds(imported.wall)} s (${seconds(imported.processor)} s of processor), ${Math.round(rate).toLocaleString('en')} records/s`,
        budget: { text: `${BUDGET.perSecond.toLocaleString('en')} records/s`, kept: rate >= BUDGET.perSecond },
      },
      {
        what: '  a record in the store file',
        value: `${(size / EVENTS).toFixed(1)} B (${gigabytes(size)}; ${imported.usages.toLocaleString('en')} rows of usages)`,
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
        value: `${seconds(again.wall)} s; the store grew by ${((statSync(store).size - size) / 1e6).toFixed(1)} MB`,
      },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function recordsOf({ report }: WatchedScan): number {
  return report.coverage.filter(({ surface }) => surface === 'audit-log').reduce((sum, { read = 0 }) => sum + read, 0);
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
