import type { z } from 'zod';
import { isGuid } from './guid.ts';
import { fromPowerShell } from './powershell.ts';
import {
  Application,
  AppPolicy,
  AppRole,
  AppRoleAssignment,
  AzureRole,
  CredentialActivity,
  DelegatedGrant,
  DirectoryObject,
  DirectoryRole,
  FederatedCredential,
  ManagedIdentity,
  RoleAssignment,
  ServicePrincipal,
  ServicePrincipalActivity,
  Vault,
} from './schema.ts';

/** All that the JSON values of one file, or the answers of one tenant, say, sorted by what they are. */
export interface Answers {
  readonly apps: Map<string, Application>;
  readonly principals: Map<string, ServicePrincipal>;
  readonly managed: Map<string, ManagedIdentity>;
  readonly federated: Of<FederatedCredential>[];
  readonly owners: Of<DirectoryObject>[];
  readonly members: Of<DirectoryObject>[];
  readonly appRoles: Map<string, AppRoleAssignment>;
  readonly delegated: Map<string, DelegatedGrant>;
  readonly directoryAssignments: Map<string, RoleAssignment>;
  readonly azureAssignments: Map<string, RoleAssignment>;
  readonly azureRoles: Map<string, AzureRole>;
  readonly directoryRoles: Map<string, DirectoryRole>;
  readonly activities: Map<string, ServicePrincipalActivity>;
  readonly keyActivities: Map<string, CredentialActivity>;
  readonly policies: AppPolicy[];
  readonly vaults: Map<string, Vault>;
  /** Names of app roles by id, as the service principals that have them tell. */
  readonly roleNames: Map<string, string>;
  /** Users, groups and principals that are met inside other answers, by object id. */
  readonly objects: Map<string, DirectoryObject>;
  readonly tenants: Set<string>;
  readonly kinds: Set<AnswerKind>;
  readonly problems: string[];
  /** Lists that go on elsewhere. */
  readonly truncated: Set<string>;
  /** Items of kinds that are not read here. */
  others: number;
  seen: number;
}

/** Something of an application, a principal or a group, which is named by its object id, its client id or its address in Azure. */
interface Of<T> {
  readonly parent: string;
  readonly value: T;
}

export type AnswerKind =
  | 'app registrations'
  | 'service principals'
  | 'managed identities'
  | 'federated credentials'
  | 'owners'
  | 'group members'
  | 'application permissions'
  | 'delegated permissions'
  | 'directory roles'
  | 'Azure roles'
  | 'role definitions'
  | 'vault access policies'
  | 'service-principal sign-ins'
  | 'credential sign-ins'
  | 'app management policies'
  | 'tenant';

type Raw = { readonly [key: string]: unknown };

interface Place {
  /** In words, for problems: `value 2.value[3]`. */
  readonly where: string;
  /** Of what the items are, where the answer or the file's name says it. */
  readonly parent?: string | undefined;
  readonly set?: 'applications' | 'servicePrincipals' | 'owners' | 'members' | undefined;
  /** Which list: a page without a next one ends it. */
  readonly list?: string | undefined;
}

export function newAnswers(): Answers {
  return {
    apps: new Map(),
    principals: new Map(),
    managed: new Map(),
    federated: [],
    owners: [],
    members: [],
    appRoles: new Map(),
    delegated: new Map(),
    directoryAssignments: new Map(),
    azureAssignments: new Map(),
    azureRoles: new Map(),
    directoryRoles: new Map(),
    activities: new Map(),
    keyActivities: new Map(),
    policies: [],
    vaults: new Map(),
    roleNames: new Map(),
    objects: new Map(),
    tenants: new Set(),
    kinds: new Set(),
    problems: [],
    truncated: new Set(),
    others: 0,
    seen: 0,
  };
}

/** The parts of a list that Graph gives inside an item end here, and it says so with no more than a link. */
const MOST_EXPANDED = 20;

/** Sorts one top-level value in; `path` may name whose owners or federated credentials they are. */
export function addAnswer(answers: Answers, value: unknown, where: string, path: string): void {
  const set = /member/i.test(path) ? 'members' : /owner/i.test(path) ? 'owners' : undefined;
  add(answers, value, { where, parent: guidIn(path), set });
}

