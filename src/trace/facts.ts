import type { Row, StoreReader } from '../store/index.ts';
import type { Subject } from './resolve.ts';

/** The whole chain about one subject, as rows; `tell.ts` puts it into words. */
export interface Trace {
  readonly identity: Row | undefined;
  readonly credentials: readonly Row[];
  readonly sightings: readonly Row[];
  readonly joins: readonly Row[];
  readonly reach: readonly Row[];
  /** The steps of the ways in `reach`, and what is granted at their ends, each with its place. */
  readonly hops: readonly Row[];
  readonly trusts: readonly Row[];
  /** Who may become it, over whatever steps, with the way and what says so of its first step. */
  readonly becoming: readonly Row[];
  /** Who could take it over by the rights they have, without any trust. */
  readonly takeovers: readonly Row[];
  /** What it reaches, itself or by becoming others: capability, account and resource. */
  readonly targets: readonly Row[];
  readonly owner: Row | undefined;
  readonly consumers: readonly Row[];
  readonly gateway: readonly Row[];
  /** What was asked of the gateway and never ran: refused, or waiting. */
  readonly requests: readonly Row[];
  readonly outside: readonly Row[];
  /** First and last use by path: through the gateway, by the log of a target, by that of a cloud, and what of these went around. */
  readonly uses: readonly Row[];
  /** What it may use at the gateway and at the target, and whether it did. */
  readonly granted: readonly Row[];
  /** Was a session log of a gateway read? Connections alone tell no use. */
  readonly sessionsRead: boolean;
  readonly findings: readonly Row[];
  /** Surfaces that were not looked at: an empty part of the chain then says nothing. */
  readonly surfaces: readonly string[];
  /** What was read of the rights of such identities: none of it, and no right that is known says nothing. */
  readonly rights: readonly Row[];
}

/** More than these nobody reads; how many there are is told. */
export const MOST_BECOMING = 40;

