import { spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Real texts in memory, and where they come from. */
export interface Corpus {
  readonly name: string;
  readonly texts: readonly Buffer[];
  readonly bytes: number;
}

export const CORPUS_BYTES = 256 * 1024 * 1024;
const LARGEST = 1024 * 1024;
/** Blobs that lie together in a pack are versions of the same files: short runs from all over it are read. */
const RUN = 64;

/** 256 MB of the blobs of `NHI_BENCH_REPO`, else of the files of `tree`: the same on every machine that has the same. */
export function readCorpus(tree: string): Corpus {
  const repository = process.env.NHI_BENCH_REPO;
  return repository === undefined ? readTree(tree) : readBlobs(repository);
}

function readBlobs(repository: string): Corpus {
  const format = '--batch-check=%(objecttype) %(objectsize) %(objectname)';
  const all = git(repository, ['cat-file', '--batch-all-objects', '--unordered', format])
    .toString('latin1')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([kind, size]) => kind === 'blob' && Number(size) > 0 && Number(size) <= LARGEST);
  const total = all.reduce((sum, [, size]) => sum + Number(size), 0);
  const every = Math.max(1, Math.floor(total / CORPUS_BYTES));
  const ids: string[] = [];
  let left = CORPUS_BYTES;
  for (const [index, [, size, id = '']] of all.entries()) {
    if (Math.floor(index / RUN) % every !== 0 || Number(size) > left) continue;
    left -= Number(size);
    ids.push(id);
  }
  const output = git(repository, ['cat-file', '--batch', '--buffer'], `${ids.join('\n')}\n`);
  const texts: Buffer[] = [];
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(10, at);
    const size = Number(output.toString('latin1', at, end).split(' ')[2]);
    texts.push(output.subarray(end + 1, end + 1 + size));
    at = end + 2 + size;
  }
  return corpusOf(`blobs of ${repository}`, texts);
}

function git(repository: string, args: readonly string[], input?: string): Buffer {
  const { status, stdout, stderr } = spawnSync('git', ['-C', repository, ...args], {
    maxBuffer: 2 ** 31,
    ...(input === undefined ? {} : { input }),
  });
  if (status !== 0) throw new Error(`git ${args[0]} in ${repository} failed: ${stderr}`);
  return stdout;
}

/** A tree that is smaller is read again and again. */
function readTree(root: string): Corpus {
  const files: Buffer[] = [];
  let size = 0;
  for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()) {
    const stat = lstatSync(join(root, path));
    if (!stat.isFile() || stat.size === 0 || stat.size > 8 * LARGEST || size + stat.size > CORPUS_BYTES) continue;
    size += stat.size;
    files.push(readFileSync(join(root, path)));
  }
  if (size === 0) throw new Error(`${root} holds no bytes`);
  const times = Math.max(1, Math.round(CORPUS_BYTES / size));
  return corpusOf(`files of ${root}${times > 1 ? `, ${times} times` : ''}`, Array(times).fill(files).flat());
}

function corpusOf(name: string, texts: readonly Buffer[]): Corpus {
  return { name, texts, bytes: texts.reduce((sum, text) => sum + text.length, 0) };
}
