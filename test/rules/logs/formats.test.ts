import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIELDS, MEASURES, NEEDED } from '../../../src/logs/format.ts';
import { shippedFormats } from '../../../src/logs/load.ts';
import { packageRoot } from '../../../src/util/package-root.ts';
import { importLogs } from '../../helpers/logs.ts';
import { columnsOf, recognised, shipped } from './read-log.ts';

/** In each sample where a log has statements, parameters, tokens, bodies and what is said of people. */
const SECRET = 'canary4711';
const PERSON = 'ann@people.example';
const AT = '2026-03-12T02:00:04.118Z';
const SQL = `UPDATE customers SET token = '${SECRET}' WHERE mail = '${PERSON}'`;
const AUDIT = `AUDIT: SESSION,1,1,WRITE,UPDATE,TABLE,public.customers,"${SQL}","${SECRET}"`;

const SAMPLES: { readonly [format: string]: { readonly path: string; readonly text: string } } = {
  'aws-cloudtrail': {
    path: 'trail.json',
    text: JSON.stringify({
      Records: [
        {
          eventID: 'e-1',
          eventTime: '2026-03-12T02:00:04Z',
          eventSource: 'dynamodb.amazonaws.com',
          eventName: 'PutItem',
          userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::123456789012:user/etl', accountId: '123456789012' },
          requestParameters: { item: { mail: PERSON, token: SECRET } },
        },
      ],
    }),
  },
  'pgaudit-csv': {
    path: 'postgresql.csv',
    text: `2026-03-12 02:00:04.118 UTC,"etl","shop",7,"10.0.0.5:5432",69b2.7,1,"UPDATE",2026-03-12 02:00:00 UTC,3/1,0,LOG,00000,"${AUDIT.replaceAll('"', '""')}",,,,,,"${SQL}",,,"nightly","client backend",,0\n`,
  },
  'pgaudit-json': {
    path: 'postgresql.json',
    text: JSON.stringify({
      timestamp: '2026-03-12 02:00:04.118 UTC',
      user: 'etl',
      dbname: 'shop',
      pid: 8,
      session_id: '69b2.8',
      error_severity: 'LOG',
      message: AUDIT,
      statement: SQL,
      backend_type: 'client backend',
    }),
  },
  'pgaudit-stderr': { path: 'postgresql.log', text: `2026-03-12 02:00:04.118 UTC [9] etl@shop/nightly LOG:  ${AUDIT}\n` },
  'gcp-audit': {
    path: 'gcp.json',
    text: JSON.stringify([
      {
        insertId: 'g-1',
        timestamp: AT,
        logName: 'projects/p/logs/cloudaudit.googleapis.com%2Fdata_access',
        protoPayload: {
          '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
          serviceName: 'storage.googleapis.com',
          methodName: 'storage.objects.create',
          resourceName: `projects/_/buckets/b/objects/${PERSON}`,
          authenticationInfo: { principalEmail: 'etl@p.iam.gserviceaccount.com' },
          request: { body: SECRET },
          response: { mail: PERSON },
          status: { message: SECRET },
        },
      },
    ]),
  },
  teleport: {
    path: 'teleport.log',
    text: JSON.stringify({
      cluster_name: 'c',
      code: 'TDB02I',
      ei: 1,
      event: 'db.session.query',
      uid: 't-1',
      time: AT,
      db_query: SQL,
      db_query_parameters: [SECRET],
      error: PERSON,
    }),
  },
  'hoop-inspect': {
    path: 'inspect.jsonl',
    text: JSON.stringify({
      kind: 'statement',
      timestamp: AT,
      session_id: 'h-1',
      principal: 'etl',
      connection: 'pg',
      operation: 'update',
      statement: SQL,
      message: PERSON,
      allowed: true,
      http: { path: `/${PERSON}`, body: SECRET, headers: { authorization: SECRET } },
      metadata: { note: SECRET },
    }),
  },
  'hoop-inspect-sessions': {
    path: 'inspect-sessions.json',
    text: JSON.stringify({
      sessions: [
        {
          id: 'h-2',
          principal: 'etl',
          started_at: AT,
          statement_count: 1,
          verdict: 'clean',
          metadata: { note: SECRET },
          last: SQL,
        },
      ],
    }),
  },
  strongdm: {
    path: 'strongdm.log',
    text: JSON.stringify({
      type: 'start',
      timestamp: AT,
      uuid: 's-1',
      datasourceId: 'rs-1',
      datasourceName: 'pg',
      userId: 'a-1',
      userName: 'etl',
      query: SQL,
      hash: SECRET,
      authz: { context: { mail: PERSON }, requirements: { decision: 'allow', error: SECRET } },
    }),
  },
  boundary: {
    path: 'boundary.ndjson',
    text: JSON.stringify({
      id: 'x',
      specversion: '1.0',
      type: 'audit',
      data: {
        id: 'b-1',
        type: 'APIRequest',
        timestamp: AT,
        request_info: { method: 'POST', path: `/v1/users/u_1?filter=${PERSON}` },
        auth: { auth_token_id: SECRET, user_info: { id: 'u_2' } },
        request: { details: { item: { name: PERSON, attributes: { password: SECRET } } } },
        response: { status_code: 200, details: { item: { authorization_token: SECRET, endpoint: PERSON } } },
      },
    }),
  },
  agentgateway: {
    path: 'agentgateway.log',
    text: JSON.stringify({
      level: 'info',
      time: AT,
      scope: 'request',
      gateway: 'g',
      'src.addr': '10.0.0.5:1',
      'http.path': `/${PERSON}?t=${SECRET}`,
      'mcp.session.id': SECRET,
      'mcp.resource.uri': PERSON,
      'gen_ai.prompt': SQL,
      error: SECRET,
    }),
  },
  'vault-audit': {
    path: 'vault.log',
    text: JSON.stringify({
      time: AT,
      type: 'response',
      auth: { client_token: SECRET, accessor: SECRET, display_name: 'approle', token_policies: ['x'], policies: ['x'] },
      request: { id: 'v-1', operation: 'update', path: `kv/data/${PERSON}`, client_token: SECRET, data: { note: SECRET } },
      response: { data: { token: SECRET, mail: PERSON } },
      error: SECRET,
    }),
  },
};

