import type { JsonObject, Observation } from '../../src/contracts/index.ts';
import { identityIdFromArn, type Location } from '../../src/contracts/index.ts';
import { type GrantTally, grantRows } from '../../src/iam/grants.ts';
import { readTrust, type Subject, trustingOf } from '../../src/iam/index.ts';
import { readTags } from '../../src/iam/tags.ts';
import { declaredEnvironment, environmentOf } from '../../src/util/environment.ts';
import type { Details } from './authorization-details.ts';
import { type Compiled, isServiceLinked } from './estate.ts';
import type { IdentityCenter } from './identity-center.ts';
import { lastUseOf, type ServiceLastAccessed, unusedRights, unusedRow } from './last-accessed.ts';
import { type AccountFacts, isMember, type OrganisationFacts } from './organisation.ts';
import type { RolesAnywhere } from './roles-anywhere.ts';
import type { RoleDetail, UserDetail } from './schema.ts';
import { vendorOf } from './vendors.ts';

/** What principals are judged by: all that is known of their accounts, from whatever files. */
export interface World {
  readonly now: Date;
  readonly compiled: Compiled;
  readonly organisation: OrganisationFacts | undefined;
  /** By ARN. */
  readonly lastAccessed: ReadonlyMap<string, ServiceLastAccessed>;
  readonly rolesAnywhere: RolesAnywhere;
  readonly center: IdentityCenter;
}

/** Everything that `own` details tell: identities, grants, trust; what was left out is counted in the tally. */
export function* readPrincipals(own: Details, world: World, at: Location, tally: GrantTally): Generator<Observation> {
  const { compiled, organisation } = world;
  for (const arn of own.policies.keys()) {
    const why = compiled.malformed.get(arn);
    if (why !== undefined) tally.malformed.add(why);
  }
  for (const user of own.users.values()) {
    const subject = compiled.subjects.get(user.arn);
    if (subject === undefined) continue;
    const usedAt = lastUseOf(undefined, world.lastAccessed.get(user.arn));
    yield userIdentity(user, subject, usedAt, organisation?.accounts.get(subject.account), at);
    yield* rightsOf(subject, user.createdAt, world, { ...at, pointer: user.arn }, tally);
  }
  for (const role of own.roles.values()) {
    const subject = compiled.subjects.get(role.arn);
    if (subject === undefined) continue;
    const usedAt = lastUseOf(role.lastUsedAt, world.lastAccessed.get(role.arn));
    yield roleIdentity(role, subject, usedAt, organisation?.accounts.get(subject.account), at);
    yield* rightsOf(subject, role.createdAt, world, { ...at, pointer: role.arn }, tally);
    yield* trustRows(subject, world, { ...at, pointer: role.arn });
  }
}

function* rightsOf(
  subject: Subject,
  createdAt: string | undefined,
  { compiled, lastAccessed }: World,
  at: Location,
  tally: GrantTally,
): Generator<Observation> {
  const mine = compiled.tallies.get(subject.arn);
  for (const one of mine?.missing ?? []) tally.missing.add(one);
  for (const one of mine?.malformed ?? []) tally.malformed.add(one);
  const unheard = (compiled.without.get(subject.account) ?? []).map((what) => `without ${what}`);
  yield* grantRows(subject, { ...compiled.judge, unheard }, at, tally);
  const used = lastAccessed.get(subject.arn);
  if (used === undefined) return;
  const unused = unusedRights(subject, createdAt, used);
  const row = unused === undefined ? undefined : unusedRow(subject, unused, used, at);
  if (row !== undefined) yield row;
}

/** In the name of an account the word says what it is for. */
function testAccount(name: string | undefined): string | undefined {
  return /(?:^|[^a-z])test(?:ing)?(?:[^a-z]|$)/i.test(name ?? '') ? 'test' : undefined;
}

