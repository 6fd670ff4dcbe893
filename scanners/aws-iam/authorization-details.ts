import type { z } from 'zod';
import type { JsonObject, Observation } from '../../src/contracts/index.ts';
import { identityIdFromArn, type Location } from '../../src/contracts/index.ts';
import { type GrantTally, grantRows } from '../../src/iam/grants.ts';
import {
  createJudge,
  type Estate,
  type Group,
  knownManagedPolicy,
  type Limit,
  type ManagedPolicy,
  type Policy,
  type PolicyDocument,
  readPolicyDocument,
  readTrust,
  type Subject,
} from '../../src/iam/index.ts';
import { readTags } from '../../src/iam/tags.ts';
import { GroupDetail, PolicyDetail, RoleDetail, UserDetail } from './schema.ts';

/** What several pages of `get-account-authorization-details` say together, by ARN so that a page read twice counts once. */
export interface Details {
  readonly users: Map<string, UserDetail>;
  readonly groups: Map<string, GroupDetail>;
  readonly roles: Map<string, RoleDetail>;
  readonly policies: Map<string, PolicyDetail>;
  /** Entries that could not be read, as `UserDetailList[3].Arn: …`; a person fixes the export by them. */
  readonly problems: string[];
}

export function newDetails(): Details {
  return { users: new Map(), groups: new Map(), roles: new Map(), policies: new Map(), problems: [] };
}

/** Adds one page. */
export function addPage(details: Details, page: { readonly [key: string]: unknown }): void {
  addList(details, page, 'UserDetailList', UserDetail, details.users);
  addList(details, page, 'GroupDetailList', GroupDetail, details.groups);
  addList(details, page, 'RoleDetailList', RoleDetail, details.roles);
  addList(details, page, 'Policies', PolicyDetail, details.policies);
}

function addList<T extends { readonly arn: string }>(
  details: Details,
  page: { readonly [key: string]: unknown },
  field: string,
  schema: z.ZodType<T>,
  into: Map<string, T>,
): void {
  const list = page[field];
  if (list === undefined || list === null) return;
  if (!Array.isArray(list)) {
    details.problems.push(`${field} is not a list`);
    return;
  }
  for (const [index, raw] of list.entries()) {
    const parsed = schema.safeParse(raw);
    if (parsed.success) into.set(parsed.data.arn, parsed.data);
    else details.problems.push(problemText(`${field}[${index}]`, parsed.error));
  }
}

/** `AccessKeyMetadata[2].CreateDate: invalid input`: the field first, so that it is found. */
export function problemText(where: string, error: z.ZodError): string {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `${where}${path}: ${issue?.message ?? 'not as expected'}`;
}

/** Everything the details tell: identities, grants, trust; what was left out is counted in the tally. */
export function* readDetails(details: Details, at: Location, now: Date, tally: GrantTally): Generator<Observation> {
  const policies = compilePolicies(details, tally);
  const groups = new Map([...details.groups.values()].map((group) => [group.arn, compileGroup(group, policies, tally)]));
  const subjects = new Map<string, Subject>();
  for (const user of details.users.values()) subjects.set(user.arn, compileUser(user, groups, policies, tally));
  for (const role of details.roles.values()) subjects.set(role.arn, compileRole(role, policies, tally));
  const estate: Estate = {
    subjects: [...subjects.values()],
    groups: [...groups.values()].map((one) => one.group),
    managed: policies.managed,
  };
  const judge = createJudge(estate, now);
  for (const user of details.users.values()) {
    const subject = subjects.get(user.arn);
    if (subject === undefined) continue;
    yield userIdentity(user, subject, at);
    yield* grantRows(subject, judge, { ...at, pointer: user.arn }, tally);
  }
  for (const role of details.roles.values()) {
    const subject = subjects.get(role.arn);
    if (subject === undefined) continue;
    yield roleIdentity(role, subject, at);
    yield* grantRows(subject, judge, { ...at, pointer: role.arn }, tally);
    yield* trustRows(subject, { ...at, pointer: role.arn });
  }
}

interface Policies {
  readonly documents: ReadonlyMap<string, PolicyDocument>;
  readonly managed: ReadonlyMap<string, ManagedPolicy>;
}

