import { OBSERVATION_KINDS, type ObservationKind, type Surface } from '../contracts/index.ts';
import type { StoreReader } from '../store/index.ts';
import { TABLE_OF } from '../store/kinds.ts';

/** Of which kinds anything was observed at each source. */
export type Held = ReadonlyMap<Surface, ReadonlySet<ObservationKind>>;

/**
 * What is stored of a part is of the sources that its coverage says it could come from; of a sighting, of the one where it lies, if
 * that is one of them. A part that has no coverage of its own (a log of which another part tells) is of the sources of its scanner.
 */
export async function readHeld(store: StoreReader & { mayHave(kind: ObservationKind): boolean }): Promise<Held> {
  const held = new Map<Surface, Set<ObservationKind>>();
  const facts = OBSERVATION_KINDS.flatMap((kind) => {
    if (kind === 'coverage' || !store.mayHave(kind)) return [];
    const place = kind === 'sighting' ? 'place' : 'NULL::VARCHAR';
    return [
      `SELECT DISTINCT part_id, '${kind}' AS kind, ${place} AS place FROM obs.${TABLE_OF[kind]} SEMI JOIN current_parts USING (part_id)`,
    ];
  });
  if (facts.length === 0) return held;
  const rows = await store.rows(
    `WITH facts AS (${facts.join(' UNION ALL ')}),
     told AS (
       SELECT DISTINCT part_id, scanner, surface, kind
       FROM (SELECT part_id, scanner, surface, unnest(covers) AS kind FROM obs.coverage JOIN parts USING (part_id) SEMI JOIN current_parts USING (part_id))
     ),
     looks AS (
       SELECT f.*, t.surface FROM facts AS f JOIN told AS t USING (part_id, kind)
       UNION ALL
       SELECT f.*, t.surface
       FROM (FROM facts ANTI JOIN told USING (part_id)) AS f
       JOIN parts AS p USING (part_id)
       JOIN (SELECT DISTINCT scanner, surface, kind FROM told) AS t ON t.scanner = p.scanner AND t.kind = f.kind
     )
     SELECT DISTINCT surface, kind FROM looks
     QUALIFY place IS NULL OR surface = place OR NOT bool_or(surface = place) OVER (PARTITION BY part_id, kind, place)`,
  );
  for (const { surface, kind } of rows) {
    const kinds = held.get(surface as Surface) ?? new Set();
    held.set(surface as Surface, kinds.add(kind as ObservationKind));
  }
  return held;
}
