import { entraAppId, type IdentityObservation, type JsonObject, type Location } from '../../src/contracts/index.ts';
import { declaredEnvironment, environmentOf } from '../../src/util/environment.ts';
import type { Answers } from './answers.ts';
import type { Directory } from './directory.ts';
import type { Application, DirectoryObject, ManagedIdentity, ServicePrincipal, ServicePrincipalActivity } from './schema.ts';

/** Tenants of Microsoft: their applications come with a subscription, and are not the customer's to look after. */
const MICROSOFT = new Set([
  'f8cdef31-a31e-4b4a-93e4-5f571e91255a',
  '72f988bf-86f1-41af-91ab-2d7cd011db47',
  '33e01921-4d64-4f8c-a055-5bdaffd5e33d',
  '975f013f-7f24-47e8-a7d3-abc4752bf346',
]);

export function* identityRows(answers: Answers, directory: Directory, at: Location): Generator<IdentityObservation> {
  const owners = ownersByIdentity(answers, directory);
  const told = new Set<string>();
  for (const app of answers.apps.values()) {
    const row = appRow(app, directory, at, owners.get(directory.identity(app.appId)));
    told.add(row.id);
    yield row;
  }
  for (const principal of answers.principals.values()) {
    const row = principalRow(principal, directory, at, owners.get(directory.identity(principal.appId)));
    told.add(row.id);
    yield row;
  }
  for (const one of answers.managed.values()) {
    const row = managedRow(one, directory, at);
    if (row !== undefined) yield row;
  }
  // Owners of what another file lists, and sign-ins.
  for (const [id, names] of owners) {
    if (told.has(id) || isGroup(answers, id)) continue;
    const owner = ownerOf(undefined, undefined, names);
    const name = id.split('/').at(-1) ?? id;
    if (owner.owner !== undefined)
      yield {
        kind: 'identity',
        id,
        provider: 'entra',
        type: 'service-principal',
        name,
        ...owner,
        at,
        detail: { owners: namesOf(names) },
      };
  }
  for (const one of answers.activities.values()) {
    const row = activityRow(one, directory, at);
    if (row !== undefined) yield row;
  }
}

function isGroup(answers: Answers, id: string): boolean {
  return answers.objects.get(id.split('/').at(-1) ?? '')?.type === 'Group';
}

function appRow(
  app: Application,
  directory: Directory,
  at: Location,
  owners: readonly DirectoryObject[] = [],
): IdentityObservation {
  const tenant = app.tenantId ?? directory.tenant;
  const tags = tagsOf(app.tags);
  const environment = environmentIn(tags, app.displayName);
  const owner = ownerOf(tags, app.notes, owners);
  const reference = app.serviceManagementReference;
  return {
    kind: 'identity',
    id: entraAppId(tenant, app.appId),
    provider: 'entra',
    type: 'app',
    name: app.displayName ?? app.appId,
    ...(tenant === undefined ? {} : { scope: tenant }),
    ...(environment === undefined ? {} : { environment }),
    ...(app.createdDateTime === undefined ? {} : { createdAt: app.createdDateTime }),
    ...(owner.owner === undefined && reference !== undefined
      ? { owner: reference, ownerBasis: 'serviceManagementReference' }
      : owner),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    at: { ...at, pointer: `applications/${app.objectId ?? app.appId}` },
    detail: plain({
      objectId: app.objectId,
      registration: true,
      signInAudience: app.signInAudience,
      serviceManagementReference: reference,
      ...(app.owners === undefined && owners.length === 0 ? {} : { owners: namesOf(owners) }),
      ...(app.isLocked === undefined ? {} : { instanceLock: app.isLocked }),
    }),
  };
}

