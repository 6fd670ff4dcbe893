import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileHead } from '../../src/contracts/index.ts';
import { headOfFile } from '../../src/files/source-file.ts';
import type { CutLimits } from '../../src/logs/cut.ts';
import type { LogFormat } from '../../src/logs/format.ts';
import { shippedFormats } from '../../src/logs/load.ts';
import { formatOf } from '../../src/logs/recognise.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import type { LogMasks } from '../../src/store/log-file.ts';
import { tempDir } from './temp-repo.ts';

export interface ImportOptions {
  readonly formats?: readonly LogFormat[];
  readonly store?: Store;
  /** Start of the run. */
  readonly now?: string;
  readonly forgetAfterDays?: number;
  readonly target?: string;
  /** Files that are gone from where they lay. */
  readonly directory?: string;
  readonly masks?: LogMasks;
  readonly evidenceKey?: string;
  readonly limits?: CutLimits;
}

/** For what is about other things. */
export const UNMASKED: LogMasks = { redact: (one) => one, clean: (one) => one, detail: (one) => one, digest: (one) => one };

let template: Promise<string> | undefined;

/** A store for several runs; its views are made once, for that takes a second. */
export async function logStore(): Promise<Store> {
  template ??= (async () => {
    const file = join(tempDir(), 'template.duckdb');
    (await openStore({ mode: 'write', file })).close();
    return file;
  })();
  const file = join(tempDir(), 'logs.duckdb');
  copyFileSync(await template, file);
  return await openStore({ mode: 'write', file });
}

/**
 * Imports files (path → text or bytes) as a run of their own: each must be of a format. The store is left with the run complete,
 * for queries.
 */
export async function importLogs(
  files: { readonly [path: string]: string | Uint8Array },
  options: ImportOptions = {},
): Promise<Store> {
  const { formats = shippedFormats(), now = '2026-04-01T00:00:00.000Z', forgetAfterDays, target = 'logs' } = options;
  const directory = options.directory ?? tempDir();
  const store = options.store ?? (await logStore());
  const found = Object.entries(files).map(([path, content]) => {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    const head: FileHead = headOfFile(directory, path, Buffer.byteLength(content));
    const format = formatOf(head, () => formats);
    if (format === undefined) throw new Error(`${path} is of no format`);
    return { format, file, path, target, size: head.size, at: { repository: 'estate', path } };
  });
  await store.beginRun({
    startedAt: now,
    toolVersion: 'test',
    targets: [target],
    parameters: {},
    rulesDigest: 'test',
    fingerprintKeyId: 'test',
    ...(options.evidenceKey === undefined ? {} : { evidenceKey: options.evidenceKey }),
  });
  await store.importLogs(found, {
    now,
    signal: new AbortController().signal,
    clockTolerance: 120,
    forgetAfterDays,
    masks: options.masks ?? UNMASKED,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    onFile: () => undefined,
    warn: () => undefined,
  });
  await store.endLoading([]);
  await store.saveResults({ findings: [], checks: [], controls: [] }, now);
  return store;
}
