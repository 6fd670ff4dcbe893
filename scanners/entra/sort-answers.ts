import { type AnswerKind, type Answers, fail, isRaw, note, noteTenant, type Raw } from './answers.ts';
import { isGuid } from './guid.ts';
import {
  addMembers,
  type Place,
  parseActivity,
  parseApp,
  parseAppRole,
  parseAssignment,
  parseAzureRole,
  parseDelegated,
  parseDirectoryRole,
  parseFederated,
  parseGroup,
  parseKeyActivity,
  parseManaged,
  parsePolicy,
  parsePrincipal,
  parseRelated,
  parseVault,
} from './parse-items.ts';
import { fromPowerShell } from './powershell.ts';

/** Sorts one top-level value in; `path` may name whose owners or federated credentials they are. */
export function addAnswer(answers: Answers, value: unknown, where: string, path: string): void {
  const set = /member/i.test(path) ? 'members' : /owner/i.test(path) ? 'owners' : undefined;
  add(answers, value, { where, parent: guidIn(path), set });
}

/** An answer in a list of answers with a list in it has three; text that nests deeper is no export, and would fill the stack. */
const MOST_DEPTH = 16;

/** How many `az ad app list`, `az ad sp list` and `Get-MgApplication` print without a word that there are more. */
const UNASKED = 100;

function add(answers: Answers, value: unknown, around: Place): void {
  const depth = (around.depth ?? 0) + 1;
  if (depth > MOST_DEPTH) {
    fail(answers, `${around.where}: nested deeper than any answer`);
    return;
  }
  const place = { ...around, depth };
  if (Array.isArray(value)) {
    const [first] = value;
    if (value.length === UNASKED && isRaw(first) && ('appId' in first || 'AppId' in first)) answers.full.add(place.where);
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
      depth: place.depth ?? 0,
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
        : fragment.startsWith('roleManagement/directory/roleEligibilitySchedule')
          ? 'eligible roles'
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
  else if (Array.isArray(raw.members) && isGuid(raw.id)) parseGroup(answers, raw, raw.id.toLowerCase(), place);
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
