import type { ObservationKind, PopulationRow } from '../../contracts/index.ts';
import type { Row, StoreReader } from '../../store/reader.ts';
import { compare, count, list } from '../../util/report-text.ts';
import { present } from './present.ts';

/**
 * What each source listed, by what it is of, and what is stored and reported of it.
 *
 * A scanner that reads file by file (workflows, notebooks, manifests) has a row of coverage for each: they are one source, told
 * as "11 files in …". A crawl reads the work tree and the history in one unit; the place of a sighting says which. Of logs the
 * rows of all files are told by one row of coverage.
 */
const POPULATION = `
WITH looked AS (
  SELECT c.*, p.part_id,
    c.surface IN ('ci', 'iac', 'k8s', 'notebook', 'agent-config') AND c.outcome = 'complete' AND c.scanner <> 'repository' AS is_of_many,
    starts_with(c.scanner, 'log-') AND c.surface = 'audit-log' AS is_log
  FROM coverage AS c
  JOIN (SELECT observation_id, part_id FROM obs.coverage SEMI JOIN current_parts USING (part_id)) AS p USING (observation_id)
),
sources AS (
  SELECT
    surface,
    CASE WHEN is_of_many THEN concat('files read as ', scanner, ' in ', target) ELSE subject END AS subject,
    outcome, scanner, target, is_log, is_of_many,
    -- One subject may be told by several parts; each is counted with what came of it.
    list(DISTINCT part_id) AS parts,
    count(DISTINCT observation_id) AS looks,
    string_agg(DISTINCT why, ' ' ORDER BY why) AS why,
    list_sort(list_distinct(flatten(list(covers)))) AS covers,
    sum(TRY_CAST(detail->>'$.systemManagedKeys' AS BIGINT)) AS of_provider, sum(TRY_CAST(detail->>'$.grantsToPeople' AS BIGINT)) AS of_people,
    sum(seen) AS seen, sum(read) AS read, sum(skipped) AS skipped, sum(failed) AS failed
  FROM (SELECT DISTINCT ON (observation_id, part_id) * FROM looked)
  GROUP BY surface, CASE WHEN is_of_many THEN concat('files read as ', scanner, ' in ', target) ELSE subject END, outcome, scanner, target, is_log, is_of_many
),
in_part AS (
  SELECT s.surface, s.subject, s.outcome, s.scanner, s.target, unnest(s.parts) AS part_id FROM sources AS s WHERE NOT s.is_log
  UNION
  SELECT s.surface, s.subject, s.outcome, s.scanner, s.target, p.part_id
  FROM sources AS s
  JOIN parts AS p ON p.scanner = s.scanner AND p.target = s.target
  SEMI JOIN current_parts AS c ON c.part_id = p.part_id
  WHERE s.is_log
),
merged AS (
  SELECT 'identity' AS kind, unnest(evidence) AS observation_id, identity_id AS thing FROM identities
  UNION ALL SELECT 'credential', observation_id, credential_id FROM credential_sources
  UNION ALL SELECT 'sighting', observation_id, observation_id FROM sightings
  UNION ALL SELECT 'person', unnest(evidence), email FROM people
  UNION ALL SELECT 'policy', unnest(evidence), policy_id FROM policies
  UNION ALL SELECT 'grant', observation_id, observation_id FROM grants
  UNION ALL SELECT 'trust', observation_id, observation_id FROM trusts
  UNION ALL SELECT 'consumer', observation_id, observation_id FROM consumers
),
held AS (
  SELECT 'identity' AS kind, part_id, observation_id, '' AS place FROM obs.identities
  UNION ALL SELECT 'credential', part_id, observation_id, '' FROM obs.credentials
  UNION ALL SELECT 'sighting', part_id, observation_id, CASE place WHEN 'history' THEN 'history' ELSE 'work-tree' END FROM obs.sightings
  UNION ALL SELECT 'grant', part_id, observation_id, '' FROM obs.grants
  UNION ALL SELECT 'trust', part_id, observation_id, '' FROM obs.trusts
  UNION ALL SELECT 'consumer', part_id, observation_id, '' FROM obs.consumers
  UNION ALL SELECT 'person', part_id, observation_id, '' FROM obs.people
  UNION ALL SELECT 'policy', part_id, observation_id, '' FROM obs.policies
),
-- Stored and in no view. Another row of the same spot stands for a sighting, another of its session or a copy for a use; of what is
-- left nothing explains why it is not reported.
lost_sightings AS (
  SELECT s.observation_id
  FROM (FROM obs.sightings SEMI JOIN current_parts USING (part_id) ANTI JOIN sightings USING (observation_id)) AS s
  ANTI JOIN sightings AS v ON v.place = s.place AND json_extract_string(v.location, ['$.repository', '$.path', '$.line', '$.cell', '$.layer']) IS NOT DISTINCT FROM json_extract_string(s.location, ['$.repository', '$.path', '$.line', '$.cell', '$.layer'])
),
dropped_uses AS (
  SELECT u.rowid AS row_id, u.observation_id, u.session_id FROM obs.usages AS u SEMI JOIN current_parts USING (part_id) ANTI JOIN usage_rows AS k ON k.row_id = u.rowid
),
standing_uses AS (
  SELECT u.observation_id, u.session_id FROM obs.usages AS u SEMI JOIN usage_rows AS k ON k.row_id = u.rowid
  WHERE u.observation_id IN (SELECT observation_id FROM dropped_uses) OR u.session_id IN (SELECT session_id FROM dropped_uses)
),
lost_uses AS (
  SELECT row_id FROM dropped_uses AS d
  WHERE NOT EXISTS (FROM standing_uses AS s WHERE s.observation_id = d.observation_id OR s.session_id = d.session_id)
),
counted AS (
  SELECT p.surface, p.subject, p.outcome, p.scanner, p.target, h.kind,
    count(DISTINCT h.observation_id) AS stored, count(DISTINCT m.thing) AS reported, count(DISTINCT h.observation_id) AS records,
    0 AS requests, 0 AS issued, 0 AS administered,
    count(DISTINCT h.observation_id) FILTER (m.thing IS NULL AND (h.kind <> 'sighting' OR h.observation_id IN (FROM lost_sightings))) AS lost
  FROM in_part AS p
  JOIN held AS h ON h.part_id = p.part_id AND (p.surface NOT IN ('history', 'work-tree') OR h.kind <> 'sighting' OR h.place = p.surface)
  LEFT JOIN merged AS m ON m.kind = h.kind AND m.observation_id = h.observation_id
  GROUP BY ALL
  UNION ALL
  -- Of a million uses the numbers of rows are held together, not their ids.
  SELECT p.surface, p.subject, p.outcome, p.scanner, p.target, 'usage', count(*), count(*) FILTER (k.is_use), sum(coalesce(u.records, 1)),
    count(*) FILTER (NOT k.ran AND NOT k.is_bookkeeping), count(*) FILTER (k.is_bookkeeping), count(*) FILTER (k.ran AND NOT k.is_use AND NOT k.is_bookkeeping),
    count(*) FILTER (u.rowid IN (FROM lost_uses))
  FROM in_part AS p
  JOIN obs.usages AS u ON u.part_id = p.part_id
  LEFT JOIN usage_rows AS k ON k.row_id = u.rowid
  GROUP BY ALL
),
told AS (
  SELECT s.* EXCLUDE (parts), unnest(CASE WHEN len(s.covers) = 0 THEN ['coverage'] ELSE s.covers END) AS kind FROM sources AS s
  UNION ALL
  -- What it gave without having said that it could, unless another source of the same part says so: a row of the store has one here.
  SELECT s.* EXCLUDE (parts), c.kind
  FROM sources AS s
  JOIN counted AS c USING (surface, subject, outcome, scanner, target)
  WHERE c.stored > 0 AND len(s.covers) > 0 AND NOT list_contains(s.covers, c.kind)
    AND NOT EXISTS (FROM sources AS o WHERE o.scanner = s.scanner AND o.target = s.target AND list_contains(o.covers, c.kind) AND list_has_any(o.parts, s.parts))
)
SELECT
  t.surface, t.subject, t.target, t.kind, t.outcome, t.is_log, t.looks, t.why, t.seen, t.read, t.skipped, t.failed, t.of_provider, t.of_people,
  coalesce(c.stored, 0) AS stored, coalesce(c.reported, 0) AS reported, coalesce(c.records, 0) AS records,
  c.requests, c.issued, c.administered, c.lost,
  string_agg(CASE WHEN c.stored > 0 THEN concat(c.stored, ' ', t.kind) END, ',') OVER source AS gave
FROM told AS t
LEFT JOIN counted AS c USING (surface, subject, outcome, scanner, target, kind)
WINDOW source AS (PARTITION BY t.surface, t.subject, t.outcome, t.scanner, t.target)
-- What a look could have told and did not is told once, where it told nothing at all.
QUALIFY coalesce(c.stored, 0) > 0
  OR max(coalesce(c.stored, 0)) OVER source = 0 AND row_number() OVER (source ORDER BY t.kind) = 1
ORDER BY t.surface, t.subject, t.outcome, t.scanner, t.target, t.kind`;

