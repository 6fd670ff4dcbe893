import assert from 'node:assert/strict';
import { tellWho } from '../../../src/trace/tell-who.ts';
import { ConfigError } from '../../../src/util/errors.ts';
import { Fact } from '../../rules/checks/facts.ts';
import { apiKey, ask, by, LOG_OF_MARCH, plain, ROLE, record, SESSIONS_OF_MARCH, session, WHOLE_MARCH } from './who-facts.ts';

const TAGGED = Fact.parse({
  kind: 'consumer',
  consumer: 'hoop:-:connection/pg-features-prod',
  type: 'gateway-connection',
  identity: ROLE,
  how: 'static-key',
  detail: { tags: { data: 'pii' }, depth: 'single' },
});
const nightly = (id: string, at: string, more: object = {}) => session(id, at, by('nightly', { job: 'gha-1-train', ...more }));
const withDetail = (id: string, more: object, detail: object) =>
  session(id, '2026-03-12T02:00:00Z', {
    ...by('nightly', { job: 'gha-1-train', ...more }),
    detail: { userId: 'uid-nightly', ...detail },
  });

describe('how whole an answer is', () => {
  it('says in part where the log of the target was not given: who came around the gateway is not known', async () => {
    const facts = [apiKey('nightly'), nightly('s', '2026-03-12T02:00:00Z')];

    const part = await ask([...facts, ...SESSIONS_OF_MARCH]);
    const whole = await ask([...facts, ...WHOLE_MARCH]);

    assert.deepEqual([part.verdict, whole.verdict], ['in-part', 'answered']);
    assert.match(part.why, /uses around the gateway are not known/);
    assert.match(
      tellWho(part, plain),
      /RESTS ON\n.*sessions of the gateway on pg-features-prod: given of all of that time\n.*log of postgres [^\n]*: not given/,
    );
  });

  it('takes no log for one of the target that is of another server', async () => {
    const other = LOG_OF_MARCH.map((row) => ({ ...row, identity: 'postgres:web.example/web:role/app' }));

    const answer = await ask([apiKey('nightly'), nightly('s', '2026-03-12T02:00:00Z'), ...SESSIONS_OF_MARCH, ...other]);

    assert.equal(answer.verdict, 'in-part');
    assert.deepEqual(
      answer.surfaces.map(({ name, covers }) => ({ name, covers })),
      [
        { name: 'sessions of the gateway on pg-features-prod', covers: 'all' },
        { name: 'log of postgres db.harbour.example/features', covers: 'none' },
      ],
    );
  });

  it('says which hours of the day were not given', async () => {
    const log = ['2026-03-12T09:00:00Z', '2026-03-14T00:00:00Z'].map((at) =>
      record(`log ${at}`, at, { identity: ROLE.replace('loader', 'backup') }),
    );

    const answer = await ask([apiKey('nightly'), nightly('s', '2026-03-12T02:00:00Z'), ...SESSIONS_OF_MARCH, ...log]);

    assert.equal(answer.verdict, 'in-part');
    assert.match(answer.why, /of 2026-03-12 00:00 to 09:00 the log of postgres/);
  });

  it('does not call an export whole that could be read in part', async () => {
    const broken = Fact.parse({
      kind: 'coverage',
      surface: 'gateway',
      subject: 'sessions.json',
      outcome: 'partial',
      covers: ['usage'],
      why: '2 records cannot be read',
    });

    const answer = await ask(LOG_OF_MARCH, {}, { exports: [[...SESSIONS_OF_MARCH, broken]] });

    assert.equal(answer.verdict, 'not-assessed');
    assert.match(answer.why, /2 records cannot be read/);
  });

  it('does not count a role of the same name on a server that the log does not name, nor leaves it out', async () => {
    const unnamed = record('r', '2026-03-12T13:00:00Z', { identity: 'postgres:-:role/loader' });

    const answer = await ask([apiKey('nightly'), nightly('s', '2026-03-12T02:00:00Z'), unnamed, ...SESSIONS_OF_MARCH]);

    assert.equal(answer.verdict, 'in-part');
    assert.deepEqual(
      answer.uses.map(({ evidence, doubts }) => [evidence, doubts]),
      [
        ['s', []],
        ['r', ['the log names no server: it may be an account of the same name on another']],
      ],
    );
    assert.match(answer.why, /a log of postgres names no server/);
  });

  it('says of a connection whose account is not known that its log cannot be told', async () => {
    const facts = [
      Fact.parse({ kind: 'consumer', consumer: 'hoop:-:connection/k8s', type: 'gateway-connection', how: 'static-key' }),
    ];
    const one = session('s', '2026-03-12T02:00:00Z', { ...by('nightly', { job: 'j' }), target: 'k8s' });

    const answer = await ask([apiKey('nightly'), ...facts, one, ...WHOLE_MARCH], { target: 'k8s' });

    assert.equal(answer.verdict, 'in-part');
    assert.match(answer.why, /which account k8s holds is not known: uses around the gateway are not known/);
  });

  it('counts a session that has not ended as a use of unknown outcome', async () => {
    const open = (more: object) =>
      session('open', '2026-03-12T03:00:00Z', {
        ...by('nightly', { job: 'gha-2-x', endedAt: undefined, action: 'connect', ...more }),
        detail: { userId: 'uid-nightly', status: 'open' },
      });

    const running = await ask([apiKey('nightly'), nightly('s', '2026-03-12T02:00:00Z'), open({}), ...WHOLE_MARCH]);
    const later = await ask([apiKey('nightly'), open({}), ...WHOLE_MARCH], {
      from: '2026-03-20T00:00:00.000Z',
      until: '2026-03-21T00:00:00.000Z',
    });
    const asking = await ask([apiKey('nightly'), open({ approval: 'pending' }), ...WHOLE_MARCH]);

    assert.deepEqual(
      running.uses.map(({ evidence, isOpen }) => [evidence, isOpen]),
      [
        ['s', false],
        ['open', true],
      ],
    );
    assert.match(tellWho(running, plain), /03:00:00, not ended: connect, outcome not known/);
    assert.deepEqual(
      later.uses.map(({ evidence }) => evidence),
      ['open'],
    );
    assert.equal(asking.verdict, 'nothing');
  });
});

