import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** When it came, `performance.now()`. */
  readonly at: number;
}

export interface Loopback extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly asked: readonly Asked[];
  /** The most requests that were open at a time. */
  readonly width: number;
  close(): Promise<void>;
}

/** The far end of the wire: a server on this machine that answers as `answer` says. `body` is read before it is asked. */
export async function loopback(
  answer: (asked: Asked, response: ServerResponse, before: readonly Asked[]) => void | Promise<void>,
): Promise<Loopback> {
  const asked: Asked[] = [];
  let open = 0;
  let width = 0;
  const listener: RequestListener = async (request, response) => {
    width = Math.max(width, ++open);
    response.on('close', () => void open--);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    const one = { method, url, headers, body: Buffer.concat(chunks).toString('utf8'), at: performance.now() };
    const before = [...asked];
    asked.push(one);
    await answer(one, response, before);
  };
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  async function close(): Promise<void> {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    get width() {
      return width;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A JSON answer. */
export function reply(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: { readonly [name: string]: string } = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
