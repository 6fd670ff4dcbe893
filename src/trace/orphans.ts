import type { Row, StoreReader } from '../store/index.ts';
import { decommissionSteps, type Step } from './decommission.ts';
import { type Trace, traceFacts } from './facts.ts';
import { resolveSubject } from './resolve.ts';

export interface OrphanOptions {
  /** Not used for so long. */
  readonly unusedDays: number;
  /** Younger than this is not judged. */
  readonly graceDays: number;
  readonly provider?: string | null;
}

/** One thing that speaks for or against an identity being needed, with the place that says so. */
export interface Evidence {
  readonly text: string;
  readonly place?: string;
}

export interface Orphan {
  readonly identity: string;
  readonly provider: string;
  readonly type: string;
  /** Why it is taken for one that nobody needs. */
  readonly evidenceFor: readonly Evidence[];
  /** What speaks against that, or could not be seen. */
  readonly evidenceAgainst: readonly Evidence[];
  /** What stops or loses something when it goes. */
  readonly breaks: readonly Evidence[];
  readonly credentials: readonly {
    readonly id: string;
    readonly type: string;
    readonly status: string;
    readonly lastUsed?: string;
  }[];
  readonly reaches: readonly string[];
  /** To review and do by hand, in this order. */
  readonly plan: readonly Step[];
}

export interface Orphans {
  readonly orphans: readonly Orphan[];
  /** Of how many machine identities it could be said, and of how many not, since no source tells their use. */
  readonly judged: number;
  readonly notJudged: number;
}

/** Identities that nobody living owns, nothing that was read uses, and no source says was used lately. */
export async function findOrphans(store: StoreReader, options: OrphanOptions): Promise<Orphans> {
  const provider = options.provider ?? null;
  const [counts] = await store.rows(
    `SELECT count(*) FILTER (use_is_told) AS judged, count(*) FILTER (NOT use_is_told AND consumers = 0) AS "notJudged"
     FROM identity_lifecycle WHERE is_judged AND ($provider IS NULL OR provider = $provider)`,
    { provider },
  );
  const rows = await store.rows(
    `SELECT *, days_since(last_used_at) AS unused_days, days_since(created_at) AS age_days
     FROM identity_lifecycle
     WHERE is_judged AND use_is_told AND consumers = 0
       AND ($provider IS NULL OR provider = $provider)
       AND (ownership IN ('unowned', 'owner-left') OR strength = 'weak')
       -- A record of use tells nothing of the days after it ends; without one, and without a use, age stands for it.
       AND CASE
         WHEN last_used_at IS NOT NULL THEN date_diff('day', last_used_at::TIMESTAMP, least(observed_until, run_now()::TIMESTAMP)) > $unusedDays
         WHEN observed_until IS NOT NULL THEN date_diff('day', observed_from, observed_until) >= $unusedDays
         ELSE days_since(created_at) > $unusedDays END
       AND coalesce(days_since(created_at) > $graceDays, true)
     ORDER BY identity_id`,
    { provider, unusedDays: options.unusedDays, graceDays: options.graceDays },
  );
  const orphans: Orphan[] = [];
  for (const row of rows) orphans.push(await orphanOf(store, row));
  return { orphans, judged: Number(counts?.judged ?? 0), notJudged: Number(counts?.notJudged ?? 0) };
}

async function orphanOf(store: StoreReader, row: Row): Promise<Orphan> {
  const identity = String(row.identity_id);
  const trace = await traceFacts(store, await resolveSubject(store, identity));
  const claims = await store.rows(
    'SELECT owner, basis, strength, place FROM identity_owner_claims WHERE identity_id = $identity ORDER BY ALL',
    { identity },
  );
  const onward = await store.rows(
    `SELECT DISTINCT b.becomes, b.basis, place_text(t.location) AS place
     FROM may_become AS b LEFT JOIN trusts AS t ON t.observation_id = b.observation_id
     WHERE b.identity_id = $identity ORDER BY ALL`,
    { identity },
  );
  const inward = await store.rows(
    `SELECT principal, principal_type, subject, place_text(location) AS place FROM trusts
     WHERE identity_id = $identity AND effect = 'allow' ORDER BY ALL`,
    { identity },
  );
  const details = await store.rows(
    `SELECT credential_id, type, public_id, coalesce(status, 'status unknown') AS status, last_used_at,
       expires_at IS NOT NULL AND expires_at <= run_now() AS is_expired
     FROM credentials WHERE identity_id = $identity
     ORDER BY credential_id`,
    { identity },
  );
  const provider = String(row.provider);
  const type = String(row.type);
  return {
    identity,
    provider,
    type,
    evidenceFor: [ownerEvidence(row, claims), useEvidence(row), consumerEvidence(trace)],
    evidenceAgainst: against(row, claims, inward, trace),
    breaks: breaks(row, inward, onward, trace),
    credentials: details.map((credential) => ({
      id: String(credential.public_id ?? credential.credential_id),
      type: String(credential.type),
      status: credential.is_expired === true ? 'expired' : String(credential.status),
      ...(credential.last_used_at === null ? {} : { lastUsed: day(credential.last_used_at) }),
    })),
    reaches: [...new Set(trace.reach.map((one) => String(one.capability)))],
    plan: decommissionSteps({
      identity,
      provider,
      type,
      credentials: details
        .filter((credential) => credential.is_expired !== true && String(credential.status) !== 'revoked')
        .map((credential) => ({
          id: String(credential.credential_id),
          type: String(credential.type),
          ...(credential.public_id === null ? {} : { publicId: String(credential.public_id) }),
          isActive: String(credential.status) !== 'inactive',
        })),
    }),
  };
}

