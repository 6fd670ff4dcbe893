import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { hoopLive } from '../../../scanners/gateway-sessions/index.ts';
import { probeGateway } from '../../../scanners/gateway-sessions/live-probe.ts';
import type { Probed } from '../../../src/contracts/index.ts';
import { reply } from '../../helpers/loopback.ts';
import { collect, fakeToken, kinds, testContext } from '../../helpers/scan-context.ts';
import { API_KEY, KEY, newGateway, review, session, startGateway, USER } from './gateway.ts';
import { base64, connection, ORG } from './helpers.ts';
import { askedPaths, gaps, keptSteps, part, scanLive, sessionsAsked, targetOf } from './live-helpers.ts';

const AUDIT_ENTRY = {
  id: '0d9b7c1a-0000-4d55-b0a3-00000000aaaa',
  org_id: ORG,
  actor_subject: 'okta|55',
  actor_email: 'r.lima@example.com',
  actor_name: 'R. Lima',
  created_at: '2026-05-20T10:00:00Z',
  resource_type: 'guardrails',
  action: 'update',
  http_method: 'PUT',
  http_status: 200,
  http_path: '/api/guardrails/1',
  client_ip: '192.0.2.7',
  request_payload_redacted: { name: 'no-drop' },
  outcome: true,
  error_message: '',
};

