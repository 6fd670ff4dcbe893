import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { madeSql, SMALL_OBJECT } from '../../../src/logs/compile.ts';
import { LogReader } from '../../../src/store/log-reader.ts';
import { tempDir } from '../../helpers/temp-repo.ts';
import { readLog, recognised, shipped } from './read-log.ts';

const ROBOT = 'etl@harbour-prod.iam.gserviceaccount.com';

function entry(payload: object = {}, more: object = {}) {
  return {
    insertId: 'a1b2c3',
    logName: 'projects/harbour-prod/logs/cloudaudit.googleapis.com%2Fdata_access',
    protoPayload: {
      '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
      serviceName: 'secretmanager.googleapis.com',
      methodName: 'google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion',
      resourceName: 'projects/harbour-prod/secrets/db/versions/3',
      authenticationInfo: { principalEmail: ROBOT },
      authorizationInfo: [{ permission: 'secretmanager.versions.access', granted: true, permissionType: 'DATA_READ' }],
      requestMetadata: { callerIp: '203.0.113.9', callerSuppliedUserAgent: 'gcloud/501 (linux),gzip(gfe)' },
      status: {},
      ...payload,
    },
    resource: { type: 'audited_resource', labels: { location: 'europe-west4' } },
    timestamp: '2026-03-12T02:00:04.118234567Z',
    receiveTimestamp: '2026-03-12T02:00:05Z',
    ...more,
  };
}

async function read(...entries: readonly object[]) {
  return await readLog('gcp-audit', entries.map((one) => JSON.stringify(one)).join('\n'));
}

