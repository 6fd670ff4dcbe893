import assert from 'node:assert/strict';
import { loadChecks } from '../../../src/correlate/load.ts';
import { runChecks } from '../../../src/correlate/run.ts';
import type { Store } from '../../../src/store/index.ts';
import { importLogs } from '../../helpers/logs.ts';

const ID = 'imported-evidence-changed';
const LATER = '2026-04-02T00:00:00.000Z';

function event(id: string, minute: number, name = 'GetObject'): object {
  return {
    eventVersion: '1.09',
    userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::123456789012:user/ci', accountId: '123456789012', userName: 'ci' },
    eventTime: `2026-03-12T10:${String(minute).padStart(2, '0')}:00Z`,
    eventSource: 's3.amazonaws.com',
    eventName: name,
    eventID: id,
    readOnly: true,
    recipientAccountId: '123456789012',
  };
}

function trail(...records: readonly object[]): string {
  return JSON.stringify({ Records: records });
}

/** What the check says after the logs were imported, and imported again as they are a day later. */
async function told(
  before: { readonly [path: string]: string },
  after: { readonly [path: string]: string },
): Promise<{
  readonly outcome: string | undefined;
  readonly messages: readonly string[];
  readonly severities: readonly string[];
  readonly evidence: number;
}> {
  const store: Store = await importLogs(before, { target: 'trail' });
  try {
    await importLogs(after, { store, now: LATER, target: 'trail' });
    const checks = loadChecks().filter(({ meta }) => meta.id === ID);
    const { findings, results } = await runChecks(store, checks, { now: LATER });
    return {
      outcome: results[0]?.outcome,
      messages: findings.map(({ message }) => message).toSorted(),
      severities: [...new Set(findings.map(({ severity }) => severity))],
      evidence: findings.reduce((sum, finding) => sum + finding.evidence.length, 0),
    };
  } finally {
    store.close();
  }
}

