import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { type Trace, traceFacts } from '../../../src/trace/facts.ts';
import { resolveSubject } from '../../../src/trace/resolve.ts';
import { did, reaches } from '../../../src/trace/tell.ts';
import { withRun } from '../correlate/run-store.ts';

const KEY_ID = `${['AK', 'IA'].join('')}0HARBOUR0DEPLOY0`;
const KEY = `aws:access-key/${KEY_ID}`;
const ACCOUNT = 'aws:123456789012:user/ml-batch';
const CALLER = 'hoop:default:api-key/etl-runner';
const CALLER_KEY = 'hoop:api-key/7f1e';
const OTHER = 'aws:123456789012:user/mailer';
const OTHER_KEY = 'aws:password/123456789012:mailer';
const USED = '2026-05-17T03:12:00.000Z';

const ACCOUNTS: readonly Observation[] = [
  { kind: 'identity', id: ACCOUNT, provider: 'aws', type: 'user', name: 'ml-batch' },
  { kind: 'credential', id: KEY, identity: ACCOUNT, provider: 'aws', type: 'access-key', publicId: KEY_ID, lastUsedAt: USED },
  { kind: 'identity', id: OTHER, provider: 'aws', type: 'user', name: 'mailer' },
  { kind: 'credential', id: OTHER_KEY, identity: OTHER, provider: 'aws', type: 'password', lastUsedAt: USED },
  { kind: 'identity', id: CALLER, provider: 'hoop', type: 'api-key', name: 'etl-runner', detail: { userId: 'user-7' } },
  { kind: 'credential', id: CALLER_KEY, identity: CALLER, provider: 'hoop', type: 'api-key', lastUsedAt: USED },
  { kind: 'coverage', surface: 'gateway', subject: 'connections', outcome: 'complete', covers: ['consumer', 'identity'] },
];
const CONNECTION: Observation = {
  kind: 'consumer',
  consumer: 'hoop:default:connection/aws-prod',
  type: 'gateway-connection',
  credential: KEY,
  how: 'static-key',
};
const SESSIONS_READ: Observation = {
  kind: 'coverage',
  surface: 'gateway',
  subject: 'sessions',
  outcome: 'complete',
  covers: ['usage'],
};
const ESTATE = [...ACCOUNTS, CONNECTION, SESSIONS_READ, session(1), session(2), session(20, 'k8s-shop')];

