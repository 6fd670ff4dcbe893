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
  'scan --staged, 20 changed files': 350,
  'scan --staged, 20 changed files, one finding': 900,
  'scan --diff, 200 changed files': 700,
};
const REFERENCE = 'node -e 0';

/** Start-up and the pre-commit check, as a user waits for them. */
export function measureProcesses(bin: string): readonly Measurement[] {
  const root = mkdtempSync(join(tmpdir(), 'nhi-audit-bench-'));
  try {
    const clean = repository(join(root, 'clean'), { 'config.txt': 'export const port = 8080;\n' });
    // Assembled here, so that no push protection stops this file.
    const key = `${['AK', 'IA'].join('')}QYLPMN5HFIQR7DZW`;
    const leak = { 'config.txt': `aws_access_key_id = ${key}\n` };
    const leaking = repository(join(root, 'leaking'), leak);
    const twenty = repository(join(root, 'twenty'), changed(20));
    const twentyLeaking = repository(join(root, 'twenty-leaking'), { ...changed(19), ...leak });
    const branch = repository(join(root, 'branch'), changed(200));
    runGit(branch, ['commit', '-q', '-m', 'Change']);
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
        'scan --staged, 20 changed files': tool(twenty, 'scan', '--staged'),
        'scan --staged, 20 changed files, one finding': tool(twentyLeaking, 'scan', '--staged'),
        'scan --diff, 200 changed files': tool(branch, 'scan', '--diff', 'HEAD~1..HEAD'),
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

/** Files of the repository below, changed at their beginning, in their middle and at their end. */
function changed(count: number): { readonly [path: string]: string } {
  const files: { [path: string]: string } = {};
  for (let n = 0; n < count; n += 1) {
    const half = fileOf(n).repeat(25);
    files[`src/${n}.js`] = `import { port } from './config.js';\n${half}const timeout = ${n};\n${half}export default timeout;\n`;
  }
  return files;
}

function fileOf(n: number): string {
  return `export const value = ${n};\n`;
}

/** A repository of 200 files in one commit, with these staged. */
function repository(path: string, staged: { readonly [path: string]: string }): string {
  mkdirSync(join(path, 'src'), { recursive: true });
  runGit(path, ['init', '-q', '-b', 'main']);
  for (let n = 0; n < 200; n += 1) writeFileSync(join(path, 'src', `${n}.js`), fileOf(n).repeat(50));
  runGit(path, ['add', '-A']);
  runGit(path, ['commit', '-q', '-m', 'Start']);
  for (const [file, content] of Object.entries(staged)) writeFileSync(join(path, file), content);
  runGit(path, ['add', '-A']);
  return path;
}
