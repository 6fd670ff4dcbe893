import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { type LogRow, readLog, recognised } from './read-log.ts';

function request(more: object = {}) {
  return {
    level: 'info',
    time: '2026-03-12T02:00:04.118234Z',
    scope: 'request',
    gateway: 'default/agents',
    listener: 'mcp',
    route: 'default/tools',
    endpoint: '10.9.0.1:9000',
    'src.addr': '10.1.2.3:50544',
    'http.method': 'POST',
    'http.host': 'tools.harbour.internal',
    'http.path': '/mcp?token=4711',
    'http.version': 'HTTP/1.1',
    'http.status': 200,
    'trace.id': '0af7651916cd43dd8448eb211c80319c',
    'span.id': 'b7ad6b7169203331',
    'jwt.sub': 'system:serviceaccount:ml:agent',
    protocol: 'mcp',
    'mcp.method.name': 'tools/call',
    'mcp.target': 'orders-db',
    'mcp.resource.uri': 'file:///home/ann@people.example',
    'mcp.session.id': 'session-4711',
    'gen_ai.tool.name': 'query',
    duration: '12ms',
    ...more,
  };
}

async function read(...requests: readonly object[]): Promise<readonly LogRow[]> {
  return await readLog('agentgateway', requests.map((one) => JSON.stringify(one)).join('\n'));
}

describe('log format agentgateway', () => {
  it('reads which agent called which tool', async () => {
    assert.deepEqual(await read(request()), [
      {
        record_id: 'b7ad6b7169203331',
        used_at: '2026-03-12T02:00:04.118Z',
        target: 'orders-db',
        action: 'unknown',
        objects: ['tool/query'],
        actor: 'system:serviceaccount:ml:agent',
        actor_type: 'service-account',
        actor_confidence: 'medium',
        actor_identity_id: 'k8s:-:ml/agent',
        source_ip: '10.1.2.3',
        operation: 'tools/call',
        outcome: 'ok',
        detail: { gateway: 'default/agents', route: 'default/tools', protocol: 'mcp', group: null },
      },
    ]);
  });

  it('knows callers by whatever they show', async () => {
    const callers: readonly object[] = [
      { 'jwt.sub': 'mara@harbour.example' },
      { 'jwt.sub': undefined, 'agw.api_key.name': 'nightly' },
      { 'jwt.sub': undefined, 'src.identity': 'spiffe://harbour.example/ns/ml/sa/agent' },
      { 'jwt.sub': undefined, 'agentgateway.user': 'someone' },
      { 'jwt.sub': undefined },
    ];

    const rows = await read(...callers.map((caller, index) => request({ ...caller, 'span.id': String(index) })));

    assert.deepEqual(
      rows.map(({ actor, actor_type, actor_confidence, actor_identity_id }) => [
        actor,
        actor_type,
        actor_confidence,
        actor_identity_id,
      ]),
      [
        ['mara@harbour.example', 'human', 'medium', undefined],
        ['nightly', 'api-key', 'medium', undefined],
        ['spiffe://harbour.example/ns/ml/sa/agent', 'machine-identity', 'medium', 'spiffe:harbour.example:ns/ml/sa/agent'],
        ['someone', 'unknown', 'low', undefined],
        [undefined, 'unknown', undefined, undefined],
      ],
    );
  });

  it('tells models, lists, plain requests and refusals', async () => {
    const none = { 'mcp.method.name': undefined, 'gen_ai.tool.name': undefined, 'mcp.target': undefined };
    const rows = await read(
      ...[
        { 'mcp.method.name': 'initialize' },
        { 'mcp.method.name': 'tools/list', 'gen_ai.tool.name': undefined },
        { ...none, 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-4o' },
        { ...none, 'http.method': 'GET' },
        { 'http.status': 403, reason: 'Authorization' },
        { 'mcp.error.code': -32603 },
        { 'http.status': 302, reason: 'Oidc' },
      ].map((more, index) => request({ ...more, 'span.id': String(index) })),
    );

    assert.deepEqual(
      rows.map((row) => [row.operation, row.action, row.target, row.outcome]),
      [
        ['initialize', 'connect', 'orders-db', 'ok'],
        ['tools/list', 'read', 'orders-db', 'ok'],
        ['chat', 'unknown', 'openai', 'ok'],
        ['GET', 'read', 'default/tools', 'ok'],
        ['tools/call', 'unknown', 'orders-db', 'denied'],
        ['tools/call', 'unknown', 'orders-db', 'failed'],
        ['tools/call', 'unknown', 'orders-db', 'denied'],
      ],
    );
    assert.deepEqual(rows[2]?.objects, ['model/gpt-4o']);
  });

  it('keeps no path, prompt, address of a resource or id of a session', async () => {
    const text = JSON.stringify(
      await read(request({ 'gen_ai.prompt': 'card 4711', error: 'card 4711', 'mcp.error.message': '4711' })),
    );

    assert.doesNotMatch(text, /4711|people\.example|card/);
  });

  it('names requests that are not traced, and leaves out what is no request', async () => {
    const untraced = { 'span.id': undefined, 'trace.id': undefined };

    const own = { level: 'info', time: '2026-03-12T02:00:04Z', message: 'started' };
    const rows = await read(
      request(untraced),
      request({ ...untraced, 'src.addr': '10.1.2.3:50545' }),
      { ...own, scope: 'agentgateway::app' },
      { ...own, level: 'warn', scope: 'request', message: 'failed to persist request log batch' },
    );

    assert.deepEqual([rows.length, new Set(rows.map(({ record_id }) => record_id)).size], [2, 2]);
  });

  it('reads what it can of odd lines, broken ones and packed files', async () => {
    const odd = request({
      'http.status': 'x',
      'src.addr': ['a'],
      'jwt.sub': {},
      time: '2026-03-12T03:00:05+01:00',
      'span.id': 'odd',
    });
    const lines = [request(), odd, { scope: 'request', time: 7 }].map((one) => JSON.stringify(one));

    const rows = await readLog('agentgateway', [lines[0], '{"level":"inf', ...lines.slice(1)].join('\n'), 'broken');

    assert.deepEqual(
      rows.map(({ record_id, used_at }) => [record_id, used_at]),
      [
        ['b7ad6b7169203331', '2026-03-12T02:00:04.118Z'],
        ['odd', '2026-03-12T02:00:05.000Z'],
        [undefined, undefined],
      ],
    );
    assert.equal((await readLog('agentgateway', gzipSync(`${lines[0]}\n`))).length, 1);
  });

  it('leaves other logs alone', () => {
    assert.equal(recognised('gateway.log', JSON.stringify(request())), 'agentgateway');
    assert.equal(recognised('gateway.log', JSON.stringify({ scope: 'request', gateway: 'x', 'client.addr': 'y' })), undefined);
    assert.equal(recognised('gateway.log', JSON.stringify({ scope: 'startup', 'src.addr': 'y', gateway: 'x' })), undefined);
  });
});
