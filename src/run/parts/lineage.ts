import type { Lineage, LineageEdge, LineageNode } from '../../contracts/index.ts';
import type { Row, StoreReader } from '../../store/reader.ts';
import { present } from './present.ts';

/** A page holds as many; which ones goes by how bad it is of the identity or credential that they are about. */
const MOST_EDGES = 10_000;
/** A hub with 50,000 consumers is one fact, not a picture: of each kind so many stand beside one node. */
const BESIDE = 40;
const EVIDENCE = 5;

/**
 * All edges of the run. `about`: the identity or credential whose findings say how soon an edge is shown. A place is a file,
 * whatever lines of it hold the credential; what reaches everything has a capability, and no resource of a name.
 */
const EDGES = `
WITH
open_findings AS (
  SELECT identity_id, credential_id, list_position(['info', 'low', 'medium', 'high', 'critical'], severity) AS grave
  FROM current_findings WHERE status IN ('new', 'open')
),
wrong AS (
  SELECT concat('identity:', identity_id) AS id, count(*) AS findings, max(grave) AS grave FROM open_findings WHERE identity_id IS NOT NULL GROUP BY ALL
  UNION ALL
  SELECT concat('credential:', credential_id), count(*), max(grave) FROM open_findings WHERE credential_id IS NOT NULL GROUP BY ALL
),
seen AS (
  SELECT credential_id, concat(location->>'$.repository' || ' ', coalesce(location->>'$.path', location->>'$.pointer', place)) AS file,
    min(place) AS place, min(place_text) AS first, count(*) AS times, list(DISTINCT observation_id ORDER BY observation_id) AS evidence
  FROM sightings GROUP BY ALL
),
edges AS (
  SELECT concat('person:', c.owner) AS "from", concat('identity:', c.identity_id) AS "to", 'owns' AS kind,
    string_agg(DISTINCT c.basis, ', ' ORDER BY c.basis) AS label, list(DISTINCT c.observation_id ORDER BY c.observation_id) AS evidence, concat('identity:', c.identity_id) AS about
  FROM identity_owner_claims AS c
  SEMI JOIN identities USING (identity_id)
  WHERE c.owner IS NOT NULL
  GROUP BY c.owner, c.identity_id
  UNION ALL
  SELECT concat('credential:', w.credential_id), concat('identity:', w.identity_id), 'authenticates', w.basis, coalesce(c.evidence, []), concat('identity:', w.identity_id)
  FROM credential_identities AS w
  LEFT JOIN credentials AS c USING (credential_id)
  UNION ALL
  SELECT concat('credential:', credential_id), concat('place:', file), 'seen-at', concat(first, CASE WHEN times > 1 THEN concat(' and ', times - 1, ' more') END), evidence, concat('credential:', credential_id)
  FROM seen
  UNION ALL
  SELECT concat('consumer:', consumer_id), concat('identity:', identity_id), 'runs-as', string_agg(DISTINCT how, ', ' ORDER BY how), list(DISTINCT observation_id ORDER BY observation_id), concat('identity:', identity_id)
  FROM identity_consumers
  -- What it uses by becoming another is told by the step from one to the other.
  WHERE identity_id IS NOT NULL AND through IS NULL
  GROUP BY consumer_id, identity_id
  UNION ALL
  SELECT concat(CASE WHEN i.identity_id IS NULL THEN 'principal:' ELSE 'identity:' END, b.identity_id), concat('identity:', b.becomes), 'may-become',
    string_agg(DISTINCT b.basis, ', ' ORDER BY b.basis), list(DISTINCT b.observation_id ORDER BY b.observation_id), concat('identity:', b.becomes)
  FROM may_become AS b
  LEFT JOIN identities AS i ON i.identity_id = b.identity_id
  WHERE b.identity_id <> b.becomes
  GROUP BY b.identity_id, i.identity_id, b.becomes
  UNION ALL
  SELECT concat('principal:', principal), concat('identity:', identity_id), 'may-become', string_agg(DISTINCT concat(principal_type, ' ' || subject), ', ' ORDER BY concat(principal_type, ' ' || subject)),
    list(DISTINCT observation_id ORDER BY observation_id), concat('identity:', identity_id)
  FROM trusts
  WHERE effect = 'allow' AND principal_type <> 'identity'
  GROUP BY principal, identity_id
  UNION ALL
  SELECT concat('identity:', identity_id), concat('capability:', capability), 'has', CASE WHEN hops > 0 THEN concat('by way of ', array_to_string(path[2:], ' → ')) END, evidence, concat('identity:', identity_id)
  FROM identity_reach
  UNION ALL
  SELECT concat('identity:', identity_id), concat('resource:', resource), 'reaches', string_agg(DISTINCT concat(capability, ' by ', permission), ', ' ORDER BY concat(capability, ' by ', permission)),
    list(DISTINCT observation_id ORDER BY observation_id), concat('identity:', identity_id)
  FROM (SELECT identity_id, capability, permission, observation_id, trim(unnest(string_split(resource, ', '))) AS resource FROM grants
    WHERE effect = 'allow' AND capability IS NOT NULL AND capability NOT IN ('admin', 'escalates', 'impersonates'))
  WHERE resource NOT IN ('', '*')
  GROUP BY identity_id, resource
  UNION ALL
  SELECT concat('identity:', identity_id), concat('resource:connection ', connection), 'reaches', 'use of the connection', evidence, concat('identity:', identity_id)
  FROM gateway_reach
),
ranked AS (
  SELECT e.*, coalesce(a.grave, 0) AS grave, coalesce(a.findings, 0) AS findings,
    row_number() OVER (PARTITION BY e.about, e.kind ORDER BY coalesce(o.grave, 0) DESC, coalesce(o.findings, 0) DESC, e."from", e."to") AS place
  FROM edges AS e
  LEFT JOIN wrong AS a ON a.id = e.about
  LEFT JOIN wrong AS o ON o.id = CASE WHEN e.about = e."from" THEN e."to" ELSE e."from" END
)`;

