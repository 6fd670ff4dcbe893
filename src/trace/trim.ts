import { z } from 'zod';
import type { StoreReader } from '../store/index.ts';
import { trimCaller } from './trim-gateway.ts';
import { trimRole } from './trim-kubernetes.ts';
import { trimGrants } from './trim-postgres.ts';
import { ENOUGH_DAYS, shortText, type Trimmed, windowText } from './trimmed.ts';

const NOTHING: { readonly [provider: string]: { readonly what: string; readonly give: string } } = {
  aws: {
    what: 'IAM policy',
    give: 'give the output of `aws iam get-service-last-accessed-details` beside the authorization details, or scan aws: with iam:GenerateServiceLastAccessedDetails',
  },
  gcp: {
    what: 'role list',
    give: 'give the policy insights (`gcloud recommender insights list`), or scan gcp: with recommender.iamPolicyInsights.list',
  },
  k8s: { what: 'Role', give: 'give the audit log of the cluster (JSON lines) beside its roles and bindings' },
  hoop: {
    what: 'access at the gateway',
    give: 'give the sessions of the gateway, its connections, and its access control (`/plugins/access_control`)',
  },
  postgres: { what: 'GRANTs', give: 'give a dump of the grants and the sessions of the gateway that the role is used through' },
};

/** By what its provider remembers of use; what nothing is known of says so, and proposes nothing. */
export async function trimIdentity(store: StoreReader, identity: string): Promise<Trimmed> {
  const provider = identity.slice(0, identity.indexOf(':'));
  const found =
    provider === 'aws'
      ? await awsPolicy(store, identity)
      : provider === 'gcp'
        ? await gcpRoles(store, identity)
        : provider === 'k8s'
          ? await trimRole(store, identity)
          : provider === 'postgres'
            ? await trimGrants(store, identity)
            : provider === 'hoop'
              ? await trimCaller(store, identity)
              : undefined;
  if (found !== undefined) return { identity, ...found };
  const { what = 'policy', give = undefined } = NOTHING[provider] ?? {};
  const why =
    give === undefined
      ? `what ${provider} lets it do, and what of that it used, no source that is read tells`
      : `no record of what it used was read: ${give}`;
  return { identity, what, removed: [], window: 'no record of use', inconclusive: why, notes: [] };
}

type Found = Omit<Trimmed, 'identity'>;

const texts = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);

const Unused = z.object({
  windowDays: z.number().nullish(),
  takenAt: z.string().nullish(),
  trimmedPolicy: z.string().nullish(),
  removed: texts,
  removedCount: z.number().nullish(),
  unusedServices: texts,
  unusedActions: texts,
  inconclusive: z.string().nullish(),
  notes: texts,
});

/** The evaluator wrote it when it read the last use of services; of several answers the one with the longest window stands. */
async function awsPolicy(store: StoreReader, identity: string): Promise<Found | undefined> {
  const rows = await store.rows("SELECT detail FROM grants WHERE identity_id = $identity AND via_kind = 'unused'", { identity });
  const told = rows
    .flatMap((row) => Unused.safeParse(row.detail).data ?? [])
    .sort(
      (a, b) => Number(b.trimmedPolicy != null) - Number(a.trimmedPolicy != null) || (b.windowDays ?? 0) - (a.windowDays ?? 0),
    );
  const [best] = told;
  if (best === undefined) return undefined;
  const { inconclusive, removedCount, removed, takenAt, trimmedPolicy, windowDays } = best;
  const more = (removedCount ?? removed.length) - removed.length;
  const unused = [...best.unusedServices.map((name) => `${name}:*`), ...best.unusedActions];
  const isShort = windowDays == null || windowDays < ENOUGH_DAYS;
  const why =
    inconclusive ??
    (isShort
      ? shortText(windowDays ?? undefined)
      : trimmedPolicy == null
        ? 'the record names what is unused, but not what its policies are'
        : undefined);
  return {
    what: 'IAM policy',
    ...(trimmedPolicy == null ? {} : { text: trimmedPolicy }),
    removed: removed.length > 0 ? [...removed, ...(more > 0 ? [`and ${more} more`] : [])] : unused,
    window: windowText(windowDays ?? undefined, takenAt ?? undefined),
    ...(why === undefined ? {} : { inconclusive: why }),
    notes: best.notes,
  };
}

const LeastPrivilege = z.object({ status: z.string(), text: z.string(), removed: texts, window: z.string(), open: texts });

async function gcpRoles(store: StoreReader, identity: string): Promise<Found | undefined> {
  const [row] = await store.rows("SELECT detail->'$.leastPrivilege' AS told FROM identities WHERE identity_id = $identity", {
    identity,
  });
  const { data } = LeastPrivilege.safeParse(row?.told);
  if (data === undefined) return undefined;
  return {
    what: 'role list',
    text: data.text,
    removed: data.removed,
    window: data.window,
    ...(data.status === 'inconclusive'
      ? { inconclusive: data.open.join('; ') || 'nothing tells which permissions were used' }
      : {}),
    notes: data.status === 'inconclusive' ? [] : data.open,
  };
}
