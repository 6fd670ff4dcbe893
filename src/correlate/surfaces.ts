import { z } from 'zod';
import type { Evidence } from '../contracts/finding.ts';
import { SURFACES, type Surface } from '../contracts/observation.ts';
import { TABLE_OF } from '../store/kinds.ts';
import type { StoreReader } from '../store/reader.ts';

const ORDER = Object.keys(SURFACES) as readonly Surface[];

const SurfaceRow = z.object({
  observation: z.string(),
  surfaces: z.array(z.enum(ORDER)),
  about: z.array(z.enum(ORDER)),
  place: z.string().nullable(),
});

/** The sources of facts, in the order in which reports list them. */
export function surfacesOf(evidence: readonly Evidence[]): readonly Surface[] {
  const found = new Set(evidence.flatMap(({ surface }) => surface ?? []));
  return ORDER.filter((surface) => found.has(surface));
}

/**
 * Tells of each fact which source it comes from: the one that the coverage of its part is of. Where that is of several, those that
 * could have given such a fact; of a sighting, the one where it lies. A part without coverage (an import of a log of which another
 * part tells) is of the sources that its scanner reads.
 */
export async function withSurfaces(
  store: StoreReader,
  evidence: ReadonlyMap<string, Evidence>,
): Promise<ReadonlyMap<string, Evidence>> {
  if (evidence.size === 0) return evidence;
  // What there is nothing of is not asked for: of uses there may be a million.
  const kinds = [...new Set([...evidence.values()].map(({ kind }) => kind))];
  const facts = kinds.map((kind) => {
    const place = kind === 'sighting' ? 'place' : 'NULL::VARCHAR';
    return `SELECT observation_id, part_id, '${kind}' AS kind, ${place} AS place FROM obs.${TABLE_OF[kind]}
      WHERE observation_id IN (SELECT unnest(from_json($ids::JSON, '["VARCHAR"]')))`;
  });
  const rows = await store.rows(
    `WITH facts AS (${facts.join(' UNION ALL ')}),
     told AS (SELECT DISTINCT part_id, scanner, surface, covers FROM obs.coverage JOIN parts USING (part_id)),
     of_scanner AS (SELECT DISTINCT scanner, surface, covers FROM told),
     looks AS (
       SELECT f.observation_id, f.kind, f.place, t.surface, t.covers FROM facts AS f JOIN told AS t USING (part_id)
       UNION ALL
       SELECT f.observation_id, f.kind, f.place, s.surface, s.covers
       FROM facts AS f ANTI JOIN told AS t ON t.part_id = f.part_id JOIN parts AS p ON p.part_id = f.part_id JOIN of_scanner AS s ON s.scanner = p.scanner
     )
     SELECT observation_id AS observation, list(DISTINCT surface) AS surfaces, min(place) AS place,
       coalesce(list(DISTINCT surface) FILTER (list_contains(covers, kind)), []) AS about
     FROM looks
     GROUP BY observation_id`,
    { ids: JSON.stringify([...evidence.keys()]) },
  );
  const told = new Map(evidence);
  for (const row of rows) {
    const { observation, surfaces, about, place } = SurfaceRow.parse(row);
    const among = about.length > 0 ? about : surfaces;
    const surface = ORDER.find((one) => one === place && among.includes(one)) ?? ORDER.find((one) => among.includes(one));
    const fact = evidence.get(observation);
    if (fact !== undefined && surface !== undefined) told.set(observation, { ...fact, surface });
  }
  return told;
}