interface CompiledGroup {
  readonly group: Group;
  readonly missing: readonly string[];
}

function compilePolicies(details: Details, tally: GrantTally): Policies {
  const documents = new Map<string, PolicyDocument>();
  const managed = new Map<string, ManagedPolicy>();
  for (const { arn, versions } of details.policies.values()) {
    const others: PolicyDocument[] = [];
    for (const version of versions) {
      const read = readPolicyDocument(version.document);
      if (!read.ok) {
        if (version.isDefault) tally.malformed.add(`${arn}: ${read.why}`);
      } else if (version.isDefault || versions.length === 1) documents.set(arn, read.document);
      else others.push(read.document);
    }
    managed.set(arn, { arn, defaultVersion: documents.get(arn), otherVersions: others });
  }
  return { documents, managed };
}

function compileGroup(raw: GroupDetail, policies: Policies, tally: GrantTally): CompiledGroup {
  const missing: string[] = [];
  const kind = `group:${raw.name}`;
  const all = [...attachedPolicies(raw.attached, kind, policies, missing, tally), ...inlinePolicies(raw, kind, missing, tally)];
  return { group: { arn: raw.arn, name: raw.name, policies: all }, missing };
}

function compileUser(
  raw: UserDetail,
  groups: ReadonlyMap<string, CompiledGroup>,
  policies: Policies,
  tally: GrantTally,
): Subject {
  const { partition, account } = arnParts(raw.arn);
  const missing: string[] = [];
  const mine: CompiledGroup[] = [];
  for (const name of raw.groups) {
    // The user names its groups without path; names are unique in an account.
    const found = [...groups.values()].find((one) => one.group.name === name && arnParts(one.group.arn).account === account);
    if (found === undefined) {
      missing.push(`group ${name}`);
      tally.missing.add(`group ${name}`);
    } else mine.push(found);
  }
  const own = [
    ...attachedPolicies(raw.attached, 'attached', policies, missing, tally),
    ...inlinePolicies(raw, 'inline', missing, tally),
    ...mine.flatMap((one) => one.group.policies),
  ];
  return {
    arn: raw.arn,
    partition,
    account,
    type: 'user',
    name: raw.name,
    tags: raw.tags,
    policies: own,
    limits: boundaryLimit(raw.boundary, policies, tally),
    missing: [...missing, ...mine.flatMap((one) => one.missing)],
    groups: mine.map((one) => one.group),
  };
}

function compileRole(raw: RoleDetail, policies: Policies, tally: GrantTally): Subject {
  const { partition, account } = arnParts(raw.arn);
  const missing: string[] = [];
  const trust = readPolicyDocument(raw.trust);
  if (!trust.ok) tally.malformed.add(`${raw.arn} AssumeRolePolicyDocument: ${trust.why}`);
  return {
    arn: raw.arn,
    partition,
    account,
    type: 'role',
    name: raw.name,
    tags: raw.tags,
    policies: [
      ...attachedPolicies(raw.attached, 'attached', policies, missing, tally),
      ...inlinePolicies(raw, 'inline', missing, tally),
    ],
    limits: boundaryLimit(raw.boundary, policies, tally),
    missing,
    groups: [],
    ...(trust.ok ? { trust: trust.document } : {}),
    onInstances: raw.instanceProfiles > 0,
    serviceLinked: isServiceLinked(raw.path),
  };
}

function attachedPolicies(
  arns: readonly string[],
  kind: string,
  policies: Policies,
  missing: string[],
  tally: GrantTally,
): Policy[] {
  const found: Policy[] = [];
  for (const name of arns) {
    const document = policies.documents.get(name);
    const known = document === undefined ? knownManagedPolicy(name) : undefined;
    if (document !== undefined) found.push({ name, kind, inline: false, document });
    else if (known !== undefined) {
      found.push({ name, kind, inline: false, document: known.document, ...(known.complete ? {} : { summary: true }) });
    }
    if (document === undefined && known?.complete !== true) {
      tally.missing.add(name);
      if (known === undefined) missing.push(name);
    }
  }
  return found;
}

