import type { Row, StoreReader } from '../store/index.ts';
import type { UseQuestion } from './who.ts';
import { IS_ACCOUNT, type Target } from './who-looked.ts';

/** Did it come through the gateway? `not-held`: no connection holds the account, so the gateway does not stand in its way. */
export type Passage = 'through' | 'around' | 'not-held' | 'not-known';

/** What was done about personal data: `none-found`: it was looked for, and there was nothing to mask. */
export type Masking = 'masked' | 'unmasked' | 'failed' | 'none-found' | 'not-known';

/** One use, with what an auditor asks of it. */
export interface Use {
  /** Session or event at the source. */
  readonly evidence: string;
  readonly observation: string;
  readonly via: 'gateway' | 'cloud' | 'direct';
  readonly passage: Passage;
  /** How that is known, or why not. */
  readonly passageWhy: string | null;
  readonly from: string;
  /** Null: a moment, or a session that has not ended (`isOpen`). */
  readonly until: string | null;
  readonly isOpen: boolean;
  readonly target: string | null;
  readonly job: string | null;
  readonly actor: string | null;
  readonly actorType: string;
  readonly actorConfidence: string | null;
  /** The account whose rights were used. */
  readonly identity: string | null;
  readonly action: string | null;
  /** Null: not known. */
  readonly outcome: 'ok' | 'denied' | 'failed' | null;
  /** What refused it: `guardrail no-drop`. */
  readonly stoppedBy: string | null;
  readonly objects: readonly string[];
  readonly approval: string | null;
  readonly approvers: readonly string[];
  readonly approvalId: string | null;
  /** The one who asked approved it. */
  readonly selfApproved: boolean;
  /** Null: nothing tells, or there was nothing to mask. */
  readonly masked: boolean | null;
  readonly masking: Masking;
  /** How often masking failed. */
  readonly maskErrors: number;
  readonly recorded: string | null;
  readonly infoTypes: readonly string[];
  readonly rows: number | null;
  readonly records: number;
  /** Records of the target's own log that lie in this session. */
  readonly logRecords: number;
  /** Why it is not known whether this touched what was asked for; empty: it did. */
  readonly doubts: readonly string[];
  /** Can it be put down to one job or one person? */
  readonly answerable: boolean;
  /** Why not. */
  readonly reasons: readonly string[];
  /** What else of it is not known: a recording that is lost, results that were not recorded. */
  readonly gaps: readonly string[];
  readonly statement: string | null;
}

/** All personal data, whatever the kind. */
export const ALL_KINDS: ReadonlySet<string> = new Set(['PII', 'PERSONAL']);

/** Uses of the target in the time, by the gateway and by logs of targets and clouds, oldest first. */
export async function findUses(store: StoreReader, question: UseQuestion, target: Target | undefined): Promise<readonly Use[]> {
  const rows = await store.rows(USES, {
    target: question.target ?? null,
    identity: question.identity ?? null,
    from: question.from,
    until: question.until,
    info: question.infoType?.toUpperCase() ?? null,
    connections: JSON.stringify(target?.isConnection === true ? target.connections : []),
    maybe_connections: JSON.stringify(target?.isTable === true ? target.connections : []),
    unplaced: JSON.stringify((target?.accounts ?? []).map((account) => account.replace(/^([^:]*):[^:]*:/, '$1:-:'))),
    maybe_accounts: JSON.stringify(target?.isTable === true ? target.accounts : []),
  });
  return rows.map(useOf);
}

const LIST = (name: string): string => `from_json($${name}::JSON, '["VARCHAR"]')`;