const CHOSEN = `${EDGES},
totals AS (SELECT count(*) AS edges FROM edges),
nodes_total AS (SELECT count(DISTINCT id) AS nodes FROM (SELECT "from" AS id FROM edges UNION ALL SELECT "to" FROM edges))
SELECT r."from", r."to", r.kind, r.label, list_sort(list_distinct(r.evidence))[1:${EVIDENCE}] AS evidence, t.edges AS all_edges, n.nodes AS all_nodes
FROM ranked AS r CROSS JOIN totals AS t CROSS JOIN nodes_total AS n
WHERE r.place <= ${BESIDE}
ORDER BY r.grave DESC, r.findings DESC, r.about, r.kind, r.place, r."from", r."to"
LIMIT ${MOST_EDGES}`;

/** How nodes are called. What is in no view is called by its id. */
const NODES = `
WITH asked AS (SELECT unnest(from_json($ids, '["VARCHAR"]')) AS id),
wrong AS (
  SELECT id, count(*) AS findings, arg_max(severity, list_position(['info', 'low', 'medium', 'high', 'critical'], severity)) AS worst
  FROM (
    SELECT concat('identity:', identity_id) AS id, severity FROM current_findings WHERE status IN ('new', 'open') AND identity_id IS NOT NULL
    UNION ALL
    SELECT concat('credential:', credential_id), severity FROM current_findings WHERE status IN ('new', 'open') AND credential_id IS NOT NULL)
  GROUP BY id
),
masks AS (SELECT credential_id, min(masked) AS masked, min(provider) AS provider, min(type) AS type FROM sightings GROUP BY credential_id),
named AS (
  SELECT concat('identity:', identity_id) AS id, name AS label, concat_ws(' ', provider, type, CASE WHEN scope IS NOT NULL THEN concat('in ', scope) END) AS about FROM identities
  UNION ALL
  SELECT concat('credential:', credential_id), coalesce(c.public_id, m.masked, concat(coalesce(c.type, m.type), ' ', regexp_extract(credential_id, '[^:/]*$')[:12])),
    concat_ws(' ', coalesce(c.provider, m.provider), coalesce(c.type, m.type), c.status)
  FROM credentials AS c FULL JOIN masks AS m USING (credential_id)
  UNION ALL
  SELECT concat('consumer:', consumer_id), min(consumer_id), min(type) FROM identity_consumers GROUP BY consumer_id
  UNION ALL
  SELECT concat('person:', email), coalesce(name, email), CASE WHEN has_left THEN 'has left' ELSE team END FROM people
  UNION ALL
  SELECT concat('principal:', principal), min(principal), min(principal_type) FROM trusts GROUP BY principal
  UNION ALL
  SELECT concat('place:', concat(location->>'$.repository' || ' ', coalesce(location->>'$.path', location->>'$.pointer', place))),
    min(coalesce(location->>'$.path', location->>'$.pointer', place)), concat_ws(' in ', min(place), min(location->>'$.repository'))
  FROM sightings GROUP BY ALL
)
SELECT a.id, min(n.label) AS label, min(n.about) AS about, coalesce(min(w.findings), 0) AS findings, min(w.worst) AS worst
FROM asked AS a
LEFT JOIN named AS n USING (id)
LEFT JOIN wrong AS w USING (id)
GROUP BY a.id
ORDER BY a.id`;

export async function readLineage(store: StoreReader): Promise<Lineage> {
  const rows = await store.rows(CHOSEN);
  const edges = rows.map(edgeOf);
  const ids = [...new Set(edges.flatMap(({ from, to }) => [from, to]))];
  const nodes = ids.length === 0 ? [] : (await store.rows(NODES, { ids: JSON.stringify(ids) })).map(nodeOf);
  const [first] = rows;
  return {
    nodes,
    edges,
    omitted: {
      nodes: Number(first?.all_nodes ?? 0) - nodes.length,
      edges: Number(first?.all_edges ?? 0) - edges.length,
    },
  };
}

function edgeOf(row: Row): LineageEdge {
  return present<LineageEdge>({
    from: row.from,
    to: row.to,
    kind: row.kind,
    label: row.label === '' ? null : row.label,
    evidence: row.evidence ?? [],
  });
}

function nodeOf(row: Row): LineageNode {
  const id = String(row.id);
  const colon = id.indexOf(':');
  const name = id.slice(colon + 1);
  return present<LineageNode>({
    id,
    kind: id.slice(0, colon),
    // What no inventory has is called by its own part of the id: `slack:T1:webhook/B1` by `webhook/B1`.
    label: row.label ?? (id.startsWith('identity:') ? name.replace(/^[^:]*:[^:]*:/, '') : name),
    about: row.about === '' ? null : row.about,
    findings: row.findings,
    worst: row.worst,
  });
}
