import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Observation, UsageObservation } from '../../../src/contracts/index.ts';
import { headOfFile } from '../../../src/files/source-file.ts';
import { shippedFormats } from '../../../src/logs/load.ts';
import { formatOf } from '../../../src/logs/recognise.ts';
import type { Row } from '../../../src/store/index.ts';
import { logStore, UNMASKED } from '../../helpers/logs.ts';
import { tempDir } from '../../helpers/temp-repo.ts';
import { RUN_START, withPassingRun } from '../correlate/run-store.ts';

const USER = 'aws:123456789012:user/ml';
const KEY = 'aws:access-key/AKIAONE';
const OTHER = 'aws:access-key/AKIATWO';

const at = (time: string): string => `2026-05-20T${time}Z`;

function connection(name: string, held: { identity?: string; credential?: string }): Observation {
  return { kind: 'consumer', consumer: `hoop:o1:connection/${name}`, type: 'gateway-connection', how: 'static-key', ...held };
}

function session(id: string, from: string, until: string | undefined, extra: Partial<UsageObservation> = {}): Observation {
  const { detail, ...rest } = extra;
  return {
    kind: 'usage',
    via: 'gateway',
    sessionId: id,
    usedAt: at(from),
    ...(until === undefined ? {} : { endedAt: at(until) }),
    target: 'aws-prod',
    approval: 'unknown',
    actor: 'train',
    actorType: 'api-key',
    ...rest,
    detail: { userId: 'u1', org: 'o1', status: until === undefined ? 'open' : 'done', review: null, ...detail },
  };
}

function call(id: string, time: string, extra: Partial<UsageObservation> = {}): Observation {
  return { kind: 'usage', via: 'cloud', sessionId: id, usedAt: at(time), identity: USER, credential: KEY, ...extra };
}

/** A row of the metrics of sessions, which tells no caller. */
function counts(id: string): Observation {
  const detail = { depth: 'metrics', org: 'o1', infoTypes: { PHONE_NUMBER: 1 }, analyzed: { EMAIL_ADDRESS: 2, PHONE_NUMBER: 1 } };
  const said = { infoTypes: ['EMAIL_ADDRESS', 'PHONE_NUMBER'], masked: true };
  return { kind: 'usage', via: 'gateway', sessionId: id, usedAt: at('01:00:00'), target: 'aws-prod', ...said, detail };
}

const HELD = connection('aws-prod', { identity: USER, credential: KEY });
/** The sessions that were given span the day. */
const DAY = [session('first', '00:00:00', '00:10:00', { target: 'web' }), session('last', '23:00:00', '23:10:00')];

async function judged(rows: readonly Observation[], gateway: object = {}): Promise<Row[]> {
  return await withPassingRun(
    rows,
    (store) => store.rows("SELECT strftime(used_at, '%H:%M') AS at, records, why_not FROM direct_uses ORDER BY used_at, why_not"),
    { gateway },
  );
}

async function whyNot(rows: readonly Observation[], gateway: object = {}): Promise<unknown> {
  const told = await judged([HELD, ...DAY, ...rows], gateway);
  assert.equal(told.length, 1);
  return told[0]?.why_not;
}