const USES = `
  WITH settings AS (SELECT not_personal, personal_data FROM gateway_settings),
  tags AS (
    SELECT connection, unnest(map_entries(TRY_CAST(detail->'$.tags' AS MAP(VARCHAR, VARCHAR)))) AS own FROM gateway_connections
  ),
  sensitive AS (
    SELECT t.connection
    FROM tags AS t
    JOIN (SELECT unnest(map_entries(personal_data)) AS wanted FROM settings) AS w ON lower(w.wanted.key) = lower(t.own.key)
    WHERE list_contains(list_transform(w.wanted.value, lambda word: lower(word)), lower(t.own.value))
    UNION
    SELECT connection FROM gateway_sessions WHERE tagged_sensitive
  ),
  -- Some reviews name who decided by an id alone.
  named AS (
    SELECT user_id, min(name) AS name
    FROM (
      SELECT (detail->>'$.userId') AS user_id, lower(email) AS name FROM obs.people SEMI JOIN current_parts USING (part_id)
      UNION ALL
      SELECT (detail->>'$.userId'), name FROM identities WHERE provider = 'hoop')
    WHERE user_id IS NOT NULL
    GROUP BY user_id
  ),
  deciders AS (
    SELECT approval_id, list(coalesce(n.name, id) ORDER BY coalesce(n.name, id)) AS names, list(lower(id)) AS ids
    FROM (SELECT approval_id, unnest(approver_ids) AS id FROM gateway_approvals) AS a
    LEFT JOIN named AS n ON n.user_id = a.id
    GROUP BY approval_id
  ),
  members AS (
    SELECT (detail->>'$.userId') AS user_id, min(lower(email)) AS email
    FROM obs.people
    SEMI JOIN current_parts USING (part_id)
    WHERE (detail->>'$.userId') IS NOT NULL
    GROUP BY 1
  ),
  gateway AS (
    SELECT
      s.observation_id, s.session_id, 'gateway' AS via, s.used_at, s.ended_at, s.connection AS target, [s.connection] AS connections, s.job,
      -- A caller that goes by an id has a name in the inventory.
      CASE WHEN i.name IS NOT NULL AND (s.caller IS NULL OR s.caller = s.caller_identity_id OR s.caller = s.user_id) THEN i.name ELSE s.caller END AS actor,
      s.caller_type AS actor_type, s.caller_confidence AS actor_confidence, s.caller_identity_id, s.identity_id, s.action, u.outcome,
      CASE WHEN u.outcome = 'denied' THEN
        CASE WHEN len(json_words(u.detail->'$.guardrails')) > 0 THEN concat('guardrail ', listed(json_words(u.detail->'$.guardrails')))
          WHEN lower(s.risk_action) = 'block_execution' THEN 'the analyzer of the gateway' END END AS stopped_by,
      s.objects, s.approval, CASE WHEN s.approval_id IS NOT NULL THEN regexp_extract(s.approval_id, '[^/]+$') END AS approval_id,
      CASE WHEN len(s.approvers) > 0 THEN s.approvers ELSE coalesce(d.names, []) END AS approvers,
      s.approval = 'approved' AND list_has_any(list_concat(list_transform(s.approvers, lambda one: lower(one)), coalesce(d.ids, [])), [lower(s.caller), lower(s.user_id), m.email]) AS self_approved,
      s.masked, s.mask_errors, s.recorded,
      list_sort(list_distinct(list_concat(coalesce(s.seen_types, []), coalesce(json_keys(s.info_types), []), coalesce(json_keys(s.analyzed), [])))) AS info_types,
      s.info_types IS NOT NULL OR s.seen_types IS NOT NULL OR len(coalesce(json_keys(s.analyzed), [])) > 0 OR s.masked IS NOT NULL AS is_looked_for,
      (u.detail->>'$.resource') AS resource, u.row_count, u.records, u.statement,
      s.ended_at IS NULL AND u.records IS NULL AND s.status IS DISTINCT FROM 'done' AS is_open
    FROM gateway_sessions AS s
    JOIN usages AS u USING (observation_id)
    LEFT JOIN identities AS i ON i.identity_id = s.caller_identity_id
    LEFT JOIN members AS m ON m.user_id = s.user_id
    LEFT JOIN deciders AS d ON d.approval_id = s.approval_id
    -- What is open may have done it at any time since; what was refused, waits for a review or for its start, did nothing.
    WHERE s.ran
      AND s.used_at < $until::TIMESTAMP
      AND (coalesce(s.ended_at, s.used_at) >= $from::TIMESTAMP OR s.ended_at IS NULL AND u.records IS NULL AND s.status IS DISTINCT FROM 'done')
  ),
  others AS (
    SELECT
      u.observation_id, u.session_id, u.via, u.used_at, u.ended_at, u.target, coalesce(d.connections, []) AS connections, u.job, u.actor,
      coalesce(u.actor_type, 'unknown') AS actor_type, u.actor_confidence, u.actor_identity_id AS caller_identity_id, u.identity_id, u.action, u.outcome,
      NULL::VARCHAR AS stopped_by, u.objects, u.approval, NULL::VARCHAR AS approval_id, []::VARCHAR[] AS approvers, false AS self_approved, u.masked, NULL::BIGINT AS mask_errors,
      u.recorded, coalesce(u.info_types, []) AS info_types, u.info_types IS NOT NULL AS is_looked_for, NULL::VARCHAR AS resource, u.row_count, u.records, u.statement, false AS is_open,
      d.passage, d.why AS passage_why
    FROM usages AS u
    JOIN log_passages AS d USING (observation_id)
    WHERE u.via <> 'gateway' AND u.used_at < $until::TIMESTAMP AND coalesce(u.ended_at, u.used_at) >= $from::TIMESTAMP
  ),
  every_use AS (SELECT *, 'through' AS passage, NULL::VARCHAR AS passage_why FROM gateway UNION ALL BY NAME SELECT * FROM others),
  judged AS (
    SELECT e.*,
      $target IS NULL OR e.target = $target OR e.resource = $target OR ${IS_ACCOUNT('e.identity_id')} OR coalesce(list_contains(e.objects, $target), false)
        -- Whoever asks for a connection asks for what it leads to.
        OR list_has_any(e.connections, ${LIST('connections')}) AS is_named,
      -- The log of a server that it does not name: the account may be one of the same name elsewhere.
      e.via <> 'gateway' AND regexp_matches(e.identity_id, '^[^:]*:(-|):') AND list_contains(${LIST('unplaced')}, e.identity_id) AS is_unplaced,
      -- A table: what was open where it lies, and tells no tables, may have touched it.
      list_has_any(e.connections, ${LIST('maybe_connections')}) OR e.via <> 'gateway' AND list_contains(${LIST('maybe_accounts')}, e.identity_id) AS is_near,
      e.recorded = 'truncated' OR len(coalesce(e.objects, [])) = 0 AND (e.via = 'gateway' OR e.action IN ('read', 'write', 'ddl', 'unknown')) AS is_untold,
      CASE
        WHEN $info IS NULL OR list_contains(e.info_types, $info) THEN 'yes'
        WHEN $info IN ('PII', 'PERSONAL') AND (len(list_filter(e.info_types, lambda one: NOT list_contains(t.not_personal, one))) > 0
          OR list_has_any(e.connections, (SELECT coalesce(list(connection), []) FROM sensitive))) THEN 'yes'
        WHEN e.is_looked_for THEN 'no'
        ELSE 'unknown' END AS touches
    FROM every_use AS e
    CROSS JOIN settings AS t
  )
  SELECT j.* EXCLUDE (is_named, is_unplaced, is_near, is_untold, touches),
    list_concat(
      CASE WHEN j.is_named THEN [] WHEN j.is_unplaced THEN ['the log names no server: it may be an account of the same name on another'] ELSE [concat('which tables it touched is not known, and ', $target, ' lies there')] END,
      CASE WHEN j.touches = 'yes' THEN [] ELSE [concat('nobody looked for ', CASE WHEN $info IN ('PII', 'PERSONAL') THEN 'personal data' ELSE $info END, ' in it')] END) AS doubts,
    coalesce(a.answerable, false) AS answerable, coalesce(a.reasons, []) AS reasons, coalesce(a.gaps, []) AS gaps
  FROM judged AS j
  LEFT JOIN session_answerability AS a USING (observation_id)
  WHERE (j.is_named OR j.is_unplaced OR j.is_near AND j.is_untold) AND j.touches <> 'no'
    AND ($identity IS NULL OR j.identity_id = $identity OR j.caller_identity_id = $identity OR j.actor = $identity)
  ORDER BY j.used_at, j.session_id, j.observation_id`;

