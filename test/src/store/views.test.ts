import assert from 'node:assert/strict';
import { STRANGERS } from '../../../scanners/github-actions/triggers.ts';
import type { Observation, SightingObservation } from '../../../src/contracts/index.ts';
import { openStore, type Row, type Store } from '../../../src/store/index.ts';
import { RUN_START, withRun } from '../correlate/run-store.ts';

const role = (name: string, account = '111122223333'): string => `aws:${account}:role/${name}`;

function roleRows(names: readonly string[]): Observation[] {
  return names.map((name) => ({ kind: 'identity', id: role(name), provider: 'aws', type: 'role', name }));
}

function becomes(from: string, to: string): Observation {
  return { kind: 'trust', identity: role(to), effect: 'allow', principal: role(from), principalType: 'identity' };
}

function capable(name: string, capability = 'admin'): Observation {
  return { kind: 'grant', identity: role(name), effect: 'allow', permission: '*', resource: '*', capability, confidence: 'high' };
}

async function reachOf(observations: readonly Observation[]): Promise<Row[]> {
  return withRun(observations, (store) =>
    store.rows('SELECT identity_id, capability, hops, path FROM identity_reach ORDER BY hops, identity_id, capability'),
  );
}

describe('view identity_reach', () => {
  it('walks 500 roles that all trust each other in less than two seconds', async () => {
    const names = Array.from({ length: 500 }, (_, index) => `r${String(index).padStart(3, '0')}`);
    const before = process.memoryUsage().rss;
    const store = await openStore({ mode: 'write', views: 'tables' });
    try {
      await store.beginRun({
        startedAt: RUN_START,
        toolVersion: '0',
        targets: ['.'],
        parameters: {},
        rulesDigest: 'r',
        fingerprintKeyId: 'k',
      });
      const { part } = store.addPart({ scanner: 'test', version: 1, target: '.', unit: 'u', content: 'c' }, RUN_START);
      for (const observation of roleRows(names)) await store.append(part, observation);
      for (const name of names.filter((each) => each.endsWith('7'))) {
        await store.append(part, capable(name));
        await store.append(part, capable(name, 'reads-data'));
      }
      for (const to of names) for (const from of names) if (from !== to) await store.append(part, becomes(from, to));
      await store.endLoading([]);
      const start = performance.now();
      await store.materialise();
      const took = performance.now() - start;

      const rows = await store.rows(
        'SELECT hops, count(*) AS n, max(len(path)) AS length FROM identity_reach GROUP BY ALL ORDER BY hops',
      );

      assert.deepEqual(rows, [
        { hops: 0, n: 100, length: 1 },
        { hops: 1, n: 900, length: 2 },
      ]);
      assert.ok(took < 2000, `took ${took} ms`);
      assert.ok(process.memoryUsage().rss - before < 700 * 1024 * 1024);
    } finally {
      await store.rollback();
      store.close();
    }
  });

  it('follows a chain to its end', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const edges = names.slice(1).map((to, index) => becomes(names[index] ?? '', to));

    const rows = await reachOf([...roleRows(names), ...edges, capable('h')]);

    assert.deepEqual(
      rows.map((row) => [row.identity_id, row.hops]),
      names.toReversed().map((name, hops) => [role(name), hops]),
    );
    assert.deepEqual(
      rows.at(-1)?.path,
      names.map((name) => role(name)),
    );
  });

  it('ends in a cycle, and takes the shortest way through a diamond', async () => {
    const edges = [
      becomes('a', 'c'),
      becomes('a', 'b'),
      becomes('b', 'd'),
      becomes('c', 'd'),
      becomes('d', 'a'),
      becomes('a', 'e'),
      becomes('e', 'c'),
    ];

    const rows = await reachOf([...roleRows(['a', 'b', 'c', 'd', 'e']), ...edges, capable('d'), capable('c', 'escalates')]);

    const told = rows.map((row) => `${row.capability}: ${(row.path as string[]).map((id) => id.split('/')[1]).join('>')}`);
    assert.deepEqual(told.sort(), [
      'admin: a>b>d',
      'admin: b>d',
      'admin: c>d',
      'admin: d',
      'admin: e>c>d',
      'escalates: a>c',
      'escalates: b>d>a>c',
      'escalates: c',
      'escalates: d>a>c',
      'escalates: e>c',
    ]);
  });

  it('starts only at identities that were told of', async () => {
    const rows = await reachOf([...roleRows(['a']), becomes('stranger', 'a'), capable('a')]);

    assert.deepEqual(
      rows.map((row) => row.identity_id),
      [role('a')],
    );
  });
});