/** Tags of the principal go before those of its account, and these before the account's name. */
function placed(tags: { readonly [key: string]: string }, account: AccountFacts | undefined): ReturnType<typeof readTags> {
  const own = readTags(tags);
  if (own.environment !== undefined || account === undefined) return own;
  const environment = readTags(account.tags).environment ?? environmentOf(account.name) ?? testAccount(account.name);
  return environment === undefined ? own : { ...own, environment: declaredEnvironment(environment) };
}

function userIdentity(
  raw: UserDetail,
  subject: Subject,
  usedAt: string | undefined,
  account: AccountFacts | undefined,
  at: Location,
): Observation {
  return {
    kind: 'identity',
    id: identityIdFromArn(raw.arn) ?? raw.arn,
    provider: 'aws',
    type: 'user',
    name: raw.name,
    scope: subject.account,
    ...placed(raw.tags, account),
    ...(raw.createdAt === undefined ? {} : { createdAt: raw.createdAt }),
    ...(usedAt === undefined ? {} : { lastUsedAt: usedAt }),
    at: { ...at, pointer: raw.arn },
    detail: {
      arn: raw.arn,
      path: raw.path,
      ...(raw.groups.length === 0 ? {} : { groups: raw.groups }),
      ...(account?.name === undefined ? {} : { accountName: account.name }),
      ...limitsDetail(raw.boundary, subject),
    },
  };
}

function roleIdentity(
  raw: RoleDetail,
  subject: Subject,
  usedAt: string | undefined,
  account: AccountFacts | undefined,
  at: Location,
): Observation {
  const managed = isServiceLinked(raw.path) || raw.path.startsWith('/aws-reserved/') || raw.name.startsWith('AWSReservedSSO_');
  return {
    kind: 'identity',
    id: identityIdFromArn(raw.arn) ?? raw.arn,
    provider: 'aws',
    type: 'role',
    name: raw.name,
    scope: subject.account,
    ...placed(raw.tags, account),
    ...(raw.createdAt === undefined ? {} : { createdAt: raw.createdAt }),
    ...(usedAt === undefined ? {} : { lastUsedAt: usedAt }),
    ...(managed ? { managed } : {}),
    at: { ...at, pointer: raw.arn },
    detail: {
      arn: raw.arn,
      path: raw.path,
      ...(raw.lastUsedRegion === undefined || usedAt !== raw.lastUsedAt ? {} : { lastUsedRegion: raw.lastUsedRegion }),
      ...(raw.instanceProfiles === 0 ? {} : { instanceProfiles: raw.instanceProfiles }),
      ...(account?.name === undefined ? {} : { accountName: account.name }),
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

function* trustRows(subject: Subject, { compiled, organisation, now }: World, at: Location): Generator<Observation> {
  const role = trustingOf(subject, now);
  if (role === undefined) return;
  const identity = identityIdFromArn(subject.arn) ?? subject.arn;
  for (const { statement, detail: told, ...row } of readTrust(role)) {
    const isOfCaller = row.effect === 'allow' && row.principalType === 'identity';
    const judged = isOfCaller ? compiled.judge.admits(subject, row.principal) : undefined;
    const detail = {
      ...told,
      ...outsideDetail(row.principal, told, organisation),
      ...(judged === undefined ? {} : { judged }),
    };
    yield { kind: 'trust', identity, ...row, at, ...(Object.keys(detail).length === 0 ? {} : { detail }) };
  }
}

/** Of another account: is it one of the organisation's, and if not, whose is it? */
function outsideDetail(principal: string, told: JsonObject, organisation: OrganisationFacts | undefined): JsonObject {
  const account = told.crossAccount === true ? /(?<!\d)\d{12}(?!\d)/.exec(principal)?.[0] : undefined;
  if (account === undefined) return {};
  const vendor = vendorOf(account);
  const isListed = organisation !== undefined && organisation.accounts.size > 0;
  return {
    account,
    ...(isListed ? { inOrganisation: isMember(organisation, account) } : {}),
    ...(vendor === undefined ? {} : { vendor }),
  };
}