function principalRow(
  principal: ServicePrincipal,
  directory: Directory,
  at: Location,
  owners: readonly DirectoryObject[] = [],
): IdentityObservation {
  const tenant = principal.tenantId ?? directory.tenant;
  const isManaged = principal.servicePrincipalType?.toLowerCase() === 'managedidentity';
  const tags = tagsOf(principal.tags);
  const name = principal.displayName ?? principal.appDisplayName ?? principal.appId;
  const environment = environmentIn(tags, name);
  const isMicrosofts = !isManaged && principal.home !== undefined && MICROSOFT.has(principal.home) && principal.home !== tenant;
  const resource = principal.alternativeNames.find((one) => one.startsWith('/subscriptions/'));
  return {
    kind: 'identity',
    id: entraAppId(tenant, principal.appId),
    provider: 'entra',
    type: isManaged ? 'managed-identity' : 'service-principal',
    name,
    ...(tenant === undefined ? {} : { scope: tenant }),
    ...(environment === undefined ? {} : { environment }),
    ...(principal.createdDateTime === undefined ? {} : { createdAt: principal.createdDateTime }),
    ...(principal.accountEnabled === undefined ? {} : { enabled: principal.accountEnabled }),
    ...ownerOf(tags, principal.notes, owners),
    ...(isMicrosofts ? { managed: true } : {}),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    at: { ...at, pointer: `servicePrincipals/${principal.objectId ?? principal.appId}` },
    detail: plain({
      objectId: principal.objectId,
      principal: true,
      principalType: principal.servicePrincipalType,
      homeTenant: principal.home,
      verifiedPublisher: principal.publisher,
      singleSignOn: principal.preferredSingleSignOnMode,
      ...(owners.length === 0 ? {} : { owners: namesOf(owners) }),
      resource,
      ...(isManaged && resource !== undefined ? { systemAssigned: !/\/userAssignedIdentities\//i.test(resource) } : {}),
    }),
  };
}

function managedRow(one: ManagedIdentity, directory: Directory, at: Location): IdentityObservation | undefined {
  if (one.clientId === undefined) return undefined;
  const tenant = one.tenantId ?? directory.tenant;
  const tags: Record<string, string> = {};
  for (const [key, value] of Object.entries(one.tags ?? {})) if (typeof value === 'string') tags[key] = value;
  const environment = environmentIn(tags, one.name, one.resourceGroup);
  return {
    kind: 'identity',
    id: entraAppId(tenant, one.clientId),
    provider: 'entra',
    type: 'managed-identity',
    name: one.name ?? one.clientId,
    ...(tenant === undefined ? {} : { scope: tenant }),
    ...(environment === undefined ? {} : { environment }),
    ...ownerOf(tags, undefined, []),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    at: { ...at, pointer: one.id ?? one.clientId },
    detail: plain({ objectId: one.principalId, resource: one.id, systemAssigned: false }),
  };
}

/** Named by its id alone: the lists tell the rest. */
function activityRow(one: ServicePrincipalActivity, directory: Directory, at: Location): IdentityObservation | undefined {
  if (one.lastUsedAt === undefined) return undefined;
  return {
    kind: 'identity',
    id: directory.app(one.appId),
    provider: 'entra',
    type: 'service-principal',
    name: one.appId,
    ...(directory.tenant === undefined ? {} : { scope: directory.tenant }),
    lastUsedAt: one.lastUsedAt,
    at: { ...at, pointer: `servicePrincipalSignInActivities/${one.appId}` },
  };
}

function ownersByIdentity(answers: Answers, directory: Directory): Map<string, DirectoryObject[]> {
  const owners = new Map<string, DirectoryObject[]>();
  for (const { parent, value } of answers.owners) {
    const id = directory.identity(parent);
    owners.set(id, [...(owners.get(id) ?? []), value]);
  }
  return owners;
}

const OWNER_TAGS = ['owner', 'contact', 'email', 'team', 'created-by'];
const ADDRESS = '[\\w.+-]+@[\\w-]+(?:\\.[\\w-]+)+';

/** A tag, then a person among the owners, then a word in the notes. Several owners are no dispute: the first stands for them. */
function ownerOf(
  tags: Readonly<Record<string, string>> | undefined,
  notes: string | undefined,
  owners: readonly DirectoryObject[],
): { readonly owner?: string; readonly ownerBasis?: string } {
  const byName = new Map(Object.entries(tags ?? {}).map(([key, value]) => [key.toLowerCase(), value]));
  for (const tag of OWNER_TAGS) {
    const value = byName.get(tag)?.trim();
    if (value !== undefined && value !== '') return { owner: value, ownerBasis: `tag:${tag}` };
  }
  const [first] = namesOf(owners);
  if (first !== undefined) return { owner: first, ownerBasis: 'app owner' };
  const noted =
    new RegExp(`\\b(?:owner|contact|team)\\s*[:=]\\s*(?<owner>${ADDRESS})`, 'i').exec(notes ?? '')?.groups?.owner ??
    new RegExp(`^\\s*(?<owner>${ADDRESS})\\s*$`).exec(notes ?? '')?.groups?.owner;
  return noted === undefined ? {} : { owner: noted, ownerBasis: 'notes' };
}

function namesOf(owners: readonly DirectoryObject[]): string[] {
  const names = owners.flatMap((one) => (one.type === 'ServicePrincipal' ? [] : (one.mail ?? one.userPrincipalName ?? [])));
  return [...new Set(names)].toSorted();
}

/** Tags of applications are bare words; `owner:payments` and `owner=payments` are a custom of many. */
function tagsOf(tags: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const tag of tags) {
    const pair = /^(?<key>[\w.-]{1,60})\s*[:=]\s*(?<value>[^:=].*)$/.exec(tag)?.groups;
    if (pair?.key !== undefined && pair.value !== undefined) found[pair.key] = pair.value;
    else found[tag] = '';
  }
  return found;
}

function environmentIn(tags: Readonly<Record<string, string>>, ...names: readonly (string | undefined)[]): string | undefined {
  const tag = Object.entries(tags).find(([key, value]) => /^(?:env|environment|stage)$/i.test(key) && value !== '');
  return tag === undefined ? environmentOf(...names) : declaredEnvironment(tag[1]);
}

function plain(detail: { readonly [key: string]: JsonObject[string] | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(detail).filter((pair): pair is [string, JsonObject[string]] => pair[1] !== undefined));
}