function ownerEvidence(row: Row, claims: readonly Row[]): Evidence {
  const [claim] = claims.filter((one) => one.strength === row.strength);
  const place = claim === undefined ? {} : { place: String(claim.place) };
  if (row.ownership === 'unowned')
    return { text: 'nobody is named as its owner: no tag, no description, no CODEOWNERS, no creator' };
  if (row.ownership === 'owner-left') return { text: `its owner ${row.owner} (${row.owner_basis}) has left`, ...place };
  return { text: `${row.owner} made it (${row.owner_basis}), and nobody is named as its owner`, ...place };
}

function useEvidence(row: Row): Evidence {
  if (row.last_used_at !== null) return { text: `last used on ${day(row.last_used_at)}, ${row.unused_days} days ago` };
  if (row.observed_until !== null) {
    return { text: `no use on record between ${day(row.observed_from)} and ${day(row.observed_until)}` };
  }
  return { text: `no use on record in the ${row.age_days} days since it was made (${day(row.created_at)})` };
}

function consumerEvidence({ surfaces }: Trace): Evidence {
  const looked = surfaces.filter((surface) => LOOKED[surface] !== undefined).map((surface) => LOOKED[surface]);
  return {
    text:
      looked.length === 0
        ? 'nothing was read that could use it'
        : `nothing in what was read uses it (${[...new Set(looked)].join(', ')})`,
  };
}

/** Where users of an identity are seen. */
const LOOKED: { readonly [surface: string]: string } = {
  'work-tree': 'files',
  history: 'git history',
  notebook: 'notebooks',
  ci: 'CI',
  k8s: 'Kubernetes',
  iac: 'infrastructure code',
  image: 'images',
  'agent-config': 'agents',
  gateway: 'the gateway',
};

function against(row: Row, claims: readonly Row[], inward: readonly Row[], trace: Trace): Evidence[] {
  const found: Evidence[] = [];
  const living = claims.filter((claim) => claim.strength === 'codeowners' && claim.owner !== row.owner);
  for (const claim of living) found.push({ text: `CODEOWNERS of its code names ${claim.owner}`, place: String(claim.place) });
  for (const trust of inward) {
    if (trust.principal_type !== 'service') continue;
    found.push({ text: `${trust.principal} may run as it: something there may use it that was not read`, ...placeOf(trust) });
  }
  for (const seen of trace.sightings) {
    if (seen.confidence === 'low') continue;
    found.push({
      text: `a credential of it stands in a ${seen.place === 'history' ? 'commit' : 'file'}: whoever has that may use it`,
      place: String(seen.place_text),
    });
  }
  if (row.provider === 'aws' && row.type === 'role' && row.last_used_at === null) {
    found.push({ text: 'AWS tells the last use of a role for 400 days: yearly jobs may lie before that' });
  }
  if (!trace.surfaces.some((surface) => surface === 'ci' || surface === 'k8s' || surface === 'iac')) {
    found.push({ text: 'no repository, cluster or CI configuration was read: its users may be there' });
  }
  return found;
}

function breaks(row: Row, inward: readonly Row[], onward: readonly Row[], trace: Trace): Evidence[] {
  const found: Evidence[] = [];
  for (const consumer of trace.consumers) {
    found.push({ text: `${consumer.consumer_id} (${consumer.how}) stops`, place: String(consumer.place_text) });
  }
  for (const trust of inward) {
    const subject = trust.subject === null || trust.subject === undefined ? '' : ` (${trust.subject})`;
    found.push({ text: `${trust.principal}${subject} can no longer become it`, ...placeOf(trust) });
  }
  for (const edge of onward) found.push({ text: `it can no longer become ${edge.becomes} (${edge.basis})`, ...placeOf(edge) });
  for (const use of trace.gateway) {
    found.push({ text: `${use.sessions} gateway sessions on ${use.target}, the last on ${day(use.last_used)}` });
  }
  const last = row.last_used_at === null ? 'nothing that is on record' : `whatever used it last, on ${day(row.last_used_at)}`;
  for (const use of trace.outside) {
    const what = use.last_used_for === null ? '' : ` (${use.last_used_for})`;
    found.push({ text: `whatever used ${use.public_id ?? use.credential_id} last, on ${day(use.last_used_at)}${what}` });
  }
  return found.length === 0 ? [{ text: last }] : found;
}

function placeOf(row: Row): { readonly place?: string } {
  return row.place === null || row.place === undefined || row.place === '' ? {} : { place: String(row.place) };
}

function day(value: unknown): string {
  return String(value).slice(0, 10);
}
