import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalJson, contentId, sha256 } from '../../../src/util/digest.ts';

describe('digest', () => {
  it('sorts keys, at every depth', () => {
    assert.equal(canonicalJson({ b: 1, a: { d: [{ z: 1, y: 2 }], c: null } }), '{"a":{"c":null,"d":[{"y":2,"z":1}]},"b":1}');
  });

  it('leaves out undefined members, and keeps null', () => {
    assert.equal(canonicalJson({ a: undefined, b: null }), '{"b":null}');
    assert.equal(contentId({ a: 1 }), contentId({ a: 1, b: undefined }));
    assert.notEqual(contentId({ a: 1 }), contentId({ a: 1, b: null }));
  });

  it('keeps the order and the length of arrays', () => {
    assert.notEqual(contentId([1, 2]), contentId([2, 1]));
    assert.equal(canonicalJson([undefined, 1]), '[null,1]');
  });

  it('writes what has a toJSON as JSON does', () => {
    assert.equal(canonicalJson({ at: new Date('2026-03-12T02:00:04.118Z') }), '{"at":"2026-03-12T02:00:04.118Z"}');
  });

  it('tells a number from its text', () => {
    assert.notEqual(contentId({ port: 5432 }), contentId({ port: '5432' }));
  });

  it('names content by 128 bits of SHA-256', () => {
    // printf '{"a":1}' | sha256sum
    assert.equal(contentId({ a: 1 }), '015abd7f5cc57a2dd94b7590f04ad808');
    assert.equal(sha256('{"a":1}'), '015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862');
    assert.equal(sha256(Buffer.from('{"a":1}')), sha256('{"a":1}'));
  });

  it('gives one id to one content, however its keys were put together', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.infiniteStream(fc.nat()), (value, numbers) => {
        assert.equal(contentId(shuffled(value, numbers)), contentId(value));
      }),
    );
  });

  it('gives the text that JSON.parse reads back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

/** The same value with the keys of every object in another order. */
function shuffled(value: unknown, numbers: Iterator<number>): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, numbers));
  if (typeof value !== 'object' || value === null) return value;
  const keyed = Object.entries(value).map(([key, member]) => [Number(numbers.next().value), key, member] as const);
  const entries = keyed.sort(([a], [b]) => a - b).map(([, key, member]) => [key, shuffled(member, numbers)] as const);
  return Object.fromEntries(entries);
}
