import { defineFileScanner, defineServiceScanner, type FileHead } from '../../src/contracts/index.ts';
import { parseAddress } from './address.ts';
import { callsTo } from './queries.ts';

/** Reads dumps of roles and rights, and the answers to our queries as CSV. See README.md for the commands. */
export const postgresFiles = defineFileScanner({
  id: 'postgres',
  title: 'PostgreSQL roles and rights',
  emits: ['identity', 'credential', 'grant', 'trust', 'consumer', 'usage', 'sighting', 'coverage'],
  surfaces: ['postgres'],
  version: 3,
  // A password ends on a day; and what the dump has is held against the passwords of each run.
  usesClock: true,
  content: 'shared',
  recognises: (file) => kindOf(file) !== undefined,
  async *scan(file, context) {
    const kind = kindOf({ path: file.path, head: () => file.text().slice(0, 4096), size: file.bytes.length });
    if (kind === 'csv') {
      const { scanCsv } = await import('./csv-file.ts');
      yield* scanCsv(file, context);
    } else if (kind === 'archive') {
      const { archiveRow } = await import('./archive.ts');
      yield archiveRow(file);
    } else {
      const { scanDump } = await import('./dump-file.ts');
      yield* scanDump(file, context);
    }
  },
});

function kindOf(file: FileHead): 'dump' | 'csv' | 'archive' | undefined {
  if (/\.csv$/i.test(file.path)) return /^(?:[A-Z]+\r?\n)*nhi_audit,host,port,database,/.test(file.head()) ? 'csv' : undefined;
  if (/\.(?:dump|backup|pgdump|custom)$/i.test(file.path) && file.head().startsWith('PGDMP')) return 'archive';
  if (!/\.(?:sql|txt|dump)$/i.test(file.path)) return undefined;
  return /^-- PostgreSQL database (?:cluster )?dump\r?$/m.test(file.head()) ? 'dump' : undefined;
}

/** A server: catalogs only, read-only transactions, no superuser needed. What is denied is said, and the rest goes on. */
export const postgresLive = defineServiceScanner({
  id: 'postgres',
  title: 'PostgreSQL (live)',
  emits: ['identity', 'credential', 'grant', 'trust', 'consumer', 'usage', 'coverage'],
  surfaces: ['postgres'],
  version: 3,
  scheme: 'postgres',
  address: '//[USER@]HOST[:PORT]/DATABASE',
  calls(target, env) {
    const address = parseAddress(target.address, env);
    return callsTo(typeof address === 'string' ? '-' : `${address.host}:${address.port}`);
  },
  async *probe(target, context) {
    const { probeServer } = await import('./live.ts');
    yield* probeServer(target, context);
  },
  async *scan(target, context) {
    const { scanServer } = await import('./live.ts');
    yield* scanServer(target, context);
  },
});
