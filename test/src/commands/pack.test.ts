import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { proofCommand } from '../../../src/commands/evidence-proof.ts';
import { packCommand } from '../../../src/commands/pack.ts';
import { verifyCommand } from '../../../src/commands/verify.ts';
import type { Finding } from '../../../src/contracts/index.ts';
import { REQUIRED } from '../../../src/pack/format.ts';
import { openStore } from '../../../src/store/index.ts';
import { testIo } from '../../helpers/io.ts';
import { tempDir } from '../../helpers/temp-repo.ts';
import { loadRun, RUN_START } from '../correlate/run-store.ts';

const FINGERPRINT = 'ab'.repeat(16);

describe('pack and verify over a store', () => {
  let root: string;

  before(async () => {
    root = tempDir();
    await storeWithFinding(join(root, 'audit.duckdb'));
    await packCommand(testIo(root), { newKey: 'pack.key', signer: 'Audit', days: '30', framework: [] });
  });

  it('packs a stored run, the same each time; another place, and no store, is enough to verify it', async () => {
    const [first, second] = [testIo(root), testIo(root)];
    const options = { store: 'audit.duckdb', framework: ['owasp-nhi-2025'], signKey: 'pack.key' };

    const code = await packCommand(first, { ...options, output: 'first.zip' });
    await packCommand(second, { ...options, output: 'second.zip', quiet: true });

    assert.equal(code, 0);
    assert(readFileSync(join(root, 'first.zip')).equals(readFileSync(join(root, 'second.zip'))));
    assert.match(first.out(), /^[0-9a-f]{64}\n$/);
    assert.equal(first.out(), second.out());
    assert.match(first.err(), /first\.zip: \d+ files of run .*, 1 finding\. Signed with key/);
    assert.equal(second.err(), '');

    const elsewhere = tempDir();
    copyFileSync(join(root, 'first.zip'), join(elsewhere, 'moved.zip'));
    copyFileSync(join(root, 'pack.key.signer.json'), join(elsewhere, 'signer.json'));
    const io = testIo(elsewhere);
    assert.equal(await verifyCommand(io, 'moved.zip', { key: 'signer.json', format: 'text' }), 0);
    assert.match(io.out(), /^moved\.zip: good\. /);
    assert.match(io.out(), /signature {3}valid, of [0-9a-f]{64}, Audit/);
    assert.match(io.out(), /does not prove that what was collected was true/);
  });

  it('chains packs, proves one finding, and tells what is wrong as JSON', async () => {
    const options = { store: 'audit.duckdb', framework: ['owasp-nhi-2025'], quiet: true };
    const [io, proof] = [testIo(root), testIo(root)];
    await packCommand(testIo(root), { ...options, output: 'november', previous: 'first.zip', signKey: 'pack.key' });

    assert.equal(await verifyCommand(testIo(root), 'november', { previous: 'second.zip', format: 'text' }), 0);
    await proofCommand(proof, FINGERPRINT.slice(0, 8), { pack: 'november' });
    writeFileSync(join(root, 'proof.json'), proof.out());
    assert.equal(await verifyCommand(testIo(root), 'proof.json', { key: 'pack.key.pub', format: 'text' }), 0);

    const files = readdirSync(join(root, 'november'), { recursive: true }).map(String);
    for (const report of ['report.html', 'audit.md', 'population.csv']) assert(files.includes(join('reports', report)), report);
    for (const path of REQUIRED) assert(files.includes(join(...path.split('/'))), path);
    for (const table of ['findings', 'run']) assert(files.includes(join('tables', `${table}.parquet`)), table);
    const manifest = JSON.parse(readFileSync(join(root, 'november', 'manifest.json'), 'utf8'));
    assert.deepEqual(
      manifest.frameworks.map((text: string) => text.split(' ')[0]),
      ['owasp-nhi-2025'],
    );
    assert.match(manifest.run.engine, /^DuckDB v?\d/);
    assert.equal(manifest.findings.count, 1);

    writeFileSync(join(root, 'november', 'coverage.json'), '[]');
    assert.equal(await verifyCommand(io, 'november', { key: 'pack.key.pub', previous: 'november', format: 'json' }), 1);
    const told = JSON.parse(io.out());
    assert.equal(told.good, false);
    assert.deepEqual(
      told.problems.map(({ file, kind }: { readonly file: string; readonly kind: string }) => [kind, file]),
      [
        ['changed', 'coverage.json'],
        ['chain', 'manifest.json'],
      ],
    );
    assert.equal(told.signature.state, 'trusted');
  });

  for (const [what, options, code] of [
    ['no store', { store: undefined }, 'USAGE'],
    ['a key and none', { signKey: 'pack.key', keyless: true }, 'USAGE'],
    ['a name without a new key', { signer: 'Audit' }, 'USAGE'],
    ['a key that is not there', { signKey: 'absent.key' }, 'KEY'],
    ['a run that is not there', { run: 'absent' }, 'RUN_UNKNOWN'],
    ['a framework that is not there', { framework: ['absent'] }, 'FRAMEWORK_UNKNOWN'],
    ['a pack before that is not there', { previous: 'absent.zip' }, 'PACK_UNREADABLE'],
    ['a directory that is not empty', { output: 'taken' }, 'OUTPUT_TAKEN'],
    ['a new key of nobody', { newKey: 'other.key', signer: ' ' }, 'USAGE'],
    ['a new key for no time', { newKey: 'other.key', days: '0' }, 'USAGE'],
  ] as const) {
    it(`refuses ${what}, and writes nothing`, async () => {
      mkdirSync(join(root, 'taken', 'x'), { recursive: true });
      const there = readdirSync(root);
      const io = testIo(root);

      await assert.rejects(
        packCommand(io, { output: 'refused', framework: [], ...{ store: 'audit.duckdb' }, ...(options as object) }),
        { code, exit: 2 },
      );
      assert.deepEqual([readdirSync(root), io.out()], [there, '']);
    });
  }

  it('does not sign with a key that has expired', async () => {
    const later = testIo(root, { clock: () => new Date('2027-01-01T00:00:00Z') });

    await assert.rejects(packCommand(later, { store: 'audit.duckdb', output: 'late', framework: [], signKey: 'pack.key' }), {
      code: 'SIGNER_EXPIRED',
      exit: 2,
    });
  });

  it('verify holds an expired signer against the time when the pack was there', async () => {
    const later = (): ReturnType<typeof testIo> => testIo(root, { clock: () => new Date('2027-01-01T12:00:00Z') });
    const made = testIo(root).clock().toISOString();
    const verify = (at?: string): Promise<number> =>
      verifyCommand(later(), 'first.zip', { key: 'pack.key.signer.json', format: 'json', ...(at === undefined ? {} : { at }) });

    assert.equal(await verify(), 1);
    assert.equal(await verify('2027-01-01'), 1);
    assert.equal(await verify(made.slice(0, 10)), 0);
    assert.equal(await verify(made), 0);
    for (const at of ['2027-01-02', '2027-01-01T12:00:01Z', 'yesterday', '2026-13-01', '2026-06-01T00:00']) {
      await assert.rejects(verify(at), { code: 'USAGE', exit: 2 }, at);
    }
  });

  it('verify can require a signature, of a pack and of a proof', async () => {
    const [proof, told] = [testIo(root), testIo(root)];
    await packCommand(testIo(root), { store: 'audit.duckdb', framework: [], output: 'bare.zip', quiet: true });
    await proofCommand(proof, FINGERPRINT, { pack: 'bare.zip' });
    writeFileSync(join(root, 'bare.json'), proof.out());

    for (const file of ['bare.zip', 'bare.json']) {
      assert.equal(await verifyCommand(testIo(root), file, { format: 'text' }), 0, file);
      assert.equal(await verifyCommand(told, file, { format: 'text', requireSignature: true }), 1, file);
    }
    assert.equal(await verifyCommand(testIo(root), 'first.zip', { format: 'text', requireSignature: true }), 0);
    assert.equal(told.out().match(/not signed, and a signature is required/g)?.length, 2);
  });

  it('verify says of a proof that says something twice that it is none', async () => {
    const [text, json] = [testIo(root), testIo(root)];
    const proof = readFileSync(join(root, 'proof.json'), 'utf8');
    writeFileSync(join(root, 'twice.json'), proof.replace('{', '{"finding": {},'));

    assert.equal(await verifyCommand(text, 'twice.json', { key: 'pack.key.pub', format: 'text' }), 1);
    assert.equal(await verifyCommand(json, 'twice.json', { format: 'json' }), 1);

    assert.match(text.out(), /^twice\.json: NOT good\. It is JSON, and no proof .* or says something twice/);
    assert.deepEqual(JSON.parse(json.out()).problems[0].file, 'twice.json');
  });

  it('verify asks for an identity and its issuer together', async () => {
    await assert.rejects(verifyCommand(testIo(root), 'first.zip', { identity: 'x', format: 'text' }), { code: 'USAGE', exit: 2 });
  });
});

async function storeWithFinding(file: string): Promise<void> {
  const store = await openStore({ mode: 'write', file });
  const id = 'aws:219484930172:user/etl';
  const finding: Finding = {
    fingerprint: FINGERPRINT,
    rule: 'owner-left',
    title: 'The owner has left',
    message: id,
    severity: 'high',
    confidence: 'high',
    persona: 'security',
    status: 'new',
    identity: id,
    subject: id,
    controls: [],
    evidence: [],
    surfaces: [],
    firstSeen: RUN_START,
    lastSeen: RUN_START,
    fix: 'Name another owner.',
  };
  try {
    await loadRun(store, [
      { kind: 'identity', id, provider: 'aws', type: 'user', name: 'etl', owner: 'ada@harbour.example' },
      { kind: 'coverage', surface: 'aws', subject: 'users', outcome: 'complete', covers: ['identity'] },
    ]);
    const checks = [{ rule: 'owner-left', outcome: 'fail', population: 1, findings: 1, excepted: 0 }] as const;
    await store.saveResults({ findings: [finding], checks, controls: [] }, RUN_START);
  } finally {
    store.close();
  }
}
