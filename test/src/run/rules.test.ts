import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../src/config/load.ts';
import { loadJudgement } from '../../../src/run/rules.ts';

describe('rules of a run', () => {
  it('keeps the checks that the configuration switches off apart, so that a report can name them', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'nhi-audit-rules-'));
    writeFileSync(
      join(directory, 'nhi-audit.config.yml'),
      'checks: { possible-credential: { enabled: false }, access-key-unused: { enabled: true } }\n',
    );

    const { checks, disabled } = await loadJudgement(await loadConfig(directory));

    assert.deepEqual(
      disabled.map((check) => check.meta.id),
      ['possible-credential'],
    );
    const ids = checks.map((check) => check.meta.id);
    assert.equal(ids.includes('possible-credential'), false);
    assert.equal(ids.includes('access-key-unused'), true);
    rmSync(directory, { recursive: true });
  });
});