function useOf(row: Row): Use {
  const text = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));
  const list = (value: unknown): readonly string[] => (value as readonly string[] | null) ?? [];
  const infoTypes = list(row.info_types);
  const maskErrors = Number(row.mask_errors ?? 0);
  const masked = row.masked === null ? null : row.masked === true;
  const isLookedFor = row.is_looked_for === true;
  const masking = maskingOf({ masked, maskErrors, infoTypes, isLookedFor });
  return {
    evidence: text(row.session_id) ?? String(row.observation_id),
    observation: String(row.observation_id),
    via: row.via as Use['via'],
    passage: row.passage as Passage,
    passageWhy: text(row.passage_why),
    from: String(row.used_at),
    until: text(row.ended_at),
    isOpen: row.is_open === true,
    target: text(row.target),
    job: text(row.job),
    actor: text(row.actor),
    actorType: text(row.actor_type) ?? 'unknown',
    actorConfidence: text(row.actor_confidence),
    identity: text(row.identity_id),
    action: text(row.action),
    outcome: text(row.outcome) as Use['outcome'],
    stoppedBy: text(row.stopped_by),
    objects: list(row.objects),
    approval: text(row.approval),
    approvers: row.approval === 'approved' ? list(row.approvers) : [],
    approvalId: text(row.approval_id),
    selfApproved: row.self_approved === true,
    masked: masking === 'none-found' ? null : masked,
    masking,
    maskErrors,
    recorded: text(row.recorded),
    infoTypes,
    rows: row.row_count === null ? null : Number(row.row_count),
    records: Number(row.records ?? 1),
    logRecords: 0,
    doubts: list(row.doubts),
    answerable: row.answerable === true,
    reasons: list(row.reasons),
    gaps: list(row.gaps),
    statement: text(row.statement),
  };
}

