import type { StoreReader } from '../store/index.ts';
import { ConfigError } from '../util/errors.ts';
import { nearest } from '../util/nearest.ts';

export interface Stretch {
  readonly from: string;
  readonly until: string;
}

/** A log that could have seen the target, and of which of the time that is asked for it was given. */
export interface Surface {
  readonly surface: 'gateway' | 'log';
  /** `sessions of the gateway on pg-features-prod`, `log of postgres db.example/features`. */
  readonly name: string;
  readonly covers: 'all' | 'part' | 'none';
  /** Stretches that it was given of, cut to the time that is asked for. */
  readonly given: readonly Stretch[];
  /** Those that it was not given of. */
  readonly missing: readonly Stretch[];
  /** The whole time it was given of, also before and after; empty: it was not given at all. */
  readonly known: readonly Stretch[];
  /** Why it tells less than its time says: records that could not be read, an account that is not known. */
  readonly why: string | null;
}

/** What the name means: connections with what they hold, accounts, or tables that were seen by it. */
export interface Target {
  readonly connections: readonly string[];
  /** Only the log of what happened in it tells whether it was touched. */
  readonly isTable: boolean;
  readonly isConnection: boolean;
  readonly accounts: readonly string[];
  readonly places: readonly Place[];
}

/** Where a use of something would have been seen. */
export interface Place {
  readonly surface: 'gateway' | 'log';
  readonly provider: string | null;
  readonly scope: string | null;
  readonly connection: string | null;
}

/** An account by its id, by what follows the server or cloud account, or by the last part of that. */
export const IS_ACCOUNT = (id: string): string =>
  `($target = ${id} OR identity_local(${id}) = $target OR regexp_extract(${id}, '[^/]+$') = $target)`;

const NAMES = `
  SELECT 'connection' AS kind, connection AS name FROM gateway_connections
  UNION ALL SELECT 'connection', connection FROM gateway_sessions
  UNION ALL SELECT 'resource', detail->>'$.resource' FROM usages WHERE via = 'gateway'
  UNION ALL SELECT 'account', unnest([identity_id, identity_local(identity_id), regexp_extract(identity_id, '[^/]+$')]) FROM (
    SELECT DISTINCT identity_id FROM usages WHERE identity_id IS NOT NULL
    UNION SELECT identity_id FROM gateway_connections WHERE identity_id IS NOT NULL)
  UNION ALL SELECT 'service', target FROM usages WHERE via <> 'gateway'
  UNION ALL SELECT 'table', unnest(objects) FROM usages`;

/** What the user means. Throws `ConfigError` where no log and no inventory of the gateway names it. */
export async function findTarget(store: StoreReader, target: string): Promise<Target> {
  const kinds = (await store.rows(`SELECT DISTINCT kind FROM (${NAMES}) WHERE name = $target`, { target })).map(({ kind }) =>
    String(kind),
  );
  if (kinds.length === 0) throw await unknownTarget(store, target);
  const places = await store.rows(PLACES, { target });
  const texts = (column: string) =>
    [...new Set(places.map((row) => row[column]))]
      .filter((value) => value !== null && value !== '')
      .map(String)
      .sort();
  const isConnection = kinds.includes('connection') || kinds.includes('resource');
  return {
    connections: texts('connection'),
    isTable: kinds.includes('table') && !isConnection && !kinds.includes('account'),
    isConnection,
    accounts: texts('identity_id'),
    places: placesOf(places),
  };
}

