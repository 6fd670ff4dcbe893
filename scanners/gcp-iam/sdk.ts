import type { ScanContext } from '../../src/contracts/index.ts';
import { bodyOf, LiveFailure, pause } from '../../src/live/index.ts';
import { endpointOf } from './calls.ts';
import type { Login } from './login.ts';

/** What is read through `@google-cloud/iam`: its generated clients know the newest shapes. */
export interface IamClients {
  pools(project: string): Promise<readonly object[]>;
  providers(pool: string): Promise<readonly object[]>;
  denyPolicies(attachedTo: string): Promise<readonly { readonly name: string }[]>;
  denyPolicy(name: string): Promise<object>;
  boundaries(organization: string): Promise<readonly object[]>;
  boundaryBindings(parent: string): Promise<readonly object[]>;
  close(): Promise<void>;
}

const TRIES = 5;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 60_000;
/** A page has up to 1,000. No project has so many pools, no organisation so many policies. */
const MAX_PAGES = 1000;

/** Over REST: no native code, no second connection, and proxies know it. The module (about 0.2 s) loads here. */
export async function openIamClients(context: ScanContext, login: Login): Promise<IamClients> {
  const iam = await import('@google-cloud/iam');
  const url = new URL(endpointOf('iam', context.env));
  const options = {
    fallback: true,
    apiEndpoint: url.hostname,
    port: url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : Number(url.port),
    protocol: url.protocol.replace(':', ''),
    auth: authFor(context, login),
    // The library's own types name a GoogleAuth; it only asks for these two.
  } as unknown as ConstructorParameters<typeof iam.v2.PoliciesClient>[0];
  const deny = new iam.v2.PoliciesClient(options);
  const boundaries = new iam.v3.PrincipalAccessBoundaryPoliciesClient(options);
  const bindings = new iam.v3.PolicyBindingsClient(options);
  const pools = new iam.v1beta.WorkloadIdentityPoolsClient(options);
  return {
    pools: (project) =>
      all('the pools', `projects/${project}/locations/global`, (one) => pools.listWorkloadIdentityPools(one, BY_HAND)),
    providers: (pool) => all('the providers', pool, (one) => pools.listWorkloadIdentityPoolProviders(one, BY_HAND)),
    async denyPolicies(attachedTo) {
      const point = encodeURIComponent(`cloudresourcemanager.googleapis.com/${attachedTo}`);
      const found = await all<{ name?: string | null }>('the deny policies', `policies/${point}/denypolicies`, (one) =>
        deny.listPolicies(one, BY_HAND),
      );
      return found.map(({ name }) => ({ name: name ?? '' }));
    },
    async denyPolicy(name) {
      const [policy] = await deny.getPolicy({ name });
      return policy;
    },
    boundaries: (organization) =>
      all('the boundaries', `${organization}/locations/global`, (one) =>
        boundaries.listPrincipalAccessBoundaryPolicies(one, BY_HAND),
      ),
    boundaryBindings: (parent) =>
      all('the bindings', `${parent}/locations/global`, (one) => bindings.listPolicyBindings(one, BY_HAND)),
    async close() {
      await Promise.all([deny.close(), boundaries.close(), bindings.close(), pools.close()]);
    },
  };
}

const BY_HAND = { autoPaginate: false };

interface PageRequest {
  readonly parent: string;
  readonly pageToken?: string;
}

/** All pages. The library would ask for the next by itself, and never end where a page points to itself. */
async function all<T>(what: string, parent: string, ask: (request: PageRequest) => Promise<readonly unknown[]>): Promise<T[]> {
  const list: T[] = [];
  const seen = new Set<string>();
  let request: PageRequest = { parent };
  for (;;) {
    const [page, , answer] = (await ask(request)) as [T[], unknown, { nextPageToken?: string | null } | undefined];
    for (const one of page) list.push(one);
    const pageToken = answer?.nextPageToken ?? '';
    if (pageToken === '') return list;
    if (seen.has(pageToken) || seen.size >= MAX_PAGES) {
      const why = `the pages of ${what} of ${parent} ${seen.has(pageToken) ? 'go round in circles' : 'do not end'} after ${seen.size + 1}: scan again`;
      throw new LiveFailure(why, { kind: 'truncated' });
    }
    seen.add(pageToken);
    request = { parent, pageToken };
  }
}

/** Sends the library's requests with our token, and waits where the service asks for it: the library does not for 429. */
function authFor(context: ScanContext, login: Login): object {
  const auth = {
    universeDomain: 'googleapis.com',
    getClient: async () => auth,
    async fetch(address: string | URL, init: RequestInit & { agent?: unknown; responseType?: unknown }): Promise<Response> {
      const { agent: _agent, responseType: _type, ...plain } = init;
      const url = new URL(address);
      const { origin } = new URL(endpointOf('iam', context.env));
      if (url.origin !== origin)
        throw new LiveFailure(`the request leads to ${url.host}, which the credentials are not for`, { kind: 'refused' });
      context.contacts(url.host);
      let renewed = false;
      for (let attempt = 0; ; attempt++) {
        const headers = new Headers(plain.headers);
        for (const [name, value] of Object.entries(await login.headers(renewed))) headers.set(name, value);
        const signal = AbortSignal.any([
          context.signal,
          AbortSignal.timeout(MAX_PAUSE_MS),
          ...(plain.signal == null ? [] : [plain.signal]),
        ]);
        const response = await fetch(url, { ...plain, headers, signal, redirect: 'error' });
        if (response.status === 401 && !renewed) {
          renewed = true;
          await response.body?.cancel();
          continue;
        }
        if ((response.status !== 429 && response.status < 500) || attempt + 1 >= TRIES)
          return await limited(response, `${plain.method ?? 'GET'} ${url.pathname}`);
        const asked = Number(response.headers.get('retry-after') ?? Number.NaN) * 1000;
        await response.body?.cancel();
        await pause(Math.min(MAX_PAUSE_MS, Number.isNaN(asked) ? FIRST_PAUSE_MS * 2 ** attempt : asked), context.signal);
      }
    },
  };
  return auth;
}

/** The library would take a body of any length. */
async function limited(response: Response, name: string): Promise<Response> {
  const body = await bodyOf(response, name);
  const { status, statusText } = response;
  // It is unpacked already; and an answer without content may have no body.
  return new Response(status === 204 ? null : body, { status, statusText });
}
