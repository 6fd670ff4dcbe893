import { FIELDS, type Field, type LogFormat, MADE_FIELDS, MEASURES, NEEDED } from './format.ts';

/** How files are read: as they should be, or what was saved of a broken one, line by line. */
export type Reading = 'whole' | 'lenient' | 'saved';

export interface Files {
  readonly paths: readonly string[];
  readonly reading: Reading;
  /** Bytes of the largest document. */
  readonly largest: number;
}

/** Documents and lines up to this are read as they are; larger ones are taken apart first. */
export const MAX_OBJECT = 64 * 1024 * 1024;
/** Where all are smaller: for a large one the engine holds buffers of 330 MB. */
export const SMALL_OBJECT = 16 * 1024 * 1024;
const MAX_LINE = 4 * 1024 * 1024;

/**
 * The largest document that there is room for, by what files hold unpacked: what is tried first, and then. A large file of lines
 * has no large documents as a rule: with buffers for such, a million sessions of 0.9 kB did not fit into 400 MB.
 */
export function roomFor({ meta }: LogFormat, bytes: number): readonly [number, ...number[]] {
  if (bytes <= SMALL_OBJECT * 0.75) return [SMALL_OBJECT];
  return meta.as === 'jsonl' ? [SMALL_OBJECT, MAX_OBJECT] : [MAX_OBJECT];
}

const UNIT = 'chr(31)';
const NOTHING = 'chr(30)';

/**
 * `WITH records AS (…) SELECT …` over files that lie under names of six digits: a column `file` says which. Paths are made
 * here, by us, so that nothing of a stranger's name is read as a glob or as SQL.
 */
export function readingSql(format: LogFormat, files: Files, columns = format.meta.columns, select = format.sql): string {
  const { unwrapSql } = format;
  const source = recordsSql(format, files, columns);
  const records = unwrapSql === undefined ? `records AS (${source})` : `source AS (${source}), records AS (${unwrapSql})`;
  return `WITH ${records} SELECT * FROM (${select})`;
}

export function madeSql(format: LogFormat, files: Files): string | undefined {
  const { made } = format.meta;
  if (made === undefined || format.madeSql === undefined) return undefined;
  const inner = readingSql(format, files, made.columns, format.madeSql);
  const columns = Object.entries(MADE_FIELDS).map(([name, type]) => `${name}::${type} AS ${name}`);
  return `SELECT file::INTEGER AS file, ${columns.join(', ')} FROM (${inner})`;
}

function recordsSql({ meta }: LogFormat, { paths, reading, largest }: Files, columns: LogFormat['meta']['columns']): string {
  const files = `[${paths.map(text).join(', ')}]`;
  const file = `regexp_extract(filename, '(\\d{6})\\.\\w+(?:\\.gz)?$', 1)::INTEGER AS file`;
  if (meta.as === 'text') {
    // No separator, no quotes: a line is a line.
    const read = `read_csv(${files}, header = false, auto_detect = false, delim = '', quote = '', escape = '', new_line = '\\n', strict_mode = false, null_padding = false, ignore_errors = true, max_line_size = ${MAX_LINE}, columns = {'line': 'VARCHAR'}, filename = true)`;
    return `SELECT ${file}, line FROM ${read} WHERE line IS NOT NULL`;
  }
  if (meta.as === 'csv') return csvSql(files, file, meta.header, columns);
  const lenient = reading === 'whole' ? '' : ', ignore_errors = true';
  const lines =
    meta.as === 'jsonl' || reading === 'saved' ? 'newline_delimited' : meta.records === undefined ? 'auto' : 'unstructured';
  const read = (of: string) =>
    `read_json(${files}, format = '${lines}', records = true, columns = ${of}, filename = true, maximum_object_size = ${largest}${lenient})`;
  if (meta.records === undefined) return `SELECT * EXCLUDE (filename), ${file} FROM ${read(struct(columns))}`;
  const path = meta.records.split('.');
  const [top = ''] = path;
  const list = `STRUCT(${Object.entries(columns)
    .map(([name, type]) => `${quoted(name)} ${type}`)
    .join(', ')})[]`;
  const type = path.slice(1).reduceRight((inner, name) => `STRUCT(${quoted(name)} ${inner})`, list);
  return `SELECT file, unnest(list, max_depth := 2) FROM (SELECT ${file}, ${path.map(quoted).join('.')} AS list FROM ${read(struct({ [top]: type }))})`;
}

