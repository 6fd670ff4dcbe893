import { z } from 'zod';
import { Tags } from './schema.ts';

/**
 * What the answers of AWS Organizations say together: parts of the organisation, its policies, what is attached where.
 * Several of them do not name what they are about; that comes from a map by id or the file's name.
 * https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html
 */
export interface OrganisationFacts {
  id: string | undefined;
  managementAccount: string | undefined;
  /** `ALL`; `CONSOLIDATED_BILLING` knows no policies; `NONE`: the account is in no organisation. */
  featureSet: string | undefined;
  /** Types of policy enabled, by root. */
  readonly roots: Map<string, readonly PolicyType[]>;
  /** Names by id. */
  readonly units: Map<string, string>;
  readonly accounts: Map<string, AccountFacts>;
  /** Parent by the id of a unit or an account. */
  readonly parents: Map<string, string>;
  readonly policies: Map<string, ControlPolicy>;
  /** Parts that a policy is attached to, by the policy. */
  readonly targets: Map<string, ReadonlySet<string>>;
  /** Policies attached to a part, by the part: `list-policies-for-target`. */
  readonly attached: Map<string, Set<string>>;
}

export interface AccountFacts {
  readonly id: string;
  readonly name: string | undefined;
  readonly status: string | undefined;
  readonly tags: { readonly [key: string]: string };
}

export type PolicyType = 'scp' | 'rcp';

export interface ControlPolicy {
  readonly id: string;
  readonly name: string;
  readonly type: PolicyType;
  /** JSON text; absent where only the list was exported. */
  readonly content: string | undefined;
}

export function newOrganisation(): OrganisationFacts {
  return {
    id: undefined,
    managementAccount: undefined,
    featureSet: undefined,
    roots: new Map(),
    units: new Map(),
    accounts: new Map(),
    parents: new Map(),
    policies: new Map(),
    targets: new Map(),
    attached: new Map(),
  };
}

const text = z.string().min(1);
const optional = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);
const TYPES: { readonly [type: string]: PolicyType } = {
  SERVICE_CONTROL_POLICY: 'scp',
  RESOURCE_CONTROL_POLICY: 'rcp',
};

const Organization = z.object({ Id: text, MasterAccountId: optional, FeatureSet: optional });
const PolicyTypes = z.array(z.object({ Type: text, Status: optional })).nullish();
const Root = z.object({ Id: z.string().regex(/^r-[0-9a-z]{4,32}$/, 'the id of a root'), PolicyTypes });
const Unit = z.object({
  Id: z.string().regex(/^ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}$/, 'the id of a unit'),
  Name: optional,
  Path: optional,
});
const Account = z.object({
  Id: z.string().regex(/^\d{12}$/, 'an account of 12 digits'),
  Name: optional,
  Status: optional,
  State: optional,
  Paths: z.array(z.string()).nullish(),
});
const Parent = z.object({ Id: z.string().regex(/^(?:r|ou)-[0-9a-z-]+$/, 'the id of a root or unit') });
const Child = z.object({ Id: text });
const PolicySummary = z.object({
  Id: z.string().regex(/^p-[0-9a-zA-Z_]{8,128}$/, 'the id of a policy'),
  Name: optional,
  Type: text,
});
const PolicyAnswer = z.object({ PolicySummary, Content: optional });
const Target = z.object({ TargetId: text, Type: optional, Name: optional });

/** The lists it reads, each with the field that holds it. */
const LISTS = ['Roots', 'OrganizationalUnits', 'Accounts', 'Parents', 'Children', 'Policies', 'Targets', 'Tags'] as const;

/** Is it an answer of Organizations? `Policies` and `Tags` are IAM's words too. */
export function isOrganisationAnswer(value: { readonly [key: string]: unknown }, subject: string | undefined): boolean {
  if ('Organization' in value || 'Roots' in value || 'OrganizationalUnits' in value || 'Accounts' in value) return true;
  if ('Targets' in value || 'Parents' in value || 'Children' in value) return true;
  if (typeof value.Policy === 'object' && value.Policy !== null && 'PolicySummary' in value.Policy) return true;
  if (
    Array.isArray(value.Policies) &&
    value.Policies.some((one) => typeof one?.Type === 'string' && one.Type.endsWith('_POLICY'))
  )
    return true;
  return subject !== undefined && isPart(subject) && ('Policies' in value || 'Tags' in value);
}

