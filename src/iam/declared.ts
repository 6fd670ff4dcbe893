import {
  awsRoleId,
  awsUserId,
  type IdentityId,
  identityIdFromArn,
  type Json,
  type JsonObject,
  type Location,
  type Observation,
  parseIdentityId,
} from '../contracts/index.ts';
import { type PolicyDocument, readPolicyDocument } from './document.ts';
import { type GrantTally, grantRows } from './grants.ts';
import { createJudge, type Judge } from './judge.ts';
import { knownManagedPolicy } from './managed-policies.ts';
import type { Group, Limit, ManagedPolicy, Policy, Subject } from './subject.ts';
import { readTags } from './tags.ts';
import { readTrust, trustingOf } from './trust.ts';

/**
 * Users and roles as infrastructure code declares them, judged as those of an account are. What code leaves open has a
 * stand-in: the account is twelve zeros, a name is `{ADDRESS}`; neither leaves this module.
 */
export interface DeclaredEstate {
  readonly principals: readonly DeclaredPrincipal[];
  readonly groups: readonly DeclaredGroup[];
  readonly managed: readonly DeclaredManagedPolicy[];
  /** The name for an identity id, of a name that may be a stand-in. */
  localName(name: string): { readonly name: string; readonly isSymbolic: boolean };
  readonly platform: string;
}

export interface DeclaredDocument {
  /** JSON, as text or read. */
  readonly document: unknown;
  /** Of a statement (1-based), or of the whole (0). */
  readonly place: (statement: number) => Location;
}

interface HasPolicies {
  readonly name: string;
  readonly account?: string;
  readonly inline: readonly (DeclaredDocument & { readonly name: string })[];
  /** Managed policies, and where each is given. */
  readonly attached: readonly { readonly arn: string; readonly at: Location }[];
}

export interface DeclaredPrincipal extends HasPolicies {
  readonly type: 'user' | 'role';
  readonly tags: { readonly [key: string]: string };
  readonly boundary?: string;
  readonly trust?: DeclaredDocument;
  readonly groups: readonly string[];
  readonly onInstances?: boolean;
  /** False for one that is only given policies here. */
  readonly isDeclared: boolean;
  readonly address: string;
  readonly at: Location;
  readonly createdAt?: string;
  readonly lastUsedAt?: string;
  readonly uniqueId?: string;
}

export type DeclaredGroup = HasPolicies;

export interface DeclaredManagedPolicy extends DeclaredDocument {
  readonly arn: string;
}

/** Stands for the account of a declaration that does not tell it. */
export const OWN_ACCOUNT = '000000000000';

export interface DeclaredRows {
  /** Identity, grants and trust of one. */
  rows(principal: DeclaredPrincipal): Generator<Observation>;
  idOf(principal: Pick<DeclaredPrincipal, 'type' | 'name' | 'account'>): IdentityId;
  /** The identity that an ARN names, stand-ins seen to. */
  idOfArn(arn: string): IdentityId | undefined;
}

export function declaredRows(estate: DeclaredEstate, now: Date, tally: GrantTally): DeclaredRows {
  const documents = new Map<string, Compiled>();
  for (const policy of estate.managed) {
    const compiled = compile(policy, policy.arn, tally);
    if (compiled !== undefined) documents.set(policy.arn, compiled);
  }
  const managed = new Map<string, ManagedPolicy>(
    [...documents].map(([arn, { document }]) => [arn, { arn, defaultVersion: document, otherVersions: [] }]),
  );
  const groups = new Map<string, Group & { readonly missing: readonly string[] }>();
  for (const group of estate.groups) {
    const missing: string[] = [];
    const arn = `arn:aws:iam::${group.account ?? OWN_ACCOUNT}:group/${group.name}`;
    groups.set(group.name, {
      arn,
      name: group.name,
      policies: policiesOf(group, `group:${group.name}`, documents, missing, tally),
      missing,
    });
  }
  const subjects = new Map(estate.principals.map((principal) => [principal, subjectOf(principal, documents, groups, tally)]));
  let judge: Judge | undefined;

  function idOfArn(arn: string): IdentityId | undefined {
    const id = identityIdFromArn(arn);
    return id === undefined ? undefined : canonical(id, estate);
  }
  return {
    idOfArn,
    idOf: ({ type, name, account }) => (type === 'user' ? awsUserId : awsRoleId)(account, estate.localName(name).name),
    *rows(principal) {
      const subject = subjects.get(principal);
      if (subject === undefined) return;
      judge ??= createJudge({ subjects: [...subjects.values()], groups: [...groups.values()], managed }, now);
      if (principal.isDeclared) yield identityRow(principal, subject, estate);
      const at = { ...principal.at, pointer: principal.address };
      for (const row of [...grantRows(subject, judge, at, tally), ...trustRows(principal, subject, { judge, now }, at)]) {
        const { at: place, ...said } = row;
        yield { ...(cleaned(said, estate) as typeof row), ...(place === undefined ? {} : { at: place }) };
      }
    },
  };
}

