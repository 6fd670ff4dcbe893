import { z } from 'zod';
import type { Evidence } from '../contracts/finding.ts';
import type { Location } from '../contracts/observation.ts';
import { OBSERVATION_KINDS } from '../contracts/observation.ts';
import type { StoreReader } from '../store/reader.ts';
import { RuleError } from '../util/errors.ts';
import type { Hit } from './row.ts';
import { withSurfaces } from './surfaces.ts';

/** What hits name by id, looked up for all of them at once. */
export interface Resolved {
  evidenceOf(hit: Hit): readonly Evidence[];
  /** The identity, else the credential's masked form, else what the check calls it. */
  subjectOf(hit: Hit): string;
  /** `test data`, `documentation`: where all of its evidence lies, if that is no place of something in use. */
  fixtureOf(hit: Hit): string | undefined;
}

const EvidenceRow = z.object({
  observation: z.string(),
  kind: z.enum(OBSERVATION_KINDS),
  summary: z.string(),
  at: z.looseObject({}).nullish(),
  fixture: z.boolean().nullish(),
  path_kind: z.string().nullish(),
});

const NamedRow = z.object({ credential: z.string(), name: z.string() });

// Where it was seen comes first, then whose it is and what that can do, then what happened.
const PRINT_ORDER = ['sighting', 'credential', 'identity', 'grant', 'trust', 'consumer', 'usage', 'policy', 'person', 'coverage'];

export async function resolve(store: StoreReader, hits: readonly Hit[]): Promise<Resolved> {
  const { evidence: placed, fixtures } = await evidenceById(store, hits);
  const evidence = await withSurfaces(store, placed);
  const names = await credentialNames(store, hits);
  return {
    evidenceOf(hit) {
      const found = hit.evidence.map((id) => evidence.get(id) ?? refuse(hit, id));
      const first = new Set(hit.first);
      return found.sort((a, b) => Number(first.has(b.observation)) - Number(first.has(a.observation)) || byPrintOrder(a, b));
    },
    subjectOf(hit) {
      if (hit.identity !== undefined) return hit.identity;
      if (hit.credential !== undefined) return names.get(hit.credential) ?? hit.credential;
      return hit.subject;
    },
    fixtureOf(hit) {
      const kinds = hit.evidence.map((id) => fixtures.get(id));
      if (kinds.some((kind) => kind === undefined)) return undefined;
      return [...new Set(kinds)].sort().join(' and ');
    },
  };
}

async function evidenceById(
  store: StoreReader,
  hits: readonly Hit[],
): Promise<{ readonly evidence: ReadonlyMap<string, Evidence>; readonly fixtures: ReadonlyMap<string, string> }> {
  const wanted = [...new Set(hits.flatMap((hit) => hit.evidence))];
  const found = new Map<string, Evidence>();
  const fixtures = new Map<string, string>();
  if (wanted.length === 0) return { evidence: found, fixtures };
  const rows = await store.rows(
    `SELECT DISTINCT ON (observation_id) observation_id AS observation, kind, summary, location AS at,
       path_kind(location->>'$.path') AS path_kind, is_fixture_path(location->>'$.path') AS fixture
     FROM observations
     WHERE observation_id IN (SELECT unnest(from_json($ids::JSON, '["VARCHAR"]')))
     ORDER BY observation_id`,
    { ids: JSON.stringify(wanted) },
  );
  for (const row of rows) {
    const { observation, kind, summary, at, fixture, path_kind } = EvidenceRow.parse(row);
    if (fixture === true && typeof path_kind === 'string') fixtures.set(observation, path_kind);
    found.set(observation, {
      observation,
      kind,
      summary,
      ...(at === undefined || at === null ? {} : { at: at as Location }),
    });
  }
  return { evidence: found, fixtures };
}

/** What people call a credential that belongs to no known identity: its masked form, else its public id. */
async function credentialNames(store: StoreReader, hits: readonly Hit[]): Promise<ReadonlyMap<string, string>> {
  const nameless = hits.filter((hit) => hit.identity === undefined).map((hit) => hit.credential);
  const wanted = [...new Set(nameless.filter((id) => id !== undefined))];
  const names = new Map<string, string>();
  if (wanted.length === 0) return names;
  const rows = await store.rows(
    `SELECT credential_id AS credential, min(name) AS name
     FROM (
       SELECT credential_id, masked AS name FROM sightings
       UNION ALL
       SELECT credential_id, public_id FROM credentials
       WHERE public_id IS NOT NULL AND credential_id NOT IN (SELECT credential_id FROM sightings)
     )
     WHERE credential_id IN (SELECT unnest(from_json($ids::JSON, '["VARCHAR"]')))
     GROUP BY credential_id`,
    { ids: JSON.stringify(wanted) },
  );
  for (const row of rows) {
    const { credential, name } = NamedRow.parse(row);
    names.set(credential, name);
  }
  return names;
}

function byPrintOrder(a: Evidence, b: Evidence): number {
  const order = PRINT_ORDER.indexOf(a.kind) - PRINT_ORDER.indexOf(b.kind);
  if (order !== 0) return order;
  return compare(placeKey(a), placeKey(b)) || compare(a.observation, b.observation);
}

function placeKey({ at, summary }: Evidence): string {
  // History after the work tree: what lies open today is what a reader must see first.
  const line = String(at?.line ?? 0).padStart(8, '0');
  return [at?.commit === undefined ? '0' : '1', at?.repository ?? '', at?.path ?? '', line, at?.commit ?? '', summary].join('\0');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function refuse(hit: Hit, id: string): never {
  throw new RuleError(`${hit.check.file}: evidence ${JSON.stringify(id.slice(0, 80))} is not an observation`, {
    code: 'CHECK_ROW',
    hint: '`evidence` must list values of observation_id, or the evidence lists of the views.',
  });
}