function add(answers: Answers, value: unknown, place: Place): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) add(answers, item, { ...place, where: `${place.where}[${index}]` });
    return;
  }
  if (!isRaw(value)) {
    fail(answers, `${place.where}: not an object`);
    return;
  }
  if (Array.isArray(value.value)) addPage(answers, value, value.value, place);
  else if (Array.isArray(value.data)) addData(answers, value, value.data, place);
  else if (typeof value.kind === 'string' && /^AZ[A-Z]/.test(value.kind) && isRaw(value.data)) {
    addCollected(answers, value.kind, value.data, { ...place, where: `${place.where}.data` });
  } else addItem(answers, fromPowerShell(value), place);
}

/** A page of Graph or ARM. */
function addPage(answers: Answers, page: Raw, items: readonly unknown[], place: Place): void {
  const context = typeof page['@odata.context'] === 'string' ? page['@odata.context'] : '';
  const fragment = context.slice(context.indexOf('#') + 1);
  const named = /^(?<set>\w+)\('(?<key>[0-9a-f-]{36})'\)/i.exec(fragment)?.groups;
  const set = /^(?<set>applications|servicePrincipals)\b/.exec(fragment)?.groups?.set as Place['set'];
  const list = context === '' ? (place.list ?? 'list') : fragment;
  const next = page['@odata.nextLink'] ?? page.nextLink;
  if (typeof next === 'string' && next !== '') answers.truncated.add(list);
  else answers.truncated.delete(list);
  if (items.length === 0) noteEmpty(answers, fragment, place);
  const where = `${place.where}.value`;
  for (const [index, item] of items.entries()) {
    add(answers, item, {
      where: `${where}[${index}]`,
      parent: named?.key?.toLowerCase() ?? place.parent,
      set: set ?? place.set,
      list,
    });
  }
}

/** An empty list was looked at, too. */
function noteEmpty(answers: Answers, fragment: string, place: Place): void {
  const kind: AnswerKind | undefined = fragment.includes('federatedIdentityCredentials')
    ? 'federated credentials'
    : fragment.startsWith('oauth2PermissionGrants')
      ? 'delegated permissions'
      : fragment.startsWith('roleManagement/directory/roleAssignments')
        ? 'directory roles'
        : fragment.startsWith('reports/servicePrincipalSignInActivities')
          ? 'service-principal sign-ins'
          : fragment.startsWith('reports/appCredentialSignInActivities')
            ? 'credential sign-ins'
            : fragment.startsWith('applications')
              ? 'app registrations'
              : fragment.startsWith('directoryObjects') && place.set === 'owners'
                ? 'owners'
                : undefined;
  if (kind !== undefined) answers.kinds.add(kind);
}

/** A file of AzureHound (`{data, meta}`), or an answer of Resource Graph (`az graph query`). */
function addData(answers: Answers, raw: Raw, items: readonly unknown[], place: Place): void {
  const token = raw.skip_token ?? raw.$skipToken;
  if (typeof token === 'string' && token !== '') answers.truncated.add('data');
  else answers.truncated.delete('data');
  const declared = isRaw(raw.meta) && typeof raw.meta.count === 'number' ? raw.meta.count : undefined;
  if (declared !== undefined && declared > items.length) answers.truncated.add('data');
  for (const [index, item] of items.entries())
    add(answers, item, { ...place, where: `${place.where}.data[${index}]`, list: 'data' });
}

/** One item of an AzureHound file: what it is about stands beside the list. */
function addCollected(answers: Answers, kind: string, data: Raw, place: Place): void {
  noteTenant(answers, data);
  if (kind === 'AZApp') parseApp(answers, data, place);
  else if (kind === 'AZServicePrincipal') parsePrincipal(answers, data, place);
  else if (kind === 'AZTenant') note(answers, 'tenant');
  else if (kind === 'AZAppRoleAssignment') parseAppRole(answers, data, place);
  else if (kind === 'AZRole') parseDirectoryRole(answers, data, place);
  else if (kind === 'AZFederatedIdentityCredential') {
    const all = Array.isArray(data.fics) ? data.fics : [data];
    for (const [index, one] of all.entries()) {
      const inner = isRaw(one) && isRaw(one.fic) ? one.fic : one;
      parseFederated(answers, inner, { ...place, where: `${place.where}.fics[${index}]`, parent: parentIn(data) });
    }
  } else if (kind === 'AZAppOwner' || kind === 'AZServicePrincipalOwner')
    addMembers(answers, data.owners, 'owner', 'owners', { ...place, parent: parentIn(data) });
  else if (kind === 'AZGroupMember') addMembers(answers, data.members, 'member', 'members', { ...place, parent: parentIn(data) });
  else if (Array.isArray(data.roleAssignments)) {
    for (const [index, one] of data.roleAssignments.entries()) {
      const inner = isRaw(one) && isRaw(one.roleAssignment) ? one.roleAssignment : one;
      parseAssignment(answers, inner, { ...place, where: `${place.where}.roleAssignments[${index}]` });
    }
  } else answers.others++;
}

