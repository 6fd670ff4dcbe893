import type { GrantObservation, IdentityId, JsonObject, Location } from '../../src/contracts/index.ts';
import { type AzureCapability, type KnownRight, knownRight } from '../../src/iam/azure/catalogue.ts';
import { judgeDirectoryRole } from '../../src/iam/azure/directory-roles.ts';
import { isWideScope, judgeRole } from '../../src/iam/azure/roles.ts';
import { type Answers, appRoleKey } from './answers.ts';
import type { Directory } from './directory.ts';
import { isGuid } from './guid.ts';
import { lastPart } from './schema-fields.ts';
import type { AppRoleAssignment, RoleAssignment } from './schema-rights.ts';

/** What was met and is not a row. */
export interface GrantTally {
  /** Grants to people: theirs are looked after elsewhere. */
  people: number;
  /** Roles of which nothing but the id or the name is known. */
  readonly unknown: Set<string>;
}

export function newTally(): GrantTally {
  return { people: 0, unknown: new Set() };
}

interface Given {
  readonly identity: IdentityId;
  readonly permission: string;
  readonly resource: string;
  readonly via: string;
  readonly viaKind: 'app-role' | 'delegated' | 'directory-role' | 'binding' | 'access-policy';
  readonly condition?: JsonObject;
  readonly at: Location;
  readonly detail: JsonObject;
}

interface Amounts {
  readonly capability: AzureCapability;
  readonly how: string | undefined;
}

/** The default access of an application that defines no roles. */
const DEFAULT_ACCESS = '00000000-0000-0000-0000-000000000000';
/** Scopes listed of one consent. */
const MOST_SCOPES = 60;

export function* grantRows(answers: Answers, directory: Directory, at: Location, tally: GrantTally): Generator<GrantObservation> {
  yield* appRoleRows(answers, directory, at, tally);
  yield* delegatedRows(answers, directory, at);
  for (const one of answers.directoryAssignments.values()) yield* directoryRoleRows(one, answers, directory, at, tally);
  for (const one of answers.azureAssignments.values()) yield* azureRoleRows(one, answers, directory, at, tally);
  yield* vaultRows(answers, directory, at);
}

function* appRoleRows(answers: Answers, directory: Directory, at: Location, tally: GrantTally): Generator<GrantObservation> {
  const rights = microsoftRights(answers);
  for (const one of answers.appRoles.values()) {
    if (one.principalType !== undefined && one.principalType !== 'ServicePrincipal') {
      tally.people++;
      continue;
    }
    if (one.appRoleId === DEFAULT_ACCESS) continue;
    const known = rights.of(one);
    const name =
      known?.name ??
      answers.roleNames.get(appRoleKey(one.resourceId, one.appRoleId)) ??
      answers.roleNames.get(appRoleKey(undefined, one.appRoleId));
    const resource =
      one.resourceDisplayName ?? (known === undefined ? (one.resourceId ?? '*') : MICROSOFT[known.api ?? 'graph'].name);
    const given: Given = {
      identity: directory.identity(one.principalId),
      permission: name ?? one.appRoleId,
      resource,
      via: 'application permission',
      viaKind: 'app-role',
      at: { ...at, pointer: `appRoleAssignments/${one.id ?? one.appRoleId}` },
      detail: { ...rankOf(known), appRoleId: one.appRoleId, principalType: 'ServicePrincipal' },
    };
    yield* rowsOf(given, amountsOf(known));
  }
}

/**
 * The permission of Microsoft's that an assignment is of. The id of a role does not say: who makes an application chooses the ids
 * of its roles. The resource decides, by its principal where that was exported, else by its name.
 */
function microsoftRights(answers: Answers): { of(one: AppRoleAssignment): KnownRight | undefined } {
  const clients = new Map<string, string>();
  for (const { objectId, appId } of answers.principals.values()) if (objectId !== undefined) clients.set(objectId, appId);
  const exported = new Set(clients.values());
  return {
    of({ appRoleId, resourceId, resourceDisplayName }) {
      const known = knownRight('applicationPermissions', appRoleId);
      if (known === undefined) return undefined;
      const api = MICROSOFT[known.api ?? 'graph'];
      const client = resourceId === undefined ? undefined : clients.get(resourceId);
      if (client !== undefined) return client === api.client ? known : undefined;
      // It was exported, and is another one.
      if (resourceId !== undefined && exported.has(api.client)) return undefined;
      return resourceDisplayName === undefined || resourceDisplayName === api.name ? known : undefined;
    },
  };
}

