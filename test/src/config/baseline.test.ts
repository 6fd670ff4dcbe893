import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertSameKey, readBaseline } from '../../../src/config/baseline.ts';
import { cli } from '../../helpers/cli.ts';

describe('baseline', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'nhi-baseline-'));
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('is an earlier JSON report, and says so when it is not', () => {
    const file = join(root, 'base.json');
    writeFileSync(file, JSON.stringify({ run: { fingerprintKeyId: 'k1' }, findings: [{ fingerprint: 'a' }, { odd: true }] }));

    const { known, keyId } = readBaseline(file);

    assert.deepEqual([...known.keys()], ['a']);
    assert.equal(keyId, 'k1');
    assert.throws(() => readBaseline(join(root, 'none.json')), /There is no baseline/);
    writeFileSync(file, '{');
    assert.throws(() => readBaseline(file), /is not JSON/);
    writeFileSync(file, '{"rows": []}');
    assert.throws(() => readBaseline(file), /is neither a JSON report/);
  });

  it('keeps the files of other tools for the scan to read', () => {
    const file = join(root, '.secrets.baseline');
    writeFileSync(file, '{"version": "1.5.0", "results": {}}');

    const { foreign, known } = readBaseline(file);

    assert.equal(foreign?.file, '.secrets.baseline');
    assert.equal(known.size, 0);
  });

  it('compares under one key only', () => {
    const baseline = { known: new Map(), keyId: 'k1' };

    assert.doesNotThrow(() => assertSameKey(baseline, 'k1'));
    assert.throws(() => assertSameKey(baseline, 'k2'), /another fingerprint key/);
    assert.throws(() => assertSameKey({ ...baseline, keyId: 'ephemeral' }, 'ephemeral'), /another fingerprint key/);
  });

  it('leaves out what it has, and refuses to guess without a key', async () => {
    const secret = ['ghs', 'Xk9vQ2xT7mNc4RbW8sYd1JfG'].join('');
    writeFileSync(join(root, '.env.production'), `DB_URL=postgres://svc:${secret}@db.acme.internal/app\n`);
    const env = { NHI_AUDIT_FINGERPRINT_KEY: 'one key for both runs, 32 characters' };

    const before = await cli(['scan', '.', '-o', 'json=base.json'], { cwd: root, env });
    const same = await cli(['scan', '.', '--baseline', 'base.json'], { cwd: root, env });
    const keyless = await cli(['scan', '.', '--baseline', 'base.json'], { cwd: root });

    assert.equal(before.code, 1, before.stderr);
    assert.equal(same.code, 0, same.stdout);
    assert.equal(keyless.code, 2);
    assert.match(keyless.stderr, /NHI_AUDIT_FINGERPRINT_KEY/);
  });
});
