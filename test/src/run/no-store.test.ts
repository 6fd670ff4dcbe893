import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { z } from 'zod';
import type { ReportV1 } from '../../../reporters/json/v1.ts';
import { scanCommand } from '../../../src/commands/scan.ts';
import { testIo } from '../../helpers/io.ts';
import { SCAN_OPTIONS } from '../../helpers/scan-options.ts';
import { type TempRepo, tempDir, tempRepo, writeFile } from '../../helpers/temp-repo.ts';

const NONE = 'none (nothing was observed)';

describe('a scan that observes nothing', () => {
  let repo: TempRepo;

  beforeEach(() => {
    repo = tempRepo();
    repo.write('src/a.ts', 'export const a = 1;\n');
    repo.write('docs/read.me', 'Nothing here.\n');
    repo.commit('Start');
  });

  async function scanned(options: object = {}): Promise<z.infer<typeof ReportV1>> {
    const io = testIo(repo.path, { env: { NHI_AUDIT_FINGERPRINT_KEY: 'a'.repeat(64) } });
    assert.equal(await scanCommand(io, ['.'], { ...SCAN_OPTIONS, ...options }), 0);
    return JSON.parse(io.out());
  }

  it('says without a store what it says with one', async () => {
    const aside = tempDir();
    writeFile(
      aside,
      'exceptions.yml',
      'exceptions:\n  - path: never/**\n    reason: a test\n    owner: ana@harbour.example\n    expires: 2099-01-01\n',
    );

    const without = await scanned();
    const { run, ...told } = await scanned({ exceptions: join(aside, 'exceptions.yml') });

    assert.equal(without.run.engine, NONE);
    assert.match(run.engine, /^DuckDB/);
    assert.deepEqual(without.run.counts, run.counts);
    for (const part of ['summary', 'coverage', 'findings', 'checks', 'controls'] as const) {
      assert.deepEqual(without[part], told[part], part);
    }
  });

  it('opens one to say that what accepts findings is stale', async () => {
    repo.write('.gitleaksignore', 'src/a.ts:any-rule:1\n');

    const { run, acceptances } = await scanned();

    assert.match(run.engine, /^DuckDB/);
    assert.deepEqual(
      acceptances.map(({ state }) => state),
      ['stale'],
    );
  });
});