describe('what a traced identity reaches', () => {
  const noted = (...surfaces: readonly string[]) =>
    ({
      identity: { identity_id: ACCOUNT },
      reach: [],
      surfaces,
      rights: [{ subject: 'details.json', outcome: 'complete', why: null, types: null }],
    }) as unknown as Trace;

  it('is not assessed where no inventory of its provider was read, whatever else was', () => {
    const lines = reaches({ identity: ACCOUNT, credentials: [KEY] }, noted('work-tree', 'k8s', 'gcp'));

    assert.deepEqual(lines, [
      {
        text: 'not assessed: no inventory was read (give the output of `aws iam get-account-authorization-details`, or the live target `aws:`)',
      },
    ]);
  });

  it('is not assessed where the inventory that was read does not have it', () => {
    const [line] = reaches({ identity: ACCOUNT, credentials: [KEY] }, { ...noted('aws'), identity: undefined });

    assert.match(line?.text ?? '', /^not assessed: the inventory that was read does not have it /);
  });

  it('is not assessed where no inventory tells rights', () => {
    const [line] = reaches({ identity: 'slack:-:app/bot', credentials: [] }, noted('aws', 'gcp', 'k8s'));

    assert.match(line?.text ?? '', /^not assessed: /);
  });

  it('is not assessed where the inventory tells no rights, or not all', () => {
    const subject = { identity: ACCOUNT, credentials: [KEY] };
    const half = [{ subject: 'p1.json', outcome: 'partial', why: 'more pages follow', types: null }];

    const [untold] = reaches(subject, { ...noted('aws'), rights: [] });
    const [part] = reaches(subject, { ...noted('aws'), rights: half });

    assert.match(untold?.text ?? '', /^not assessed: what was read does not tell its rights \(give the output of `aws iam/);
    assert.match(part?.text ?? '', /^not assessed in full: .* p1\.json: more pages follow$/);
  });

  it('is not assessed in full where the roles of Azure were not read', () => {
    const app = { identity: 'entra:t:app/1', credentials: [] };
    const roles = (types: string) => [{ subject: 'x.json', outcome: 'complete', why: null, types }];

    assert.match(
      reaches(app, { ...noted('entra'), rights: roles('["app-role"]') })[0]?.text ?? '',
      /roles in Azure were not read/,
    );
    assert.equal(reaches(app, { ...noted('entra'), rights: roles('["azure-role"]') })[0]?.text, 'nothing of note');
  });

  it('is read of an account where an export tells the identity with its rights', async () => {
    const covered = (surface: 'aws', covers: readonly ('identity' | 'grant')[]): Observation => ({
      kind: 'coverage',
      surface,
      subject: 'export.json',
      outcome: 'complete',
      covers,
    });
    const rightsOf = async (...rows: readonly Observation[]) =>
      await withRun(
        [...ACCOUNTS, ...rows],
        async (store) => (await traceFacts(store, await resolveSubject(store, ACCOUNT))).rights,
      );

    assert.deepEqual(await rightsOf(covered('aws', ['identity'])), []);
    assert.equal((await rightsOf(covered('aws', ['identity', 'grant']))).length, 1);
  });

  it('is nothing of note where an inventory has it, and grants it nothing', () => {
    assert.deepEqual(reaches({ identity: ACCOUNT, credentials: [KEY] }, noted('aws')), [{ text: 'nothing of note' }]);
  });
});

describe('what a traced identity did', () => {
  it('lists the sessions of an account by their callers, and the use that none covers', async () => {
    assert.deepEqual(await told('ml-batch'), [
      'through the gateway: 2 sessions on aws-prod by etl-runner  (api-key; 2026-05-01 to 2026-05-02; 2 name no job)',
      `AROUND the gateway: ${KEY_ID} last used 2026-05-17T03:12:00Z: no session covers it`,
    ]);
  });

  it('lists the sessions that a caller opened, by the account each used', async () => {
    assert.deepEqual(await told('etl-runner'), [
      `through the gateway: 2 sessions on aws-prod by itself, as the account ${ACCOUNT}  (2026-05-01 to 2026-05-02; 2 name no job)`,
      'through the gateway: 1 session on k8s-shop by itself, account not known  (2026-05-20 to 2026-05-20; 1 name no job)',
      `${CALLER_KEY} last used 2026-05-17T03:12:00Z`,
    ]);
  });

  it('says nothing of the gateway for a use of what no connection holds', async () => {
    assert.deepEqual(await told('mailer'), ['through the gateway: no session', `${OTHER_KEY} last used 2026-05-17T03:12:00Z`]);
  });

  it('takes a use within a session as covered', async () => {
    const lines = await told('ml-batch', [...ESTATE, session(17, 'aws-prod', '03:00')]);

    assert.equal(lines.at(-1), `${KEY_ID} last used 2026-05-17T03:12:00Z: within a gateway session`);
  });

  it('judges no use when connections were read and sessions were not', async () => {
    assert.deepEqual(await told('ml-batch', [...ACCOUNTS, CONNECTION]), [
      'through the gateway: not assessed (no session log was read)',
      `${KEY_ID} last used 2026-05-17T03:12:00Z`,
    ]);
  });

  it('judges no use outside the time that the sessions cover', async () => {
    const lines = await told('ml-batch', [...ACCOUNTS, CONNECTION, SESSIONS_READ, session(1), session(2)]);

    assert.equal(
      lines.at(-1),
      `${KEY_ID} last used 2026-05-17T03:12:00Z, outside the time of the sessions that were read: not judged`,
    );
  });

  it('tells what was asked for and never ran by itself, on either side', async () => {
    const asked = [
      session(3, 'aws-prod', '03:00', 'rejected'),
      session(4, 'aws-prod', '03:00', 'pending'),
      session(5, 'k8s-shop', '03:00', 'pending'),
    ];
    const none = await told('ml-batch', [...ACCOUNTS, CONNECTION, SESSIONS_READ, ...asked]);

    assert.deepEqual((await told('ml-batch', [...ESTATE, ...asked])).slice(-1), [
      'asked for and did not get: 1 refused, 1 waiting for approval, on aws-prod by etl-runner  (api-key; 2026-05-03 to 2026-05-04)',
    ]);
    assert.deepEqual((await told('etl-runner', [...ESTATE, ...asked])).slice(-2), [
      `asked for and did not get: 1 refused, 1 waiting for approval, on aws-prod by itself, as the account ${ACCOUNT}  (2026-05-03 to 2026-05-04)`,
      'asked for and did not get: 1 waiting for approval, on k8s-shop by itself, account not known  (2026-05-05)',
    ]);
    assert.equal(none[0], 'through the gateway: no session');
  });

  it('takes no use for covered by a session that was asked for alone', async () => {
    const lines = await told('ml-batch', [...ESTATE, session(17, 'aws-prod', '03:00', 'rejected')]);

    assert.ok(lines.includes(`AROUND the gateway: ${KEY_ID} last used 2026-05-17T03:12:00Z: no session covers it`));
  });

  it('counts the sessions of both sides in the overview, each once', async () => {
    const counts = await withRun(ESTATE, (store) =>
      store.rows('SELECT name, sessions, last_used_at FROM identity_overview ORDER BY name'),
    );

    assert.deepEqual(
      counts.map((row) => [row.name, row.sessions, row.last_used_at]),
      [
        ['etl-runner', 3, '2026-05-20T03:00:00.000Z'],
        ['mailer', 0, USED],
        ['ml-batch', 2, USED],
      ],
    );
  });
});

async function told(name: string, observations: readonly Observation[] = ESTATE): Promise<readonly string[]> {
  return await withRun(observations, async (store) => {
    const subject = await resolveSubject(store, name);
    return did(await traceFacts(store, subject)).map((line) => line.text);
  });
}

/** Its session log names the caller by the user's id alone, as a list of sessions does. */
function session(day: number, target = 'aws-prod', time = '03:00', refused?: 'rejected' | 'pending'): Observation {
  const date = `2026-05-${String(day).padStart(2, '0')}`;
  return {
    kind: 'usage',
    usedAt: `${date}T${time}:00.000Z`,
    ...(refused === undefined ? { endedAt: `${date}T03:10:00.000Z` } : { approval: refused }),
    via: 'gateway',
    sessionId: `session-${day}`,
    target,
    actor: 'etl-runner',
    detail: { userId: 'user-7' },
  };
}
