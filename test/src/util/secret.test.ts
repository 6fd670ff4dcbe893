import assert from 'node:assert/strict';
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import { createLog } from '../../../src/util/log.ts';
import { Secret } from '../../../src/util/secret.ts';

const VALUE = 'correct-horse-battery';

describe('Secret', () => {
  const secret = new Secret(VALUE);
  const nested = { user: 'ci', keys: [secret], deep: { a: { b: { c: { secret } } } }, map: new Map([['key', secret]]) };

  const prints: { readonly [how: string]: () => string } = {
    'a template': () => `password=${secret}`,
    concatenation: () => `password=${String(secret)}`,
    JSON: () => JSON.stringify({ password: secret }),
    inspect: () => inspect({ password: secret }),
    'inspect with everything shown': () => inspect(secret, { showHidden: true, getters: true, depth: null }),
    '%s': () => format('%s', secret),
    '%o': () => format('%o', secret),
    '%O': () => format('%O', secret),
    '%j': () => format('%j', secret),
    'an error message': () => new Error(`bad ${secret}`).message,
    'an error with a cause': () => inspect(new Error('bad', { cause: secret })),
    'a nested value': () => inspect(nested, { depth: null }),
    'a nested value as JSON': () => JSON.stringify(nested),
    console: () => printed((out) => out.log('got', secret, nested.keys)),
    'console.table': () => printed((out) => out.table([{ secret }])),
    'a log line': () => logged(),
  };
  for (const [how, print] of Object.entries(prints)) {
    it(`prints [secret] in ${how}`, () => {
      const text = print();

      assert(!text.includes(VALUE), text);
      assert(text.includes('[secret]'), text);
    });
  }

  it('shows nothing to printers that pass over what a class says of itself', () => {
    const plain = inspect(nested, { customInspect: false, showHidden: true, depth: null });
    const listed = printed((out) => out.dir(nested, { depth: null, showHidden: true }));

    assert(!plain.includes(VALUE) && !listed.includes(VALUE), plain + listed);
  });

  it('shows nothing to whoever looks at its members', () => {
    assert.deepEqual(Object.keys(secret), []);
    assert.deepEqual({ ...secret }, {});
    assert.deepEqual(structuredClone({ secret }), { secret: {} });
  });

  it('gives its value to reveal() alone, and its length', () => {
    assert.equal(secret.reveal(), VALUE);
    assert.equal(secret.length, VALUE.length);
  });
});

function printed(use: (out: Console) => void): string {
  let text = '';
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  use(new Console({ stdout, stderr: stdout }));
  return text;
}

function logged(): string {
  let text = '';
  createLog('debug', (line) => {
    text += line;
  }).warn('a match', { secret: new Secret(VALUE), list: [new Secret(VALUE)] });
  return text;
}
