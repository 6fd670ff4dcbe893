import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { exportTables } from '../evidence/export.ts';
import type { Io } from '../io.ts';
import { EXIT, messageOf, OutputError } from '../util/errors.ts';
import { thousands } from '../util/report-text.ts';
import { printable } from '../util/sanitize.ts';
import { type StoreOptions, withStore } from './with-store.ts';

/** The tables of a run as Parquet files. The directory is there whole or not at all. */
export async function exportCommand(
  io: Io,
  directory: string,
  options: StoreOptions & { readonly quiet?: boolean },
): Promise<number> {
  const place = resolve(io.directory, directory);
  assertEmpty(place);
  const making = `${place}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  make(making, place);
  try {
    const tables = await withStore(io, options, (store) => exportTables(store, making), { exportTo: making });
    if (existsSync(place)) rmdirSync(place);
    renameSync(making, place);
    if (options.quiet !== true) {
      const rows = tables.reduce((sum, table) => sum + table.rows, 0);
      io.stderr(
        `${tables.length} tables with ${thousands(rows)} rows are in ${printable(directory)}; manifest.json says which.\n`,
      );
      if (/^[\w./-]+$/.test(directory)) {
        io.stderr(`  They read as any Parquet: duckdb -c "FROM '${directory}/findings.parquet'"\n`);
      }
    }
    return EXIT.clean;
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

function assertEmpty(place: string): void {
  const there = statSync(place, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isDirectory()) throw refused(place, 'it is a file', 'Name a directory that is not there yet.');
  if (readdirSync(place).length > 0) {
    throw refused(
      place,
      'the directory is not empty',
      'Name one that is not there yet, or an empty one: nothing is overwritten.',
    );
  }
}

function make(making: string, place: string): void {
  try {
    mkdirSync(making, { mode: 0o700 });
  } catch (error) {
    throw refused(place, messageOf(error), `Is ${dirname(place)} there, and may you write to it?`, error);
  }
}

function refused(place: string, why: string, hint: string, cause?: unknown): OutputError {
  return new OutputError(`Nothing is exported to ${place}: ${why}`, {
    code: 'OUTPUT_PATH',
    hint,
    ...(cause === undefined ? {} : { cause }),
  });
}
