import { totalmem } from 'node:os';
import { type DuckDBConnection, DuckDBInstance } from 'duckdb';
import { codeOf, messageOf, StoreError } from '../util/errors.ts';
import { type TempDirectory, tempDirectory } from '../util/temp-directory.ts';
import { makeTables, migrate, migrations, newerSchema, schemaVersion } from './migrate.ts';
import { sqlText } from './parquet.ts';
import { checkStorePath } from './path.ts';
import { Store } from './store.ts';
import { hasViews, makeViews } from './views.ts';

/**
 * Files are written in this format whatever the engine's default becomes, so that an upgrade never makes old readers
 * fail. https://duckdb.org/docs/stable/internals/storage
 */
const STORAGE_VERSION = 'v1.2.0';

const SETTINGS = {
  // Nothing is fetched behind the user's back: extensions are what the engine was built with.
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  storage_compatibility_version: STORAGE_VERSION,
};

export interface OpenOptions {
  /** Absolute path; in memory when absent. */
  readonly file?: string;
  readonly mode: 'write' | 'read';
  /**
   * `tables` (in memory only, for one run): no views are made; from `materialise` on, tables are made in their place
   * when a query names them, and nothing is written that only a later reader would ask for. Spares a pre-merge check
   * 300 ms. Default `views`.
   */
  readonly views?: 'views' | 'tables';
  /** A handful of rows: handing work to other threads costs more than the work. */
  readonly small?: boolean;
  /** How long to wait for another process to let go of the file, in milliseconds. Default 0. */
  readonly wait?: number;
  /** Absolute path of a directory that `Store.writeParquet` may write to. One thread then, for the same bytes each time. */
  readonly exportTo?: string;
  /** To look at the file itself (readers only): it is not brought forward, and its views may be those of another version. */
  readonly asItIs?: boolean;
}

/**
 * Opens a store. Writers bring the schema forward and make the views anew. Readers change nothing, but for a file of another
 * version, which is brought forward first: its views would lack what is asked of them.
 * Throws `StoreError`: `STORE_LOCKED` (with the holder's PID), `STORE_MISSING`, `STORE_CORRUPT`, `STORE_NEWER`,
 * `STORE_OLDER` (it cannot be brought forward), `STORE_FOREIGN`, `STORE_PATH`.
 */
export async function openStore(options: OpenOptions): Promise<Store> {
  const { file, mode } = options;
  if (file !== undefined) checkStorePath(file, mode);
  const restore = file !== undefined && mode === 'write' ? privateFiles() : undefined;
  const spill = spillDirectory(options);
  const release = (): void => {
    restore?.();
    spill?.remove();
  };
  let instance: DuckDBInstance | undefined;
  try {
    instance = await create(file, mode, { ...options, spill: spill?.path });
    let connection = await instance.connect();
    const isPassing = file === undefined && options.views === 'tables';
    if (isPassing) await makeTables(connection);
    else if (mode === 'write') {
      await migrate(connection, file ?? ':memory:');
      await makeViews(connection);
    } else if (!(await isCurrent(connection, file ?? ':memory:')) && options.asItIs !== true && file !== undefined) {
      connection.closeSync();
      instance.closeSync();
      instance = undefined;
      await bringForward(file, options.wait);
      instance = await create(file, mode, { ...options, spill: spill?.path });
      connection = await instance.connect();
    }
    if (mode === 'write' && !isPassing) await planAsWritten(connection);
    await lock(connection, options.exportTo);
    return new Store({
      instance,
      connection,
      file,
      release,
      isPassing,
    });
  } catch (error) {
    instance?.closeSync();
    release();
    throw error instanceof StoreError ? error : explain(error, file ?? ':memory:');
  }
}

