import type { Config } from '../config/schema.ts';
import { ConfigError } from '../util/errors.ts';
import { nearest } from '../util/nearest.ts';
import { quoted, text } from './compile.ts';
import { FIELDS, type LogFormat, LogFormatMeta, MEASURES } from './format.ts';
import { makeFormat } from './load.ts';

type Mapping = Config['logs'][number];

/** What a mapping may name, by the words of the configuration. */
const COLUMNS: { readonly [field: string]: string } = {
  time: 'used_at',
  id: 'record_id',
  end: 'ended_at',
  identity: 'identity_id',
  credential: 'credential_id',
  session: 'session_id',
  rows: 'row_count',
  infoTypes: 'info_types',
  sourceIp: 'source_ip',
  userAgent: 'user_agent',
  actorType: 'actor_type',
  actorConfidence: 'actor_confidence',
  actorIdentity: 'actor_identity_id',
  ...Object.fromEntries(
    ['target', 'action', 'objects', 'actor', 'job', 'approval', 'masked', 'recorded', 'environment', 'operation', 'outcome'].map(
      (name) => [name, name],
    ),
  ),
};
const TYPES: { readonly [column: string]: string } = { ...FIELDS, ...MEASURES, used_at: 'TIMESTAMP', record_id: 'VARCHAR' };

/** The formats that the configuration describes. */
export function mappedFormats(mappings: readonly Mapping[]): readonly LogFormat[] {
  return mappings.map(formatOfMapping);
}

function formatOfMapping(mapping: Mapping): LogFormat {
  const { id, files, as, records, via, fields, constants, values } = mapping;
  for (const needed of ['time', 'id']) {
    if (fields[needed] === undefined) throw wrong(id, `fields: ${needed} is needed`);
  }
  const tops = new Set<string>();
  const select = Object.entries(fields).map(([field, path]) => {
    const column = columnOf(id, 'fields', field);
    const [top = '', ...rest] = as === 'csv' ? [path] : path.split('.');
    tops.add(top);
    const value = as === 'csv' ? quoted(top) : `(${quoted(top)}->>${text(['$', ...rest.map(quoted)].join('.'))})`;
    return `${typed(column, translated(value, values[field]))} AS ${column}`;
  });
  for (const [field, value] of Object.entries(constants)) {
    const column = columnOf(id, 'constants', field);
    if (fields[field] === undefined) select.push(`${typed(column, text(value))} AS ${column}`);
  }
  const meta = LogFormatMeta.parse({
    id,
    title: `Log ${id}`,
    surface: via === 'gateway' ? 'gateway' : 'audit-log',
    via,
    as,
    ...(records === undefined ? {} : { records }),
    recognises: { paths: files },
    columns: Object.fromEntries([...tops].map((top) => [top, as === 'csv' ? 'VARCHAR' : 'JSON'])),
  });
  return makeFormat(meta, `SELECT file, ${select.join(', ')} FROM records`, undefined, `logs.${id}`);
}

function columnOf(id: string, where: string, field: string): string {
  const column = COLUMNS[field];
  if (column !== undefined) return column;
  const meant = nearest(field, Object.keys(COLUMNS));
  throw wrong(id, `${where}: ${field} is no field${meant === undefined ? '' : `; is ${meant} meant?`}`);
}

/** Words of the source in ours; one that is not named stays as it is. */
function translated(value: string, words: { readonly [word: string]: string } | undefined): string {
  const pairs = Object.entries(words ?? {});
  if (pairs.length === 0) return value;
  return `CASE ${value} ${pairs.map(([from, to]) => `WHEN ${text(from)} THEN ${text(to)}`).join(' ')} ELSE ${value} END`;
}

function typed(column: string, value: string): string {
  const type = TYPES[column] ?? 'VARCHAR';
  // Seconds or milliseconds since 1970, or any text that is a time; with a zone it is brought to UTC.
  if (type === 'TIMESTAMP') {
    return `CASE WHEN regexp_full_match(${value}, '\\d{9,11}(?:\\.\\d+)?') THEN make_timestamp((${value}::DOUBLE * 1000000)::BIGINT)
      WHEN regexp_full_match(${value}, '\\d{12,14}') THEN make_timestamp(${value}::BIGINT * 1000)
      ELSE (TRY_CAST(${value} AS TIMESTAMPTZ) AT TIME ZONE 'UTC') END`;
  }
  if (type === 'VARCHAR[]')
    return `CASE WHEN ${value} LIKE '[%' THEN TRY_CAST(${value} AS VARCHAR[]) ELSE string_split(${value}, ',') END`;
  return type === 'VARCHAR' ? value : `TRY_CAST(${value} AS ${type})`;
}

function wrong(id: string, what: string): ConfigError {
  return new ConfigError(`logs: ${id}: ${what}`, {
    code: 'CONFIG_INVALID',
    hint: `Fields: ${Object.keys(COLUMNS).sort().join(', ')}.`,
  });
}