interface Compiled {
  readonly document: PolicyDocument;
  readonly place: (statement: number) => Location;
}

function compile({ document: raw, place }: DeclaredDocument, name: string, tally: GrantTally): Compiled | undefined {
  const read = readPolicyDocument(raw);
  if (read.ok) return { document: read.document, place };
  tally.malformed.add(`${readable(name)}: ${read.why}`);
  return undefined;
}

function policiesOf(
  holder: HasPolicies,
  kind: string,
  documents: ReadonlyMap<string, Compiled>,
  missing: string[],
  tally: GrantTally,
): Policy[] {
  const found: Policy[] = [];
  for (const { arn: name, at } of holder.attached) {
    const own = documents.get(name);
    const catalogued = own === undefined ? knownManagedPolicy(name) : undefined;
    if (own !== undefined) found.push({ name, kind, inline: false, ...own });
    else if (catalogued !== undefined) {
      const place = () => at;
      found.push({
        name,
        kind,
        inline: false,
        place,
        document: catalogued.document,
        ...(catalogued.complete ? {} : { summary: true }),
      });
    } else missing.push(readable(name));
  }
  for (const inline of holder.inline) {
    const own = compile(inline, `inline policy ${inline.name} of ${holder.name}`, tally);
    if (own === undefined) missing.push(readable(inline.name));
    else found.push({ name: inline.name, kind: kind === 'attached' ? 'inline' : kind, inline: true, ...own });
  }
  return found;
}

function subjectOf(
  principal: DeclaredPrincipal,
  documents: ReadonlyMap<string, Compiled>,
  groups: ReadonlyMap<string, Group & { readonly missing: readonly string[] }>,
  tally: GrantTally,
): Subject {
  const { type, name, account = OWN_ACCOUNT, boundary } = principal;
  const missing: string[] = [];
  const policies = policiesOf(principal, 'attached', documents, missing, tally);
  const mine = principal.groups.flatMap((group) => groups.get(group) ?? []);
  const trust = principal.trust === undefined ? undefined : compile(principal.trust, `trust of ${principal.address}`, tally);
  return {
    arn: `arn:aws:iam::${account}:${type}/${name}`,
    partition: 'aws',
    account,
    type,
    name,
    tags: principal.tags,
    policies: [...policies, ...mine.flatMap((group) => group.policies)],
    limits: boundary === undefined ? [] : [limitOf(boundary, documents)],
    missing: [...missing, ...mine.flatMap((group) => group.missing)],
    groups: mine,
    ...(trust === undefined ? {} : { trust: trust.document }),
    ...(principal.onInstances === true ? { onInstances: true } : {}),
  };
}

function limitOf(arn: string, documents: ReadonlyMap<string, Compiled>): Limit {
  const title = `permissions boundary ${arn}`;
  const document = documents.get(arn)?.document ?? knownManagedPolicy(arn)?.document;
  if (document === undefined) return { title, known: false, policies: [] };
  return { title, known: true, policies: [{ name: arn, kind: 'boundary', inline: false, document }] };
}

