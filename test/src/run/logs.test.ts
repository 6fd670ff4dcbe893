import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { scanCommand } from '../../../src/commands/scan.ts';
import { openStore } from '../../../src/store/index.ts';
import { testIo } from '../../helpers/io.ts';
import { SCAN_OPTIONS } from '../../helpers/scan-options.ts';
import { tempDir, tempRepo, writeFile } from '../../helpers/temp-repo.ts';

const ACCOUNT = '123456789012';
// Assembled here, so that no push protection stops this file.
const KEY = `${['AK', 'IA'].join('')}QYLPMN5HFIQR7DZW`;

function trail(count: number, padding = 0): string {
  const Records = Array.from({ length: count }, (_, n) => ({
    eventVersion: '1.09',
    userIdentity: {
      type: 'IAMUser',
      arn: `arn:aws:iam::${ACCOUNT}:user/ci`,
      accountId: ACCOUNT,
      accessKeyId: KEY,
      userName: 'ci',
    },
    eventTime: '2026-03-12T10:00:00Z',
    eventSource: 's3.amazonaws.com',
    eventName: 'GetObject',
    requestParameters: { padding: 'x'.repeat(padding) },
    eventID: `e${n}`,
    readOnly: true,
    recipientAccountId: ACCOUNT,
  }));
  return JSON.stringify({ Records });
}

interface Row {
  readonly surface: string;
  readonly subject: string;
  readonly outcome: string;
  readonly read?: number;
}

function rowsOf(text: string): readonly Row[] {
  return JSON.parse(text).coverage;
}

