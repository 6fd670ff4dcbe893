import { z } from 'zod';
import type { IsoTime, Surface } from '../contracts/observation.ts';
import { SURFACES } from '../contracts/observation.ts';
import type { DeclaredAbsent } from '../contracts/reporter.ts';
import type { StoreReader } from '../store/reader.ts';
import { believe, type Declaration, type Look, type Observed } from './absent.ts';

/** Whose identities and credentials they are, by the providers of ids and of detectors. Those of others tell of no surface. */
const PROVIDERS: { readonly [provider: string]: Surface } = {
  aws: 'aws',
  gcp: 'gcp',
  // Keys of Google's APIs and clients of its OAuth are made in projects of GCP.
  google: 'gcp',
  entra: 'entra',
  azure: 'entra',
  github: 'github',
  okta: 'okta',
  'google-workspace': 'google-workspace',
  postgres: 'postgres',
  spiffe: 'spire',
  hoop: 'gateway',
  k8s: 'k8s',
  kubernetes: 'k8s',
  mcp: 'agent-config',
  buildkite: 'ci',
  circleci: 'ci',
  drone: 'ci',
  jenkins: 'ci',
  travisci: 'ci',
  pulumi: 'iac',
  terraform: 'iac',
};

const ObservedRows: z.ZodType<readonly Observed[]> = z.array(
  z.object({
    surface: z.enum(Object.keys(SURFACES) as [Surface, ...Surface[]]),
    kind: z.enum(['identity', 'credential', 'mapping']),
    n: z.number(),
    names: z.array(z.string()),
  }),
);

/**
 * Identities that anything names, credentials that an inventory lists or a place shows, and SPIFFE IDs that a gateway takes. Low-confidence
 * sightings are no more believed here than by checks.
 */
const OBSERVED = `
WITH told AS (
  SELECT 'identity' AS kind, split_part(identity_id, ':', 1) AS provider, identity_id AS id, identity_id AS name
  FROM (
    SELECT identity_id FROM identities
    UNION SELECT identity_id FROM consumers
    UNION SELECT identity_id FROM trusts
    UNION SELECT identity_id FROM obs.usages SEMI JOIN current_parts USING (part_id))
  UNION ALL
  SELECT 'identity', (detail->>'$.cloud'), identity_id, identity_id FROM trusts WHERE (detail->>'$.platform') = 'kubernetes'
  UNION ALL
  SELECT 'credential', provider, credential_id, coalesce(identity_id, concat(type, ' ' || public_id)) FROM credentials
  UNION ALL
  SELECT 'credential', split_part(credential_id, ':', 1), credential_id, credential_id FROM consumers
  UNION ALL
  SELECT 'credential', unnest([provider, split_part(identity_id, ':', 1), split_part(credential_id, ':', 1)]),
    coalesce(inventory_id, credential_id), concat(name, ' in ' || places[1])
  FROM leaked_credentials
  UNION ALL
  SELECT 'mapping', 'spiffe', name, name FROM policies WHERE type = 'workload-mapping'
),
asked AS (
  SELECT unnest(from_json($asked::JSON, '[{"provider": "VARCHAR", "surface": "VARCHAR"}]'), recursive := true)
)
SELECT surface, kind, count(DISTINCT id) AS n, list_sort(list(DISTINCT name))[1:2] AS names
FROM told
JOIN asked USING (provider)
WHERE id IS NOT NULL
GROUP BY surface, kind
ORDER BY surface, kind DESC`;

/** What the run has of the declared surfaces. The store is asked only where something is declared that has providers. */
async function readObserved(store: StoreReader, declared: readonly Declaration[]): Promise<readonly Observed[]> {
  const surfaces = new Set(declared.map(({ surface }) => surface));
  const asked = Object.entries(PROVIDERS).flatMap(([provider, surface]) =>
    surfaces.has(surface) ? [{ provider, surface }] : [],
  );
  if (asked.length === 0) return [];
  return ObservedRows.parse(await store.rows(OBSERVED, { asked: JSON.stringify(asked) }));
}

const Looks = z.array(
  z
    .object({
      surface: z.enum(Object.keys(SURFACES) as [Surface, ...Surface[]]),
      subject: z.string(),
      outcome: z.enum(['complete', 'partial', 'denied', 'unsupported']),
      seen: z.number().nullish(),
      read: z.number().nullish(),
    })
    .transform(
      ({ seen, read, ...row }): Look => ({ ...row, ...(seen == null ? {} : { seen }), ...(read == null ? {} : { read }) }),
    ),
);

/** `believe`, over the current run of the store. */
export async function believeIn(
  store: StoreReader,
  declared: readonly Declaration[],
  now: IsoTime,
): Promise<readonly DeclaredAbsent[]> {
  if (declared.length === 0) return [];
  const looks = Looks.parse(await store.rows('SELECT surface, subject, outcome, seen, read FROM coverage'));
  return believe(declared, looks, await readObserved(store, declared), now);
}