describe('personal data that was asked for', () => {
  it('does not leave out who came around the gateway to what is tagged as personal data', async () => {
    const facts = [
      TAGGED,
      apiKey('nightly'),
      nightly('s', '2026-03-12T02:00:00Z'),
      record('r', '2026-03-12T09:00:00Z'),
      ...WHOLE_MARCH,
    ];

    const answer = await ask(facts, { infoType: 'PII' });

    assert.equal(answer.verdict, 'in-part');
    assert.deepEqual(
      answer.uses.map(({ evidence, passage }) => [evidence, passage]),
      [
        ['s', 'through'],
        ['r', 'around'],
      ],
    );
    assert.match(tellWho(answer, plain), /AROUND the gateway: no session of pg-features-prod was open/);
  });

  it('names what nobody looked into, and does not call that nobody', async () => {
    const terminal = session(
      'terminal',
      '2026-03-12T02:00:00Z',
      by('nightly', { job: 'gha-1-train', action: 'connect', recorded: 'input-only' }),
    );

    const answer = await ask([apiKey('nightly'), terminal, ...WHOLE_MARCH], { infoType: 'EMAIL_ADDRESS' });

    assert.equal(answer.verdict, 'unanswerable');
    assert.deepEqual(
      answer.uses.map(({ doubts }) => doubts),
      [['nobody looked for EMAIL_ADDRESS in it']],
    );
    assert.match(tellWho(answer, plain), /MAY HAVE TOUCHED IT, OR NOT\n[\s\S]*nobody looked for EMAIL_ADDRESS/);
  });

  it('refuses a kind that nothing looks for', async () => {
    const facts = [apiKey('nightly'), nightly('s', '2026-03-12T02:00:00Z')];

    for (const [infoType, meant] of [
      ['EMAIL', 'EMAIL_ADDRESS'],
      ['PERSN', 'PERSON'],
    ]) {
      await assert.rejects(
        ask(facts, { infoType }),
        (error: unknown) => error instanceof ConfigError && (error.hint ?? '').includes(`Did you mean "${meant}"`),
      );
    }
    assert.equal((await ask([...facts, ...WHOLE_MARCH], { infoType: 'us_passport' })).verdict, 'unanswerable');
  });

  it('tells masking that failed, and data that was not there, from data that was masked or not', async () => {
    const of = async (more: object, detail: object) => {
      const [use] = (await ask([apiKey('nightly'), withDetail('s', more, detail)])).uses;
      return [use?.masking, use?.masked];
    };
    const phone = { infoTypes: ['PHONE_NUMBER'] };

    assert.deepEqual(await of({ ...phone, masked: true }, { infoTypes: { PHONE_NUMBER: 3 }, maskErrors: 3 }), ['failed', true]);
    assert.deepEqual(await of({ ...phone, masked: true }, { infoTypes: { PHONE_NUMBER: 3 } }), ['masked', true]);
    assert.deepEqual(await of({ ...phone, masked: false }, { analyzed: { PHONE_NUMBER: 3 } }), ['unmasked', false]);
    assert.deepEqual(await of({ masked: false }, { infoTypes: {} }), ['none-found', null]);
    const failed = await ask([apiKey('nightly'), withDetail('s', { ...phone, masked: true }, { maskErrors: 3 })]);
    assert.match(tellWho(failed, plain), /PHONE_NUMBER masking FAILED 3 times/);
  });
});

