import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type HttpSettings, LiveFailure, nextAddress, nextLink, nextToken, openHttp } from '../../../src/live/index.ts';
import { TargetError } from '../../../src/util/errors.ts';
import { type Loopback, loopback, reply } from '../../helpers/loopback.ts';
import { testContext } from '../../helpers/scan-context.ts';

const RIGHT = { right: 'harbour.users.read', tells: 'who the users are' };

type Answering = Parameters<typeof loopback>[0];

async function serve(answer: Answering, settings: Partial<HttpSettings> = {}, work?: (at: Loopback) => Partial<HttpSettings>) {
  const server = await loopback(answer);
  servers.push(server);
  const context = testContext();
  const http = openHttp({
    context,
    service: 'Harbour',
    baseUrl: `${server.url}/api`,
    firstPauseMs: 1,
    ...settings,
    ...work?.(server),
  });
  return { server, context, http };
}

const servers: Loopback[] = [];

async function failureOf(work: Promise<unknown>): Promise<LiveFailure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert(error instanceof LiveFailure, String(error));
  return error;
}

async function all<T>(items: AsyncIterable<T>, into: T[] = []): Promise<T[]> {
  for await (const item of items) into.push(item);
  return into;
}

describe('live http client', () => {
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it('asks below the base, with query, headers and body, and says whom it contacts', async () => {
    const { http, server, context } = await serve((_, response) => reply(response, 200, { ok: true }), {
      headers: { authorization: 'Bearer one' },
    });

    const { value } = await http.json('POST', '/users', {
      ...RIGHT,
      query: { limit: 2, ids: ['a', 'b'], gone: undefined },
      body: { q: 1 },
    });

    assert.deepEqual(value, { ok: true });
    assert.equal(server.asked[0]?.url, '/api/users?limit=2&ids=a&ids=b');
    assert.equal(server.asked[0]?.headers.authorization, 'Bearer one');
    assert.equal(server.asked[0]?.body, '{"q":1}');
    assert.deepEqual(context.hosts, [`127.0.0.1:${server.port}`]);
  });

  it('sends a form where one is given, and gives plain text where that is asked for', async () => {
    const { http, server } = await serve((_, response) => void response.end('a,b\n1,2\n'));

    const { value } = await http.text('POST', 'report', { ...RIGHT, form: { grant_type: 'client_credentials' } });

    assert.equal(value, 'a,b\n1,2\n');
    assert.equal(server.asked[0]?.body, 'grant_type=client_credentials');
    assert.match(server.asked[0]?.headers['content-type'] ?? '', /^application\/x-www-form-urlencoded/);
  });

  it('takes an empty answer for no value', async () => {
    const { http } = await serve((_, response) => void response.writeHead(204).end());

    assert.equal((await http.json('GET', '/nothing', RIGHT)).value, undefined);
  });

  describe('waiting', () => {
    it('waits as long as Retry-After says in seconds, and all calls of the client with it', async () => {
      const { http, server } = await serve((asked, response, before) => {
        if (asked.url === '/api/busy' && !before.some(({ url }) => url === asked.url))
          reply(response, 429, {}, { 'retry-after': '1' });
        else reply(response, 200, {});
      });

      const busy = http.json('GET', '/busy', RIGHT);
      await waitUntil(() => server.asked.length === 1);
      await new Promise((go) => setTimeout(go, 50));
      await Promise.all([busy, http.json('GET', '/other', RIGHT)]);

      const [first, ...later] = server.asked;
      assert.equal(later.length, 2);
      for (const { at } of later) assert(at - (first?.at ?? 0) >= 950, `came ${at - (first?.at ?? 0)} ms later`);
    });

    for (const { says, status, headers, least } of [
      { says: 'a date in Retry-After, by the clock of the service', status: 503, headers: dateHeaders, least: 900 },
      { says: 'the reset of GitHub', status: 403, headers: resetHeaders('x-ratelimit-reset'), least: 900 },
      { says: 'the reset of Okta', status: 429, headers: resetHeaders('x-rate-limit-reset'), least: 900 },
      { says: 'a reset in seconds from now', status: 429, headers: () => ({ 'ratelimit-reset': '1' }), least: 900 },
    ]) {
      it(`keeps to ${says}`, async () => {
        const { http, server } = await serve((_, response, before) => {
          if (before.length === 0) reply(response, status, {}, headers());
          else reply(response, 200, { done: true });
        });

        await http.json('GET', '/users', RIGHT);

        const [first, second] = server.asked;
        assert((second?.at ?? 0) - (first?.at ?? 0) >= least, `came ${(second?.at ?? 0) - (first?.at ?? 0)} ms later`);
      });
    }

    it('gives up at once where the service wants to be left alone for longer than is waited', async () => {
      const { http, server } = await serve((_, response) => reply(response, 429, {}, { 'retry-after': '3000' }));

      const failure = await failureOf(http.json('GET', '/users', RIGHT));
      const next = await failureOf(http.json('GET', '/keys', RIGHT));

      assert.equal(failure.kind, 'throttled');
      assert.equal(failure.outcome, 'partial');
      assert.match(failure.why, /50 minutes.*harbour\.users\.read/);
      assert.equal(next.kind, 'throttled');
      assert.equal(server.asked.length, 1);
    });

    it('gives up after the last try', async () => {
      const { http, server } = await serve((_, response) => reply(response, 429, {}), { tries: 3 });

      const failure = await failureOf(http.json('GET', '/users', RIGHT));

      assert.equal(failure.kind, 'throttled');
      assert.equal(failure.fatal, false);
      assert.equal(server.asked.length, 3);
    });

    it('tries again after server errors, resets and answers that end early', async () => {
      const { http, server } = await serve((_, response, { length }) => {
        if (length === 0) reply(response, 502, {});
        else if (length === 1) response.socket?.resetAndDestroy();
        else if (length === 2) {
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
          response.write('{"users":[');
          setTimeout(() => response.destroy(), 10);
        } else if (length === 3) response.writeHead(200, { 'content-type': 'application/json' }).end('{"users":[{"na');
        else reply(response, 200, { users: [] });
      });

      assert.deepEqual((await http.json('GET', '/users', RIGHT)).value, { users: [] });
      assert.equal(server.asked.length, 5);
    });

    it('stops waiting at once when the run is ended', async () => {
      const ended = new AbortController();
      const { http, server } = await serve((_, response) => reply(response, 429, {}, { 'retry-after': '60' }), {
        context: testContext({ signal: ended.signal }),
      });
      const began = performance.now();

      const asking = http.json('GET', '/users', RIGHT);
      await waitUntil(() => server.asked.length === 1);
      setTimeout(() => ended.abort(new Error('ended')), 20);

      await assert.rejects(asking, /ended/);
      assert(performance.now() - began < 2000);
    });

    it('stops reading at once when the run is ended', async () => {
      const ended = new AbortController();
      const { http, server } = await serve((_, response) => void response.writeHead(200).write('['), {
        context: testContext({ signal: ended.signal }),
      });

      const asking = http.json('GET', '/users', RIGHT);
      await waitUntil(() => server.asked.length === 1);
      ended.abort(new Error('ended'));

      await assert.rejects(asking, /ended/);
    });

    it('asks no more at a time than it may', async () => {
      const { http, server } = await serve(
        async (_, response) => {
          await new Promise((go) => setTimeout(go, 10));
          reply(response, 200, {});
        },
        { width: 3 },
      );

      await Promise.all(Array.from({ length: 20 }, (_, n) => http.json('GET', `/users/${n}`, RIGHT)));

      assert.equal(server.asked.length, 20);
      assert.equal(server.width, 3);
    });
  });

  describe('refusals', () => {
    it('names the right that is missing and what stays unknown', async () => {
      const { http } = await serve((_, response) => reply(response, 403, { error: { message: 'Insufficient\nprivileges' } }));

      const failure = await failureOf(http.json('GET', '/users', RIGHT));

      assert.equal(failure.outcome, 'denied');
      assert.equal(failure.fatal, false);
      assert.equal(
        failure.why,
        'harbour.users.read is not allowed to these credentials (HTTP 403, "Insufficient privileges"): grant it; without it who the users are stays unknown',
      );
    });

    it('asks nothing more after the credentials were not accepted', async () => {
      const { http, server } = await serve((_, response) => reply(response, 401, { errorSummary: 'Invalid token provided' }));

      const first = await failureOf(http.json('GET', '/users', RIGHT));
      const second = await failureOf(http.json('GET', '/keys', RIGHT));

      assert.equal(first.kind, 'expired');
      assert.equal(first.outcome, 'denied');
      assert.match(first.why, /Invalid token provided/);
      assert.equal(second, first);
      assert.equal(http.fatal, first);
      assert.equal(server.asked.length, 1);
    });

    it('takes a new token once when the old one has ended in mid-run', async () => {
      let token = 1;
      const { http, server } = await serve(
        (asked, response) => reply(response, asked.headers.authorization === 'Bearer 2' ? 200 : 401, {}),
        {
          authorize: async ({ renew }) => {
            if (renew) token = 2;
            return { authorization: `Bearer ${token}` };
          },
        },
      );

      await http.json('GET', '/users', RIGHT);
      await http.json('GET', '/keys', RIGHT);

      assert.deepEqual(
        server.asked.map(({ headers }) => headers.authorization),
        ['Bearer 1', 'Bearer 2', 'Bearer 2'],
      );
    });

    it('says once that the clock of this machine is off, and again where credentials are refused', async () => {
      const clock = () => Date.now() + 11 * 60_000;
      const { http, context } = await serve((asked, response) => reply(response, asked.url.endsWith('users') ? 200 : 401, {}), {
        clock,
      });

      await http.json('GET', '/users', RIGHT);
      await http.json('GET', '/users', RIGHT);
      const failure = await failureOf(http.json('GET', '/keys', RIGHT));

      assert.match(failure.why, /the clock of this machine is 11 minutes ahead of the service/);
      const warned = context.logged.filter(({ level }) => level === 'warn');
      assert.equal(warned.length, 1);
      assert.match(warned[0]?.message ?? '', /11 minutes ahead of Harbour/);
    });

    it('says nothing of a clock that is a minute off', async () => {
      const { http, context } = await serve((_, response) => reply(response, 401, {}), { clock: () => Date.now() + 60_000 });

      const failure = await failureOf(http.json('GET', '/users', RIGHT));

      assert.doesNotMatch(failure.why, /clock/);
      assert.deepEqual(context.logged, []);
    });

    it('lets the service judge its own answers', async () => {
      const { http, server } = await serve(
        (_, response, { length }) => reply(response, 403, { reason: length < 2 ? 'quota' : 'no' }),
        {
          judge: ({ body }) => (JSON.stringify(body).includes('quota') ? { is: 'throttled' } : undefined),
        },
      );

      const failure = await failureOf(http.json('GET', '/users', RIGHT));

      assert.equal(failure.kind, 'denied');
      assert.equal(server.asked.length, 3);
    });

    it('tells a thing that is not there from a right that is not granted', async () => {
      const { http } = await serve((_, response) => reply(response, 404, { message: 'Not Found' }));

      const failure = await failureOf(http.json('GET', '/users/1', RIGHT));

      assert.equal(failure.kind, 'missing');
      assert.equal(failure.status, 404);
      assert.equal(failure.outcome, 'partial');
    });

    it('says that nobody answers, once', async () => {
      const vacant = createServer().listen(0, '127.0.0.1');
      await once(vacant, 'listening');
      const { port } = vacant.address() as { port: number };
      vacant.close();
      await once(vacant, 'close');
      const http = openHttp({ context: testContext(), service: 'Harbour', baseUrl: `http://127.0.0.1:${port}` });

      const failure = await failureOf(http.json('GET', '/users', RIGHT));

      assert.equal(failure.kind, 'unreachable');
      assert.equal(failure.fatal, true);
      assert.match(failure.why, /Harbour cannot be reached \(ECONNREFUSED\)/);
    });

    it('does not wait for an answer for ever', async () => {
      const { http, server } = await serve(() => undefined, { timeoutMs: 30, tries: 2 });

      const failure = await failureOf(http.json('GET', '/users', RIGHT));

      assert.equal(failure.kind, 'failed');
      assert.match(failure.why, /no answer to GET \/api\/users in time/);
      assert.equal(server.asked.length, 2);
    });

    it('never tells what was sent', async () => {
      const { http } = await serve((_, response) => reply(response, 400, {}), {
        headers: { authorization: 'Bearer harbour-token' },
      });

      const failure = await failureOf(
        http.json('POST', '/users', { ...RIGHT, query: { key: 'harbour-key' }, form: { s: 'harbour-form' } }),
      );

      assert.doesNotMatch(
        JSON.stringify({ ...failure, message: failure.message, stack: failure.stack }),
        /harbour-(?:token|key|form)/,
      );
    });
  });

  describe('answers', () => {
    it('refuses one that is too large, without reading all of it', async () => {
      const { http } = await serve(
        (_, response) => {
          response.writeHead(200, { 'content-type': 'application/json' });
          const more = setInterval(() => response.write('x'.repeat(64 * 1024)), 1);
          response.on('close', () => clearInterval(more));
        },
        { maxBytes: 1024 * 1024 },
      );

      const failure = await failureOf(http.json('GET', '/users', RIGHT));

      assert.match(failure.why, /larger than 1 MiB/);
      assert.equal(failure.outcome, 'partial');
    });

    it('knows the page of a proxy from an answer', async () => {
      const { http, server } = await serve(
        (_, response) => void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>Sign in</html>'),
      );

      const failure = await failureOf(http.json('GET', '/users', RIGHT));

      assert.equal(failure.kind, 'unreadable');
      assert.match(failure.why, /text\/html instead of JSON/);
      assert.equal(server.asked.length, 1);
    });

    it('says that an answer ends early when it does so every time', async () => {
      const { http, server } = await serve((_, response) => void response.end('{"users":[{'), { tries: 2 });

      const failure = await failureOf(http.json('GET', '/users', RIGHT));

      assert.equal(failure.kind, 'truncated');
      assert.equal(failure.outcome, 'partial');
      assert.equal(server.asked.length, 2);
    });
  });

  describe('other hosts', () => {
    it('follows a redirect on the same host', async () => {
      const { http } = await serve((asked, response) => {
        if (asked.url === '/api/old') response.writeHead(301, { location: '/api/new' }).end();
        else reply(response, 200, { at: asked.url });
      });

      assert.deepEqual((await http.json('GET', '/old', RIGHT)).value, { at: '/api/new' });
    });

    it('takes the credentials to no other host by a redirect', async () => {
      const other = await loopback((_, response) => reply(response, 200, {}));
      servers.push(other);
      const { http } = await serve((_, response) => void response.writeHead(302, { location: `${other.url}/steal` }).end(), {
        headers: { authorization: 'Bearer one' },
      });

      const failure = await failureOf(http.json('GET', '/users', RIGHT));

      assert.equal(failure.kind, 'refused');
      assert.match(failure.why, new RegExp(`127\\.0\\.0\\.1:${other.port}`));
      assert.deepEqual(other.asked, []);
    });

    it('takes them to no other host by the address of the next page', async () => {
      const other = await loopback((_, response) => reply(response, 200, { value: [] }));
      servers.push(other);
      const { http } = await serve((_, response) => reply(response, 200, { '@odata.nextLink': `${other.url}/api/users?page=2` }));
      const pages: unknown[] = [];

      const failure = await failureOf(all(http.pages('GET', '/users', RIGHT, nextAddress()), pages));

      assert.equal(failure.kind, 'refused');
      assert.equal(pages.length, 1);
      assert.deepEqual(other.asked, []);
    });

    it('goes round in circles three times at most', async () => {
      const { http, server } = await serve((asked, response) => void response.writeHead(307, { location: asked.url }).end());

      assert.equal((await failureOf(http.json('GET', '/users', RIGHT))).kind, 'refused');
      assert.equal(server.asked.length, 4);
    });

    for (const baseUrl of ['http://harbour.example/api', 'https://me:you@harbour.example', 'ftp://harbour.example', 'harbour']) {
      it(`does not take ${baseUrl} for an address to send credentials to`, () => {
        assert.throws(() => openHttp({ context: testContext(), service: 'Harbour', baseUrl }), TargetError);
      });
    }
  });

  describe('pages', () => {
    it('follows Link headers', async () => {
      const { http, server } = await serve((asked, response) => {
        const page = Number(new URL(asked.url, 'http://x').searchParams.get('page') ?? 1);
        const link = `<${server.url}/api/users?page=1>; rel="first", <${server.url}/api/users?page=${page + 1}>; rel="next"`;
        reply(response, 200, [page], page < 3 ? { link } : { link: `<${server.url}/api/users?page=1>; rel="prev"` });
      });

      assert.deepEqual(await all(http.pages('GET', '/users', RIGHT, nextLink)), [[1], [2], [3]]);
    });

    it('follows tokens', async () => {
      const { http, server } = await serve((asked, response) => {
        const isLast = asked.url.includes('pageToken=t');
        reply(response, 200, isLast ? { users: [2] } : { users: [1], nextPageToken: 't' });
      });

      await all(http.pages('GET', '/users', { ...RIGHT, query: { pageSize: 1 } }, nextToken()));

      assert.deepEqual(
        server.asked.map(({ url }) => url),
        ['/api/users?pageSize=1', '/api/users?pageSize=1&pageToken=t'],
      );
    });

    it('follows a marker in the body', async () => {
      const { http, server } = await serve((asked, response) => reply(response, 200, { more: JSON.parse(asked.body).from < 2 }));

      await all(
        http.pages('POST', '/search', { ...RIGHT, body: { from: 0 } }, (answer) =>
          (answer as { more: boolean }).more ? { body: { from: server.asked.length } } : undefined,
        ),
      );

      assert.deepEqual(
        server.asked.map(({ body }) => body),
        ['{"from":0}', '{"from":1}', '{"from":2}'],
      );
    });

    it('ends where a page leads back to one that was read, and keeps what was read', async () => {
      const { http, server } = await serve((asked, response) => {
        const token = new URL(asked.url, 'http://x').searchParams.get('pageToken');
        reply(response, 200, { nextPageToken: token === 'b' ? 'a' : token === 'a' ? 'b' : 'a' });
      });
      const pages: unknown[] = [];

      const failure = await failureOf(all(http.pages('GET', '/users', RIGHT, nextToken()), pages));

      assert.equal(failure.kind, 'truncated');
      assert.match(failure.why, /circles/);
      assert.equal(pages.length, 3);
      assert.equal(server.asked.length, 3);
    });

    it('ends where each page names a new one for ever, and keeps what was read', async () => {
      const { http, server } = await serve(
        (_, response, before) => reply(response, 200, { nextPageToken: String(before.length) }),
        { maxPages: 5 },
      );
      const pages: unknown[] = [];

      const failure = await failureOf(all(http.pages('GET', '/users', RIGHT, nextToken()), pages));

      assert.equal(failure.kind, 'truncated');
      assert.match(failure.why, /have no end: 5 were read/);
      assert.equal(pages.length, 5);
      assert.equal(server.asked.length, 5);
    });

    it('keeps the pages before a refusal in mid-run', async () => {
      const { http } = await serve((asked, response) =>
        asked.url.includes('pageToken') ? reply(response, 403, {}) : reply(response, 200, { nextPageToken: 'b' }),
      );
      const pages: unknown[] = [];

      const failure = await failureOf(all(http.pages('GET', '/users', RIGHT, nextToken()), pages));

      assert.equal(failure.kind, 'denied');
      assert.equal(pages.length, 1);
    });
  });
});

function dateHeaders(): { readonly [name: string]: string } {
  // The service is a day behind this machine.
  const served = Math.floor(Date.now() / 1000) * 1000 - 86_400_000;
  return { date: new Date(served).toUTCString(), 'retry-after': new Date(served + 1000).toUTCString() };
}

function resetHeaders(name: string): () => { readonly [name: string]: string } {
  return () => {
    const now = Math.floor(Date.now() / 1000);
    return { date: new Date(now * 1000).toUTCString(), 'x-ratelimit-remaining': '0', [name]: String(now + 1) };
  };
}

async function waitUntil(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((go) => setTimeout(go, 2));
}