/** A root, unit or account. */
export function isPart(id: string): boolean {
  return /^(?:r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|\d{12})$/.test(id);
}

function isParent(id: string | undefined): id is string {
  return id !== undefined && /^(?:r|ou)-/.test(id);
}

export type Complain = (where: string, error: z.ZodError) => void;

/** `subject`: the part or policy that the answer is about, where it does not say. */
export function addOrganisationAnswer(
  facts: OrganisationFacts,
  value: { readonly [key: string]: unknown },
  subject: string | undefined,
  where: string,
  complain: Complain,
): void {
  const read = <T>(schema: z.ZodType<T>, raw: unknown, at: string): T | undefined => {
    const parsed = schema.safeParse(raw);
    if (parsed.success) return parsed.data;
    complain(at, parsed.error);
    return undefined;
  };
  if ('Organization' in value) {
    const one = read(Organization, value.Organization, `${where}.Organization`);
    if (one !== undefined) {
      facts.id = one.Id;
      facts.managementAccount = one.MasterAccountId;
      facts.featureSet = one.FeatureSet;
    }
  }
  if ('Policy' in value) {
    const one = read(PolicyAnswer, value.Policy, `${where}.Policy`);
    if (one !== undefined) addPolicy(facts, one.PolicySummary, one.Content);
  }
  for (const field of LISTS) {
    if (!(field in value)) continue;
    const list = read(z.array(z.unknown()), value[field], `${where}.${field}`) ?? [];
    if (field === 'Targets' && subject !== undefined && !facts.targets.has(subject)) facts.targets.set(subject, new Set());
    if (field === 'Policies' && subject !== undefined && isPart(subject))
      facts.attached.set(subject, facts.attached.get(subject) ?? new Set());
    if (field === 'Tags') {
      const tags = read(Tags, list, `${where}.Tags`);
      if (tags !== undefined && subject !== undefined && /^\d{12}$/.test(subject)) addAccount(facts, { Id: subject }, tags);
      continue;
    }
    for (const [index, raw] of list.entries()) {
      addOne(facts, field, subject, (schema) => read(schema, raw, `${where}.${field}[${index}]`));
    }
  }
}

function addOne(
  facts: OrganisationFacts,
  field: Exclude<(typeof LISTS)[number], 'Tags'>,
  subject: string | undefined,
  read: <T>(schema: z.ZodType<T>) => T | undefined,
): void {
  switch (field) {
    case 'Roots': {
      const root = read(Root);
      if (root === undefined) return;
      const enabled = (root.PolicyTypes ?? []).filter((one) => one.Status !== 'PENDING_DISABLE');
      facts.roots.set(
        root.Id,
        enabled.flatMap((one) => TYPES[one.Type] ?? []),
      );
      return;
    }
    case 'OrganizationalUnits': {
      const unit = read(Unit);
      if (unit === undefined) return;
      facts.units.set(unit.Id, unit.Name ?? unit.Id);
      if (isParent(subject)) facts.parents.set(unit.Id, subject);
      else addPath(facts, unit.Path, unit.Id);
      return;
    }
    case 'Accounts': {
      const account = read(Account);
      if (account === undefined) return;
      addAccount(facts, account, {});
      if (isParent(subject)) facts.parents.set(account.Id, subject);
      else for (const path of account.Paths ?? []) addPath(facts, path, account.Id);
      return;
    }
    case 'Parents': {
      const parent = read(Parent);
      if (parent !== undefined && subject !== undefined) facts.parents.set(subject, parent.Id);
      return;
    }
    case 'Children': {
      const child = read(Child);
      if (child !== undefined && isParent(subject)) facts.parents.set(child.Id, subject);
      return;
    }
    case 'Policies': {
      const policy = read(PolicySummary);
      if (policy === undefined || TYPES[policy.Type] === undefined) return;
      addPolicy(facts, policy, undefined);
      if (subject !== undefined && isPart(subject)) facts.attached.get(subject)?.add(policy.Id);
      return;
    }
    case 'Targets': {
      const target = read(Target);
      if (target === undefined || subject === undefined) return;
      facts.targets.set(subject, new Set([...(facts.targets.get(subject) ?? []), target.TargetId]));
      if (target.Type === 'ACCOUNT' && target.Name !== undefined)
        addAccount(facts, { Id: target.TargetId, Name: target.Name }, {});
    }
  }
}

