import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportCommand } from '../../../src/commands/report.ts';
import { scanCommand } from '../../../src/commands/scan.ts';
import { BIN } from '../../helpers/cli.ts';
import { testIo } from '../../helpers/io.ts';
import { SCAN_OPTIONS } from '../../helpers/scan-options.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';

const PASSWORD = `orders-${'hunter2'.repeat(2)}-Zx9`;

/** What stands under the comment that says so, with the file of the store put in. */
function commandIn(document: string, store: string): string {
  const line = /^# This document again, byte for byte.*\n(?<command>.*)$/m.exec(document)?.groups?.command ?? '';
  return line.replace('--store FILE', `--store ${store}`).replace('=evidence.md', '=again.md');
}

/** As a reader does who pastes it into a shell. */
function paste(command: string, directory: string): void {
  const shell = 'run() { "$NODE" "$BIN" "$@"; }';
  execFileSync('sh', ['-c', `${shell}\n${command.replace(/^nhi-audit/, 'run')}`], {
    cwd: directory,
    env: { ...process.env, NODE: process.execPath, BIN },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

describe('the command that an audit document prints', () => {
  let root: string;

  before(async () => {
    root = tempDir();
    writeFile(root, 'repo/app.env', `DATABASE_URL=postgres://orders:${PASSWORD}@db.harbour.example/orders\n`);
    writeFile(
      root,
      'repo/.github/workflows/build.yml',
      'on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n',
    );
    await scanCommand(testIo(root), ['repo'], {
      ...SCAN_OPTIONS,
      store: 'audit.duckdb',
      output: ['audit=scan.md'],
      persona: 'dev',
      framework: ['pci-dss-4.0.1'],
    });
  });

  const read = (name: string): string => readFileSync(join(root, name), 'utf8');

  it('makes the document of a scan again, byte for byte', () => {
    paste(commandIn(read('scan.md'), 'audit.duckdb'), root);

    assert.equal(read('again.md'), read('scan.md'));
    assert.match(read('scan.md'), /--persona dev --framework pci-dss-4\.0\.1 -o audit=evidence\.md/);
  });

  it('makes the document of a report again, with all that was chosen', async () => {
    const options = { ...SCAN_OPTIONS, store: join(root, 'audit.duckdb'), newOnly: true, persona: 'auditor' };
    await reportCommand(testIo(root), { ...options, output: ["audit:findings=1,title=Harbour's coffee=report.md"] });

    paste(commandIn(read('report.md'), './audit.duckdb'), root);

    assert.equal(read('again.md'), read('report.md'));
    assert.match(read('report.md'), /--persona auditor --new-only --framework /);
  });
});
