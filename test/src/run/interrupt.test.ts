import assert from 'node:assert/strict';
import { join } from 'node:path';
import { scanCommand } from '../../../src/commands/scan.ts';
import { openStore } from '../../../src/store/index.ts';
import { Store } from '../../../src/store/store.ts';
import { testIo } from '../../helpers/io.ts';
import { SCAN_OPTIONS } from '../../helpers/scan-options.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';

// Assembled here, so that no push protection stops this file.
const ACCESS_KEY = `${['AK', 'IA'].join('')}QYLPMN5HFIQR7DZW`;

describe('an interrupt', () => {
  const { saveResults, rows } = Store.prototype;

  afterEach(() => {
    Object.assign(Store.prototype, { saveResults, rows });
  });

  it('that comes when the run is stored lets it end as it would have: its report, its exit code', async () => {
    const root = tempDir();
    writeFile(root, 'a.txt', `key_id = ${ACCESS_KEY}\n`);
    const abort = new AbortController();
    const io = testIo(root, { signal: abort.signal });
    Store.prototype.saveResults = async function (this: Store, ...results) {
      await saveResults.apply(this, results);
      abort.abort();
    };

    const code = await scanCommand(io, ['.'], { ...SCAN_OPTIONS, store: 'audit.duckdb' });

    assert.equal(abort.signal.aborted, true);
    assert.equal(code, 1);
    assert.equal(JSON.parse(io.out()).findings.length, 1);
    assert.equal(await completeRuns(join(root, 'audit.duckdb')), 1);
  });

  it('that comes before it is stored ends it, and leaves no run', async () => {
    const root = tempDir();
    writeFile(root, 'a.txt', `key_id = ${ACCESS_KEY}\n`);
    const abort = new AbortController();
    const io = testIo(root, { signal: abort.signal });
    Store.prototype.rows = async function (this: Store, ...query) {
      const answer = rows.apply(this, query);
      if (/FROM sightings/.test(query[0])) abort.abort();
      return await answer;
    };

    await assert.rejects(scanCommand(io, ['.'], { ...SCAN_OPTIONS, store: 'audit.duckdb' }));

    Object.assign(Store.prototype, { rows });
    assert.equal(io.out(), '');
    assert.equal(await completeRuns(join(root, 'audit.duckdb')), 0);
  });
});

async function completeRuns(file: string): Promise<number> {
  const store = await openStore({ mode: 'read', file });
  try {
    return Number((await store.rows("SELECT count(*) AS n FROM runs WHERE status = 'complete'"))[0]?.n);
  } finally {
    store.close();
  }
}