function addMembers(answers: Answers, list: unknown, field: 'owner' | 'member', set: 'owners' | 'members', place: Place): void {
  if (!Array.isArray(list)) {
    fail(answers, `${place.where}.${set}: not a list`);
    return;
  }
  if (set === 'owners') answers.kinds.add('owners');
  for (const [index, one] of list.entries()) {
    const inner = isRaw(one) && isRaw(one[field]) ? one[field] : one;
    parseRelated(answers, inner, set, { ...place, where: `${place.where}.${set}[${index}]` });
  }
}

function addItem(answers: Answers, raw: Raw, place: Place): void {
  noteTenant(answers, raw);
  const { set } = place;
  const type = typeof raw['@odata.type'] === 'string' ? raw['@odata.type'].replace('#microsoft.graph.', '') : '';
  const resource = typeof raw.type === 'string' ? raw.type.toLowerCase() : '';
  const inner = isRaw(raw.properties) ? raw.properties : raw;
  if ('keyId' in raw && 'appId' in raw) parseKeyActivity(answers, raw, place);
  else if (Object.keys(raw).some((key) => key === 'lastSignInActivity' || key.endsWith('ClientSignInActivity')))
    parseActivity(answers, raw, place);
  else if (resource === 'microsoft.managedidentity/userassignedidentities') parseManaged(answers, raw, place);
  else if (resource === 'microsoft.keyvault/vaults') parseVault(answers, raw, place);
  else if ((set === 'owners' || set === 'members') && isRelated(raw)) parseRelated(answers, raw, set, place);
  else if (type === 'servicePrincipal' || 'servicePrincipalType' in raw || 'appOwnerOrganizationId' in raw)
    parsePrincipal(answers, raw, place);
  else if (type === 'application' || isApplication(raw, set)) parseApp(answers, raw, place);
  else if ('appId' in raw && set === 'servicePrincipals') parsePrincipal(answers, raw, place);
  else if ('issuer' in inner && ('subject' in inner || 'claimsMatchingExpression' in inner)) parseFederated(answers, raw, place);
  else if ('appRoleId' in raw) parseAppRole(answers, raw, place);
  else if ('consentType' in raw && 'clientId' in raw) parseDelegated(answers, raw, place);
  else if ('principalId' in inner && ('roleDefinitionId' in inner || 'roleDefinitionName' in inner))
    parseAssignment(answers, raw, place);
  else if ('rolePermissions' in raw || ('isBuiltIn' in raw && 'templateId' in raw)) parseDirectoryRole(answers, raw, place);
  else if ('roleName' in inner && 'permissions' in inner) parseAzureRole(answers, raw, place);
  else if (Array.isArray(raw.members) && isGuid(raw.id))
    addMembers(answers, raw.members, 'member', 'members', { ...place, parent: raw.id.toLowerCase() });
  else if ('applicationRestrictions' in raw || 'restrictions' in raw) parsePolicy(answers, raw, place);
  else if ('homeTenantId' in raw || 'verifiedDomains' in raw) {
    if ('verifiedDomains' in raw && isGuid(raw.id)) answers.tenants.add(raw.id.toLowerCase());
    note(answers, 'tenant');
  } else fail(answers, `${place.where}: not an answer of Entra or Azure that is read here`);
}

/** An owner or member says of what type it is; applications with their owners inside may lie in a file of that name, too. */
function isRelated(raw: Raw): boolean {
  if ('owners' in raw || 'members' in raw || 'federatedIdentityCredentials' in raw) return false;
  return (
    '@odata.type' in raw || 'userPrincipalName' in raw || Object.keys(raw).every((key) => key === 'id' || key === 'displayName')
  );
}

const APPLICATION_FIELDS = [
  'signInAudience',
  'requiredResourceAccess',
  'publisherDomain',
  'identifierUris',
  'passwordCredentials',
  'federatedIdentityCredentials',
  'owners',
];

function isApplication(raw: Raw, set: Place['set']): boolean {
  if (!('appId' in raw) || set === 'servicePrincipals') return false;
  return set === 'applications' || APPLICATION_FIELDS.some((field) => field in raw);
}

