import assert from 'node:assert/strict';
import type { LiveCall } from '../../../src/contracts/index.ts';
import { inParallel, LiveFailure, openSession, probeCalls, type Session } from '../../../src/live/index.ts';
import { collect, testContext } from '../../helpers/scan-context.ts';

const DENIED = new LiveFailure('harbour.keys.read is not allowed', { kind: 'denied' });
const EXPIRED = new LiveFailure('the token has ended', { kind: 'expired' });

function session(signal?: AbortSignal): Session {
  const context = testContext(signal === undefined ? {} : { signal });
  return openSession({ context, target: { name: 'okta:harbour' }, surface: 'okta', service: 'Okta' });
}

function fails(error: unknown): () => Promise<never> {
  return () => Promise.reject(error);
}

describe('live session', () => {
  it('gives what a call gives', async () => {
    assert.deepEqual(await session().attempt('users', async () => 3), { ok: true, value: 3 });
  });

  it('goes on after a refusal', async () => {
    const live = session();

    const first = await live.attempt('keys', fails(DENIED));
    const second = await live.attempt('users', async () => 1);

    assert(!first.ok && first.failure.outcome === 'denied');
    assert(second.ok);
    assert.equal(live.fatal, undefined);
  });

  it('asks nothing more after a failure that no call survives, and says why of each', async () => {
    const live = session();
    let asked = 0;

    await live.attempt('keys', fails(EXPIRED));
    const second = await live.attempt('users', async () => void asked++);

    assert.equal(asked, 0);
    assert(!second.ok && second.failure.outcome === 'denied');
    assert.match(second.ok ? '' : second.failure.why, /^not asked, since an earlier call failed: the token has ended$/);
  });

  it('takes an abort of the run for what it is', async () => {
    const ended = new AbortController();
    ended.abort(new Error('ended'));

    await assert.rejects(session(ended.signal).attempt('users', fails(new Error('socket hang up'))), /^Error: ended$/);
  });

  it('lets the scanner explain errors of its SDK, and explains the rest itself', async () => {
    const live = openSession({
      context: testContext(),
      target: { name: 'aws:' },
      surface: 'aws',
      service: 'AWS',
      explain: (error, right) =>
        error instanceof Error && error.name === 'AccessDenied'
          ? new LiveFailure(`${right} is missing`, { kind: 'denied' })
          : undefined,
    });
    const denied = Object.assign(new Error('no'), { name: 'AccessDenied' });
    const unreachable = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

    const told = [await live.attempt('iam:ListUsers', fails(denied)), await live.attempt('iam:ListRoles', fails(unreachable))];

    assert.deepEqual(
      told.map((attempt) => (attempt.ok ? '' : attempt.failure.why)),
      ['iam:ListUsers is missing', 'AWS cannot be reached (ECONNREFUSED): check the network, proxy and address'],
    );
  });

  it('tells what was read in full as complete', () => {
    const row = session().coverage({ what: 'users', covers: ['identity'], read: 4 });

    assert.deepEqual(row, {
      kind: 'coverage',
      surface: 'okta',
      subject: 'okta:harbour users',
      outcome: 'complete',
      covers: ['identity'],
      seen: 4,
      read: 4,
      failed: 0,
      at: { pointer: 'okta:harbour' },
    });
  });

  it('tells what was refused from the start as denied, and from the middle as partial', () => {
    const live = session();

    const none = live.coverage({ what: 'keys', covers: ['credential'], failure: DENIED });
    const some = live.coverage({ what: 'keys', covers: ['credential'], failure: DENIED, read: 9 });

    assert.equal(none.outcome, 'denied');
    assert.equal(some.outcome, 'partial');
    assert.equal(some.why, DENIED.why);
  });

  it('tells a service that answered nothing as denied: nothing of it was looked at', async () => {
    const live = session();
    const unreachable = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

    const first = await live.attempt('users', fails(unreachable));
    const next = await live.attempt('keys', async () => []);

    for (const attempt of [first, next]) {
      assert(!attempt.ok);
      assert.equal(live.coverage({ what: 'keys', covers: ['credential'], failure: attempt.failure }).outcome, 'denied');
    }
  });

  it('tells a service that went away in the middle as partial', async () => {
    const live = session();
    const unreachable = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

    await live.attempt('users', async () => []);
    const attempt = await live.attempt('keys', fails(unreachable));

    assert(!attempt.ok);
    assert.equal(live.coverage({ what: 'keys', covers: ['credential'], failure: attempt.failure }).outcome, 'partial');
  });

  it('counts and quotes what could not be read', () => {
    const problems = ['a', 'b', 'c', 'd', 'e', 'f'];

    const row = session().coverage({ what: 'keys', covers: ['credential'], problems, read: 1 });

    assert.equal(row.outcome, 'partial');
    assert.equal(row.why, 'a; b; c; d; 2 more like these');
    assert.equal(row.failed, 6);
  });

  it('probes each right, and none after a failure that no call survives', async () => {
    const calls = ['users', 'keys', 'apps', 'roles'].map(
      (right): LiveCall => ({ host: 'h', operation: right, right, tells: right }),
    );
    const asked: string[] = [];

    const probed = await collect(
      probeCalls(session(), calls, async ({ right }) => {
        asked.push(right);
        if (right === 'keys') throw DENIED;
        if (right === 'apps') throw EXPIRED;
      }),
    );

    assert.deepEqual(asked, ['users', 'keys', 'apps']);
    assert.deepEqual(
      probed.map(({ outcome }) => outcome),
      ['ok', 'denied', 'denied', 'denied'],
    );
    assert.equal(probed[1]?.why, DENIED.why);
  });
});

describe('inParallel', () => {
  it('gives results in the order of the items, so many at a time', async () => {
    let open = 0;
    let most = 0;

    const results = await inParallel([30, 1, 20, 2, 10], 2, async (milliseconds) => {
      most = Math.max(most, ++open);
      await new Promise((go) => setTimeout(go, milliseconds));
      open--;
      return milliseconds;
    });

    assert.deepEqual(results, [30, 1, 20, 2, 10]);
    assert.equal(most, 2);
  });

  it('stops at the first error', async () => {
    const begun: number[] = [];

    const work = inParallel([1, 2, 3, 4, 5, 6], 2, async (n) => {
      begun.push(n);
      await new Promise((go) => setTimeout(go, 5));
      if (n === 2) throw new Error('two');
    });

    await assert.rejects(work, /two/);
    assert(begun.length <= 4);
  });
});
