import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: { readonly [name: string]: string };
  /** Sent as JSON; a text and bytes as they are. */
  readonly body: unknown;
  /** Close the connection after so many bytes of it. */
  readonly cutAt?: number;
}

/** A list is paged; anything else is one answer; a function answers itself. `tried` counts the calls of this path before. */
export type Route =
  | readonly unknown[]
  | { readonly [field: string]: unknown }
  | ((asked: Asked, tried: number) => Reply | undefined);

export interface FakeGithub {
  readonly url: string;
  readonly asked: Asked[];
  readonly routes: Map<string, Route>;
  /** Counts of calls by path. */
  count(path: string): number;
  close(): Promise<void>;
}

/** The REST API as far as the scanner asks it: pages by the Link header, unknown addresses, refusals. */
export async function startGithub(settings: { readonly page?: number; readonly prefix?: string } = {}): Promise<FakeGithub> {
  const { page: size = 2, prefix = '' } = settings;
  const routes = new Map<string, Route>();
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://github.test');
    const path = url.pathname.slice(prefix.length);
    const one: Asked = {
      method: request.method ?? '',
      path,
      query: url.searchParams,
      authorization: request.headers.authorization,
    };
    const tried = asked.filter((before) => before.path === path).length;
    asked.push(one);
    request.resume();
    answer(response, replyTo(one, tried, request));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function replyTo(one: Asked, tried: number, request: IncomingMessage): Reply {
    const route = routes.get(one.path);
    if (one.authorization === undefined) return { status: 401, body: { message: 'Requires authentication' } };
    if (route === undefined) return unknownAddress();
    const own = typeof route === 'function' ? route(one, tried) : undefined;
    if (own !== undefined) return own;
    if (typeof route === 'function') return unknownAddress();
    if (!Array.isArray(route)) {
      const fields = Object.entries(route);
      const [field, list] = fields.find(([, value]) => Array.isArray(value)) ?? [];
      if (field === undefined || !Array.isArray(list) || !('total_count' in route)) return { body: route };
      return paged(one, list, request, (entries) => ({ ...route, [field]: entries }));
    }
    return paged(one, route, request, (entries) => entries);
  }

  function paged(one: Asked, list: readonly unknown[], _request: IncomingMessage, wrap: (entries: unknown[]) => unknown): Reply {
    const page = Number(one.query.get('page') ?? 1);
    const entries = list.slice((page - 1) * size, page * size);
    const query = new URLSearchParams(one.query);
    query.set('page', String(page + 1));
    const hasNext = page * size < list.length;
    const link = `<${origin}${prefix}${one.path}?${query}>; rel="next", <${origin}${prefix}${one.path}?page=9>; rel="last"`;
    return { headers: hasNext ? { link } : {}, body: wrap([...entries]) };
  }

  return {
    url: `${origin}${prefix}`,
    asked,
    routes,
    count: (path) => asked.filter((one) => one.path === path).length,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function answer(response: ServerResponse, { status = 200, headers = {}, body, cutAt }: Reply): void {
  const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const length = { 'content-length': String(Buffer.byteLength(text)) };
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...length, ...headers });
  if (cutAt === undefined) {
    response.end(text);
    return;
  }
  response.write(text.slice(0, cutAt), () => response.destroy());
}

/** What GitHub says to an address that it does not know. */
export function unknownAddress(): Reply {
  return { status: 404, body: { message: 'Not Found', documentation_url: 'https://docs.github.com/rest', status: '404' } };
}

/** What a missing right looks like where the call is known. */
export function hidden(page: string): Reply {
  return {
    status: 404,
    body: { message: 'Not Found', documentation_url: `https://docs.github.com/rest/${page}`, status: '404' },
  };
}

export function forbidden(permission: string): Reply {
  return {
    status: 403,
    headers: { 'x-accepted-github-permissions': permission },
    body: {
      message: 'Resource not accessible by integration',
      documentation_url: 'https://docs.github.com/rest/a#b',
      status: '403',
    },
  };
}
