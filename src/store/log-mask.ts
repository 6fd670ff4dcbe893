import { FIELDS, type Field, MEASURES } from '../logs/format.ts';
import { jobName } from '../util/harmless.ts';
import type { LogReader } from './log-reader.ts';

/** How what a log names is masked, as everything is that observations name. */
export interface TextMasks {
  clean(text: string): string;
  /** Of the object that stands in `detail`. */
  detail(detail: { readonly [name: string]: unknown }): { readonly [name: string]: unknown };
  /** Keyed. */
  digest(text: string): string;
}

/** These hold no text of a stranger's. */
const OURS: ReadonlySet<string> = new Set<Field>([
  'action',
  'actor_type',
  'actor_confidence',
  'approval',
  'masked',
  'recorded',
  'bookkeeping',
  'outcome',
]);
const TYPES: { readonly [column: string]: string } = { ...FIELDS, ...MEASURES };

/** No credential that tells itself is shorter. */
const SHORTEST = 8;
/** Ids, digests, times and addresses: most texts of records that are kept one by one, and none is looked at. */
const PLAIN = '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]+|[0-9.:TZ +-]+';
/** What tells one detail from the next where all else is the same. */
const VARYING = '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z?|:[0-9]+';
/** Each record has its own: to look for those that are the same would cost more than to look at all. */
const UNIQUE: ReadonlySet<string> = new Set(['record_id', 'first_id']);
/** Changes that go to the engine at once. */
const AT_ONCE = 10_000;

/**
 * Masks what the rows of a table say, by the distinct texts of each column: of a million records, summed up, they are a few
 * thousand.
 */
export async function maskTexts(reader: LogReader, table: string, columns: readonly string[], masks: TextMasks): Promise<void> {
  for (const column of columns) {
    if (OURS.has(column)) continue;
    const type = TYPES[column] ?? 'VARCHAR';
    if (type === 'JSON') await maskDetails(reader, table, column, masks);
    else if (type === 'VARCHAR[]') await maskLists(reader, table, column, masks);
    else if (type === 'VARCHAR') await maskColumn(reader, table, column, column === 'job' ? jobMask(masks) : masks.clean);
  }
}

function jobMask({ clean, digest }: TextMasks): (text: string) => string {
  return (text) => {
    const cleaned = clean(text);
    return cleaned === text ? jobName(text, digest) : cleaned;
  };
}

async function maskColumn(reader: LogReader, table: string, column: string, mask: (text: string) => string): Promise<void> {
  const changes = changedBy(mask);
  await reader.each(
    `SELECT one FROM (SELECT ${UNIQUE.has(column) ? '' : 'DISTINCT'} ${column} AS one FROM ${table}) WHERE length(one) >= ${SHORTEST} AND NOT regexp_full_match(one, '${PLAIN}')`,
    changes.look,
  );
  await changes.write(
    reader,
    (changed) => `UPDATE ${table} SET ${column} = c.clean FROM ${changed} AS c WHERE ${table}.${column} = c.text`,
  );
}

async function maskLists(reader: LogReader, table: string, column: string, { clean }: TextMasks): Promise<void> {
  const changes = changedBy(clean);
  await reader.each(
    `SELECT DISTINCT one FROM (SELECT unnest(${column}) AS one FROM (SELECT DISTINCT ${column} FROM ${table}))
     WHERE length(one) >= ${SHORTEST} AND NOT regexp_full_match(one, '${PLAIN}')`,
    changes.look,
  );
  await changes.write(
    reader,
    (changed) =>
      `UPDATE ${table} SET ${column} = l.clean FROM (
         SELECT list, list(coalesce(c.clean, one) ORDER BY place) AS clean
         FROM (SELECT list, unnest(list) AS one, generate_subscripts(list, 1) AS place
           FROM (SELECT DISTINCT ${column} AS list FROM ${table}) WHERE list_has_any(list, (SELECT list(text) FROM ${changed})))
         LEFT JOIN ${changed} AS c ON c.text = one
         GROUP BY list) AS l
       WHERE ${table}.${column} = l.list`,
  );
}

async function maskDetails(reader: LogReader, table: string, column: string, masks: TextMasks): Promise<void> {
  const changes = changedBy((text) => {
    const detail = JSON.parse(text);
    const clean = masks.detail(detail);
    return clean === detail ? text : JSON.stringify(clean);
  });
  await reader.each(
    `SELECT any_value(${column}) FROM (SELECT DISTINCT ${column}::VARCHAR AS ${column} FROM ${table} WHERE ${column} IS NOT NULL)
     GROUP BY regexp_replace(${column}, '${VARYING}', '', 'g')`,
    changes.look,
  );
  // What was found to be changed stands for others, which differ in ids and times alone.
  const found = changes.texts();
  if (found.length === 0) return;
  const all = changedBy(changes.mask);
  await reader.each(
    `SELECT DISTINCT ${column}::VARCHAR FROM ${table}
     WHERE regexp_replace(${column}::VARCHAR, '${VARYING}', '', 'g')
       IN (SELECT regexp_replace(unnest(from_json($rows, '["VARCHAR"]')), '${VARYING}', '', 'g'))`,
    all.look,
    { rows: JSON.stringify(found) },
  );
  await all.write(
    reader,
    (changed) => `UPDATE ${table} SET ${column} = c.clean FROM ${changed} AS c WHERE ${table}.${column}::VARCHAR = c.text`,
  );
}

function changedBy(mask: (text: string) => string) {
  const changed: { readonly text: string; readonly clean: string }[] = [];
  return {
    mask,
    texts: (): readonly string[] => changed.map(({ text }) => text),
    look: (text: string): void => {
      const clean = mask(text);
      if (clean !== text) changed.push({ text, clean });
    },
    async write(reader: LogReader, update: (changed: string) => string): Promise<void> {
      if (changed.length === 0) return;
      await reader.run('CREATE OR REPLACE TABLE masked (text VARCHAR, clean VARCHAR)');
      for (let at = 0; at < changed.length; at += AT_ONCE) {
        await reader.run(
          `INSERT INTO masked SELECT r.text, r.clean FROM (SELECT unnest(from_json($rows, '[{"text":"VARCHAR","clean":"VARCHAR"}]')) AS r)`,
          { rows: JSON.stringify(changed.slice(at, at + AT_ONCE)) },
        );
      }
      await reader.run(update('masked'));
    },
  };
}