describe('a table that was asked for', () => {
  const seen = nightly('seen', '2026-03-05T02:00:00Z', { objects: ['crm.contacts'] });

  it('names sessions where the table lies that tell no tables', async () => {
    const told = nightly('told', '2026-03-12T01:00:00Z', { objects: ['crm.contacts'] });
    const other = nightly('other', '2026-03-12T02:00:00Z', { objects: ['crm.orders'] });
    const untold = nightly('untold', '2026-03-12T03:00:00Z', { action: 'unknown' });
    const elsewhere = session('elsewhere', '2026-03-12T03:00:00Z', { ...by('nightly'), target: 'web', action: 'unknown' });

    const answer = await ask([apiKey('nightly'), seen, told, other, untold, elsewhere, ...WHOLE_MARCH], {
      target: 'crm.contacts',
    });
    const without = await ask([apiKey('nightly'), seen, told, other, elsewhere, ...WHOLE_MARCH], { target: 'crm.contacts' });

    assert.deepEqual(
      answer.uses.map(({ evidence, doubts }) => [evidence, doubts.length]),
      [
        ['told', 0],
        ['untold', 1],
      ],
    );
    assert.equal(answer.verdict, 'in-part');
    assert.match(answer.why, /1 of 1 use can .*; 1 use more may have touched it, or not/);
    assert.equal(without.verdict, 'answered');
  });

  it('is not nobody while such a session was open', async () => {
    const psql = nightly('psql', '2026-03-12T10:00:00Z', { action: 'connect', endedAt: '2026-03-12T12:00:00Z' });
    const at11 = { target: 'crm.contacts', from: '2026-03-12T11:00:00.000Z', until: '2026-03-12T11:01:00.000Z' };

    assert.equal((await ask([apiKey('nightly'), seen, psql, ...WHOLE_MARCH], at11)).verdict, 'unanswerable');
    assert.equal((await ask([apiKey('nightly'), seen, ...WHOLE_MARCH], at11)).verdict, 'nothing');
  });

  it('learns the tables of a session from the log of the target', async () => {
    const psql = nightly('psql', '2026-03-12T10:00:00Z', { action: 'connect', endedAt: '2026-03-12T12:00:00Z' });
    const row = record('r', '2026-03-12T11:00:00Z', { objects: ['crm.contacts'] });

    const answer = await ask([apiKey('nightly'), seen, psql, row, ...WHOLE_MARCH], { target: 'crm.contacts' });

    assert.equal(answer.verdict, 'answered');
    assert.deepEqual(
      answer.uses.map(({ evidence, objects, logRecords }) => ({ evidence, objects, logRecords })),
      [{ evidence: 'psql', objects: ['crm.contacts'], logRecords: 1 }],
    );
  });
});

