import assert from 'node:assert/strict';
import type { Json, JsonObject } from '../../../src/contracts/index.ts';
import { addPlain, LiveFailure, openSession, plainOf, readEach, restingOn, takePages } from '../../../src/live/index.ts';
import { testContext } from '../../helpers/scan-context.ts';

function each(answers: readonly (LiveFailure | undefined)[], mayBeMissing = false, anyFailureCounts = false) {
  const context = testContext();
  const session = openSession({ context, target: { name: 'okta:acme.okta.com' }, surface: 'okta', service: 'Okta' });
  const asked: number[] = [];
  const items = answers.map((_, index) => index);
  const ask = async (item: number) => {
    asked.push(item);
    const failure = answers[item];
    if (failure !== undefined) throw failure;
  };
  const shared = { context, session, right: 'okta.users.read', title: 'users', items, width: 1, ask };
  const result = readEach({ ...shared, mayBeMissing, anyFailureCounts });
  return { result, asked };
}

const denied = () => new LiveFailure('it is not allowed', { kind: 'denied' });
const failed = () => new LiveFailure('it failed', { kind: 'failed' });
const missing = () => new LiveFailure('there is none', { kind: 'missing' });

describe('one call for each of many', () => {
  it('goes on after a failure, and tells a refusal before other failures', async () => {
    const { result } = each([failed(), undefined, denied(), undefined]);

    const { read, failed: many, failure } = await result;

    assert.deepEqual([read, many, failure?.why], [2, 2, 'it is not allowed']);
  });

  it('does not count one that is gone as failed', async () => {
    assert.deepEqual(await each([missing(), undefined]).result, { read: 1, failed: 0 });
  });

  it('takes a call that finds nothing for anybody for one that is not there, unless that may be', async () => {
    assert.equal((await each([missing(), missing()]).result).failure?.why, 'there is none');
    assert.equal((await each([missing(), missing()], true).result).failure, undefined);
  });

  it('asks no more after five failures of any kind where these count', async () => {
    const nine = Array.from({ length: 9 }, failed);

    assert.equal((await each(nine).result).failed, 9);
    assert.equal((await each(nine, false, true).result).failed, 5);
    assert.equal((await each([undefined, ...nine], false, true).result).failed, 9);
  });

  it('asks no more after five refusals without an answer', async () => {
    const { result, asked } = each(Array.from({ length: 9 }, denied));

    assert.equal((await result).failed, 5);
    assert.deepEqual(asked, [0, 1, 2, 3, 4]);
  });

  it('asks on after refusals where others were answered', async () => {
    const { result, asked } = each([undefined, ...Array.from({ length: 8 }, denied)]);

    assert.equal((await result).failed, 8);
    assert.equal(asked.length, 9);
  });

  it('lets what rests on a list that is not whole be not whole', () => {
    const list = { what: 'apps', covers: [], failure: failed() };
    const part = { what: 'keys', covers: [], read: 2 };

    assert.match(restingOn(part, { what: 'x', covers: [] }, list).failure?.why ?? '', /^not all .* known: it failed$/);
    assert.equal(restingOn(part, { what: 'x', covers: [] }), part);
    assert.equal(restingOn({ ...part, failure: denied() }, list).failure?.why, 'it is not allowed');
  });
});

describe('pages that are kept', () => {
  const pages = async function* () {
    yield { id: 1, secret: 'x' };
    yield { id: 2, secret: 'y' };
  };
  const strip = (page: unknown) => (page as { id: number }).id;

  it('are stripped before they are used and kept, and used again from what was kept', async () => {
    const kept = new Map<string, Json>();
    const once = async <T extends Json>(step: string, make: () => Promise<T>): Promise<T> => {
      if (!kept.has(step)) kept.set(step, await make());
      return structuredClone(kept.get(step)) as T;
    };
    const used: number[][] = [[], []];

    for (const into of used) await takePages({ once }, { step: 'users', pages, strip, use: (id) => into.push(id) });

    assert.deepEqual(used, [
      [1, 2],
      [1, 2],
    ]);
    assert.deepEqual([...kept], [['users', [1, 2]]]);
  });

  it('are not kept without a name', async () => {
    const once = () => assert.fail('was kept');
    const used: number[] = [];

    await takePages({ once }, { pages, strip, use: (id) => used.push(id) });

    assert.deepEqual(used, [1, 2]);
  });

  it('are used as far as they came', async () => {
    const used: number[] = [];
    const broken = async function* () {
      yield { id: 1 };
      throw failed();
    };

    await assert.rejects(takePages({}, { pages: broken, strip, use: (id) => used.push(id) }), /it failed/);
    assert.deepEqual(used, [1]);
  });
});

describe('what was gathered, as plain JSON', () => {
  const fresh = () => ({ byId: new Map<string, object>(), kinds: new Set<string>(), all: [] as object[], seen: 0, cut: false });

  it('comes back as it was, added to what was there', () => {
    const part = {
      ...fresh(),
      byId: new Map([['b', { n: 2 }]]),
      kinds: new Set(['x', 'y']),
      all: [{ n: 2 }],
      seen: 3,
      cut: true,
    };
    const into = { ...fresh(), byId: new Map([['a', { n: 1 }]]), kinds: new Set(['x']), all: [{ n: 1 }], seen: 1 };

    addPlain(into, JSON.parse(JSON.stringify(plainOf(part))) as JsonObject);

    assert.deepEqual([...into.byId.keys()], ['a', 'b']);
    assert.deepEqual([...into.kinds], ['x', 'y']);
    assert.deepEqual(into.all, [{ n: 1 }, { n: 2 }]);
    assert.deepEqual([into.seen, into.cut], [4, true]);
  });

  it('leaves fields out at any depth, and knows no others than there are', () => {
    const part = { ...fresh(), byId: new Map([['a', { n: 1, secret: 's' }]]), all: [{ deep: { secret: 's' } }] };
    const plain = plainOf(part, (field) => field === 'secret');
    const into = fresh();

    addPlain(into, { ...plain, __proto__: { polluted: true }, other: 1 } as JsonObject);

    assert.ok(!JSON.stringify(plain).includes('secret'));
    assert.deepEqual(Object.keys(into), Object.keys(fresh()));
  });
});
