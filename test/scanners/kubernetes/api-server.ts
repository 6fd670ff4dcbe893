import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type TestCertificate, testCertificate } from './certificate.ts';

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: { readonly [name: string]: string };
}

/** The far end: lists as an API server gives them. `items` by path; `replies` go before them. */
export interface FakeCluster {
  readonly url: string;
  readonly authority: string;
  readonly asked: {
    readonly path: string;
    readonly query: URLSearchParams;
    readonly authorization: string | undefined;
    readonly user: string | undefined;
  }[];
  readonly items: Map<string, object[]>;
  readonly replies: Map<string, Reply[] | ((query: URLSearchParams, asked: number) => Reply | 'silence' | undefined)>;
  close(): Promise<void>;
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/ */
export async function startCluster(
  options: { readonly certificate?: TestCertificate; readonly page?: number } = {},
): Promise<FakeCluster> {
  const { certificate, key } = options.certificate ?? testCertificate({ commonName: 'kube-apiserver' });
  const asked: FakeCluster['asked'] = [];
  const items: FakeCluster['items'] = new Map();
  const replies: FakeCluster['replies'] = new Map();
  const counts = new Map<string, number>();

  const server = createServer({ cert: certificate, key, requestCert: true, rejectUnauthorized: false }, (message, response) => {
    const url = new URL(message.url ?? '/', 'https://localhost');
    asked.push({
      path: url.pathname,
      query: url.searchParams,
      authorization: message.headers.authorization,
      user: userOf(message),
    });
    const count = (counts.get(url.pathname) ?? 0) + 1;
    counts.set(url.pathname, count);
    const given = replies.get(url.pathname);
    const own = typeof given === 'function' ? given(url.searchParams, count) : given?.shift();
    if (own === 'silence') return;
    const { status, body, headers } = own ?? listOf(url);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));

  function listOf(url: URL): Reply {
    const all = items.get(url.pathname);
    if (all === undefined) return statusReply(404, 'NotFound', 'the server could not find the requested resource');
    const from = Number(url.searchParams.get('continue') ?? 0);
    const to = from + Math.min(Number(url.searchParams.get('limit') ?? all.length), options.page ?? 500);
    const more = to < all.length ? { continue: String(to), remainingItemCount: all.length - to } : {};
    // Items of a typed list have neither kind nor version.
    return {
      status: 200,
      body: {
        kind: kindOf(url.pathname),
        apiVersion: 'v1',
        metadata: { resourceVersion: '7', ...more },
        items: all.slice(from, to),
      },
    };
  }

  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authority: certificate,
    asked,
    items,
    replies,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

export function statusReply(status: number, reason: string, message: string, metadata: object = {}): Reply {
  return { status, body: { kind: 'Status', apiVersion: 'v1', metadata, status: 'Failure', message, reason, code: status } };
}

function kindOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const kinds: { readonly [name: string]: string } = {
    serviceaccounts: 'ServiceAccount',
    clusterroles: 'ClusterRole',
    clusterrolebindings: 'ClusterRoleBinding',
    rolebindings: 'RoleBinding',
    pods: 'Pod',
    secrets: 'Secret',
    configmaps: 'ConfigMap',
  };
  return `${kinds[name] ?? `${name.charAt(0).toUpperCase()}${name.slice(1, -1)}`}List`;
}

function userOf(message: IncomingMessage): string | undefined {
  const { subject } = (message.socket as TLSSocket).getPeerCertificate();
  return typeof subject?.CN === 'string' ? subject.CN : undefined;
}
