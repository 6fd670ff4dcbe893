import assert from 'node:assert/strict';
import { scanCommand } from '../../../src/commands/scan.ts';
import { testIo } from '../../helpers/io.ts';
import { tempRepo } from '../../helpers/temp-repo.ts';

const OPTIONS = {
  format: 'json',
  output: [],
  framework: [],
  history: true,
  exclude: [],
  only: [],
  skip: [],
  exitCode: true,
  failOn: 'low',
} as const;

const WORKFLOW = `on: push
permissions: write-all
jobs:
  build:
    runs-on: ubuntu-24.04
    steps:
      - run: make
`;

describe('a pre-merge check of configuration', () => {
  async function found(before: string | undefined, after: string): Promise<readonly string[]> {
    const repo = tempRepo();
    repo.write('README.md', 'Hello\n');
    if (before !== undefined) repo.write('.github/workflows/ci.yml', before);
    repo.commit('Base');
    repo.write('.github/workflows/ci.yml', after);
    repo.git('add', '-A');
    const io = testIo(repo.path);
    await scanCommand(io, ['.'], { ...OPTIONS, staged: true });
    const { findings } = JSON.parse(io.out());
    return findings.map(({ rule }: { readonly rule: string }) => rule).filter((rule: string) => rule === 'job-token-write-all');
  }

  it('tells what a line that was added brings', async () => {
    assert.deepEqual(await found(WORKFLOW.replace('permissions: write-all\n', ''), WORKFLOW), ['job-token-write-all']);
  });

  it('tells it of a new file', async () => {
    assert.deepEqual(await found(undefined, WORKFLOW), ['job-token-write-all']);
  });

  it('does not tell what stood there before', async () => {
    assert.deepEqual(await found(WORKFLOW, WORKFLOW.replace('make', 'make all')), []);
  });
});