function addAccount(
  facts: OrganisationFacts,
  raw: {
    readonly Id: string;
    readonly Name?: string | undefined;
    readonly Status?: string | undefined;
    readonly State?: string | undefined;
  },
  tags: { readonly [key: string]: string },
): void {
  const known = facts.accounts.get(raw.Id);
  facts.accounts.set(raw.Id, {
    id: raw.Id,
    name: raw.Name ?? known?.name,
    status: raw.State ?? raw.Status ?? known?.status,
    tags: { ...known?.tags, ...tags },
  });
}

function addPolicy(facts: OrganisationFacts, summary: z.infer<typeof PolicySummary>, content: string | undefined): void {
  const type = TYPES[summary.Type];
  if (type === undefined) return;
  const known = facts.policies.get(summary.Id);
  facts.policies.set(summary.Id, { id: summary.Id, name: summary.Name ?? summary.Id, type, content: content ?? known?.content });
}

/** `o-…/r-…/ou-…/ou-…/`, with or without the part itself at the end. */
function addPath(facts: OrganisationFacts, path: string | undefined, id: string): void {
  const parts = (path ?? '').split('/').filter((part) => isPart(part) && part !== id);
  for (const [index, part] of [...parts, id].entries()) {
    const parent = parts[index - 1];
    if (parent !== undefined) facts.parents.set(part, parent);
  }
}

/** Several files' facts as one; later ones win. */
export function mergeOrganisations(all: readonly OrganisationFacts[]): OrganisationFacts | undefined {
  const told = all.filter(tellsAnything);
  if (told.length === 0) return undefined;
  const merged = newOrganisation();
  for (const one of told) {
    merged.id = one.id ?? merged.id;
    merged.managementAccount = one.managementAccount ?? merged.managementAccount;
    merged.featureSet = one.featureSet ?? merged.featureSet;
    for (const [id, types] of one.roots) merged.roots.set(id, types);
    for (const [id, name] of one.units) merged.units.set(id, name);
    for (const account of one.accounts.values())
      addAccount(merged, { Id: account.id, Name: account.name, State: account.status }, account.tags);
    for (const [child, parent] of one.parents) merged.parents.set(child, parent);
    for (const [id, policy] of one.policies) {
      const known = merged.policies.get(id);
      merged.policies.set(id, { ...policy, content: policy.content ?? known?.content });
    }
    for (const [policy, targets] of one.targets) {
      merged.targets.set(policy, new Set([...(merged.targets.get(policy) ?? []), ...targets]));
    }
    for (const [part, policies] of one.attached) {
      merged.attached.set(part, new Set([...(merged.attached.get(part) ?? []), ...policies]));
    }
  }
  return merged;
}

export function tellsAnything(facts: OrganisationFacts): boolean {
  const { id, featureSet, roots, units, accounts, parents, policies, targets, attached } = facts;
  return (
    id !== undefined ||
    featureSet !== undefined ||
    [roots, units, accounts, parents, policies, targets, attached].some((map) => map.size > 0)
  );
}

/** Is the account one of the organisation's, as far as the input lists them? */
export function isMember(facts: OrganisationFacts, account: string): boolean {
  return facts.accounts.has(account) || facts.parents.has(account) || facts.managementAccount === account;
}