/** Client ids are the same in every tenant, object ids are not. */
const MICROSOFT = {
  graph: { client: '00000003-0000-0000-c000-000000000000', name: 'Microsoft Graph' },
  exchange: { client: '00000002-0000-0ff1-ce00-000000000000', name: 'Office 365 Exchange Online' },
} as const;

/** With a user signed in: the application may do no more than that user, so nothing is derived. */
function* delegatedRows(answers: Answers, directory: Directory, at: Location): Generator<GrantObservation> {
  for (const one of answers.delegated.values()) {
    const scopes = (one.scope ?? '').split(/\s+/).filter((scope) => scope !== '');
    for (const scope of scopes.slice(0, MOST_SCOPES)) {
      yield* rowsOf(
        {
          identity: directory.identity(one.clientId),
          permission: scope,
          resource: one.resourceId ?? '*',
          via: one.consentType === 'AllPrincipals' ? 'consent for all users' : 'consent of one user',
          viaKind: 'delegated',
          at: { ...at, pointer: `oauth2PermissionGrants/${one.id ?? one.clientId}` },
          detail: { principalType: 'ServicePrincipal', ...(scopes.length > MOST_SCOPES ? { scopes: scopes.length } : {}) },
        },
        [],
      );
    }
  }
}

function* directoryRoleRows(
  one: RoleAssignment,
  answers: Answers,
  directory: Directory,
  at: Location,
  tally: GrantTally,
): Generator<GrantObservation> {
  const principalId = one.principalId ?? '';
  const type = one.principalType ?? directory.typeOf(principalId);
  const id = lastPart(one.roleDefinitionId);
  const defined = id === undefined ? undefined : answers.directoryRoles.get(id);
  const known =
    knownRight('directoryRoles', defined?.templateId ?? id ?? one.roleDefinitionName) ??
    // One of Microsoft's own that is not in the list, and of which only the name was exported, amounts to nothing.
    (defined !== undefined && (defined.isBuiltIn === true || defined.rolePermissions.length > 0)
      ? judgeDirectoryRole(defined.id, defined.displayName, defined.rolePermissions)
      : undefined);
  const name = known?.name ?? defined?.displayName ?? one.roleDefinitionName ?? id ?? 'a role';
  if (type === 'User') tally.people++;
  else if (known === undefined) tally.unknown.add(`directory role ${name}`);
  const scope = one.directoryScopeId ?? '/';
  const isWide = scope === '/';
  const given: Given = {
    identity: directory.identity(principalId),
    permission: name,
    resource: isWide ? 'the directory' : scope,
    via: name,
    viaKind: 'directory-role',
    at: { ...at, pointer: `roleAssignments/${one.id ?? principalId}` },
    detail: {
      ...(isWide && !one.isEligible ? rankOf(known) : {}),
      ...(type === undefined ? {} : { principalType: type }),
      scope,
      ...eligibilityOf(one),
    },
  };
  // Over one application or unit, a role rules only that.
  yield* rowsOf(given, isWide ? amountsOf(known) : []);
}