async function create(
  file: string | undefined,
  mode: 'write' | 'read',
  { wait = 0, small = false, exportTo, spill }: Omit<OpenOptions, 'file' | 'mode'> & { readonly spill: string | undefined },
): Promise<DuckDBInstance> {
  const settings = {
    ...SETTINGS,
    memory_limit: `${memoryLimit()}MiB`,
    ...(spill === undefined ? {} : { temp_directory: spill }),
    ...(mode === 'read' ? { access_mode: 'READ_ONLY' } : {}),
    ...(small || exportTo !== undefined ? { threads: '1' } : {}),
  };
  const until = Date.now() + wait;
  for (let pause = 50; ; pause = Math.min(pause * 2, 500)) {
    try {
      return await DuckDBInstance.create(file ?? ':memory:', settings);
    } catch (error) {
      if (!isLocked(error) || Date.now() + pause > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/**
 * The engine's own choice is four fifths of the machine. What does not fit is put aside: with this much beside Node and the
 * reader of logs, a scan of 10 million records stays below 1.5 GB.
 */
const MOST_MEMORY = 640;

/** In MiB. Half of what there is leaves room for the scan, and for others. */
function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  const all = constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
  return Math.min(MOST_MEMORY, Math.max(512, Math.floor(all / 2 / 1024 / 1024)));
}

/**
 * Where the engine puts aside what its memory does not hold. Beside a store that is written, as the engine does by itself
 * (`undefined`); of all else in a directory for its owner alone, gone when the store is closed: not in the one that the command
 * happens to run in, nor beside a file that is only read. A handful of rows is never put aside (`''`).
 */
function spillDirectory({ file, mode, small = false }: OpenOptions): TempDirectory | undefined {
  if (file !== undefined && mode === 'write') return undefined;
  const nowhere = { path: '', remove: () => undefined };
  if (small) return nowhere;
  try {
    return tempDirectory('nhi-audit-spill-');
  } catch {
    // Nowhere to write: what fits into memory goes on.
    return nowhere;
  }
}

/**
 * Whatever SQL runs from here on, a stranger's check or query, can reach no file, no network and no extension, and cannot
 * undo that. https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
 */
async function lock(connection: DuckDBConnection, exportTo: string | undefined): Promise<void> {
  if (exportTo !== undefined) await connection.run(`SET allowed_directories = [${sqlText(exportTo)}]`);
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
}

/**
 * A run is one transaction, and what is in it the planner takes for empty tables: hash tables were built of a million sessions to
 * look up sixty connections in them, joins of times were made loops, and two large tables were crossed before the third was
 * asked. Joins are made in the order in which they are written, the small side last: gateway_rows over a million sessions 4 s of
 * processor in place of 22, a scan of 100,000 sessions 12 s in place of a full disk.
 */
async function planAsWritten(connection: DuckDBConnection): Promise<void> {
  await connection.run("SET disabled_optimizers = 'build_side_probe_side,join_order'");
  await connection.run('SET asof_loop_join_threshold = 0');
}

/** Can this version read the file as it is? Throws `StoreError` when it never can. */
async function isCurrent(connection: DuckDBConnection, file: string): Promise<boolean> {
  const known = migrations().at(-1)?.version ?? 0;
  const present = await schemaVersion(connection);
  if (present === undefined || present === 0) {
    throw new StoreError(`${file} is a DuckDB database, but not a store of nhi-audit`, {
      code: 'STORE_FOREIGN',
      hint: 'Name the file that `nhi-audit scan --store FILE` wrote.',
    });
  }
  if (present > known) throw newerSchema(file, present, known);
  return present === known && (await hasViews(connection));
}

/** What a writer does on opening, and nothing else: what was observed and found stays as it is. */
async function bringForward(file: string, wait: number | undefined): Promise<void> {
  const restore = privateFiles();
  let instance: DuckDBInstance | undefined;
  try {
    instance = await create(file, 'write', { ...(wait === undefined ? {} : { wait }), spill: undefined });
    const connection = await instance.connect();
    await migrate(connection, file);
    await makeViews(connection);
    connection.closeSync();
  } catch (error) {
    throw notForward(error, file);
  } finally {
    instance?.closeSync();
    restore();
  }
}

function notForward(error: unknown, file: string): unknown {
  const why = explain(error, file);
  if (!(why instanceof StoreError)) return why;
  const isHeld = why.code === 'STORE_LOCKED';
  return new StoreError(
    `${file} was written by another version of nhi-audit, and has to be brought forward before this one can read it. ${why.message}`,
    {
      code: isHeld ? 'STORE_LOCKED' : 'STORE_OLDER',
      hint: isHeld
        ? 'Run it again once that process has ended: nobody else may read the store at that moment.'
        : 'Run it again where the file may be written, or on a copy that may be. The file was left as it is.',
      cause: error,
    },
  );
}

/** The store and its write-ahead log are for their owner alone (0600): files made while it is open get no other bits. */
function privateFiles(): () => void {
  const before = process.umask(0o077);
  return () => {
    process.umask(before);
  };
}

function isLocked(error: unknown): boolean {
  return messageOf(error).includes('Could not set lock on file');
}

function explain(error: unknown, file: string): unknown {
  const message = messageOf(error);
  if (isLocked(error)) {
    const pid = /\(PID (?<pid>\d+)\)/.exec(message)?.groups?.pid;
    return new StoreError(`The store ${file} is in use by another process${pid === undefined ? '' : ` (PID ${pid})`}`, {
      code: 'STORE_LOCKED',
      hint: 'Wait until it has ended, or use another --store. Several readers may share a store; a writer needs it alone.',
      cause: error,
    });
  }
  if (message.includes('not a valid DuckDB database file') || message.includes('Corrupt') || message.includes('checksum')) {
    return new StoreError(`${file} is not a readable store: ${message}`, {
      code: 'STORE_CORRUPT',
      hint: 'Restore it from a backup, or name another file with --store. The file was left as it is.',
      cause: error,
    });
  }
  if (/IO Error|Cannot open file|Permission denied/.test(message) || codeOf(error) !== undefined) {
    return new StoreError(`The store ${file} cannot be opened: ${message}`, {
      code: 'STORE_PATH',
      hint: 'Check the path and its permissions.',
      cause: error,
    });
  }
  if (/serialization|storage version|newer version/i.test(message)) {
    return new StoreError(`${file} was written by a newer storage engine: ${message}`, {
      code: 'STORE_NEWER',
      hint: 'Update nhi-audit. The file was left as it is.',
      cause: error,
    });
  }
  return error;
}
