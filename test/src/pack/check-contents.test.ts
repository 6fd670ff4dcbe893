import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkContents } from '../../../src/pack/check-contents.ts';
import type { Manifest } from '../../../src/pack/manifest.ts';
import { tellMethod } from '../../../src/run/parts/method.ts';
import { canonicalJson, sha256 } from '../../../src/util/digest.ts';
import { HOSTILE_NAMES } from '../../helpers/report.ts';

/** What is wrong with the configuration of a pack. */
async function problemsOf(stored: string): Promise<readonly unknown[]> {
  const { config } = await tellMethod({ configDigest: '', platform: '', config: stored, rules: '[]', catalogues: '[]' });
  const bytes = Buffer.from(config);
  const file = { path: 'config.yml', size: bytes.length, chunks: () => [bytes] };
  const manifest = { config: { sha256: sha256(stored) } } as Manifest;
  return checkContents(manifest, (path) => (path === file.path ? file : undefined)).problems;
}

describe('the configuration in a pack', () => {
  it('as text for people leads to the digest that the run kept, whatever is in it', async () => {
    const word = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(...HOSTILE_NAMES.filter((name) => name.isWellFormed())),
    );
    const value = fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme' });

    await fc.assert(
      fc.asyncProperty(fc.dictionary(word, fc.oneof(word, fc.array(word), fc.integer(), value)), async (config) => {
        assert.deepEqual(await problemsOf(canonicalJson(config)), []);
      }),
      { numRuns: 300 },
    );
  });

  it('is read without its aliases growing beyond measure', () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (let n = 1; n < 12; n++)
      lines.push(
        `b${n}: &b${n} [${Array(9)
          .fill(n === 1 ? '*a' : `*b${n - 1}`)
          .join(', ')}]`,
      );
    const bytes = Buffer.from(lines.join('\n'));
    const file = { path: 'config.yml', size: bytes.length, chunks: () => [bytes] };

    const { problems } = checkContents({ config: {} } as Manifest, (path) => (path === file.path ? file : undefined));

    assert.deepEqual(
      problems.map(({ kind }) => kind),
      ['mismatch'],
    );
  });
});
