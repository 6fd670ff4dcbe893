import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Observation } from '../../../src/contracts/index.ts';
import { createEngine } from '../../../src/detect/engine.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { mayHoldTest } from '../../../src/detect/may-hold.ts';
import { NameRedactor } from '../../../src/run/redact.ts';
import { Sink } from '../../../src/run/sink.ts';
import { TABLES } from '../../../src/store/columns.ts';
import { openStore } from '../../../src/store/index.ts';
import { ALL_KINDS } from '../../helpers/observations.ts';
import { fakeToken, testContext } from '../../helpers/scan-context.ts';

const NOW = '2026-11-20T09:00:00.000Z';
/** Assembled here, so that no push protection stops this file. */
const TOKEN = ['glp', 'at-x7Kq2mWv9RtYb4NcZs1D'].join('');
const OTHER = ['sk_', 'live_51Hq8ZtLmN3vXcR7bYw2KpQd'].join('');
/** Chosen by this program, or told as a time. */
const OURS = /^(?:kind|effect|surface|outcome|status|place|confidence|.*At)$/;

describe('names that hold a credential', () => {
  const names = new NameRedactor(testContext().detect);
  const token = fakeToken('harbour1');
  const coverage = (path: string): Observation => ({
    kind: 'coverage',
    surface: 'work-tree',
    subject: path,
    outcome: 'complete',
    covers: [],
    at: { path },
  });

  it('are masked wherever a place is told', () => {
    const redacted = names.redact(coverage(`keys/${token}.txt`));

    assert(!JSON.stringify(redacted).includes(token));
    assert.match(redacted.at?.path ?? '', /^keys\/.+…\(\d+\)\.txt$/);
  });

  it('are left as they are when they hold none', () => {
    const plain = coverage('src/a-rather-long-file-name-of-no-import.ts');

    assert.equal(names.redact(plain), plain);
  });
});

