import type { Row, StoreReader } from '../store/index.ts';
import { ConfigError } from '../util/errors.ts';
import { nearest } from '../util/nearest.ts';

/** Which uses are asked for. Times are ISO 8601 in UTC; `from` is in it, `until` is not. */
export interface UseQuestion {
  /** A connection, resource or table of the gateway, an account or its identity, a service. Absent: all. */
  readonly target?: string;
  /** Whose: the account that was used, or who was behind it. */
  readonly identity?: string;
  readonly from: string;
  readonly until: string;
  /** `PII` for all personal data, else the gateway's own word: `EMAIL_ADDRESS`. */
  readonly infoType?: string;
}

/** One use, with what an auditor asks of it. */
export interface Use {
  /** Session or event at the source. */
  readonly evidence: string;
  readonly observation: string;
  readonly via: 'gateway' | 'cloud' | 'direct';
  readonly from: string;
  readonly until: string | null;
  readonly target: string | null;
  readonly job: string | null;
  readonly actor: string | null;
  readonly actorType: string;
  readonly actorConfidence: string | null;
  /** The account whose rights were used. */
  readonly identity: string | null;
  readonly action: string | null;
  readonly objects: readonly string[];
  readonly approval: string | null;
  readonly masked: boolean | null;
  readonly recorded: string | null;
  readonly infoTypes: readonly string[];
  readonly rows: number | null;
  readonly records: number;
  /** Can it be put down to one job or one person? */
  readonly answerable: boolean;
  /** Why not. */
  readonly reasons: readonly string[];
  /** What else of it is not known: a recording that is lost, results that were not recorded. */
  readonly gaps: readonly string[];
  readonly statement: string | null;
}

export interface Answer {
  readonly question: UseQuestion;
  readonly verdict: 'answered' | 'in-part' | 'unanswerable' | 'nothing' | 'not-assessed';
  readonly why: string;
  readonly uses: readonly Use[];
  /** Logs that were read, with the time they span. */
  readonly logs: readonly { readonly log: string; readonly first: string | null; readonly last: string | null }[];
}

/** Who used the target in the time, use by use, and whether that can be said at all. Throws `ConfigError` for a target that no log names. */
export async function whoUsed(store: StoreReader, question: UseQuestion): Promise<Answer> {
  if (question.target !== undefined) await assertKnown(store, question.target);
  const uses = await findUses(store, question);
  const logs = await logsRead(store);
  return { question, ...verdictOf(uses, logs, question), uses, logs };
}

export async function findUses(store: StoreReader, question: UseQuestion): Promise<readonly Use[]> {
  const rows = await store.rows(USES, {
    target: question.target ?? null,
    identity: question.identity ?? null,
    from: question.from,
    until: question.until,
    info: question.infoType?.toUpperCase() ?? null,
  });
  return rows.map(useOf);
}

const USES = `
  WITH settings AS (SELECT not_personal FROM gateway_settings),
  gateway AS (
    SELECT
      s.observation_id, s.session_id, 'gateway' AS via, s.used_at, s.ended_at, s.connection AS target, s.job, s.caller AS actor,
      s.caller_type AS actor_type, s.caller_confidence AS actor_confidence, s.caller_identity_id, s.identity_id, s.action,
      s.objects, s.approval, s.masked, s.recorded, s.tagged_sensitive,
      list_sort(list_distinct(list_concat(coalesce(s.seen_types, []), coalesce(json_keys(s.info_types), []), coalesce(json_keys(s.analyzed), [])))) AS info_types,
      (u.detail->>'$.resource') AS resource, coalesce(u.row_count, CASE WHEN s.redactions > 0 THEN NULL END) AS row_count, u.records, u.statement
    FROM gateway_sessions AS s
    JOIN usages AS u USING (observation_id)
    WHERE s.ran AND s.used_at < $until::TIMESTAMP AND coalesce(s.ended_at, s.used_at) >= $from::TIMESTAMP
  ),
  others AS (
    SELECT
      observation_id, session_id, via, used_at, ended_at, target, job, actor, coalesce(actor_type, 'unknown') AS actor_type, actor_confidence,
      actor_identity_id AS caller_identity_id, identity_id, action, objects, approval, masked, recorded, false AS tagged_sensitive,
      coalesce(info_types, []) AS info_types, NULL::VARCHAR AS resource, row_count, records, statement
    FROM usages
    WHERE via <> 'gateway' AND used_at < $until::TIMESTAMP AND coalesce(ended_at, used_at) >= $from::TIMESTAMP
  ),
  every_use AS (SELECT * FROM gateway UNION ALL BY NAME SELECT * FROM others),
  -- Whoever asks for a connection asks for what it leads to. What the log of the target says of its sessions is those sessions again.
  around AS (SELECT observation_id FROM direct_uses WHERE why_not IS NULL AND list_contains(connections, $target))
  SELECT e.*, coalesce(a.answerable, false) AS answerable, coalesce(a.reasons, []) AS reasons, coalesce(a.gaps, []) AS gaps
  FROM every_use AS e
  LEFT JOIN session_answerability AS a USING (observation_id)
  CROSS JOIN settings AS t
  WHERE ($target IS NULL OR e.target = $target OR e.resource = $target OR e.identity_id = $target OR identity_local(e.identity_id) = $target
      OR regexp_extract(e.identity_id, '[^/]+$') = $target OR list_contains(e.objects, $target) OR e.observation_id IN (FROM around))
    AND ($identity IS NULL OR e.identity_id = $identity OR e.caller_identity_id = $identity OR e.actor = $identity)
    AND ($info IS NULL OR list_contains(e.info_types, $info)
      OR ($info IN ('PII', 'PERSONAL') AND (e.tagged_sensitive OR len(list_filter(e.info_types, lambda one: NOT list_contains(t.not_personal, one))) > 0)))
  ORDER BY e.used_at, e.session_id`;