function maskingOf(told: {
  readonly masked: boolean | null;
  readonly maskErrors: number;
  readonly infoTypes: readonly string[];
  readonly isLookedFor: boolean;
}): Masking {
  // What failed came out as it is, whatever else was masked.
  if (told.maskErrors > 0) return 'failed';
  if (told.masked === true) return 'masked';
  if (told.masked === null) return 'not-known';
  return told.infoTypes.length === 0 && told.isLookedFor ? 'none-found' : 'unmasked';
}

/**
 * What the log of a target says of a session of the gateway is that session again: where one only was open then, the record is
 * counted with it, and tells the tables that the session does not. Where several were, nothing tells whose it is, and it stays.
 */
export function foldRecords(uses: readonly Use[], tolerance: number): readonly Use[] {
  const opened = new Map<string, OpenSession[]>();
  for (const use of uses) {
    if (use.via !== 'gateway' || use.identity === null) continue;
    const same = opened.get(use.identity) ?? [];
    opened.set(use.identity, same);
    const end = endOf(use);
    same.push({ use, start: Date.parse(use.from), end, lastEnd: Math.max(end, same.at(-1)?.lastEnd ?? end) });
  }
  const folded = new Map<string, Use>();
  const rest: Use[] = [];
  for (const use of uses) {
    const [only, ...more] = use.passage === 'through' && use.via !== 'gateway' ? openDuring(use, opened, tolerance) : [];
    if (only === undefined || more.length > 0) rest.push(use);
    else folded.set(only.observation, withRecord(folded.get(only.observation) ?? only, use));
  }
  return rest.map((use) => folded.get(use.observation) ?? use);
}

interface OpenSession {
  readonly use: Use;
  readonly start: number;
  readonly end: number;
  /** The latest end of this and all before it: where it is too early, none of them was open. */
  readonly lastEnd: number;
}

/** Sessions of the account that were open all that time, two at most: that there are several is all that is asked of more. */
function openDuring(record: Use, opened: ReadonlyMap<string, readonly OpenSession[]>, tolerance: number): readonly Use[] {
  const sessions = opened.get(record.identity ?? '') ?? [];
  const [from, until] = [Date.parse(record.from), Date.parse(record.until ?? record.from)];
  let [low, high] = [0, sessions.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sessions[middle]?.start ?? 0) - tolerance <= from) low = middle + 1;
    else high = middle;
  }
  const found: Use[] = [];
  for (let index = low - 1; index >= 0 && found.length < 2; index -= 1) {
    const session = sessions[index];
    if (session === undefined || session.lastEnd + tolerance < until) break;
    if (session.end + tolerance >= until) found.push(session.use);
  }
  return found;
}

function endOf({ from, until, isOpen }: Use): number {
  return isOpen ? Number.POSITIVE_INFINITY : Date.parse(until ?? from);
}

function withRecord(session: Use, record: Use): Use {
  return {
    ...session,
    logRecords: session.logRecords + record.records,
    objects: [...new Set([...session.objects, ...record.objects])].sort(),
    doubts: session.doubts.filter((doubt) => record.doubts.includes(doubt)),
  };
}
