import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprintKey } from '../../../src/store/fingerprint-key.ts';

describe('fingerprint key', () => {
  let directory: string;
  let store: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nhi-key-'));
    store = join(directory, 'audit.duckdb');
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('is made once beside a new store, for its owner alone, and read again', () => {
    const first = fingerprintKey({}, store);
    const second = fingerprintKey({}, store);

    assert.equal(first.source, 'store');
    assert.deepEqual(first.key, second.key);
    assert.equal(first.key.length, 32);
    if (process.platform !== 'win32') assert.equal(statSync(`${store}.key`).mode & 0o777, 0o600);
  });

  it('comes from the environment where machines must agree, and then leaves no file', () => {
    const key = fingerprintKey({ NHI_AUDIT_FINGERPRINT_KEY: 'x'.repeat(32) }, store);

    assert.equal(key.source, 'environment');
    assert.equal(existsSync(`${store}.key`), false);
  });

  it('is new for every run without a store', () => {
    const first = fingerprintKey({}, undefined);
    const second = fingerprintKey({}, undefined);

    assert.equal(first.source, 'ephemeral');
    assert.notDeepEqual(first.key, second.key);
  });

  it('refuses a key that is too short, damaged, or lost', () => {
    assert.throws(() => fingerprintKey({ NHI_AUDIT_FINGERPRINT_KEY: 'short' }, store), /too short/);
    writeFileSync(`${store}.key`, 'zz\n');
    assert.throws(() => fingerprintKey({}, store), /damaged/);
    rmSync(`${store}.key`);
    writeFileSync(store, '12345678DUCK and more');
    assert.throws(() => fingerprintKey({}, store), /no fingerprint key beside it/);
  });

  it('says of a file that is no database, and of a place where none can be made, what they are', () => {
    writeFileSync(store, 'notes of mine');

    assert.throws(() => fingerprintKey({}, store), { code: 'STORE_FOREIGN', message: /no DuckDB database/ });
    assert.throws(() => fingerprintKey({}, directory), { code: 'STORE_FOREIGN' });
    assert.throws(() => fingerprintKey({}, join(directory, 'none', 'audit.duckdb')), { code: 'STORE_UNWRITABLE' });
  });
});