function inlinePolicies(
  raw: { readonly arn: string; readonly inline: readonly { readonly name: string; readonly document: unknown }[] },
  kind: string,
  missing: string[],
  tally: GrantTally,
): Policy[] {
  const found: Policy[] = [];
  for (const { name, document } of raw.inline) {
    const read = readPolicyDocument(document);
    if (read.ok) found.push({ name, kind, inline: true, document: read.document });
    else {
      missing.push(name);
      tally.malformed.add(`${raw.arn} inline policy ${name}: ${read.why}`);
    }
  }
  return found;
}

function boundaryLimit(arn: string | undefined, policies: Policies, tally: GrantTally): Limit[] {
  if (arn === undefined) return [];
  const title = `permissions boundary ${arn}`;
  const document = policies.documents.get(arn) ?? knownManagedPolicy(arn)?.document;
  if (document === undefined) {
    tally.missing.add(arn);
    return [{ title, known: false, policies: [] }];
  }
  return [{ title, known: true, policies: [{ name: arn, kind: 'boundary', inline: false, document }] }];
}

function userIdentity(raw: UserDetail, subject: Subject, at: Location): Observation {
  return {
    kind: 'identity',
    id: identityIdFromArn(raw.arn) ?? raw.arn,
    provider: 'aws',
    type: 'user',
    name: raw.name,
    scope: subject.account,
    ...readTags(raw.tags),
    ...(raw.createdAt === undefined ? {} : { createdAt: raw.createdAt }),
    at: { ...at, pointer: raw.arn },
    detail: {
      arn: raw.arn,
      path: raw.path,
      ...(raw.groups.length === 0 ? {} : { groups: raw.groups }),
      ...limitsDetail(raw.boundary, subject),
    },
  };
}

function roleIdentity(raw: RoleDetail, subject: Subject, at: Location): Observation {
  const managed = isServiceLinked(raw.path) || raw.path.startsWith('/aws-reserved/') || raw.name.startsWith('AWSReservedSSO_');
  return {
    kind: 'identity',
    id: identityIdFromArn(raw.arn) ?? raw.arn,
    provider: 'aws',
    type: 'role',
    name: raw.name,
    scope: subject.account,
    ...readTags(raw.tags),
    ...(raw.createdAt === undefined ? {} : { createdAt: raw.createdAt }),
    ...(raw.lastUsedAt === undefined ? {} : { lastUsedAt: raw.lastUsedAt }),
    ...(managed ? { managed } : {}),
    at: { ...at, pointer: raw.arn },
    detail: {
      arn: raw.arn,
      path: raw.path,
      ...(raw.lastUsedRegion === undefined ? {} : { lastUsedRegion: raw.lastUsedRegion }),
      ...(raw.instanceProfiles === 0 ? {} : { instanceProfiles: raw.instanceProfiles }),
      ...limitsDetail(raw.boundary, subject),
    },
  };
}

/** AWS attaches its quarantine policy to a user whose key it found in public. */
function limitsDetail(boundary: string | undefined, subject: Subject): JsonObject {
  const names = [...subject.policies.map((policy) => policy.name), ...subject.missing];
  return {
    ...(boundary === undefined ? {} : { permissionsBoundary: boundary }),
    ...(subject.missing.length === 0 ? {} : { policiesWithoutDocument: subject.missing }),
    ...(names.some((name) => name.includes('policy/AWSCompromisedKeyQuarantine')) ? { quarantined: true } : {}),
  };
}

function* trustRows(subject: Subject, at: Location): Generator<Observation> {
  if (subject.trust === undefined) return;
  const identity = identityIdFromArn(subject.arn) ?? subject.arn;
  for (const { statement, detail, ...row } of readTrust(subject.trust, subject.account)) {
    yield { kind: 'trust', identity, ...row, at, ...(Object.keys(detail).length === 0 ? {} : { detail }) };
  }
}

function isServiceLinked(path: string): boolean {
  return path.startsWith('/aws-service-role/');
}

function arnParts(arn: string): { readonly partition: string; readonly account: string } {
  const [, partition = 'aws', , , account = ''] = arn.split(':');
  return { partition, account };
}
