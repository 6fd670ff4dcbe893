import type { Confidence } from '../../src/contracts/index.ts';
import type { Role } from './schema.ts';

/** What something amounts to, and the right that decides it. */
export interface Amount {
  readonly capability: 'admin' | 'escalates' | 'manages-identities' | 'impersonates' | 'reads-data' | 'writes-data';
  readonly by: string;
  readonly confidence: Confidence;
}

type Kind = 'roles' | 'people' | 'apps' | 'policies';

/** Scopes by what they open. https://developer.okta.com/docs/api/oauth2/ */
const SCOPES: readonly (readonly [RegExp, Kind])[] = [
  [/^okta\.roles\.manage$/, 'roles'],
  [/^okta\.(?:users|groups|userTypes|schemas|serviceAccounts)\.manage$/, 'people'],
  [
    /^okta\.(?:apps|clients|appGrants|oauthIntegrations|apiTokens|idps|authorizationServers|aiAgents|profileMappings)\.manage$/,
    'apps',
  ],
  [/^okta\.(?:policies|authenticators|factors|networkZones|trustedOrigins|inlineHooks|eventHooks|sessions)\.manage$/, 'policies'],
];
const READS = /^okta\.(?:users|groups|logs|apps|factors|devices)\.read$/;

/** Which standard roles may do so. https://help.okta.com/en-us/content/topics/security/administrators-admin-comparison.htm */
const MAY: { readonly [kind in Kind]: readonly string[] } = {
  roles: ['SUPER_ADMIN'],
  people: ['SUPER_ADMIN', 'ORG_ADMIN', 'USER_ADMIN', 'GROUP_MEMBERSHIP_ADMIN', 'HELP_DESK_ADMIN'],
  apps: ['SUPER_ADMIN', 'APP_ADMIN', 'API_ACCESS_MANAGEMENT_ADMIN'],
  policies: ['SUPER_ADMIN', 'ORG_ADMIN', 'API_ACCESS_MANAGEMENT_ADMIN'],
};

/**
 * A client needs both: the scope and a role of administrator that allows it. `roles` is `undefined` where nobody asked for them.
 * https://developer.okta.com/docs/concepts/role-assignment/
 */
export function amountsOfClient(scopes: readonly string[], roles: readonly Role[] | undefined): Amount[] {
  const active = roles?.filter(isActive);
  const amounts: Amount[] = [];
  const isSuper = active?.some(({ type }) => type === 'SUPER_ADMIN') === true;
  for (const scope of scopes) {
    if (READS.test(scope)) {
      const confidence = confidenceOf(active, undefined);
      if (confidence !== undefined) amounts.push({ capability: 'reads-data', by: scope, confidence });
      continue;
    }
    const kind = SCOPES.find(([pattern]) => pattern.test(scope))?.[1];
    if (kind === undefined) continue;
    const confidence = confidenceOf(active, kind);
    if (confidence === undefined) continue;
    if (isSuper && kind !== 'policies') amounts.push({ capability: 'admin', by: scope, confidence: 'high' });
    if (kind === 'roles') amounts.push({ capability: 'escalates', by: scope, confidence });
    amounts.push({ capability: kind === 'policies' ? 'writes-data' : 'manages-identities', by: scope, confidence });
  }
  return strongest(amounts);
}

/** `kind`: what the scope opens, `undefined` for reading. A role of one's own holds for its set of resources, which is not weighed. */
function confidenceOf(roles: readonly Role[] | undefined, kind: Kind | undefined): Confidence | undefined {
  if (roles === undefined) return 'medium';
  if (roles.some(({ type }) => type !== 'CUSTOM' && (kind === undefined || MAY[kind].includes(type)))) return 'high';
  const isAllowed = roles.some(
    ({ type, permissions }) => type === 'CUSTOM' && (permissions === undefined || permissions.some((one) => allows(one, kind))),
  );
  return isAllowed ? 'medium' : undefined;
}

function allows(permission: string, kind: Kind | undefined): boolean {
  return kind === undefined ? /\.read$|\.manage$/.test(permission) : kind !== 'roles' && CUSTOM[kind].test(permission);
}

/** Nobody gives roles by a role of one's own. https://developer.okta.com/docs/api/openapi/okta-management/guides/permissions/ */
const CUSTOM: { readonly [kind in Exclude<Kind, 'roles'>]: RegExp } = {
  people:
    /^okta\.(?:users\.(?:manage|create|lifecycle\.\w+|userprofile\.manage|credentials\.\w+|groupMembership\.manage)|groups\.(?:manage|create|members\.manage)|realms\.manage|serviceAccounts\.manage)$/,
  apps: /^okta\.(?:apps\.(?:manage|clientCredentials\.manage)|authzServers\.manage|identityProviders\.manage|profilesources\.\w+\.\w+|users\.apitokens\.manage|agents\.manage|aiAgents\.manage)$/,
  policies: /^okta\.(?:policies|customizations|devices|networks|inlineHooks|eventHooks|authenticators)\.manage$/,
};
/** Signs in as people. */
const TAKES_OVER =
  /^okta\.users\.(?:manage|credentials\.(?:manage|resetPassword|resetFactors|expirePassword|manageTemporaryAccessCode))$/;

/** A user, and an API token that acts as one, has no scopes: the roles are all. */
export function amountsOfUser(roles: readonly Role[]): Amount[] {
  const amounts: Amount[] = [];
  for (const { type, label, permissions } of roles.filter(isActive)) {
    if (type === 'CUSTOM') {
      amounts.push(...amountsOfCustom(label ?? type, permissions ?? []));
      continue;
    }
    const add = (capability: Amount['capability'], confidence: Confidence = 'high') =>
      amounts.push({ capability, by: type, confidence });
    if (type === 'SUPER_ADMIN') add('admin');
    if (['SUPER_ADMIN', 'ORG_ADMIN', 'APP_ADMIN', 'USER_ADMIN', 'GROUP_MEMBERSHIP_ADMIN'].includes(type))
      add('manages-identities');
    if (['SUPER_ADMIN', 'ORG_ADMIN', 'HELP_DESK_ADMIN', 'USER_ADMIN'].includes(type)) add('impersonates', 'medium');
    add('reads-data');
  }
  return strongest(amounts);
}

function amountsOfCustom(role: string, permissions: readonly string[]): Amount[] {
  const amounts: Amount[] = [];
  for (const permission of permissions) {
    const add = (capability: Amount['capability']) =>
      amounts.push({ capability, by: `${role} (${permission})`, confidence: 'medium' });
    if (allows(permission, 'people') || allows(permission, 'apps')) add('manages-identities');
    if (TAKES_OVER.test(permission)) add('impersonates');
    if (allows(permission, 'policies')) add('writes-data');
    if (allows(permission, undefined)) add('reads-data');
  }
  return amounts;
}

/** One row a capability: the surest, and of those the first by name. */
function strongest(amounts: readonly Amount[]): Amount[] {
  const best = new Map<string, Amount>();
  for (const amount of [...amounts].sort((a, b) => (a.by < b.by ? -1 : 1))) {
    const known = best.get(amount.capability);
    if (known === undefined || (known.confidence !== 'high' && amount.confidence === 'high')) best.set(amount.capability, amount);
  }
  return [...best.values()];
}

export function isActive(role: Role): boolean {
  return role.status === undefined || role.status === 'ACTIVE';
}
