import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { generateRepository } from './generate.ts';
import { runGit } from './git.ts';
import { type Measurement, median, perSecond } from './measure.ts';
import { watchScan } from './watch.ts';

const ROUNDS = 3;
/** What is promised: wall to that of the two readers, and megabytes of memory. */
const BUDGET = { ratio: 2.5, megabytes: 500 };

/** A whole history, against git reading every blob of it once with two processes: no scan that reads them all can be faster. */
export async function measureHistory(bin: string): Promise<readonly Measurement[]> {
  const root = mkdtempSync(join(tmpdir(), 'nhi-audit-bench-'));
  try {
    const given = process.env.NHI_BENCH_REPO;
    const repository = given === undefined ? join(root, 'generated.git') : resolve(given);
    if (given === undefined) await generateRepository(repository);
    const blobs = listBlobs(repository);
    const bytes = blobs.reduce((sum, blob) => sum + blob.size, 0);
    const scans: Scan[] = [];
    const reads: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const read = await readAll(repository, blobs, root);
      const scan = scanOnce(bin, repository, root);
      // The first round brings the packs into memory.
      if (round === 0) continue;
      reads.push(read);
      scans.push(scan);
    }
    const [wall, read] = [median(scans.map((scan) => scan.wall)), median(reads)];
    const ratio = median(scans.map((scan, round) => scan.wall / (reads[round] ?? Number.NaN)));
    const peak = Math.max(...scans.map(({ megabytes }) => megabytes));
    const processor = median(scans.map((scan) => scan.processor));
    const name = given === undefined ? 'a generated repository' : basename(repository);
    const accounted = scans[0]?.accounted ?? 0;
    return [
      {
        what: `scan of the history of ${name} (${count(blobs.length)} blobs, ${(bytes / 1e6).toFixed(0)} MB)`,
        value: `${(wall / 1000).toFixed(1)} s, ${perSecond(bytes, wall)}`,
        reference: `${(read / 1000).toFixed(1)} s, ${perSecond(bytes, read)} (two git cat-file)`,
        ratio,
        budget: { text: `${BUDGET.ratio} ×`, kept: ratio <= BUDGET.ratio },
      },
      {
        what: '  processor time of our own process, all threads',
        value: `${(processor / 1000).toFixed(1)} s`,
      },
      {
        what: '  peak memory of our own process, all threads',
        value: `${peak.toFixed(0)} MB`,
        budget: { text: `${BUDGET.megabytes} MB`, kept: peak <= BUDGET.megabytes },
      },
      {
        what: '  blobs read, skipped or failed, in the history or as files',
        value: `${count(accounted)}${scans[0]?.detail ?? ''}`,
        reference: `${count(blobs.length)} (git cat-file --batch-check)`,
        budget: { text: count(blobs.length), kept: scans.every((scan) => scan.accounted === blobs.length) },
      },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

interface Scan {
  readonly wall: number;
  /** User and system, milliseconds. */
  readonly processor: number;
  readonly megabytes: number;
  readonly accounted: number;
  readonly detail: string;
}

function scanOnce(bin: string, repository: string, root: string): Scan {
  const { wall, megabytes, processor, report } = watchScan(bin, [repository], root);
  const row = report.coverage.find(({ surface }) => surface === 'history');
  if (row === undefined) throw new Error('the report says nothing of the history');
  const { read = 0, skipped = 0, failed = 0 } = row;
  // Blobs that commits name and the repository lacks are said to have failed; git does not list them.
  const absent = Number(/(\d+) blobs that commits name are missing/.exec(row.why ?? '')?.[1] ?? 0);
  return {
    wall,
    processor,
    megabytes,
    accounted: read + skipped + failed - absent,
    detail: ` (${count(read)}, ${count(skipped)}, ${count(failed)}${absent === 0 ? '' : `; ${count(absent)} that are not there`})`,
  };
}

function count(number: number): string {
  return number.toLocaleString('en');
}

interface Blob {
  readonly id: string;
  readonly size: number;
}

/** In the order of the packs, which is the order that costs least to read in. */
function listBlobs(repository: string): readonly Blob[] {
  const format = '--batch-check=%(objecttype) %(objectname) %(objectsize)';
  const listed = runGit(repository, ['cat-file', '--batch-all-objects', '--unordered', '--buffer', format]);
  return listed.split('\n').flatMap((line) => {
    const [type, id, size] = line.split(' ');
    return type === 'blob' && id !== undefined ? [{ id, size: Number(size) }] : [];
  });
}

/** Milliseconds for two processes, each with one half, writing to nowhere. */
async function readAll(repository: string, blobs: readonly Blob[], root: string): Promise<number> {
  const half = Math.ceil(blobs.length / 2);
  const lists = [blobs.slice(0, half), blobs.slice(half)].map((part, index) => {
    const file = join(root, `blobs-${index}`);
    writeFileSync(file, part.map(({ id }) => `${id}\n`).join(''));
    return openSync(file, 'r');
  });
  const nowhere = openSync('/dev/null', 'w');
  const started = performance.now();
  const readers = lists.map((list) =>
    spawn('git', ['-C', repository, 'cat-file', '--batch', '--buffer'], { stdio: [list, nowhere, 'inherit'] }),
  );
  const codes = await Promise.all(readers.map(async (reader) => (await once(reader, 'close'))[0]));
  const took = performance.now() - started;
  for (const handle of [...lists, nowhere]) closeSync(handle);
  if (codes.some((code) => code !== 0)) throw new Error(`git cat-file ended with ${codes.join(', ')}`);
  return took;
}
