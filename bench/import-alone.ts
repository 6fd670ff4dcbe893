import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export interface Imported {
  readonly wall: number;
  readonly processor: number;
  readonly megabytes: number;
  readonly records: number;
  readonly usages: number;
}

/** Logs of one format into a store, in a process of its own, so that its memory is its own. */
export function importAlone(directory: string, store: string, format: string): Imported {
  const ran = spawnSync(process.execPath, [join(import.meta.dirname, 'import-logs.ts'), directory, store, format], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (ran.status !== 0) throw new Error(`the import ended with ${ran.status ?? ran.signal}`);
  return JSON.parse(String(ran.stdout));
}