export async function readPopulation(store: StoreReader): Promise<readonly PopulationRow[]> {
  const rows = await store.rows(POPULATION);
  const targets = new Map<string, Set<unknown>>();
  for (const row of rows) targets.set(sourceOf(row), (targets.get(sourceOf(row)) ?? new Set()).add(row.target));
  return rows.map((row) =>
    present<PopulationRow>({
      surface: row.surface,
      // `CODEOWNERS` of several repositories are several sources.
      subject: (targets.get(sourceOf(row))?.size ?? 0) > 1 ? `${row.subject} (${row.target})` : row.subject,
      kind: row.kind,
      outcome: row.outcome,
      listed: row.seen,
      read: row.read,
      stored: row.stored,
      reported: row.reported,
      difference: differenceOf(row),
    }),
  );
}

function sourceOf({ surface, subject }: Row): string {
  return JSON.stringify([surface, subject]);
}

/** What is listed and read, on surfaces whose scanners count what they look into and not what they find there. */
const UNITS: { readonly [surface: string]: readonly [one: string, many: string] } = {
  'work-tree': ['file', 'files'],
  history: ['version of a file', 'versions of files'],
  notebook: ['cell', 'cells'],
  ci: ['file', 'files'],
  iac: ['file', 'files'],
  k8s: ['object', 'objects'],
  image: ['file', 'files'],
  'agent-config': ['file', 'files'],
  verification: ['credential asked about', 'credentials asked about'],
};

