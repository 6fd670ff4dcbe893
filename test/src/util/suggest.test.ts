import assert from 'node:assert/strict';
import { didYouMean, suggest } from '../../../src/util/suggest.ts';

const IDS = ['aws-secret-access-key', 'aws-access-key', 'jwt', 'leaked-aws-thing', 'leaked-live-key'];

describe('suggestions', () => {
  for (const [word, expected] of [
    ['AWS', ['aws-access-key', 'aws-secret-access-key', 'leaked-aws-thing']],
    ['access-key', ['aws-access-key', 'aws-secret-access-key']],
    ['leaked-live-kye', ['leaked-live-key']],
    ['jw', ['jwt']],
    ['zzzzzzzz', []],
    ['', []],
  ] as const) {
    it(`for "${word}": ${expected.length === 0 ? 'none' : expected.join(', ')}`, () => {
      assert.deepEqual(suggest(word, IDS), expected);
    });
  }

  it('are a question of a few, or the sentence given', () => {
    assert.equal(didYouMean('aws', IDS, 'no', 2), 'Did you mean "aws-access-key" or "aws-secret-access-key"? (or one of 1 more)');
    assert.equal(didYouMean('jwd', IDS, 'no'), 'Did you mean "jwt"?');
    assert.equal(didYouMean('qqqqqq', IDS, 'List them all.'), 'List them all.');
  });
});
