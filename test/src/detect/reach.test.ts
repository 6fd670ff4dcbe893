import assert from 'node:assert/strict';
import { statesOf } from '../../../src/detect/outline.ts';
import { has, parsePattern } from '../../../src/detect/pattern.ts';
import { type Reach, reachOf } from '../../../src/detect/reach.ts';

function whole(source: string, keywords: readonly string[], flags = ''): Reach | undefined {
  const states = statesOf(parsePattern(source, flags === 'i'));
  assert.ok(states !== undefined);
  return reachOf(states, keywords, flags !== 'i');
}

function reach(source: string, keywords: readonly string[], flags = ''): number | undefined {
  return whole(source, keywords, flags)?.before;
}

/** For each keyword, the printable bytes that may stand at the places behind it. */
function followers(source: string, keywords: readonly string[], flags = ''): string[][] {
  return (whole(source, keywords, flags)?.followers ?? []).map((sets) =>
    sets.map((set) => PRINTABLE.filter((character) => has(set, character.charCodeAt(0))).join('')),
  );
}

const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));

describe('reach of a pattern', () => {
  it('is how far before its keyword a match may begin', () => {
    assert.equal(reach('key_[a-z]{20}', ['key_']), 0);
    assert.equal(reach('[a-z0-9]{32}-us\\d', ['-us']), 32);
    assert.equal(reach('[a-z]{3,20}\\.(?:one|two)\\.net/x', ['.one.net', '.two.net']), 20);
  });

  it('follows every way through alternatives, and the first keyword on it', () => {
    const source = '(?:\\$[a-z_]{0,30}(?:pass|secret)|"pwd")=';

    assert.equal(reach(source, ['pass', 'pwd', 'secret'], 'i'), 31);
    assert.equal(reach(source, ['pass', 'pwd'], 'i'), undefined);
  });

  it('is unknown where a match may do without a keyword, or begin anywhere', () => {
    assert.equal(reach('(?:x|key)=[a-z]{8}', ['key']), undefined);
    assert.equal(reach('[a-z]*key', ['key']), undefined);
    assert.equal(reach('(?:KEY|key)=', ['key']), undefined);
    assert.equal(reach('(?:KEY|key)=', ['key'], 'i'), 0);
  });

  it('tells what may stand behind each keyword, as far as a match must go on', () => {
    assert.deepEqual(followers('[0-9]{2,9}_(?:key|secret)=[0-3]{2,3}', ['key', 'secret']), [
      ['=', '0123', '0123'],
      ['=', '0123', '0123'],
    ]);
    assert.deepEqual(followers('x(?:ab:?|abc)[12]{2}', ['ab', 'abc']), [['12:c', '12'], []]);
    assert.deepEqual(followers('.{3}key', ['key']), [[]]);
  });

  it('tells it of all keywords that end at one place', () => {
    assert.deepEqual(followers('(?:my_)?secret:[a-c]', ['secret', 'my_secret'], 'i'), [
      [':', 'ABCabc'],
      [':', 'ABCabc'],
    ]);
  });
});