const NAMES: { readonly [kind in ObservationKind]: readonly [one: string, many: string] } = {
  identity: ['identity', 'identities'],
  credential: ['credential', 'credentials'],
  sighting: ['sighting', 'sightings'],
  grant: ['right', 'rights'],
  trust: ['trust', 'trusts'],
  consumer: ['consumer', 'consumers'],
  usage: ['use', 'uses'],
  person: ['person', 'people'],
  policy: ['rule or setting', 'rules or settings'],
  coverage: ['look', 'looks'],
};

/** Why the numbers of a row are not one number; nothing where they are. Each sentence is of one step: listed, read, stored, reported. */
function differenceOf(row: Row): string | undefined {
  const n = (column: string): number => Number(row[column] ?? 0);
  const [listed, read, stored, reported] = [row.seen, row.read, n('stored'), n('reported')];
  const says: string[] = [];
  if (row.why !== null && row.why !== undefined) says.push(String(row.why));
  if (listed !== null && read !== null && listed !== read) {
    const left = [
      ...(n('skipped') > 0 ? [`${n('skipped')} left out`] : []),
      ...(n('failed') > 0 ? [`${n('failed')} could not be read`] : []),
    ];
    says.push(`Of ${String(listed)} listed ${String(read)} were read${left.length === 0 ? '' : `: ${left.join(', ')}`}.`);
  }
  if (read !== null && Number(read) !== stored) says.push(readAgainstStored(row));
  const aside = asideOf(row);
  const none = n('requests') + n('issued') + n('administered');
  if (none > 0) says.push(`${none} of ${stored} stored ${none === 1 ? 'is' : 'are'} no use: ${list(aside)}.`);
  // Told loudly, not explained away: a view that loses rows is a fault of this program.
  const lost = n('lost');
  if (lost > 0)
    says.push(
      `NOT EXPLAINED: ${lost} of ${stored} stored ${lost === 1 ? 'is' : 'are'} not reported, and no other row stands for ${lost === 1 ? 'it' : 'them'}.`,
    );
  if (stored - none - lost !== reported) {
    says.push(
      reported < stored - none - lost
        ? `${stored - none - lost - reported} of ${stored} stored tell of what another row tells as well, or is replaced by: they are counted once.`
        : `${stored} stored ${stored === 1 ? 'row tells' : 'rows tell'} of ${counted(reported, row.kind)}.`,
    );
  }
  return says.length === 0 ? undefined : says.join(' ');
}