describe('view direct_uses', () => {
  it('tells a use while no session was open', async () => {
    assert.equal(await whyNot([call('1', '03:11:00')]), null);
  });

  it('leaves out what lies in a session, or beside it by the tolerance of clocks', async () => {
    const open = session('s', '03:00:00', '03:10:00');

    assert.equal(await whyNot([open, call('1', '03:05:00')]), 'a session was open');
    assert.equal(await whyNot([open, call('1', '03:11:50')]), 'a session was open');
    assert.equal(await whyNot([open, call('1', '02:58:10')]), 'a session was open');
    assert.equal(await whyNot([open, call('1', '03:12:10')]), null);
    assert.equal(await whyNot([open, call('1', '03:12:10')], { clockTolerance: 300 }), 'a session was open');
    assert.equal(await whyNot([open, call('1', '03:10:30')], { clockTolerance: 0 }), null);
  });

  it('covers by a long session what a later and shorter one does not', async () => {
    const long = session('long', '02:00:00', '06:00:00');

    assert.equal(await whyNot([long, session('short', '03:00:00', '03:10:00'), call('1', '05:00:00')]), 'a session was open');
  });

  it('takes a session that was not closed for open, and one that never ran for none', async () => {
    assert.equal(await whyNot([session('s', '03:00:00', undefined), call('1', '09:00:00')]), 'a session was open');
    assert.equal(await whyNot([session('s', '03:00:00', undefined, { approval: 'pending' }), call('1', '09:00:00')]), null);
  });

  it('takes no row that only issued a credential for a session', async () => {
    assert.equal(await whyNot([session('i', '03:00:00', undefined, { bookkeeping: true }), call('1', '03:05:00')]), null);
  });

  it('covers by a session that used an issued credential', async () => {
    const issued = session('i', '02:00:00', undefined, { bookkeeping: true });
    const used = session('s', '03:00:00', '03:10:00', { detail: { credentialSession: 'i' } });

    assert.equal(await whyNot([issued, used, call('1', '03:05:00')]), 'a session was open');
  });

  it('does not know of a use while a session of a deleted connection was open', async () => {
    const named = (row: Observation): Observation =>
      row.kind === 'usage' ? { ...row, detail: { ...row.detail, resource: 'features' } } : row;
    const open = (more: object = {}): Observation =>
      session('s', '03:00:00', '03:10:00', { target: 'old-aws', detail: { subtype: 'aws-ssm', ...more } });
    const why = async (row: Observation, days: readonly Observation[] = DAY.map(named)): Promise<unknown> =>
      (await judged([HELD, ...days, row, call('1', '03:05:00')]))[0]?.why_not;

    assert.equal(await why(open()), 'a session was open of a connection that is not there any more');
    assert.equal(await why(open({ resource: 'features' })), null);
    assert.equal(await why(open({ subtype: 'postgres' })), null);
    // A gateway that is older than the field names the resource of none.
    assert.equal(await why(open(), DAY), null);
  });

  it('knows the addresses of the agents by their range', async () => {
    const use = call('1', '03:11:00', { sourceIp: '10.20.3.4' });
    const own = "it came from an address of the gateway's agents";

    assert.equal(await whyNot([use], { egress: ['10.20.0.0/16'] }), own);
    assert.equal(await whyNot([use], { egress: ['10.20.3.4'] }), own);
    assert.equal(await whyNot([use], { egress: ['10.21.0.0/16', 'nonsense/77'] }), null);
  });

  it('knows a pool that keeps its connection between sessions by the address that each session comes from', async () => {
    const sessions = ['04', '06', '08', '10'].map((hour) => session(`s${hour}`, `${hour}:00:00`, `${hour}:30:00`));
    const within = ['04', '06', '08', '10'].map((hour) => call(`c${hour}`, `${hour}:10:00`, { sourceIp: '192.0.2.10' }));
    const rows = [HELD, ...DAY, ...sessions, ...within];

    const told = await judged([
      ...rows,
      call('pooled', '05:10:00', { sourceIp: '192.0.2.10' }),
      call('around', '05:20:00', { sourceIp: '198.51.100.7' }),
    ]);

    assert.deepEqual(
      told.filter((row) => row.why_not !== 'a session was open').map((row) => [row.at, row.why_not]),
      [
        ['05:10', 'it came from where the sessions of the account come from'],
        ['05:20', null],
      ],
    );
  });

  it('does not take the one that was in a session by chance for the pool', async () => {
    const sessions = ['04', '06', '08', '10'].map((hour) => session(`s${hour}`, `${hour}:00:00`, `${hour}:30:00`));
    const within = ['04', '06', '08', '10'].map((hour) => call(`c${hour}`, `${hour}:10:00`, { sourceIp: '192.0.2.10' }));
    const chance = call('chance', '04:12:00', { sourceIp: '198.51.100.7' });

    const told = await judged([
      HELD,
      ...DAY,
      ...sessions,
      ...within,
      chance,
      call('around', '05:20:00', { sourceIp: '198.51.100.7' }),
    ]);

    assert.deepEqual(
      told.filter((row) => row.why_not === null).map((row) => row.at),
      ['05:20'],
    );
  });

  it('says nothing of another key of the account, nor where the connection does not tell its key', async () => {
    assert.deepEqual(await judged([HELD, ...DAY, call('1', '03:11:00', { credential: OTHER })]), []);
    const [row] = await judged([connection('aws-prod', { identity: USER }), ...DAY, call('1', '03:11:00')]);
    assert.equal(row?.why_not, 'the connection does not tell which key of the account it holds');
  });

  it('goes by the account where the log names no key, as databases do', async () => {
    const role = 'postgres:db/orders:role/app';
    const held = connection('pg', { identity: role, credential: 'secret:f' });
    const [row] = await judged([
      held,
      ...DAY,
      { kind: 'usage', via: 'direct', sessionId: 'p', usedAt: at('03:11:00'), identity: role },
    ]);

    assert.equal(row?.why_not, null);
  });

  it('says nothing of the time before the first and after the last session that was given', async () => {
    const why = 'the sessions that were given do not span that time';
    const day = [session('first', '08:00:00', '08:10:00', { target: 'web' }), session('last', '20:00:00', '20:10:00')];

    assert.equal((await judged([HELD, ...day, call('1', '03:11:00')]))[0]?.why_not, why);
    assert.equal((await judged([HELD, ...day, call('1', '23:11:00')]))[0]?.why_not, why);
    assert.equal((await judged([HELD, call('1', '23:11:00')]))[0]?.why_not, why);
  });

  it('takes sessions of every connection that holds the account, of its own organisation', async () => {
    const both = [HELD, connection('aws-spare', { identity: USER, credential: KEY }), ...DAY];
    const spare = session('s', '03:00:00', '03:30:00', { target: 'aws-spare' });
    const foreign = session('s', '03:00:00', '03:30:00', { detail: { org: 'o2' } });

    assert.equal((await judged([...both, spare, call('1', '03:11:00')]))[0]?.why_not, 'a session was open');
    assert.equal((await judged([...both, foreign, call('1', '03:11:00')]))[0]?.why_not, null);
  });

  it('judges a row that sums up many by both of its ends', async () => {
    const open = session('s', '03:00:00', '03:10:00');
    const rows = await judged([HELD, ...DAY, open, call('1', '03:05:00', { endedAt: at('03:50:00'), records: 7 })]);

    assert.deepEqual(rows, [{ at: '03:50', records: 1, why_not: null }]);
  });
});

