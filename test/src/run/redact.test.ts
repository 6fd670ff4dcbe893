import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { redactNames } from '../../../src/run/redact.ts';
import { fakeToken, testContext } from '../../helpers/scan-context.ts';

describe('names that hold a credential', () => {
  const { detect } = testContext();
  const token = fakeToken('harbour1');
  const coverage = (path: string): Observation => ({
    kind: 'coverage',
    surface: 'work-tree',
    subject: path,
    outcome: 'complete',
    covers: [],
    at: { path, pointer: `keys.${path}` },
  });

  it('are masked wherever a place is told', () => {
    const redacted = redactNames(coverage(`keys/${token}.txt`), detect);

    assert(!JSON.stringify(redacted).includes(token));
    assert.match(redacted.at?.path ?? '', /^keys\/.+…\(\d+\)\.txt$/);
  });

  it('are left as they are when they hold none', () => {
    const plain = coverage('src/a-rather-long-file-name-of-no-import.ts');

    assert.equal(redactNames(plain, detect), plain);
  });
});
