import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Row, Store } from '../../../src/store/index.ts';
import { importLogs } from '../../helpers/logs.ts';
import { readLog, recognised } from './read-log.ts';

const ACCOUNT = '123456789012';
const KEY = ['AKIA', 'HARBOURCI0000001'].join('');
const PASSING = ['ASIA', 'HARBOURCI0000002'].join('');

function user(name: string, more: object = {}) {
  return {
    type: 'IAMUser',
    arn: `arn:aws:iam::${ACCOUNT}:user/team/${name}`,
    accountId: ACCOUNT,
    accessKeyId: KEY,
    userName: name,
    ...more,
  };
}

function session(role: string, name: string, more: object = {}) {
  const issuer = { type: 'Role', arn: `arn:aws:iam::${ACCOUNT}:role/path/${role}`, accountId: ACCOUNT, userName: role };
  return {
    type: 'AssumedRole',
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${name}`,
    accountId: ACCOUNT,
    accessKeyId: PASSING,
    sessionContext: { sessionIssuer: issuer, ...more },
  };
}

function event(eventID: string, userIdentity: object, more: object = {}) {
  return {
    eventVersion: '1.09',
    userIdentity,
    eventTime: '2026-03-12T10:00:00Z',
    eventSource: 's3.amazonaws.com',
    eventName: 'GetObject',
    awsRegion: 'eu-west-1',
    sourceIPAddress: '203.0.113.7',
    userAgent: 'aws-cli/2.15 Python/3.11',
    requestParameters: { bucketName: 'harbour', key: 'customers.csv' },
    responseElements: null,
    eventID,
    readOnly: true,
    recipientAccountId: ACCOUNT,
    ...more,
  };
}

const made = [
  event('m1', session('AWSReservedSSO_Admin_1', 'Ada@Harbour.example'), {
    eventSource: 'iam.amazonaws.com',
    eventName: 'CreateUser',
    readOnly: false,
    requestParameters: { userName: 'nightly' },
  }),
  event('m2', user('ada', { sessionContext: { attributes: { mfaAuthenticated: 'true' } } }), {
    eventSource: 'iam.amazonaws.com',
    eventName: 'CreateAccessKey',
    readOnly: false,
    responseElements: { accessKey: { accessKeyId: `${KEY.slice(0, -1)}9`, userName: 'nightly', status: 'Active' } },
  }),
  event('m3', user('ada'), {
    eventSource: 'iam.amazonaws.com',
    eventName: 'CreateRole',
    errorCode: 'AccessDenied',
    requestParameters: { roleName: 'no' },
  }),
];

function trail(...events: object[]): string {
  return JSON.stringify({ Records: events });
}

function lookup(...events: { readonly eventID: string }[]): string {
  const Events = events.map((one) => ({
    EventId: one.eventID,
    EventName: 'x',
    EventSource: 's3.amazonaws.com',
    Username: 'x',
    CloudTrailEvent: JSON.stringify(one),
  }));
  return JSON.stringify({ Events }, null, 4);
}

describe('log format aws-cloudtrail', () => {
  it('knows log files and answers of lookup-events, and nothing else of AWS', () => {
    const text = trail(event('1', user('ci')));

    assert.equal(recognised('AWSLogs/x.json.gz', gzipSync(text)), 'aws-cloudtrail');
    assert.equal(recognised('trail.json', text), 'aws-cloudtrail');
    assert.equal(recognised('events.json', lookup(event('1', user('ci')))), 'aws-cloudtrail-lookup');
    assert.equal(recognised('details.json', JSON.stringify({ UserDetailList: [], Records: 1 })), undefined);
    assert.equal(recognised('trail.ts', text), undefined);
  });

  it('names user, role, root and key as other sources do, and whoever is behind a session', async () => {
    const rows = await readLog(
      'aws-cloudtrail',
      trail(
        event('1', user('ci-deploy')),
        event('2', session('etl', 'run-4711')),
        event('3', session('etl', 'x', { sourceIdentity: 'ada' })),
        event('4', { type: 'Root', accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root` }),
        event('5', { type: 'AWSService', invokedBy: 'config.amazonaws.com' }),
      ),
    );

    assert.deepEqual(
      rows.map(({ record_id, identity_id, credential_id, actor, actor_confidence }) => [
        record_id,
        identity_id,
        credential_id,
        actor,
        actor_confidence,
      ]),
      [
        ['1', `aws:${ACCOUNT}:user/ci-deploy`, `aws:access-key/${KEY}`, undefined, undefined],
        ['2', `aws:${ACCOUNT}:role/etl`, undefined, 'run-4711', 'low'],
        ['3', `aws:${ACCOUNT}:role/etl`, undefined, 'ada', 'high'],
        ['4', `aws:${ACCOUNT}:root`, undefined, undefined, undefined],
      ],
    );
  });

  it('tells kind of action, outcome, address and program', async () => {
    const of = (eventSource: string, eventName: string, readOnly?: boolean, more: object = {}) =>
      event(eventName, user('ci'), { eventSource: `${eventSource}.amazonaws.com`, eventName, readOnly, ...more });
    const rows = await readLog(
      'aws-cloudtrail',
      trail(
        of('s3', 'GetObject', true),
        of('s3', 'PutObject', false, { sourceIPAddress: 'cloudformation.amazonaws.com', errorCode: 'NoSuchBucket' }),
        of('sts', 'AssumeRole', true, { errorCode: 'AccessDenied' }),
        of('iam', 'AttachUserPolicy', false),
        of('kms', 'DescribeKey'),
      ),
    );

    assert.deepEqual(
      Object.fromEntries(
        rows.map(({ operation, target, action, outcome, source_ip }) => [operation, [target, action, outcome, source_ip]]),
      ),
      {
        GetObject: ['s3', 'read', 'ok', '203.0.113.7'],
        PutObject: ['s3', 'write', 'failed', undefined],
        AssumeRole: ['sts', 'connect', 'denied', '203.0.113.7'],
        AttachUserPolicy: ['iam', 'privilege', 'ok', '203.0.113.7'],
        DescribeKey: ['kms', 'read', 'ok', '203.0.113.7'],
      },
    );
    assert.equal(rows[0]?.user_agent, 'aws-cli/2.15');
  });

  describe('in a store', () => {
    let store: Store;
    afterEach(() => store?.close());

    it('counts an event once, whether a log file has it or an answer of lookup-events, and keeps who made what and whose a key is', async () => {
      const first = event('1', user('ci-deploy'));
      store = await importLogs({
        'a.json': trail(first, ...made),
        'b.json.gz': gzipSync(trail(first, event('2', user('ci-deploy'), { eventTime: '2026-03-12T11:30:00Z' }))),
        'events.json': lookup(first, event('3', user('ci-deploy'))),
      });

      const [count] = await store.rows('SELECT sum(records)::INTEGER AS n FROM obs.usages');
      assert.equal(count?.n, 6);
      const [identity] = await store.rows(
        "SELECT identity_id, owner, owner_basis, detail->>'$.createdBy' AS made_by FROM obs.identities",
      );
      assert.deepEqual(identity, {
        identity_id: `aws:${ACCOUNT}:user/nightly`,
        owner: 'ada@harbour.example',
        owner_basis: 'creator',
        made_by: `arn:aws:sts::${ACCOUNT}:assumed-role/AWSReservedSSO_Admin_1/Ada@Harbour.example`,
      });
      const keys = await store.rows(
        'SELECT credential_id, identity_id, created_at, last_used_at, last_used_for FROM obs.credentials ORDER BY ALL',
      );
      assert.deepEqual(
        keys.map((key: Row) => Object.values(key)),
        [
          [`aws:access-key/${KEY}`, `aws:${ACCOUNT}:user/ada`, null, '2026-03-12T10:00:00.000Z', 'iam'],
          [`aws:access-key/${KEY}`, `aws:${ACCOUNT}:user/ci-deploy`, null, '2026-03-12T11:30:00.000Z', 's3'],
          [`aws:access-key/${KEY.slice(0, -1)}9`, `aws:${ACCOUNT}:user/nightly`, '2026-03-12T10:00:00.000Z', null, null],
        ],
      );
      const text = JSON.stringify(await store.rows('SELECT * EXCLUDE (part_id) FROM obs.usages'));
      assert.doesNotMatch(text, /customers|harbour"/);
    });

    it('is held against the digests that lie beside it', async () => {
      const [good, bad] = [trail(event('1', user('ci'))), trail(event('2', user('ci')))];
      const digest = JSON.stringify({
        awsAccountId: ACCOUNT,
        digestEndTime: '2026-03-12T11:00:00Z',
        digestS3Object: 'AWSLogs/x',
        logFiles: ['good', 'bad', 'gone'].map((name) => ({
          s3Object: `AWSLogs/${ACCOUNT}/CloudTrail/eu-west-1/${name}.json.gz`,
          hashValue: createHash('sha256').update(good).digest('hex'),
          hashAlgorithm: 'SHA-256',
        })),
      });
      store = await importLogs({
        'logs/good.json.gz': gzipSync(good),
        'logs/bad.json.gz': gzipSync(bad),
        'CloudTrail-Digest/d.json.gz': gzipSync(digest),
      });

      assert.deepEqual(await store.rows('SELECT path, change, records FROM log_changes'), [
        { path: 'logs/bad.json.gz', change: 'changed', records: 1 },
      ]);
      const [row] = await store.rows(
        "SELECT outcome, why, detail->>'$.verified' AS verified, seen FROM coverage WHERE subject LIKE '%digests%'",
      );
      assert.deepEqual([row?.outcome, row?.verified, row?.seen], ['partial', '1', 3]);
      assert.match(String(row?.why), /another than the digest tells of logs\/bad\.json\.gz; 1 of 3 log files/);
    });
  });
});
