// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the expressions of GitHub Actions look like it
import assert from 'node:assert/strict';
import { kinds } from '../../helpers/scan-context.ts';
import { factsOf, scan, textAt, workflow } from './harness.ts';

const OIDC = '    permissions:\n      id-token: write\n';

async function subjects(text: string): Promise<string[]> {
  return kinds(await scan(text), 'identity').flatMap(({ type, name }) => (type === 'oidc-subject' ? [name] : []));
}

describe('github-actions scanner, identities', () => {
  describe('subjects of OIDC tokens', () => {
    const cases: readonly (readonly [string, string, readonly string[]])[] = [
      ['on: push', '', ['repo:harbour/shop:ref:refs/heads/*', 'repo:harbour/shop:ref:refs/tags/*']],
      [
        'on:\n  push:\n    branches: [main, "release/**"]',
        '',
        ['repo:harbour/shop:ref:refs/heads/main', 'repo:harbour/shop:ref:refs/heads/release/*'],
      ],
      ['on:\n  push:\n    tags: ["v[0-9]+.*"]', '', ['repo:harbour/shop:ref:refs/tags/v*.*']],
      ['on:\n  push:\n    branches-ignore: [wip]', '', ['repo:harbour/shop:ref:refs/heads/*']],
      ['on: pull_request', '', ['repo:harbour/shop:pull_request']],
      ['on: [pull_request, schedule]', '', ['repo:harbour/shop:pull_request', 'repo:harbour/shop:ref:refs/heads/*']],
      ['on: release', '', ['repo:harbour/shop:ref:refs/tags/*']],
      ['on: [push, pull_request]', "    if: github.event_name == 'pull_request'\n", ['repo:harbour/shop:pull_request']],
      ['on: [push, pull_request]', '    environment: Production\n', ['repo:harbour/shop:environment:Production']],
      [
        'on: push',
        '    environment:\n      name: ${{ matrix.to }}\n    strategy:\n      matrix:\n        to: [staging, prod]\n',
        ['repo:harbour/shop:environment:staging', 'repo:harbour/shop:environment:prod'],
      ],
      ['on: push', '    environment: ${{ needs.pick.outputs.name }}\n', ['repo:harbour/shop:environment:*']],
      ['on: workflow_call', '', []],
      ['on: workflow_call', '    environment: prod\n', ['repo:harbour/shop:environment:prod']],
    ];
    for (const [head, extra, expected] of cases) {
      it(`${head.replaceAll('\n', ' ')} ${extra.trim().replaceAll('\n', ' ')}: ${expected.join(', ') || 'none'}`, async () => {
        assert.deepEqual(await subjects(workflow(`${extra}${OIDC}    steps: []\n`, head)), expected);
      });
    }

    it('yields none for a job that may not ask for a token', async () => {
      assert.deepEqual(await subjects(workflow('    steps: []\n')), []);
    });

    it('takes the choices at the start for the environment', async () => {
      const head = 'on:\n  workflow_dispatch:\n    inputs:\n      to:\n        type: choice\n        options: [dev, prod]';

      assert.deepEqual(await subjects(workflow(`    environment: \${{ inputs.to }}\n${OIDC}    steps: []\n`, head)), [
        'repo:harbour/shop:environment:dev',
        'repo:harbour/shop:environment:prod',
      ]);
    });

    it('says who presents it, and what it is made of', async () => {
      const text = workflow(`    environment: prod\n${OIDC}    steps: []\n`);

      const observations = await scan(text);

      const identity = kinds(observations, 'identity').find(({ type }) => type === 'oidc-subject');
      assert.equal(identity?.id, 'github:harbour/shop:oidc/repo:harbour/shop:environment:prod');
      assert.equal(identity?.environment, 'prod');
      assert.equal(textAt(text, identity?.at, 5), 'write');
      assert.deepEqual(identity?.detail, {
        issuer: 'token.actions.githubusercontent.com',
        subject: 'repo:harbour/shop:environment:prod',
        isPattern: false,
        from: 'environment',
        events: ['push'],
        githubEnvironment: 'prod',
      });
      const [consumer, ...others] = await factsOf(text, 'oidc-subject');
      assert.equal(consumer?.identity, identity?.id);
      assert.equal(consumer?.how, 'oidc');
      assert.equal(others.length, 0);
    });

    it('yields none without a repository', async () => {
      const observations = await scan(workflow(`${OIDC}    steps: []\n`), 'deploy.yml', '');

      assert.deepEqual(
        kinds(observations, 'identity').map(({ type }) => type),
        ['job-token'],
      );
    });
  });

  describe('Apps', () => {
    const app = (inputs: string) =>
      workflow(
        `    env: { BOT: "\${{ vars.BOT_APP }}" }\n    steps:\n      - uses: actions/create-github-app-token@v2\n        with:\n          private-key: \${{ secrets.APP_KEY }}\n${inputs}`,
      );

    it('yields the App by its number, the permissions of its token, and the job as its consumer', async () => {
      const text = app(
        '          app-id: 4711\n          owner: harbour\n          repositories: shop,stock\n          permission-contents: write\n',
      );

      const observations = await scan(text);

      const identity = kinds(observations, 'identity').find(({ type }) => type === 'app');
      assert.equal(identity?.id, 'github:harbour:app/4711');
      assert.equal(identity?.scope, 'harbour');
      assert.deepEqual(
        kinds(observations, 'grant').map(({ identity: whose, permission }) => [whose, permission]),
        [['github:harbour:app/4711', 'contents:write']],
      );
      const [token] = await factsOf(text, 'app-token');
      assert.equal(token?.identity, identity?.id);
      assert.equal(token?.secretName, 'APP_KEY');
      assert.deepEqual([token?.detail.limited, token?.detail.allRepositories, token?.detail.kept], [true, false, false]);
    });

    for (const [input, id] of [
      ['app-id: ${{ vars.BOT_APP }}', 'github:harbour:app/vars.BOT_APP'],
      ['client-id: Iv23liABC', 'github:harbour:app/Iv23liABC'],
      ['app-id: ${{ env.BOT }}', 'github:harbour:app/vars.BOT_APP'],
      ['app-id: ${{ env.OTHER }}', 'github:harbour:app/env.OTHER'],
      ['app-id: ${{ steps.x.outputs.id }}', 'github:harbour:app/unknown/harbour/shop/deploy.yml'],
    ] as const) {
      it(`names the App of ${input}`, async () => {
        const [token] = await factsOf(app(`          ${input}\n          owner: harbour\n`), 'app-token');

        assert.equal(token?.identity, id);
        assert.equal(token?.detail.allRepositories, true);
      });
    }
  });

  it('yields a deploy key by the name of its secret', async () => {
    const text = workflow(
      '    steps:\n      - uses: webfactory/ssh-agent@v0.9.0\n        with:\n          ssh-private-key: ${{ secrets.LIB_KEY }}\n',
    );

    const observations = await scan(text);

    const key = kinds(observations, 'identity').find(({ type }) => type === 'deploy-key');
    assert.equal(key?.id, 'github:harbour/shop:deploy-key/secrets.LIB_KEY');
    assert.equal(textAt(text, key?.at, 15), 'secrets.LIB_KEY');
    assert.equal((await factsOf(text, 'ssh-key'))[0]?.identity, key?.id);
  });

  describe('what a secret holds', () => {
    const held: readonly (readonly [string, string, string | undefined])[] = [
      ['aws-access-key-id', 'uses: aws-actions/configure-aws-credentials@v4', 'cloud-key'],
      ['token', 'uses: actions/checkout@v4', 'github-token'],
      ['token', 'uses: elsewhere/tool@v1', undefined],
      ['private-key', 'uses: actions/create-github-app-token@v2', 'app-key'],
      ['ssh-key', 'uses: actions/checkout@v4', 'ssh-key'],
    ];
    for (const [input, uses, expected] of held) {
      it(`${expected} as ${input} of ${uses}`, async () => {
        const text = workflow(`    steps:\n      - ${uses}\n        with:\n          ${input}: \${{ secrets.THING }}\n`);

        const identity = kinds(await scan(text), 'identity').find(({ type }) => type === 'ci-secret');

        assert.equal(identity?.detail?.holds, expected);
      });
    }
    for (const [name, expected] of [
      ['RELEASE_PAT', 'github-token'],
      ['MY_GH_TOKEN', 'github-token'],
      ['NPM_TOKEN', 'package-token'],
      ['DEPLOY_KEY', 'ssh-key'],
      ['SLACK_BOT_TOKEN', undefined],
      ['DOCKER_PAT', undefined],
      ['PATH_TO_KEY', undefined],
      ['API_TOKEN', undefined],
    ] as const) {
      it(`${expected} by the name ${name}`, async () => {
        const identity = kinds(await scan(workflow(`    steps:\n      - run: x \${{ secrets.${name} }}\n`)), 'identity').find(
          ({ type }) => type === 'ci-secret',
        );

        assert.equal(identity?.detail?.holds, expected);
      });
    }
  });
});
