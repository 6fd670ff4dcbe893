import type { JsonObject } from '../../contracts/index.ts';
import { isIdle } from './idle.ts';
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
  const shared = {
    provider: only.name,
    issuers: only.issuer === undefined ? [] : [only.issuer],
    ...(only.condition === undefined ? {} : { providerCondition: only.condition }),
    ...(only.condition !== undefined && isIdle(only.condition) ? { providerConditionIdle: true } : {}),
  };
  const subject = subjectAtIssuer(member, only);
  // What narrows the tokens in a way that no subject tells stays a detail: else it would look wider than it is.
  if (subject === undefined || only.issuer === undefined) return { detail: shared };
  return {
    issuer: only.issuer,
    ...(subject === ANY ? {} : { subject }),
    ...(only.audiences[0] === undefined ? {} : { audience: only.audiences[0] }),
    detail: shared,
  };
}

/** Every token of the issuer. */
const ANY = Symbol('any subject');

interface Narrowed {
  /** By the id of an owner or repository, which says nothing of its name. */
  readonly byId?: true;
  readonly repository?: string;
  readonly owner?: string;
  readonly ref?: string;
  readonly subject?: string;
}

/** The subject as the issuer writes it, by the member's claim and the provider's condition; `undefined` where that cannot be told. */
function subjectAtIssuer(member: Member, provider: PoolProvider): string | typeof ANY | undefined {
  const condition = narrowedBy(provider);
  const own = claimOf(member, provider);
  if (condition === undefined || own === undefined) return undefined;
  const both = { ...condition, ...own };
  const { repository, owner, ref, subject, byId } = both;
  if (subject !== undefined) return subject;
  if (provider.issuer === 'token.actions.githubusercontent.com') {
    if (repository !== undefined) return `repo:${repository}:${ref === undefined ? '*' : `ref:${ref}`}`;
    if (owner !== undefined) return `repo:${owner}/*`;
    return ref === undefined && byId === undefined ? ANY : undefined;
  }
  if (provider.issuer === 'gitlab.com' && repository !== undefined) {
    return ref === undefined ? `project_path:${repository}:*` : undefined;
  }
  return Object.keys(both).length === 0 ? ANY : undefined;
}

const CLAIMS: { readonly [claim: string]: Exclude<keyof Narrowed, 'byId'> } = {
  repository: 'repository',
  project_path: 'repository',
  repository_owner: 'owner',
  namespace_path: 'owner',
  ref: 'ref',
  sub: 'subject',
};

/** `subject/SUB`, `attribute.NAME/VALUE` by the mapping, or the whole pool. */
function claimOf({ principal, subject }: Member, { mapping }: PoolProvider): Narrowed | undefined {
  if (subject === undefined) return principal.endsWith('/*') ? {} : undefined;
  const attribute = /^(?<name>attribute\.\w+)=(?<value>.+)$/s.exec(subject)?.groups;
  const from = attribute?.name === undefined ? (mapping['google.subject'] ?? 'assertion.sub') : mapping[attribute.name];
  const claim = CLAIMS[/^assertion\.(?<claim>\w+)$/.exec(from ?? '')?.groups?.claim ?? ''];
  return claim === undefined ? undefined : { [claim]: attribute?.value ?? subject };
}

/** A condition that says nothing but what some claims are equal to; `undefined` for any other. */
function narrowedBy({ condition, mapping }: PoolProvider): Narrowed | undefined {
  if (condition === undefined || isIdle(condition)) return {};
  const narrowed: { -readonly [name in keyof Narrowed]: Narrowed[name] } = {};
  for (const clause of condition.split('&&')) {
    const test =
      /^\s*\(?\s*(?<left>(?:assertion|attribute|google)\.\w+)\s*==\s*(?<quote>["'])(?<value>[^"']*)\k<quote>\s*\)?\s*$/.exec(
        clause,
      )?.groups;
    const { left = '', value } = test ?? {};
    const from = left.startsWith('assertion.') ? left : (mapping[left] ?? '');
    const name = /^assertion\.(?<claim>\w+)$/.exec(from)?.groups?.claim ?? '';
    const claim = CLAIMS[name];
    if (value !== undefined && /^(?:repository|repository_owner|project|namespace)_id$/.test(name)) {
      narrowed.byId = true;
      continue;
    }
    if (claim === undefined || value === undefined) return undefined;
    narrowed[claim] = value;
  }
  return narrowed;
}