function parseApp(answers: Answers, raw: Raw, place: Place): void {
  const app = parseOne(answers, 'app registrations', Application, raw, place.where);
  if (app === undefined) return;
  // What was selected apart (`owners` in one call, secrets in another) is one application.
  answers.apps.set(app.appId, merged(answers.apps.get(app.appId), app));
  addParts(answers, raw, app, place);
}

function parsePrincipal(answers: Answers, raw: Raw, place: Place): void {
  const principal = parseOne(answers, 'service principals', ServicePrincipal, raw, place.where);
  if (principal === undefined) return;
  answers.principals.set(principal.appId, merged(answers.principals.get(principal.appId), principal));
  for (const one of principal.appRoles ?? []) {
    const role = AppRole.safeParse(one);
    if (role.success && role.data.value !== undefined) answers.roleNames.set(role.data.id, role.data.value);
  }
  addParts(answers, raw, principal, place);
  const grants = principal.appRoleAssignments;
  if (grants === undefined) return;
  answers.kinds.add('application permissions');
  noteExpanded(answers, raw, 'appRoleAssignments', grants, principal.appId);
  for (const [index, one] of grants.entries())
    parseAppRole(answers, one, { ...place, where: `${place.where}.appRoleAssignments[${index}]` });
}

/** Owners and federated credentials that stand inside of the application. */
function addParts(answers: Answers, raw: Raw, item: Application | ServicePrincipal, place: Place): void {
  const parent = item.objectId ?? item.appId;
  if (item.owners !== undefined) {
    noteExpanded(answers, raw, 'owners', item.owners, item.appId);
    addMembers(answers, item.owners, 'owner', 'owners', { ...place, parent });
  }
  const credentials = item.federatedIdentityCredentials;
  if (credentials === undefined) return;
  answers.kinds.add('federated credentials');
  for (const [index, one] of credentials.entries())
    parseFederated(answers, one, { ...place, where: `${place.where}.federatedIdentityCredentials[${index}]`, parent });
}

/** Graph expands no more than 20 of a kind, and does not always say that there are more. An application has 20 federated credentials at most. */
function noteExpanded(answers: Answers, raw: Raw, field: string, items: readonly unknown[], appId: string): void {
  if (`${field}@odata.nextLink` in raw || items.length >= MOST_EXPANDED) answers.truncated.add(`${field} of ${appId}`);
}

function parseManaged(answers: Answers, raw: Raw, place: Place): void {
  const one = parseOne(answers, 'managed identities', ManagedIdentity, raw, place.where);
  if (one === undefined || one.clientId === undefined) return;
  if (one.tenantId !== undefined) answers.tenants.add(one.tenantId);
  answers.managed.set(one.clientId, one);
}

function parseFederated(answers: Answers, raw: unknown, place: Place): void {
  const one = parseOne(answers, 'federated credentials', FederatedCredential, raw, place.where);
  if (one === undefined) return;
  const parent = identityAddress(one.id) ?? place.parent;
  if (parent === undefined) {
    answers.problems.push(
      `${place.where}: the answer does not say of which application it is; name the file federated-CLIENTID.json, or export with $expand (README)`,
    );
    return;
  }
  answers.federated.push({ parent, value: one });
}

/** `/subscriptions/…/userAssignedIdentities/NAME/federatedIdentityCredentials/X`: the identity that it is of. */
function identityAddress(id: string | undefined): string | undefined {
  return /^(?<identity>\/subscriptions\/.+\/userAssignedIdentities\/[^/]+)\/federatedIdentityCredentials\//i
    .exec(id ?? '')
    ?.groups?.identity?.toLowerCase();
}

function parseRelated(answers: Answers, raw: unknown, set: 'owners' | 'members', place: Place): void {
  const one = parseOne(answers, set === 'owners' ? 'owners' : 'group members', DirectoryObject, raw, place.where);
  if (one === undefined) return;
  if (one.objectId !== undefined) answers.objects.set(one.objectId, one);
  if (place.parent === undefined) {
    answers.problems.push(
      `${place.where}: the answer does not say of what they are ${set}; name the file ${set}-ID.json, or export with $expand (README)`,
    );
    return;
  }
  answers[set].push({ parent: place.parent, value: one });
}

function parseAppRole(answers: Answers, raw: unknown, place: Place): void {
  const one = parseOne(answers, 'application permissions', AppRoleAssignment, raw, place.where);
  if (one !== undefined) answers.appRoles.set(`${one.principalId} ${one.resourceId ?? ''} ${one.appRoleId}`, one);
}