describe('observations that hold a credential', () => {
  let names: NameRedactor;
  let searches = 0;
  let directory: string;

  before(async () => {
    const engine = createEngine({ pack: await loadPack(), fingerprintKey: 'key of these tests', secretlint: false });
    const detect: typeof engine.detect = (text, hints) => {
      searches++;
      return engine.detect(text, hints);
    };
    names = new NameRedactor(detect, mayHoldTest(engine.search));
    directory = mkdtempSync(join(tmpdir(), 'nhi-redact-'));
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  it('show it in no field of any kind, nor in the bytes of the store', async () => {
    const file = join(directory, 'audit.duckdb');
    const store = await openStore({ mode: 'write', file });
    await store.beginRun({
      startedAt: NOW,
      toolVersion: '0',
      targets: [],
      parameters: {},
      rulesDigest: '',
      fingerprintKeyId: 'k',
    });
    const sink = new Sink(async () => store, NOW, names);
    const part = await sink.part({ scanner: 'test', version: 1, target: TOKEN, unit: OTHER, content: 'c' });

    for (const observation of ALL_KINDS) await part.add(planted(observation));

    await sink.store();
    await store.endLoading([]);
    await store.saveResults({ findings: [], checks: [], controls: [] }, NOW);
    const kinds = new Set(ALL_KINDS.map(({ kind }) => kind));
    for (const kind of kinds) {
      const rows = JSON.stringify(await store.rows(`SELECT * EXCLUDE (part_id) FROM obs.${TABLES[kind].name}`));
      assert.match(rows, /gl…\(26\)/, kind);
      assert(!rows.includes(TOKEN) && !rows.includes(OTHER), kind);
    }
    store.close();
    const bytes = readFileSync(file);
    assert(!bytes.includes(TOKEN) && !bytes.includes(OTHER));
  });

  it('join as they did: what names an identity is masked the same way wherever it stands', () => {
    const identity = `aws:111122223333:role/${TOKEN}`;
    const rows = [
      names.redact({ kind: 'identity', id: identity, provider: 'aws', type: 'role', name: TOKEN, tags: { a: OTHER } }),
      names.redact({ kind: 'grant', identity, effect: 'allow', permission: '*', resource: '*' }),
      names.redact({ kind: 'trust', identity: 'aws:-:role/r', effect: 'allow', principal: identity, principalType: 'identity' }),
    ];

    const [one, two, three] = rows.map((row) => ('principal' in row ? row.principal : 'id' in row ? row.id : identityOf(row)));

    assert.match(one ?? '', /^aws:111122223333:role\/gl…\(26\)$/);
    assert.deepEqual([two, three], [one, one]);
  });

  it('show no password that a name or a description gives away, and keep what only speaks of one', () => {
    const password = ['Xk29', 'sdfQ1z'].join('');
    const identity = {
      kind: 'identity',
      id: 'gcp:p:serviceAccount/a',
      provider: 'gcp',
      type: 'service-account',
      name: 'a',
    } as const;
    const plain = { SecretName: 'prod/db/password', token_policy: 'rotate-90d', 'data-classification': 'secret', team: 'data' };

    const row = names.redact({
      ...identity,
      tags: { ...plain, DB_PASSWORD: password },
      detail: { description: `the db password: ${password}`, tags: { db_password: password } },
    });
    const harmless = { ...identity, tags: plain, detail: { description: 'reads the token of the deploy job', tags: plain } };

    assert.deepEqual(row.kind === 'identity' && row.tags, { ...plain, DB_PASSWORD: 'X…(10)' });
    assert.deepEqual(row.detail, { description: 'the db password: X…(10)', tags: { db_password: 'X…(10)' } });
    assert.deepEqual(names.redact(row), row);
    assert.equal(names.redact(harmless), harmless);
  });

  it('are the only ones that are searched: usual names are told without', () => {
    const [before, rows] = [searches, 2000];

    for (let row = 0; row < rows; row++) {
      const arn = `arn:aws:iam::111122223333:role/service-${row}-deployer-production`;
      const grant: Observation = {
        kind: 'grant',
        identity: `aws:111122223333:role/service-${row}-deployer-production`,
        effect: 'allow',
        permission: 's3:GetObject',
        resource: `arn:aws:s3:::acme-data-bucket-${row}/*`,
        via: `https://www.googleapis.com/projects/acme-prod-${row}/serviceAccounts/etl@acme.iam.gserviceaccount.com`,
        at: { path: `exports/details-${row}.json`, pointer: arn },
      };
      assert.equal(names.redact(grant), grant);
    }

    // The outlines of patterns are made after a few tries.
    assert(searches - before < rows / 20, `${searches - before} searches`);
  });

  it('keep what is public: ids of keys, fingerprints, thumbprints, commits', () => {
    const hex = (length: number) => '3d5f6a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091'.slice(0, length);
    const ids = [
      ...['AKIA', 'ASIA', 'AIDA', 'AROA', 'APKA', 'ACCA'].map((prefix) => `${prefix}QYLPMN5HFIQR7DZW`),
      ...['aws:access-key/AKIAQYLPMN5HFIQR7DZW', `gcp:service-account-key/${hex(40)}`, `secret:${hex(64)}`],
      ...[hex(32), hex(40), hex(40).toUpperCase(), hex(64), hex(64).toUpperCase()],
      ...['SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8', 'MD5:c2:46:35:9b:11:22:33:44:55:66:77:88:99:aa:bb:cc'],
      ...[
        '9e2d4b6a-1c3f-4e58-8b7a-6d5c4f3e2b1a',
        '105432109876543210987',
        '0oa1gjh63g214q0Hq0g4',
        'key-1a2b',
        '00Tabcdefg1234567890',
      ],
      ...['123456789012-ab3d5f7h9j1k3l5n7p9r1t3v5x7z9b1d.apps.googleusercontent.com'],
      ...['arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db/password-AbCdEf', 'TA7SMP42TDN5Z26OBPJE7EXAMPLE'],
      ...[
        'repo:harbour/shop:environment:prod',
        'system:serviceaccount:shop:api-token-reader',
        'postgres:db.a.b:5432/shop:role/etl',
      ],
      ...[`sha256:${hex(64)}`, `ghcr.io/harbour/shop@sha256:${hex(64)}`, `https://api.github.com/repos/a/b/commits/${hex(40)}`],
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKcQ1VZ1q0m0r2Yk3b4c5d6e7f8g9h0i1j2k3l4m5n6o',
    ];

    for (const publicId of ids) {
      const row = names.redact({
        kind: 'credential',
        id: `aws:key/${publicId}`,
        provider: 'aws',
        type: 'access-key',
        publicId,
        detail: { [publicId]: publicId },
      });

      assert.deepEqual([row.kind === 'credential' && row.publicId, row.detail], [publicId, { [publicId]: publicId }]);
    }
  });
});

function identityOf(row: Observation): string | undefined {
  return 'identity' in row ? row.identity : undefined;
}

/** The same with a credential in every text that may come from elsewhere, names of details too. */
function planted(observation: Observation): Observation {
  const more = { at: { path: 'a', pointer: 'p', author: 'a', repository: 'r' }, detail: { one: 'x', two: [{ three: 'y' }] } };
  return plant({ ...observation, ...more }, 0) as Observation;
}

function plant(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return `${value}/${depth % 2 === 0 ? TOKEN : OTHER}`;
  if (Array.isArray(value)) return value.map((item) => plant(item, depth));
  if (typeof value !== 'object' || value === null) return value;
  const isNamed = depth === 0;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (isNamed && OURS.test(key)) return [key, item];
      return [isNamed || depth === 1 ? key : `${key}/${TOKEN}`, plant(item, depth + 1)];
    }),
  );
}
