import assert from 'node:assert/strict';
import { statesOf } from '../../../src/detect/outline.ts';
import { parsePattern } from '../../../src/detect/pattern.ts';
import { reachOf } from '../../../src/detect/reach.ts';

function reach(source: string, keywords: readonly string[], flags = ''): number | undefined {
  const states = statesOf(parsePattern(source, flags === 'i'));
  assert.ok(states !== undefined);
  return reachOf(states, keywords, flags !== 'i');
}

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
});
