import type { z } from 'zod';
import { problemText } from '../../src/formats/answer.ts';
import { type AnswerKind, type Answers, appRoleKey, type CutList, fail, isRaw, note, type Raw } from './answers.ts';
import {
  Application,
  AppPolicy,
  AppRole,
  CredentialActivity,
  DirectoryObject,
  FederatedCredential,
  ManagedIdentity,
  ServicePrincipal,
  ServicePrincipalActivity,
} from './schema.ts';
import { AppRoleAssignment, AzureRole, DelegatedGrant, DirectoryRole, RoleAssignment, Vault } from './schema-rights.ts';

export interface Place {
  /** In words, for problems: `value 2.value[3]`. */
  readonly where: string;
  /** Of what the items are, where the answer or the file's name says it. */
  readonly parent?: string | undefined;
  readonly set?: 'applications' | 'servicePrincipals' | 'owners' | 'members' | undefined;
  /** Which list: a page without a next one ends it. */
  readonly list?: string | undefined;
  /** Lists and answers around it. */
  readonly depth?: number;
}

/** The parts of a list that Graph gives inside an item end here, and it says so with no more than a link. */
const MOST_EXPANDED = 20;

export function parseApp(answers: Answers, raw: Raw, place: Place): void {
  const app = parseOne(answers, 'app registrations', Application, raw, place.where);
  if (app === undefined) return;
  // What was selected apart (`owners` in one call, secrets in another) is one application.
  answers.apps.set(app.appId, merged(answers.apps.get(app.appId), app));
  addParts(answers, raw, app, 'application', place);
}

export function parsePrincipal(answers: Answers, raw: Raw, place: Place): void {
  const principal = parseOne(answers, 'service principals', ServicePrincipal, raw, place.where);
  if (principal === undefined) return;
  answers.principals.set(principal.appId, merged(answers.principals.get(principal.appId), principal));
  for (const one of principal.appRoles ?? []) {
    const role = AppRole.safeParse(one);
    if (role.success && role.data.value !== undefined)
      answers.roleNames.set(appRoleKey(principal.objectId, role.data.id), role.data.value);
  }
  addParts(answers, raw, principal, 'service principal', place);
  const grants = principal.appRoleAssignments;
  if (grants === undefined) return;
  answers.kinds.add('application permissions');
  noteExpanded(answers, raw, grants, { field: 'appRoleAssignments', of: 'service principal', id: principal.appId });
  for (const [index, one] of grants.entries())
    parseAppRole(answers, one, { ...place, where: `${place.where}.appRoleAssignments[${index}]` });
}

/** Owners and federated credentials that stand inside of the application. */
function addParts(answers: Answers, raw: Raw, item: Application | ServicePrincipal, of: CutList['of'], place: Place): void {
  const parent = item.objectId ?? item.appId;
  if (item.owners !== undefined) {
    noteExpanded(answers, raw, item.owners, { field: 'owners', of, id: item.appId });
    addMembers(answers, item.owners, 'owner', 'owners', { ...place, parent });
  }
  const credentials = item.federatedIdentityCredentials;
  if (credentials === undefined) return;
  answers.kinds.add('federated credentials');
  for (const [index, one] of credentials.entries())
    parseFederated(answers, one, { ...place, where: `${place.where}.federatedIdentityCredentials[${index}]`, parent });
}

/** A group with its members inside. */
export function parseGroup(answers: Answers, raw: Raw, id: string, place: Place): void {
  const members = Array.isArray(raw.members) ? raw.members : [];
  noteExpanded(answers, raw, members, { field: 'members', of: 'group', id });
  addMembers(answers, members, 'member', 'members', { ...place, parent: id });
}

/** Graph expands no more than 20 of a kind, and does not always say that there are more. An application has 20 federated credentials at most. */
function noteExpanded(answers: Answers, raw: Raw, items: readonly unknown[], list: CutList): void {
  if (`${list.field}@odata.nextLink` in raw || items.length >= MOST_EXPANDED)
    answers.cut.set(`${list.field} of ${list.of} ${list.id}`, list);
}

export function parseManaged(answers: Answers, raw: Raw, place: Place): void {
  const one = parseOne(answers, 'managed identities', ManagedIdentity, raw, place.where);
  if (one === undefined || one.clientId === undefined) return;
  if (one.tenantId !== undefined) answers.tenants.add(one.tenantId);
  answers.managed.set(one.clientId, one);
}

