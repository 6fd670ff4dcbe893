import assert from 'node:assert/strict';
import { parse } from 'yaml';
import type { Observation } from '../../../src/contracts/index.ts';
import type { Row, StoreReader } from '../../../src/store/index.ts';
import { type Trace, traceFacts } from '../../../src/trace/facts.ts';
import { granted, used } from '../../../src/trace/tell-use.ts';
import { trimIdentity } from '../../../src/trace/trim.ts';
import type { Trimmed } from '../../../src/trace/trimmed.ts';
import { Fact } from '../../rules/checks/facts.ts';
import { withPassingRun } from '../correlate/run-store.ts';

const CALLER = 'hoop:-:api-key/etl';
const ROLE = 'postgres:db.harbour.example/shop:role/loader';

const fact = (fields: object): Observation => Fact.parse(fields);

/** Days before the run of 1 June 2026. */
const ago = (days: number, minute = 0): string => new Date(Date.UTC(2026, 4, 31 - days, 2, minute)).toISOString();

const caller = (id: string, more: object = {}): Observation =>
  fact({ kind: 'identity', id, ...more, detail: { userId: id, ...(more as { detail?: object }).detail } });
const inGroup = (identity: string, group: string): Observation =>
  fact({ kind: 'grant', identity, permission: `group/${group}`, via: group, viaKind: 'group' });
const connection = (name: string, identity?: string): Observation =>
  fact({
    kind: 'consumer',
    consumer: `hoop:-:connection/${name}`,
    type: 'gateway-connection',
    ...(identity === undefined ? {} : { identity }),
    how: 'static-key',
  });
const accessControl = (...connections: readonly (readonly [name: string, ...groups: readonly string[]])[]): Observation =>
  fact({
    kind: 'policy',
    id: 'hoop:-:access-control/all',
    type: 'access-control',
    name: 'access_control',
    settings: { connections: connections.map(([name, ...groups]) => ({ name, groups })) },
  });

function session(id: string, at: string, target: string, more: object = {}): Observation {
  const { user = CALLER, detail, ...rest } = more as { user?: string; detail?: object };
  return fact({
    kind: 'usage',
    via: 'gateway',
    sessionId: id,
    usedAt: at,
    endedAt: at,
    target,
    action: 'read',
    actor: user,
    ...rest,
    detail: { status: 'done', userId: user, verb: 'exec', ...detail },
  });
}

/** Two sessions, as far apart as the window is to be long. */
const over = (days: number, target = 'used', more: object = {}): readonly Observation[] => [
  session(`${target}-first`, ago(days), target, more),
  session(`${target}-last`, ago(0), target, more),
];

const GATEWAY = [caller(CALLER), inGroup(CALLER, 'data'), connection('used'), connection('idle'), connection('others')];
const CONTROL = accessControl(['used', 'data'], ['idle', 'data', 'people'], ['others', 'people']);

async function ask<T>(facts: readonly Observation[], query: (store: StoreReader) => Promise<T>): Promise<T> {
  return await withPassingRun(facts, query);
}

async function rights(facts: readonly Observation[], identity: string): Promise<{ readonly [right: string]: Row }> {
  const rows = await ask(facts, (store) => store.rows('FROM granted_used WHERE identity_id = $identity', { identity }));
  return Object.fromEntries(
    rows.map((row) => [row.side === 'gateway' ? String(row.resource) : `${row.permission} ${row.resource}`, row]),
  );
}

const verdicts = (found: { readonly [right: string]: Row }): object =>
  Object.fromEntries(Object.entries(found).map(([right, { verdict }]) => [right, verdict]));

