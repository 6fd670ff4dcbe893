import assert from 'node:assert/strict';
import { scanCommand } from '../../../src/commands/scan.ts';
import { testIo } from '../../helpers/io.ts';
import { SCAN_OPTIONS } from '../../helpers/scan-options.ts';
import { tempRepo } from '../../helpers/temp-repo.ts';

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
    await scanCommand(io, ['.'], { ...SCAN_OPTIONS, staged: true });
    const { findings } = JSON.parse(io.out());
    return findings.map(({ rule }: { readonly rule: string }) => rule).filter((rule: string) => rule === 'job-token-write-all');
  }

  it('tells what a line that was added brings', async () => {
    assert.deepEqual(await found(WORKFLOW.replace('permissions: write-all\n', ''), WORKFLOW), ['job-token-write-all']);
  });

  it('tells it of a new file', async () => {
    assert.deepEqual(await found(undefined, WORKFLOW), ['job-token-write-all']);
  });

  const GUARDED = `on: push
jobs:
  a:
    runs-on: ubuntu-24.04
    permissions: { contents: read }
    steps:
      - run: make a
  b:
    runs-on: ubuntu-24.04
    permissions: { contents: read }
    steps:
      - run: make b
`;

  interface Told {
    readonly rule: string;
    readonly message: string;
    readonly fingerprint: string;
    readonly detail?: { readonly byChange?: string };
  }

  /** What a scan of the staged changes tells, after a base was committed and `change` was made and staged. */
  async function toldOf(base: Readonly<Record<string, string>>, change: (repo: ReturnType<typeof tempRepo>) => void) {
    const repo = tempRepo();
    for (const [path, text] of Object.entries(base)) repo.write(path, text);
    repo.commit('Base');
    change(repo);
    repo.git('add', '-A');
    const io = testIo(repo.path);
    await scanCommand(io, ['.'], { ...SCAN_OPTIONS, staged: true, persona: 'auditor' });
    const report = JSON.parse(io.out());
    const findings: readonly Told[] = report.findings;
    return { findings, report, repo };
  }

  function rules(findings: readonly Told[], rule: string): readonly Told[] {
    return findings.filter((finding) => finding.rule === rule);
  }

  it('tells what a change opens by taking a line out, and says that the line shown is as it was', async () => {
    const path = '.github/workflows/ci.yml';
    const { findings, repo } = await toldOf({ [path]: GUARDED }, ({ write }) =>
      write(path, GUARDED.replace('    permissions: { contents: read }\n', '')),
    );

    const [told, ...more] = rules(findings, 'job-token-permissions-undeclared');
    assert.deepEqual(more, []);
    assert.match(told?.message ?? '', /The change brought this by what it took out or changed elsewhere/);
    assert.equal(told?.detail?.byChange, 'brought');
    repo.commit('Open');
    const io = testIo(repo.path);
    await scanCommand(io, ['.'], { ...SCAN_OPTIONS, diff: 'HEAD~1..HEAD', persona: 'auditor' });
    const ofRange: readonly Told[] = JSON.parse(io.out()).findings;
    assert.deepEqual(
      rules(ofRange, 'job-token-permissions-undeclared').map(({ fingerprint }) => fingerprint),
      [told?.fingerprint],
    );
  });

  it('tells that one more job is open where one was before', async () => {
    const path = '.github/workflows/ci.yml';
    const half = GUARDED.replace('    permissions: { contents: read }\n', '');

    const { findings } = await toldOf({ [path]: half }, ({ write }) =>
      write(path, half.replace('    permissions: { contents: read }\n', '')),
    );

    const [told] = rules(findings, 'job-token-permissions-undeclared');
    assert.equal(told?.detail?.byChange, 'wider');
  });

  it('tells that one job is open in place of another of nearly that name', async () => {
    const path = '.github/workflows/ci.yml';
    const guard = '    if: github.event.pull_request.head.repo.full_name == github.repository\n';
    const job = (name: string, isGuarded: boolean): string => `  ${name}:
${isGuarded ? guard : ''}    runs-on: ubuntu-24.04
    permissions: { contents: read }
    steps:
      - uses: actions/checkout@v4
        with: { ref: '\${{ github.event.pull_request.head.sha }}' }
      - run: make
        env: { NPM_TOKEN: '\${{ secrets.NPM_TOKEN }}' }
`;
    const workflow = (first: boolean): string =>
      `on: pull_request_target\njobs:\n${job('build1', first)}${job('build2', !first)}`;

    const { findings } = await toldOf({ [path]: workflow(false) }, ({ write }) => write(path, workflow(true)));

    assert.match(rules(findings, 'stranger-code-with-secrets')[0]?.message ?? '', /#build2 /);
  });

  it('tells nothing of a file that moved and lost a line that guarded nothing', async () => {
    const open = GUARDED.replaceAll('    permissions: { contents: read }\n', '');

    const { findings, report } = await toldOf({ '.github/workflows/a.yml': `${open}# End\n` }, (repo) => {
      repo.git('mv', '.github/workflows/a.yml', '.github/workflows/b.yml');
      repo.write('.github/workflows/b.yml', open);
    });

    assert.deepEqual(findings, []);
    const rows = report.coverage.filter(({ subject }: { readonly subject: string }) => /before/.test(subject));
    assert.deepEqual(rows, [], 'the side before is no part of the report');
    assert.equal(JSON.stringify(report.coverage).includes('a.yml'), false);
  });

  it('leaves alone what stood on the lines that went', async () => {
    const { findings, report } = await toldOf(
      { '.github/workflows/ci.yml': GUARDED.replace('make a', 'curl -u deploy:h7Gq2zPw9Lm4x https://registry.example') },
      ({ write }) => write('.github/workflows/ci.yml', GUARDED.replace('    permissions: { contents: read }\n', '')),
    );

    assert.equal(rules(findings, 'job-token-permissions-undeclared').length, 1);
    assert.equal(report.run.counts.sighting, 0);
  });

  it('does not tell what stood there before', async () => {
    assert.deepEqual(await found(WORKFLOW, WORKFLOW.replace('make', 'make all')), []);
  });
});