describe('logs among targets', () => {
  const { TMPDIR } = process.env;
  let root: string;
  let temporary: string;

  beforeEach(() => {
    root = tempDir();
    temporary = tempDir();
    process.env.TMPDIR = temporary;
  });

  afterEach(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  });

  it('are read in bulk from a repository, larger than any file may be; which key was used is no leak of it, there or in its history', async () => {
    const repo = tempRepo([], root);
    repo.write('logs/trail.json.gz', gzipSync(trail(20)));
    repo.write('logs/large.json', trail(30, 4000).replace(/"e(\d)/g, '"large-e$1'));
    repo.write('app/config.txt', `key_id = ${KEY}\n`);
    repo.commit('logs');
    writeFile(repo.path, 'nhi-audit.config.yml', 'maxFileSize: 20000\n');
    const io = testIo(repo.path);

    await scanCommand(io, ['.'], { ...SCAN_OPTIONS });

    const report = JSON.parse(io.out());
    const rows = rowsOf(io.out());
    assert.deepEqual(
      rows.filter(({ surface }) => surface === 'audit-log').map(({ outcome, read }) => [outcome, read]),
      [['complete', 50]],
    );
    assert.deepEqual(
      rows
        .flatMap(({ surface, subject, outcome }) =>
          surface === 'work-tree' ? [[subject.startsWith('logs') ? subject : 'the repository', outcome]] : [],
        )
        .toSorted(),
      [
        ['logs searched for credentials (.)', 'complete'],
        // By its size no file like others.
        ['logs/large.json', 'partial'],
        ['the repository', 'complete'],
      ],
    );
    // The key that the log names is joined to its user; in the log it is no leak.
    const told = JSON.stringify(report.findings);
    assert.match(told, /app\/config\.txt/);
    assert.match(told, new RegExp(`aws:${ACCOUNT}:user/ci`));
    assert.doesNotMatch(told, /logs\/(?:trail|large)\.json[^"]*","line"/);
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('are searched for credentials, packed ones too: a run with the same store says the same and searches nothing again', async () => {
    const leaky = (token: string) =>
      trail(3)
        .replace('"padding":""', `"userData":"export TOKEN=${token}"`)
        .replace('"padding":""', `"userData":"export TOKEN=${token}"`);
    const [one, other] = ['k3TpQ9vLw2XyZr7NbM4cHs8JdF6gRa1UeWoi', 'R7kWq2MtY8pXc5VbN1zHs4JdL9gFa6UeToiD'].map((text) =>
      ['gh', 'p_', text].join(''),
    );
    writeFile(root, 'logs/a.json', `\n\n${leaky(one ?? '')}`);
    writeFile(root, 'logs/b.json.gz', gzipSync(leaky(other ?? '').replace(/"e(\d)/g, '"b$1')));
    const places = async () => {
      const io = testIo(root);
      await scanCommand(io, ['logs'], { ...SCAN_OPTIONS, store: 'audit.duckdb' });
      const store = await openStore({ mode: 'read', file: join(root, 'audit.duckdb') });
      const rows = await store.rows(
        "SELECT location->>'$.path' AS path, location->>'$.line' AS line, detector FROM sightings ORDER BY ALL",
      );
      const [{ n } = {}] = await store.rows(
        "SELECT count(*) AS n FROM parts WHERE scanner = 'log-search' AND unit LIKE '%.json%'",
      );
      store.close();
      const row = JSON.parse(io.out()).coverage.find(({ subject }: { subject: string }) => subject.startsWith('logs searched'));
      return { rows: rows.map(({ path, line }) => [path, line]), n, row: [row?.surface, row?.outcome, row?.seen, row?.read] };
    };

    const first = await places();
    const again = await places();

    assert.deepEqual(first.rows, [
      ['a.json', '3'],
      ['b.json.gz!content', '1'],
    ]);
    assert.equal(first.n, 2);
    assert.deepEqual(first.row, ['work-tree', 'complete', 2, 2]);
    assert.deepEqual(again, first);
  });

  it('leave nothing behind when the run is interrupted while they are read', async () => {
    writeFile(root, 'logs/a.json', trail(2000));
    const abort = new AbortController();
    const io = testIo(root, { signal: abort.signal });
    setTimeout(() => abort.abort(), 0);

    await scanCommand(io, ['logs'], { ...SCAN_OPTIONS, store: 'audit.duckdb' }).catch(() => undefined);

    const store = await openStore({ mode: 'write', file: join(root, 'audit.duckdb') });
    const [row] = await store.rows(
      'SELECT (SELECT count(*) FROM obs.log_records) + (SELECT count(*) FROM obs.log_files) + (SELECT count(*) FROM obs.usages) + (SELECT count(*) FROM runs) AS n',
    );
    store.close();
    assert.equal(row?.n, 0);
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('are read as the configuration says, where it says how', async () => {
    const config = `logs:
  - id: proxy
    files: ['proxy/*.log']
    as: jsonl
    via: gateway
    fields: { time: meta.ts, id: rid, actor: who.name, target: db, action: verb, rows: n }
    constants: { environment: prod }
    values: { action: { SELECT: read } }
# How long the gateway must keep sessions; what it kept longer is read all the same.
gateway: { retentionDays: 1 }
`;
    writeFile(root, 'nhi-audit.config.yml', config);
    const line = (rid: string, ts: unknown, more: object = {}) =>
      JSON.stringify({ rid, meta: { ts }, who: { name: "o'neil" }, db: 'orders', verb: 'SELECT', n: '7', ...more });
    const lines = [
      line('1', '2026-03-12T11:00:00+01:00'),
      line('2', 1773309600),
      line('3', 1773309600000, { verb: 'DROP' }),
      line('4', 'never'),
    ];
    writeFile(root, 'proxy/today.log', lines.join('\n'));
    const io = testIo(root);

    await scanCommand(io, ['.'], { ...SCAN_OPTIONS, store: 'audit.duckdb' });

    const store = await openStore({ mode: 'read', file: join(root, 'audit.duckdb') });
    const rows = await store.rows(
      'SELECT via, actor, target, action, environment, used_at, records, row_count FROM obs.usages ORDER BY action',
    );
    store.close();
    const same = { via: 'gateway', actor: "o'neil", target: 'orders', environment: 'prod', used_at: '2026-03-12T10:00:00.000Z' };
    assert.deepEqual(rows, [
      { ...same, action: 'read', records: 2, row_count: 14 },
      { ...same, action: 'unknown', records: 1, row_count: 7 },
    ]);
    const row = rowsOf(io.out()).find(({ surface, subject }) => surface === 'gateway' && !subject.startsWith('logs searched'));
    assert.deepEqual([row?.outcome, row?.read], ['partial', 3]);
  });
});
