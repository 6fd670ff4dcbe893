import assert from 'node:assert/strict';
import { join } from 'node:path';
import { scanCommand } from '../../../src/commands/scan.ts';
import { testIo } from '../../helpers/io.ts';
import { tempDir, tempRepo, writeFile } from '../../helpers/temp-repo.ts';

const OPTIONS = {
  format: 'json',
  output: [],
  framework: [],
  history: false,
  exclude: [],
  only: [],
  skip: [],
  exitCode: true,
  failOn: 'low',
  persona: 'auditor',
} as const;

const TOKEN = ['gl', 'pat-', 'Zt7wQx2', 'Lk9vRb4', 'Nm6sYd'].join('');
const PIPELINE = `variables:
  TOKEN: "${TOKEN}"
deploy:
  script: [kubectl apply -f k8s]
`;
const WORKFLOW = `on: push
permissions: write-all
jobs:
  build:
    runs-on: ubuntu-24.04
    steps:
      - run: make
`;

interface Found {
  readonly rule: string;
  readonly place: readonly string[];
}

describe('a file that is a target', () => {
  it('is told as in its repository, once and under the same rule', async () => {
    const repo = tempRepo();
    repo.write('.gitlab-ci.yml', PIPELINE);
    repo.write('.github/workflows/ci.yml', WORKFLOW);
    repo.commit('Base');

    const whole = await found(repo.path, '.');
    const pipeline = await found(repo.path, '.gitlab-ci.yml');
    const workflow = await found(join(repo.path, '.github/workflows'), 'ci.yml');

    assert.ok(pipeline.some(({ rule }) => rule === 'credential-in-ci-config'));
    assert.deepEqual(
      pipeline,
      whole.filter(({ place }) => place.every((at) => at.includes('.gitlab-ci.yml'))),
    );
    assert.ok(
      workflow.some(({ rule, place }) => rule === 'job-token-write-all' && /:\.github\/workflows\/ci\.yml:/.test(place[0] ?? '')),
    );
  });

  it('is known by where it lies, also where it is named from there and in no repository', async () => {
    const directory = tempDir();
    writeFile(directory, '.github/workflows/ci.yml', WORKFLOW);

    const told = await found(join(directory, '.github/workflows'), 'ci.yml');

    assert.ok(told.some(({ rule, place }) => rule === 'job-token-write-all' && place[0] === ':ci.yml:2'));
  });

  async function found(directory: string, target: string): Promise<readonly Found[]> {
    const io = testIo(directory);
    await scanCommand(io, [target], OPTIONS);
    interface Evidence {
      readonly place?: { readonly repository?: string; readonly path?: string; readonly line?: number };
    }
    const report: { readonly findings: readonly { readonly rule: string; readonly evidence: readonly Evidence[] }[] } =
      JSON.parse(io.out());
    return report.findings
      .map(({ rule, evidence }) => ({
        rule,
        place: evidence.map(({ place: at }) => `${at?.repository ?? ''}:${at?.path}:${at?.line}`),
      }))
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
});
