import type { LiveCall } from '../../src/contracts/index.ts';

/** Every call of a live run. All are GET; each scope is the `read` one of what it lists. */
export const CALLS = {
  tokens: {
    operation: 'GET /api/v1/api-tokens',
    right: 'okta.apiTokens.read',
    tells: 'API tokens, whose they are and from where they are accepted',
  },
  apps: {
    operation: 'GET /api/v1/apps?filter=name eq "oidc_client"',
    right: 'okta.apps.read',
    tells: 'OAuth clients and service apps',
  },
  secrets: {
    operation: 'GET /api/v1/apps/{appId}/credentials/secrets',
    right: 'okta.apps.read',
    tells: 'the age of client secrets',
  },
  keys: {
    operation: 'GET /api/v1/apps/{appId}/credentials/jwks',
    right: 'okta.apps.read',
    tells: 'the public keys of clients',
  },
  grants: {
    operation: 'GET /api/v1/apps/{appId}/grants',
    right: 'okta.appGrants.read',
    tells: 'the scopes of clients',
  },
  clientRoles: {
    operation: 'GET /oauth2/v1/clients/{clientId}/roles',
    right: 'okta.roles.read',
    tells: 'the roles of clients',
  },
  users: {
    operation: 'GET /api/v1/users/{userId}',
    right: 'okta.users.read',
    tells: 'who stands behind API tokens and service accounts',
  },
  userRoles: {
    operation: 'GET /api/v1/users/{userId}/roles',
    right: 'okta.roles.read',
    tells: 'what API tokens may do',
  },
  customRoles: {
    operation: 'GET /api/v1/iam/roles/{roleId}/permissions',
    right: 'okta.roles.read',
    tells: "what roles of one's own allow",
  },
  services: {
    operation: 'GET /integrations/api/v1/api-services',
    right: 'okta.oauthIntegrations.read',
    tells: 'integrations of other companies',
  },
  serviceSecrets: {
    operation: 'GET /integrations/api/v1/api-services/{apiServiceId}/credentials/secrets',
    right: 'okta.oauthIntegrations.read',
    tells: "the age of integrations' secrets",
  },
  accounts: {
    operation: 'GET /privileged-access/api/v1/service-accounts',
    right: 'okta.serviceAccounts.read',
    tells: 'service accounts of applications, and who owns them',
  },
  oktaAccounts: {
    operation: 'GET /privileged-access/api/v1/okta-service-accounts',
    right: 'okta.serviceAccounts.okta.read',
    tells: 'users of Okta that are kept as service accounts, and who owns them',
  },
  agents: {
    operation: 'GET /workload-principals/api/v1/ai-agents',
    right: 'okta.aiAgents.read',
    tells: 'AI agents',
  },
  agentKeys: {
    operation: 'GET /workload-principals/api/v1/ai-agents/{aiAgentId}/credentials/jwks',
    right: 'okta.aiAgents.read',
    tells: 'the public keys of AI agents',
  },
  log: {
    operation: 'GET /api/v1/logs?sortOrder=DESCENDING&limit=1',
    right: 'okta.logs.read',
    tells: 'the last use of tokens and clients',
  },
} as const satisfies { readonly [name: string]: Omit<LiveCall, 'host'> };
export type CallName = keyof typeof CALLS;

export const SCOPES: readonly string[] = [...new Set(Object.values(CALLS).map((call) => call.right))];

export function callsOf(host: string): LiveCall[] {
  return Object.values(CALLS).map((call) => ({ host, ...call }));
}
