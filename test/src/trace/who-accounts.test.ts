import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { accountsVerdict, tellAccounts } from '../../../src/trace/tell-accounts.ts';
import { type AccountsAnswer, accountsUsed } from '../../../src/trace/who-accounts.ts';
import { Fact } from '../../rules/checks/facts.ts';
import { withPassingRun } from '../correlate/run-store.ts';
import {
  apiKey,
  by,
  CONNECTION,
  LOG_OF_MARCH,
  plain,
  ROLE,
  record,
  SESSIONS_OF_MARCH,
  session,
  WHOLE_MARCH,
} from './who-facts.ts';

const DAY = { from: '2026-03-12T00:00:00.000Z', until: '2026-03-13T00:00:00.000Z' };
const OPEN = session('s', '2026-03-12T02:00:00Z', by('nightly', { endedAt: '2026-03-12T02:10:00Z' }));
const INSIDE = record('in', '2026-03-12T02:05:00Z');
const OUTSIDE = record('out', '2026-03-12T09:00:00Z');

async function of(facts: readonly Observation[], question: object = DAY): Promise<AccountsAnswer> {
  return await withPassingRun([CONNECTION, apiKey('nightly'), ...facts], async (store) => await accountsUsed(store, question));
}

function loader({ accounts }: AccountsAnswer) {
  const [row] = accounts.filter(({ identity }) => identity === ROLE);
  return row === undefined
    ? undefined
    : [row.verdict, row.sessions, row.recordsThrough, row.recordsAround, row.recordsNotHeld, row.recordsNotKnown];
}

describe('did every machine identity go through the gateway?', () => {
  it('tells uses through it from uses around it', async () => {
    const through = await of([OPEN, INSIDE, ...WHOLE_MARCH]);
    const around = await of([OPEN, INSIDE, OUTSIDE, ...WHOLE_MARCH]);

    assert.deepEqual(loader(through), ['through', 1, 1, 0, 0, 0]);
    assert.deepEqual(loader(around), ['around', 1, 1, 1, 0, 0]);
    assert.match(accountsVerdict(around), /^No: 1 account used around it/);
    assert.match(
      tellAccounts(around, plain),
      /AROUND THE GATEWAY\n.*role\/loader\n.*1 record AROUND it[\s\S]*Looked at: log of postgres [^\n]*: given of 2026-03-12 00:00 to 24:00/,
    );
  });

  it('does not say through where the log of the target was not given', async () => {
    const answer = await of([OPEN, ...SESSIONS_OF_MARCH]);

    assert.deepEqual(loader(answer), ['not-known', 1, 0, 0, 0, 0]);
    assert.match(accountsVerdict(answer), /^Not known: /);
    assert.match(tellAccounts(answer, plain), /log of postgres db\.harbour\.example\/features: not given of that time/);
  });

  it('says yes only when it is known of all', async () => {
    const backup = ROLE.replace('loader', 'backup');
    const held = Fact.parse({
      kind: 'consumer',
      consumer: 'hoop:-:connection/backup',
      type: 'gateway-connection',
      identity: backup,
      how: 'static-key',
    });
    const session2 = session('b', '2026-03-12T03:00:00Z', {
      ...by('nightly'),
      target: 'backup',
      endedAt: '2026-03-12T03:10:00Z',
    });
    const log = [record('b-in', '2026-03-12T03:05:00Z', { identity: backup }), INSIDE];
    const edges = ['2026-03-11T23:59:00Z', '2026-03-13T00:00:30Z'];
    const spans = edges.flatMap((at, index) => [
      session(`edge ${at}`, at, { target: index === 0 ? 'pg-features-prod' : 'backup', endedAt: at }),
      record(`edge-log ${at}`, at, { identity: index === 0 ? ROLE : backup }),
    ]);

    const whole = await of([held, OPEN, session2, ...log, ...spans]);
    const silent = await of([
      held,
      OPEN,
      session2,
      ...log,
      ...spans,
      Fact.parse({ kind: 'identity', id: 'aws:219484930172:user/etl' }),
    ]);

    assert.equal(accountsVerdict(whole), 'Yes: 2 through it only.');
    assert.match(accountsVerdict(silent), /^Not known: 2 through it only; 1 not known/);
    assert.match(
      tellAccounts(silent, plain),
      /1 account of which no use was seen: aws:219484930172:user\/etl\n.*Looked at: log of aws 219484930172: not given of that time/,
    );
  });

  it('tells an account that no connection holds, and one that a connection may hold', async () => {
    const cloud = record('c', '2026-03-12T09:00:00Z', { via: 'cloud', identity: 'aws:219484930172:user/etl' });
    const k8s = Fact.parse({
      kind: 'consumer',
      consumer: 'hoop:-:connection/aws',
      type: 'gateway-connection',
      how: 'static-key',
      detail: { subtype: 'aws-cli' },
    });
    const mysql = Fact.parse({
      kind: 'consumer',
      consumer: 'hoop:-:connection/my',
      type: 'gateway-connection',
      how: 'static-key',
      detail: { subtype: 'mysql' },
    });
    const etl = (answer: AccountsAnswer) =>
      answer.accounts.filter(({ identity }) => identity?.startsWith('aws:') === true).map(({ verdict, why }) => [verdict, why]);

    assert.deepEqual(etl(await of([cloud, mysql, ...LOG_OF_MARCH])), [['not-held', []]]);
    assert.deepEqual(etl(await of([cloud, k8s, ...LOG_OF_MARCH])), [['not-known', ['which account aws holds is not known']]]);
  });

  it('counts the sessions of a connection whose account is not known', async () => {
    const k8s = Fact.parse({
      kind: 'consumer',
      consumer: 'hoop:-:connection/k8s',
      type: 'gateway-connection',
      how: 'static-key',
    });

    const answer = await of([k8s, session('k', '2026-03-12T02:00:00Z', { ...by('nightly'), target: 'k8s' })]);

    assert.deepEqual(
      answer.accounts.filter(({ identity }) => identity === null).map(({ name, verdict, sessions }) => [name, verdict, sessions]),
      [['what k8s leads to', 'not-known', 1]],
    );
  });

  it('leaves people out, and asks of all time when none is given', async () => {
    const human = Fact.parse({ kind: 'identity', id: 'aws:219484930172:user/tove', human: true });
    const cloud = record('c', '2026-03-12T09:00:00Z', { via: 'cloud', identity: 'aws:219484930172:user/tove' });

    const answer = await of([human, cloud, OPEN, INSIDE, OUTSIDE, ...SESSIONS_OF_MARCH], {});

    assert.deepEqual(
      answer.accounts.flatMap(({ identity }) => identity ?? []),
      [ROLE],
    );
    assert.deepEqual(loader(answer)?.slice(0, 4), ['around', 1, 1, 1]);
  });
});
