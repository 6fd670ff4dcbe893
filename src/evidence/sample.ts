import type { StoreReader } from '../store/reader.ts';
import { countRequests } from '../store/requests.ts';

export const SAMPLED = ['identities', 'credentials', 'findings', 'sessions'] as const;
export type Sampled = (typeof SAMPLED)[number];

/** What anybody needs to draw the same list again, and the list. */
export interface Sample {
  readonly run: string;
  readonly of: Sampled;
  /** How many there are to draw from. */
  readonly population: number;
  /** Of findings: how many there are of each status, for all are drawn from. */
  readonly statuses?: { readonly [status: string]: number };
  /** Of sessions: requests that never ran, which are not among them. */
  readonly leftOut?: { readonly refused: number; readonly waiting: number };
  /** SHA-256 over all ids of the population, sorted, each with a line feed behind it. */
  readonly populationDigest: string;
  readonly n: number;
  readonly seed: string;
  readonly method: string;
  readonly rows: readonly SampleRow[];
}

export interface SampleRow {
  /** From 1, in the order drawn. */
  readonly position: number;
  readonly id: string;
  /** What put it there. */
  readonly sha256: string;
  readonly [column: string]: unknown;
}

export const METHOD =
  'ids of the population in the order of SHA-256 over the seed, a line feed and the id (UTF-8, hex digits compared as text); the first n are the sample';

interface Population {
  /** `SELECT id FROM …`: each once. */
  readonly ids: string;
  /** What is told of those that are drawn; `drawn` has their ids. */
  readonly told: string;
  readonly columns: readonly string[];
}

const POPULATIONS: { readonly [of in Sampled]: Population } = {
  identities: {
    ids: 'SELECT identity_id AS id FROM identities',
    told: `SELECT d.id, i.provider, i.type, i.name, o.owner, o.ownership, strftime(i.created_at, '%Y-%m-%d') AS created
           FROM drawn AS d JOIN identities AS i ON i.identity_id = d.id LEFT JOIN identity_owners AS o ON o.identity_id = d.id`,
    columns: ['provider', 'type', 'name', 'owner', 'ownership', 'created'],
  },
  credentials: {
    ids: 'SELECT credential_id AS id FROM credentials UNION SELECT credential_id FROM sightings',
    told: `SELECT d.id, coalesce(c.provider, s.provider) AS provider, coalesce(c.type, s.type) AS type, coalesce(c.identity_id, w.identity_id) AS identity,
             c.status, strftime(c.created_at, '%Y-%m-%d') AS created, strftime(c.rotated_at, '%Y-%m-%d') AS rotated, coalesce(c.in_inventory, false) AS in_inventory
           FROM drawn AS d
           LEFT JOIN credentials AS c ON c.credential_id = d.id
           LEFT JOIN credential_identities AS w ON w.credential_id = d.id
           LEFT JOIN (SELECT credential_id, provider, type FROM sightings
                      QUALIFY row_number() OVER (PARTITION BY credential_id ORDER BY observation_id) = 1) AS s ON s.credential_id = d.id`,
    columns: ['provider', 'type', 'identity', 'status', 'created', 'rotated', 'in_inventory'],
  },
  findings: {
    ids: 'SELECT fingerprint AS id FROM current_findings',
    told: `SELECT d.id, f.status, f.severity, f.rule, f.subject, f.message
           FROM drawn AS d JOIN current_findings AS f ON f.fingerprint = d.id`,
    columns: ['status', 'severity', 'rule', 'subject', 'message'],
  },
  // What `nhi-audit sessions` lists. A session has an id at its source; what has none is its observation's. Of several records of
  // one session the first is told, whole: a row of the least values of each would be one that no log has.
  sessions: {
    ids: `SELECT DISTINCT concat(u.via, ':', coalesce(u.session_id, u.observation_id)) AS id
          FROM usage_rows AS k JOIN obs.usages AS u ON u.rowid = k.row_id
          WHERE k.is_use`,
    told: `SELECT d.id, strftime(u.used_at, '%Y-%m-%dT%H:%M:%SZ') AS started, k.identity_id AS identity, u.actor, u.job,
             u.target, u.action, u.approval, sum(coalesce(u.records, 1)) OVER (PARTITION BY d.id)::INTEGER AS records
           FROM drawn AS d
           JOIN obs.usages AS u ON concat(u.via, ':', coalesce(u.session_id, u.observation_id)) = d.id
           JOIN usage_rows AS k ON k.row_id = u.rowid AND k.is_use
           QUALIFY row_number() OVER (PARTITION BY d.id ORDER BY u.used_at NULLS LAST, u.observation_id) = 1`,
    columns: ['started', 'identity', 'actor', 'job', 'target', 'action', 'approval', 'records'],
  },
};

const STATUSES = 'SELECT status, count(*) AS number FROM current_findings GROUP BY status ORDER BY status';

/** Draws a sample that hangs on nothing but the population and the seed: no chance, no clock, no order of rows. */
export async function drawSample(
  store: StoreReader,
  { of, n, seed }: { readonly of: Sampled; readonly n: number; readonly seed: string | undefined },
): Promise<Sample> {
  const { ids, told } = POPULATIONS[of];
  const [run] = await store.rows('SELECT run_id FROM current_run');
  const runId = String(run?.run_id);
  const [all] = await store.rows(
    `SELECT count(*) AS population, sha256(coalesce(string_agg(concat(id, chr(10)), '' ORDER BY id), '')) AS digest FROM (${ids})`,
  );
  const asked = of === 'sessions' ? await countRequests(store) : undefined;
  const statuses = of === 'findings' ? await store.rows(STATUSES) : undefined;
  const chosen = seed ?? runId;
  const drawn = await store.rows(
    `SELECT id, sha256(concat($seed::VARCHAR, chr(10), id)) AS sha256 FROM (${ids}) ORDER BY sha256, id LIMIT ${n}`,
    { seed: chosen },
  );
  const details = await store.rows(`WITH drawn AS (SELECT unnest(from_json($ids, '["VARCHAR"]')) AS id) ${told}`, {
    ids: JSON.stringify(drawn.map(({ id }) => id)),
  });
  const byId = new Map(details.map(({ id, ...rest }) => [id, rest]));
  return {
    run: runId,
    of,
    population: Number(all?.population ?? 0),
    ...(statuses === undefined
      ? {}
      : { statuses: Object.fromEntries(statuses.map(({ status, number }) => [String(status), Number(number)])) }),
    ...(asked === undefined ? {} : { leftOut: asked }),
    populationDigest: String(all?.digest),
    n,
    seed: chosen,
    method: METHOD,
    rows: drawn.map(({ id, sha256 }, index) => ({
      position: index + 1,
      id: String(id),
      sha256: String(sha256),
      ...byId.get(id),
    })),
  };
}

/** Columns of a table of it, but for those that all samples have. */
export function sampleColumns(of: Sampled): readonly string[] {
  return POPULATIONS[of].columns;
}