function csvSql(files: string, file: string, header: boolean, columns: { readonly [name: string]: string }): string {
  // Values go over several lines (statements do), which the engine reads in one thread where lines may be short: 1.8 million a second.
  const lenient = `strict_mode = false, null_padding = true, ignore_errors = true, parallel = false, max_line_size = ${MAX_LINE}`;
  if (!header) {
    const read = `read_csv(${files}, header = false, auto_detect = false, delim = ',', quote = '"', escape = '"', ${lenient}, columns = ${struct(columns)}, filename = true)`;
    return `SELECT * EXCLUDE (filename), ${file} FROM ${read}`;
  }
  const read = `read_csv(${files}, header = true, all_varchar = true, union_by_name = true, ${lenient}, filename = true)`;
  // A column that an older file does not have is empty.
  const none = Object.keys(columns).map((name) => `NULL::VARCHAR AS ${quoted(name)}`);
  const all = none.length === 0 ? '' : ` UNION ALL BY NAME SELECT ${none.join(', ')} WHERE false`;
  return `SELECT * FROM (SELECT * EXCLUDE (filename), ${file} FROM ${read})${all}`;
}

/**
 * Every record of some files, with the hashes it is known by: `record_key` (format and id), `digest` (all that was read of it)
 * and `usage_key` (the hour and all that it is summed up by).
 */
export function stagedSql(format: LogFormat, given: readonly string[], salt: string, select: string): string {
  const has = new Set(given);
  const names = [...Object.keys(FIELDS), ...Object.keys(MEASURES)].filter((name) => has.has(name));
  const types: { readonly [name: string]: string } = { ...FIELDS, ...MEASURES, ...NEEDED };
  const cast = (name: string) =>
    types[name] === 'JSON'
      ? `CASE WHEN ${name} IS NOT NULL THEN to_json(${name})::VARCHAR END AS ${name}`
      : `${name}::${types[name]} AS ${name}`;
  const all = ['record_id', 'used_at', ...names].map((name) => `coalesce(${name}::VARCHAR, ${NOTHING})`);
  const group = names.filter((name) => name in FIELDS);
  return `SELECT *,
  md5_number(concat(${text(format.meta.ids ?? format.meta.id)}, ${UNIT}, record_id)) AS record_key,
  from_hex(left(sha256(concat_ws(${UNIT}, ${all.join(', ')})), 32))::BIT::UHUGEINT AS digest,
  hash(${[text(salt), "date_trunc('hour', used_at)", ...group].join(', ')}) AS usage_key
FROM (SELECT ${[...Object.keys(NEEDED), ...names].map(cast).join(', ')} FROM (${select}))`;
}

/** The columns of `staged` that one row of usages is made of. */
export function usageColumns(
  given: readonly string[],
): readonly { readonly name: Field | keyof typeof MEASURES; readonly sql: string }[] {
  const has = new Set(given);
  const fields = (Object.keys(FIELDS) as Field[])
    .filter((name) => has.has(name))
    .map((name) => ({ name, sql: `any_value(${name})` }));
  return has.has('row_count') ? [...fields, { name: 'row_count', sql: 'sum(row_count)::BIGINT' }] : fields;
}

function struct(columns: { readonly [name: string]: string }): string {
  return `{${Object.entries(columns)
    .map(([name, type]) => `${text(name)}: ${text(type)}`)
    .join(', ')}}`;
}

export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
