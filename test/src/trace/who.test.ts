import assert from 'node:assert/strict';
import { spanOf } from '../../../src/commands/who.ts';
import { tellWho } from '../../../src/trace/tell-who.ts';
import { whoUsed } from '../../../src/trace/who.ts';
import { ConfigError } from '../../../src/util/errors.ts';
import { withPassingRun } from '../correlate/run-store.ts';
import {
  apiKey,
  ask,
  by,
  CONNECTION,
  LOG_OF_MARCH,
  MARCH_12,
  PG,
  plain,
  ROLE,
  SESSIONS_OF_MARCH,
  session,
  WHOLE_MARCH,
} from './who-facts.ts';

describe('who used a target', () => {
  it('finds a session by what the metrics of sessions counted in it', async () => {
    const counted = session('s1', '2026-03-12T02:00:04Z', {
      infoTypes: ['EMAIL_ADDRESS'],
      masked: true,
      detail: { depth: 'metrics', infoTypes: { EMAIL_ADDRESS: 500 }, analyzed: { EMAIL_ADDRESS: 500 } },
    });
    const own = session('s1', '2026-03-12T02:00:04Z', by('nightly', { job: 'gha-9931-embeddings' }));

    const answer = await ask([apiKey('nightly'), own, counted], { infoType: 'EMAIL_ADDRESS' });

    assert.deepEqual(
      answer.uses.map(({ evidence, job, masked, infoTypes }) => ({ evidence, job, masked, infoTypes })),
      [{ evidence: 's1', job: 'gha-9931-embeddings', masked: true, infoTypes: ['EMAIL_ADDRESS'] }],
    );
  });

  it('does not take the gap between two exports for silence', async () => {
    const early = [session('s1', '2026-03-01T02:00:04Z', by('nightly')), session('s2', '2026-03-10T02:00:04Z', by('nightly'))];
    const late = [session('s3', '2026-03-14T02:00:04Z', by('nightly')), session('s4', '2026-03-20T02:00:04Z', by('nightly'))];
    const of = async (day: string, until: string) =>
      await withPassingRun(
        [CONNECTION, ...LOG_OF_MARCH],
        async (store) => await whoUsed(store, { target: PG, from: day, until }),
        {
          exports: [early, late],
        },
      );

    assert.equal((await of(MARCH_12.from, MARCH_12.until)).verdict, 'not-assessed');
    assert.equal((await of('2026-03-16T00:00:00.000Z', '2026-03-17T00:00:00.000Z')).verdict, 'nothing');
  });

  it('answers with the job, the caller, the account and the session', async () => {
    const answer = await ask([
      apiKey('nightly'),
      session('s-1', '2026-03-12T02:00:00Z', by('nightly', { job: 'gha-9931-embeddings', approval: 'approved' })),
      session('s-2', '2026-03-13T02:00:00Z', by('nightly', { job: 'gha-9932-embeddings' })),
      ...WHOLE_MARCH,
    ]);

    assert.equal(answer.verdict, 'answered');
    assert.deepEqual(
      answer.uses.map(({ evidence, job, actor, identity, approval }) => ({ evidence, job, actor, identity, approval })),
      [{ evidence: 's-1', job: 'gha-9931-embeddings', actor: 'nightly', identity: ROLE, approval: 'approved' }],
    );
    const text = tellWho(answer, plain);
    assert.match(text, /pg-features-prod, on 2026-03-12 \(UTC\)\nAnswered: 1 of 1 use can be put down/);
    assert.match(text, /gha-9931-embeddings by nightly \(api-key\) as postgres:db\.harbour\.example/);
    assert.match(text, /2026-03-12 02:00:00 to 02:00:00: read, approval: approved, recorded: full \[s-1\]/);
  });

  it('says of a key that several workloads share, and of a session without a job, that it cannot be put down to one', async () => {
    const answer = await ask([
      apiKey('shared'),
      session('s-1', '2026-03-12T02:00:00Z', by('shared', { job: 'gha-1-train' })),
      session('s-2', '2026-03-12T03:00:00Z', by('shared')),
      session('s-3', '2026-03-11T03:00:00Z', by('shared', { job: 'gitlab-7-report' })),
    ]);

    assert.equal(answer.verdict, 'in-part');
    const [open] = answer.uses.filter(({ answerable }) => !answerable);
    assert.equal(open?.evidence, 's-2');
    assert.ok((open?.reasons.length ?? 0) > 0);
    assert.match(tellWho(answer, plain), /CANNOT BE PUT DOWN TO ONE JOB[\s\S]*Why: /);
  });

  it('finds the account itself, a table, and a resource of the gateway', async () => {
    const one = session('s-1', '2026-03-12T02:00:00Z', {
      ...by('nightly', { job: 'j', objects: ['crm.contacts'] }),
      detail: { userId: 'uid-nightly', resource: 'features' },
    });
    for (const target of [ROLE, 'crm.contacts', 'features', 'role/loader']) {
      const answer = await ask([apiKey('nightly'), one], { target });

      assert.deepEqual(
        answer.uses.map(({ evidence }) => evidence),
        ['s-1'],
        target,
      );
    }
  });

  it('leaves out what touched no personal data when asked for that only', async () => {
    const facts = [
      apiKey('nightly'),
      session('mail', '2026-03-12T02:00:00Z', { ...by('nightly', { job: 'a' }), infoTypes: ['EMAIL_ADDRESS'] }),
      session('place', '2026-03-12T03:00:00Z', { ...by('nightly', { job: 'b' }), infoTypes: ['LOCATION'] }),
      session('none', '2026-03-12T04:00:00Z', {
        ...by('nightly', { job: 'c' }),
        masked: false,
        detail: { userId: 'uid-nightly', infoTypes: {}, redactions: 0 },
      }),
    ];
    const ids = async (infoType: string) => (await ask(facts, { infoType })).uses.map(({ evidence }) => evidence);

    assert.deepEqual(await ids('PII'), ['mail']);
    assert.deepEqual(await ids('location'), ['place']);
  });

  it('says nobody only where all that could have seen it was given of the whole time', async () => {
    const of = async (...facts: Parameters<typeof ask>[0]) => await ask(facts);

    assert.equal((await of(...WHOLE_MARCH)).verdict, 'nothing');
    assert.match(
      (await of(...SESSIONS_OF_MARCH)).why,
      /log of postgres db\.harbour\.example\/features was not given .*around the gateway are not known/,
    );
    for (const facts of [SESSIONS_OF_MARCH, LOG_OF_MARCH, [...SESSIONS_OF_MARCH.slice(0, 1), ...LOG_OF_MARCH], []]) {
      assert.equal((await of(...facts)).verdict, 'not-assessed');
    }
  });

  it('leaves out what only issued a credential, and what never ran', async () => {
    const answer = await ask([
      apiKey('nightly'),
      session('issued', '2026-03-12T02:00:00Z', { ...by('nightly'), bookkeeping: true }),
      session('asked', '2026-03-12T02:00:00Z', {
        ...by('nightly', { approval: 'rejected', endedAt: undefined }),
        detail: { userId: 'uid-nightly', status: 'open' },
      }),
      session('later', '2026-03-14T02:00:00Z', by('nightly')),
    ]);

    assert.deepEqual(answer.uses, []);
  });

  it('refuses a target that nothing names, and proposes one', async () => {
    await assert.rejects(
      ask([apiKey('nightly'), session('s', '2026-03-12T02:00:00Z', by('nightly'))], { target: 'pg-featurs-prod' }),
      (error: unknown) => error instanceof ConfigError && /Did you mean "pg-features-prod"/.test(error.hint ?? ''),
    );
  });

  it('shows what stands in names, and obeys none of it', async () => {
    const evil = 'job\u001b[31m\n\u202e<script>=1+1';
    const answer = await ask([apiKey('nightly'), session('s\u0007', '2026-03-12T02:00:00Z', by('nightly', { job: evil }))]);

    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    assert.doesNotMatch(tellWho(answer, plain), /[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  it('prints statements only when asked to', async () => {
    const answer = await ask([
      apiKey('nightly'),
      session('s', '2026-03-12T02:00:00Z', { ...by('nightly', { job: 'j' }), statement: 'SELECT a FROM b WHERE c = ?' }),
    ]);

    assert.doesNotMatch(tellWho(answer, plain), /SELECT a/);
    assert.match(tellWho(answer, plain, true), /SELECT a FROM b WHERE c = \?/);
  });
});

describe('the time that is asked for', () => {
  for (const [text, from, until] of [
    ['2026-03-12', '2026-03-12T00:00:00.000Z', '2026-03-13T00:00:00.000Z'],
    ['2026-03-01..2026-03-12', '2026-03-01T00:00:00.000Z', '2026-03-13T00:00:00.000Z'],
    ['2026-03-12T03:15Z', '2026-03-12T03:15:00.000Z', '2026-03-12T03:16:00.000Z'],
    ['2026-03-12T03:15+02:00', '2026-03-12T01:15:00.000Z', '2026-03-12T01:16:00.000Z'],
  ] as const) {
    it(`reads ${text}`, () => {
      assert.deepEqual(spanOf(text), { from, until });
    });
  }

  for (const text of [
    '',
    'yesterday',
    '2026-02-30',
    '12.03.2026',
    '2026-03-12..2026-03-01',
    '2026-03-01..02..03',
    '2026-13-01',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => spanOf(text), ConfigError);
    });
  }
});
