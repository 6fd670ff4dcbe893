import type { Probed, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import { LiveFailure, probeCalls } from '../../src/live/index.ts';
import { ask, MAY_BE_ABSENT, openRun, type Run } from './ask.ts';
import { CALLS, type CallName, callsOf } from './calls.ts';

export async function* probeOrganisation(target: ServiceTarget, context: ScanContext): AsyncGenerator<Probed> {
  const run = openRun(target, context);
  const paths: { readonly [name in CallName]?: string } = {
    tokens: '/api/v1/api-tokens',
    apps: '/api/v1/apps?limit=1',
    services: '/integrations/api/v1/api-services',
    accounts: '/privileged-access/api/v1/service-accounts?limit=1',
    oktaAccounts: '/privileged-access/api/v1/okta-service-accounts?limit=1',
    agents: '/workload-principals/api/v1/ai-agents?limit=1',
    users: '/api/v1/users?limit=1',
    log: '/api/v1/logs?limit=1',
  };
  yield* probeCalls(run.session, callsOf(run.host), async (call) => {
    const [name] = Object.entries(CALLS).find(([, one]) => one.operation === call.operation) ?? [];
    const path = paths[name as CallName] ?? (await dependentPath(run, name as CallName));
    if (path === undefined) return;
    try {
      await ask(run, name as CallName, path);
    } catch (error) {
      // What the organisation has not bought is no right that is missing.
      if (!MAY_BE_ABSENT.has(name as CallName) || !(error instanceof LiveFailure) || error.kind !== 'missing') throw error;
    }
  });
}

/** What needs the id of an app or user to be asked is tried with the first there is. */
async function dependentPath(run: Run, name: CallName): Promise<string | undefined> {
  const first = async (path: string, of: CallName) => {
    const list = await ask(run, of, path);
    const id = Array.isArray(list) ? list[0]?.id : undefined;
    return typeof id === 'string' ? encodeURIComponent(id) : undefined;
  };
  const app = async () => await first('/api/v1/apps?limit=1&filter=name%20eq%20%22oidc_client%22', 'apps');
  if (name === 'userRoles') {
    const user = await first('/api/v1/users?limit=1', 'users');
    return user === undefined ? undefined : `/api/v1/users/${user}/roles`;
  }
  if (name === 'serviceSecrets') {
    const service = await first('/integrations/api/v1/api-services', 'services');
    return service === undefined ? undefined : `/integrations/api/v1/api-services/${service}/credentials/secrets`;
  }
  if (name === 'agentKeys') {
    const list = await ask(run, 'agents', '/workload-principals/api/v1/ai-agents?limit=1');
    const [agent] = typeof list === 'object' && list !== null && 'data' in list && Array.isArray(list.data) ? list.data : [];
    return typeof agent?.id === 'string'
      ? `/workload-principals/api/v1/ai-agents/${encodeURIComponent(agent.id)}/credentials/jwks`
      : undefined;
  }
  const id = await app();
  if (id === undefined) return undefined;
  if (name === 'clientRoles') return `/oauth2/v1/clients/${id}/roles`;
  return `/api/v1/apps/${id}/${name === 'grants' ? 'grants' : name === 'keys' ? 'credentials/jwks' : 'credentials/secrets'}`;
}
