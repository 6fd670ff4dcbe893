import assert from 'node:assert/strict';
import { loadPack } from '../../../src/detect/load.ts';
import { isMonotonous, placeholderTest } from '../../../src/detect/placeholder.ts';

const { placeholders } = await loadPack();
const isPlaceholder = placeholderTest(placeholders);

function variable(name: string): string {
  return `\${${name}}`;
}

describe('placeholders', () => {
  for (const value of [
    'changeme',
    'CHANGEME',
    'password',
    variable('DB_PASSWORD'),
    '$DB_PASSWORD',
    '$(pass show db)',
    '%DB_PASSWORD%',
    '{{ .Values.db.password }}',
    '<your-key>',
    '****************',
    'xxxxxxxxxxxxxxxxxxxx',
    'your_api_key_goes_here',
    'op://vault/db/password',
    'vault:secret/data/db#password',
    'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db',
    'process.env.DB_PASSWORD',
    'os.environ["DB_PASSWORD"]',
    'secrets.DB_PASSWORD',
    '!Ref DbPassword',
    'ENC[AES256_GCM,data:q8V]',
    'abcdefghijklmnop',
    '0123456789012345',
    'abcabcabcabcabc',
  ]) {
    it(`refuses ${value}`, () => {
      assert.equal(isPlaceholder(value, false), true);
    });
  }

  for (const value of ['q8Vw-t2LmZ7x', 'correct horse battery', 'Str0ng!Harbour', '9f2c1e7ab4d05836', '$6$q8Vwt2Lm$Z7xk']) {
    it(`lets ${value} pass`, () => {
      assert.equal(isPlaceholder(value, false), false);
    });
  }

  it('hold a word against a guess only', () => {
    assert.equal(isPlaceholder('kX9-config-2Lw', true), true);
    assert.equal(isPlaceholder('kX9-config-2Lw', false), false);
  });

  it('take what everybody knows for a password where nothing else can stand, but no template or mask', () => {
    assert.equal(isPlaceholder('password', true, true), false);
    assert.equal(isPlaceholder('admin', false, true), false);
    assert.equal(isPlaceholder(variable('PASSWORD'), false, true), true);
    assert.equal(isPlaceholder('*****', false, true), true);
  });

  it('look for marks in no text as long as a key', () => {
    const long = `${'kQ8/'.repeat(120)}$(${'x9Z+'.repeat(10)}`;

    assert.equal(isPlaceholder(long, false), false);
  });

  it('know runs and repetitions', () => {
    assert.equal(isMonotonous('aaaaaaaaaaaa'), true);
    assert.equal(isMonotonous('key_abcdefghijkl'), true);
    assert.equal(isMonotonous('q8vwt2lmz7xk'), false);
    assert.equal(isMonotonous('aaaa'), false);
    assert.equal(isMonotonous(`${'MDAw'.repeat(21)}MA==`), true);
  });
});
