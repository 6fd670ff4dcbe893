import assert from 'node:assert/strict';
import fc from 'fast-check';
import { buildAutomaton, createKernel } from '../../../src/detect/automaton.ts';

/** All occurrences, found the slow way. */
function searchNaively(text: string, keywords: readonly string[]): [number, number][] {
  const folded = text.replace(/[A-Z]/g, (c) => c.toLowerCase());
  const hits: [number, number][] = [];
  for (let at = 0; at < folded.length; at++) {
    for (const [index, keyword] of keywords.entries()) if (folded.startsWith(keyword.toLowerCase(), at)) hits.push([at, index]);
  }
  return hits;
}

function search(text: string, keywords: readonly string[], start = 0, end = text.length): [number, number][] {
  const { starts, keywords: found, count } = createKernel(buildAutomaton(keywords)).scan(Buffer.from(text, 'latin1'), start, end);
  return Array.from({ length: count }, (_, index) => [starts[index] ?? -1, found[index] ?? -1]);
}

describe('keyword automaton', () => {
  it('finds what a naive search finds, in the same order', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'B', '-'), minLength: 1, maxLength: 5 });
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'B', '-', 'c'), maxLength: 3000 });

    fc.assert(
      fc.property(
        fc.uniqueArray(letters, { minLength: 1, maxLength: 8, selector: (k) => k.toLowerCase() }),
        texts,
        (keywords, text) => {
          assert.deepEqual(search(text, keywords), searchNaively(text, keywords));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('finds a keyword at every place of a long text, lane borders among them, once', () => {
    const size = 1200;
    for (let at = 0; at + 6 <= size; at++) {
      const text = `${'.'.repeat(at)}secret${'.'.repeat(size - at - 6)}`;

      assert.deepEqual(search(text, ['secret', 'cr']), [
        [at, 0],
        [at + 2, 1],
      ]);
    }
  });

  it('keeps to the range it is given', () => {
    const text = `key${'.'.repeat(1000)}key`;

    assert.deepEqual(search(text, ['key'], 1), [[1003, 0]]);
    assert.deepEqual(search(text, ['key'], 0, text.length - 1), [[0, 0]]);
  });

  it('takes bytes above ASCII as they are', () => {
    assert.deepEqual(search('x\u00c9y\u00e9', ['\u00c9y']), [[1, 0]]);
  });

  it('holds more hits than its first buffers', () => {
    assert.equal(search('ab'.repeat(50_000), ['ab', 'b']).length, 100_000);
  });
});
