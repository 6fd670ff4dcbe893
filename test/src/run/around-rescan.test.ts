import assert from 'node:assert/strict';
import { join } from 'node:path';
import { scanCommand } from '../../../src/commands/scan.ts';
import { openStore } from '../../../src/store/index.ts';
import { testIo } from '../../helpers/io.ts';
import { type TempRepo, tempDir, tempRepo } from '../../helpers/temp-repo.ts';

const OPTIONS = {
  format: 'json',
  output: [],
  framework: [],
  history: false,
  exclude: [],
  only: [],
  skip: [],
  exitCode: false,
  failOn: 'low',
} as const;

describe('a file whose neighbours changed since an earlier run', () => {
  let repo: TempRepo;
  let store: string;

  beforeEach(() => {
    repo = tempRepo();
    store = join(tempDir(), 'audit.duckdb');
    repo.write('.env', 'DB_PASSWORD=hunter-of-the-harbour-7\n');
    repo.write('Dockerfile', 'FROM alpine:3.20\nCOPY . /app\n');
    repo.write('.gitlab-ci.yml', 'include: [ci/base.yml]\ndeploy:\n  extends: .base\n  script: [./deploy]\n');
    repo.write('ci/base.yml', '.base:\n  variables: {TARGET: $STAGING_TOKEN}\n');
    repo.commit('Base');
  });

  async function scanned(): Promise<{ readonly rows: readonly string[]; readonly parts: number }> {
    const io = testIo(repo.path);
    await scanCommand(io, ['.'], { ...OPTIONS, store });
    const opened = await openStore({ mode: 'read', file: store });
    try {
      const consumers = await opened.rows(
        `SELECT regexp_replace(consumer_id, '^[^:]*:', '') || ' ' || coalesce(detail->>'file', secret_name, detail->>'fact') AS what FROM consumers
         WHERE detail->>'platform' IN ('gitlab-ci', 'dockerfile') ORDER BY ALL`,
      );
      const [parts] = await opened.rows("SELECT count(*) AS n FROM parts WHERE scanner IN ('dockerfile', 'gitlab-ci')");
      return { rows: consumers.map(({ what }) => String(what)), parts: Number(parts?.n) };
    } finally {
      opened.close();
    }
  }

  it('is told anew, and kept while they stay as they are', async () => {
    const first = await scanned();
    const second = await scanned();
    repo.write('.dockerignore', '.env\n');
    repo.write('ci/base.yml', '.base:\n  variables: {TARGET: $PRODUCTION_TOKEN}\n');

    const third = await scanned();

    assert.deepEqual(first, { rows: ['.gitlab-ci.yml#deploy STAGING_TOKEN', 'Dockerfile#0 .env'], parts: 2 });
    assert.deepEqual(second, first);
    assert.deepEqual(third, { rows: ['.gitlab-ci.yml#deploy PRODUCTION_TOKEN'], parts: 4 });
  });
});