describe('granted against used, at the gateway', () => {
  it('tells what a caller used, and what its groups give it for nothing', async () => {
    const found = await rights([...GATEWAY, CONTROL, ...over(45)], CALLER);

    assert.deepEqual(verdicts(found), { used: 'used', idle: 'unused' });
    assert.equal(found.used?.uses, 2);
    assert.deepEqual([found.used?.actions, found.used?.verbs], [['read'], ['exec']]);
    assert.equal(found.idle?.granted_by, 'group data');
    assert.ok(Array.isArray(found.idle?.evidence) && found.idle.evidence.length >= 3);
  });

  it('judges nothing by less than thirty days of sessions', async () => {
    const found = await rights([...GATEWAY, CONTROL, ...over(20)], CALLER);

    assert.deepEqual(verdicts(found), { used: 'used', idle: 'inconclusive' });
    assert.match(String(found.idle?.why), /logs of 21 days were read, and 30 are needed/);
  });

  it('judges nothing where who may use what was not read', async () => {
    const found = await rights([...GATEWAY, ...over(45)], CALLER);

    assert.deepEqual(verdicts(found), { used: 'used', idle: 'inconclusive', others: 'inconclusive' });
    assert.match(String(found.idle?.why), /no access control of the gateway was read/);
  });

  it('gives administrators all, machine identities what is named, and all callers what nothing restricts', async () => {
    const machine = 'hoop:-:machine/till';
    const facts = [
      caller(CALLER),
      inGroup(CALLER, 'admin'),
      caller(machine, { type: 'machine-identity', detail: { connections: ['used'] } }),
      caller('hoop:-:api-key/other'),
      connection('used'),
      connection('idle'),
      accessControl(['used', 'people']),
      ...over(45),
    ];

    assert.deepEqual(verdicts(await rights(facts, CALLER)), { used: 'used', idle: 'unused' });
    assert.deepEqual(verdicts(await rights(facts, machine)), { used: 'unused' });
    assert.deepEqual(verdicts(await rights(facts, 'hoop:-:api-key/other')), { idle: 'unused' });
  });

  it('tells a use that nothing grants any more', async () => {
    const found = await rights([...GATEWAY, CONTROL, ...over(45, 'others')], CALLER);

    assert.equal(found.others?.verdict, 'used');
    assert.equal(found.others?.is_granted, false);
  });

  it('takes no issued credential, no rejected session and no entry of the admin log for a use', async () => {
    const facts = [
      ...GATEWAY,
      CONTROL,
      ...over(45),
      session('issued', ago(3), 'idle', { bookkeeping: true }),
      session('rejected', ago(3), 'idle', { approval: 'rejected', endedAt: undefined, detail: { status: 'open' } }),
      session('changed', ago(3), 'idle', { action: 'admin', detail: { adminAudit: true } }),
    ];

    assert.deepEqual(verdicts(await rights(facts, CALLER)), { used: 'used', idle: 'unused' });
  });
});

describe('granted against used, at the target', () => {
  const privilege = (permission: string, resource: string): Observation =>
    fact({ kind: 'grant', identity: ROLE, permission, resource, viaKind: 'acl' });
  const DATABASE = [
    fact({ kind: 'identity', id: ROLE }),
    connection('pg', ROLE),
    privilege('SELECT', 'table app.*'),
    privilege('INSERT', 'table app.*'),
    privilege('SELECT', 'table hr.*'),
  ];
  const direct = (id: string, at: string, more: object = {}): Observation =>
    fact({
      kind: 'usage',
      via: 'direct',
      sessionId: id,
      identity: ROLE,
      usedAt: at,
      action: 'read',
      objects: ['app.orders'],
      ...more,
    });

  it('tells privileges that no use needed, by kind and by schema', async () => {
    const found = await rights([...DATABASE, ...over(45, 'pg', { objects: ['app.orders'] }), direct('d', ago(2))], ROLE);

    assert.deepEqual(verdicts(found), {
      'SELECT table app.*': 'used',
      'INSERT table app.*': 'unused',
      'SELECT table hr.*': 'unused',
    });
    assert.equal(found['INSERT table app.*']?.why, null);
  });

  it('judges nothing where no log of the database was read, and where it is not known what was done', async () => {
    const bare = await rights([...DATABASE, ...over(45, 'pg', { objects: ['app.orders'] })], ROLE);
    const untold = await rights(
      [...DATABASE, ...over(45, 'pg', { objects: ['app.orders'] }), session('x', ago(3), 'pg', { action: 'unknown' })],
      ROLE,
    );

    assert.match(String(bare['INSERT table app.*']?.why), /around the gateway is on no record/);
    assert.equal(bare['INSERT table app.*']?.verdict, 'inconclusive');
    assert.equal(untold['INSERT table app.*']?.verdict, 'inconclusive');
  });

  it('counts what was refused for nothing', async () => {
    const found = await rights(
      [
        ...DATABASE,
        ...over(45, 'pg', { objects: ['app.orders'] }),
        direct('refused', ago(2), { action: 'write', outcome: 'denied' }),
      ],
      ROLE,
    );

    assert.equal(found['INSERT table app.*']?.verdict, 'unused');
  });
});

