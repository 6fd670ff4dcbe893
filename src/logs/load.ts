import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { sha256 } from '../util/digest.ts';
import { messageOf, RuleError } from '../util/errors.ts';
import { packageRoot } from '../util/package-root.ts';
import { type LogFormat, LogFormatMeta } from './format.ts';

const HEAD = /^\s*\/\*---[ \t]*\r?\n(?<head>[\s\S]*?)\r?\n---\*\/[ \t]*(?:\r?\n|$)/;
const MADE = /^-- made[ \t]*$/m;

let shipped: readonly LogFormat[] | undefined;

/** The formats of this package, by id. Throws `RuleError` for the first that cannot be used. */
export function shippedFormats(): readonly LogFormat[] {
  shipped ??= withLikes(
    readdirSync(join(packageRoot(), 'rules', 'logs'))
      .filter((name) => name.endsWith('.sql'))
      .sort()
      .map((name) => parseFormat(readFileSync(join(packageRoot(), 'rules', 'logs', name), 'utf8'), `rules/logs/${name}`)),
  );
  return shipped;
}

/** Formats that wrap the records of another take over what that makes of them, and its ids. */
export function withLikes(formats: readonly LogFormat[]): readonly LogFormat[] {
  return formats.map((format) => {
    const { like } = format.meta;
    if (like === undefined) return format;
    const other = formats.find(({ meta }) => meta.id === like);
    if (other === undefined || other.meta.like !== undefined) throw invalid(format.file, `like: there is no format ${like}`);
    const { made, delay, ids = like } = other.meta;
    const meta = {
      ...format.meta,
      ids,
      delay,
      ...(made === undefined ? {} : { made: { ...made, columns: format.meta.columns } }),
    };
    return { ...makeFormat(meta, other.sql, other.madeSql, format.file, format.sql) };
  });
}

/** One format from the text of its file. */
export function parseFormat(text: string, file: string): LogFormat {
  const match = HEAD.exec(text);
  if (match?.groups === undefined) throw invalid(file, 'has no head comment');
  const meta = LogFormatMeta.safeParse(readHead(match.groups.head ?? '', file));
  if (!meta.success) {
    throw invalid(file, meta.error.issues.map((issue) => `${issue.path.join('.') || 'head'}: ${issue.message}`).join('; '));
  }
  if (meta.data.id !== basename(file, '.sql')) throw invalid(file, `id: ${meta.data.id} is not the name of the file`);
  const [first = '', second] = text.slice(match[0].length).split(MADE).map(statement);
  if (first === '') throw invalid(file, 'has no SELECT');
  if ((second === undefined) !== (meta.data.made === undefined)) {
    throw invalid(file, 'made: the head and a second SELECT below a line `-- made` go together');
  }
  return makeFormat(meta.data, first, second, file);
}

export function makeFormat(
  meta: LogFormatMeta,
  sql: string,
  madeSql: string | undefined,
  file: string,
  unwrapSql?: string,
): LogFormat {
  const { title, types, references, recognises, sealed, ...deciding } = meta;
  return {
    meta,
    sql,
    ...(madeSql === undefined ? {} : { madeSql }),
    ...(unwrapSql === undefined ? {} : { unwrapSql }),
    digest: sha256(JSON.stringify([deciding, sql, madeSql, unwrapSql])).slice(0, 16),
    file,
  };
}

function readHead(yaml: string, file: string): unknown {
  try {
    return parse(yaml);
  } catch (error) {
    if (error instanceof YAMLParseError) throw invalid(file, `head is not YAML: ${messageOf(error)}`);
    throw error;
  }
}

function statement(sql: string): string {
  return sql.trim().replace(/;\s*$/, '');
}

function invalid(file: string, what: string): RuleError {
  return new RuleError(`${file}: ${what}`, {
    code: 'LOG_FORMAT_INVALID',
    hint: 'rules/logs/README.md describes the head and the columns.',
  });
}
