import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { generateRepository } from './generate.ts';
import { runGit } from './git.ts';
import { type Command, type Measurement, median, runOnce } from './measure.ts';

const ROUNDS = 5;
const COMMITS = 100;
/** What is promised for a whole process, in milliseconds. */
const BUDGET = { nothing: 1000, commits: 1500 };

/** A second scan with the same store: with nothing new, and after a hundred commits. */
export async function measureRescan(bin: string): Promise<readonly Measurement[]> {
  const root = mkdtempSync(join(tmpdir(), 'nhi-audit-bench-'));
  try {
    const given = process.env.NHI_BENCH_REPO;
    const origin = given === undefined ? join(root, 'generated.git') : resolve(given);
    if (given === undefined) await generateRepository(origin);
    const clone = checkOut(origin, join(root, 'clone'));
    const [store, after] = [join(root, 'store.duckdb'), join(root, 'after.duckdb')];
    const scan = (file: string, before?: () => void): Command => ({
      program: process.execPath,
      args: [bin, 'scan', clone, '--store', file, '--quiet', '-f', 'json'],
      cwd: root,
      ends: [0, 1],
      ...(before === undefined ? {} : { before }),
    });
    const first = runOnce(scan(store));
    const nothing = rounds(scan(store));
    commit(clone, COMMITS);
    copyFileSync(`${store}.key`, `${after}.key`);
    const commits = rounds(scan(after, () => copyFileSync(store, after)));
    const name = given === undefined ? 'a generated repository' : basename(given);
    const size = `${(statSync(store).size / 1e6).toFixed(0)} MB of store`;
    return [
      row(`rescan of ${name} with nothing new (${size})`, nothing, first, BUDGET.nothing),
      row(`rescan of ${name} after ${COMMITS} commits`, commits, first, BUDGET.commits),
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function row(what: string, time: number, first: number, budget: number): Measurement {
  return {
    what,
    value: `${(time / 1000).toFixed(2)} s`,
    reference: `${(first / 1000).toFixed(1)} s (the first scan)`,
    ratio: time / first,
    budget: { text: `${(budget / 1000).toFixed(1)} s`, kept: time <= budget },
  };
}

function rounds(command: Command): number {
  runOnce(command);
  return median(Array.from({ length: ROUNDS }, () => runOnce(command)));
}

/** A clone with a work tree, as far as the repository has all that belongs there. */
function checkOut(origin: string, path: string): string {
  runGit(tmpdir(), ['clone', '-q', '--local', '--no-checkout', origin, path]);
  runGit(path, ['read-tree', 'HEAD']);
  try {
    runGit(path, ['checkout-index', '--all', '--quiet']);
  } catch {
    // A blob that the repository lacks: its file is deleted then.
  }
  runGit(path, ['update-index', '-q', '--refresh']);
  return path;
}

/** Commits that each change one of twenty files, as work on a branch does. */
function commit(repository: string, count: number): void {
  mkdirSync(join(repository, 'rescan'), { recursive: true });
  for (let n = 0; n < count; n += 1) {
    const file = `rescan/${n % 20}.js`;
    writeFileSync(join(repository, file), `export const version = ${n};\n`.repeat(20 + n));
    runGit(repository, ['add', '--', file]);
    runGit(repository, ['commit', '-q', '--no-verify', '-m', `Version ${n}`]);
  }
}