const DAY = '2026-05-01T';

function connection(org: string, name: string, identity?: string, detail: object = {}, credential?: string): Observation {
  return {
    kind: 'consumer',
    consumer: `hoop:${org}:connection/${name}`,
    type: 'gateway-connection',
    how: 'static-key',
    ...(identity === undefined ? {} : { identity }),
    ...(credential === undefined ? {} : { credential }),
    detail: { ...detail },
  };
}

function session(id: string, org: string | undefined, target: string, extra: object = {}, time = '08:00:00Z'): Observation {
  return {
    kind: 'usage',
    via: 'gateway',
    sessionId: id,
    usedAt: `${DAY}${time}`,
    target,
    approval: 'unknown',
    detail: { userId: 'u1', status: 'done', review: null, ...(org === undefined ? {} : { org }), ...extra },
  };
}

async function accounts(observations: readonly Observation[]): Promise<unknown[]> {
  return withRun(observations, async (store) => {
    const rows = await store.rows('SELECT session_id, identity_id FROM gateway_sessions ORDER BY session_id');
    const same = await store.rows('SELECT session_id, identity_id FROM usages ORDER BY session_id');
    assert.deepEqual(rows, same);
    return rows.map((row) => [row.session_id, row.identity_id]);
  });
}

describe('view gateway_connections', () => {
  const A = 'postgres:a/shop:role/app';
  const B = 'postgres:b/shop:role/root';

  it('keeps the connections of two organisations apart that have one name', async () => {
    const told = [
      connection('org-a', 'pg', A),
      connection('org-b', 'pg', B),
      session('1', 'org-a', 'pg'),
      session('2', 'org-b', 'pg'),
    ];

    assert.deepEqual(await accounts([...told, session('3', undefined, 'pg')]), [
      ['1', A],
      ['2', B],
      ['3', null],
    ]);
  });

  it('joins across an unknown organisation where the name is the only one', async () => {
    assert.deepEqual(await accounts([connection('-', 'pg', A), session('1', 'org-a', 'pg'), session('2', undefined, 'pg')]), [
      ['1', A],
      ['2', A],
    ]);
    assert.deepEqual(await accounts([connection('org-a', 'pg', A), session('1', undefined, 'pg')]), [['1', A]]);
    assert.deepEqual(await accounts([connection('-', 'pg', A), session('1', undefined, 'pg')]), [['1', A]]);
  });

  it('does not guess whose an unnamed connection is when two organisations use the name', async () => {
    assert.deepEqual(await accounts([connection('-', 'pg', A), session('1', 'org-a', 'pg'), session('2', 'org-b', 'pg')]), [
      ['1', null],
      ['2', null],
    ]);
  });

  it('does not give a session the connection of another organisation', async () => {
    assert.deepEqual(await accounts([connection('org-a', 'pg', A), session('1', 'org-b', 'pg')]), [['1', null]]);
  });

  it('reads organisation and name off the id, and knows an escaped organisation again', async () => {
    const rows = await withRun([connection('my%3Aorg', 'x:connection/y', A), session('1', 'my:org', 'x:connection/y')], (store) =>
      store.rows(
        'SELECT g.org, g.connection, s.identity_id FROM gateway_connections AS g JOIN gateway_sessions AS s USING (org, connection)',
      ),
    );

    assert.deepEqual(rows, [{ org: 'my:org', connection: 'x:connection/y', identity_id: A }]);
  });

  it('takes account, credential and detail from one row', async () => {
    const [row] = await withRun(
      [
        connection('-', 'pg', A, { user: 'app' }),
        connection('-', 'pg', undefined, { user: 'zzz', long: 'longer than the other' }, 'secret:9'),
      ],
      (store) => store.rows("SELECT identity_id, credential_id, detail->>'$.user' AS user FROM gateway_connections"),
    );

    assert.deepEqual(row, { identity_id: A, credential_id: null, user: 'app' });
  });

  it('lets a window cover the sessions of its own organisation only', async () => {
    const window = { from: `${DAY}07:00:00Z`, until: `${DAY}12:00:00Z`, userId: 'u1', connection: 'pg' };
    const rows = await withRun(
      [
        session('1', 'org-a', 'pg', { window }, '07:30:00Z'),
        session('2', 'org-a', 'pg'),
        session('3', 'org-b', 'pg'),
        session('4', 'org-a', 'pg', {}, '13:00:00Z'),
        session('5', 'org-b', 'pg', {}, '13:00:00Z'),
      ],
      (store) => store.rows('SELECT session_id, approval, window_closed_at IS NOT NULL AS late FROM gateway_sessions ORDER BY 1'),
    );

    assert.deepEqual(
      rows.map((row) => [row.session_id, row.approval, row.late]),
      [
        ['1', 'approved', false],
        ['2', 'approved', false],
        ['3', 'none', false],
        ['4', 'none', true],
        ['5', 'none', false],
      ],
    );
  });

  it('lets an approved window cover, though one that was revoked ends later, and knows not of what the revoked one alone held', async () => {
    const review = { id: 'q2', type: 'jit', status: 'REVOKED', createdAt: `${DAY}07:01:00Z`, revokeAt: `${DAY}12:01:00Z` };
    const window = { from: `${DAY}07:00:00Z`, until: `${DAY}09:00:00Z`, userId: 'u1', connection: 'pg' };
    const rows = await withRun(
      [
        session('1', 'org-a', 'pg', { window }, '07:00:00Z'),
        session('2', 'org-a', 'pg', { review }, '07:01:00Z'),
        session('3', 'org-a', 'pg', {}, '07:30:00Z'),
        session('4', 'org-a', 'pg', {}, '11:00:00Z'),
      ],
      (store) => store.rows('SELECT session_id, approval FROM gateway_sessions ORDER BY 1'),
    );

    assert.deepEqual(
      rows.map((row) => [row.session_id, row.approval]),
      [
        ['1', 'approved'],
        ['2', 'approved'],
        ['3', 'approved'],
        ['4', 'unknown'],
      ],
    );
  });

  it('takes the static key of the session’s own organisation for the caller', async () => {
    const key = (org: string): Observation => ({
      kind: 'identity',
      id: `hoop:${org}:static-admin-key`,
      provider: 'hoop',
      type: 'static-admin-key',
      name: 'API_KEY',
      detail: { userId: 'API_KEY' },
    });
    const rows = await withRun(
      [
        key('org-a'),
        key('org-b'),
        session('1', 'org-a', 'pg', { userId: 'API_KEY' }),
        session('2', 'org-b', 'pg', { userId: 'API_KEY' }),
      ],
      (store) => store.rows('SELECT caller_identity_id AS id FROM gateway_sessions ORDER BY session_id'),
    );

    assert.deepEqual(
      rows.map((row) => row.id),
      ['hoop:org-a:static-admin-key', 'hoop:org-b:static-admin-key'],
    );
  });
});