async function answers(rows: readonly Observation[]): Promise<unknown[]> {
  const told = await withPassingRun(rows, (store) =>
    store.rows(
      'SELECT u.session_id, a.answerable, a.reasons, a.gaps FROM session_answerability AS a JOIN usages AS u USING (observation_id) ORDER BY 1',
    ),
  );
  return told.map((row) => [row.session_id, row.answerable, ...(row.reasons as string[]), ...(row.gaps as string[])]);
}

describe('view direct_uses, over a log in bulk', () => {
  const key = `AKIA${'ABCDEFGHIJKLMNOP'}`;
  const event = (id: number, time: string) => ({
    eventVersion: '1.08',
    eventID: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    eventTime: at(time),
    eventSource: 's3.amazonaws.com',
    eventName: 'GetObject',
    awsRegion: 'eu-west-1',
    sourceIPAddress: '203.0.113.9',
    userAgent: 'aws-cli',
    eventType: 'AwsApiCall',
    readOnly: true,
    recipientAccountId: '123456789012',
    userIdentity: {
      type: 'IAMUser',
      arn: 'arn:aws:iam::123456789012:user/ml',
      accountId: '123456789012',
      accessKeyId: key,
      userName: 'ml',
    },
  });

  /** One hour, one row, with sessions in its first and in its last minutes. */
  async function judgedLog(times: readonly string[], forgetAfterDays?: number): Promise<Row[]> {
    const held = connection('aws-prod', { identity: USER, credential: `aws:access-key/${key}` });
    const open = [session('s1', '03:00:00', '03:10:00'), session('s2', '03:40:00', '03:50:00')];
    const Records = times.map((time, index) => event(index, time));
    const directory = tempDir();
    writeFileSync(join(directory, 'trail.json'), JSON.stringify({ Records }));
    const head = headOfFile(directory, 'trail.json', 10_000);
    const format = formatOf(head, () => shippedFormats());
    assert.ok(format !== undefined);
    const store = await logStore();
    try {
      const run = {
        startedAt: RUN_START,
        toolVersion: 't',
        targets: ['.'],
        parameters: {},
        rulesDigest: 'r',
        fingerprintKeyId: 'k',
      };
      await store.beginRun(run);
      const { part } = store.addPart({ scanner: 'test', version: 1, target: '.', unit: 'all', content: 'c' }, RUN_START);
      for (const row of [held, ...DAY, ...open]) await store.append(part, row);
      const work = {
        now: RUN_START,
        signal: new AbortController().signal,
        clockTolerance: 120,
        masks: UNMASKED,
        onFile: () => undefined,
        warn: () => undefined,
      };
      const file = join(directory, 'trail.json');
      const log = { format, file, path: 'trail.json', target: '.', size: head.size, at: { path: 'trail.json' } };
      await store.importLogs([log], { ...work, forgetAfterDays: undefined });
      // As a later run does, which reads nothing new.
      if (forgetAfterDays !== undefined) await store.importLogs([], { ...work, forgetAfterDays });
      await store.endLoading([]);

      return await store.rows(
        "SELECT u.records AS n, d.records, strftime(d.used_at, '%H:%M') AS first, strftime(d.ended_at, '%H:%M') AS last, d.why_not FROM direct_uses AS d JOIN usages AS u USING (observation_id)",
      );
    } finally {
      await store.rollback();
      store.close();
    }
  }

  it('tells the records of a row apart that lie outside of every session', async () => {
    // Two records in each session, three between them, one of those within the tolerance of clocks.
    const rows = await judgedLog(['03:01:00', '03:09:00', '03:11:30', '03:20:00', '03:21:00', '03:41:00', '03:49:00']);

    assert.deepEqual(rows, [{ n: 7, records: 2, first: '03:20', last: '03:21', why_not: null }]);
  });

  it('judges a row whose records are forgotten by its ends, which were records', async () => {
    const outside = await judgedLog(['03:01:00', '03:09:00', '03:30:00'], 7);
    const inside = await judgedLog(['03:01:00', '03:30:00', '03:49:00'], 7);

    assert.deepEqual(outside, [{ n: 3, records: 1, first: '03:30', last: '03:30', why_not: null }]);
    assert.deepEqual(inside, [{ n: 3, records: 3, first: '03:01', last: '03:49', why_not: 'a session was open' }]);
  });
});