describe('what the log of the target says of a session', () => {
  const open = nightly('s', '2026-03-12T02:00:00Z', { endedAt: '2026-03-12T02:10:00Z' });

  it('is that session, whoever asks for the account or the connection', async () => {
    for (const target of [ROLE, 'pg-features-prod']) {
      const answer = await ask([apiKey('nightly'), open, record('r', '2026-03-12T02:05:00Z'), ...WHOLE_MARCH], { target });

      assert.deepEqual(
        answer.uses.map(({ evidence, logRecords }) => [evidence, logRecords]),
        [['s', 1]],
        target,
      );
      assert.equal(answer.verdict, 'answered');
      assert.doesNotMatch(tellWho(answer, plain), /around|not through/i);
    }
  });

  it('stays by itself where several sessions were open, as one through the gateway', async () => {
    const second = session('t', '2026-03-12T02:01:00Z', { ...by('weekly', { job: 'gha-2-x', endedAt: '2026-03-12T02:09:00Z' }) });

    const answer = await ask([
      apiKey('nightly'),
      apiKey('weekly'),
      open,
      second,
      record('r', '2026-03-12T02:05:00Z'),
      ...WHOLE_MARCH,
    ]);

    assert.deepEqual(
      answer.uses.map(({ evidence, passage }) => [evidence, passage]),
      [
        ['s', 'through'],
        ['t', 'through'],
        ['r', 'through'],
      ],
    );
    assert.match(tellWho(answer, plain), /through the gateway: a session was open/);
  });
});

describe('what became of a use', () => {
  it('says what stopped it, and that it failed', async () => {
    const stopped = await ask([
      apiKey('nightly'),
      withDetail('s', { outcome: 'denied', objects: ['crm.contacts'] }, { guardrails: ['no-drop'] }),
    ]);
    const failed = await ask([apiKey('nightly'), nightly('s', '2026-03-12T02:00:00Z', { outcome: 'failed' })]);

    assert.deepEqual([stopped.uses[0]?.outcome, stopped.uses[0]?.stoppedBy], ['denied', 'guardrail no-drop']);
    assert.match(tellWho(stopped, plain), /read of crm\.contacts, STOPPED by guardrail no-drop/);
    assert.match(tellWho(failed, plain), /read, failed/);
  });

  it('names who approved it, the review, and one who approved for himself', async () => {
    const review = (email: string) => ({ review: { id: 'rev-1', type: 'onetime', status: 'APPROVED', reviewers: [email] } });
    const of = async (email: string) => await ask([apiKey('nightly'), withDetail('s', { approval: 'approved' }, review(email))]);

    assert.match(
      tellWho(await of('tove@harbour.example'), plain),
      /approval: approved by tove@harbour\.example \(review rev-1\)/,
    );
    assert.match(tellWho(await of('Nightly'), plain), /approved by Nightly, BY THE REQUESTER HIMSELF \(review rev-1\)/);
    assert.equal((await of('uid-nightly')).uses[0]?.selfApproved, true);
    const byId = {
      review: { id: 'rev-1', type: 'onetime', status: 'APPROVED', groups: [{ group: 'owners', id: 'uid-nightly' }] },
    };
    const own = await ask([apiKey('nightly'), withDetail('s', { approval: 'approved' }, byId)]);
    assert.deepEqual([own.uses[0]?.approvers, own.uses[0]?.selfApproved], [['nightly'], true]);
  });

  it('calls a caller by its name, and one that is not known so', async () => {
    const account = Fact.parse({
      kind: 'identity',
      id: 'hoop:-:service-account/5f1c',
      name: 'pricing-sync',
      detail: { userId: '5f1c' },
    });
    const named = await ask([account, session('s', '2026-03-12T02:00:00Z', { job: 'gha-1-x', detail: { userId: '5f1c' } })]);
    const nobody = await ask([session('s', '2026-03-12T02:00:00Z', { job: 'pricing', actorConfidence: 'medium' })]);

    assert.equal(named.uses[0]?.actor, 'pricing-sync');
    assert.match(tellWho(nobody, plain), /pricing \(caller not known\)/);
    assert.doesNotMatch(tellWho(nobody, plain), /unknown, medium confidence/);
  });
});