function useOf(row: Row): Use {
  const text = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));
  return {
    evidence: text(row.session_id) ?? String(row.observation_id),
    observation: String(row.observation_id),
    via: row.via as Use['via'],
    from: String(row.used_at),
    until: text(row.ended_at),
    target: text(row.target),
    job: text(row.job),
    actor: text(row.actor),
    actorType: text(row.actor_type) ?? 'unknown',
    actorConfidence: text(row.actor_confidence),
    identity: text(row.identity_id),
    action: text(row.action),
    objects: (row.objects as readonly string[] | null) ?? [],
    approval: text(row.approval),
    masked: row.masked === null ? null : row.masked === true,
    recorded: text(row.recorded),
    infoTypes: (row.info_types as readonly string[] | null) ?? [],
    rows: row.row_count === null ? null : Number(row.row_count),
    records: Number(row.records ?? 1),
    answerable: row.answerable === true,
    reasons: (row.reasons as readonly string[] | null) ?? [],
    gaps: (row.gaps as readonly string[] | null) ?? [],
    statement: text(row.statement),
  };
}

function verdictOf(uses: readonly Use[], logs: Answer['logs'], { from, until }: UseQuestion): Pick<Answer, 'verdict' | 'why'> {
  if (uses.length === 0) {
    const spanning = logs.filter(({ first, last }) => first !== null && last !== null && first < until && last >= from);
    if (spanning.length === 0) {
      return {
        verdict: 'not-assessed',
        why:
          logs.length === 0
            ? 'no log of a gateway, cloud or target was read'
            : `no log that was read speaks of that time: ${logs.map(spanText).join('; ')}`,
      };
    }
    return { verdict: 'nothing', why: `no use in what ${[...new Set(spanning.map(({ log }) => log))].join(', ')} tell` };
  }
  const told = uses.filter(({ answerable }) => answerable).length;
  const all = `${told} of ${uses.length} ${uses.length === 1 ? 'use' : 'uses'} can be put down to one job or person`;
  return { verdict: told === uses.length ? 'answered' : told === 0 ? 'unanswerable' : 'in-part', why: all };
}

export function spanText({ log, first, last }: Answer['logs'][number]): string {
  return first === null || last === null ? `${log} is empty` : `${log} from ${first.slice(0, 10)} to ${last.slice(0, 10)}`;
}

async function logsRead(store: StoreReader): Promise<Answer['logs']> {
  const rows = await store.rows(
    `SELECT log, first, last FROM (
       SELECT CASE via WHEN 'cloud' THEN 'the cloud''s log' ELSE 'the log of a target' END AS log, via, min(used_at) AS first, max(coalesce(ended_at, used_at)) AS last
       FROM usages WHERE via <> 'gateway' AND NOT coalesce(bookkeeping, false) GROUP BY ALL
       UNION ALL
       -- Between two exports nobody looked.
       SELECT 'the gateway''s sessions', 'gateway', since, until FROM observed_spans WHERE surface = 'gateway')
     ORDER BY via, first, last`,
  );
  return rows.map((row) => ({
    log: String(row.log),
    first: row.first === null ? null : String(row.first),
    last: row.last === null ? null : String(row.last),
  }));
}

async function assertKnown(store: StoreReader, target: string): Promise<void> {
  const rows = await store.rows(`
    SELECT DISTINCT name FROM (
      SELECT target AS name FROM usages
      UNION ALL SELECT detail->>'$.resource' FROM usages WHERE via = 'gateway'
      UNION ALL SELECT identity_id FROM usages
      UNION ALL SELECT identity_local(identity_id) FROM usages
      UNION ALL SELECT regexp_extract(identity_id, '[^/]+$') FROM usages
      UNION ALL SELECT unnest(objects) FROM usages
      UNION ALL SELECT connection FROM gateway_connections)
    WHERE name IS NOT NULL ORDER BY name`);
  const names = rows.map(({ name }) => String(name));
  if (names.includes(target)) return;
  const meant = nearest(target, names);
  const connections = (await store.rows('SELECT connection FROM gateway_connections ORDER BY 1')).map((row) =>
    String(row.connection),
  );
  const known = connections.length === 0 ? '' : ` Connections: ${connections.slice(0, 8).join(', ')}`;
  throw new ConfigError(`No log that was read names "${target}"`, {
    code: 'TARGET_UNKNOWN',
    hint:
      meant === undefined ? `Name a connection, an account, a service or a table.${known}` : `Did you mean "${meant}"?${known}`,
  });
}
