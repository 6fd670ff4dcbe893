import { z } from 'zod';
import type { Config } from '../config/schema.ts';
import type { CoverageObservation, IsoTime, Surface } from '../contracts/observation.ts';
import { SURFACES } from '../contracts/observation.ts';
import type { DeclaredAbsent } from '../contracts/reporter.ts';
import type { StoreReader } from '../store/reader.ts';
import { count } from '../util/report-text.ts';

export type Declaration = Omit<DeclaredAbsent, 'state' | 'why'>;

/** Something of a surface that the run has observed, counted. */
interface Observed {
  readonly surface: Surface;
  readonly kind: 'identity' | 'credential' | 'mapping';
  readonly n: number;
  /** The first of them. */
  readonly names: readonly string[];
}

type Look = Pick<CoverageObservation, 'surface' | 'subject' | 'outcome' | 'seen' | 'read'>;

/** Whose review was longer ago has to make sure again. */
const REVIEW_DAYS = 365;
const DAY_MS = 86_400_000;
const NAMES_TOLD = 2;

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

/** Entries of the configuration, one a surface, in the order of `SURFACES`. `mask` masks credentials in a text. */
export function declarationsOf(
  { absent }: Config['scope'],
  mask: (text: string) => string = (text) => text,
): readonly Declaration[] {
  const all = absent.flatMap(({ surface, surfaces, reason, declaredBy, reviewed }) =>
    (surface === undefined ? (surfaces ?? []) : [surface]).map((one) => ({
      surface: one,
      reason: mask(reason),
      declaredBy: mask(declaredBy),
      ...(reviewed === undefined ? {} : { reviewed }),
    })),
  );
  const order = Object.keys(SURFACES);
  return all.sort((a, b) => order.indexOf(a.surface) - order.indexOf(b.surface));
}

/**
 * Which declarations does the run bear out? One of a surface that was looked at, or of which anything was observed, is contradicted,
 * whatever observed it: a token in a file, an account that a job signs in as. One that nobody reviewed for a year has expired.
 */
export function believe(
  declared: readonly Declaration[],
  coverage: readonly Look[],
  observed: readonly Observed[],
  now: IsoTime,
): readonly DeclaredAbsent[] {
  return declared.map((declaration): DeclaredAbsent => {
    const { surface } = declaration;
    const seen = [
      ...observed.filter((one) => one.surface === surface && one.n > 0).map(tellObserved),
      ...tellLooks(coverage.filter((row) => row.surface === surface && !isOfNothing(row))),
    ];
    if (seen.length > 0) return { ...declaration, state: 'contradicted', why: seen.join('; ') };
    const expired = whyExpired(declaration, now);
    return expired === undefined ? { ...declaration, state: 'believed' } : { ...declaration, state: 'expired', why: expired };
  });
}

/** What a reader may hold against the needs of checks: the declarations that are believed, by surface. */
export function believedOf(declared: readonly DeclaredAbsent[] = []): ReadonlyMap<string, DeclaredAbsent> {
  return new Map(declared.flatMap((one) => (one.state === 'believed' ? [[one.surface, one]] : [])));
}

/** An export that was read in whole and lists nothing tells that there is nothing. */
function isOfNothing({ outcome, seen, read }: Look): boolean {
  return outcome === 'complete' && (seen ?? read) === 0 && (read ?? 0) === 0;
}

function tellObserved({ surface, kind, n, names }: Observed): string {
  const title = SURFACES[surface];
  const what = {
    identity: `${count(n, 'identity', 'identities')} of ${title}`,
    credential: `${count(n, 'credential')} of ${title}`,
    mapping: `${count(n, 'SPIFFE ID')} that the gateway takes`,
  }[kind];
  return `${what} ${n === 1 ? 'was' : 'were'} observed (${some(names, n)})`;
}

function tellLooks(rows: readonly Look[]): readonly string[] {
  if (rows.length === 0) return [];
  const subjects = [...new Set(rows.map(({ subject }) => subject))].sort();
  return [`it was looked at (${some(subjects, subjects.length)})`];
}

function some(names: readonly string[], n: number): string {
  const shown = names.slice(0, NAMES_TOLD);
  return n > shown.length ? `${shown.join(', ')} and ${n - shown.length} more` : shown.join(', ');
}

function whyExpired({ reviewed }: Declaration, now: IsoTime): string | undefined {
  if (reviewed === undefined) return undefined;
  const days = Math.floor((Date.parse(now) - Date.parse(reviewed)) / DAY_MS);
  if (days > REVIEW_DAYS) return `it was last reviewed on ${reviewed}, more than ${REVIEW_DAYS} days before this run`;
  // East of Greenwich a day begins before the clock of the run is there.
  return days < -1 ? `the day of its review, ${reviewed}, is after this run` : undefined;
}

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
