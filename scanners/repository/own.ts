import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { readPieces } from '../../src/files/source-file.ts';

/**
 * What this tool writes lies where it looks: stores are full of key ids and places, and would be reported as leaks of what
 * they tell of. Reports of earlier runs are searched like any text: a head that looks like ours proves nothing.
 */
export type OwnKind = 'run' | 'store' | 'database';

/** Why each kind is left out. A database that is no store of ours may hold anything: leaving it out is a gap. */
export const OWN_REASONS: { readonly [kind in OwnKind]: string } = {
  run: 'files of this run (store, key, reports)',
  store: 'stores of nhi-audit, with their keys and logs',
  database: 'DuckDB databases are not searched',
};

/** Three headers of 4 KiB, then blocks of a multiple of that: https://duckdb.org/docs/stable/internals/storage */
const PAGE = 4096;
const MAGIC_AT = 8;
const MAGIC = Buffer.from('DUCK');
/** Names in the catalogue of every store of ours (`src/store/schema.sql`). */
const STORE_WORDS = ['check_results', 'control_results', 'observation_id'].map((word) => Buffer.from(word));
const OVERLAP = 64;
const MAX_STORE_BYTES = 1024 * 1024 * 1024;

/** The run's own files below a directory, as paths relative to it. */
export function ownBelow(root: string, own: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  if (own.length === 0) return found;
  const top = realPath(root);
  for (const file of own) {
    for (const path of [realPath(file), join(realPath(dirname(file)), basename(file))]) {
      const below = relative(top, path).split(sep).join('/');
      if (below !== '' && below !== '..' && !below.startsWith('../')) found.add(below);
    }
  }
  return found;
}

/** Can it be a database, by its size? Spares opening the others. */
export function mayBeDatabase(size: number): boolean {
  return size >= 3 * PAGE && size % PAGE === 0;
}

export function databaseInFile(file: string): 'store' | 'database' | undefined {
  try {
    return databaseIn(readPieces(file, OVERLAP, MAX_STORE_BYTES));
  } catch {
    // Reading it with the others will say what is the matter.
    return undefined;
  }
}

/** Is it a DuckDB file, and one of ours? The pieces overlap, so that no word is cut. */
export function databaseIn(pieces: Iterable<Buffer>): 'store' | 'database' | undefined {
  const open = new Set(STORE_WORDS);
  let isFirst = true;
  for (const piece of pieces) {
    if (isFirst && !piece.subarray(MAGIC_AT, MAGIC_AT + MAGIC.length).equals(MAGIC)) return undefined;
    isFirst = false;
    for (const word of open) if (piece.includes(word)) open.delete(word);
    if (open.size === 0) return 'store';
  }
  return isFirst ? undefined : 'database';
}

/** The database beside which a key or a log lies: `a.duckdb` for `a.duckdb.wal`. */
export function databaseBeside(path: string): string | undefined {
  return /^(?<database>.+)\.(wal|key)$/.exec(path)?.groups?.database;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // What is yet to be written lies in a directory that is there already, as a rule.
    const above = dirname(resolve(path));
    return above === resolve(path) ? above : join(realPath(above), basename(path));
  }
}
