import type { Confidence } from '../../src/contracts/index.ts';
import type { Role } from './schema.ts';

/** What something amounts to, and the right that decides it. */
export interface Amount {
  readonly capability: 'admin' | 'escalates' | 'manages-identities' | 'impersonates' | 'reads-data' | 'writes-data';
  readonly by: string;
  readonly confidence: Confidence;
}

/** Scopes by what they open. https://developer.okta.com/docs/api/oauth2/ */
const SCOPES: readonly (readonly [RegExp, 'roles' | 'people' | 'apps' | 'policies'])[] = [
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
const MAY: { readonly [kind in 'roles' | 'people' | 'apps' | 'policies']: readonly string[] } = {
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
  const types = roles?.filter(isActive).map((role) => role.type);
  const amounts: Amount[] = [];
  const isSuper = types?.includes('SUPER_ADMIN') === true;
  for (const scope of scopes) {
    if (READS.test(scope)) {
      const confidence = confidenceOf(types, undefined);
      if (confidence !== undefined) amounts.push({ capability: 'reads-data', by: scope, confidence });
      continue;
    }
    const kind = SCOPES.find(([pattern]) => pattern.test(scope))?.[1];
    if (kind === undefined) continue;
    const confidence = confidenceOf(types, MAY[kind]);
    if (confidence === undefined) continue;
    if (isSuper && kind !== 'policies') amounts.push({ capability: 'admin', by: scope, confidence: 'high' });
    if (kind === 'roles') amounts.push({ capability: 'escalates', by: scope, confidence });
    amounts.push({ capability: kind === 'policies' ? 'writes-data' : 'manages-identities', by: scope, confidence });
  }
  return strongest(amounts);
}

function confidenceOf(types: readonly string[] | undefined, allowed: readonly string[] | undefined): Confidence | undefined {
  if (types === undefined) return 'medium';
  if (types.some((type) => allowed === undefined || allowed.includes(type))) return 'high';
  return types.includes('CUSTOM') ? 'medium' : undefined;
}

/** A user, and an API token that acts as one, has no scopes: the roles are all. */
export function amountsOfUser(roles: readonly Role[]): Amount[] {
  const amounts: Amount[] = [];
  for (const { type } of roles.filter(isActive)) {
    const add = (capability: Amount['capability'], confidence: Confidence = 'high') =>
      amounts.push({ capability, by: type, confidence });
    if (type === 'SUPER_ADMIN') add('admin');
    if (['SUPER_ADMIN', 'ORG_ADMIN', 'APP_ADMIN', 'USER_ADMIN', 'GROUP_MEMBERSHIP_ADMIN'].includes(type))
      add('manages-identities');
    if (['SUPER_ADMIN', 'ORG_ADMIN', 'HELP_DESK_ADMIN', 'USER_ADMIN'].includes(type)) add('impersonates', 'medium');
    if (!['CUSTOM'].includes(type)) add('reads-data');
  }
  return strongest(amounts);
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
