import assert from 'node:assert/strict';
import fc from 'fast-check';
import { kubernetesAudit } from '../../../scanners/kubernetes-audit/index.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import { headOfBytes, sourceFile } from '../../../src/files/source-file.ts';
import { collect, kinds, testContext } from '../../helpers/scan-context.ts';

function event(more: object = {}): object {
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    auditID: 'a1',
    stage: 'ResponseComplete',
    verb: 'get',
    user: { username: 'system:serviceaccount:shop:checkout' },
    objectRef: { resource: 'configmaps', namespace: 'shop', name: 'settings', apiVersion: 'v1' },
    responseStatus: { code: 200 },
    requestReceivedTimestamp: '2026-05-01T10:00:00.123456Z',
    ...more,
  };
}

async function read(text: string): Promise<Observation[]> {
  return await collect(
    kubernetesAudit.scan(sourceFile('audit.log', Buffer.from(text), { path: 'audit.log' }, 'file'), testContext()),
  );
}

const lines = (...events: readonly object[]): string => events.map((one) => JSON.stringify(one)).join('\n');

describe('kubernetes-audit scanner', () => {
  it('knows an audit log by its head, and no other log', () => {
    const claims = (path: string, text: string) => kubernetesAudit.recognises(headOfBytes(path, Buffer.from(text)));

    assert.equal(claims('audit.log', lines(event())), true);
    assert.equal(claims('logs/audit.log.1', lines(event())), true);
    assert.equal(claims('events.json', lines({ kind: 'Event', apiVersion: 'v1' })), false);
    assert.equal(claims('notes.md', lines(event())), false);
  });

  it('makes one row of all requests of a kind, from the first to the last', async () => {
    const observations = await read(
      lines(
        event(),
        event({ auditID: 'a3', requestReceivedTimestamp: '2026-05-03T10:00:00Z' }),
        event({ auditID: 'a2', requestReceivedTimestamp: '2026-05-02T10:00:00Z' }),
        event({ verb: 'create', objectRef: { resource: 'pods', subresource: 'exec', namespace: 'shop' } }),
        event({ verb: 'list', objectRef: { resource: 'nodes' } }),
      ),
    );

    const usages = kinds(observations, 'usage');
    assert.deepEqual(
      usages.map(({ identity, usedAt, endedAt, sessionId, action, objects, detail }) => [
        identity,
        usedAt,
        endedAt,
        sessionId,
        action,
        objects,
        detail?.count,
      ]),
      [
        ['k8s:-:shop/checkout', '2026-05-01T10:00:00.123Z', '2026-05-03T10:00:00.000Z', 'a3', 'read', ['shop/configmaps'], 3],
        ['k8s:-:shop/checkout', '2026-05-01T10:00:00.123Z', '2026-05-01T10:00:00.123Z', 'a1', 'write', ['shop/pods/exec'], 1],
        ['k8s:-:shop/checkout', '2026-05-01T10:00:00.123Z', '2026-05-01T10:00:00.123Z', 'a1', 'read', ['nodes'], 1],
      ],
    );
    assert.deepEqual(
      kinds(observations, 'coverage').map(({ surface, outcome, seen }) => [surface, outcome, seen]),
      [['audit-log', 'complete', 5]],
    );
  });

  it('takes a request for whom it was made as', async () => {
    const [usage] = kinds(
      await read(lines(event({ user: { username: 'ada' }, impersonatedUser: { username: 'system:serviceaccount:shop:etl' } }))),
      'usage',
    );

    assert.equal(usage?.identity, 'k8s:-:shop/etl');
  });

  it('leaves out what was refused, what is not done yet, people, and what is no resource', async () => {
    const observations = await read(
      lines(
        event({ responseStatus: { code: 403 } }),
        event({ stage: 'RequestReceived' }),
        event({ user: { username: 'ada@x.example' } }),
        event({ user: { username: 'system:node:n1' } }),
        event({ objectRef: undefined }),
      ),
    );

    assert.deepEqual(kinds(observations, 'usage'), []);
    assert.equal(kinds(observations, 'coverage')[0]?.outcome, 'complete');
  });

  it('reads a list of events, in one line or laid out', async () => {
    const list = { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: [event(), event({ verb: 'list' })] };

    assert.equal(kinds(await read(JSON.stringify(list)), 'usage').length, 2);
    assert.equal(kinds(await read(JSON.stringify(list, null, 2)), 'usage').length, 2);
  });

  it('names the field that cannot be read, and reads the rest', async () => {
    const text = `${lines(event(), event({ user: {} }), event({ requestReceivedTimestamp: 'soon' }))}\n{"kind":"Event","verb":`;

    const observations = await read(text);

    assert.equal(kinds(observations, 'usage').length, 1);
    const [coverage] = kinds(observations, 'coverage');
    assert.equal(coverage?.outcome, 'partial');
    assert.equal(
      coverage?.why,
      'line 2: user.username cannot be read; line 3: requestReceivedTimestamp cannot be read; line 4: not an event',
    );
    assert.deepEqual([coverage?.read, coverage?.failed], [1, 3]);
  });

  it('never throws, whatever stands there', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.json(), fc.string(), fc.constant(JSON.stringify(event())))), async (parts) => {
        const observations = await read(parts.join('\n'));

        assert.equal(kinds(observations, 'coverage').length, 1);
      }),
      { numRuns: 200 },
    );
  });
});
