import assert from 'node:assert/strict';
import fc from 'fast-check';
import { awsAccountOf, encodeAwsKeyId } from '../../../src/detect/aws-account.ts';

describe('account in an AWS id', () => {
  it('decodes a published pair', () => {
    assert.equal(awsAccountOf(['ASIA', 'QNZGKIQY56JQ7WML'].join('')), '029608264753');
  });

  it('decodes what it encodes', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 12, maxLength: 12 });
    const tails = fc.string({ unit: fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'), minLength: 1, maxLength: 12 });

    fc.assert(
      fc.property(digits, tails, (account, tail) => {
        const id = encodeAwsKeyId('AKIA', account, tail);

        assert.match(id, /^AKIA[A-Z2-7]{16}$/);
        assert.equal(awsAccountOf(id), account);
      }),
    );
  });

  it('makes other ids of other tails', () => {
    assert.notEqual(encodeAwsKeyId('AKIA', '123456789012', 'ABC'), encodeAwsKeyId('AKIA', '123456789012', 'ABD'));
  });

  for (const id of [['AKIA', 'IOSFODNN7EXAMPLE'].join(''), ['AKIA', 'JOSFODNN7ABCDEFG'].join(''), 'AKIA', 'not an id', '']) {
    it(`finds none in "${id.slice(0, 6)}…"`, () => {
      assert.equal(awsAccountOf(id), undefined);
    });
  }

  it('refuses an account that is none', () => {
    assert.throws(() => encodeAwsKeyId('AKIA', '12345'), TypeError);
  });
});