function identityRow(principal: DeclaredPrincipal, subject: Subject, estate: DeclaredEstate): Observation {
  const { type, account, address, createdAt, lastUsedAt, uniqueId } = principal;
  const { name, isSymbolic } = estate.localName(principal.name);
  return {
    kind: 'identity',
    id: (type === 'user' ? awsUserId : awsRoleId)(account, name),
    provider: 'aws',
    type,
    name: isSymbolic ? address : name,
    ...(account === undefined ? {} : { scope: account }),
    ...readTags(principal.tags),
    ...(createdAt === undefined || type === 'role' ? {} : { createdAt }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    at: { ...principal.at, pointer: address },
    detail: {
      platform: estate.platform,
      address,
      ...(isSymbolic ? { symbolic: true } : {}),
      // A role's age beside no word of its use would read as one that was never used.
      ...(createdAt === undefined || type === 'user' ? {} : { createdAt }),
      ...(uniqueId === undefined ? {} : { uniqueId }),
      ...(principal.boundary === undefined ? {} : { permissionsBoundary: readable(principal.boundary) }),
      ...(subject.missing.length === 0 ? {} : { policiesWithoutDocument: subject.missing }),
      ...(principal.groups.length === 0 ? {} : { groups: principal.groups.map(readable) }),
    },
  };
}

function* trustRows(
  principal: DeclaredPrincipal,
  subject: Subject,
  { judge, now }: { readonly judge: Judge; readonly now: Date },
  at: Location,
): Generator<Observation> {
  const role = trustingOf(subject, now);
  if (role === undefined) return;
  const identity = identityIdFromArn(subject.arn) ?? subject.arn;
  for (const { statement, detail, ...row } of readTrust(role)) {
    const { crossAccount, ...more } = detail;
    // Whether an account is a foreign one can be told only of one's own, and where that is known.
    const isOfCaller = row.effect === 'allow' && row.principalType === 'identity' && crossAccount !== true;
    // The policies of a caller of another account may be declared elsewhere.
    const judged = isOfCaller ? judge.admits(subject, row.principal) : undefined;
    const isOpen = subject.account === OWN_ACCOUNT && crossAccount === true;
    const told: JsonObject = {
      ...more,
      ...(isOpen ? { accountUnknown: true } : crossAccount === undefined ? {} : { crossAccount }),
      ...(judged === undefined ? {} : { judged }),
    };
    const place = principal.trust?.place(statement.number);
    yield {
      kind: 'trust',
      identity,
      ...row,
      at: place === undefined ? at : { ...place, pointer: at.pointer ?? principal.address },
      ...(Object.keys(told).length === 0 ? {} : { detail: told }),
    };
  }
}

/** Stand-ins replaced in all that a row says. */
function cleaned(row: object, estate: DeclaredEstate): object {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, cleanedValue(key, value as Json, estate)]));
}

function cleanedValue(key: string, value: Json, estate: DeclaredEstate): Json {
  if (typeof value === 'string') {
    if (key === 'identity' || key === 'principal') return canonical(value, estate) ?? readable(value);
    return readable(value);
  }
  if (Array.isArray(value)) return value.map((item) => cleanedValue('', item, estate));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([inner, one]) => [readable(inner), cleanedValue('', one as Json, estate)]),
    );
  }
  return value;
}

function canonical(id: string, estate: DeclaredEstate): IdentityId | undefined {
  if (id === OWN_ACCOUNT) return '-';
  const parts = id.startsWith('aws:') ? parseIdentityId(id) : undefined;
  if (parts === undefined) return undefined;
  const account = parts.scope === OWN_ACCOUNT ? undefined : parts.scope;
  if (parts.type === 'user') return awsUserId(account, estate.localName(parts.name).name);
  if (parts.type === 'role') return awsRoleId(account, estate.localName(parts.name).name);
  return id.replace(`aws:${OWN_ACCOUNT}:`, 'aws:-:');
}

/** `arn:aws:iam::000000000000:policy/{aws_iam_policy.deploy}` → `arn:aws:iam::-:policy/aws_iam_policy.deploy` */
function readable(text: string): string {
  return text
    .replaceAll(OWN_ACCOUNT, '-')
    .replace(/(?<!\$)\{(?<address>[a-zA-Z][^{}\s"]*)\}/g, (_, address: string) => address.replaceAll('|', '/'));
}