function sighted(credential: string, fingerprint: string, identity?: string, path = 'x.py'): Observation {
  return {
    kind: 'sighting',
    credential,
    detector: 'd',
    provider: 'postgres',
    type: 'password',
    fingerprint,
    masked: '…',
    confidence: 'high',
    ...(identity === undefined ? {} : { identity }),
    place: 'work-tree',
    at: { path, line: 1 },
  };
}

function inventoried(id: string, identity?: string, fingerprint?: string, extra: object = {}): Observation {
  return {
    kind: 'credential',
    id,
    provider: id.split(':')[0] ?? '',
    type: 'password',
    ...(identity === undefined ? {} : { identity }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...extra,
  };
}

const joins = (store: Store): Promise<Row[]> => store.rows('SELECT * FROM credential_identities ORDER BY credential_id');
const leaked = (store: Store): Promise<Row[]> =>
  store.rows('SELECT credential_id, identity_id, inventory_id FROM leaked_credentials ORDER BY 1');

describe('view credential_identities', () => {
  const APP = 'postgres:DB1/shop:role/app';
  const ROOT = 'postgres:db2/shop:role/root';

  it('does not give a password that names its user to another who has the same', async () => {
    await withRun([sighted('secret:f', 'f', APP), inventoried('secret:f', ROOT, 'f')], async (store) => {
      assert.deepEqual(await joins(store), [{ credential_id: 'secret:f', identity_id: APP, basis: 'named in the secret' }]);
      assert.deepEqual(await leaked(store), [{ credential_id: 'secret:f', identity_id: APP, inventory_id: null }]);
      assert.deepEqual(await store.rows('SELECT fingerprint, identities FROM shared_secrets'), [
        { fingerprint: 'f', identities: [APP, ROOT] },
      ]);
    });
  });

  it('knows the same account by another case of its host', async () => {
    const inInventory = 'postgres:db1/shop:role/app';

    await withRun(
      [sighted('secret:f', 'f', APP), inventoried('secret:f', inInventory, 'f'), inventoried('secret:g', ROOT, 'g')],
      async (store) => {
        assert.deepEqual((await joins(store))[0], { credential_id: 'secret:f', identity_id: inInventory, basis: 'inventory' });
        assert.deepEqual(await store.rows('SELECT fingerprint FROM shared_secrets'), []);
      },
    );
  });

  it('gives a secret that names nobody to the only one who has it', async () => {
    await withRun([sighted('secret:f', 'f'), inventoried('secret:f', ROOT, 'f')], async (store) => {
      assert.deepEqual(await joins(store), [{ credential_id: 'secret:f', identity_id: ROOT, basis: 'inventory' }]);
      assert.deepEqual(await leaked(store), [{ credential_id: 'secret:f', identity_id: ROOT, inventory_id: 'secret:f' }]);
    });
  });

  it('gives it to nobody where two have it', async () => {
    await withRun(
      [sighted('secret:f', 'f'), inventoried('secret:f', ROOT, 'f'), inventoried('secret:f', APP, 'f')],
      async (store) => {
        assert.deepEqual(await joins(store), []);
        assert.deepEqual((await leaked(store))[0]?.identity_id, null);
        assert.deepEqual(await store.rows('SELECT identity_id FROM credentials'), [{ identity_id: null }]);
        assert.deepEqual(await store.rows('SELECT identities FROM shared_secrets'), [{ identities: [APP, ROOT] }]);
      },
    );
  });

  it('takes the secret half of a key for the key, unless two keys have it', async () => {
    const CI = 'aws:111122223333:user/ci';
    const key = (id: string, identity = CI): Observation => inventoried(`aws:access-key/${id}`, identity, 'f', { publicId: id });

    await withRun([sighted('secret:f', 'f'), key('AKIA1')], async (store) => {
      assert.deepEqual(await store.rows('SELECT credential_id FROM sightings'), [{ credential_id: 'aws:access-key/AKIA1' }]);
      assert.equal((await leaked(store))[0]?.identity_id, CI);
    });
    await withRun([sighted('secret:f', 'f'), key('AKIA1'), key('AKIA2', 'aws:111122223333:user/other')], async (store) => {
      assert.deepEqual(await store.rows('SELECT credential_id FROM sightings'), [{ credential_id: 'secret:f' }]);
      assert.deepEqual(await leaked(store), [{ credential_id: 'secret:f', identity_id: null, inventory_id: null }]);
    });
    await withRun(
      [sighted('aws:access-key/AKIA1', 'f'), inventoried('aws:access-key/AKIA1', CI, undefined, { publicId: 'AKIA1' })],
      async (store) => {
        assert.deepEqual(await joins(store), [{ credential_id: 'aws:access-key/AKIA1', identity_id: CI, basis: 'inventory' }]);
      },
    );
  });
});

describe('view identity_aliases', () => {
  const CI = 'aws:111122223333:user/ci';
  const user = (id: string): Observation => ({
    kind: 'identity',
    id,
    provider: 'aws',
    type: 'user',
    name: 'ci',
    scope: id.split(':')[1] ?? '',
  });
  const keyOf = (id: string, publicId: string, detail: object = {}): Observation =>
    inventoried(`aws:access-key/${publicId}`, id, undefined, { type: 'access-key', publicId, detail });

  it('joins what names no account to the only account that has the user', async () => {
    const unknown = 'aws:-:user/ci';
    const told: Observation[] = [
      user(CI),
      user(unknown),
      keyOf(unknown, 'AKIA1'),
      { kind: 'grant', identity: unknown, effect: 'allow', permission: 's3:*', resource: '*' },
      { kind: 'trust', identity: role('r'), effect: 'allow', principal: unknown, principalType: 'identity' },
      { kind: 'consumer', consumer: 'c', type: 'code', identity: unknown, how: 'static-key' },
      { kind: 'usage', identity: unknown, usedAt: `${DAY}08:00:00Z`, via: 'cloud' },
      sighted('secret:f', 'f', unknown),
    ];
    await withRun(told, async (store) => {
      for (const [view, column] of [
        ['identities', 'identity_id'],
        ['credentials', 'identity_id'],
        ['grants', 'identity_id'],
        ['trusts', 'principal'],
        ['consumers', 'identity_id'],
        ['usages', 'identity_id'],
        ['sightings', 'identity_id'],
        ['may_become', 'identity_id'],
        ['identity_owners', 'identity_id'],
      ] as const) {
        assert.deepEqual(await store.rows(`SELECT ${column} AS id FROM ${view}`), [{ id: CI }], view);
      }
      assert.deepEqual(
        (await joins(store)).map((row) => row.identity_id),
        [CI, CI],
      );
    });
  });

  it('takes what two repositories call by one name for two, until an inventory tells which it is', async () => {
    const unknown = 'aws:-:user/ci';
    const at = (repository: string) => ({ repository, path: 'main.tf', line: 1 });
    const told: Observation[] = [
      { ...user(unknown), at: at('a/x') },
      { ...user(unknown), at: at('b/y') },
      { kind: 'grant', identity: unknown, effect: 'allow', permission: '*', resource: '*', capability: 'admin', at: at('a/x') },
      { kind: 'consumer', consumer: 'c', type: 'code', identity: unknown, how: 'static-key', at: at('b/y') },
      { kind: 'consumer', consumer: 'd', type: 'code', identity: 'aws:-:user/only', how: 'static-key', at: at('b/y') },
    ];
    const idsOf = (rows: Observation[]) =>
      withRun(rows, async (store) => [
        await store.rows('SELECT identity_id AS id FROM identities ORDER BY 1'),
        await store.rows('SELECT identity_id AS id FROM grants'),
        await store.rows('SELECT identity_id AS id FROM consumers ORDER BY consumer_id'),
      ]);

    const [apart, proven] = [await idsOf(told), await idsOf([...told, user(CI)])];

    const [inX, inY] = ['aws:-@a/x:user/ci', 'aws:-@b/y:user/ci'].map((id) => ({ id }));
    assert.deepEqual(apart, [[inX, inY], [inX], [inY, { id: 'aws:-:user/only' }]]);
    assert.deepEqual(proven, [[{ id: CI }], [{ id: CI }], [{ id: CI }, { id: 'aws:-:user/only' }]]);
  });

  it('leaves it alone where two accounts have the user', async () => {
    const rows = await withRun([user(CI), user('aws:999988887777:user/ci'), keyOf('aws:-:user/ci', 'AKIA1')], (store) =>
      store.rows('SELECT identity_id FROM credentials'),
    );

    assert.deepEqual(rows, [{ identity_id: 'aws:-:user/ci' }]);
  });

  it('corrects an account read off a key id of the old form, but not one that the id surely tells', async () => {
    const wrong = 'aws:444455556666:user/ci';
    const from = { accountFrom: 'key id' };
    const old = ['AKIA', 'E2EXAMPLE0000000'].join('');
    const sure = ['AKIA', 'Z2EXAMPLE0000000'].join('');
    const owner = async (...told: Observation[]): Promise<unknown> =>
      withRun([user(CI), ...told], async (store) => (await store.rows('SELECT identity_id FROM credentials'))[0]?.identity_id);

    assert.equal(await owner(keyOf(wrong, old, from)), CI);
    assert.equal(await owner(keyOf(wrong, old)), wrong);
    assert.equal(await owner(keyOf(wrong, sure, from)), wrong);
    assert.equal(await owner(keyOf(wrong, old, from), user('aws:444455556666:user/other')), wrong);
  });

  it('makes the slot of the credential report and the listed key one, though the list names no account', async () => {
    const created = { type: 'access-key', createdAt: '2026-01-01T00:00:00Z' };
    const rows = await withRun(
      [
        user(CI),
        inventoried('aws:access-key/slot', CI, undefined, { ...created, detail: { slot: 1 } }),
        inventoried('aws:access-key/AKIA1', 'aws:-:user/ci', undefined, { ...created, publicId: 'AKIA1' }),
      ],
      (store) => store.rows('SELECT credential_id, identity_id FROM credentials'),
    );

    assert.deepEqual(rows, [{ credential_id: 'aws:access-key/AKIA1', identity_id: CI }]);
  });

  it('knows a Google account by its address', async () => {
    const email = '1234-compute@developer.gserviceaccount.com';
    const known = `gcp:hc-prod:serviceAccount/${email}`;
    const rows = await withRun(
      [
        { kind: 'identity', id: known, provider: 'gcp', type: 'service-account', name: email },
        { kind: 'grant', identity: `gcp:-:serviceAccount/${email}`, effect: 'allow', permission: 'roles/editor', resource: 'p' },
      ],
      (store) => store.rows('SELECT identity_id FROM grants'),
    );

    assert.deepEqual(rows, [{ identity_id: known }]);
  });
});

describe('view identity_owners', () => {
  const ownedBy = (owner: string): Observation => ({
    kind: 'identity',
    id: role('r'),
    provider: 'aws',
    type: 'role',
    name: 'r',
    owner,
    at: { path: owner },
  });
  const jane: Observation = { kind: 'person', email: 'jane@x.example', leftAt: '2026-01-01T00:00:00Z' };
  const ownership = (...told: Observation[]): Promise<Row[]> =>
    withRun(told, (store) => store.rows('SELECT owner, ownership FROM identity_owners'));

  it('does not say that the owner left while another is not known to have', async () => {
    assert.deepEqual(await ownership(jane, ownedBy('jane@x.example'), ownedBy('oncall@x.example')), [
      { owner: 'jane@x.example, oncall@x.example', ownership: 'conflicting' },
    ]);
  });

  it('names those who left when all did', async () => {
    assert.deepEqual(await ownership(jane, ownedBy('jane@x.example')), [{ owner: 'jane@x.example', ownership: 'owner-left' }]);
    assert.deepEqual(
      await ownership(jane, { ...jane, email: 'joe@x.example' }, ownedBy('jane@x.example'), ownedBy('joe@x.example')),
      [{ owner: 'jane@x.example, joe@x.example', ownership: 'owner-left' }],
    );
  });
});

describe('view sightings', () => {
  it('names the layer of an image, and tells of a credential in each that has it', async () => {
    const inLayer = (layer: string, atHead: boolean): Observation => ({
      ...(sighted('secret:f', 'f') as SightingObservation),
      place: 'image',
      at: { repository: 'harbour/shop:1.4', path: 'app/.env', line: 1, layer: `sha256:${layer.repeat(64)}`, atHead },
    });

    const rows = await withRun([inLayer('a', false), inLayer('b', true)], (store) =>
      store.rows('SELECT place_text, sighting_place(place, location) AS words FROM sightings ORDER BY ALL'),
    );

    assert.deepEqual(
      rows.map((row) => row.place_text),
      ['harbour/shop:1.4 app/.env:1 layer sha256:aaaaaaaaaaaa', 'harbour/shop:1.4 app/.env:1 layer sha256:bbbbbbbbbbbb'],
    );
    assert.deepEqual(
      rows.map((row) => row.words),
      rows.map((row) => row.place_text),
    );
  });
});

describe('views over what strangers wrote', () => {
  it('reads past numbers, flags and times that are none', async () => {
    const bad = { from: 'soon', until: 'later', userId: 'u1', connection: 'pg' };
    const told: Observation[] = [
      session('1', undefined, 'pg', { status: 'open', eventSize: 1e30, redactions: 1e30, maskErrors: 'many', window: bad }),
      { kind: 'person', email: 'a@b.example', detail: { left: 'perhaps' } },
      { ...sighted('secret:f', 'f'), at: { path: 'x', atHead: 'maybe' } } as unknown as Observation,
    ];

    await withRun(told, async (store) => {
      assert.deepEqual(await store.rows('SELECT ran, redactions, mask_errors, approval FROM gateway_sessions'), [
        { ran: true, redactions: null, mask_errors: null, approval: 'none' },
      ]);
      assert.deepEqual(await store.rows('SELECT has_left FROM people'), [{ has_left: false }]);
      assert.deepEqual(await store.rows('SELECT at_head FROM leaked_credentials'), [{ at_head: true }]);
    });
  });
});

describe('macro strangers_start', () => {
  it('knows the events that the reader of workflows calls those of strangers, and no others', async () => {
    const asked = [...STRANGERS, 'push', 'pull_request', 'schedule', 'workflow_dispatch', 'push,workflow_run'];

    const started = await withRun([], async (store) => {
      const found: string[] = [];
      for (const trigger of asked) {
        const [row] = await store.rows(`SELECT strangers_start('${trigger}') AS started`);
        if (row?.started === true) found.push(trigger);
      }
      return found;
    });

    assert.deepEqual(started, [...STRANGERS, 'push,workflow_run']);
  });
});

describe('every view', () => {
  it('is planned in less than three seconds of processor time, by whoever opens a store with DuckDB alone', async function () {
    // More than a hundred views, one after another.
    this.timeout(60_000);
    const store = await openStore({ mode: 'write' });
    try {
      const views = await store.rows("SELECT view_name AS name FROM duckdb_views() WHERE NOT internal AND schema_name = 'main'");
      assert.ok(views.length > 40);
      for (const { name } of views) {
        const before = process.cpuUsage();

        await store.rows(`SELECT * FROM ${String(name)}`);

        const { user, system } = process.cpuUsage(before);
        assert.ok(user + system < 3_000_000, `${String(name)}: ${(user + system) / 1e6} s`);
      }
    } finally {
      store.close();
    }
  });
});