const PLACES = `
  WITH logged AS (
    SELECT DISTINCT identity_id FROM usages
    WHERE via <> 'gateway' AND identity_id IS NOT NULL AND (target = $target OR list_contains(objects, $target) OR ${IS_ACCOUNT('identity_id')})
  ),
  named AS (
    SELECT connection, org FROM gateway_connections WHERE connection = $target OR ${IS_ACCOUNT('identity_id')}
    UNION
    SELECT s.connection, s.org
    FROM gateway_sessions AS s
    JOIN usages AS u USING (observation_id)
    WHERE s.connection = $target OR (u.detail->>'$.resource') = $target OR list_contains(s.objects, $target) OR ${IS_ACCOUNT('s.identity_id')}
    UNION
    SELECT connection, org FROM direct_accounts SEMI JOIN logged USING (identity_id)
  ),
  held AS (
    SELECT n.connection, n.org, g.identity_id
    FROM named AS n
    LEFT JOIN gateway_connections AS g ON g.connection = n.connection AND (g.org = n.org OR g.org IS NULL OR n.org IS NULL)
    WHERE n.connection IS NOT NULL
  )
  SELECT DISTINCT connection, org, identity_id, split_part(identity_id, ':', 1) AS provider, identity_scope(identity_id) AS scope FROM held
  UNION
  SELECT NULL, NULL, identity_id, split_part(identity_id, ':', 1), identity_scope(identity_id) FROM logged
  ORDER BY ALL`;

function placesOf(rows: Awaited<ReturnType<StoreReader['rows']>>): readonly Place[] {
  const text = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));
  const places = new Map<string, Place>();
  for (const { connection, org, identity_id: account, provider, scope } of rows) {
    const both: Place[] = [];
    if (connection !== null)
      both.push({ surface: 'gateway', provider: 'hoop', scope: text(org), connection: String(connection) });
    both.push(
      account === null
        ? { surface: 'log', provider: null, scope: null, connection: text(connection) }
        : { surface: 'log', provider: text(provider), scope: text(scope), connection: null },
    );
    for (const place of both) places.set(JSON.stringify(place), place);
  }
  return [...places.values()].sort((one, other) => one.surface.localeCompare(other.surface));
}

interface Span extends Stretch {
  readonly surface: string;
  readonly provider: string;
  readonly scope: string | null;
  readonly connection: string | null;
  readonly broken: readonly string[];
}

/** Each log that could have seen the target, with the time that it was given of. */
export async function surfacesOf(store: StoreReader, { places }: Target, asked: Stretch): Promise<readonly Surface[]> {
  const read = await surfaceReader(store);
  return read(places, asked);
}

/** Spans are read once, for as many questions as there are. */
export async function surfaceReader(
  store: StoreReader,
): Promise<(places: readonly Place[], asked: Stretch) => readonly Surface[]> {
  const spans = await readSpans(store);
  const [settings] = await store.rows('SELECT epoch_ms(clock_tolerance) AS tolerance FROM gateway_settings');
  const tolerance = Number(settings?.tolerance ?? 0);
  return (places, asked) => places.map((place) => surfaceOf(place, spans, asked, tolerance));
}

function surfaceOf(place: Place, spans: readonly Span[], asked: Stretch, tolerance: number): Surface {
  const own = spans.filter((span) => isOf(span, place));
  const known = joined(own);
  const broken = [
    ...new Set(own.filter((span) => span.from < asked.until && span.until >= asked.from).flatMap((span) => span.broken)),
  ];
  const why = lackOf(place, spans, asked, broken);
  const missing = without(asked, known, tolerance);
  const given = known
    .filter(({ from, until }) => from < asked.until && until >= asked.from)
    .map(({ from, until }) => ({ from: later(from, asked.from), until: earlier(until, asked.until) }));
  return {
    surface: place.surface,
    name: nameOf(place),
    covers: given.length === 0 ? 'none' : missing.length > 0 || why !== null ? 'part' : 'all',
    given,
    missing,
    known,
    why,
  };
}

/** Why a log tells less than its time says. */
function lackOf(place: Place, spans: readonly Span[], asked: Stretch, broken: readonly string[]): string | null {
  if (place.surface === 'log' && place.provider === null) return `which account ${place.connection} holds is not known`;
  if (broken.length > 0) return `not all of it could be read: ${broken.slice(0, 3).join('; ')}`;
  const isUnnamed = spans.some(
    ({ surface, provider, scope, from, until }) =>
      surface === 'audit-log' && provider === place.provider && scope === '-' && from < asked.until && until >= asked.from,
  );
  return place.surface === 'log' && isUnnamed ? `a log of ${place.provider} names no server, and may be of another one` : null;
}

