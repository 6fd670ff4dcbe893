import assert from 'node:assert/strict';
import { expandExample } from '../../../src/detect/examples.ts';
import { isWordlike } from '../../../src/detect/token-efficiency.ts';
import { holdsWord } from '../../../src/detect/words.ts';

function share(kind: string, size: number, test: (text: string) => boolean): number {
  let count = 0;
  for (let index = 0; index < 4000; index++) if (test(expandExample(`{{${kind}:${size}}}`, `${kind}${index}`).text)) count++;
  return count / 4000;
}

describe('what tells names from chance', () => {
  for (const text of [
    's3_disable_express_session_auth',
    'my-application-secret-name-1',
    'AuthenticationMiddleware2',
    '@smithy/signature-v4',
    'resourceVersionMatchNotOlderThan3',
    'refresh_token_handler_v2',
  ]) {
    it(`reads ${text} as a name`, () => {
      assert.ok(isWordlike(text) || holdsWord(text));
    });
  }

  for (const [kind, size, most] of [
    ['alnum', 16, 0.006],
    ['alnum', 20, 0.004],
    ['alnum', 32, 0.002],
    ['alnum', 40, 0.001],
    ['base64url', 43, 0.001],
    ['lowernum', 24, 0.006],
    ['hex', 32, 0],
    ['uppernum', 20, 0.006],
  ] as const) {
    it(`takes hardly any ${kind} of ${size} characters for a name`, () => {
      assert.ok(share(kind, size, isWordlike) <= most, String(share(kind, size, isWordlike)));
    });
  }

  it('finds a word of names in hardly any random text of 40 characters', () => {
    assert.ok(share('alnum', 40, holdsWord) <= 0.003);
  });

  it('never judges a text too short to tell', () => {
    assert.equal(isWordlike('token'), false);
    assert.equal(isWordlike(''), false);
  });
});