export function parseFederated(answers: Answers, raw: unknown, place: Place): void {
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

export function parseRelated(answers: Answers, raw: unknown, set: 'owners' | 'members', place: Place): void {
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

export function parseAppRole(answers: Answers, raw: unknown, place: Place): void {
  const one = parseOne(answers, 'application permissions', AppRoleAssignment, raw, place.where);
  if (one !== undefined) answers.appRoles.set(`${one.principalId} ${one.resourceId ?? ''} ${one.appRoleId}`, one);
}

export function parseDelegated(answers: Answers, raw: unknown, place: Place): void {
  const one = parseOne(answers, 'delegated permissions', DelegatedGrant, raw, place.where);
  if (one !== undefined) answers.delegated.set(one.id ?? `${one.clientId} ${one.resourceId ?? ''} ${one.scope ?? ''}`, one);
}

/** Roles of Azure have a scope that is a path of resources, roles of the directory one of their own. */
export function parseAssignment(answers: Answers, raw: unknown, place: Place): void {
  const isAzure = isRaw(raw) && !('directoryScopeId' in raw) && ('scope' in raw || isRaw(raw.properties));
  const isEligible = isRaw(raw) && isEligibility(raw, place.list);
  const kind = isEligible ? 'eligible roles' : isAzure ? 'Azure roles' : 'directory roles';
  const one = parseOne(answers, kind, RoleAssignment, raw, place.where);
  if (one === undefined) return;
  const principal = DirectoryObject.safeParse(one.principal);
  if (principal.success && principal.data.objectId !== undefined) answers.objects.set(principal.data.objectId, principal.data);
  const key = `${one.principalId ?? ''} ${one.roleDefinitionId ?? one.roleDefinitionName ?? ''} ${one.scope ?? one.directoryScopeId ?? ''}${isEligible ? ' eligible' : ''}`;
  (isAzure ? answers.azureAssignments : answers.directoryAssignments).set(key.toLowerCase(), { ...one, isEligible });
}

/**
 * A role that its principal may take for some hours, and does not have: of privileged identity management. Instances of Graph
 * name their schedule; an active assignment has an `assignmentType`. https://learn.microsoft.com/en-us/graph/api/resources/unifiedroleeligibilityscheduleinstance
 */
function isEligibility(raw: Raw, list: string | undefined): boolean {
  const inner = isRaw(raw.properties) ? raw.properties : raw;
  return (
    /roleEligibilitySchedule/i.test(list ?? '') ||
    /\/roleEligibilitySchedule/i.test(`${String(raw.type ?? '')} ${String(raw.id ?? '')}`) ||
    'roleEligibilityScheduleId' in inner ||
    ('memberType' in inner && !('assignmentType' in inner))
  );
}

export function parseAzureRole(answers: Answers, raw: Raw, place: Place): void {
  const one = parseOne(answers, 'role definitions', AzureRole, raw, place.where);
  if (one?.id !== undefined) answers.azureRoles.set(one.id, one);
}

export function parseDirectoryRole(answers: Answers, raw: Raw, place: Place): void {
  const one = parseOne(answers, 'role definitions', DirectoryRole, raw, place.where);
  if (one !== undefined) answers.directoryRoles.set(one.id, one);
}

export function parseVault(answers: Answers, raw: Raw, place: Place): void {
  const one = parseOne(answers, 'vault access policies', Vault, raw, place.where);
  if (one !== undefined) answers.vaults.set((one.id ?? one.name ?? place.where).toLowerCase(), one);
}

export function parseActivity(answers: Answers, raw: Raw, place: Place): void {
  const one = parseOne(answers, 'service-principal sign-ins', ServicePrincipalActivity, raw, place.where);
  if (one !== undefined) answers.activities.set(one.appId, one);
}

export function parseKeyActivity(answers: Answers, raw: Raw, place: Place): void {
  const one = parseOne(answers, 'credential sign-ins', CredentialActivity, raw, place.where);
  if (one === undefined) return;
  // One row for each resource that it was used for: the last use counts.
  const known = answers.keyActivities.get(one.keyId);
  if (known?.lastUsedAt === undefined || (one.lastUsedAt ?? '') > known.lastUsedAt) answers.keyActivities.set(one.keyId, one);
}

export function parsePolicy(answers: Answers, raw: Raw, place: Place): void {
  const one = parseOne(answers, 'app management policies', AppPolicy, raw, place.where);
  if (one !== undefined) answers.policies.push(one);
}

/** Fields that the later answer left out stay as the earlier one had them. */
function merged<T extends object>(earlier: T | undefined, later: T): T {
  if (earlier === undefined) return later;
  const said = Object.entries(later).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0));
  return { ...earlier, ...Object.fromEntries(said) };
}

export function addMembers(
  answers: Answers,
  list: unknown,
  field: 'owner' | 'member',
  set: 'owners' | 'members',
  place: Place,
): void {
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
