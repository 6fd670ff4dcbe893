import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What is served at a path (without host): a list that is paged by its field, one answer, or a fault. */
export type Served =
  | { readonly list: string; readonly items: readonly object[]; readonly pageSize?: number }
  | { readonly value: object }
  | { readonly status: number; readonly body: object; readonly headers?: { readonly [name: string]: string } }
  | { readonly raw: string };

export interface GoogleServer {
  readonly env: { readonly [name: string]: string };
  /** `METHOD path`, in the order they came. */
  readonly asked: string[];
  /** Tokens that were handed out. */
  readonly tokens: string[];
  /** The next answers of a path, before what is served otherwise. */
  readonly faults: Map<string, Served[]>;
  /** Tokens that are not accepted any more. */
  readonly expired: Set<string>;
  close(): Promise<void>;
}

/** Speaks as the Google APIs do: pages by token, errors with `ErrorInfo`, tokens by workload identity federation. */
export async function googleServer(served: { readonly [path: string]: Served }): Promise<GoogleServer> {
  const asked: string[] = [];
  const tokens: string[] = [];
  const expired = new Set<string>();
  const faults = new Map<string, Served[]>();
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const path = decodeURIComponent(decodeURIComponent(url.pathname)).slice(1);
    if (path === 'sts') {
      const token = `loopback-${tokens.length + 1}`;
      tokens.push(token);
      answer(response, 200, { access_token: token, token_type: 'Bearer', expires_in: 3600, issued_token_type: 'x' });
      return;
    }
    asked.push(`${request.method} ${path}`);
    const token = (request.headers.authorization ?? '').replace('Bearer ', '');
    if (!tokens.includes(token) || expired.has(token)) {
      answer(response, 401, { error: { code: 401, status: 'UNAUTHENTICATED', message: 'Request had invalid credentials' } });
      return;
    }
    const one = faults.get(path)?.shift() ?? served[path];
    if (one === undefined) answer(response, 404, { error: { code: 404, status: 'NOT_FOUND', message: `nothing at ${path}` } });
    else serve(one, url, response, request);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const directory = mkdtempSync(join(tmpdir(), 'gcp-login-'));
  return {
    env: { ...overrides(base), GOOGLE_APPLICATION_CREDENTIALS: credentialFile(directory, base) },
    asked,
    tokens,
    faults,
    expired,
    async close() {
      rmSync(directory, { recursive: true, force: true });
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function serve(one: Served, url: URL, response: ServerResponse, _request: IncomingMessage): void {
  if ('raw' in one) {
    response.setHeader('content-type', 'application/json');
    response.end(one.raw);
  } else if ('status' in one) {
    for (const [name, value] of Object.entries(one.headers ?? {})) response.setHeader(name, value);
    answer(response, one.status, one.body);
  } else if ('value' in one) {
    answer(response, 200, one.value);
  } else {
    const size = one.pageSize ?? 2;
    const from = Number(url.searchParams.get('pageToken') ?? 0);
    const items = one.items.slice(from, from + size);
    const more = from + size < one.items.length ? { nextPageToken: String(from + size) } : {};
    // An empty list is left out of the answer altogether.
    answer(response, 200, { ...(items.length === 0 ? {} : { [one.list]: items }), ...more });
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}

/** A login by federation: the subject token lies in a file, and is changed for one of ours. */
function credentialFile(directory: string, base: string): string {
  const subject = join(directory, 'subject.txt');
  writeFileSync(subject, 'a-subject');
  const file = join(directory, 'federation.json');
  const type = 'external_account';
  writeFileSync(
    file,
    JSON.stringify({
      type,
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${base}sts`,
      credential_source: { file: subject },
    }),
  );
  return file;
}

function overrides(base: string): { [name: string]: string } {
  const services = ['IAM', 'CLOUDASSET', 'CLOUDRESOURCEMANAGER', 'POLICYANALYZER', 'RECOMMENDER', 'APIKEYS', 'STORAGE'];
  return Object.fromEntries(services.map((service) => [`CLOUDSDK_API_ENDPOINT_OVERRIDES_${service}`, base]));
}

export function forbidden(permission: string): Served {
  return {
    status: 403,
    body: { error: { code: 403, status: 'PERMISSION_DENIED', message: `Permission '${permission}' denied` } },
  };
}

export function notEnabled(service: string): Served {
  return {
    status: 403,
    body: {
      error: {
        code: 403,
        status: 'PERMISSION_DENIED',
        // What it is for stands in the details alone.
        message: 'The caller does not have permission',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'SERVICE_DISABLED',
            domain: 'googleapis.com',
            metadata: { service },
          },
        ],
      },
    },
  };
}