describe(`${ID}, of logs`, () => {
  it('tells records that vanished and that say something else, by their log', async () => {
    const before = trail(event('a', 0), event('b', 1), event('c', 2), event('d', 3));
    const after = trail(event('a', 0), event('b', 1, 'ListBuckets'), event('d', 3));

    const { outcome, messages, evidence } = await told({ 'trail.json': before }, { 'trail.json': after });

    assert.equal(outcome, 'fail');
    assert.deepEqual(messages, [
      '1 record of trail.json (2026-03-12 10:01 to 2026-03-12 10:01 UTC) says something else since the log was imported.',
      '1 record of trail.json (2026-03-12 10:02 to 2026-03-12 10:02 UTC) is gone since the log was imported.',
    ]);
    assert.ok(evidence >= 2);
  });

  it('tells a file that is gone from between others of its log', async () => {
    const day = (n: number) => `2026/03/${n}/123456789012_CloudTrail_eu-west-1_202603${n}T1000Z_AbCdEfGhIjKlMnOp.json`;
    const one = { [day(11)]: trail(event('a', 0)) };
    const two = { [day(12)]: trail(event('b', 1), event('c', 2)) };

    const { messages } = await told({ ...one, ...two }, one);

    assert.deepEqual(messages, [
      `2 records of ${day(12)} (2026-03-12 10:01 to 2026-03-12 10:02 UTC) are gone since the log was imported.`,
    ]);
  });

  it('tells records that are not the same in two files of one run, or in one', async () => {
    const first = { 'x/one.json': trail(event('a', 0), event('b', 1), event('c', 2), event('c', 2)) };
    const { messages, outcome } = await told(
      {},
      {
        ...first,
        'y/two.json': trail(event('a', 0, 'ListBuckets'), event('b', 1)),
        'z/three.json': trail(event('d', 4), event('d', 4, 'GetUser')),
      },
    );

    assert.equal(outcome, 'fail');
    assert.deepEqual(messages, [
      '1 record of y/two.json (2026-03-12 10:00 to 2026-03-12 10:00 UTC) says something else than in another file or line that was read with it.',
      '1 record of z/three.json (2026-03-12 10:04 to 2026-03-12 10:04 UTC) says something else than in another file or line that was read with it.',
    ]);
  });

  it('misses no record that rotation took to another file, and misses one that is in none', async () => {
    const at = (id: string, seconds: number) => ({ ...event(id, 0), eventTime: `2026-03-12T10:00:00.${seconds}Z` });
    const before = { 'trail.json': trail(at('a', 100), at('b', 300)), 'old/trail.json': trail(event('z', 1)) };
    const now = trail(at('d', 250), event('e', 5));

    const moved = await told(before, { 'trail.json': now, 'trail.1.json': trail(at('a', 100), at('b', 300), event('c', 2)) });
    const renamed = await told(before, { 'trail.json': now, 'trail.1.json': before['trail.json'] });
    const gone = await told(before, { 'trail.json': now, 'trail.1.json': trail(at('a', 100), event('c', 2)) });

    assert.deepEqual([moved.messages, renamed.messages], [[], []]);
    assert.equal(gone.messages.length, 1);
    assert.match(gone.messages[0] ?? '', /^1 record of trail\.json .* is gone/);
  });

  it('misses the first records of a file that is written once, and of no other', async () => {
    const before = trail(event('a', 0), event('b', 1), event('c', 2));
    const after = trail(event('b', 1), event('c', 2));
    const name = (at: string) => `2026/03/12/123456789012_CloudTrail_eu-west-1_20260312T${at}Z_AbCdEfGhIjKlMnOp.json`;
    const [path, other] = [name('1005'), name('1010')];

    const first = await told({ [path]: before }, { [path]: after });
    const moved = await told({ [path]: before }, { [path]: after, [other]: trail(event('a', 0)) });
    const cut = await told({ [path]: before }, { [path]: after.slice(0, -30) });
    const rotated = await told({ 'trail.json': before }, { 'trail.json': after });

    assert.deepEqual(first.messages, [
      `1 record of ${path} (2026-03-12 10:00 to 2026-03-12 10:00 UTC) is gone since the log was imported.`,
    ]);
    assert.deepEqual([moved.messages, cut.messages, rotated.messages], [[], [], []]);
  });

  it('tells records that came late, by their log, as low', async () => {
    const at = (id: string, hour: string) => ({ ...event(id, 0), eventTime: `2026-03-12T${hour}:00Z` });
    const before = trail(at('a', '08:00'), at('b', '12:00'));
    const after = trail(at('a', '08:00'), at('b', '12:00'), at('c', '09:00'), at('d', '09:30'), at('e', '13:00'));

    const { messages, severities } = await told({ 'trail.json': before }, { 'trail.json': after });

    assert.deepEqual(messages, [
      '2 records of trail.json (2026-03-12 09:00 to 2026-03-12 09:30 UTC) came late: an import of that time, and of what came after it, did not have them.',
    ]);
    assert.deepEqual(severities, ['low']);
  });

  for (const [what, after] of [
    ['the same file', trail(event('a', 0), event('b', 1))],
    ['one that grew', trail(event('a', 0), event('b', 1), event('c', 59))],
    ['one whose oldest records were rotated away', trail(event('b', 1), event('c', 59))],
    ['one that a record came to within the time that takes', trail(event('a', 0), event('soon', 0), event('b', 1))],
    ['one that is cut off and so can prove nothing', trail(event('a', 0), event('c', 59)).slice(0, -40)],
  ] as const) {
    it(`leaves alone ${what}`, async () => {
      const { outcome, messages } = await told({ 'trail.json': trail(event('a', 0), event('b', 1)) }, { 'trail.json': after });

      assert.deepEqual(messages, []);
      assert.notEqual(outcome, 'fail');
    });
  }
});
