import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { scanCommand } from '../../../src/commands/scan.ts';
import { testIo } from '../../helpers/io.ts';
import { SCAN_OPTIONS } from '../../helpers/scan-options.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';

const OPTIONS = {
  ...SCAN_OPTIONS,
  store: 'audit.duckdb',
} as const;
/** Access keys, assembled here so that no push protection stops this file. */
const keyOf = (end: string): string => `key_id = "${['AK', 'IA'].join('')}QYLPMN5HFIQR${end}"\n`;

describe('a finding of an earlier run', () => {
  let root: string;
  let hour: number;

  beforeEach(() => {
    root = tempDir();
    hour = 0;
    writeFile(root, 'shop/config.py', keyOf('7DZW'));
    writeFile(root, 'press/config.py', keyOf('7EZX'));
  });

  /** Statuses by the directory that a finding is about. */
  async function scanned(targets: readonly string[], options: object = {}): Promise<{ readonly [place: string]: string }> {
    const clock = (): Date => new Date(Date.UTC(2026, 5, 1, hour));
    hour += 1;
    const io = testIo(root, { clock, env: { NHI_AUDIT_FINGERPRINT_KEY: 'a'.repeat(64) } });
    await scanCommand(io, targets, { ...OPTIONS, ...options });
    const { findings } = JSON.parse(io.out());
    return Object.fromEntries(
      findings.map(({ message, status }: { message: string; status: string }) => [
        /press/.test(message) ? 'press' : 'shop',
        status,
      ]),
    );
  }

  it('is fixed where the same look meets it no more, whatever other scans came between', async () => {
    const first = await scanned(['shop']);
    const other = await scanned(['press']);
    rmSync(join(root, 'shop/config.py'));
    writeFile(root, 'shop/other.py', '# nothing\n');
    const again = await scanned(['shop']);
    const later = await scanned(['shop']);

    assert.deepEqual(first, { shop: 'new' });
    assert.deepEqual(other, { press: 'new', shop: 'not-observed' });
    assert.deepEqual(again, { press: 'not-observed', shop: 'fixed' });
    assert.deepEqual(later, { press: 'not-observed' });
  });

  it('is still open where it was seen before a scan of something else', async () => {
    await scanned(['shop']);
    await scanned(['press']);

    const again = await scanned(['shop']);

    assert.deepEqual(again, { press: 'not-observed', shop: 'open' });
  });

  it('is not said to be fixed by a look that may only have missed it', async () => {
    await scanned(['shop']);
    const excluded = await scanned(['shop'], { exclude: ['config.py'] });
    writeFile(root, 'shop/config.py', '# nothing\n');
    const sameAsLast = await scanned(['shop'], { exclude: ['config.py'] });
    const sameAsFirst = await scanned(['shop']);

    assert.deepEqual(
      [excluded, sameAsLast, sameAsFirst],
      [{ shop: 'not-observed' }, { shop: 'not-observed' }, { shop: 'fixed' }],
    );
  });

  it('is fixed by the look that saw it last, not by one that saw it before that', async () => {
    writeFile(root, 'shop/tests/a.py', keyOf('7DZW'));
    await scanned(['shop'], { exclude: ['tests/'] });
    await scanned(['shop']);
    writeFile(root, 'shop/config.py', '# nothing\n');

    const narrow = await scanned(['shop'], { exclude: ['tests/'] });

    assert.deepEqual(narrow, { shop: 'not-observed' });
  });
});
