import assert from 'node:assert/strict';
import fc from 'fast-check';
import { v5 } from 'uuid';
import { uuidOf } from '../../../src/util/uuid.ts';

describe('uuidOf', () => {
  it('is version 5 as package uuid makes it', () => {
    const namespace = v5('urn:nhi-audit', v5.URL);

    fc.assert(
      fc.property(fc.string(), fc.array(fc.string({ unit: 'binary' })), (kind, names) => {
        assert.equal(uuidOf(kind, ...names), v5(JSON.stringify([kind, ...names]), namespace));
      }),
      { numRuns: 40 },
    );
  });

  it('tells apart what runs together, and what is not well-formed', () => {
    const ids = [
      uuidOf('a', 'bc'),
      uuidOf('ab', 'c'),
      uuidOf('abc'),
      uuidOf('a', '\ud800'),
      uuidOf('a', '\ud801'),
      uuidOf('a', ''),
    ];

    assert.equal(new Set(ids).size, ids.length);
  });
});
