import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readJsonValues } from '../../../src/files/json-values.ts';
import { knownManagedPolicy } from '../../../src/iam/index.ts';

describe('JSON of exports', () => {
  it('reads one value', () => {
    assert.deepEqual(readJsonValues(' {"a":1} '), { values: [{ a: 1 }] });
  });

  it('reads concatenated values, lines and a naive join', () => {
    assert.deepEqual(readJsonValues('{"a":1}{"b":2}').values, [{ a: 1 }, { b: 2 }]);
    assert.deepEqual(readJsonValues('{"a":1}\n[2]\r\n{"b":"}"}\n').values, [{ a: 1 }, [2], { b: '}' }]);
    assert.deepEqual(readJsonValues('{"a":"\\"{"},\n{"b":2},').values, [{ a: '"{' }, { b: 2 }]);
  });

  it('keeps the whole records of a value that is cut off, and says where', () => {
    const text = '{"List":[{"n":1},{"n":2,"tags":[{"k":1},{"k"';

    const read = readJsonValues(text);

    assert.deepEqual(read.values, [{ List: [{ n: 1 }] }]);
    assert.equal(read.broken?.byte, text.length);
    assert.equal(read.broken?.recovered, true);
  });

  it('counts bytes, not characters', () => {
    assert.equal(readJsonValues('{"ü":"€').broken?.byte, 10);
  });

  it('keeps the values before text that is not JSON', () => {
    const read = readJsonValues('{"a":1}\nAn error occurred (AccessDenied)');

    assert.deepEqual(read.values, [{ a: 1 }]);
    assert.equal(read.broken?.byte, 8);
    assert.equal(read.broken?.line, 2);
    assert.equal(read.broken?.what, 'is not JSON');
  });

  it('gives up on brackets that do not pair and on endless nesting', () => {
    assert.equal(readJsonValues('{"a":[1}').broken?.byte, 7);
    assert.equal(readJsonValues('['.repeat(100_000)).broken?.what, 'nests too deep');
  });

  it('reads any values back, however they are joined', () => {
    const container = fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()));
    fc.assert(
      fc.property(
        fc.array(container, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('', '\n', ', ', '\r\n'),
        (values, glue) => {
          const text = values.map((value) => JSON.stringify(value)).join(glue);

          assert.deepEqual(
            JSON.stringify(readJsonValues(text).values),
            JSON.stringify(values.map((value) => JSON.parse(JSON.stringify(value)))),
          );
        },
      ),
    );
  });

  it('gives nothing that a recursion could not walk through, and keeps the records before it', () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    const alone = readJsonValues(deep);
    const beside = readJsonValues(`[{"id":"a"},${deep}]`);
    const one = readJsonValues(`{"entries":[{"id":"a","x":${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}}]}`);

    assert.deepEqual(alone.values, []);
    assert.equal(alone.broken?.what, 'nests too deep');
    assert.deepEqual(beside.values, [[{ id: 'a' }]]);
    assert.deepEqual([beside.broken?.what, beside.broken?.recovered], ['nests too deep', true]);
    assert.deepEqual([one.values, one.broken?.what], [[], 'nests too deep']);
  });

  it('reads what nests as deep as an export may, and counts no bracket of a text', () => {
    const text = JSON.stringify({ note: '[{'.repeat(2000), list: JSON.parse('['.repeat(400) + ']'.repeat(400)) });
    const long = JSON.stringify(Array.from({ length: 2000 }, () => ({ a: [] })));

    assert.equal(JSON.stringify(readJsonValues(text).values[0]), text);
    assert.equal(JSON.stringify(readJsonValues(long).values[0]), long);
  });

  it('never throws and never invents a record, wherever the text is cut', () => {
    const records = [{ id: 'a', tags: [{ k: 'x' }] }, { id: 'b', note: '"}]{[' }, { id: 'c' }];
    const text = JSON.stringify({ List: records });
    for (let length = 0; length < text.length; length++) {
      const read = readJsonValues(text.slice(0, length));

      assert.equal(read.broken !== undefined || length === 0, true);
      const list = (read.values[0] as { List: object[] } | undefined)?.List ?? [];
      assert.deepEqual(list, records.slice(0, list.length));
    }
  });
});

describe('managed policies known by name', () => {
  it('knows AdministratorAccess in every partition', () => {
    assert.equal(knownManagedPolicy('arn:aws:iam::aws:policy/AdministratorAccess')?.complete, true);
    assert.equal(knownManagedPolicy('arn:aws-cn:iam::aws:policy/AdministratorAccess')?.complete, true);
  });

  it('does not take a policy of the customer for one of AWS', () => {
    assert.equal(knownManagedPolicy('arn:aws:iam::111122223333:policy/AdministratorAccess'), undefined);
  });

  it('does not know the rest', () => {
    assert.equal(knownManagedPolicy('arn:aws:iam::aws:policy/SomethingNew'), undefined);
  });
});
