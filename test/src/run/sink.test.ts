import assert from 'node:assert/strict';
import type { CoverageObservation, IdentityObservation } from '../../../src/contracts/index.ts';
import { Sink } from '../../../src/run/sink.ts';
import { openStore, type Store, type Unit } from '../../../src/store/index.ts';

const NOW = '2026-06-01T00:00:00.000Z';
const IDENTITY: IdentityObservation = { kind: 'identity', id: 'aws:1:user/ci', provider: 'aws', type: 'user', name: 'ci' };
const COVERAGE: CoverageObservation = {
  kind: 'coverage',
  surface: 'work-tree',
  subject: '.',
  outcome: 'complete',
  covers: ['sighting'],
};

describe('sink', () => {
  const opened: Store[] = [];

  afterEach(async () => {
    for (const store of opened.splice(0)) {
      await store.rollback();
      store.close();
    }
  });

  const sinkOf = (): { sink: Sink; opens: () => number } => {
    let opens = 0;
    const sink = new Sink(async () => {
      opens += 1;
      return await begun();
    }, NOW);
    return { sink, opens: () => opens };
  };

  async function begun(): Promise<Store> {
    const store = await openStore({ mode: 'write', views: 'tables' });
    opened.push(store);
    await store.beginRun({
      startedAt: NOW,
      toolVersion: '0.0.0-test',
      targets: ['.'],
      parameters: {},
      rulesDigest: 'test',
      fingerprintKeyId: 'test',
    });
    return store;
  }

  it('opens no store while nobody asks for one', async () => {
    const { sink, opens } = sinkOf();

    const part = await sink.part(unit('a'));
    await part.add(COVERAGE);

    assert.equal(opens(), 0);
    assert.equal(await sink.opened(), undefined);
    assert.equal(sink.observed, false);
    assert.deepEqual(sink.held, [COVERAGE]);
  });

  it('tells when anything but coverage was observed', async () => {
    const { sink } = sinkOf();
    const part = await sink.part(unit('a'));

    await part.add(IDENTITY);

    assert.equal(sink.observed, true);
  });

  it('opens the store behind the first observation, and holds what comes meanwhile', async () => {
    const { sink, opens } = sinkOf();
    const [first, second] = [await sink.part(unit('a')), await sink.part(unit('b'))];
    await first.add(COVERAGE);

    await second.add(IDENTITY);
    const held = sink.held.length;
    // Whoever needs it waits for it.
    const store = await sink.store();

    assert.deepEqual([opens(), held], [1, 2]);
    assert.deepEqual(await loaded(store), { identities: 1, coverage: 1, parts: 2 });
  });

  it('holds only so many, whatever the pace they come at', async () => {
    const { sink } = sinkOf();
    const part = await sink.part(unit('a'));

    for (let n = 0; n < 5000; n += 1) {
      await part.add({ ...IDENTITY, id: `aws:1:user/${n}` });
      assert.ok(sink.held.length <= 2000);
    }

    assert.deepEqual(await loaded(await sink.store()), { identities: 5000, coverage: 0, parts: 1 });
  });

  it('tells that something was observed in a store that was open before', async () => {
    const { sink } = sinkOf();
    await sink.store();
    const part = await sink.part(unit('a'));
    await part.add(COVERAGE);
    const before = sink.observed;

    await part.add(IDENTITY);

    assert.deepEqual([before, sink.observed], [false, true]);
  });

  it('moves in what waited when it opens the store, once', async () => {
    const { sink, opens } = sinkOf();
    const [first, second] = [await sink.part(unit('a')), await sink.part(unit('b'))];
    await first.add(IDENTITY);
    await second.add(COVERAGE);

    const store = await sink.store();

    assert.equal(await sink.store(), store);
    assert.equal(await sink.opened(), store);
    assert.equal(opens(), 1);
    assert.deepEqual(await loaded(store), { identities: 1, coverage: 1, parts: 2 });
    assert.deepEqual(sink.held, []);
  });

  it('goes on with a part that was begun before the store was opened', async () => {
    const { sink } = sinkOf();
    const part = await sink.part(unit('a'));
    await part.add(COVERAGE);
    const store = await sink.store();

    await part.add(IDENTITY);

    assert.deepEqual(await loaded(store), { identities: 1, coverage: 1, parts: 1 });
  });

  it('loads straight into a store that is open', async () => {
    const { sink } = sinkOf();
    const store = await sink.store();

    const part = await sink.part(unit('a'));
    await part.add(IDENTITY);

    assert.equal(part.known, false);
    assert.deepEqual(await loaded(store), { identities: 1, coverage: 0, parts: 1 });
  });

  it('knows a part that is loaded already, by its content', async () => {
    const { sink } = sinkOf();
    await sink.store();
    await sink.part(unit('a'));

    const [again, changed] = [await sink.part(unit('a')), await sink.part({ ...unit('a'), content: 'other' })];

    assert.deepEqual([again.known, changed.known], [true, false]);
  });

  it('does not load again what waited and is known', async () => {
    const { sink } = sinkOf();
    for (let n = 0; n < 2; n += 1) await (await sink.part(unit('a'))).add(IDENTITY);

    const store = await sink.store();

    assert.deepEqual(await loaded(store), { identities: 1, coverage: 0, parts: 1 });
  });

  it('has no store when it could not be opened, and says why to whoever needs it', async () => {
    const sink = new Sink(() => Promise.reject(new Error('locked')), NOW);

    await assert.rejects(sink.store(), /locked/);

    assert.equal(await sink.opened(), undefined);
  });

  async function loaded(store: Store): Promise<object> {
    await store.endLoading([]);
    const count = async (table: string): Promise<number> =>
      Number((await store.rows(`SELECT count(*) AS n FROM ${table}`))[0]?.n);
    return { identities: await count('obs.identities'), coverage: await count('obs.coverage'), parts: await count('parts') };
  }
});

function unit(name: string): Unit {
  return { scanner: 'test', version: 1, target: '.', unit: name, content: name };
}
