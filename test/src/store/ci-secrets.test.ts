import assert from 'node:assert/strict';
import type { ConsumerObservation, CredentialObservation, JsonObject, Observation } from '../../../src/contracts/index.ts';
import { githubSecretId } from '../../../src/contracts/index.ts';
import { withRun } from '../correlate/run-store.ts';

/** A secret of an inventory. */
function kept(scope: string, name: string, more: JsonObject = {}): CredentialObservation {
  const { githubEnvironment } = more;
  const environment = typeof githubEnvironment === 'string' ? githubEnvironment : undefined;
  const level = environment !== undefined ? 'environment' : scope.includes('/') ? 'repository' : 'organisation';
  return {
    kind: 'credential',
    id: `github:${String(more.store ?? 'actions')}-secret/${scope}/${environment ?? ''}${name}`,
    identity: githubSecretId(scope, name, environment),
    provider: 'github',
    type: 'ci-secret',
    detail: { store: 'actions', secretName: name, level, ...more },
  };
}

/** What the workflows of a repository say. */
function job(repository: string, name: string, more: Partial<ConsumerObservation> = {}): ConsumerObservation {
  const environment = more.detail?.githubEnvironment;
  return {
    kind: 'consumer',
    consumer: `${repository}:ci.yml#${name}`,
    type: 'workflow-job',
    ...(name === '*'
      ? {}
      : { identity: githubSecretId(repository, name, typeof environment === 'string' ? environment : undefined) }),
    secretName: name,
    how: 'secret',
    at: { repository, path: '.github/workflows/ci.yml' },
    ...more,
    detail: { platform: 'github-actions', ...more.detail },
  };
}

const CASES: readonly {
  readonly title: string;
  readonly rows: readonly Observation[];
  /** Identity and consumer. */
  readonly expected: readonly string[];
}[] = [
  {
    title: 'of an organisation is used in its repositories, and in no other organisation',
    rows: [kept('harbour', 'NPM'), job('Harbour/Shop', 'npm'), job('harbour/docs', 'NPM'), job('pier/shop', 'NPM')],
    expected: ['github:harbour:secret/NPM < Harbour/Shop:ci.yml#npm', 'github:harbour:secret/NPM < harbour/docs:ci.yml#NPM'],
  },
  {
    title: 'of a repository hides that of the organisation, there alone',
    rows: [kept('harbour', 'NPM'), kept('harbour/shop', 'NPM'), job('harbour/shop', 'NPM'), job('harbour/docs', 'NPM')],
    expected: ['github:harbour/shop:secret/NPM < harbour/shop:ci.yml#NPM', 'github:harbour:secret/NPM < harbour/docs:ci.yml#NPM'],
  },
  {
    title: "of an environment is that environment's jobs', in any case of letters",
    rows: [
      kept('harbour/shop', 'DB', { githubEnvironment: 'Prod', store: 'environment' }),
      kept('harbour/shop', 'DB'),
      job('harbour/shop', 'DB', { consumer: 'deploy', detail: { githubEnvironment: 'prod' } }),
      job('harbour/shop', 'DB', { consumer: 'stage', detail: { githubEnvironment: 'stage' } }),
      job('harbour/shop', 'DB', { consumer: 'test' }),
    ],
    expected: [
      'github:harbour/shop:environment/Prod/secret/DB < deploy',
      'github:harbour/shop:secret/DB < stage',
      'github:harbour/shop:secret/DB < test',
    ],
  },
  {
    title: 'is of any environment where the job chooses one when it starts',
    rows: [
      kept('harbour/shop', 'DB', { githubEnvironment: 'prod', store: 'environment' }),
      kept('harbour/shop', 'DB', { githubEnvironment: 'stage', store: 'environment' }),
      job('harbour/shop', 'DB', { consumer: 'deploy', detail: { environmentDynamic: true } }),
    ],
    expected: [
      'github:harbour/shop:environment/prod/secret/DB < deploy',
      'github:harbour/shop:environment/stage/secret/DB < deploy',
    ],
  },
  {
    title: 'of an organisation is kept at the environment for nobody without one',
    rows: [kept('harbour', 'NPM'), job('harbour/shop', 'NPM', { consumer: 'deploy', detail: { githubEnvironment: 'prod' } })],
    expected: ['github:harbour:secret/NPM < deploy'],
  },
  {
    title: 'is one of all that a job takes at once',
    rows: [kept('harbour', 'NPM'), kept('harbour/shop', 'DB'), job('harbour/shop', '*')],
    expected: ['github:harbour/shop:secret/DB < harbour/shop:ci.yml#*', 'github:harbour:secret/NPM < harbour/shop:ci.yml#*'],
  },
  {
    title: 'for chosen repositories is handed to those alone',
    rows: [
      kept('harbour', 'NPM', { visibility: 'selected', repositories: ['harbour/shop'] }),
      job('harbour/shop', 'NPM'),
      job('harbour/docs', 'NPM'),
    ],
    expected: ['github:harbour:secret/NPM < harbour/shop:ci.yml#NPM'],
  },
  {
    title: 'of Dependabot is its own, and of what it starts',
    rows: [
      kept('harbour', 'NPM', { store: 'dependabot' }),
      job('harbour/shop', 'NPM', { consumer: 'updates', detail: { fact: 'dependabot-registry' } }),
      job('harbour/shop', 'NPM', { consumer: 'test', trigger: 'pull_request' }),
      job('harbour/shop', 'NPM', { consumer: 'nightly', trigger: 'schedule' }),
    ],
    expected: ['github:harbour:secret/NPM < test', 'github:harbour:secret/NPM < updates'],
  },
];

describe('consumers of secrets at GitHub', () => {
  for (const { title, rows, expected } of CASES) {
    it(`a secret ${title}`, async () => {
      const found = await withRun(
        rows,
        async (store) =>
          await store.rows(`SELECT concat(identity_id, ' < ', consumer_id) AS link FROM ci_secret_consumers ORDER BY 1`),
      );

      assert.deepEqual(
        found.map((row) => row.link),
        expected,
      );
    });
  }

  it('stand with what uses an identity, so that a trace shows them', async () => {
    const found = await withRun(
      [kept('harbour', 'NPM'), job('harbour/shop', 'NPM')],
      async (store) =>
        await store.rows(`SELECT consumer_id, how FROM identity_consumers WHERE identity_id = 'github:harbour:secret/NPM'`),
    );

    assert.deepEqual(found, [{ consumer_id: 'harbour/shop:ci.yml#NPM', how: 'secret' }]);
  });
});