export async function traceFacts(store: StoreReader, subject: Subject): Promise<Trace> {
  const identity = subject.identity ?? null;
  const credentials = JSON.stringify(subject.credentials);
  const all = { identity, credentials };
  const mine = "list_contains(json_extract_string($credentials, '$[*]'), credential_id)";
  const sides = (which: string): string =>
    `SELECT *, CASE WHEN coalesce(identity_id = $identity, false) OR ${mine} THEN 'account' ELSE 'caller' END AS side
     FROM gateway_sessions
     WHERE (identity_id = $identity OR caller_identity_id = $identity OR ${mine}) AND ${which}`;
  const one = async (sql: string): Promise<Row | undefined> => (await store.rows(sql, { identity }))[0];
  return {
    identity: await one('SELECT * FROM identity_overview WHERE identity_id = $identity'),
    credentials: await store.rows(
      `SELECT * EXCLUDE (evidence) FROM credentials WHERE ${mine} ORDER BY created_at, credential_id`,
      { credentials },
    ),
    sightings: await store.rows(
      `SELECT credential_id, masked, detector, confidence, place, place_text, environment, location
       FROM sightings WHERE ${mine}
       ORDER BY coalesce(location->>'$.commit', '') <> '', place_text, detector`,
      { credentials },
    ),
    joins: await store.rows(`SELECT credential_id, identity_id, basis FROM credential_identities WHERE ${mine} ORDER BY 1`, {
      credentials,
    }),
    reach: await store.rows(
      `SELECT capability, confidence, hops, path, detail FROM identity_reach WHERE identity_id = $identity
       ORDER BY list_position(['admin', 'escalates', 'manages-identities', 'impersonates', 'reads-secrets', 'writes-data', 'reads-data', 'reaches-data'], capability), capability`,
      { identity },
    ),
    hops: await store.rows(
      `WITH ways AS (SELECT capability, path FROM identity_reach WHERE identity_id = $identity AND hops > 0),
       steps AS (
         SELECT unnest(path[:-2]) AS identity_id, unnest(path[2:]) AS becomes, unnest(range(1, len(path))) AS step FROM ways)
       SELECT 'becomes' AS kind, min(s.step) AS step, s.identity_id, s.becomes, b.basis AS what, place_text(o.location) AS place_text
       FROM steps AS s
       JOIN may_become AS b ON b.identity_id = s.identity_id AND b.becomes = s.becomes
       LEFT JOIN trusts AS o ON o.observation_id = b.observation_id
       GROUP BY ALL
       UNION ALL
       SELECT DISTINCT 'holds', 100, g.identity_id, NULL,
         concat(g.capability, ' by ', g.permission, CASE WHEN g.resource = '*' THEN '' ELSE concat(' on ', g.resource) END, ' (' || g.via || ')'),
         place_text(g.location)
       FROM ways AS w
       JOIN grants AS g ON g.identity_id = w.path[-1] AND g.capability = w.capability AND g.effect = 'allow'
       ORDER BY step, identity_id, what, place_text`,
      { identity },
    ),
    trusts: await store.rows(
      `SELECT principal, principal_type, issuer, subject, audience, condition, place_text(location) AS place_text
       FROM trusts WHERE identity_id = $identity AND effect = 'allow' ORDER BY ALL`,
      { identity },
    ),
    becoming: await store.rows(
      `WITH RECURSIVE
       edges AS MATERIALIZED (SELECT DISTINCT identity_id, becomes FROM may_become),
       walk(identity_id, hops, path) USING KEY (identity_id) AS (
         SELECT $identity::VARCHAR, 0, [$identity::VARCHAR] WHERE $identity IS NOT NULL
         UNION
         SELECT e.identity_id, w.hops + 1, list_prepend(e.identity_id, arg_min(w.path, w.identity_id))
         FROM walk AS w
         JOIN edges AS e ON e.becomes = w.identity_id
         ANTI JOIN recurring.walk AS met ON met.identity_id = e.identity_id
         GROUP BY e.identity_id, w.hops),
       found AS (SELECT * FROM walk WHERE hops > 0 ORDER BY hops, identity_id LIMIT ${MOST_BECOMING + 1})
       SELECT f.identity_id, f.hops, f.path, arg_min(b.basis, (b.basis, o.observation_id)) AS basis,
         arg_min(place_text(o.location), (b.basis, o.observation_id)) AS place_text
       FROM found AS f
       JOIN may_become AS b ON b.identity_id = f.path[1] AND b.becomes = f.path[2]
       LEFT JOIN trusts AS o ON o.observation_id = b.observation_id
       GROUP BY ALL
       ORDER BY f.hops, f.identity_id`,
      { identity },
    ),
    takeovers: await store.rows(
      `WITH steps AS (
         SELECT identity_id, unnest(from_json(detail->'$.hops', '["JSON"]')) AS hop, detail->>'$.path' AS path, place_text(location) AS place_text
         FROM grants WHERE capability IN ('escalates', 'admin') AND effect = 'allow' AND (detail->'$.hops') IS NOT NULL)
       SELECT DISTINCT identity_id, hop->>'$.from' AS source, hop->>'$.permission' AS permission, path, place_text
       FROM steps
       WHERE identity_id <> $identity
         -- Where the step leads into another account it says which.
         AND ((hop->>'$.to') = concat(identity_local($identity), ' of ', identity_scope($identity))
           OR (hop->>'$.to') = identity_local($identity) AND identity_scope(identity_id) = identity_scope($identity))
         AND split_part(identity_id, ':', 1) = split_part($identity, ':', 1)
       ORDER BY ALL LIMIT ${MOST_BECOMING + 1}`,
      { identity },
    ),
    targets: await store.rows(
      // Of all it may become, not of the nearest alone: what is farther may be wider.
      `WITH RECURSIVE
       edges AS MATERIALIZED (SELECT DISTINCT identity_id, becomes FROM may_become),
       reached(identity_id, hops) USING KEY (identity_id) AS (
         SELECT $identity::VARCHAR, 0 WHERE $identity IS NOT NULL
         UNION
         SELECT e.becomes, w.hops + 1
         FROM reached AS w
         JOIN edges AS e ON e.identity_id = w.identity_id
         ANTI JOIN recurring.reached AS met ON met.identity_id = e.becomes
         GROUP BY ALL)
       SELECT DISTINCT
         CASE WHEN g.capability = 'escalates' THEN 'admin, by what escalates' ELSE g.capability END AS capability,
         coalesce(nullif(regexp_extract(CASE WHEN g.capability = 'escalates' THEN g.detail->>'$.target' END, ' of ([0-9]{12})$', 1), ''), identity_scope(g.identity_id)) AS scope,
         -- A role that gives itself any right is no administrator of that role: all of the account is its to rule.
         CASE WHEN g.capability = 'escalates' OR g.capability = 'admin' AND g.resource LIKE 'arn:aws%:iam::%' THEN '*' ELSE g.resource END AS resource
       FROM reached AS r
       JOIN grants AS g ON g.identity_id = r.identity_id AND g.effect = 'allow'
       -- What an escalation is worked with is not what it gets at; one of AWS ends at an administrator, whom it names.
       WHERE coalesce(g.resource, '') <> '' AND g.capability <> 'impersonates'
         AND (g.capability <> 'escalates' OR starts_with(g.identity_id, 'aws:') AND (g.detail->>'$.target') IS NOT NULL)
       ORDER BY ALL`,
      { identity },
    ),
    owner: await one(
      `SELECT o.*, p.name AS person, p.relation, p.team FROM identity_owners AS o LEFT JOIN people AS p ON p.email = o.owner
       WHERE identity_id = $identity`,
    ),
    consumers: await store.rows(
      `SELECT consumer_id, type, how, secret_name, environment, trigger, through, place_text
       FROM identity_consumers
       WHERE identity_id = $identity
       UNION
       SELECT consumer_id, type, how, secret_name, environment, trigger, NULL, place_text
       FROM consumers
       WHERE $identity IS NULL AND ${mine}
       ORDER BY type, consumer_id, how, secret_name, place_text`,
      all,
    ),
    // Both sides: sessions with the rights of this account, and sessions that this identity opened as a caller.
    gateway: await store.rows(
      `WITH sides AS (${sides('ran')})
       SELECT side, connection AS target, caller AS actor, caller_type AS actor_type, identity_id AS account, count(*) AS sessions,
         min(used_at) AS first_used, max(used_at) AS last_used, count(job) AS with_job,
         count(*) FILTER (approval = 'approved') AS approved
       FROM sides
       GROUP BY ALL ORDER BY side, sessions DESC, target, actor, account`,
      all,
    ),
    requests: await store.rows(
      `WITH sides AS (${sides('NOT ran')})
       SELECT side, connection AS target, caller AS actor, caller_type AS actor_type, identity_id AS account,
         count(*) FILTER (state = 'refused') AS refused, count(*) FILTER (state = 'waiting') AS waiting, count(*) FILTER (state = 'ready') AS ready,
         min(used_at) AS first_asked, max(used_at) AS last_asked
       FROM sides
       GROUP BY ALL ORDER BY side, target, actor, account`,
      all,
    ),
    // `held`: a gateway connection holds it, so that a use that no session covers went around the gateway.
    outside: await store.rows(
      `SELECT credential_id, public_id, last_used_at, last_used_for,
         provider <> 'hoop' AND EXISTS (
           FROM gateway_connections AS g
           WHERE g.credential_id = c.credential_id
             OR (g.credential_id IS NULL AND g.identity_id = coalesce(c.identity_id, $identity))) AS held,
         last_used_at BETWEEN (SELECT min(used_at) FROM usages WHERE via = 'gateway')
           AND (SELECT max(coalesce(ended_at, used_at)) FROM usages WHERE via = 'gateway') AS in_period,
         EXISTS (
           FROM usages AS u
           WHERE u.via = 'gateway' AND u.is_use
             AND (u.credential_id = c.credential_id OR (u.identity_id = coalesce(c.identity_id, $identity) AND u.credential_id IS NULL))
             AND c.last_used_at >= u.used_at - INTERVAL 15 MINUTE
             AND (u.ended_at IS NULL OR c.last_used_at <= u.ended_at + INTERVAL 15 MINUTE)) AS covered
       FROM credentials AS c
       WHERE last_used_at IS NOT NULL AND ${mine}
       ORDER BY last_used_at DESC`,
      all,
    ),
    uses: await store.rows(
      `SELECT * EXCLUDE (identity_id) FROM identity_use WHERE identity_id = $identity
       ORDER BY list_position(['gateway', 'cloud', 'direct'], path), side, is_around`,
      { identity },
    ),
    granted: await store.rows(
      `SELECT * EXCLUDE (identity_id) FROM granted_used WHERE identity_id = $identity
       ORDER BY side, list_position(['used', 'unused', 'inconclusive'], verdict), why, resource, permission`,
      { identity },
    ),
    sessionsRead:
      (
        await store.rows(
          "SELECT 1 FROM coverage WHERE surface = 'gateway' AND list_contains(covers, 'usage') AND outcome IN ('complete', 'partial') LIMIT 1",
        )
      ).length > 0,
    findings: await store.rows(
      `SELECT severity, status, rule, message, fix, controls FROM current_findings
       WHERE (identity_id = $identity OR ${mine}) AND status IN ('new', 'open')
       ORDER BY list_position(['critical', 'high', 'medium', 'low', 'info'], severity), rule, fingerprint`,
      all,
    ),
    surfaces: (await store.rows("SELECT DISTINCT surface FROM coverage WHERE outcome IN ('complete', 'partial') ORDER BY 1")).map(
      (row) => String(row.surface),
    ),
    rights: identity === null ? [] : await rightsRead(store, identity),
  };
}

/** AWS tells a principal with its rights, or without them: exports of one account say nothing of the rights in another. */
async function rightsRead(store: StoreReader, identity: string): Promise<readonly Row[]> {
  return await store.rows(
    `SELECT DISTINCT c.subject, c.outcome, c.why, c.detail->'$.types' AS types
     FROM obs.coverage AS c
     SEMI JOIN current_parts USING (part_id)
     WHERE c.surface = split_part($identity, ':', 1) AND list_contains(c.covers, 'grant') AND c.outcome IN ('complete', 'partial')
       AND (c.surface <> 'aws' OR c.part_id IN (
         SELECT part_id FROM obs.identities
         WHERE observation_id IN (SELECT unnest(evidence) FROM identities WHERE identity_id = $identity)))
     ORDER BY ALL`,
    { identity },
  );
}