describe('view session_answerability', () => {
  it('puts a session down to the job that it names, and to a person', async () => {
    const rows = [
      session('1', '01:00:00', '01:10:00', { job: 'gha-9931-embeddings' }),
      session('2', '01:00:00', '01:10:00', { actor: 'a@b.example', actorType: 'human', detail: { userId: 'u2' } }),
    ];

    assert.deepEqual(await answers(rows), [
      ['1', true],
      ['2', true],
    ]);
  });

  it('says why it cannot: no id of a run, a shared caller, the static key, nobody', async () => {
    const shared = { actor: 'etl', detail: { userId: 'u2' } };
    const rows = [
      session('1', '01:00:00', '01:10:00'),
      session('2', '01:00:00', '01:10:00', shared),
      session('3', '02:00:00', '02:10:00', { ...shared, job: 'gha-1-embeddings' }),
      session('4', '03:00:00', '03:10:00', { ...shared, job: 'gha-2-scores' }),
      session('5', '03:00:00', '03:10:00', {
        actor: 'API_KEY',
        actorType: 'static-admin-key',
        detail: { userId: 'API_KEY' },
      }),
      session('6', '03:00:00', '03:10:00', { actor: 'x', actorType: 'unknown', detail: { userId: 'u9' } }),
    ];

    assert.deepEqual(await answers(rows), [
      ['1', false, 'the session names no job (no correlation id), and any job may use train'],
      ['2', false, 'etl serves 2 workloads (gha-embeddings, gha-scores) and the session names no job'],
      ['3', true],
      ['4', true],
      ['5', false, 'everyone who knows the static admin key looks the same'],
      ['6', false, 'nobody knows who the caller is'],
    ]);
  });

  it('takes a machine identity of one connection for its workload, and of two for none', async () => {
    const machine = { actor: 'loader', actorType: 'machine-identity' as const };
    const one = session('1', '01:00:00', '01:10:00', machine);

    assert.deepEqual(await answers([one]), [['1', true]]);
    assert.equal((await answers([one, session('2', '01:00:00', '01:10:00', { ...machine, target: 'pg' })])).flat()[1], false);
  });

  it('tells what else is not known', async () => {
    const sensitive = { tags: { data: 'PII' } };
    const rows = [
      session('1', '01:00:00', '01:10:00', { job: 'j', recorded: 'input-only', detail: sensitive }),
      session('2', '01:00:00', '01:10:00', {
        job: 'j',
        recorded: 'input-only',
        detail: { ...sensitive, analyzed: { EMAIL_ADDRESS: 2 } },
      }),
      session('3', '01:00:00', '01:10:00', { job: 'j', recorded: 'truncated' }),
      // What the gateway counted of it came in a list of its own.
      session('4', '01:00:00', '01:10:00', { job: 'j', recorded: 'input-only', detail: sensitive }),
      counts('4'),
      counts('5'),
    ];

    assert.deepEqual(await answers(rows), [
      ['1', true, 'what came back was not recorded, and nothing looked for personal data in it'],
      ['2', true],
      ['3', true, 'the recording is cut off'],
      ['4', true],
      ['5', false, 'only the counts of the session were given, not who opened it'],
    ]);
  });

  it('knows of a log: the job it names, the only workload, the sessions that were open, else nobody', async () => {
    const role = (name: string) => `aws:123456789012:role/${name}`;
    const job = (name: string, identity: string): Observation => ({
      kind: 'consumer',
      consumer: `acme/shop:.github/workflows/a.yml#${name}`,
      type: 'workflow-job',
      how: 'oidc',
      identity,
    });
    const log = (id: string, name: string, extra: Partial<UsageObservation> = {}) =>
      call(id, '03:11:00', { identity: role(name), credential: undefined, ...extra } as Partial<UsageObservation>);
    const without = (row: Observation): Observation => {
      const { credential, ...rest } = row as UsageObservation;
      return credential === undefined ? rest : row;
    };

    const told = await answers([
      HELD,
      ...DAY,
      job('a', role('one')),
      job('a', role('two')),
      job('b', role('two')),
      ...[log('l1', 'x', { job: 'run-7' }), log('l2', 'one'), log('l3', 'two'), log('l4', 'none')].map(without),
      session('s', '05:00:00', '05:10:00', { job: 'gha-1-train' }),
      call('l5', '05:05:00'),
      call('l6', '06:05:00'),
      { ...call('l7', '06:05:00'), usedAt: '2026-05-22T06:05:00Z' } as UsageObservation,
    ]);

    assert.deepEqual(
      told.filter((row) => String((row as unknown[])[0]).startsWith('l')).filter((row) => (row as unknown[])[0] !== 'last'),
      [
        ['l1', true],
        ['l2', true],
        ['l3', false, '2 workloads share the account (acme/shop:.github/workflows/a.yml#a, acme/shop:.github/workflows/a.yml#b)'],
        ['l4', false, 'the log names the account only, and nothing tells which job uses it'],
        ['l5', true],
        [
          'l6',
          false,
          'the account, which the gateway holds for aws-prod, was used while no session of it was open: the log names the account only',
        ],
        [
          'l7',
          false,
          'the gateway holds the account for aws-prod, and of that time its sessions were not given: the log names the account only',
        ],
      ],
    );
  });
});

