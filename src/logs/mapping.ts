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

const ACTIONS = ['read', 'write', 'ddl', 'privilege', 'admin', 'connect', 'unknown'];
const ACTORS = ['human', 'service-account', 'api-key', 'agent', 'machine-identity', 'static-admin-key', 'unknown'];
/** What checks understand, and what stands for any other word of the source. */
const WORDS: { readonly [column: string]: { readonly known: readonly string[]; readonly other: string | undefined } } = {
  action: { known: ACTIONS, other: 'unknown' },
  actor_type: { known: ACTORS, other: 'unknown' },
  actor_confidence: { known: ['high', 'medium', 'low'], other: undefined },
  approval: { known: ['approved', 'none', 'rejected', 'pending', 'not-required', 'unknown'], other: 'unknown' },
  recorded: { known: ['full', 'input-only', 'truncated', 'none', 'unknown'], other: 'unknown' },
  outcome: { known: ['ok', 'denied', 'failed'], other: undefined },
};

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
    const read = (one: string) => {
      const [top = '', ...rest] = as === 'csv' ? [one] : one.split('.');
      tops.add(top);
      return as === 'csv' ? quoted(top) : `(${quoted(top)}->>${text(['$', ...rest.map(quoted)].join('.'))})`;
    };
    checkWords(id, `values: ${field}`, column, Object.values(values[field] ?? {}));
    return `${typed(column, translated(composed(path, read), values[field]))} AS ${column}`;
  });
  for (const [field, value] of Object.entries(constants)) {
    const column = columnOf(id, 'constants', field);
    checkWords(id, `constants: ${field}`, column, [value]);
    if (fields[field] === undefined) select.push(`${typed(column, text(value))} AS ${column}`);
  }
  const meta = LogFormatMeta.parse({
    id,
    title: `Log ${id}`,
    surface: via === 'gateway' ? 'gateway' : 'audit-log',
    // Within the time that it was given of, the log of another gateway tells all of its sessions.
    types: via === 'gateway' ? ['session', 'session-list'] : ['event'],
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

function checkWords(id: string, where: string, column: string, words: readonly string[]): void {
  const known = WORDS[column]?.known;
  const wrongWord = words.find((word) => known !== undefined && !known.includes(word));
  if (wrongWord !== undefined) throw wrong(id, `${where}: ${wrongWord} is none of ${known?.join(', ')}`);
}

/** A column or path; or a text with some of them in braces, which is NULL where one of them is. */
function composed(path: string, read: (one: string) => string): string {
  if (!/\{[^{}]+\}/.test(path)) return read(path);
  const pieces = path.split(/\{([^{}]+)\}/).map((piece, index) => (index % 2 === 1 ? `nullif(${read(piece)}, '')` : text(piece)));
  return `(${pieces.join(' || ')})`;
}

/** Words of the source in ours; one that is not named stays as it is. */
function translated(value: string, words: { readonly [word: string]: string } | undefined): string {
  const pairs = Object.entries(words ?? {});
  if (pairs.length === 0) return value;
  return `CASE ${value} ${pairs.map(([from, to]) => `WHEN ${text(from)} THEN ${text(to)}`).join(' ')} ELSE ${value} END`;
}

function typed(column: string, value: string): string {
  const words = WORDS[column];
  if (words !== undefined) {
    const other = words.other === undefined ? 'NULL' : text(words.other);
    return `CASE WHEN lower(${value}) IN (${words.known.map(text).join(', ')}) THEN lower(${value}) WHEN ${value} <> '' THEN ${other} END`;
  }
  const type = TYPES[column] ?? 'VARCHAR';
  // Seconds or milliseconds since 1970, or any text that is a time; with a zone it is brought to UTC.
  if (type === 'TIMESTAMP') {
    return `CASE WHEN regexp_full_match(${value}, '\\d{9,11}(?:\\.\\d+)?') THEN make_timestamp((${value}::DOUBLE * 1000000)::BIGINT)
      WHEN regexp_full_match(${value}, '\\d{12,14}') THEN make_timestamp(${value}::BIGINT * 1000)
      ELSE (TRY_CAST(${value} AS TIMESTAMPTZ) AT TIME ZONE 'UTC') END`;
  }
  if (type === 'VARCHAR[]')
    return `CASE WHEN ${value} LIKE '[%' THEN TRY_CAST(${value} AS VARCHAR[]) ELSE nullif(list_filter(list_transform(regexp_split_to_array(${value}, '[,;|]'), lambda one: trim(one)), lambda one: one <> ''), []) END`;
  return type === 'VARCHAR' ? value : `TRY_CAST(${value} AS ${type})`;
}

function wrong(id: string, what: string): ConfigError {
  return new ConfigError(`logs: ${id}: ${what}`, {
    code: 'CONFIG_INVALID',
    hint: `Fields: ${Object.keys(COLUMNS).sort().join(', ')}.`,
  });
}
