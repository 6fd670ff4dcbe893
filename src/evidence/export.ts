import { createHash } from 'node:crypto';
import { createReadStream, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXPORTED } from '../store/export.ts';
import type { Store } from '../store/index.ts';
import { jsonText } from '../util/sanitize.ts';
import { toolVersion } from '../util/version.ts';

export interface ExportedFile {
  readonly table: string;
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Columns that the rows are ordered by. */
  readonly order: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** Writes every table of the current run, then a manifest of them and a list for `sha256sum -c`. */
export async function exportTables(store: Store, directory: string): Promise<readonly ExportedFile[]> {
  await store.materialise();
  const [run] = await store.rows('SELECT * FROM current_run');
  const metadata = { nhi_audit_run: String(run?.run_id), nhi_audit_version: toolVersion() };
  const files: ExportedFile[] = [];
  for (const { name, sql, order } of EXPORTED) {
    const file = `${name}.parquet`;
    const path = join(directory, file);
    const rows = await store.writeParquet(`SELECT * FROM (${sql}) ORDER BY ${order}`, path, {
      ...metadata,
      nhi_audit_table: name,
    });
    const columns = await store.describe(sql);
    files.push({ table: name, file, rows, bytes: statSync(path).size, sha256: await digestOf(path), order, columns });
  }
  const manifest = {
    format: 'nhi-audit-tables/1',
    run: {
      id: run?.run_id,
      startedAt: run?.started_at,
      finishedAt: run?.finished_at,
      toolVersion: run?.tool_version,
      rulesDigest: run?.rules_digest,
      fingerprintKeyId: run?.fingerprint_key_id,
    },
    exportedBy: { toolVersion: metadata.nhi_audit_version, engine: await store.engine() },
    tables: files,
  };
  writeFileSync(join(directory, 'manifest.json'), `${jsonText(manifest, 2)}\n`, { mode: 0o600 });
  const sums = [...files, { file: 'manifest.json', sha256: await digestOf(join(directory, 'manifest.json')) }];
  writeFileSync(join(directory, 'SHA256SUMS'), sums.map(({ file, sha256 }) => `${sha256}  ${file}\n`).join(''), { mode: 0o600 });
  return files;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
