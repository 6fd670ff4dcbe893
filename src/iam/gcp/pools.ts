import type { JsonObject } from '../../contracts/index.ts';
import type { Member } from './members.ts';

/** A provider of a workload identity pool: whose tokens it takes, and which of them. */
export interface PoolProvider {
  /** `projects/N/locations/global/workloadIdentityPools/POOL/providers/X`. */
  readonly name: string;
  readonly project: string;
  readonly pool: string;
  readonly kind: 'oidc' | 'aws' | 'saml' | 'x509' | 'unknown';
  /** Without `https://`. */
  readonly issuer?: string | undefined;
  readonly audiences: readonly string[];
  readonly condition?: string | undefined;
  /** `attribute.repository` → `assertion.repository`. */
  readonly mapping: { readonly [attribute: string]: string };
  readonly enabled: boolean;
}

/** By `PROJECT NUMBER/POOL`. */
export type Pools = ReadonlyMap<string, readonly PoolProvider[]>;

export interface PoolFacts {
  readonly issuer?: string;
  readonly subject?: string;
  readonly audience?: string;
  readonly detail: JsonObject;
}

/** What the providers of a pool tell of a federated member: issuer, condition, and the subject as the issuer writes it. */
export function poolFacts(member: Member, pools: Pools | undefined): PoolFacts | undefined {
  const { pool, poolProject } = member.detail;
  if (typeof pool !== 'string' || typeof poolProject !== 'string') return undefined;
  const providers = (pools?.get(`${poolProject}/${pool}`) ?? []).filter(({ enabled }) => enabled);
  const [only, ...more] = providers;
  if (only === undefined) return undefined;
  if (more.length > 0) {
    return { detail: { providers: providers.map(({ name }) => name), issuers: providers.flatMap(({ issuer }) => issuer ?? []) } };
  }
  const subject = subjectAtIssuer(member, only);
  return {
    ...(only.issuer === undefined ? {} : { issuer: only.issuer }),
    ...(subject === undefined ? {} : { subject }),
    ...(only.audiences[0] === undefined ? {} : { audience: only.audiences[0] }),
    detail: { provider: only.name, ...(only.condition === undefined ? {} : { providerCondition: only.condition }) },
  };
}

/** `attribute.repository/harbour/shop` is what GitHub calls `repo:harbour/shop:…`. */
function subjectAtIssuer(member: Member, provider: PoolProvider): string | undefined {
  const claim = /^attribute\.(?<name>\w+)=(?<value>.+)$/.exec(member.subject ?? '')?.groups;
  if (claim?.name === undefined || claim.value === undefined) return undefined;
  const from = provider.mapping[`attribute.${claim.name}`];
  if (provider.issuer === 'token.actions.githubusercontent.com') {
    if (from === 'assertion.repository') return `repo:${claim.value}:*`;
    if (from === 'assertion.repository_owner') return `repo:${claim.value}/*`;
  }
  if (provider.issuer === 'gitlab.com' && from === 'assertion.project_path') return `project_path:${claim.value}:*`;
  return from === 'assertion.sub' ? claim.value : undefined;
}