describe('macro job_name', () => {
  it('keeps what is the same from run to run', async () => {
    const ids = ['gha-9931-embeddings', 'airflow__load_scores__2026-03-12', 's3-sync/db2', '9931', 'train-4f9a1c27d0', ''];

    const names = await withPassingRun([], async (store) => {
      const rows = await store.rows(`SELECT job_name(unnest([${ids.map((id) => `'${id}'`).join(', ')}])) AS name`);
      return rows.map((row) => row.name);
    });

    assert.deepEqual(names, ['gha-embeddings', 'airflow-load-scores', 's3-sync-db2', null, 'train', null]);
  });
});

describe('view session_jobs', () => {
  const job = (repository: string, file: string, name: string): Observation => ({
    kind: 'consumer',
    consumer: `${repository}:.github/workflows/${file}#${name}`,
    type: 'workflow-job',
    how: 'secret',
    secretName: 'HOOP_KEY',
    at: { repository, path: `.github/workflows/${file}` },
  });

  async function leads(rows: readonly Observation[]): Promise<unknown[]> {
    const told = await withPassingRun(rows, (store) => store.rows('SELECT name, consumer_id FROM session_jobs ORDER BY 1'));
    return told.map((row) => [row.name, row.consumer_id]);
  }

  it('leads from the id of a run to the only job of its name', async () => {
    const rows = [
      session('1', '01:00:00', '01:10:00', { job: 'gha-9931-embeddings' }),
      job('acme/ml', 'nightly.yml', 'embeddings'),
    ];

    assert.deepEqual(await leads([...rows, job('acme/ml', 'nightly.yml', 'test')]), [
      ['gha-embeddings', 'acme/ml:.github/workflows/nightly.yml#embeddings'],
    ]);
    assert.deepEqual(await leads([...rows, job('acme/shop', 'x.yml', 'embeddings')]), []);
  });

  it('takes the repository that the session names', async () => {
    const rows = [job('acme/ml', 'nightly.yml', 'embeddings'), job('acme/shop', 'x.yml', 'embeddings')];

    assert.deepEqual(
      await leads([...rows, session('1', '01:00:00', '01:10:00', { job: 'gha-1-embeddings', detail: { repo: 'acme/ml' } })]),
      [['gha-embeddings', 'acme/ml:.github/workflows/nightly.yml#embeddings']],
    );
  });
});