/** Rows of a gateway that are no session: nothing took place, or not by one. */
function asideOf({ requests, issued, administered }: Row): readonly string[] {
  const all = [
    [Number(requests ?? 0), 'request that never ran', 'requests that never ran'],
    [Number(issued ?? 0), 'row that only notes a credential as issued', 'rows that only note a credential as issued'],
    [Number(administered ?? 0), 'change of settings', 'changes of settings'],
  ] as const;
  return all.filter(([n]) => n > 0).map(([n, one, many]) => `${n} ${n === 1 ? one : many}`);
}

function readAgainstStored(row: Row): string {
  const n = (column: string): number => Number(row[column] ?? 0);
  if (row.kind === 'coverage') return 'What was read held nothing of what is kept.';
  if (row.kind === 'usage' && n('records') !== n('stored')) {
    const sums = `${n('stored')} stored rows sum up ${n('records')} records of the source`;
    return n('records') === n('read') ? `${sums}, which is what was read.` : `${sums}.`;
  }
  const says = [gaveText(row)];
  if (row.kind === 'credential' && n('of_provider') > 0) {
    const are = n('of_provider') === 1 ? 'is' : 'are';
    says.push(`${n('of_provider')} of those read ${are} made and rotated by the provider: no credential of an owner's.`);
  }
  if (row.kind === 'grant' && n('of_people') > 0) {
    says.push(`${counted(n('of_people'), 'grant')} of people ${n('of_people') === 1 ? 'is' : 'are'} not stored.`);
  }
  return says.join(' ');
}

/** All that a source gave, with how much of each: so no number of it is left to be guessed from another. */
function gaveText(row: Row): string {
  const read = Number(row.read ?? 0);
  const gave = String(row.gave ?? '')
    .split(',')
    .filter((part) => part !== '')
    .map((part) => part.split(' ') as [string, string])
    .sort(([, a], [, b]) => compare(a, b));
  const [one, many] = UNITS[String(row.surface)] ?? ['entry', 'entries'];
  const what = gave.length === 0 ? 'nothing that is kept' : list(gave.map(([number, kind]) => counted(Number(number), kind)));
  return `The ${count(read, one, many)} read gave ${what}.`;
}

function counted(number: number, kind: unknown): string {
  const [one, many] = NAMES[kind as ObservationKind];
  return count(number, one, many);
}
