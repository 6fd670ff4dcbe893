import assert from 'node:assert/strict';
import { nearest } from '../../../src/util/nearest.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';

const COMMANDS = ['scan', 'report', 'trace', 'trim', 'identities', 'findings', 'query', 'rules', 'demo', 'doctor'];

describe('nearest', () => {
  for (const [typed, meant] of [
    ['scna', 'scan'],
    ['sacn', 'scan'],
    ['repot', 'report'],
    ['qurey', 'query'],
    ['idnetities', 'identities'],
    ['TRACE', 'trace'],
    ['findigns', 'findings'],
  ] as const) {
    it(`reads ${typed} as ${meant}`, () => {
      assert.equal(nearest(typed, COMMANDS), meant);
    });
  }

  it('counts a swap of neighbours as one slip', () => {
    // As two replacements, `ab` would be as near to `cb`.
    assert.equal(nearest('csf', ['cxx', 'cfs']), 'cfs');
  });

  it('prefers the closest, and the first of equals', () => {
    assert.equal(nearest('repor', ['reporter', 'report']), 'report');
    assert.equal(nearest('cas', ['cat', 'car']), 'cat');
  });

  it('stays silent when nothing is near', () => {
    assert.equal(nearest('kubernetes', COMMANDS), undefined);
    assert.equal(nearest('scan', []), undefined);
  });

  it('does not take a short word for one that shares no letter with it', () => {
    assert.equal(nearest('xy', ['ab', 'q']), undefined);
    assert.equal(nearest('-', ['js', 'csv']), undefined);
    assert.equal(nearest('', ['a']), undefined);
  });

  it('is quick with a long text among many names', () => {
    const names = Array.from({ length: 5000 }, (_, n) => `aws:123456789012:role/service-${n}`);
    const started = cpuTime();

    nearest('x'.repeat(100_000), names);

    assert(cpuTime() - started < 1000);
  });
});
