import type { LiveCall } from '../../src/contracts/index.ts';

/** Every call of a live run. All are GET; each scope is the `read` one of what it lists. */
export const CALLS = {
  tokens: {
    operation: 'GET /api/v1/api-tokens',
    right: 'okta.apiTokens.read',
    tells: 'which API tokens there are, whose they are and from where they are accepted',
  },
  apps: {
    operation: 'GET /api/v1/apps?filter=name eq "oidc_client"',
    right: 'okta.apps.read',
    tells: 'which OAuth clients and service apps there are',
  },
  secrets: {
    operation: 'GET /api/v1/apps/{appId}/credentials/secrets',
    right: 'okta.apps.read',
    tells: 'how old the secrets of clients are',
  },
  keys: {
    operation: 'GET /api/v1/apps/{appId}/credentials/jwks',
    right: 'okta.apps.read',
    tells: 'which public keys clients sign in with',
  },
  grants: {
    operation: 'GET /api/v1/apps/{appId}/grants',
    right: 'okta.appGrants.read',
    tells: 'which scopes clients were granted',
  },
  clientRoles: {
    operation: 'GET /oauth2/v1/clients/{clientId}/roles',
    right: 'okta.roles.read',
    tells: 'which roles of administrator clients have',
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
  services: {
    operation: 'GET /integrations/api/v1/api-services',
    right: 'okta.oauthIntegrations.read',
    tells: 'which third-party integrations call the API',
  },
  serviceSecrets: {
    operation: 'GET /integrations/api/v1/api-services/{apiServiceId}/credentials/secrets',
    right: 'okta.oauthIntegrations.read',
    tells: 'how old the secrets of integrations are',
  },
  accounts: {
    operation: 'GET /privileged-access/api/v1/service-accounts',
    right: 'okta.serviceAccounts.read',
    tells: 'which service accounts of applications are kept, and who owns them',
  },
  oktaAccounts: {
    operation: 'GET /privileged-access/api/v1/okta-service-accounts',
    right: 'okta.serviceAccounts.okta.read',
    tells: 'which users of Okta are kept as service accounts, and who owns them',
  },
  agents: {
    operation: 'GET /workload-principals/api/v1/ai-agents',
    right: 'okta.aiAgents.read',
    tells: 'which AI agents are registered',
  },
  agentKeys: {
    operation: 'GET /workload-principals/api/v1/ai-agents/{aiAgentId}/credentials/jwks',
    right: 'okta.aiAgents.read',
    tells: 'which public keys AI agents sign in with',
  },
  log: {
    operation: 'GET /api/v1/logs?sortOrder=DESCENDING&limit=1',
    right: 'okta.logs.read',
    tells: 'when tokens and clients were last used',
  },
} as const satisfies { readonly [name: string]: Omit<LiveCall, 'host'> };
export type CallName = keyof typeof CALLS;

export const SCOPES: readonly string[] = [...new Set(Object.values(CALLS).map((call) => call.right))];

export function callsOf(host: string): LiveCall[] {
  return Object.values(CALLS).map((call) => ({ host, ...call }));
}
