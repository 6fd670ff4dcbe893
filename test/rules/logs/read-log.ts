import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { headOfBytes } from '../../../src/files/source-file.ts';
import { readingSql, SMALL_OBJECT, stagedSql } from '../../../src/logs/compile.ts';
import type { LogFormat } from '../../../src/logs/format.ts';
import { shippedFormats } from '../../../src/logs/load.ts';
import { formatOf } from '../../../src/logs/recognise.ts';
import { isPacked, saveRecords } from '../../../src/logs/save.ts';
import { LogReader } from '../../../src/store/log-reader.ts';
import { tempDir } from '../../helpers/temp-repo.ts';

export type LogRow = { readonly [column: string]: unknown };

/** The id of the format that a file of this name and content is of. */
export function recognised(path: string, content: string | Uint8Array, formats = shippedFormats()): string | undefined {
  return formatOf(headOfBytes(path, Buffer.from(content)), () => formats)?.meta.id;
}

export function shipped(id: string): LogFormat {
  const format = shippedFormats().find(({ meta }) => meta.id === id);
  if (format === undefined) throw new Error(`${id} is no format`);
  return format;
}

/**
 * Every record of a log as its format reads it, by time, what is NULL left out; `broken`: as the store reads a file that is
 * found to be. The store itself is not needed for that.
 */
export async function readLog(
  format: string | LogFormat,
  content: string | Uint8Array,
  state: 'whole' | 'broken' = 'whole',
): Promise<readonly LogRow[]> {
  const used = typeof format === 'string' ? shipped(format) : format;
  const directory = tempDir();
  const isGzip = content[0] === 0x1f;
  let path = join(directory, `000000.log${isGzip ? '.gz' : ''}`);
  writeFileSync(path, content);
  if (isGzip && (!isPacked(path) || gunzipSync(content).length === 0)) throw new Error('not packed');
  if (state === 'broken') {
    ({ path } = await saveRecords(used, path, join(directory, '000000.jsonl'), new AbortController().signal));
  }
  const reader = await LogReader.open(directory);
  try {
    const select = readingSql(used, { paths: [path], reading: state === 'broken' ? 'saved' : 'whole', largest: SMALL_OBJECT });
    const given = (await reader.columns(select)).map(({ name }) => name);
    const rows =
      await reader.objects(`SELECT * EXCLUDE (record_key, digest, usage_key, file) FROM (${stagedSql(used, given, 'salt', select)})
      ORDER BY used_at, record_id`);
    return rows.map(told);
  } finally {
    reader.close();
  }
}

/** What a format's SELECT gives. */
export async function columnsOf(format: string): Promise<readonly string[]> {
  const directory = tempDir();
  const path = join(directory, '000000.log');
  writeFileSync(path, '');
  const reader = await LogReader.open(directory);
  try {
    const select = readingSql(shipped(format), { paths: [path], reading: 'whole', largest: SMALL_OBJECT });
    return (await reader.columns(select)).map(({ name }) => name);
  } finally {
    reader.close();
  }
}

function told(row: LogRow): LogRow {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) => {
      if (value === null) return [];
      if (value instanceof Date) return [[name, value.toISOString()]];
      return [[name, name === 'detail' ? JSON.parse(String(value)) : value]];
    }),
  );
}