describe('view gateway_sessions, with what was counted of sessions', () => {
  const seen = `
    SELECT session_id, caller, masked, seen_types, json_keys(analyzed) AS analyzed, json_keys(info_types) AS info_types, len(list_distinct([observation_id, counts_evidence])) AS rows
    FROM gateway_sessions ORDER BY session_id`;

  it('joins them to the session that stands, whichever of the two says more', async () => {
    const full = session('1', '01:00:00', '01:10:00', { detail: { depth: 'single', tags: { data: 'pii' } } });
    const thin = session('2', '01:00:00', '01:10:00', { detail: { depth: 'list' } });
    const plain = session('3', '01:00:00', '01:10:00', {
      masked: false,
      infoTypes: ['US_SSN'],
      detail: { depth: 'list', analyzed: { US_SSN: 1 } },
    });

    const rows = await withPassingRun([full, counts('1'), counts('2'), thin, plain, counts('3')], (store) => store.rows(seen));

    const both = ['EMAIL_ADDRESS', 'PHONE_NUMBER'];
    const joined = { caller: 'train', masked: true, seen_types: both, analyzed: both, info_types: ['PHONE_NUMBER'], rows: 2 };
    assert.deepEqual(rows, [
      { ...joined, session_id: '1' },
      { ...joined, session_id: '2' },
      { ...joined, session_id: '3', seen_types: [...both, 'US_SSN'], analyzed: [...both, 'US_SSN'] },
    ]);
  });

  it('keeps those without a session, and those of another organisation, by themselves', async () => {
    const other = session('1', '01:00:00', '01:10:00', { detail: { org: 'o2', depth: 'list' } });

    const rows = await withPassingRun([other, counts('2')], (store) => store.rows(seen));

    assert.deepEqual(
      rows.map((row) => [row.session_id, row.caller, row.seen_types]),
      [
        ['1', 'train', null],
        ['2', null, ['EMAIL_ADDRESS', 'PHONE_NUMBER']],
      ],
    );
  });
});
