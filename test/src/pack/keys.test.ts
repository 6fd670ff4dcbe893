import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeKey, readSigningKey, readTrustedKeys } from '../../../src/pack/keys.ts';
import { sha256 } from '../../../src/util/digest.ts';
import { tempDir } from '../../helpers/temp-repo.ts';

const NOT_BEFORE = '2026-06-01T00:00:00.000Z';

describe('keys of packs', () => {
  let root: string;

  beforeEach(() => {
    root = tempDir();
  });

  it('are made for their owner alone, with two public files whose id is the SHA-256 of the SPKI', () => {
    const made = makeKey(join(root, 'pack.key'), { name: 'Audit', notBefore: NOT_BEFORE, notAfter: '2027-06-01T00:00:00.000Z' });
    const der = createPublicKey(readFileSync(made.publicKey)).export({ type: 'spki', format: 'der' });

    assert.equal(statSync(made.privateKey).mode & 0o777, 0o600);
    assert.equal(made.keyId, sha256(der));
    for (const file of [made.publicKey, made.signer]) {
      assert.equal(readTrustedKeys(file)[0]?.keyId, made.keyId);
      assert.doesNotMatch(readFileSync(file, 'utf8'), /PRIVATE/);
    }
    assert.equal(readTrustedKeys(made.signer)[0]?.notAfter, '2027-06-01T00:00:00.000Z');
    assert.equal(readSigningKey(made.privateKey, undefined).signer.name, 'Audit');
  });

  it('are never written over', () => {
    for (const there of ['pack.key', 'pack.key.pub', 'pack.key.signer.json']) {
      const dir = tempDir();
      writeFileSync(join(dir, there), 'kept');

      assert.throws(() => makeKey(join(dir, 'pack.key'), { notBefore: NOT_BEFORE }), { code: 'OUTPUT_TAKEN', exit: 2 });
      assert.equal(readFileSync(join(dir, there), 'utf8'), 'kept');
    }
    assert.throws(() => makeKey(join(root, 'absent', 'pack.key'), { notBefore: NOT_BEFORE }), { code: 'OUTPUT_PATH', exit: 2 });
    assert(!existsSync(join(root, 'absent')));
  });

  it('sign with a passphrase where they have one', () => {
    const file = join(root, 'locked.pem');
    const { privateKey } = generateKeyPairSync('ed25519');
    const passphrase = ['correct', 'horse'].join(' ');
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }), { mode: 0o600 });

    assert.equal(readSigningKey(file, passphrase).key.asymmetricKeyType, 'ed25519');
    assert.throws(() => readSigningKey(file, undefined), { code: 'SIGN_KEY', hint: /NHI_AUDIT_KEY_PASSPHRASE/ });
    assert.throws(() => readSigningKey(file, 'other'), { code: 'SIGN_KEY' });
  });

  it('are told when others may read them', () => {
    const { privateKey } = makeKey(join(root, 'pack.key'), { notBefore: NOT_BEFORE });
    const before = readSigningKey(privateKey, undefined).isOpenToOthers;
    chmodSync(privateKey, 0o644);

    assert.deepEqual([before, readSigningKey(privateKey, undefined).isOpenToOthers], [false, true]);
  });

  it('are refused, in words, when they are of another kind or none', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const ec = join(root, 'ec.pem');
    writeFileSync(ec, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(`${ec}.pub`, publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(join(root, 'text'), 'no key');
    const ours = makeKey(join(root, 'ours'), { notBefore: NOT_BEFORE });
    const theirs = makeKey(join(root, 'theirs'), { notBefore: NOT_BEFORE });

    assert.throws(() => readSigningKey(ec, undefined), { code: 'SIGN_KEY', message: /is a key of ec, not Ed25519/ });
    assert.throws(() => readSigningKey(join(root, 'text'), undefined), { code: 'SIGN_KEY' });
    assert.throws(() => readSigningKey(join(root, 'absent'), undefined), { code: 'KEY', message: /ENOENT/ });
    assert.throws(() => readTrustedKeys(`${ec}.pub`), { code: 'KEY', message: /no public Ed25519 key/ });
    assert.throws(() => readTrustedKeys(join(root, 'text')), { code: 'KEY' });
    assert.throws(() => readTrustedKeys(ours.privateKey), { code: 'KEY', message: /is a private key/ });

    writeFileSync(ours.signer, readFileSync(theirs.signer));
    assert.throws(() => readSigningKey(ours.privateKey, undefined), { code: 'SIGN_KEY', message: /of another key/ });
    writeFileSync(ours.signer, readFileSync(theirs.signer, 'utf8').replace(theirs.keyId, ours.keyId));
    assert.throws(() => readTrustedKeys(ours.signer), { code: 'SIGNER_FILE', message: /is not the id of the key/ });
    writeFileSync(ours.signer, '{"keyId": 1}');
    assert.throws(() => readTrustedKeys(ours.signer), { code: 'SIGNER_FILE' });
  });

  it('may be several: a list of signers', () => {
    const all = ['one', 'two'].map((name) => makeKey(join(root, name), { name, notBefore: NOT_BEFORE }));
    const list = join(root, 'signers.json');
    writeFileSync(list, JSON.stringify(all.map(({ signer }) => JSON.parse(readFileSync(signer, 'utf8')) as object)));

    assert.deepEqual(
      readTrustedKeys(list).map(({ keyId, name }) => [keyId, name]),
      all.map(({ keyId }, n) => [keyId, ['one', 'two'][n]]),
    );
  });
});
