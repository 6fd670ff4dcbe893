import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine } from '../src/detect/engine.ts';
import { loadPack } from '../src/detect/load.ts';
import { type Measurement, median, perSecond } from './measure.ts';

const MAX_BYTES = 256 * 1024 * 1024;
const ROUNDS = 3;

/** The engine alone, one thread, over the files of a real tree that are in memory already. */
export async function measureEngine(tree: string): Promise<readonly Measurement[]> {
  const files = readTree(tree);
  const bytes = files.reduce((sum, file) => sum + file.length, 0);
  const engine = createEngine({ pack: await loadPack(), fingerprintKey: 'bench', secretlint: false });
  const detects: number[] = [];
  const sums: number[] = [];
  let found = 0;
  let total = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const [sum, touched] = timed(() => files.reduce((all, file) => all + sumOf(file), 0));
    const [detect, matches] = timed(() => files.reduce((all, file) => all + engine.detect(file).length, 0));
    total = touched;
    found = matches;
    // The first round compiles both.
    if (round === 0) continue;
    sums.push(sum);
    detects.push(detect);
  }
  if (total === 0) throw new Error(`${tree} holds no bytes`);
  const [detect, sum] = [median(detects), median(sums)];
  return [
    {
      what: `engine over node_modules (${files.length.toLocaleString('en')} files, ${(bytes / 1e6).toFixed(0)} MB, ${found} matches)`,
      value: perSecond(bytes, detect),
      reference: `${perSecond(bytes, sum)} (a sum of the bytes)`,
      ratio: detect / sum,
    },
  ];
}

function timed<T>(work: () => T): [ms: number, result: T] {
  const started = performance.now();
  const result = work();
  return [performance.now() - started, result];
}

function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 1) sum = (sum + (bytes[at] as number)) | 0;
  return sum;
}

/** Files by name, up to 256 MB of them: the same on every machine that has the same tree. */
function readTree(root: string): readonly Buffer[] {
  const files: Buffer[] = [];
  let left = MAX_BYTES;
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  for (const path of paths) {
    const stat = lstatSync(join(root, path));
    if (!stat.isFile() || stat.size === 0 || stat.size > left) continue;
    left -= stat.size;
    files.push(readFileSync(join(root, path)));
  }
  return files;
}
