// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the expressions of GitHub Actions look like it
import assert from 'node:assert/strict';
import { githubActions } from '../../../scanners/github-actions/index.ts';
import { collect, fakeToken, kinds, testContext } from '../../helpers/scan-context.ts';
import { consumerOf, scan, source, textAt, WORKFLOW, workflow } from './harness.ts';

const TOKEN = fakeToken('harbour1');
const ROLE = 'arn:aws:iam::123456789012:role/ci/deploy';
const SHA = '08c6903cd8c0fde910a37f88322edcfb5dd907a8';

describe('github-actions scanner', () => {
  describe('recognises', () => {
    const head = (path: string, text: string) => githubActions.recognises({ path, size: text.length, head: () => text });
    const workflowText = 'name: x\non: push\njobs:\n';

    for (const [path, text] of [
      [WORKFLOW, ''],
      ['services/shop/.github/workflows/a.yaml', ''],
      ['deploy.yml', workflowText],
      ['.github/dependabot.yml', 'version: 2\n'],
      ['action.yml', 'name: x\nruns:\n  using: composite\n'],
      ['.github/actions/build/action.yaml', 'runs :\n'],
    ] as const) {
      it(`${path}`, () => assert.equal(head(path, text), true));
    }
    for (const [path, text] of [
      ['.github/workflows/README.md', workflowText],
      ['.github/workflows/scripts/x.yml', ''],
      ['docs/example.yml', workflowText],
      ['compose.yml', 'services:\n'],
      ['action.yml', 'name: a list of actions\n'],
      ['jobs.yml', 'jobs:\n  a: 1\n'],
    ] as const) {
      it(`not ${path}`, () => assert.equal(head(path, text), false));
    }
  });

  describe('secrets', () => {
    it('yields an identity for a secret and its consumer, at the place of the name', async () => {
      const text = workflow('    steps:\n      - env:\n          API: key-${{ secrets.api_token }}\n        run: ./push\n');

      const observations = await scan(text);

      const identity = kinds(observations, 'identity').find(({ type }) => type === 'ci-secret');
      assert.equal(identity?.id, 'github:harbour/shop:secret/API_TOKEN');
      assert.equal(identity?.name, 'API_TOKEN');
      assert.equal(identity?.scope, 'harbour/shop');
      const consumer = await consumerOf(text, 'API_TOKEN');
      assert.equal(consumer.consumer, 'harbour/shop:.github/workflows/deploy.yml#deploy');
      assert.equal(consumer.type, 'workflow-job');
      assert.equal(consumer.identity, identity?.id);
      assert.equal(consumer.how, 'token');
      assert.equal(consumer.trigger, 'push');
      assert.equal(consumer.at?.pointer, 'jobs.deploy.steps[0].env.API');
      assert.equal(textAt(text, consumer.at, 17), 'secrets.api_token');
      assert.deepEqual(consumer.detail.steps, [{ index: 0, name: 'run' }]);
      assert.equal(consumer.detail.position, 'step-env');
    });

    it('yields one row a job and secret, with every place it enters', async () => {
      const text = workflow(
        [
          '    env:',
          '      A: ${{ secrets.KEY }}',
          '    steps:',
          '      - uses: harbour/tool@v1',
          '        with: { key: "${{ secrets.KEY }}" }',
          '      - run: use ${{ secrets.KEY }} ${{ secrets.KEY }}',
        ].join('\n'),
      );

      const { detail } = await consumerOf(text, 'KEY');

      assert.equal(detail.position, 'job-env');
      assert.deepEqual(detail.positions, ['job-env', 'with', 'run']);
      assert.deepEqual(detail.inputs, ['key']);
      assert.deepEqual(detail.variables, ['A']);
      assert.equal(detail.stepsInScope, 2);
    });

    it('knows a secret of an environment from one of the repository', async () => {
      const text = `on: push\njobs:\n  a:\n    environment: Production\n    steps: [{ run: "x \${{ secrets.KEY }}" }]\n  b:\n    steps: [{ run: "x \${{ secrets.KEY }}" }]\n`;

      const observations = await scan(text);

      assert.deepEqual(
        kinds(observations, 'identity')
          .filter(({ type }) => type === 'ci-secret')
          .map(({ id, environment }) => [id, environment]),
        [
          ['github:harbour/shop:environment/Production/secret/KEY', 'prod'],
          ['github:harbour/shop:secret/KEY', undefined],
        ],
      );
    });

    it('gives the environment of the workflow to every job, but not to called workflows', async () => {
      const text =
        'on: push\nenv:\n  T: ${{ secrets.KEY }}\njobs:\n  a:\n    steps: []\n  b:\n    steps: []\n  c:\n    uses: ./.github/workflows/x.yml\n';

      const consumers = kinds(await scan(text), 'consumer').filter(({ secretName }) => secretName === 'KEY');

      assert.deepEqual(
        consumers.map(({ consumer, detail }) => [consumer.split('#')[1], detail?.position]),
        [
          ['a', 'workflow-env'],
          ['b', 'workflow-env'],
        ],
      );
    });

    const references: readonly (readonly [string, readonly string[]])[] = [
      ["x ${{ secrets['KEY'] }}", ['KEY']],
      ['x ${{ secrets . KEY }}', ['KEY']],
      ["x ${{ format('{0}}}', secrets.A) }} ${{ secrets.B }}", ['A', 'B']],
      ['x ${{ secrets.A || secrets.B }}', ['A', 'B']],
      ['x ${{ toJSON(secrets) }}', ['*']],
      ['x ${{ toJson( Secrets ) }}', ['*']],
      ['x ${{ secrets[matrix.name] }}', ['*']],
      ['x ${{ join(secrets.*) }}', ['*']],
    ];
    for (const [run, expected] of references) {
      it(`reads ${run}`, async () => {
        const text = workflow(`    steps:\n      - run: |\n          ${run}\n`);

        const names = kinds(await scan(text), 'consumer').map(({ secretName }) => secretName);

        assert.deepEqual(names, ['GITHUB_TOKEN', ...expected]);
      });
    }

    const nothing = [
      "x ${{ 'secrets.KEY' }}",
      'x secrets.KEY',
      'x ${{ vars.KEY }}',
      'x ${{ needs.a.outputs.secrets }}',
      'x ${{ my.secrets.KEY }}',
      'x ${{ inputs.secrets-file }}',
      'x ${{ secrets.KEY',
    ];
    for (const run of nothing) {
      it(`takes nothing from ${run}`, async () => {
        const text = workflow(`    steps:\n      - run: |\n          ${run}\n`);

        const names = kinds(await scan(text), 'consumer').map(({ secretName }) => secretName);

        assert.deepEqual(names, ['GITHUB_TOKEN']);
      });
    }

    it('reads a condition without braces', async () => {
      const consumer = await consumerOf(workflow("    steps:\n      - if: secrets.KEY != ''\n        run: x\n"), 'KEY');

      assert.equal(consumer.detail.position, 'other');
    });

    it('knows a question whether a secret is set from its value', async () => {
      const text = workflow(
        "    env:\n      HAS: ${{ secrets.KEY != '' }}\n      NOT: ${{ !secrets.KEY }}\n      EMPTY: ${{ '' == secrets.KEY }}\n    steps:\n      - uses: other/tool@v1\n      - run: echo $HAS\n",
      );

      const { detail } = await consumerOf(text, 'KEY');

      assert.deepEqual([detail.positions, detail.variables, detail.thirdParty, detail.echoesSecret], [['other'], [], [], false]);
      const either = await consumerOf(workflow('    steps:\n      - run: x ${{ secrets.A || secrets.KEY }}\n'), 'KEY');
      assert.deepEqual(either.detail.positions, ['run']);
    });

    it('passes over comments', async () => {
      const text = workflow('    # ${{ secrets.OLD }}\n    steps:\n      - run: x # ${{ secrets.OLDER }}\n');

      assert.deepEqual(
        kinds(await scan(text), 'consumer').map(({ secretName }) => secretName),
        ['GITHUB_TOKEN'],
      );
    });

    it('reads secrets that are inherited or handed to a called workflow', async () => {
      const text = [
        'on: push',
        'jobs:',
        '  all:',
        '    uses: elsewhere/flows/.github/workflows/x.yml@main',
        '    secrets: inherit',
        '  one:',
        `    uses: elsewhere/flows/.github/workflows/x.yml@${SHA}`,
        '    secrets:',
        '      key: ${{ secrets.KEY }}',
      ].join('\n');

      const all = await consumerOf(text, '*');
      const one = await consumerOf(text, 'KEY');

      assert.equal(all.detail.secretsInherit, true);
      assert.equal(all.identity, undefined);
      assert.equal(all.at?.pointer, 'jobs.all.secrets');
      assert.deepEqual(all.detail.unpinned, ['elsewhere/flows/.github/workflows/x.yml@main']);
      assert.equal(one.detail.secretsInherit, false);
      assert.equal(one.detail.position, 'secrets');
      assert.deepEqual(one.detail.unpinned, []);
      assert.deepEqual(one.detail.thirdParty, [`elsewhere/flows/.github/workflows/x.yml@${SHA}`]);
    });

    it('says which actions get the secret, and whether they are pinned and whose', async () => {
      const text = workflow(
        [
          '    env: { KEY: "${{ secrets.KEY }}" }',
          '    steps:',
          '      - uses: actions/checkout@v4',
          `      - uses: other/tool@${SHA} # v1`,
          '      - uses: Harbour/own@main',
          '      - uses: ./.github/actions/local',
          '      - uses: docker://ghcr.io/x/y:1',
        ].join('\n'),
      );

      const { detail } = await consumerOf(text, 'KEY');

      assert.deepEqual(detail.thirdParty, [`other/tool@${SHA}`, 'docker://ghcr.io/x/y:1']);
      assert.deepEqual(detail.unpinned, ['actions/checkout@v4', 'Harbour/own@main', 'docker://ghcr.io/x/y:1']);
    });

    it('resolves anchors and merged keys', async () => {
      const text =
        'on: push\nx: &e\n  KEY: ${{ secrets.KEY }}\njobs:\n  a:\n    env: *e\n    steps: []\n  b:\n    env:\n      <<: *e\n      B: 1\n    steps: []\n';

      const consumers = kinds(await scan(text), 'consumer').filter(({ secretName }) => secretName === 'KEY');

      assert.deepEqual(
        consumers.map(({ consumer, at }) => [consumer.split('#')[1], at?.line]),
        [
          ['a', 3],
          ['b', 3],
        ],
      );
    });
  });

  describe('what a script does with a secret', () => {
    const handled: readonly (readonly [string, 'echoesSecret' | 'exportsSecret' | 'secretInArgument'])[] = [
      ['echo ${{ secrets.KEY }}', 'echoesSecret'],
      ['echo "key: $KEY"', 'echoesSecret'],
      ['printf "%s" "${KEY}" | base64', 'echoesSecret'],
      ['echo $KEY | rev >> $GITHUB_STEP_SUMMARY', 'echoesSecret'],
      ['echo "$KEY" | tee key.txt', 'echoesSecret'],
      ['set -ex\ncurl -H x "$KEY"', 'echoesSecret'],
      ['Write-Host $env:KEY', 'echoesSecret'],
      ['echo "K=$KEY" >> "$GITHUB_ENV"', 'exportsSecret'],
      ['echo "k=${{ env.KEY }}" >> $GITHUB_OUTPUT', 'exportsSecret'],
      ['docker login -u me -p $KEY', 'secretInArgument'],
      ['./push --token ${{ secrets.KEY }}', 'secretInArgument'],
      ['git push https://bot:${KEY}@github.com/a/b', 'secretInArgument'],
      ['mysql -p"$KEY"', 'secretInArgument'],
    ];
    for (const [script, fact] of handled) {
      it(`${fact}: ${script}`, async () => {
        const lines = script.split('\n').map((line) => `          ${line}\n`);
        const text = workflow(`    steps:\n      - env: { KEY: "\${{ secrets.KEY }}" }\n        run: |\n${lines.join('')}`);

        const { detail } = await consumerOf(text, 'KEY');

        assert.deepEqual(
          ['echoesSecret', 'exportsSecret', 'secretInArgument'].filter((each) => detail[each] === true),
          script.startsWith('set -ex') ? ['echoesSecret', 'secretInArgument'] : [fact],
        );
      });
    }

    const harmless = [
      'echo "$KEY" | docker login --password-stdin',
      'echo "$KEY" > key.json',
      'echo "$KEY" | base64 -d > key.json',
      'echo "::add-mask::$KEY"',
      'echo "$KEYS"',
      'echo done && ./deploy "$KEY"',
      'test -n "$KEY" || echo "no key"',
      'npm publish',
    ];
    for (const script of harmless) {
      it(`nothing: ${script}`, async () => {
        const text = workflow(`    steps:\n      - env: { KEY: "\${{ secrets.KEY }}" }\n        run: |\n          ${script}\n`);

        const { detail } = await consumerOf(text, 'KEY');

        assert.deepEqual([detail.echoesSecret, detail.exportsSecret, detail.secretInArgument], [false, false, false]);
      });
    }

    it('names the steps that read a variable of the whole job', async () => {
      const text = workflow(
        '    env: { KEY: "${{ secrets.KEY }}" }\n    steps:\n      - run: make\n      - name: push\n        run: ./push "$KEY"\n      - uses: a/b@v1\n        with: { key: "${{ env.KEY }}" }\n',
      );

      const { detail } = await consumerOf(text, 'KEY');

      assert.deepEqual(detail.steps, [
        { index: 1, name: 'push' },
        { index: 2, name: 'a/b@v1', uses: 'a/b@v1', pinned: false },
      ]);
      assert.equal(detail.stepsInScope, 3);
    });
  });

  describe('cloud logins', () => {
    it('links a job to the AWS role it becomes through OIDC', async () => {
      const text = workflow(
        `    permissions:\n      id-token: write\n    steps:\n      - name: Log in\n        uses: aws-actions/configure-aws-credentials@v4\n        with:\n          role-to-assume: ${ROLE}\n      - uses: other/tool@v1\n`,
      );

      const consumer = await consumerOf(text, 'aws:123456789012:role/deploy');

      assert.equal(consumer.how, 'oidc');
      assert.equal(consumer.secretName, undefined);
      assert.equal(textAt(text, consumer.at, ROLE.length), ROLE);
      assert.equal(consumer.at?.pointer, 'jobs.deploy.steps[0].with.role-to-assume');
      assert.equal(consumer.detail.oidcAvailable, true);
      assert.equal(consumer.detail.cloud, 'aws');
      assert.deepEqual(consumer.detail.oidcClouds, ['aws']);
      assert.deepEqual(consumer.detail.thirdParty, ['aws-actions/configure-aws-credentials@v4', 'other/tool@v1']);
    });

    it('puts in variables whose value stands in the file', async () => {
      const text = workflow(
        '    permissions: { id-token: write }\n    env: { ROLE: "deploy" }\n    steps:\n      - uses: aws-actions/configure-aws-credentials@v4\n        with:\n          role-to-assume: arn:aws:iam::${{ env.ACCOUNT }}:role/${{ env.ROLE }}\n',
        'on: push\nenv:\n  ACCOUNT: "123456789012"',
      );

      assert.equal((await consumerOf(text, 'aws:123456789012:role/deploy')).how, 'oidc');
    });

    for (const role of ['${{ vars.ROLE }}', '${{ env.MISSING }}', 'deploy', 'arn:aws:s3:::bucket', '${{ env.LOOP }}']) {
      it(`does not guess the role ${role}`, async () => {
        const text = workflow(
          `    permissions: { id-token: write }\n    env: { LOOP: "\${{ env.LOOP }}" }\n    steps:\n      - uses: aws-actions/configure-aws-credentials@v4\n        with: { role-to-assume: "${role}" }\n`,
        );

        assert.deepEqual(
          kinds(await scan(text), 'consumer').map(({ how, detail }) => detail?.fact ?? how),
          ['token', 'oidc-subject', 'oidc-subject'],
        );
      });
    }

    it('calls a role behind a static key impersonation, and the key static', async () => {
      const text = workflow(
        `    permissions: { id-token: write }\n    steps:\n      - uses: aws-actions/configure-aws-credentials@v4\n        with:\n          aws-access-key-id: \${{ secrets.KEY_ID }}\n          aws-secret-access-key: \${{ secrets.KEY }}\n          role-to-assume: ${ROLE}\n`,
      );

      const key = await consumerOf(text, 'KEY_ID');

      assert.equal((await consumerOf(text, 'aws:123456789012:role/deploy')).how, 'impersonation');
      assert.equal(key.how, 'static-key');
      assert.equal(key.detail.cloud, 'aws');
      assert.deepEqual(key.detail.oidcClouds, []);
    });

    it('shows the half-migrated job: static key beside OIDC of the same cloud', async () => {
      const text = workflow(
        `    permissions: { id-token: write }\n    steps:\n      - uses: aws-actions/configure-aws-credentials@v4\n        with: { role-to-assume: "${ROLE}" }\n      - run: old\n        env: { AWS_ACCESS_KEY_ID: "\${{ secrets.OLD }}" }\n`,
      );

      const { how, detail } = await consumerOf(text, 'OLD');

      assert.equal(how, 'static-key');
      assert.equal(detail.oidcAvailable, true);
      assert.deepEqual(detail.oidcClouds, ['aws']);
    });

    it('takes a role whose ARN is a secret for OIDC all the same', async () => {
      const text = workflow(
        '    permissions: { id-token: write }\n    steps:\n      - uses: aws-actions/configure-aws-credentials@v4\n        with: { role-to-assume: "${{ secrets.ROLE }}" }\n',
      );

      assert.equal((await consumerOf(text, 'ROLE')).how, 'oidc');
    });

    it('links a job to the Google service account it becomes', async () => {
      const text = workflow(
        '    permissions: write-all\n    steps:\n      - uses: google-github-actions/auth@v2\n        with:\n          workload_identity_provider: projects/1/locations/global/workloadIdentityPools/p/providers/gh\n          service_account: etl@hc-prod.iam.gserviceaccount.com\n',
      );

      const consumer = await consumerOf(text, 'gcp:hc-prod:serviceAccount/etl@hc-prod.iam.gserviceaccount.com');

      assert.equal(consumer.how, 'oidc');
      assert.equal(consumer.detail.cloud, 'gcp');
    });

    it('names the provider where a job uses it without a service account', async () => {
      const text = workflow(
        '    permissions: { id-token: write }\n    steps:\n      - uses: google-github-actions/auth@v2\n        with:\n          workload_identity_provider: projects/42/locations/global/workloadIdentityPools/p/providers/gh\n',
      );

      assert.equal((await consumerOf(text, 'gcp:42:workload-identity-provider/p/gh')).how, 'oidc');
    });

    it('links a job to the Entra app it becomes', async () => {
      const text = workflow(
        '    permissions: { id-token: write }\n    steps:\n      - uses: azure/login@v2\n        with:\n          client-id: 1B9D6BCD-bbfd-4b2d-9b5d-ab8dfbbd4bed\n          tenant-id: 7c9e6679-7425-40de-944b-e07fc1f90ae7\n',
      );

      const id = 'entra:7c9e6679-7425-40de-944b-e07fc1f90ae7:app/1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed';
      assert.equal((await consumerOf(text, id)).how, 'oidc');
    });

    const statics: readonly (readonly [string, string])[] = [
      ['uses: google-github-actions/auth@v2\n        with: { credentials_json: "${{ secrets.K }}" }', 'gcp'],
      ['uses: azure/login@v2\n        with: { creds: "${{ secrets.K }}" }', 'azure'],
      ['run: x\n        env: { GOOGLE_CREDENTIALS: "${{ secrets.K }}" }', 'gcp'],
      ['run: x\n        env: { ARM_CLIENT_SECRET: "${{ secrets.K }}" }', 'azure'],
      ['run: aws configure set aws_secret_access_key ${{ secrets.K }}', 'aws'],
    ];
    for (const [step, cloud] of statics) {
      it(`takes for a static key: ${step.split('\n')[0]}`, async () => {
        const consumer = await consumerOf(workflow(`    steps:\n      - ${step}\n`), 'K');

        assert.equal(consumer.how, 'static-key');
        assert.equal(consumer.detail.cloud, cloud);
      });
    }

    for (const step of [
      'uses: other/tool@v1\n        with: { creds: "${{ secrets.K }}" }',
      'run: x\n        env: { GOOGLE_API_KEY: "${{ secrets.K }}" }',
      'uses: other/tool@v1\n        with: { client-id: "${{ secrets.K }}" }',
    ]) {
      it(`takes for a plain secret: ${step.split('\n')[1]?.trim()}`, async () => {
        assert.equal((await consumerOf(workflow(`    steps:\n      - ${step}\n`), 'K')).how, 'secret');
      });
    }
  });

  describe('job tokens', () => {
    it('yields the token of each job with what it may do', async () => {
      const text =
        'on: push\npermissions:\n  contents: read\njobs:\n  a:\n    steps: []\n  b:\n    permissions:\n      contents: write\n      issues: none\n    steps: []\n';

      const observations = await scan(text);

      assert.deepEqual(
        kinds(observations, 'identity').map(({ id, type, managed, detail }) => [id, type, managed, detail?.permissionsSource]),
        [
          ['github:harbour/shop:job-token/deploy.yml/a', 'job-token', true, 'workflow'],
          ['github:harbour/shop:job-token/deploy.yml/b', 'job-token', true, 'job'],
        ],
      );
      assert.deepEqual(
        kinds(observations, 'grant').map(({ identity, permission, resource, viaKind, at }) => [
          identity.slice(-1),
          permission,
          resource,
          viaKind,
          at?.line,
          at?.pointer,
        ]),
        [
          ['a', 'contents:read', 'harbour/shop', 'workflow', 3, 'permissions.contents'],
          ['b', 'contents:write', 'harbour/shop', 'job', 9, 'jobs.b.permissions.contents'],
        ],
      );
    });

    for (const [written, grants, canWrite, oidc] of [
      ['permissions: write-all', ['write-all'], true, true],
      ['permissions: read-all', ['read-all'], false, false],
      ['permissions: {}', [], false, false],
      ['permissions: { id-token: write }', ['id-token:write'], false, true],
      ['permissions: { packages: write }', ['packages:write'], true, false],
      ['permissions: [contents]', [], false, false],
    ] as const) {
      it(`reads ${written}`, async () => {
        const observations = await scan(workflow(`    ${written}\n    steps: []\n`));

        const [token] = kinds(observations, 'identity');
        assert.deepEqual(
          kinds(observations, 'grant').map(({ permission }) => permission),
          grants,
        );
        assert.equal(token?.detail?.canWrite, canWrite);
        assert.equal(token?.detail?.oidcAvailable, oidc);
        assert.equal(token?.detail?.permissionsKnown, true);
      });
    }

    it('does not know what a token may do where nothing says so', async () => {
      const observations = await scan(workflow('    steps: []\n'));

      assert.equal(kinds(observations, 'identity')[0]?.detail?.permissionsKnown, false);
      assert.deepEqual(kinds(observations, 'grant'), []);
    });

    it('says whether the job asks for its token by name', async () => {
      const asked = await consumerOf(
        workflow('    steps:\n      - run: gh pr list\n        env: { GH_TOKEN: "${{ github.token }}" }\n'),
        'GITHUB_TOKEN',
      );
      const unasked = await consumerOf(workflow('    steps: []\n'), 'GITHUB_TOKEN');

      assert.equal(asked.detail.explicit, true);
      assert.equal(asked.how, 'token');
      assert.equal(asked.identity, 'github:harbour/shop:job-token/deploy.yml/deploy');
      assert.equal(unasked.detail.explicit, false);
      assert.equal(unasked.at?.pointer, 'jobs.deploy');
    });
  });

  describe('facts of the job', () => {
    const facts: readonly (readonly [string, string, unknown, string?])[] = [
      ['    runs-on: [self-hosted, linux]', 'selfHosted', true],
      ['    runs-on: { group: big, labels: [self-hosted] }', 'runsOn', ['big', 'self-hosted']],
      ['    runs-on: ubuntu-latest', 'selfHosted', false],
      ['    steps: [{ uses: actions/checkout@v4 }]', 'persistCredentials', true],
      ['    steps: [{ uses: actions/checkout@v4, with: { persist-credentials: false } }]', 'persistCredentials', false],
      ['    steps: [{ run: x }]', 'persistCredentials', false],
      [
        '    steps: [{ uses: actions/checkout@v4, with: { ref: "${{ github.event.pull_request.head.sha }}" } }]',
        'prHeadCheckout',
        true,
      ],
      ['    steps: [{ uses: actions/checkout@v4, with: { ref: "${{ github.head_ref }}" } }]', 'prHeadCheckout', true],
      ['    steps: [{ run: "gh pr checkout 7" }]', 'prHeadCheckout', true],
      ['    steps: [{ uses: actions/checkout@v4, with: { ref: main } }]', 'prHeadCheckout', false],
      ['    steps: [{ run: "echo ${{ github.event.pull_request.number }}" }]', 'prHeadCheckout', false],
      ['    steps: []', 'pushAnyBranch', true],
      ['    steps: []', 'pushAnyBranch', false, 'on:\n  push:\n    branches: [main]'],
      ['    steps: []', 'pushAnyBranch', true, 'on:\n  push:\n    paths: [src]'],
      ['    steps: []', 'triggers', ['push', 'pull_request_target'], 'on: [push, pull_request_target]'],
      [
        '    steps: []',
        'triggers',
        ['schedule', 'workflow_dispatch'],
        "on:\n  schedule: [{ cron: '0 2 * * *' }]\n  workflow_dispatch:",
      ],
      ['    environment: ${{ inputs.where }}', 'environmentDynamic', true],
      ['    environment: { name: prod-eu }', 'githubEnvironment', 'prod-eu'],
      ['    steps: [{ run: "x ${{ toJSON(secrets) }}" }]', 'secretsAll', true],
    ];
    for (const [job, fact, expected, head] of facts) {
      it(`${fact} is ${JSON.stringify(expected)}: ${job.trim()}`, async () => {
        const text = `${head ?? 'on: push'}\njobs:\n  deploy:\n${job}\n`;

        const { detail } = await consumerOf(text, 'GITHUB_TOKEN');

        assert.deepEqual(detail[fact], expected);
      });
    }

    for (const [text, expected] of [
      ['on: push\njobs:\n  a:\n    environment: production\n', 'prod'],
      ['on: push\njobs:\n  a:\n    environment: { name: EU-West }\n', 'eu-west'],
      ['on: push\njobs:\n  deploy-staging:\n    steps: []\n', 'staging'],
      ['on: push\nname: Release to prod\njobs:\n  a:\n    steps: []\n', 'prod'],
      ['on: push\nname: Products\njobs:\n  a:\n    steps: []\n', undefined],
    ] as const) {
      it(`environment is ${expected}: ${JSON.stringify(text)}`, async () => {
        assert.equal((await consumerOf(text, 'GITHUB_TOKEN')).environment, expected);
      });
    }
  });

  describe('composite actions', () => {
    it('reads the steps, without a token of their own', async () => {
      const text = `name: Log in\nruns:\n  using: composite\n  steps:\n    - uses: aws-actions/configure-aws-credentials@v4\n      with: { role-to-assume: "${ROLE}" }\n`;

      const observations = await scan(text, '.github/actions/login/action.yml');

      assert.deepEqual(
        kinds(observations, 'consumer').map(({ consumer, identity, how, detail }) => [
          consumer,
          identity,
          how,
          detail?.composite,
        ]),
        [['harbour/shop:.github/actions/login/action.yml#runs', 'aws:123456789012:role/deploy', 'impersonation', true]],
      );
      assert.deepEqual(kinds(observations, 'identity'), []);
    });

    it('has nothing to read in other actions', async () => {
      const observations = await scan('name: x\nruns:\n  using: node24\n  main: index.js\n', 'action.yml');

      assert.deepEqual(
        observations.map(({ kind }) => kind),
        ['coverage'],
      );
      assert.equal(kinds(observations, 'coverage')[0]?.outcome, 'complete');
    });
  });

  describe('keys written out', () => {
    it('yields a sighting with its place in the tree, and the job as its consumer', async () => {
      const text = workflow(
        `    environment: production\n    steps:\n      - name: push\n        run: |\n          # publish\n          push --key "${TOKEN}"\n`,
      );

      const observations = await scan(text);

      const [sighting, ...others] = kinds(observations, 'sighting');
      assert.ok(sighting);
      assert.equal(others.length, 0);
      assert.equal(textAt(text, sighting.at), TOKEN);
      assert.equal(sighting.at?.pointer, 'jobs.deploy.steps[0].run');
      assert.equal(sighting.place, 'ci');
      assert.equal(sighting.environment, 'prod');
      const consumer = await consumerOf(text, sighting.credential);
      assert.equal(consumer.how, 'static-key');
      assert.equal(consumer.detail.position, 'run');
      assert.deepEqual(consumer.detail.steps, [{ index: 0, name: 'push' }]);
    });

    it('yields a consumer for every job below the environment of the workflow', async () => {
      const text = `on: push\nenv:\n  KEY: ${TOKEN}\njobs:\n  a: { steps: [] }\n  b: { steps: [] }\n`;

      const consumers = kinds(await scan(text), 'consumer').filter(({ credential }) => credential !== undefined);

      assert.deepEqual(
        consumers.map(({ consumer, detail }) => [consumer.split('#')[1], detail?.position]),
        [
          ['a', 'workflow-env'],
          ['b', 'workflow-env'],
        ],
      );
    });

    it('yields a sighting but no consumer for a key in a comment', async () => {
      const observations = await scan(workflow(`    # was ${TOKEN}\n    steps: []\n`));

      assert.equal(kinds(observations, 'sighting')[0]?.at?.pointer, undefined);
      assert.deepEqual(
        kinds(observations, 'consumer').map(({ secretName }) => secretName),
        ['GITHUB_TOKEN'],
      );
    });

    it('does not carry a key on that somebody put into a name', async () => {
      const text = `on: push\nname: ${TOKEN}\njobs:\n  ${TOKEN}:\n    runs-on: ${TOKEN}\n    environment: ${TOKEN}\n    steps:\n      - name: ${TOKEN}\n        run: x \${{ secrets.A }}\n`;

      const observations = await scan(text);

      assert.ok(!JSON.stringify(observations).toLowerCase().includes(TOKEN.toLowerCase()));
    });

    it('keeps a pinned commit that looks like a key', async () => {
      const text = workflow(`    steps:\n      - uses: other/tool@${SHA}\n        with: { key: "\${{ secrets.KEY }}" }\n`);
      const context = testContext();
      const detect = (given: string | Uint8Array) => {
        const start = String(given).indexOf(SHA);
        if (start < 0) return [];
        const [found] = context.detect(TOKEN);
        assert.ok(found);
        return [{ ...found, start, end: start + SHA.length }];
      };

      const observations = await collect(githubActions.scan(source(text), { ...context, detect }));

      const consumer = kinds(observations, 'consumer').find(({ secretName }) => secretName === 'KEY');
      assert.deepEqual(consumer?.detail?.unpinned, []);
    });

    const plain: readonly (readonly [string, string, string])[] = [
      ['    env:\n      DB_PASSWORD: Tide4Anchor', 'Tide4Anchor', 'jobs.deploy.env.DB_PASSWORD'],
      ['    env:\n      DB_PASSWORD: "Tide4Anchor"', 'Tide4Anchor', 'jobs.deploy.env.DB_PASSWORD'],
      [
        '    steps:\n      - uses: a/b@v1\n        with:\n          api-key: q9w8e7r6t5',
        'q9w8e7r6t5',
        'jobs.deploy.steps[0].with.api-key',
      ],
      [
        '    container:\n      image: x\n      credentials:\n        username: bot\n        password: Tide4Anchor',
        'Tide4Anchor',
        'jobs.deploy.container.credentials.password',
      ],
      [
        '    services:\n      db:\n        credentials:\n          password: Tide4Anchor',
        'Tide4Anchor',
        'jobs.deploy.services.db.credentials.password',
      ],
      ['    steps:\n      - run: docker login -u bot -p Tide4Anchor ghcr.io', 'Tide4Anchor', 'jobs.deploy.steps[0].run'],
      [
        "    steps:\n      - run: |\n          curl -u bot:'Tide4Anchor' https://harbour.example",
        'Tide4Anchor',
        'jobs.deploy.steps[0].run',
      ],
    ];
    for (const [job, value, pointer] of plain) {
      it(`sees a value without a known form at ${pointer}`, async () => {
        const text = workflow(`${job}\n`);

        const [sighting, ...others] = kinds(await scan(text), 'sighting');

        assert.ok(sighting);
        assert.equal(others.length, 0);
        assert.equal(sighting.detector, 'ci-plaintext-value');
        assert.equal(sighting.confidence, pointer.includes('credentials') ? 'medium' : 'low');
        assert.equal(sighting.masked, `${value.charAt(0)}…(${value.length})`);
        assert.equal(sighting.credential, `secret:${sighting.fingerprint}`);
        assert.equal(sighting.at?.pointer, pointer);
        assert.equal(textAt(text, sighting.at), value);
        assert.ok(!JSON.stringify(sighting).includes(value));
      });
    }

    const harmless = [
      'DB_PASSWORD: ${{ secrets.DB }}',
      'DB_PASSWORD: prefix-${{ secrets.DB }}-1',
      'DB_PASSWORD: changeme123!',
      'DB_PASSWORD: postgres',
      'DB_PASSWORD: ""',
      'API_TOKEN: <your-token-1>',
      'API_TOKEN: $OTHER_TOKEN1',
      'API_TOKEN: xxxxxxxxxxxx',
      'SECRET_NAME: Tide4Anchor',
      'TOKEN_URL: https://harbour.example/T0ken',
      'SSH_PRIVATE_KEY: /home/runner/key1',
      'USE_TOKEN: true',
      'PASSWORD: 20260312',
      'CACHE_KEY: npm-v3-Linux',
      'AWS_SECRET: my-secret-name',
      'GITHUB_TOKEN: test-token1',
    ];
    for (const line of harmless) {
      it(`takes nothing from ${line}`, async () => {
        assert.deepEqual(kinds(await scan(workflow(`    env:\n      ${line}\n`)), 'sighting'), []);
      });
    }

    it('takes nothing from the environment of a service', async () => {
      const text = workflow('    services:\n      db:\n        env:\n          POSTGRES_PASSWORD: Tide4Anchor\n');

      assert.deepEqual(kinds(await scan(text), 'sighting'), []);
    });

    it('does not see a value twice that a detector knows', async () => {
      const text = workflow(`    env:\n      API_TOKEN: ${TOKEN}\n`);

      assert.deepEqual(
        kinds(await scan(text), 'sighting').map(({ detector }) => detector),
        ['fake-token'],
      );
    });
  });
});
