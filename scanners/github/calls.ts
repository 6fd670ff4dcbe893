import type { LiveCall, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import { type Address, parseAddress } from './address.ts';
import { ENDPOINTS, type Endpoint } from './endpoints.ts';
import { isApp, type Login, readLogin } from './login.ts';

/** Which calls a target takes, in the order in which they are made. */
export function endpointsFor({ repository }: Address): readonly Endpoint[] {
  if (repository === undefined) return ENDPOINTS.filter(({ id }) => id !== 'repository' && id !== 'alerts');
  return ENDPOINTS.filter(({ level }) => level === 'repo' || level === 'environment');
}

export function callOf({ path, right, tells }: Endpoint, { host }: Login): LiveCall {
  return { host, operation: `GET ${path}`, right, tells };
}

export function listCalls(target: ServiceTarget, env: ScanContext['env']): LiveCall[] {
  const address = parseAddress(target.address);
  const login = readLogin(env);
  return [...appCalls(address, login), ...endpointsFor(address).map((endpoint) => callOf(endpoint, login))];
}

/** An app changes its key for a token that lasts an hour. */
function appCalls({ repository }: Address, login: Login): LiveCall[] {
  if (!isApp(login.with)) return [];
  const tells = 'anything: the app does not sign in';
  const calls = [
    {
      host: login.host,
      operation: 'POST /app/installations/{installation_id}/access_tokens',
      right: 'the key of the app',
      tells,
    },
  ];
  if (login.with.installation !== undefined) return calls;
  const operation = repository === undefined ? 'GET /orgs/{org}/installation' : 'GET /repos/{owner}/{repo}/installation';
  return [{ host: login.host, operation, right: 'the key of the app', tells }, ...calls];
}
