import { z } from 'zod';
import type { CheckMeta } from '../contracts/check.ts';
import type { Surface } from '../contracts/observation.ts';
import type { StoreReader } from '../store/reader.ts';
import { type CoverageRow, meets, type Need, needOf, notCollected } from './needs.ts';

/** A provider of which a run speaks, and in what: the view `named_providers`. */
export interface Named {
  readonly kind: 'sighting' | 'consumer' | 'trust' | 'agent' | 'identity';
  readonly surface: Surface;
}

/** What nobody was asked for, although the run speaks of the provider: silence tells nothing of it. */
export interface Unasked {
  readonly reason: string;
  /** No provider that it speaks of was asked. */
  readonly isAll: boolean;
}

type Inventory = 'identity' | 'credential' | 'grant' | 'trust';

/** What a need of no surface means of a provider: the answers that tell of owners, keys, rights and trusts. Others have none. */
const INVENTORIES: { readonly [kind in Inventory]: readonly string[] } = {
  identity: [
    'identity:role@aws',
    'identity@gcp',
    'identity@entra',
    'identity@github',
    'identity@gateway',
    'identity@okta',
    'identity@google-workspace',
    'identity@postgres',
    'identity@k8s',
  ],
  credential: [
    'credential:access-key@aws',
    'credential@gcp',
    'credential@entra',
    'credential@github',
    'credential@gateway',
    'credential@okta',
    'credential@postgres',
    'credential@k8s',
  ],
  grant: ['grant:policy@aws', 'grant@gcp', 'grant@entra', 'grant@postgres'],
  trust: ['trust:role@aws', 'trust@gcp', 'trust@k8s'],
};

const NamedRows: z.ZodType<readonly Named[]> = z.array(
  z.object({
    kind: z.enum(['sighting', 'consumer', 'trust', 'agent', 'identity']),
    surface: z.enum(['aws', 'gcp', 'entra', 'github', 'gateway', 'okta', 'google-workspace', 'postgres', 'k8s']),
  }),
);

/** Nothing, when no check speaks of several providers: the view is spared. */
export async function readNamed(store: StoreReader, metas: readonly CheckMeta[]): Promise<readonly Named[]> {
  if (!metas.some((meta) => wideNeeds(meta).length > 0)) return [];
  return NamedRows.parse(await store.rows('SELECT kind, surface FROM named_providers ORDER BY ALL'));
}

/**
 * A check that speaks of several providers runs when one of them was asked. Of the others it can say nothing: which of them
 * does the run speak of, and what of theirs is missing?
 */
export function unaskedOf(meta: CheckMeta, coverage: readonly CoverageRow[], named: readonly Named[]): Unasked | undefined {
  const kinds = new Set(evidenceKinds(meta));
  const spoken = new Set(named.filter(({ kind }) => kinds.size === 0 || kinds.has(kind)).map(({ surface }) => surface));
  const missing: Need[] = [];
  const asked = new Set<Surface>();
  for (const alternatives of wideNeeds(meta)) {
    for (const surface of spoken) {
      const own = alternatives.filter((need) => need.surface === surface);
      if (own.length === 0) continue;
      const isAsked = coverage.some((row) => own.some((need) => meets(row, need)));
      if (isAsked) asked.add(surface);
      else missing.push(...own);
    }
  }
  if (missing.length === 0) return undefined;
  for (const { surface } of missing) if (surface !== undefined) asked.delete(surface);
  return { reason: notCollected(missing), isAll: asked.size === 0 };
}

/** Needs that one provider of several meets. Infrastructure code declares what another keeps: it is none of them. */
function wideNeeds(meta: CheckMeta): readonly (readonly Need[])[] {
  return meta.needs.flatMap((text) => {
    const alternatives = text.split('|').map(needOf).flatMap(inventoriesOf);
    const surfaces = new Set(alternatives.map(({ surface }) => surface));
    return surfaces.size > 1 ? [alternatives] : [];
  });
}

function inventoriesOf(need: Need): readonly Need[] {
  const { kind, surface } = need;
  if (!isInventory(kind) || surface === 'iac') return [];
  return surface === undefined ? INVENTORIES[kind].map(needOf) : [need];
}

/** Where a check reads of what it judges: in files that show keys, in what uses identities, in what a cluster trusts. Empty: anywhere. */
function evidenceKinds(meta: CheckMeta): readonly Named['kind'][] {
  const needs = meta.needs.flatMap((text) => text.split('|')).map(needOf);
  if (needs.some(({ kind }) => kind === 'sighting')) return ['sighting'];
  if (needs.some(({ surface }) => surface === 'agent-config')) return ['agent'];
  if (needs.some(({ kind, surface }) => kind === 'consumer' && surface !== undefined)) return ['consumer'];
  return needs.some(({ kind, surface }) => kind === 'trust' && surface === 'k8s') ? ['trust'] : [];
}

function isInventory(kind: string): kind is Inventory {
  return Object.hasOwn(INVENTORIES, kind);
}
