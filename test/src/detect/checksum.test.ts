import assert from 'node:assert/strict';
import { CHECKSUMS, crc32Base62, decodeJwt, grafanaChecksum } from '../../../src/detect/checksum.ts';
import { entropyOf } from '../../../src/detect/entropy.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';

function judge(name: string, secret: string, groups: Record<string, string> = {}, around = ''): boolean {
  return (
    CHECKSUMS[name]?.judge({ secret, groups, isPaired: false, isPlaceholder: () => false, around: () => around }).valid ?? false
  );
}

function segment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

describe('offline checks', () => {
  it('compute the checksum GitHub published', () => {
    // The body and tail of the token in GitHub's own announcement.
    assert.equal(crc32Base62('zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ'), '0mLq17');
  });

  it("compute the checksum of Grafana's own test", () => {
    assert.equal(grafanaChecksum(['gl', 'sa_', 'yscW25imSKJIuav8zF37RZmnbiDvB05G'].join('')), 'fcaaf58a');
  });

  it('refuse a token of which one character differs', () => {
    const body = 'zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ';
    const prefix = ['gh', 'p_'].join('');

    assert.equal(judge('github-crc32', `${prefix}${body}0mLq17`), true);
    assert.equal(judge('github-crc32', `${prefix}a${body.slice(1)}0mLq17`), false);
    assert.equal(judge('npm-crc32', `npm_${body}0mLq18`), false);
  });

  it('read the claims of a JWT', () => {
    const token = `${segment({ alg: 'RS256' })}.${segment({ iss: 'x', sub: 'y' })}.sig`;

    assert.deepEqual(decodeJwt(token)?.payload, { iss: 'x', sub: 'y' });
    assert.equal(decodeJwt('eyJ.eyJ.x'), undefined);
    assert.equal(decodeJwt(`${segment({ typ: 'no algorithm' })}.${segment({})}.x`), undefined);
  });

  it('refuse unsigned JWTs and the one of every tutorial', () => {
    assert.equal(judge('jwt', `${segment({ alg: 'none' })}.${segment({ sub: 'a' })}.x`), false);
    assert.equal(judge('jwt', `${segment({ alg: 'HS256' })}.${segment({ sub: '1234567890' })}.x`), false);
  });

  const connections: readonly (readonly [string, string, string, boolean, string | undefined])[] = [
    ['s3Cr-t9x2', 'app', 'db.harbour.internal', true, undefined],
    ['s3Cr-t9x2', 'app', 'localhost', true, 'low'],
    ['app', 'app', 'localhost', false, undefined],
    ['app', 'app', 'db.harbour.internal', true, 'low'],
    ['s3Cr-t9x2', 'app', 'example.com', false, undefined],
    ['s3Cr-t9x2', 'app', 'your-host', false, undefined],
  ];
  for (const [secret, user, host, valid, confidence] of connections) {
    it(`judge ${user}:${secret} at ${host}`, () => {
      const verdict = CHECKSUMS['connection-string']?.judge({
        secret,
        groups: { user, host },
        isPaired: false,
        isPlaceholder: () => false,
        around: () => '',
      });

      assert.equal(verdict?.valid, valid);
      if (valid) assert.equal(verdict?.confidence, confidence);
    });
  }

  it('judge user and password behind base64', () => {
    const basic = (text: string): string => Buffer.from(text).toString('base64');

    assert.equal(judge('basic64', basic('ci:q8Vw-t2LmZ7x')), true);
    assert.equal(judge('basic64', basic('no colon here')), false);
    assert.equal(judge('authorization', basic('ci:q8Vw-t2LmZ7x')), true);
    assert.equal(judge('authorization', 'a1b2c3d4e5f6'), true);
    assert.equal(judge('authorization', 'only-letters-here'), false);
  });

  for (const [name, value] of [
    ['password', 'result.privateKey2'],
    ['password', './secrets/db1.txt'],
    ['secret', 'signature=123abc456def'],
    ['secret', 'eC1hcHAtdG9rZW4='],
    ['token', 'my-service-account-name-v2'],
    ['token', '2024-05-01T12-00-00Z'],
    ['token_id', 'x8Kq2mVb7Rt4Wz1P'],
    ['secret', 'call(x8Kq2mVb7R)'],
    ['password', 'correct horse 9 battery'],
  ] as const) {
    it(`take ${value} for no ${name}`, () => {
      assert.equal(judge('guess', value, { name }), false);
    });
  }

  it('take a random value for a secret', () => {
    assert.equal(judge('guess', 'x8Kq2mVb7Rt4Wz1P', { name: 'token' }), true);
  });

  it('take no text as an invitation to work for ever', () => {
    const values = [
      `${'aBcDeFgH'.repeat(2000)}+9/`,
      `${'ab-cd_ef.'.repeat(2000)}9!`,
      `${'\\n'.repeat(5000)}9`,
      `-----BEGIN RSA ${['PRIV', 'ATE KEY'].join('')}-----${'"+" \\n'.repeat(3000)}9`,
      `${'a:'.repeat(5000)}9`,
      `eyJ${'a'.repeat(9000)}.eyJ${'.'.repeat(2000)}9`,
      `${'<{'.repeat(5000)}9a`,
    ];
    for (const [name, check] of Object.entries(CHECKSUMS)) {
      for (const value of values) {
        const start = cpuTime();

        check?.judge({
          secret: value,
          groups: { host: value, user: value, name: value },
          isPaired: false,
          isPlaceholder: () => false,
          around: () => value,
        });

        assert.ok(cpuTime() - start < 500, `${name} on ${value.slice(0, 12)}`);
      }
    }
  });

  it('measure entropy in bits a character', () => {
    assert.equal(entropyOf(''), 0);
    assert.equal(entropyOf('aaaa'), 0);
    assert.equal(entropyOf('abcd'), 2);
  });
});
