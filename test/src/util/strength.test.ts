import assert from 'node:assert/strict';
import { strengthOf, strengthUnder } from '../../../src/util/strength.ts';

describe('the make of a password', () => {
  for (const value of ['uV9pQ2mL7tRz4', 'h7!Gq2zPw9#Lm', 'kj34kh53kz4h5kv', '8f3kq9x2m1c7', 'Kq7!mRz2-Lw', 'b41ce604ed598c2f']) {
    it(`calls ${value} strong`, () => {
      assert.equal(strengthOf(value), 'strong');
    });
  }

  for (const value of ['postgres', 'changeme', 'admin123', 'Password1', 'root', 'minioadmin', '123456']) {
    it(`calls ${value} weak`, () => {
      assert.equal(strengthOf(value), 'weak');
    });
  }

  for (const value of [
    'harbour-pass',
    'Summer2024',
    'Pa$$w0rd1234x',
    'MyT3stS3cr3t99',
    'correct-horse-battery',
    'oauth2PasswordField1',
    'request.body.pass1word2',
    'this.form3.value2B',
    'redis-v7-m2-shop',
    '123e4567-e89b-12d3-a456-426614174000',
    'sha256:9f86d081884c7d659a2f',
    'https://h7Gq2z.example/Pw9',
    '$(h7Gq2zPw9Lm)',
    'prefix-$h7Gq2zPw9',
    'encrypt(h7Gq2zPw9Lm)',
    'aaaaaaaaaa1111B',
    '2024-03-02T10:11',
    'short7!Gq',
  ]) {
    it(`says nothing of ${value}`, () => {
      assert.equal(strengthOf(value), undefined);
    });
  }

  it('asks for a name that ends in the word', () => {
    assert.equal(strengthUnder('password', 'uV9pQ2mL7tRz4'), 'strong');
    assert.equal(strengthUnder('PASSWORD2', 'uV9pQ2mL7tRz4'), 'strong');
    assert.equal(strengthUnder(undefined, 'uV9pQ2mL7tRz4'), 'strong');
    assert.equal(strengthUnder('passwordHash', 'uV9pQ2mL7tRz4'), undefined);
    assert.equal(strengthUnder('password_id', 'uV9pQ2mL7tRz4'), undefined);
  });
});
