import { dirname } from 'node:path/posix';
import type { FileHead, SourceFile, Surroundings } from '../contracts/index.ts';
import { headOfBytes } from './source-file.ts';

export interface BesideSettings<T> {
  isOne(file: FileHead): boolean;
  read(file: SourceFile): T;
  /** Of those in one directory; more are left out, and told. */
  readonly mostFiles: number;
  readonly mostBytes: number;
}

/** What the exports of one directory tell, each for itself; the file that was asked about is among them. */
export interface Beside<T> {
  readonly all: readonly T[];
  /** What was left out, for the coverage of those that it would have told more about. */
  readonly why: readonly string[];
}

const NOTHING = { all: [], why: [] };

/** For exports that add to one another: those of the same directory, parsed once for all of them. */
export function besideReader<T>(settings: BesideSettings<T>): (file: SourceFile) => Promise<Beside<T>> {
  const known = new WeakMap<Surroundings, Map<string, Promise<Beside<T>>>>();
  return async ({ around, path }) => {
    if (around === undefined) return NOTHING;
    const directory = dirname(path) === '.' ? '' : dirname(path);
    const directories = known.get(around) ?? new Map<string, Promise<Beside<T>>>();
    known.set(around, directories);
    const read = directories.get(directory) ?? readDirectory(settings, around, directory);
    directories.set(directory, read);
    return await read;
  };
}

async function readDirectory<T>(settings: BesideSettings<T>, around: Surroundings, directory: string): Promise<Beside<T>> {
  const { isOne, mostBytes, mostFiles, read } = settings;
  const paths = await around.list(directory);
  const all: T[] = [];
  let bytes = 0;
  let left = Math.max(0, paths.length - mostFiles);
  let failed = 0;
  for (const path of paths.slice(0, mostFiles)) {
    try {
      const file = await around.read(path);
      if (file === undefined || !isOne(headOfBytes(path, file.bytes))) continue;
      if (bytes + file.bytes.length > mostBytes) {
        left++;
        continue;
      }
      bytes += file.bytes.length;
      all.push(read(file));
    } catch {
      // It says so itself when it is scanned; what the others tell counts nevertheless.
      failed++;
    }
  }
  const why = [
    ...(left === 0
      ? []
      : [`${left} of the ${paths.length} files beside it were not read for what they add: scan fewer at a time`]),
    ...(failed === 0 ? [] : [`${failed} of the files beside it could not be read, so what they add is missing`]),
  ];
  return { all, why };
}
