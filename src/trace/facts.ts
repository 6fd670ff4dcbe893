import type { Row, StoreReader } from '../store/index.ts';
import type { Subject } from './resolve.ts';

/** The whole chain about one subject, as rows; `tell.ts` puts it into words. */
export interface Trace {
  readonly identity: Row | undefined;
  readonly credentials: readonly Row[];
  readonly sightings: readonly Row[];
  readonly joins: readonly Row[];
  readonly reach: readonly Row[];
  readonly trusts: readonly Row[];
  readonly owner: Row | undefined;
  readonly consumers: readonly Row[];
  readonly gateway: readonly Row[];
  readonly outside: readonly Row[];
  readonly findings: readonly Row[];
  /** Surfaces that were not looked at: an empty part of the chain then says nothing. */
  readonly surfaces: readonly string[];
}

export async function traceFacts(store: StoreReader, subject: Subject): Promise<Trace> {
  const identity = subject.identity ?? null;
  const credentials = JSON.stringify(subject.credentials);
  const all = { identity, credentials };
  const mine = "list_contains(json_extract_string($credentials, '$[*]'), credential_id)";
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
       ORDER BY list_position(['admin', 'escalates', 'manages-identities', 'impersonates', 'reads-secrets', 'writes-data', 'reads-data'], capability), capability`,
      { identity },
    ),
    trusts: await store.rows(
      `SELECT principal, principal_type, issuer, subject, audience FROM trusts WHERE identity_id = $identity AND effect = 'allow' ORDER BY ALL`,
      { identity },
    ),
    owner: await one(
      `SELECT o.*, p.name AS person, p.relation, p.team FROM identity_owners AS o LEFT JOIN people AS p ON p.email = o.owner
       WHERE identity_id = $identity`,
    ),
    consumers: await store.rows(
      `SELECT consumer_id, type, how, secret_name, environment, trigger, place_text
       FROM consumers
       WHERE identity_id = $identity OR ${mine}
       ORDER BY type, consumer_id, how`,
      all,
    ),
    gateway: await store.rows(
      `SELECT target, actor, actor_type, count(*) AS sessions, min(used_at) AS first_used, max(used_at) AS last_used,
         count(job) AS with_job, count(*) FILTER (approval = 'approved') AS approved
       FROM usages
       WHERE via = 'gateway' AND NOT coalesce(bookkeeping, false)
         AND (identity_id = $identity OR ${mine})
       GROUP BY ALL ORDER BY sessions DESC, target, actor`,
      all,
    ),
    outside: await store.rows(
      `SELECT credential_id, public_id, last_used_at, last_used_for,
         EXISTS (
           FROM usages AS u
           WHERE u.via = 'gateway' AND NOT coalesce(u.bookkeeping, false)
             AND (u.identity_id = $identity OR u.credential_id = c.credential_id)
             AND c.last_used_at BETWEEN u.used_at - INTERVAL 15 MINUTE AND coalesce(u.ended_at, u.used_at) + INTERVAL 15 MINUTE) AS covered
       FROM credentials AS c
       WHERE last_used_at IS NOT NULL AND ${mine}
       ORDER BY last_used_at DESC`,
      all,
    ),
    findings: await store.rows(
      `SELECT severity, status, rule, message, fix, controls FROM current_findings
       WHERE (identity_id = $identity OR ${mine}) AND status IN ('new', 'open')
       ORDER BY list_position(['critical', 'high', 'medium', 'low', 'info'], severity), rule, fingerprint`,
      all,
    ),
    surfaces: (await store.rows("SELECT DISTINCT surface FROM coverage WHERE outcome IN ('complete', 'partial') ORDER BY 1")).map(
      (row) => String(row.surface),
    ),
  };
}
