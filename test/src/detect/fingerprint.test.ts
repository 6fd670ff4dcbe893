import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expandExample } from '../../../src/detect/examples.ts';
import { fingerprint, fingerprintKeyId, mask, pemBody } from '../../../src/util/fingerprint.ts';
import { Secret } from '../../../src/util/secret.ts';

describe('fingerprint', () => {
  it('is HMAC-SHA-256 in hex under the key', () => {
    assert.equal(fingerprint('value', 'key'), createHmac('sha256', 'key').update('value').digest('hex'));
    assert.equal(fingerprint(new Secret('value'), Buffer.from('key')), fingerprint('value', 'key'));
    assert.notEqual(fingerprint('value', 'other'), fingerprint('value', 'key'));
  });

  it('is one for a private key however it is wrapped', () => {
    const pem = expandExample('{{pem:RSA PRIVATE KEY}}', 'one').text;
    const wrapped = [
      pem,
      pem.trimEnd(),
      pem.replaceAll('\n', '\r\n'),
      pem.replaceAll('\n', '\\n'),
      pem.replaceAll('\n', '\\\\n'),
      pem.replaceAll('\n', '\n    '),
      pem
        .split('\n')
        .map((line) => `"${line}\\n" +`)
        .join('\n'),
      pem.replaceAll('/', '\\/'),
    ];

    assert.equal(new Set(wrapped.map((text) => fingerprint(text, 'k'))).size, 1);
    assert.ok((pemBody(pem)?.length ?? 0) > 800);
  });

  it('leaves out PEM headers and the checksum of PGP', () => {
    const dashes = '-----';
    const text = `${dashes}BEGIN RSA PRIVATE KEY${dashes}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A\n\nQUJD\nREVG\n=abcd\n${dashes}END`;

    assert.equal(pemBody(text), 'QUJDREVG');
  });

  it('names a key without holding it', () => {
    assert.match(fingerprintKeyId('key'), /^[0-9a-f]{16}$/);
    assert.notEqual(fingerprintKeyId('key'), fingerprintKeyId('kez'));
  });
});

describe('mask', () => {
  it('shows a public id by its ends', () => {
    assert.equal(mask('whatever', ['AKIA', 'QNZGKIQY56JQ7WML'].join('')), 'AKIA…7WML');
  });

  it('shows the prefix of a token and its length', () => {
    assert.equal(mask(`${['gh', 'p_'].join('')}${'a1'.repeat(18)}`), 'ghp_…(40)');
  });

  it('names a private key and shows none of it', () => {
    assert.match(mask(expandExample('{{pem:EC PRIVATE KEY}}', 's').text), /^EC PRIVATE KEY \(\d+\)$/);
  });

  it('shows nothing of a key store, nor half a character', () => {
    assert.equal(mask(`*\u0086H\u0086\u00f7\r\u0001\u0007\u0001${'x'.repeat(91)}`), '…(100)');
    assert.equal(mask('abc\u0000efghijklmnop'), '…(16)');
    assert.equal(mask('🔑🔑🔑🔑🔑🔑'), '…(12)');
    assert.equal(mask('hünter-of-harbour'), '…(17)');
  });

  it('prints as it is, whatever bytes it is of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 80 }), (secret) => {
        assert.match(mask(secret), /^[\x20-\x7e]{0,4}…\(\d+\)$/);
      }),
    );
  });

  it('never shows more than a quarter of a secret, nor more than eight characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'abcXYZ019_-'), minLength: 1, maxLength: 80 }), (secret) => {
        const shown = mask(secret).replace(/…\(\d+\)$/, '');

        assert.ok(shown.length <= Math.min(8, secret.length / 4), `${shown} of ${secret}`);
      }),
    );
  });
});
