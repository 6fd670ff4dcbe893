import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { generateRepository } from './generate.ts';
import { runGit } from './git.ts';
import { type Measurement, median, perSecond, runOnce } from './measure.ts';

const ROUNDS = 3;

/** A whole history, against git reading every blob of it once with two processes: no scan can be faster than that. */
export async function measureHistory(bin: string): Promise<readonly Measurement[]> {
  const root = mkdtempSync(join(tmpdir(), 'nhi-audit-bench-'));
  try {
    const given = process.env.NHI_BENCH_REPO;
    const repository = given === undefined ? join(root, 'generated.git') : resolve(given);
    if (given === undefined) await generateRepository(repository);
    const blobs = listBlobs(repository);
    const bytes = blobs.reduce((sum, blob) => sum + blob.size, 0);
    const scans: number[] = [];
    const reads: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const read = await readAll(repository, blobs, root);
      const scan = runOnce({
        program: process.execPath,
        args: [bin, 'scan', repository, '--quiet', '-f', 'json'],
        cwd: root,
        ends: [0, 1],
      });
      // The first round brings the packs into memory.
      if (round === 0) continue;
      reads.push(read);
      scans.push(scan);
    }
    const [scan, read] = [median(scans), median(reads)];
    const what = `scan of the history of ${given === undefined ? 'a generated repository' : basename(repository)}`;
    return [
      {
        what: `${what} (${blobs.length.toLocaleString('en')} blobs, ${(bytes / 1e6).toFixed(0)} MB)`,
        value: `${(scan / 1000).toFixed(1)} s, ${perSecond(bytes, scan)}`,
        reference: `${(read / 1000).toFixed(1)} s, ${perSecond(bytes, read)} (two git cat-file)`,
        ratio: scan / read,
      },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
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
