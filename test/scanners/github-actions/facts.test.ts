// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the expressions of GitHub Actions look like it
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { kinds } from '../../helpers/scan-context.ts';
import { consumerOf, factsOf, scan, workflow } from './harness.ts';

const CHECKOUT = '    steps:\n      - uses: actions/checkout@v4\n';

/** Told where something is done with a secret, not where it is named. */
const ELSEWHERE = new Set(['app-token', 'secret-in-artifact', 'secret-printed', 'secret-in-argument', 'secret-to-action']);

describe('github-actions scanner, facts', () => {
  describe('what a checkout leaves', () => {
    it('is the token of the job, once, at the step', async () => {
      const text = workflow(`${CHECKOUT}      - uses: actions/checkout@v4\n        with: { repository: harbour/lib }\n`);

      const rows = await factsOf(text, 'persisted-credentials');

      assert.equal(rows.length, 1);
      assert.equal(rows[0]?.identity, 'github:harbour/shop:job-token/deploy.yml/deploy');
      assert.equal(rows[0]?.at?.pointer, 'jobs.deploy.steps[0]');
    });

    for (const step of [
      'run: git push origin HEAD',
      'run: git submodule update --init',
      'run: ./scripts/release.sh',
      'run: npx semantic-release',
      'uses: stefanzweifel/git-auto-commit-action@v5',
      'uses: peter-evans/create-pull-request@v7',
      'uses: changesets/action@v1',
      'uses: elsewhere/docs@v1\n        with: { git-push: "true" }',
    ]) {
      it(`may be needed by ${step.split('\n')[0]}`, async () => {
        const [row] = await factsOf(workflow(`${CHECKOUT}      - ${step}\n`), 'persisted-credentials');

        assert.equal(row?.detail.pushes, true);
      });
    }
    for (const step of [
      'run: make test',
      'uses: docker/build-push-action@v6\n        with: { push: true }',
      'uses: elsewhere/scan@v1',
    ]) {
      it(`is not needed by ${step.split('\n')[0]}`, async () => {
        const [row] = await factsOf(workflow(`${CHECKOUT}      - ${step}\n`), 'persisted-credentials');

        assert.equal(row?.detail.pushes, false);
      });
    }
    for (const input of [
      'persist-credentials: false',
      'persist-credentials: "false"',
      'persist-credentials: ${{ inputs.keep }}',
      'token: ${{ steps.app.outputs.token }}',
    ]) {
      it(`is nothing with ${input}`, async () => {
        assert.deepEqual(
          await factsOf(
            workflow(
              `    steps:\n      - uses: actions/checkout@v4\n        with: { ${input.includes('$') ? input.replace(/: (.*)$/, ': "$1"') : input} }\n`,
            ),
            'persisted-credentials',
          ),
          [],
        );
      });
    }
  });

  describe('what an upload carries away', () => {
    const upload = (path: string, uses = 'actions/upload-artifact@v4', more = '') =>
      workflow(
        `${CHECKOUT}      - run: echo "$KEY" > out/.secret.json\n        env: { KEY: "\${{ secrets.KEY }}" }\n      - uses: ${uses}\n        with:\n          path: ${path}\n${more}`,
      );
    const whats = async (text: string) => (await factsOf(text, 'secret-in-artifact')).map(({ detail }) => detail.what);

    for (const [path, uses, more, expected] of [
      ['.', 'actions/upload-artifact@v3', '', ['the token that the checkout left in .git/config', 'the file out/.secret.json']],
      ['.', 'actions/upload-artifact@v4', '', []],
      [
        '.',
        'actions/upload-artifact@v4',
        '          include-hidden-files: true\n',
        ['the token that the checkout left in .git/config', 'the file out/.secret.json'],
      ],
      ['.git', 'actions/upload-artifact@v3', '', ['the git configuration']],
      ['out', 'actions/cache@v4', '', ['the file out/.secret.json']],
      ['dist', 'actions/cache@v4', '', []],
      ['.env.example', 'actions/cache@v4', '', []],
      ['~/.aws', 'actions/cache/save@v4', '', ['a directory of logins']],
      ['~/.npm', 'actions/cache@v4', '', []],
      ['.env', 'actions/cache/restore@v4', '', []],
      ['kubeconfig.yml', 'actions/upload-artifact@v4', '', ['a key file']],
    ] as const) {
      it(`${path} of ${uses} ${more.trim()}: ${expected.join(', ') || 'nothing'}`, async () => {
        assert.deepEqual(await whats(upload(path, uses, more)), expected);
      });
    }

    it('reads lists of paths, and leaves out what is excluded', async () => {
      const [row, ...others] = await factsOf(
        upload('|\n            dist\n            !.git\n            .netrc', 'actions/upload-artifact@v3'),
        'secret-in-artifact',
      );

      assert.equal(row?.detail.path, '.netrc');
      assert.equal(others.length, 0);
    });
  });

  describe('write scopes that no step can use', () => {
    const unneeded = async (permissions: string, steps: string) =>
      (await consumerOf(workflow(`    permissions: { ${permissions} }\n    steps:\n${steps}`), 'GITHUB_TOKEN')).detail.unneeded;

    for (const [permissions, steps, expected] of [
      ['packages: write, contents: read', '      - uses: actions/setup-go@v5\n      - run: go test ./...\n', ['packages']],
      ['contents: write', '      - uses: softprops/action-gh-release@v2\n', []],
      ['contents: write', '      - run: git push\n', []],
      ['security-events: write, issues: write', '      - uses: github/codeql-action/analyze@v3\n', ['issues']],
      ['issues: write', '      - uses: elsewhere/any@v1\n', []],
      ['issues: write', '      - uses: ./.github/actions/own\n', []],
      ['issues: write', '      - run: x\n        env: { GH_TOKEN: "${{ github.token }}" }\n', []],
      ['packages: write', '      - uses: docker/login-action@v3\n        with: { registry: "${{ env.REGISTRY }}" }\n', []],
    ] as const) {
      it(`${permissions} for ${steps.trim().split('\n')[0]}: ${expected.join(', ') || 'none'}`, async () => {
        assert.deepEqual(await unneeded(permissions, steps), expected);
      });
    }

    it('says nothing of what the whole workflow may', async () => {
      const text = workflow('    steps:\n      - run: go test ./...\n', 'on: push\npermissions:\n  packages: write');

      assert.deepEqual((await consumerOf(text, 'GITHUB_TOKEN')).detail.unneeded, []);
    });
  });

  describe('agents', () => {
    it('lists what the agent can reach, apart from its own key, and what came before it', async () => {
      const text = workflow(
        [
          '    steps:',
          '      - uses: elsewhere/login@v1',
          '        with: { password: "${{ secrets.DB_PASSWORD }}" }',
          '      - uses: anthropics/claude-code-action@v1',
          '        env: { GH_TOKEN: "${{ secrets.BOT_PAT }}" }',
          '        with:',
          '          anthropic_api_key: ${{ secrets.ANTHROPIC_API_KEY }}',
          '          allowed_non_write_users: "*"',
          '          claude_args: --max-turns 5 --dangerously-skip-permissions',
        ].join('\n'),
        'on: issue_comment',
      );

      const [row] = await factsOf(text, 'ai-agent');

      assert.deepEqual(row?.detail.ownKeys, ['ANTHROPIC_API_KEY']);
      assert.deepEqual(row?.detail.reaches, ['BOT_PAT']);
      assert.deepEqual(row?.detail.reachesKinds, ['github-token']);
      assert.deepEqual(row?.detail.earlier, ['DB_PASSWORD']);
      assert.deepEqual(row?.detail.openTo, ['allowed_non_write_users: *']);
      assert.deepEqual(row?.detail.unrestrained, ['--dangerously-skip-permissions']);
    });
  });

  it('says who starts the job', async () => {
    const classes = async (head: string, extra = '') =>
      (await consumerOf(workflow(`${extra}    steps: []\n`, head), 'GITHUB_TOKEN')).detail.triggerClasses;

    assert.deepEqual(await classes('on: [push, schedule, workflow_dispatch]'), ['any-branch', 'schedule', 'manual']);
    assert.deepEqual(await classes('on: { push: { branches: [main] }, pull_request_target: {}, pull_request: {} }'), [
      'branch',
      'strangers',
      'pull-request',
    ]);
    assert.deepEqual(await classes('on: [push, issue_comment]', "    if: github.event_name == 'push'\n"), ['any-branch']);
    assert.deepEqual(await classes('on: push', "    if: github.ref == 'refs/heads/main'\n"), ['branch']);
    assert.deepEqual(await classes('on: [workflow_call, release, page_build]'), ['called', 'release', 'other']);
  });

  it('tells what a reusable workflow asks for, whether it uses it, and where the callee of a job lies', async () => {
    const text =
      'on:\n  workflow_call:\n    secrets:\n      api_key: { required: true }\n      OLD: {}\njobs:\n  a:\n    steps: [{ run: "x ${{ secrets.API_KEY }}" }]\n  b:\n    uses: Harbour/Flows/.github/workflows/x.yml@v1\n    secrets: { k: "${{ secrets.API_KEY }}" }\n';

    const observations = await scan(text);

    assert.deepEqual(
      (await factsOf(text, 'declared-secret')).map(({ secretName, consumer, detail }) => [
        secretName,
        consumer,
        detail.required,
        detail.used,
      ]),
      [
        ['API_KEY', 'harbour/shop:.github/workflows/deploy.yml', true, true],
        ['OLD', 'harbour/shop:.github/workflows/deploy.yml', false, false],
      ],
    );
    const call = kinds(observations, 'consumer').find(
      ({ consumer, secretName }) => consumer.endsWith('#b') && secretName === 'API_KEY',
    );
    assert.deepEqual(
      [call?.detail?.calleeRepository, call?.detail?.calleePath, call?.detail?.inputs],
      ['harbour/flows', '.github/workflows/x.yml', ['k']],
    );
  });

  it('says of a composite action only what concerns its secrets', async () => {
    const text =
      'runs:\n  using: composite\n  steps:\n    - uses: actions/checkout@v4\n    - uses: anthropics/claude-code-action@v1\n';

    const observations = await scan(text, 'action.yml');

    assert.deepEqual(kinds(observations, 'consumer'), []);
  });

  it('keeps to the lines of the file, however it is changed', async () => {
    const lines = workflow(
      [
        '    permissions: { id-token: write, contents: write }',
        '    environment: prod',
        '    steps:',
        '      - uses: actions/checkout@v4',
        '        with: { ssh-key: "${{ secrets.DEPLOY_KEY }}" }',
        '      - uses: actions/create-github-app-token@v2',
        '        with: { app-id: 1, private-key: "${{ secrets.APP_KEY }}" }',
        '      - run: echo "$K" > .env && npm publish',
        '        env: { K: "${{ secrets.NPM_TOKEN }}", NODE_AUTH_TOKEN: "${{ secrets.NPM_TOKEN }}" }',
        '      - uses: actions/upload-artifact@v3',
        '        with: { path: . }',
        '      - run: claude -p x --dangerously-skip-permissions',
      ].join('\n'),
      "on: [push, pull_request_target]\nenv: { A: '${{ secrets.A }}' }",
    ).split('\n');
    const change = fc.record({
      line: fc.nat(lines.length - 1),
      what: fc.constantFrom('drop', 'double', 'indent', 'cut', 'tab', 'colon', 'comment'),
      at: fc.nat(60),
    });

    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 6 }), async (changes) => {
        const text = [...lines];
        for (const { line, what, at } of changes) {
          const old = text[line] ?? '';
          if (what === 'drop') text[line] = '';
          else if (what === 'double') text[line] = `${old}\n${old}`;
          else if (what === 'indent') text[line] = `  ${old}`;
          else if (what === 'cut') text[line] = old.slice(0, at);
          else if (what === 'tab') text[line] = `\t${old}`;
          else if (what === 'colon') text[line] = `${old.slice(0, at)}: ${old.slice(at)}`;
          else text[line] = `# ${old}`;
        }
        const written = text.join('\n');
        const all = written.split('\n');

        const observations = await scan(written);

        for (const { secretName, at, detail } of kinds(observations, 'consumer')) {
          if (secretName === undefined || secretName === 'GITHUB_TOKEN' || secretName === '*') continue;
          if (ELSEWHERE.has(String(detail?.fact))) continue;
          assert.ok(
            all[(at?.line ?? 0) - 1]?.includes(`secrets.${secretName}`),
            `${secretName} is not at line ${at?.line}:\n${written}`,
          );
        }
      }),
      { numRuns: 150 },
    );
  }).timeout(20_000);
});