/** Those whose files tell of use, not of other files. */
const LOGS = shippedFormats().filter(({ meta }) => meta.digests === undefined);
/** Files of these are left to scanners below a size. */
const LARGE = shippedFormats().flatMap(({ meta }) => (meta.recognises.minSize === undefined ? [] : [meta.id]));
const KNOWN = new Set([...Object.keys(FIELDS), ...Object.keys(MEASURES), ...Object.keys(NEEDED)]);
const ACTIONS = ['read', 'write', 'ddl', 'privilege', 'admin', 'connect', 'unknown'];

describe('log formats', () => {
  for (const { meta, file } of LOGS) {
    it(`${meta.id} reads the columns that rows of use have, and is described`, async () => {
      const readme = readFileSync(join(packageRoot(), 'rules', 'logs', 'README.md'), 'utf8');

      const columns = await columnsOf(meta.id);

      assert.deepEqual(
        columns.filter((name) => !KNOWN.has(name)),
        [],
      );
      assert.deepEqual(
        Object.keys(NEEDED).filter((name) => !columns.includes(name)),
        [],
      );
      assert.ok(readme.includes(`\`${meta.id}\``), `${file} is not in rules/logs/README.md`);
      assert.ok(meta.references.length > 0, 'references');
    });
  }

  it('each knows its own files, and no other takes them', () => {
    for (const [id, { path, text }] of Object.entries(SAMPLES)) {
      for (const format of shippedFormats()) {
        const found = recognised(path, text, [format]);
        assert.equal(found, format.meta.id === id ? id : undefined, `${format.meta.id} for ${path}`);
      }
    }
  });

  it('have a sample each', () => {
    const shippedIds = LOGS.filter(({ meta }) => !LARGE.includes(meta.id) && meta.like === undefined);

    assert.deepEqual(
      shippedIds.map(({ meta }) => meta.id).filter((id) => SAMPLES[id] === undefined),
      [],
    );
  });

  it('bring nothing of statements, parameters, tokens, bodies and people into a store', async () => {
    const store = await importLogs(Object.fromEntries(Object.values(SAMPLES).map(({ path, text }) => [path, text])));
    try {
      const tables = await store.rows(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'obs' AND table_type = 'BASE TABLE'",
      );
      const usages = await store.rows('SELECT action, records FROM obs.usages');
      const held = await Promise.all(
        tables.map(({ name }) => store.rows(`SELECT to_json(t)::VARCHAR AS row FROM obs.${name} AS t`)),
      );

      assert.equal(usages.length, Object.keys(SAMPLES).length);
      for (const { action } of usages) assert.ok(ACTIONS.includes(String(action)), String(action));
      const text = JSON.stringify(held);
      assert.ok(text.includes('public.customers'), 'names of tables are told');
      assert.ok(!text.includes(SECRET) && !text.includes(PERSON));
    } finally {
      store.close();
    }
  });

  it('count a statement once that two logs of a server tell', async () => {
    const { text } = SAMPLES['pgaudit-stderr'] ?? { text: '' };
    const csv = (SAMPLES['pgaudit-csv']?.text ?? '').replace(',7,', ',9,');
    const store = await importLogs({ 'postgresql.log': text, 'postgresql.csv': csv });
    try {
      const [row] = await store.rows('SELECT sum(records) AS n FROM obs.usages');

      assert.equal(Number(row?.n), 1);
    } finally {
      store.close();
    }
  });

  it('of which two are alike share their ids', () => {
    assert.equal(shipped('pgaudit-json').meta.ids, shipped('pgaudit-csv').meta.ids);
    assert.equal(shipped('pgaudit-stderr').meta.ids, 'postgres-log');
    assert.equal(shipped('hoop-inspect-sessions').meta.ids, shipped('hoop-inspect').meta.ids);
  });
});