describe('hoop live', () => {
  it('reads a gateway through the parsers of the exports', async () => {
    const gateway = newGateway({
      role: 'admin',
      sessions: [
        session(1, '2026-05-20T02:00:04.118Z', {
          user_id: API_KEY.id,
          user: API_KEY.name,
          user_name: API_KEY.name,
          review: review(),
        }),
        session(2, '2026-05-21T09:00:00Z', { verb: 'connect', user_id: USER.id, user: USER.email, user_name: USER.name }),
      ],
      lists: { 'audit/logs': [AUDIT_ENTRY], 'ai-agents': [{ ...API_KEY, id: 'a1', name: 'triage' }] },
    });
    await using server = await startGateway(gateway);

    const observations = await scanLive(server);

    assert.deepEqual(gaps(observations), []);
    const usages = kinds(observations, 'usage');
    assert.deepEqual(
      usages.map(({ sessionId, action, approval, detail }) => [sessionId?.slice(-2), action, approval, detail?.depth]),
      [
        ['02', 'connect', 'unknown', 'list'],
        ['01', 'read', 'approved', 'single'],
        ['aa', 'admin', undefined, undefined],
      ],
    );
    assert.equal((usages[1]?.detail?.review as { rule?: string } | undefined)?.rule, 'prod-exec');
    assert.deepEqual(
      kinds(observations, 'identity')
        .map(({ id }) => id)
        .sort(),
      [`hoop:${ORG}:agent/triage`, `hoop:${ORG}:api-key/nightly-embeddings`],
    );
    assert.deepEqual([...new Set(kinds(observations, 'policy').map(({ type }) => type))].sort(), [
      'access-control',
      'access-rule',
      'agent',
      'approval',
      'connection',
      'server',
    ]);
    assert.equal(part(observations, 'server information')?.detail?.version, '1.148.0');
    assert.deepEqual(part(observations, 'sessions')?.detail, {
      types: ['session', 'approval', 'session-list'],
      from: '2026-05-02',
      until: '2026-06-01T00:00:00.000Z',
      days: 30,
      content: 'reviews',
    });
    assert.ok(!JSON.stringify(observations).includes(KEY));
  });

  it('asks only what it announced, GET alone, four at a time, and never for credentials', async () => {
    const { sessions } = manySessions();
    const gateway = newGateway({
      role: 'admin',
      sessions,
      lists: { connections: [connection(), connection({ id: 'other', name: 'x/credentials' })] },
    });
    await using server = await startGateway(gateway);

    await scanLive(server, { query: '?connections=settings&content=streams' });

    const announced = hoopLive.calls?.(targetOf(server, '?connections=settings'), {}) ?? [];
    const patterns = announced.map(
      ({ operation }) => new RegExp(`^/${operation.slice('GET /'.length).replace(/\{\w+\}/, '[^/]+')}$`),
    );
    const asked = server.asked.map(({ url }) => url.replace(/\?.*$/, ''));
    assert.ok(announced.every(({ host }) => server.url.endsWith(host)));
    assert.deepEqual(
      asked.filter((path) => !patterns.some((pattern) => pattern.test(path))),
      [],
    );
    assert.deepEqual(
      announced.filter((_, index) => !asked.some((path) => patterns[index]?.test(path))).map(({ operation }) => operation),
      [],
    );
    assert.ok(server.asked.every(({ method }) => method === 'GET'));
    assert.ok(server.asked.length > 60 && server.width <= 4, `${server.width} at a time`);
    assert.deepEqual(
      server.asked.filter(({ url }) => /credentials|rotate|\/secret/i.test(decodeURIComponent(url))),
      [],
    );
  });

  it('names the right that an auditor lacks, and tells callers by their sessions', async () => {
    const row = session(1, '2026-05-20T02:00:04Z', { user_id: API_KEY.id, user: API_KEY.name, user_name: API_KEY.name });
    await using server = await startGateway(newGateway({ sessions: [row] }));

    const observations = await scanLive(server);

    assert.deepEqual(
      gaps(observations).map(([what, outcome]) => [what, outcome]),
      [
        ['API keys', 'denied'],
        ['AI agents', 'denied'],
      ],
    );
    assert.match(part(observations, 'API keys')?.why ?? '', /reading API keys \(group admin\) is not allowed .*access denied/);
    const [usage] = kinds(observations, 'usage');
    assert.deepEqual([usage?.actorType, usage?.actorConfidence], ['api-key', 'medium']);
  });

  it('says that a key without the group auditor is shown some sessions only', async () => {
    const rows = [session(1, '2026-05-20T02:00:04Z'), session(2, '2026-05-20T03:00:00Z', { user_id: 'key', user: 'key' })];
    await using server = await startGateway(newGateway({ role: 'standard', sessions: rows }));

    const observations = await scanLive(server);

    assert.equal(kinds(observations, 'usage').length, 1);
    assert.equal(part(observations, 'sessions')?.outcome, 'partial');
    assert.match(part(observations, 'sessions')?.why ?? '', /their own sessions only.*group auditor/);
    assert.match(part(observations, 'guardrails')?.why ?? '', /group auditor/);
  });

  it('goes by the groups of a key where the gateway calls auditors standard', async () => {
    const inGroup = (asked: { readonly path: string }, response: Parameters<typeof reply>[0]): boolean => {
      if (asked.path !== 'userinfo') return false;
      reply(response, 200, { id: 'key', role: 'standard', groups: ['developers', 'auditor'], is_admin: false });
      return true;
    };
    await using server = await startGateway(newGateway({ role: 'auditor' }), inGroup);

    assert.equal(part(await scanLive(server), 'sessions')?.outcome, 'complete');
  });

  it('goes by what is refused where the gateway does not tell whose key it is', async () => {
    const noRole = (asked: { readonly path: string }, response: Parameters<typeof reply>[0]): boolean => {
      if (asked.path !== 'userinfo') return false;
      reply(response, 200, { id: 'key' });
      return true;
    };
    await using auditor = await startGateway(newGateway(), noRole);
    await using standard = await startGateway(newGateway({ role: 'standard' }), noRole);

    const [ofAuditor, ofStandard] = [await scanLive(auditor), await scanLive(standard)];

    assert.equal(part(ofAuditor, 'sessions')?.outcome, 'complete');
    assert.match(part(ofStandard, 'sessions')?.why ?? '', /own sessions only/);
  });

  it('takes what an older gateway does not have for no failure', async () => {
    const rows = [session(1, '2026-05-20T02:00:04Z', { review: review() })];
    await using server = await startGateway(newGateway({ version: '1.46.0', sessions: rows }));

    const observations = await scanLive(server);

    assert.deepEqual(
      gaps(observations).map(([what, outcome, why]) => [what, outcome, why?.replace(/^.*which came with /, '')]),
      [
        ['machine identities', 'unsupported', '1.63.0'],
        ['API keys', 'unsupported', '1.59.0'],
        ['AI agents', 'unsupported', '1.89.0'],
        ['access request rules', 'unsupported', '1.50.0'],
        ['attributes', 'unsupported', '1.53.0'],
        ['SPIFFE mappings', 'unsupported', '1.59.1'],
        ['event subscriptions', 'unsupported', '1.75.0'],
        ['masking of sessions', 'unsupported', '1.47.0'],
        ['admin audit log', 'unsupported', '1.50.1'],
      ],
    );
    const [usage] = kinds(observations, 'usage');
    assert.deepEqual([usage?.job, usage?.approval], [undefined, 'approved']);
  });

  it('knows the page of the application that an older gateway answers in place of a list', async () => {
    await using server = await startGateway(newGateway({ version: '1.46.0' }), (asked, response) => {
      if (asked.path !== 'audit/logs' && asked.path !== 'guardrails') return false;
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>hoop</title>');
      return true;
    });

    const observations = await scanLive(server);

    assert.equal(part(observations, 'admin audit log')?.outcome, 'unsupported');
    // These it should have.
    assert.equal(part(observations, 'guardrails')?.outcome, 'partial');
    assert.match(part(observations, 'guardrails')?.why ?? '', /text\/html instead of JSON/);
  });

  it('knows the version by the header too, and says where it is not told at all', async () => {
    const withoutVersion = (asked: { readonly path: string }, response: Parameters<typeof reply>[0]): boolean => {
      if (asked.path !== 'serverinfo') return false;
      reply(response, 200, { auth_method: 'local', idp_provider_name: '' });
      return true;
    };
    const withoutServer = (asked: { readonly path: string }, response: Parameters<typeof reply>[0]): boolean => {
      response.removeHeader('server');
      return withoutVersion(asked, response);
    };
    await using header = await startGateway(newGateway({ version: '1.88.2' }), withoutVersion);
    await using silent = await startGateway(newGateway({ version: '1.88.2' }), withoutServer);

    const [told, untold] = [await scanLive(header), await scanLive(silent)];

    assert.equal(part(told, 'server information')?.detail?.version, '1.88.2');
    assert.match(
      part(told, 'AI agents')?.why ?? '',
      /^version 1\.88\.2 of the gateway has no AI agents, which came with 1\.89\.0$/,
    );
    assert.equal(part(untold, 'AI agents')?.outcome, 'unsupported');
    assert.match(part(untold, 'AI agents')?.why ?? '', /does not tell its version/);
  });

  it('ends at once when the user does', async () => {
    const abort = new AbortController();
    await using server = await startGateway(newGateway(), (asked) => {
      if (asked.path === 'connections') abort.abort();
      return false;
    });

    await assert.rejects(scanLive(server, { context: { signal: abort.signal } }), { name: 'AbortError' });

    assert.ok(sessionsAsked(server).length === 0);
  });

  it('asks a new gateway that lacks a list for a reason', async () => {
    const gateway = newGateway();
    delete gateway.lists.machineidentities;
    await using server = await startGateway(gateway);

    const row = part(await scanLive(server), 'machine identities');

    assert.equal(row?.outcome, 'partial');
    assert.match(row?.why ?? '', /there is nothing at GET \/api\/machineidentities/);
  });

  it('takes null for an empty list, and a plugin that is switched off for an answer', async () => {
    const gateway = newGateway({
      lists: { users: null, connections: null, reviews: null, 'users/groups': null, guardrails: { data: null } },
    });
    delete gateway.lists['plugins/access_control'];
    await using server = await startGateway(gateway);

    const observations = await scanLive(server);

    assert.deepEqual(
      gaps(observations).filter(([, outcome]) => outcome !== 'denied'),
      [],
    );
    assert.deepEqual(part(observations, 'access control')?.detail, { types: ['access-control'], absent: 'it is switched off' });
  });

  it('reads where events go, and takes webhooks that are not set up for an answer', async () => {
    const subscription = {
      id: 's1',
      name: 'siem',
      event_types: ['session.closed'],
      runbook_file: 'siem.runbook.py',
      status: 'paused',
    };
    const webhook = {
      id: 'ep_1',
      url: `https://siem.example/in/${fakeToken('harbour3')}`,
      filterTypes: ['session.open'],
      stats: { success: 12, fail: 3, pending: 0, sending: 0 },
      createdAt: '2026-01-01T00:00:00Z',
    };
    const lists = { 'event-routing/subscriptions': [subscription], 'webhooks/endpoints': { data: [webhook], done: true } };
    await using without = await startGateway(newGateway());
    await using server = await startGateway(newGateway({ lists }));

    const observations = await scanLive(server);

    const forwarding = kinds(observations, 'policy').filter(({ type }) => type === 'forwarding');
    assert.deepEqual(
      forwarding.map(({ name, enabled, detail, settings }) => [name, enabled, detail, settings.host]),
      [
        ['siem', false, undefined, undefined],
        ['siem.example', true, { delivered: 12, failed: 3 }, 'siem.example'],
      ],
    );
    assert.ok(!JSON.stringify(observations).includes('harbour3'));
    const off = part(await scanLive(without), 'webhooks');
    assert.deepEqual([off?.outcome, off?.detail?.absent], ['complete', 'it is switched off']);
    await using more = await startGateway(newGateway({ lists: { 'webhooks/endpoints': { data: [webhook], done: false } } }));
    const some = part(await scanLive(more), 'webhooks');
    assert.deepEqual([some?.outcome, some?.read], ['partial', 1]);
  });

  it('reads all pages of a list, whatever they say of the total', async () => {
    const connections = Array.from({ length: 250 }, (_, index) => connection({ name: `c${index}`, id: `id-${index}` }));
    await using told = await startGateway(newGateway({ lists: { connections } }));
    await using untold = await startGateway(newGateway(), (asked, response) => {
      if (asked.path !== 'connections') return false;
      const page = Number(asked.query.get('page'));
      // What was added meanwhile moved one entry to the next page.
      const data = connections.slice(Math.max(0, (page - 1) * 100 - 1), page * 100 - 1);
      reply(response, 200, {
        pages: { total: null, page, size: 100 },
        data: page === 3 ? connections.slice(199) : data.length < 100 ? [connections[0], ...data] : data,
      });
      return true;
    });

    const [one, other] = [await scanLive(told), await scanLive(untold)];

    for (const observations of [one, other]) {
      assert.equal(new Set(kinds(observations, 'consumer').map(({ consumer }) => consumer)).size, 250);
      assert.equal(part(observations, 'connections')?.read, 250);
    }
  });

  it('says that a list changed while it was read', async () => {
    const connections = Array.from({ length: 150 }, (_, index) => connection({ name: `c${index}`, id: `id-${index}` }));
    await using server = await startGateway(newGateway(), (asked, response) => {
      if (asked.path !== 'connections') return false;
      const page = Number(asked.query.get('page'));
      // One of the first page was deleted after it was read: what moved up to its place is on no page.
      const data = page === 1 ? connections.slice(0, 100) : connections.slice(101);
      reply(response, 200, { pages: { total: 150, page, size: 100 }, data });
      return true;
    });

    const row = part(await scanLive(server), 'connections');

    assert.deepEqual([row?.outcome, row?.read], ['partial', 149]);
    assert.match(row?.why ?? '', /149 of 150 came, the list changed while it was read/);
  });

  it('says what it could not read of a list, and reads the rest', async () => {
    const keys = [API_KEY, { name: 'no id' }, 'text', null];
    await using server = await startGateway(
      newGateway({ role: 'admin', lists: { 'api-keys': keys, guardrails: { message: 'ok' } } }),
    );

    const observations = await scanLive(server);

    const row = part(observations, 'API keys');
    assert.deepEqual([row?.outcome, row?.read, row?.failed], ['partial', 1, 3]);
    assert.match(row?.why ?? '', /"no id": it lacks what makes it one: API key/);
    assert.match(part(observations, 'guardrails')?.why ?? '', /holds no list/);
  });

  it('waits while the gateway asks for a rest or fails, and asks again', async () => {
    const tried = new Map<string, number>();
    const statuses: { readonly [path: string]: readonly number[] } = {
      users: [429, 503],
      guardrails: [500, 502],
      sessions: [500],
    };
    await using server = await startGateway(newGateway({ sessions: [session(1, '2026-05-31T02:00:00Z')] }), (asked, response) => {
      const before = tried.get(asked.path) ?? 0;
      tried.set(asked.path, before + 1);
      const status = statuses[asked.path]?.[before];
      if (status === undefined) return false;
      reply(response, status, { message: 'later' });
      return true;
    });

    const observations = await scanLive(server);

    assert.deepEqual(
      gaps(observations).map(([what]) => what),
      ['API keys', 'AI agents'],
    );
    assert.equal(kinds(observations, 'usage').length, 1);
  });

  it('asks again for an answer that was cut off, and gives up on one that always is', async () => {
    let cuts = 0;
    await using server = await startGateway(newGateway(), (asked, response) => {
      const isCut = asked.path === 'connections' || (asked.path === 'users' && cuts++ === 0);
      if (!isCut) return false;
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '900' });
      response.write('[{"name": "half', () => response.destroy());
      return true;
    });

    const observations = await scanLive(server);

    assert.equal(part(observations, 'users')?.outcome, 'complete');
    assert.equal(part(observations, 'connections')?.outcome, 'partial');
    assert.match(part(observations, 'connections')?.why ?? '', /cut off/);
  });

  it('does not read an answer without end', async () => {
    await using server = await startGateway(newGateway(), (asked, response) => {
      if (asked.path !== 'reviews') return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`[${' '.repeat(300_000)}]`);
      return true;
    });

    const row = part(await scanLive(server, { options: { maxBytes: 200_000 } }), 'reviews');

    assert.equal(row?.outcome, 'partial');
    assert.match(row?.why ?? '', /larger than/);
  });

  it('asks nothing more once the key is not accepted', async () => {
    await using server = await startGateway(newGateway());

    const observations = await scanLive(server, { key: 'hpk_another' });

    assert.ok(observations.every((one) => one.kind === 'coverage' && one.outcome === 'denied'));
    assert.equal(server.asked.length, 1);
    assert.match(part(observations, 'sessions')?.why ?? '', /HTTP 401, "unauthorized".*HOOP_API_KEY/);
  });

  it('goes on with the login that the gateway exchanges for one that ends, and keeps neither', async () => {
    const jwt = (name: string) => ['eyJhbGciOiJub25lIn0', base64(name), name].join('.');
    const [first, second, third] = [jwt('one'), jwt('two'), jwt('three')];
    const gateway = newGateway({ key: first });
    await using server = await startGateway(gateway, (asked, response) => {
      // The first goes with a refusal, the second with an answer.
      const next = asked.path === 'userinfo' ? second : asked.path === 'metrics/sessions' ? third : undefined;
      if (next === undefined || gateway.key === third) return false;
      response.setHeader('x-new-access-token', next);
      gateway.key = next;
      reply(response, asked.path === 'userinfo' ? 403 : 200, []);
      return true;
    });
    const { steps, once } = keptSteps();

    const observations = await scanLive(server, { key: first, context: { once } });

    const sent = server.asked.map(({ headers }) => headers.authorization?.replace('Bearer ', ''));
    assert.deepEqual([...new Set(sent)], [first, second, third]);
    assert.equal(part(observations, 'admin audit log')?.outcome, 'complete');
    const kept = [...steps.values()].map((step) => gunzipSync(Buffer.from(String(step), 'base64')).toString());
    for (const login of [first, second, third]) {
      assert.ok(![JSON.stringify(observations), ...kept].some((text) => text.includes(login)));
    }
  });

  it('exchanges no key of the gateway for what an answer offers', async () => {
    await using server = await startGateway(newGateway(), (_, response) => {
      response.setHeader('x-new-access-token', 'another');
      return false;
    });

    await scanLive(server);

    assert.deepEqual([...new Set(server.asked.map(({ headers }) => headers.authorization))], [`Bearer ${KEY}`]);
  });

  it('carries its key to no other host', async () => {
    await using other = await startGateway(newGateway());
    await using server = await startGateway(newGateway(), (asked, response) => {
      if (asked.path !== 'users' && asked.path !== 'sessions') return false;
      response.writeHead(302, { location: `${other.url}/api/${asked.path}` });
      response.end();
      return true;
    });

    const observations = await scanLive(server);

    assert.equal(other.asked.length, 0);
    for (const what of ['users', 'sessions']) {
      assert.equal(part(observations, what)?.outcome, 'partial');
      assert.match(part(observations, what)?.why ?? '', /which the credentials are not for/);
    }
  });

  it('asks for the settings of connections only when told to, and drops what they hold', async () => {
    const password = ['correct', 'horse', 'battery'].join('-');
    const withSecret = connection({
      live_secret: { 'envvar:PASS': base64(password), 'envvar:USER': base64('beans_app'), 'envvar:HOST': base64('db.example') },
    });
    const gateway = newGateway({ lists: { connections: [withSecret, connection({ id: 'other', name: 'gone/../serverinfo' })] } });
    await using server = await startGateway(gateway);
    const { steps, once } = keptSteps();

    const without = await scanLive(server);
    const asked = askedPaths(server).filter((path) => path.startsWith('connections/'));
    const observations = await scanLive(server, { query: '?connections=settings', context: { once } });

    assert.deepEqual([asked, kinds(without, 'credential')], [[], []]);
    assert.equal(kinds(observations, 'credential').length, 1);
    assert.equal(part(observations, 'settings of connections')?.failed, 1);
    assert.match(part(observations, 'settings of connections')?.why ?? '', /no name that is asked for by address/);
    for (const text of [JSON.stringify(observations), ...unpacked(steps)]) {
      assert.ok(!text.includes(password) && !text.includes(base64(password)));
    }
    assert.ok(![...steps.keys()].some((step) => step.includes('pg-beans-prod')));
  });

  it('finds a secret in what was run, and keeps it nowhere', async () => {
    const token = fakeToken('harbour1');
    const row = session(1, '2026-05-20T02:00:00Z', {
      script: { data: `SELECT * FROM beans WHERE key = '${token}'` },
      review: review(),
    });
    await using server = await startGateway(newGateway({ sessions: [row] }));
    const { steps, once } = keptSteps();

    const observations = await scanLive(server, { context: { once } });

    assert.deepEqual(
      kinds(observations, 'sighting').map(({ place, at }) => [place, at?.pointer]),
      [['session-log', `sessions/${row.id}`]],
    );
    assert.ok([...steps.keys()].includes('sessions 2026-05-20'));
    for (const text of [JSON.stringify(observations), ...unpacked(steps)]) assert.ok(!text.includes(token));
  });

  it('survives whatever is answered, and says of each part what came of it', async () => {
    const some = fc.oneof(
      fc.jsonValue({ maxDepth: 4 }),
      fc.record({
        data: fc.array(fc.jsonValue({ maxDepth: 3 })),
        pages: fc.jsonValue({ maxDepth: 2 }),
        has_next_page: fc.boolean(),
      }),
      fc.array(
        fc.record({ id: fc.string(), name: fc.string(), start_date: fc.string(), review: fc.jsonValue() }, { requiredKeys: [] }),
      ),
    );
    const answers = fc.array(fc.tuple(fc.constantFrom(200, 200, 200, 204, 400, 403, 404, 422), some), {
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(answers, async (given) => {
        let asked = 0;
        await using server = await startGateway(newGateway(), (_, response) => {
          const [status, body] = given[asked++ % given.length] ?? [200, null];
          if (status === 204) response.writeHead(204).end();
          else reply(response, status, body);
          return true;
        });

        const observations = await scanLive(server, { query: '?since=1d&content=streams&connections=settings' });

        const told = kinds(observations, 'coverage');
        assert.equal(told.length, 22);
        assert.ok(told.every(({ outcome, why }) => outcome === 'complete' || (why ?? '') !== ''));
        assert.ok(server.asked.every(({ url }) => !/credentials/i.test(decodeURIComponent(url.split('?')[0] ?? ''))));
      }),
      { numRuns: 25 },
    );
  });

  it('keeps nothing for another run that holds a credential', async () => {
    const users = [{ ...USER, name: fakeToken('harbour2') }];
    await using server = await startGateway(newGateway({ lists: { users } }));
    const { steps, once } = keptSteps();

    const observations = await scanLive(server, { context: { once } });

    assert.equal(kinds(observations, 'person').length, 1);
    assert.deepEqual([steps.has('users'), steps.has('connections')], [false, true]);
  });

  describe('doctor', () => {
    async function probe(changes: Parameters<typeof newGateway>[0], query = ''): Promise<Probed[]> {
      await using server = await startGateway(newGateway(changes));
      const context = testContext({ env: { HOOP_API_KEY: KEY } });
      return await collect(probeGateway(targetOf(server, query), context));
    }

    it('tries each call with one entry', async () => {
      const probed = await probe({ role: 'admin', sessions: [session(1, '2026-05-20T02:00:00Z')] }, '?connections=settings');

      assert.ok(probed.every(({ outcome }) => outcome === 'ok'));
      assert.equal(probed.length, 24);
    });

    it('tells what an auditor cannot ask, and that an older gateway has no such thing', async () => {
      const probed = await probe({ version: '1.60.0' });

      assert.deepEqual(
        probed.filter(({ outcome }) => outcome !== 'ok').map(({ call, outcome }) => [call.operation, outcome]),
        [['GET /api/api-keys', 'denied']],
      );
    });

    it('tells that a key sees its own sessions only', async () => {
      const [, whose] = await probe({ role: 'standard' });

      assert.deepEqual([whose?.call.operation, whose?.outcome], ['GET /api/userinfo', 'denied']);
      assert.match(whose?.why ?? '', /own sessions only/);
    });

    it('asks no more where the key is not accepted', async () => {
      const probed = await probe({ key: 'another' });

      assert.ok(probed.every(({ outcome }) => outcome === 'denied'));
      assert.match(probed[0]?.why ?? '', /HTTP 401/);
    });
  });
});

/** What was kept for a run that goes on, as it was before it was packed. */
function unpacked(steps: ReadonlyMap<string, unknown>): string[] {
  return [...steps.values()].map((value) => gunzipSync(Buffer.from(String(value), 'base64')).toString('utf8'));
}

function manySessions() {
  const starts = Array.from({ length: 30 }, (_, index) => `2026-05-${String(index + 2).padStart(2, '0')}T10:00:00Z`);
  return {
    sessions: starts.map((start, index) =>
      session(index, start, { review: review(), event_stream: [[0.1, 'o', base64('done')]] }),
    ),
  };
}
