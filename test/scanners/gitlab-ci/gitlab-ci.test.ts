import assert from 'node:assert/strict';
import fc from 'fast-check';
import { gitlabCi } from '../../../scanners/gitlab-ci/index.ts';
import { headOfBytes } from '../../../src/files/source-file.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { fakeToken, kinds } from '../../helpers/scan-context.ts';
import { consumerOf, coverageOf, type Files, lineAt, mutate, names, scan as scanWith } from '../ci-harness.ts';

const PATH = '.gitlab-ci.yml';
const scan = (text: string, files?: Files, path = PATH) => scanWith(gitlabCi, path, text, files);

const PIPELINE = `include:
  - project: other/templates
    file: /deploy.yml
variables:
  REGION: eu-west-1
.deploy:
  before_script:
    - echo "$SSH_PRIVATE_KEY" > ~/.ssh/id_rsa
  script:
    - ./deploy.sh --token $DEPLOY_TOKEN
production:
  extends: .deploy
  stage: deploy
  environment:
    name: production
  variables:
    AWS_ACCESS_KEY_ID: $PROD_KEY
  script:
    - !reference [.deploy, script]
    - aws s3 sync dist s3://$REGION-site
  rules:
    - if: $CI_COMMIT_BRANCH == "main"
`;

describe('gitlab-ci scanner', () => {
  it('recognises pipelines, included files and nothing else', () => {
    const is = (path: string, text = '') => gitlabCi.recognises(headOfBytes(path, Buffer.from(text)));

    assert.ok(is('.gitlab-ci.yml'));
    assert.ok(is('sub/.gitlab-ci.yaml'));
    assert.ok(is('ci/deploy.gitlab-ci.yml'));
    assert.ok(is('ci/deploy.yml', 'deploy:\n  stage: x\n  script:\n    - make\n'));
    assert.ok(!is('ci/values.yml', 'image:\n  tag: 1\n'));
    assert.ok(!is('.github/workflows/ci.yml', 'jobs:\n  x:\n    steps: []\n'));
    assert.ok(!is('.gitlab/issue_templates/ci.yml', ''));
  });

  it('finds secrets through extends and !reference, each at its place', async () => {
    const observations = await scan(PIPELINE);

    const key = consumerOf(observations, 'PROD_KEY');
    const token = consumerOf(observations, 'DEPLOY_TOKEN');
    assert.equal(key.consumer, 'harbour/shop:.gitlab-ci.yml#production');
    assert.equal(key.how, 'static-key');
    assert.equal(key.environment, 'prod');
    assert.equal(key.identity, 'gitlab:harbour/shop:secret/PROD_KEY');
    assert.match(lineAt(PIPELINE, key.at), /^\$PROD_KEY/);
    assert.match(lineAt(PIPELINE, token.at), /^\$DEPLOY_TOKEN/);
    assert.deepEqual(consumerOf(observations, 'SSH_PRIVATE_KEY').detail.secretFiles, ['~/.ssh/id_rsa']);
    assert.equal(consumerOf(observations, 'unpinned-include').detail.what, 'other/templates');
    assert.equal(coverageOf(observations).why, 'includes that were not read: project other/templates /deploy.yml');
  });

  it('tells when a job runs', async () => {
    const { detail } = consumerOf(await scan(PIPELINE), 'PROD_KEY');

    assert.deepEqual(detail.triggers, ['push']);
    assert.equal(detail.refsLimited, true);
    assert.equal(detail.pushAnyBranch, false);
    assert.equal(detail.platform, 'gitlab-ci');
  });

  it('reads templates and variables of local files, and tells them where the job names them', async () => {
    const text = `include:\n  - local: /ci/base.yml\ndeploy:\n  extends: .base\n  stage: deploy\n`;
    const files = {
      'ci/base.yml': 'variables:\n  AWS_SECRET_ACCESS_KEY: $TEAM_SECRET\n.base:\n  script:\n    - ./run $API_TOKEN\n',
    };

    const observations = await scan(text, files);

    assert.equal(consumerOf(observations, 'API_TOKEN').at?.line, 4);
    assert.equal(consumerOf(observations, 'TEAM_SECRET').detail.cloud, 'aws');
  });

  it('merges jobs of the same name, told by the file that says what they do, and reads whatever is included', async () => {
    const files = {
      'parts/a.yml':
        '.t:\n  environment: staging\ndeploy:\n  script: [aws s3 ls]\n  variables: {AWS_SECRET_ACCESS_KEY: $PROD_KEY}\n',
      'parts/b.yml': '.t:\n  environment: production\nx:\n  extends: .t\n  script: [./run $DEPLOY_PASSWORD]\n',
      'parts/w1.yml': 'w:\n  script: [./run $WILD_TOKEN]\n',
      'parts/other.txt': 'w:\n  script: [./run $NO_TOKEN]\n',
      'parts/child.yml': 'c:\n  script: [./run $CHILD_TOKEN]\n',
    };
    const text = `include: [/parts/a.yml, /parts/b.yml, {local: '/parts/w*.yml'}]
deploy:
  variables: {AWS_ACCESS_KEY_ID: $PROD_ID}
  environment: production
child:
  trigger: {include: parts/child.yml}
`;

    const observations = await scan(text, files);

    const key = consumerOf(observations, 'PROD_KEY');
    assert.equal(key.consumer, 'harbour/shop:parts/a.yml#deploy');
    assert.equal(key.environment, 'prod');
    assert.equal(key.at?.path, 'parts/a.yml');
    assert.equal(consumerOf(observations, 'PROD_ID').at?.path, 'parts/a.yml');
    assert.equal(consumerOf(observations, 'DEPLOY_PASSWORD').environment, 'prod');
    for (const name of ['WILD_TOKEN', 'CHILD_TOKEN']) assert.ok(consumerOf(observations, name));
    assert.deepEqual(
      kinds(observations, 'coverage').map(({ subject, outcome }) => `${subject} ${outcome}`),
      [PATH, 'parts/a.yml', 'parts/b.yml', 'parts/w1.yml', 'parts/child.yml'].map((path) => `${path} complete`),
    );
  });

  it('finds by `*` in a directory, by `**` below it, and hostile patterns in no time', async () => {
    const job = (name: string) => `${name}:\n  script: [./run $${name}_TOKEN]\n`;
    const files = { 'c/A.yml': job('A'), 'c/d/B.yml': job('B'), 'c/d/e/C.yml': job('C'), [`c/${'a'.repeat(200)}.yml`]: job('D') };
    const found = async (pattern: string) => names(await scan(`include: ${pattern}\n`, files));

    assert.deepEqual(await found('/c/[A-Z].yml'), []);
    assert.deepEqual(await found('/c/*.yml'), ['A_TOKEN', 'D_TOKEN']);
    assert.deepEqual(await found('/c/**/*.yml'), ['B_TOKEN', 'C_TOKEN']);
    assert.deepEqual(await found('/c/**.yml'), ['A_TOKEN', 'D_TOKEN', 'B_TOKEN', 'C_TOKEN']);
    assert.deepEqual(await found('/c/d/*/C.y*l'), ['C_TOKEN']);
    assert.deepEqual(await found(`/c/${'*a'.repeat(100)}*b.yml`), []);
  }).timeout(5000);

  it('does not merge what may be no part of the pipeline', async () => {
    const files = { 'ci/a.gitlab-ci.yml': 'deploy:\n  variables: {AWS_SECRET_ACCESS_KEY: $PROD_KEY}\n  script: [make]\n' };
    const text = `include: [{local: ci/a.gitlab-ci.yml, rules: [{if: $X}]}]\ndeploy:\n  script: [./run $DEPLOY_TOKEN]\n`;

    assert.deepEqual(names(await scan(text, files)), ['DEPLOY_TOKEN']);
    assert.deepEqual(names(await scan(files['ci/a.gitlab-ci.yml'], {}, 'ci/a.gitlab-ci.yml')), ['PROD_KEY']);
  });

  it('says what a pipeline is made of and cannot be read here', async () => {
    const text = `include:
  - project: org/tpl
    file: x.yml
  - remote: https://example.com/ci.yml
  - template: Jobs/Build.gitlab-ci.yml
  - component: $CI_SERVER_FQDN/org/c@1
  - local: /ci/$NAME.yml
  - local: /ci/away.yml
far:
  extends: .from-project
  script:
    - !reference [.elsewhere, script]
`;

    const { outcome, why = '' } = coverageOf(await scan(text));

    assert.equal(outcome, 'partial');
    for (const part of [
      'project org/tpl x.yml',
      'remote https',
      'template Jobs/Build',
      'component ',
      'local /ci/$NAME.yml',
      'and 1 more',
    ])
      assert.ok(why.includes(part), `${part}: ${why}`);
    assert.match(why, /jobs named by `extends` and `!reference` that were not read: \.from-project, \.elsewhere/);
  });

  it('gives an included file what the pipeline that includes it defines', async () => {
    const files = { '.gitlab-ci.yml': 'variables:\n  REGISTRY_TOKEN: public\ninclude: /ci/deploy.gitlab-ci.yml\n' };

    const observations = await scan(
      'deploy:\n  script:\n    - ./run $REGISTRY_TOKEN $OTHER_TOKEN\n',
      files,
      'ci/deploy.gitlab-ci.yml',
    );

    assert.deepEqual(names(observations), ['OTHER_TOKEN']);
  });

  it('knows what GitLab makes, what scripts make and what a test tells from secrets', async () => {
    const observations = await scan(`a:
  id_tokens:
    VAULT_ID_TOKEN:
      aud: https://vault.harbour.example
  script:
    - export SESSION_TOKEN="$(./login)"
    - ./run $SESSION_TOKEN $VAULT_ID_TOKEN $CI_COMMIT_SHA $PWD $PUBLIC_KEY $TOKEN_URL
    - 'test -n "\${API_TOKEN:+set}"'
`);

    assert.deepEqual(names(observations), ['oidc-subject']);
  });

  it('tells the subject of a token by the branch of the job', async () => {
    const observations = await scan('a:\n  id_tokens:\n    T:\n      aud: sts.amazonaws.com\n  script: [make]\n  only: [main]\n');

    const subject = consumerOf(observations, 'oidc-subject');
    assert.equal(subject.identity, 'gitlab:harbour/shop:oidc/project_path:harbour/shop:ref_type:branch:ref:main');
    assert.ok(kinds(observations, 'identity').some(({ id, type }) => id === subject.identity && type === 'oidc-subject'));
  });

  it('links a role that a job becomes, by name and by variable', async () => {
    const observations = await scan(`a:
  variables:
    ACCOUNT: "123456789012"
  script:
    - aws sts assume-role-with-web-identity --role-arn arn:aws:iam::$ACCOUNT:role/deploy --web-identity-token $T
    - gcloud iam workload-identity-pools create-cred-config $P --service-account=etl@harbour.iam.gserviceaccount.com
    - aws sts assume-role --role-arn $NEXT_ROLE
`);

    assert.equal(consumerOf(observations, 'aws:123456789012:role/deploy').how, 'oidc');
    assert.equal(consumerOf(observations, 'gcp:harbour:serviceAccount/etl@harbour.iam.gserviceaccount.com').how, 'oidc');
    assert.equal(consumerOf(observations, 'NEXT_ROLE').how, 'impersonation');
  });

  it('reports a credential in the file once, and says nothing of it elsewhere', async () => {
    const token = fakeToken('harbour1');
    const text = `variables:\n  A: ${token}\n${token}:\n  script: [make]\n`;

    const observations = await scan(text);

    assert.equal(kinds(observations, 'sighting').length, 2);
    const rest = observations.filter(({ kind }) => kind !== 'sighting');
    assert.ok(!JSON.stringify(rest).includes(token));
  });

  it('finds a plain value under a name that says secret', async () => {
    const [sighting] = kinds(await scan('a:\n  variables:\n    DB_PASSWORD: Tide4Anchor\n  script: [make]\n'), 'sighting');

    assert.equal(sighting?.detector, 'ci-plaintext-value');
    assert.equal(sighting?.confidence, 'low');
    assert.deepEqual([sighting?.at?.line, sighting?.at?.column], [3, 18]);
  });

  it('names what cannot be read and keeps the rest', async () => {
    const observations = await scan('a:\n  script:\n    - ./run $API_TOKEN\nb:\n\tscript: [\n');

    assert.equal(coverageOf(observations).outcome, 'partial');
    assert.match(coverageOf(observations).why ?? '', /at line 5/);
    assert.ok(names(observations).includes('API_TOKEN'));
  });

  for (const text of [
    '',
    '# later\n',
    '- a\n',
    'word',
    'a: &a\n  extends: a\n  script: [*a]\n',
    'a:\n  extends: b\nb:\n  extends: a\n',
  ]) {
    it(`reads ${JSON.stringify(text.slice(0, 20))} without harm`, async () => {
      assert.ok(coverageOf(await scan(text)));
    });
  }

  it('does not fall for loops of includes and references', async () => {
    const files = { 'b.yml': 'include: /a.yml\n.x:\n  script:\n    - !reference [.x, script]\n', 'a.yml': 'include: /b.yml\n' };

    const rows = kinds(await scan('include: /a.yml\nj:\n  script:\n    - !reference [.x, script]\n', files), 'coverage');

    assert.deepEqual(
      rows.map(({ subject, outcome }) => `${subject} ${outcome}`),
      ['.gitlab-ci.yml complete', 'b.yml complete', 'a.yml complete'],
    );
  });

  const RULES: readonly (readonly [string, boolean, boolean])[] = [
    ['if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH', false, true],
    ['if: $CI_COMMIT_BRANCH != $CI_DEFAULT_BRANCH', true, false],
    ['if: $CI_COMMIT_TAG || $CI_COMMIT_BRANCH', true, false],
    ['if: $CI_COMMIT_TAG', false, true],
    ['if: $CI_COMMIT_TAG =~ /^v/ || $CI_COMMIT_BRANCH == "main"', false, true],
    ['if: ($CI_COMMIT_BRANCH == "main" || $CI_COMMIT_BRANCH == "next") && $CI_PIPELINE_SOURCE != "schedule"', false, true],
    ['if: $CI_COMMIT_BRANCH =~ /^release/', false, true],
    ['if: $CI_COMMIT_BRANCH =~ /.*/', true, false],
    ['if: $CI_COMMIT_BRANCH !~ /^release/', true, false],
    ['if: $CI_COMMIT_BRANCH =~ /^[a-z0-9].*$/', true, false],
    ['if: $CI_COMMIT_BRANCH =~ /^[A-Z]+-\\d+(-fix)?$/', true, false],
    ['if: $CI_COMMIT_BRANCH =~ /^(main|.*)$/', true, false],
    ['if: $CI_COMMIT_BRANCH =~ /^(main|(release|hotfix)-.+)$/', false, true],
    ['if: $CI_COMMIT_BRANCH =~ /^v?\\d+(\\.x)?$/', true, false],
    ['if: $CI_COMMIT_BRANCH =~ /^v\\d+$/', false, true],
    ['if: $CI_COMMIT_BRANCH =~ /^[[(]/', true, false],
    ['if: $CI_COMMIT_BRANCH =~ /^\\d\\d\\w+$/', true, false],
    ['if: $CI_COMMIT_BRANCH =~ /^(?i)\\pL+$/', true, false],
    ['if: $CI_COMMIT_BRANCH =~ /^(?i:main)$/', false, true],
    ['if: $CI_COMMIT_BRANCH =~ /^(?!main)/', true, false],
    ['if: $CI_PIPELINE_SOURCE =~ /^(push|web)$/', true, false],
    ['if: $CI_PIPELINE_SOURCE =~ /^push$|^web$/', true, false],
    ['if: $CI_PIPELINE_SOURCE =~ /^(schedule|web)$/', false, true],
    ['if: $CI_PIPELINE_SOURCE !~ /^(push|web)$/', false, false],
    ['if: $CI_COMMIT_REF_PROTECTED =~ /true/', false, true],
    ['if: $CI_COMMIT_REF_PROTECTED == "true"', false, true],
    ['if: $CI_COMMIT_REF_PROTECTED != "true"', true, false],
    ['if: $CI_PIPELINE_SOURCE == "schedule"', false, true],
    ['if: $CI_PIPELINE_SOURCE == "merge_request_event"', false, false],
    ['if: $CI_COMMIT_TAG == null', true, false],
    ['if: $DEPLOY == "yes"', true, false],
    ['if: $CI_COMMIT_BRANCH == "main" && $DEPLOY', false, true],
    ['{if: $CI_COMMIT_BRANCH == "main", when: never}, {when: on_success}', true, false],
    ['{if: $CI_COMMIT_BRANCH != "main", when: never}, {when: on_success}', false, true],
    ['{if: $CI_COMMIT_BRANCH, changes: [x]}', true, false],
    ['{when: manual}', false, false],
    ['{when: never}', false, true],
  ];
  for (const [rules, isPushed, isLimited] of RULES) {
    it(`runs ${isPushed ? '' : 'not '}on any branch, ${isLimited ? '' : 'not '}limited: ${rules}`, async () => {
      const list = rules.startsWith('{') ? `[${rules.replace(/if: ([^,}]*)/g, "if: '$1'")}]` : `[{if: '${rules.slice(4)}'}]`;

      const { detail } = consumerOf(await scan(`job:\n  script: [./deploy $DEPLOY_TOKEN]\n  rules: ${list}\n`), 'DEPLOY_TOKEN');

      assert.equal(detail.pushAnyBranch, isPushed);
      assert.equal(detail.refsLimited, isLimited);
    });
  }

  const ONLY: readonly (readonly [string, boolean])[] = [
    ['only: [/.*/]', true],
    ['only: [/.*/i@harbour/shop]', true],
    ['only: ["/^[a-z].*$/"]', true],
    ['only: [/^release-.*$/]', false],
    ['only: [/.*/], except: [branches]', false],
    ['only: [main]', false],
  ];
  for (const [only, expected] of ONLY) {
    it(`runs ${expected ? '' : 'not '}on any branch: ${only}`, async () => {
      const text = `job: {script: [./deploy $DEPLOY_TOKEN], ${only}}\n`;

      const { detail } = consumerOf(await scan(text), 'DEPLOY_TOKEN');

      assert.equal(detail.pushAnyBranch, expected);
    });
  }

  it('reads a hostile pattern in time that grows with its length', async () => {
    for (const unit of ['(', '(a|', '[', 'a{0,', '\\\\', '(a)', 'a|']) {
      const text = `job: {script: [./deploy $DEPLOY_TOKEN], only: ['/${unit.repeat(4000)}/']}\n`;

      assert.equal(typeof consumerOf(await scan(text), 'DEPLOY_TOKEN').detail.refsLimited, 'boolean');
    }
  }).timeout(5000);

  it('takes the rules of the whole pipeline together with those of a job', async () => {
    const workflow = 'workflow:\n  rules:\n    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH\n';
    const job = 'job:\n  script: [./deploy $DEPLOY_TOKEN]\n';
    const pushed = async (text: string) => consumerOf(await scan(text), 'DEPLOY_TOKEN').detail.pushAnyBranch;

    assert.equal(await pushed(job), true);
    assert.equal(await pushed(workflow + job), false);
    assert.equal(await pushed(`${workflow}${job}  rules: [{when: always}]\n`), false);
    assert.equal(await pushed(`${workflow}    - when: always\n${job}`), true);
  });

  it('puts a template together once, however many extend it', async () => {
    const all = (level: number) => [0, 1, 2, 3, 4, 5].map((each) => `.t${level}-${each}`).join(', ');
    const levels = [...Array(11).keys()].flatMap((level) =>
      [0, 1, 2, 3, 4, 5].map(
        (each) =>
          `.t${level}-${each}:\n  extends: [${level === 10 ? '.base' : all(level + 1)}]\n  variables: {V${level}_${each}: x}\n`,
      ),
    );
    const text = `${levels.join('')}.base:\n  script: [./deploy $DEPLOY_TOKEN]\nshallow:\n  extends: .t10-0\nwide:\n  extends: [${all(2)}]\n`;

    const started = cpuTime();
    const observations = await scan(text);
    const took = cpuTime() - started;

    assert.deepEqual(names(observations), ['DEPLOY_TOKEN', 'DEPLOY_TOKEN']);
    assert.ok(took < 2000, `${Math.round(took)} ms`);
  }).timeout(10_000);

  it('follows references as far as its bounds go, and says where they ended', async () => {
    const level = (n: number, items: string) => `.t${n}:\n  script: [${items}]\n`;
    const text = `${[1, 2, 3, 4, 5, 6]
      .map((n) =>
        level(
          n,
          Array(60)
            .fill(`!reference [.t${n + 1}, script]`)
            .join(', '),
        ),
      )
      .join('')}${level(7, '""')}far:\n  script:\n    - !reference [.t1, script]\nnear:\n  script: [./deploy $DEPLOY_TOKEN]\n`;

    const started = cpuTime();
    const observations = await scan(text);
    const took = cpuTime() - started;

    const { outcome, why } = coverageOf(observations);
    assert.equal(outcome, 'partial');
    assert.match(why ?? '', /join more than is read/);
    assert.deepEqual(names(observations), ['DEPLOY_TOKEN']);
    assert.ok(took < 2000, `${Math.round(took)} ms`);
  }).timeout(10_000);

  it('never throws, whatever is cut and put, and its places lie in the file', async () => {
    const cut = fc.record({
      at: fc.nat(2000),
      length: fc.nat(20),
      put: fc.constantFrom(
        '',
        '\n',
        '  ',
        ': ',
        '- ',
        '"',
        "'",
        '{',
        ']',
        '&a ',
        '*a',
        '$',
        '!reference [.deploy, script]',
        '\t',
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 5 }), async (cuts) => {
        const text = mutate(PIPELINE, cuts);

        const observations = await scan(text);

        const lines = text.split('\n').length;
        for (const { at } of observations) assert.ok((at?.line ?? 1) >= 1 && (at?.line ?? 1) <= lines);
        assert.ok(coverageOf(observations));
      }),
      { numRuns: 150 },
    );
  });
});
