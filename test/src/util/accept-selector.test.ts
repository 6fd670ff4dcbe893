import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Finding } from '../../../src/contracts/index.ts';
import { loadException } from '../../../src/suppress/exceptions.ts';
import { selectorOf } from '../../../src/util/accept-selector.ts';
import { EPHEMERAL } from '../../../src/util/fingerprint.ts';

const FINGERPRINT = 'ab12'.repeat(16);

function findingAt(paths: readonly string[], about: Partial<Finding> = {}): Finding {
  const evidence = paths.map((path, index) => ({ observation: `o${index}`, kind: 'sighting', summary: 'seen', at: { path } }));
  const told = {
    fingerprint: FINGERPRINT,
    rule: 'in-file',
    severity: 'high',
    subject: 'pa…(12)',
    credential: 'secret:0123',
    evidence,
  };
  return { ...told, ...about } as unknown as Finding;
}

function covers(selector: ReturnType<typeof selectorOf>, finding: Finding): boolean {
  assert(selector !== undefined);
  return loadException({ ...selector, reason: 'x', owner: 'y', expires: '2027-01-01' }, 'file', '2026-11-22').covers(finding);
}

describe('what selects a finding in the next run, too', () => {
  it('is its fingerprint where the key is kept, or where it rests on no key', () => {
    const key = findingAt(['app.env'], { credential: 'aws:access-key/AKIA' });

    assert.deepEqual(selectorOf(findingAt(['app.env']), 'kept'), { finding: 'ab12ab12ab12' });
    assert.deepEqual(selectorOf(key, EPHEMERAL), { finding: 'ab12ab12ab12' });
    assert(covers(selectorOf(key, EPHEMERAL), key));
  });

  it('is its check and file else, whatever the file is called', () => {
    const name = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' });

    fc.assert(
      fc.property(name, name, (one, two) => {
        const path = `${one}/${two}`;
        const selector = selectorOf(findingAt([path]), EPHEMERAL);
        if (selector === undefined) return;

        assert(covers(selector, findingAt([path])), JSON.stringify(selector));
        assert(!covers(selector, findingAt([path.replace(/.$/su, '\u00b6x')])), JSON.stringify(selector));
        assert(!covers(selector, findingAt([`deeper/${path}`])), JSON.stringify(selector));
      }),
    );
  });

  for (const path of ['my app.env', 'a*b?[c].env', '!not', '#hash', 'back\\slash', './app/x.env']) {
    it(`is told of a file called ${JSON.stringify(path)}`, () => {
      const selector = selectorOf(findingAt([path]), EPHEMERAL);

      assert(covers(selector, findingAt([path])));
      assert(!covers(selector, findingAt([`x${path.slice(1)}`])));
    });
  }

  it('is not told of several files, nor of a name that controls a terminal', () => {
    assert.equal(selectorOf(findingAt(['a', 'b']), EPHEMERAL), undefined);
    for (const path of ['a\u001b[31m', 'end ']) assert.equal(selectorOf(findingAt([path]), EPHEMERAL), undefined, path);
    assert.equal(selectorOf(findingAt([]), EPHEMERAL), undefined);
  });
});