describe('log format gcp-audit', () => {
  it('reads who did what with which key', async () => {
    const key = `//iam.googleapis.com/projects/harbour-prod/serviceAccounts/${ROBOT}/keys/0123456789abcdef`;

    const rows = await read(entry({ authenticationInfo: { principalEmail: ROBOT, serviceAccountKeyName: key } }));

    assert.deepEqual(rows, [
      {
        record_id: 'a1b2c3/2026-03-12T02:00:04.118234567Z',
        used_at: '2026-03-12T02:00:04.118Z',
        identity_id: `gcp:harbour-prod:serviceAccount/${ROBOT}`,
        credential_id: 'gcp:service-account-key/0123456789abcdef',
        target: 'secretmanager',
        action: 'read',
        objects: ['projects/harbour-prod/secrets/db/versions/3'],
        actor_type: 'service-account',
        actor_confidence: 'high',
        source_ip: '203.0.113.9',
        user_agent: 'gcloud/501',
        operation: 'google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion',
        outcome: 'ok',
        detail: { location: 'europe-west4', through: null },
      },
    ]);
  });

  it('names who began a chain of impersonation, and through whom', async () => {
    const delegation = [
      { firstPartyPrincipal: { principalEmail: 'ci@harbour-ci.iam.gserviceaccount.com' } },
      { firstPartyPrincipal: { principalEmail: 'middle@harbour-ci.iam.gserviceaccount.com' } },
    ];

    const [row] = await read(entry({ authenticationInfo: { principalEmail: ROBOT, serviceAccountDelegationInfo: delegation } }));

    assert.equal(row?.identity_id, `gcp:harbour-prod:serviceAccount/${ROBOT}`);
    assert.equal(row?.actor, 'ci@harbour-ci.iam.gserviceaccount.com');
    assert.equal(row?.actor_identity_id, 'gcp:harbour-ci:serviceAccount/ci@harbour-ci.iam.gserviceaccount.com');
    assert.deepEqual((row?.detail as { through?: unknown } | undefined)?.through, ['middle@harbour-ci.iam.gserviceaccount.com']);
  });

  it('tells people, workloads of a pool, and accounts without a project', async () => {
    const subject =
      'principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/subject/repo:harbour/shop';

    const rows = await read(
      entry({ authenticationInfo: { principalEmail: 'mara@harbour.example' } }),
      entry({ authenticationInfo: { principalSubject: subject } }, { insertId: 'b' }),
      entry({ authenticationInfo: { principalEmail: '12-compute@developer.gserviceaccount.com' } }, { insertId: 'c' }),
      entry({ authenticationInfo: {} }, { insertId: 'd' }),
    );

    assert.deepEqual(
      rows.map((row) => [row.identity_id, row.actor, row.actor_type]),
      [
        [undefined, 'mara@harbour.example', 'human'],
        [undefined, subject, 'machine-identity'],
        ['gcp:-:serviceAccount/12-compute@developer.gserviceaccount.com', undefined, 'service-account'],
        [undefined, undefined, 'unknown'],
      ],
    );
  });

  it('tells reading, writing and rights apart, and what was refused', async () => {
    const rows = await read(
      ...[
        { methodName: 'storage.objects.create', authorizationInfo: [{ granted: true, permissionType: 'DATA_WRITE' }] },
        { methodName: 'SetIamPolicy' },
        { methodName: 'google.iam.admin.v1.CreateServiceAccountKey', serviceName: 'iam.googleapis.com' },
        { methodName: 'google.iam.credentials.v1.IAMCredentials.GenerateAccessToken' },
        { methodName: 'storage.objects.get', status: { code: 7, message: 'no' }, authorizationInfo: [{ granted: false }] },
        { methodName: 'storage.objects.get', status: { code: 5 } },
        { methodName: 'google.cloud.bigquery.v2.JobService.InsertJob', serviceName: 'bigquery.googleapis.com' },
        {
          methodName: 'google.cloud.bigquery.v2.JobService.InsertJob',
          metadata: { jobInsertion: { job: { jobConfig: { queryConfig: { statementType: 'SELECT', query: 'SELECT 4711' } } } } },
        },
      ].map((payload, index) => entry(payload, { insertId: String(index) })),
    );

    assert.deepEqual(
      rows.map(({ action, outcome }) => `${action} ${outcome}`),
      ['write ok', 'privilege ok', 'privilege ok', 'connect ok', 'read denied', 'read failed', 'unknown ok', 'read ok'],
    );
    assert.ok(!JSON.stringify(rows).includes('4711'));
  });

  it('cuts off the names of objects, jobs and documents', async () => {
    const rows = await read(
      entry({ resourceName: 'projects/_/buckets/exports/objects/ann@people.example.csv' }),
      entry({ resourceName: 'projects/harbour-prod/jobs/job_123' }, { insertId: 'b' }),
    );

    assert.deepEqual(
      rows.map(({ objects }) => objects),
      [['projects/_/buckets/exports'], ['projects/harbour-prod']],
    );
  });

  it('reads pgAudit of Cloud SQL, once a statement', async () => {
    const request = {
      '@type': 'type.googleapis.com/google.cloud.sql.audit.v1.PgAuditEntry',
      auditClass: 'WRITE',
      auditType: 'SESSION',
      chunkCount: '2',
      chunkIndex: '1',
      command: 'UPDATE',
      database: 'orders',
      object: 'public.orders',
      objectType: 'TABLE',
      parameter: "'4711'",
      statement: "UPDATE orders SET card = '4711'",
      user: 'etl',
    };
    const payload = { serviceName: 'cloudsql.googleapis.com', methodName: 'cloudsql.instances.query' };

    const rows = await read(
      entry({ ...payload, request }),
      entry({ ...payload, request: { ...request, chunkIndex: '2' } }, { insertId: 'b' }),
    );

    assert.deepEqual(
      rows.map(({ identity_id, target, action, objects, operation }) => ({ identity_id, target, action, objects, operation })),
      [
        {
          identity_id: 'postgres:-:role/etl',
          target: 'orders',
          action: 'write',
          objects: ['public.orders'],
          operation: 'UPDATE',
        },
      ],
    );
    assert.ok(!JSON.stringify(rows).includes('4711'));
  });

  it('counts a long operation once', async () => {
    const rows = await read(
      entry({}, { insertId: 'first', operation: { id: 'op', first: true } }),
      entry({}, { insertId: 'last', operation: { id: 'op', last: true } }),
      entry({}, { insertId: 'both', operation: { id: 'op2', first: true, last: true } }),
    );

    assert.deepEqual(
      rows.map(({ record_id }) => String(record_id).split('/')[0]),
      ['both', 'first'],
    );
  });

  it('reads the list that gcloud prints, lines, and packed files', async () => {
    const list = JSON.stringify([entry(), entry({}, { insertId: 'b' })], null, 2);

    assert.equal((await readLog('gcp-audit', list)).length, 2);
    assert.equal((await readLog('gcp-audit', gzipSync(list))).length, 2);
    assert.equal(recognised('audit.json', list), 'gcp-audit');
    assert.equal(recognised('S0.json.gz', gzipSync(JSON.stringify(entry()))), 'gcp-audit');
  });

  it('reads what it can of odd entries and broken files', async () => {
    const odd = [
      entry({ authenticationInfo: 'x', authorizationInfo: 'y', status: [], requestMetadata: 7 }),
      { insertId: 'no-payload' },
      { insertId: 'no-time', protoPayload: entry().protoPayload },
    ].map((one) => JSON.stringify(one));
    const cut = '{"insertId": "cut';

    const list = await readLog('gcp-audit', `[${odd.join(',\n')},\n${cut}`, 'broken');
    const lines = await readLog('gcp-audit', [odd[0], cut, ...odd.slice(1)].join('\n'), 'broken');

    assert.deepEqual(list, lines);
    assert.deepEqual(
      lines.map(({ record_id, used_at }) => [record_id !== undefined, used_at !== undefined]),
      [
        [true, true],
        [true, false],
        [false, false],
      ],
    );
  });

  it('tells who made accounts and keys', async () => {
    const path = join(tempDir(), '000000.log');
    const made = {
      serviceName: 'iam.googleapis.com',
      methodName: 'google.iam.admin.v1.CreateServiceAccountKey',
      authenticationInfo: { principalEmail: 'Mara@harbour.example' },
      response: { name: `projects/harbour-prod/serviceAccounts/${ROBOT}/keys/k1`, private_key_data: 'secret' },
    };
    writeFileSync(path, `${JSON.stringify(entry(made))}\n${JSON.stringify(entry({ ...made, status: { code: 7 } }))}\n`);
    const reader = await LogReader.open(tempDir());

    const rows = await reader
      .objects(madeSql(shipped('gcp-audit'), { paths: [path], reading: 'whole', largest: SMALL_OBJECT }) ?? '')
      .finally(() => reader.close());

    assert.deepEqual(
      rows.map(({ identity_id, credential_id, person, gone }) => ({ identity_id, credential_id, person, gone })),
      [
        {
          identity_id: `gcp:harbour-prod:serviceAccount/${ROBOT}`,
          credential_id: 'gcp:service-account-key/k1',
          person: 'mara@harbour.example',
          gone: false,
        },
      ],
    );
  });

  it('leaves other logs alone', () => {
    assert.equal(recognised('app.json', JSON.stringify({ insertId: 'x', jsonPayload: { message: 'protoPayload' } })), undefined);
    assert.equal(
      recognised('trace.json', JSON.stringify({ protoPayload: {}, logName: 'projects/p/logs/run.googleapis.com' })),
      undefined,
    );
    assert.equal(recognised('note.md', JSON.stringify(entry())), undefined);
  });
});
