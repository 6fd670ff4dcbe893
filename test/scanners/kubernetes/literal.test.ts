import assert from 'node:assert/strict';
import { literalOf } from '../../../scanners/kubernetes/literal.ts';
import { looksSecret, secretKind } from '../../../src/formats/plain-value.ts';

describe('literals of manifests', () => {
  const VALUES = [
    'Harbour2024',
    'quartz&kestrel7',
    'Tr0ub4dor&3xyz',
    'AQuarium77',
    '1234.5678',
    '/run/secrets/db',
    '<your password>',
  ];
  const KEYS = ['DB_PASSWORD', 'dbPassword2', 'jwt.secret', 'apiKey', 'SHOW_PASSWORD', 'NEXT_PUBLIC_API_KEY', 'LOG_LEVEL'];

  it('are told by the rules of every other file', () => {
    for (const key of KEYS) {
      for (const value of VALUES) {
        const expected = looksSecret(value) ? secretKind(key) : undefined;
        assert.equal(literalOf(key, value)?.type, expected, `${key}: ${value}`);
      }
    }
  });

  it('are no names of objects, expressions and sealed values, which stand in manifests in their place', () => {
    for (const value of [
      'redis-master-0',
      'shop-db-v2.shop.svc',
      'A1b2c3d4\uE0011',
      'ref+awssecrets://shop/db#Key1',
      'ENC[AES256_GCM,data:a1B2]',
    ])
      assert.equal(literalOf('DB_PASSWORD', value), undefined, value);
    for (const key of ['existingSecret', 'secretName', 'passwordFile', 'AWS_ACCESS_KEY_ID'])
      assert.equal(literalOf(key, 'Harbour2024'), undefined, key);
  });

  it('are weak where everybody tries them first', () => {
    const told = (key: string, value: string) => literalOf(key, value)?.weak;

    assert.equal(told('adminPassword', 'prom-operator'), true);
    assert.equal(told('DB_PASSWORD', 'postgres'), true);
    assert.equal(told('DB_PASSWORD', 'Harbour2024'), false);
    assert.equal(told('tokenSecret', 'my-secret'), undefined);
    assert.equal(told('api-token', 'admin'), undefined);
  });
});
