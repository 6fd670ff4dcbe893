import assert from 'node:assert/strict';
import { createEngine } from '../../../src/detect/engine.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { mayHoldTest } from '../../../src/detect/may-hold.ts';
import { maskNames } from '../../../src/util/mask-names.ts';

describe('a quick look at a name', () => {
  it('misses no example of a detector that tells a credential by itself, and each is masked once and for all', async () => {
    const pack = await loadPack();
    const engine = createEngine({ pack, fingerprintKey: 'key of these tests', secretlint: false });
    const mayHold = mayHoldTest(engine.search);
    const mask = (text: string) => maskNames(text, engine.detect, mayHold);
    let seen = 0;

    for (const { id, categories, examples } of pack.detectors) {
      if (categories.includes('generic')) continue;
      for (const example of examples) {
        const { text } = expandExample(example, `${id}${example}`);
        const found = engine.detect(text, { specificOnly: true });
        if (found.length === 0) continue;
        seen++;
        const masked = mask(text);

        assert(mayHold(text), id);
        for (const { secret, publicId } of found) {
          if (secret.reveal() !== publicId) assert(!masked.includes(secret.reveal()), `${id} is shown`);
        }
        assert.equal(mask(masked), masked, id);
      }
    }

    assert(seen > 500, `${seen} were tried`);
  });
});