describe('rights of a caller of the gateway cut down to what was used', () => {
  const trim = async (...facts: readonly Observation[]): Promise<Trimmed> =>
    await ask(facts, (store) => trimIdentity(store, CALLER));

  it('are an access control of its own, with what goes and why it may', async () => {
    const trimmed = await trim(...GATEWAY, CONTROL, ...over(45));

    assert.equal(trimmed.inconclusive, undefined);
    assert.deepEqual(trimmed.removed, ['idle (group data)']);
    assert.deepEqual(parse(trimmed.text ?? ''), { connections: [{ name: 'used', groups: ['only-etl'] }] });
    assert.match(trimmed.window, /^46 days up to 2026-05-31 of gateway sessions/);
  });

  it('are inconclusive after a short time, and nothing at all without sessions', async () => {
    const short = await trim(...GATEWAY, CONTROL, ...over(10));
    const none = await trim(...GATEWAY, CONTROL);

    assert.match(short.inconclusive ?? '', /30 are needed \(idle\)/);
    assert.deepEqual(short.removed, []);
    assert.match(none.inconclusive ?? '', /give the sessions of the gateway/);
    assert.equal(none.text, undefined);
  });

  it('hold hostile names as text', async () => {
    const evil = 'x"\n    groups: ["admin"] # ';
    const trimmed = await trim(caller(CALLER), inGroup(CALLER, 'admin'), connection(evil), ...over(45, evil));

    assert.deepEqual(parse(trimmed.text ?? ''), { connections: [{ name: evil, groups: ['only-etl'] }] });
  });
});

describe('first and last use by path', () => {
  const direct = (id: string, at: string): Observation =>
    fact({ kind: 'usage', via: 'direct', sessionId: id, identity: ROLE, usedAt: at, action: 'read', sourceIp: '198.51.100.7' });
  const FACTS = [
    caller(CALLER),
    fact({ kind: 'identity', id: ROLE }),
    connection('pg', ROLE),
    ...over(45, 'pg'),
    direct('inside', ago(45, 1)),
    direct('around', ago(20)),
  ];
  const trace = async (identity: string): Promise<Trace> =>
    await ask(FACTS, (store) => traceFacts(store, { identity, credentials: [] }));

  it('tells the gateway, the log of the target, and what went around, each with its evidence', async () => {
    const lines = used(await trace(ROLE));

    assert.deepEqual(
      lines.map(({ text }) => text),
      [
        'through the gateway: 2 sessions (read), first 2026-04-16 02:00:00 [pg-first], last 2026-05-31 02:00:00 [pg-last]',
        'by the log of the target: 1 record (read), 2026-04-16 02:01:00 [inside]',
        'AROUND the gateway, by the log of the target: 1 record (read), 2026-05-11 02:00:00 [around]',
      ],
    );
    assert.deepEqual(
      lines.map(({ bad }) => bad),
      [false, false, true],
    );
  });

  it('tells a caller its own sessions, and what it may use', async () => {
    const found = await trace(CALLER);

    assert.match(used(found)[0]?.text ?? '', /^through the gateway, as the caller: 2 sessions/);
    assert.match(granted(found)[0]?.text ?? '', /^used: pg \(.*\): 2 uses, exec, read, last 2026-05-31$/);
  });
});