function parseDelegated(answers: Answers, raw: unknown, place: Place): void {
  const one = parseOne(answers, 'delegated permissions', DelegatedGrant, raw, place.where);
  if (one !== undefined) answers.delegated.set(one.id ?? `${one.clientId} ${one.resourceId ?? ''} ${one.scope ?? ''}`, one);
}

/** Roles of Azure have a scope that is a path of resources, roles of the directory one of their own. */
function parseAssignment(answers: Answers, raw: unknown, place: Place): void {
  const isAzure = isRaw(raw) && !('directoryScopeId' in raw) && ('scope' in raw || isRaw(raw.properties));
  const kind = isAzure ? 'Azure roles' : 'directory roles';
  const one = parseOne(answers, kind, RoleAssignment, raw, place.where);
  if (one === undefined) return;
  const principal = DirectoryObject.safeParse(one.principal);
  if (principal.success && principal.data.objectId !== undefined) answers.objects.set(principal.data.objectId, principal.data);
  const key = `${one.principalId ?? ''} ${one.roleDefinitionId ?? one.roleDefinitionName ?? ''} ${one.scope ?? one.directoryScopeId ?? ''}`;
  (isAzure ? answers.azureAssignments : answers.directoryAssignments).set(key.toLowerCase(), one);
}

function parseAzureRole(answers: Answers, raw: Raw, place: Place): void {
  const one = parseOne(answers, 'role definitions', AzureRole, raw, place.where);
  if (one?.id !== undefined) answers.azureRoles.set(one.id, one);
}

function parseDirectoryRole(answers: Answers, raw: Raw, place: Place): void {
  const one = parseOne(answers, 'role definitions', DirectoryRole, raw, place.where);
  if (one !== undefined) answers.directoryRoles.set(one.id, one);
}

function parseVault(answers: Answers, raw: Raw, place: Place): void {
  const one = parseOne(answers, 'vault access policies', Vault, raw, place.where);
  if (one !== undefined) answers.vaults.set((one.id ?? one.name ?? place.where).toLowerCase(), one);
}

function parseActivity(answers: Answers, raw: Raw, place: Place): void {
  const one = parseOne(answers, 'service-principal sign-ins', ServicePrincipalActivity, raw, place.where);
  if (one !== undefined) answers.activities.set(one.appId, one);
}

function parseKeyActivity(answers: Answers, raw: Raw, place: Place): void {
  const one = parseOne(answers, 'credential sign-ins', CredentialActivity, raw, place.where);
  if (one === undefined) return;
  // One row for each resource that it was used for: the last use counts.
  const known = answers.keyActivities.get(one.keyId);
  if (known?.lastUsedAt === undefined || (one.lastUsedAt ?? '') > known.lastUsedAt) answers.keyActivities.set(one.keyId, one);
}

function parsePolicy(answers: Answers, raw: Raw, place: Place): void {
  const one = parseOne(answers, 'app management policies', AppPolicy, raw, place.where);
  if (one !== undefined) answers.policies.push(one);
}

/** Fields that the later answer left out stay as the earlier one had them. */
function merged<T extends object>(earlier: T | undefined, later: T): T {
  if (earlier === undefined) return later;
  const said = Object.entries(later).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0));
  return { ...earlier, ...Object.fromEntries(said) };
}

function noteTenant(answers: Answers, raw: Raw): void {
  const tenant = raw.tenantId ?? (isRaw(raw.properties) ? raw.properties.tenantId : undefined);
  if (isGuid(tenant)) answers.tenants.add(tenant.toLowerCase());
}

function note(answers: Answers, kind: AnswerKind): void {
  answers.seen++;
  answers.kinds.add(kind);
}

function parseOne<S extends z.ZodType>(
  answers: Answers,
  kind: AnswerKind,
  schema: S,
  raw: unknown,
  where: string,
): z.output<S> | undefined {
  note(answers, kind);
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  answers.problems.push(problemText(where, parsed.error));
  return undefined;
}

function fail(answers: Answers, problem: string): void {
  answers.seen++;
  answers.problems.push(problem);
}

export function problemText(where: string, error: z.ZodError): string {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `${where}${path}: ${issue?.message ?? 'not as expected'}`;
}

/** What an AzureHound item is about. */
function parentIn(data: Raw): string | undefined {
  const id = [data.appId, data.servicePrincipalId, data.groupId, data.id].find(isGuid);
  return id?.toLowerCase();
}

/** The last id in a path: `owners/1b9d….json`. */
function guidIn(path: string): string | undefined {
  return path
    .match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi)
    ?.at(-1)
    ?.toLowerCase();
}

function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
