import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { NameRedactor } from '../../../src/run/redact.ts';
import { fakeToken, testContext } from '../../helpers/scan-context.ts';

describe('names that hold a credential', () => {
  const names = new NameRedactor(testContext().detect);
  const token = fakeToken('harbour1');
  const coverage = (path: string): Observation => ({
    kind: 'coverage',
    surface: 'work-tree',
    subject: path,
    outcome: 'complete',
    covers: [],
    at: { path },
  });

  it('are masked wherever a place is told', () => {
    const redacted = names.redact(coverage(`keys/${token}.txt`));

    assert(!JSON.stringify(redacted).includes(token));
    assert.match(redacted.at?.path ?? '', /^keys\/.+…\(\d+\)\.txt$/);
  });

  it('are left as they are when they hold none', () => {
    const plain = coverage('src/a-rather-long-file-name-of-no-import.ts');

    assert.equal(names.redact(plain), plain);
  });
});