function isOf(span: Span, { surface, provider, scope, connection }: Place): boolean {
  if (surface === 'log') return span.surface === 'audit-log' && span.provider === provider && span.scope === scope;
  return (
    span.surface === 'gateway' &&
    (span.scope === scope || span.scope === null || scope === null) &&
    (span.connection === connection || span.connection === null)
  );
}

function nameOf({ surface, provider, scope, connection }: Place): string {
  if (surface === 'gateway') return `sessions of the gateway on ${connection}`;
  if (provider === null) return `log of what lies behind ${connection}`;
  return `log of ${provider} ${scope === null || scope === '-' || scope === '' ? '(server not named)' : scope.replaceAll(/%3a/gi, ':')}`;
}

async function readSpans(store: StoreReader): Promise<readonly Span[]> {
  const rows = await store.rows(`
    WITH broken AS (
      SELECT p.unit, list(DISTINCT concat(c.subject, coalesce(': ' || c.why, '')) ORDER BY concat(c.subject, coalesce(': ' || c.why, ''))) AS why
      FROM obs.coverage AS c
      SEMI JOIN current_parts USING (part_id)
      JOIN parts AS p USING (part_id)
      WHERE c.surface IN ('gateway', 'audit-log') AND c.outcome <> 'complete'
      GROUP BY p.unit)
    SELECT s.surface, s.provider, s.scope, s.connection, s.since, s.until, coalesce(flatten(list(b.why) FILTER (b.why IS NOT NULL)), []) AS broken
    FROM (SELECT *, unnest(sources) AS source FROM observed_spans) AS s
    LEFT JOIN broken AS b ON b.unit = s.source
    GROUP BY s.surface, s.provider, s.scope, s.connection, s.since, s.until
    ORDER BY ALL`);
  return rows.map((row) => ({
    surface: String(row.surface),
    provider: String(row.provider),
    scope: row.scope === null ? null : String(row.scope),
    connection: row.connection === null ? null : String(row.connection),
    from: String(row.since),
    until: String(row.until),
    broken: (row.broken as readonly string[] | null) ?? [],
  }));
}

function later(one: string, other: string): string {
  return [one, other].sort()[1] ?? one;
}

function earlier(one: string, other: string): string {
  return [one, other].sort()[0] ?? one;
}

/** Without overlaps, in order of time. */
function joined(stretches: readonly Stretch[]): readonly Stretch[] {
  const result: { from: string; until: string }[] = [];
  for (const { from, until } of [...stretches].sort((one, other) => (one.from < other.from ? -1 : 1))) {
    const last = result.at(-1);
    if (last !== undefined && from <= last.until) last.until = later(until, last.until);
    else result.push({ from, until });
  }
  return result;
}

/** What is left of the time without the stretches. Nobody writes a record on the stroke of midnight: less than clocks are off by does not count. */
function without({ from, until }: Stretch, stretches: readonly Stretch[], tolerance: number): readonly Stretch[] {
  const missing: Stretch[] = [];
  let cursor = from;
  for (const stretch of [...stretches, { from: until, until }]) {
    if (stretch.until < cursor) continue;
    const end = stretch.from < until ? stretch.from : until;
    if (Date.parse(end) - Date.parse(cursor) > tolerance) missing.push({ from: cursor, until: end });
    if (stretch.until > cursor) cursor = stretch.until;
    if (cursor >= until) break;
  }
  return missing;
}

async function unknownTarget(store: StoreReader, target: string): Promise<ConfigError> {
  const rows = await store.rows(`SELECT DISTINCT name FROM (${NAMES}) WHERE name IS NOT NULL ORDER BY name`);
  const meant = nearest(
    target,
    rows.map(({ name }) => String(name)),
  );
  const connections = (await store.rows('SELECT DISTINCT connection FROM gateway_connections ORDER BY 1')).map((row) =>
    String(row.connection),
  );
  const known = connections.length === 0 ? '' : ` Connections: ${connections.slice(0, 8).join(', ')}`;
  return new ConfigError(`No log that was read names "${target}"`, {
    code: 'TARGET_UNKNOWN',
    hint:
      meant === undefined ? `Name a connection, an account, a service or a table.${known}` : `Did you mean "${meant}"?${known}`,
  });
}
