import { text, usageColumns } from '../logs/compile.ts';
import type { LogFormat } from '../logs/format.ts';

/** Of `obs.usages`. */
export interface Column {
  readonly name: string;
  readonly type: string;
}

/** What is the same within an hour as one row, with its first record. */
export function sumsSql(format: LogFormat, given: readonly string[], staged: string): string {
  const made = summedUp(format, given);
  const groups = Object.entries(made).map(([name, sql]) => `${sql} AS ${name}`);
  return `SELECT usage_key, arg_min(file, used_at) AS file, arg_min(record_id, used_at) AS first_id, ${groups.join(', ')}
    FROM ${staged} GROUP BY usage_key`;
}

function summedUp(format: LogFormat, given: readonly string[]): { readonly [name: string]: string } {
  return {
    ...Object.fromEntries(usageColumns(given).map(({ name, sql }) => [name, sql])),
    used_at: 'min(used_at)',
    ended_at: given.includes('ended_at') ? 'max(coalesce(ended_at, used_at))' : 'max(used_at)',
    via: text(format.meta.via),
    ...(given.includes('session_id') ? { session_id: 'coalesce(any_value(session_id), arg_min(record_id, used_at))' } : {}),
    records: 'count(*)',
  };
}

/** Rows for `obs.usages`, in the order of its columns. */
export function usagesSql(format: LogFormat, given: readonly string[], rows: string, columns: readonly Column[]): string {
  if (format.meta.single) return singleSql(format, given, rows, columns);
  const made = summedUp(format, given);
  const selected = columns.map(({ name, type }) => {
    if (name === 'observation_id') return "printf('%016x', usage_key)";
    if (name === 'part_id') return 'b.part_id';
    if (name === 'location') return "json_merge_patch(b.at, json_object('pointer', first_id))::JSON";
    if (name === 'session_id' && !(name in made)) return 'first_id';
    return `${name in made ? `g.${name}` : 'NULL'}::${type}`;
  });
  return `SELECT ${selected.join(', ')} FROM ${rows} AS g JOIN batch AS b USING (file)`;
}

/** The same without summing up: grouping a million rows that are all different takes their size in memory, and spills none of it. */
function singleSql(format: LogFormat, given: readonly string[], staged: string, columns: readonly Column[]): string {
  const made: { readonly [name: string]: string } = {
    ...Object.fromEntries(usageColumns(given).map(({ name }) => [name, `s.${name}`])),
    observation_id: "printf('%016x', s.usage_key)",
    part_id: 'b.part_id',
    used_at: 's.used_at',
    ...(given.includes('ended_at') ? { ended_at: 's.ended_at' } : {}),
    via: text(format.meta.via),
    session_id: given.includes('session_id') ? 'coalesce(s.session_id, s.record_id)' : 's.record_id',
    location: "json_merge_patch(b.at, json_object('pointer', s.record_id))::JSON",
  };
  const selected = columns.map(({ name, type }) => `${made[name] ?? 'NULL'}::${type}`);
  return `SELECT ${selected.join(', ')} FROM ${staged} AS s JOIN batch AS b USING (file)`;
}
