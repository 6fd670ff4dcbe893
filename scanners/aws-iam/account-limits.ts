import { type Limit, organisationLimits, type Policy, readPolicyDocument } from '../../src/iam/index.ts';
import { type ControlPolicy, isMember, type OrganisationFacts, type PolicyType } from './organisation.ts';

export interface AccountLimits {
  readonly limits: readonly Limit[];
  /** What was not in the input, for the coverage row. */
  readonly without: string | undefined;
}

const NAMES = { scp: 'service control policies', rcp: 'resource control policies' } as const;

/** AWS makes these itself; they may be described, but who exports their text? */
const FULL_ACCESS = new Set(['p-FullAWSAccess', 'p-RCPFullAWSAccess']);
const EVERYTHING = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] });

/** What the organisation's policies of one type keep the account within. */
export function accountLimits(facts: OrganisationFacts | undefined, account: string, kind: PolicyType): AccountLimits {
  const name = NAMES[kind];
  if (facts === undefined || !isMember(facts, account)) return { limits: [], without: name };
  if (facts.featureSet === 'CONSOLIDATED_BILLING' || facts.featureSet === 'NONE' || account === facts.managementAccount)
    return { limits: [], without: undefined };
  if (facts.roots.size > 0 && [...facts.roots.values()].every((types) => !types.includes(kind)) && !isAttached(facts, kind)) {
    return { limits: [], without: undefined };
  }
  if (![...facts.policies.values()].some((policy) => policy.type === kind)) return { limits: [], without: name };
  const { attached, partly } = attachments(facts, kind);
  const limits = organisationLimits(
    { managementAccount: facts.managementAccount, parents: facts.parents, attached },
    account,
    kind,
  );
  const levels = levelsOf(facts, account);
  const isSettled = facts.managementAccount !== undefined;
  for (const level of levels) {
    const policies = partly.get(level);
    // A Deny that is known holds, whatever else is attached there.
    if (policies === undefined) continue;
    const title = `${name} of ${level} that are known`;
    limits.push({ kind, title, known: true, policies, ...(isSettled ? {} : { mayNotBind: true }) });
  }
  const top = levels.at(-1) ?? account;
  if (!top.startsWith('r-')) limits.push({ kind, title: `${name} above ${top}`, known: false, policies: [] });
  const open = limits.some((limit) => !limit.known);
  if (open) return { limits, without: `some ${name}` };
  return { limits, without: isSettled ? undefined : `knowing which account manages the organisation (describe-organization)` };
}

function isAttached(facts: OrganisationFacts, kind: PolicyType): boolean {
  return [...facts.targets].some(([id, targets]) => targets.size > 0 && facts.policies.get(id)?.type === kind);
}

function levelsOf(facts: OrganisationFacts, account: string): string[] {
  const levels: string[] = [];
  for (
    let level: string | undefined = account;
    level !== undefined && !levels.includes(level);
    level = facts.parents.get(level)
  ) {
    levels.push(level);
  }
  return levels;
}

/** Policies by part, where all that is attached to it is known; and where only some of it is, those, with nothing else forbidden. */
function attachments(
  facts: OrganisationFacts,
  kind: PolicyType,
): { readonly attached: Map<string, readonly Policy[]>; readonly partly: Map<string, readonly Policy[]> } {
  const ofKind = [...facts.policies.values()].filter((policy) => policy.type === kind);
  // Policies whose targets nobody listed may be attached anywhere.
  const isWhole = ofKind.every((policy) => facts.targets.has(policy.id));
  const ids = new Map<string, Set<string>>();
  for (const policy of ofKind) {
    for (const target of facts.targets.get(policy.id) ?? []) ids.set(target, (ids.get(target) ?? new Set()).add(policy.id));
  }
  for (const [part, policies] of facts.attached) {
    for (const id of policies) if (facts.policies.get(id)?.type === kind) ids.set(part, (ids.get(part) ?? new Set()).add(id));
  }
  const attached = new Map<string, readonly Policy[]>();
  const partly = new Map<string, readonly Policy[]>();
  for (const [part, mine] of ids) {
    const read = [...mine].map((id) => policyOf(facts.policies.get(id), kind));
    const known = read.filter((one) => one !== undefined);
    if (known.length === read.length && (isWhole || facts.attached.has(part))) attached.set(part, known);
    else if (known.length > 0) partly.set(part, [everything(kind), ...known]);
  }
  return { attached, partly };
}

function policyOf(policy: ControlPolicy | undefined, kind: PolicyType): Policy | undefined {
  if (policy === undefined) return undefined;
  const content = policy.content ?? (FULL_ACCESS.has(policy.id) ? EVERYTHING : undefined);
  const read = readPolicyDocument(content);
  return read.ok ? { name: policy.name, kind, inline: false, document: read.document } : undefined;
}

function everything(kind: PolicyType): Policy {
  const read = readPolicyDocument(EVERYTHING);
  if (!read.ok) throw new TypeError(read.why);
  return { name: 'what else may be attached', kind, inline: false, document: read.document };
}