function* azureRoleRows(
  one: RoleAssignment,
  answers: Answers,
  directory: Directory,
  at: Location,
  tally: GrantTally,
): Generator<GrantObservation> {
  const principalId = one.principalId ?? '';
  const id = lastPart(one.roleDefinitionId);
  const defined = id === undefined ? undefined : answers.azureRoles.get(id);
  const known = knownRight('azureRoles', id) ?? knownRight('azureRoles', one.roleDefinitionName);
  const name = one.roleDefinitionName ?? known?.name ?? defined?.name ?? id ?? 'a role';
  const type = one.principalType ?? directory.typeOf(principalId);
  if (type === 'User') {
    tally.people++;
    return;
  }
  // A name says nothing: an organisation names its own roles as it likes.
  if (known === undefined && defined === undefined) tally.unknown.add(`Azure role ${name}`);
  const scope = one.scope ?? '/';
  const isWide = isWideScope(scope);
  // The CLI prints the client id of a service principal as its name.
  const identity = type === 'ServicePrincipal' && isGuid(one.principalName) ? directory.app(one.principalName) : undefined;
  const judged = known === undefined ? judgeRole(defined?.permissions ?? []) : [];
  const on = known?.on ?? judged.flatMap((one) => one.on ?? []);
  const amounts = (known === undefined ? judged : amountsOf(known)).filter(
    // At a resource group or below, Owner rules only that.
    ({ capability }) => isWide || (capability !== 'admin' && capability !== 'escalates'),
  );
  yield* rowsOf(
    {
      identity: identity ?? directory.identity(principalId),
      permission: name,
      resource: scope,
      via: name,
      viaKind: 'binding',
      ...(one.condition === undefined ? {} : { condition: { expression: one.condition } }),
      at: { ...at, pointer: one.id ?? `roleAssignments/${principalId}` },
      detail: {
        principalId,
        ...(type === undefined ? {} : { principalType: type }),
        // The CLI leaves the name empty where the directory has no such principal any more.
        ...(one.principalName === undefined ? {} : { named: true }),
        // Nobody acts as an identity by a role that is not active.
        ...(on.length === 0 || one.isEligible ? {} : { on: [...new Set(on)] }),
        ...eligibilityOf(one),
      },
    },
    amounts,
  );
}

/** https://learn.microsoft.com/en-us/azure/key-vault/general/rbac-access-policy */
function* vaultRows(answers: Answers, directory: Directory, at: Location): Generator<GrantObservation> {
  for (const vault of answers.vaults.values()) {
    const resource = vault.id ?? vault.name ?? '*';
    for (const { objectId, applicationId, permissions } of vault.policies) {
      const secrets = permissions?.secrets.map((one) => one.toLowerCase()) ?? [];
      const type = objectId === undefined ? undefined : directory.typeOf(objectId);
      // With an application id, it is the application on behalf of a user: it may do nothing by itself.
      if (objectId === undefined || applicationId !== undefined || secrets.length === 0 || type === 'User') continue;
      const isReader = secrets.some((one) => one === 'get' || one === 'all' || one === 'backup');
      yield* rowsOf(
        {
          identity: directory.identity(objectId),
          permission: `secrets: ${secrets.toSorted().join(', ')}`,
          resource,
          via: 'access policy',
          viaKind: 'access-policy',
          at: { ...at, pointer: `${resource}/accessPolicies/${objectId}` },
          detail: type === undefined ? {} : { principalType: type },
        },
        isReader ? [{ capability: 'reads-secrets', how: undefined }] : [],
      );
    }
  }
}

function amountsOf(known: KnownRight | undefined): Amounts[] {
  return (known?.gives ?? []).map((capability) => ({ capability, how: known?.how }));
}

function eligibilityOf({ isEligible, endDateTime }: RoleAssignment): JsonObject {
  return isEligible ? { eligible: true, ...(endDateTime === undefined ? {} : { until: endDateTime }) } : {};
}

function rankOf(known: KnownRight | undefined): JsonObject {
  return {
    ...(known?.tier === undefined ? {} : { tier: known.tier }),
    ...(known?.reach === undefined ? {} : { reach: known.reach }),
  };
}

function* rowsOf(given: Given, amounts: readonly Amounts[]): Generator<GrantObservation> {
  const row = { kind: 'grant', effect: 'allow', ...given } as const;
  yield row;
  // A role that may be activated is not held: it amounts to nothing today.
  if (given.detail.eligible === true) return;
  // A condition of an assignment may narrow it to nothing; what it says is not judged.
  const confidence = given.condition === undefined ? 'high' : 'medium';
  for (const { capability, how } of amounts) {
    const path = `${given.permission} on ${given.resource}${how === undefined ? '' : `: it ${how}`}`;
    yield { ...row, capability, confidence, detail: { ...given.detail, path } };
  }
}
