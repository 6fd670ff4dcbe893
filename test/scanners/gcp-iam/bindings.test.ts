import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { kinds } from '../../helpers/scan-context.ts';
import {
  ACCOUNT_RESOURCE,
  account,
  bind,
  ETL,
  ETL_ID,
  found,
  NUMBER,
  PROJECT,
  PROJECT_RESOURCE,
  policy,
  scanJson,
  scanText,
} from './exports.ts';

const SA = `serviceAccount:${ETL}`;
const capabilities = (observations: Observation[], identity = ETL_ID) =>
  kinds(observations, 'grant')
    .filter((one) => one.identity === identity && one.capability !== undefined)
    .map((one) => `${one.capability}/${one.confidence}`)
    .sort();
const onProject = (role: string, condition?: object) => scanJson([found(PROJECT_RESOURCE, bind(role, SA, condition))]);
const coverageOf = (observations: Observation[]) => kinds(observations, 'coverage').at(-1);

describe('gcp-iam scanner: grants', () => {
  it('tells a role, on what, to whom', async () => {
    const [grant] = kinds(await onProject('roles/logging.logWriter'), 'grant');

    assert.equal(grant?.identity, ETL_ID);
    assert.equal(grant?.permission, 'roles/logging.logWriter');
    assert.equal(grant?.resource, `projects/${PROJECT}`);
    assert.equal(grant?.viaKind, 'binding');
    assert.equal(grant?.capability, undefined);
  });

  const roles: [string, string[]][] = [
    [
      'roles/owner',
      ['admin/high', 'impersonates/high', 'manages-identities/high', 'reads-data/high', 'reads-secrets/high', 'writes-data/high'],
    ],
    ['roles/editor', ['admin/high', 'impersonates/high', 'manages-identities/high', 'reads-data/high', 'writes-data/high']],
    ['roles/resourcemanager.projectIamAdmin', ['admin/medium', 'escalates/high', 'manages-identities/high']],
    ['roles/iam.serviceAccountTokenCreator', ['impersonates/high']],
    ['roles/iam.serviceAccountKeyAdmin', ['impersonates/high']],
    ['roles/iam.serviceAccountUser', ['impersonates/medium']],
    ['roles/secretmanager.secretAccessor', ['reads-secrets/high']],
    ['roles/secretmanager.viewer', []],
    ['roles/storage.objectViewer', ['reads-data/high']],
    ['roles/storage.admin', ['reads-data/high', 'writes-data/high']],
    ['roles/bigquery.dataViewer', ['reads-data/high']],
    ['roles/bigquery.jobUser', []],
    ['roles/browser', []],
  ];
  for (const [role, expected] of roles) {
    it(`${role} amounts to ${expected.join(', ') || 'nothing special'}`, async () => {
      assert.deepEqual(capabilities(await onProject(role)), expected);
    });
  }

  it('does not take an editor of one resource for an administrator', async () => {
    const observations = await scanJson([
      found('//pubsub.googleapis.com/projects/harbour-prod/topics/t', bind('roles/editor', SA)),
    ]);

    assert.ok(!capabilities(observations).some((one) => one.startsWith('admin')));
  });

  it('is unsure under a condition, and says which', async () => {
    const observations = await onProject('roles/secretmanager.secretAccessor', {
      title: 'office',
      expression: 'request.host == "x"',
    });

    const derived = kinds(observations, 'grant').find((one) => one.capability !== undefined);
    assert.deepEqual(capabilities(observations), ['reads-secrets/medium']);
    assert.deepEqual(derived?.detail?.unknown, ['request.host']);
    assert.deepEqual(derived?.condition, { expression: 'request.host == "x"', title: 'office' });
  });

  it('heeds a limit on what may be granted where something is granted, and there alone', async () => {
    const only = (...roles: string[]) => ({
      title: 'limited',
      expression: `api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(${JSON.stringify(roles)})`,
    });
    const permissions = ['resourcemanager.projects.setIamPolicy', 'secretmanager.versions.access'];
    const role = (name: string) => ({ name: `projects/${PROJECT}/roles/${name}`, title: 'x', includedPermissions: permissions });
    const of = (condition: object) =>
      scanJson([
        role('deployer'),
        role('super'),
        found(PROJECT_RESOURCE, bind(`projects/${PROJECT}/roles/deployer`, SA, condition)),
      ]);

    assert.deepEqual(capabilities(await of(only('roles/logging.viewer'))), ['reads-secrets/high']);
    assert.deepEqual(capabilities(await of(only(`projects/${PROJECT}/roles/super`))), [
      'admin/medium',
      'escalates/high',
      'manages-identities/high',
      'reads-secrets/high',
    ]);
    assert.deepEqual(capabilities(await of(only(`projects/${PROJECT}/roles/lost`))), [
      'admin/medium',
      'escalates/medium',
      'manages-identities/medium',
      'reads-secrets/high',
    ]);
  });

  it('takes the right to grant some roles alone for as good as the best of them', async () => {
    const limited = (...roles: string[]) =>
      scanJson([
        found(
          PROJECT_RESOURCE,
          bind('roles/resourcemanager.projectIamAdmin', SA, {
            title: 'limited',
            expression: `api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(${JSON.stringify(roles)})`,
          }),
        ),
      ]);

    assert.deepEqual(capabilities(await limited('roles/browser')), []);
    assert.deepEqual(capabilities(await limited('roles/viewer')), ['reads-data/high']);
    assert.deepEqual(capabilities(await limited('roles/storage.objectViewer', 'roles/pubsub.publisher')), [
      'reads-data/high',
      'writes-data/high',
    ]);
    assert.ok(capabilities(await limited('roles/viewer', 'roles/iam.serviceAccountTokenCreator')).includes('escalates/high'));
  });

  it('judges a long condition once, however many it is on', async () => {
    const expression = Array.from({ length: 400 }, (_, index) => `request.host == "h${index}"`).join(' || ');
    const members = Array.from({ length: 3000 }, (_, index) => `serviceAccount:s${index}@${PROJECT}.iam.gserviceaccount.com`);
    const start = cpuTime();

    const observations = await scanJson([found(PROJECT_RESOURCE, bind('roles/editor', members, { title: 'x', expression }))]);

    assert.ok(kinds(observations, 'grant').length > 3000);
    assert.ok(cpuTime() - start < 5000, `${cpuTime() - start} ms`);
  });

  it('reads on where a condition is longer than any', async () => {
    const observations = await onProject('roles/secretmanager.secretAccessor', {
      title: 'x',
      expression: Array(6500).fill('a').join('||'),
    });

    assert.deepEqual(capabilities(observations), ['reads-secrets/medium']);
  });

  it('sees that a temporary right has ended', async () => {
    const ended = await onProject('roles/owner', { title: 'x', expression: 'request.time < timestamp("2026-01-01T00:00:00Z")' });
    const running = await onProject('roles/secretmanager.secretAccessor', {
      title: 'x',
      expression: "request.time < timestamp('2027-01-01T00:00:00Z')",
    });

    assert.deepEqual(capabilities(ended), []);
    assert.equal(kinds(ended, 'grant').length, 1);
    assert.deepEqual(capabilities(running), ['reads-secrets/high']);
  });

  it('reads a role of one’s own by its permissions, from the same file', async () => {
    const role = {
      name: `projects/${PROJECT}/roles/loader`,
      title: 'Loader',
      stage: 'GA',
      includedPermissions: ['iam.serviceAccountKeys.create', 'storage.objects.get'],
    };

    const observations = await scanText(
      `${JSON.stringify([found(PROJECT_RESOURCE, bind(role.name, SA))])}\n${JSON.stringify(role)}`,
    );

    assert.deepEqual(capabilities(observations), ['impersonates/high', 'reads-data/high']);
    assert.equal(
      kinds(observations, 'grant').find((one) => one.capability === 'impersonates')?.permission,
      'iam.serviceAccountKeys.create',
    );
    assert.equal(coverageOf(observations)?.outcome, 'complete');
  });

  it('says that it does not know what a role of one’s own holds', async () => {
    const observations = await onProject(`projects/${PROJECT}/roles/loader`);

    assert.equal(coverageOf(observations)?.outcome, 'partial');
    assert.match(
      coverageOf(observations)?.why ?? '',
      /permissions are not known for projects\/harbour-prod\/roles\/loader.*roles describe/,
    );
  });

  it('counts people and groups, and lists them not', async () => {
    const observations = await scanJson([
      found(
        PROJECT_RESOURCE,
        bind('roles/owner', [
          'user:ida@harbour.example',
          'group:ops@harbour.example',
          'domain:harbour.example',
          'projectOwner:x',
        ]),
      ),
    ]);

    assert.equal(kinds(observations, 'grant').length, 0);
    assert.equal(coverageOf(observations)?.detail?.grantsToPeople, 4);
  });

  it('tells a grant to everybody', async () => {
    const observations = await scanJson([
      found('//storage.googleapis.com/reports', bind('roles/storage.objectViewer', ['allUsers', 'allAuthenticatedUsers'])),
    ]);

    const [everybody, anybodyKnown] = kinds(observations, 'grant').filter((one) => one.capability === 'reads-data');
    assert.equal(everybody?.identity, 'gcp:-:allUsers');
    assert.equal(everybody?.detail?.public, true);
    assert.equal(anybodyKnown?.identity, 'gcp:-:allAuthenticatedUsers');
    assert.equal(kinds(observations, 'identity').length, 0);
  });

  it('tells a grant that outlived its account, and gives it no power', async () => {
    const observations = await scanJson([found(PROJECT_RESOURCE, bind('roles/owner', `deleted:${SA}?uid=123`))]);

    const [grant, ...more] = kinds(observations, 'grant');
    assert.equal(grant?.identity, `${ETL_ID}?uid=123`);
    assert.deepEqual(grant?.detail, { deleted: true, uid: '123' });
    assert.equal(more.length, 0);
  });

  it('tells a pool principal that holds a role itself', async () => {
    const principal = `principalSet://iam.googleapis.com/projects/${NUMBER}/locations/global/workloadIdentityPools/github/attribute.repository/harbour/shop`;

    const observations = await scanJson([found(PROJECT_RESOURCE, bind('roles/secretmanager.secretAccessor', principal))]);

    const [identity] = kinds(observations, 'identity');
    assert.equal(identity?.id, `gcp:${NUMBER}:workloadIdentityPool/github/attribute.repository/harbour/shop`);
    assert.equal(identity?.type, 'federated');
    assert.deepEqual(capabilities(observations, identity?.id), ['reads-secrets/high']);
  });

  it('does not take the agent of another project for the own one', async () => {
    const compute = '456-compute@developer.gserviceaccount.com';
    const agents = [
      'serviceAccount:456@cloudservices.gserviceaccount.com',
      'serviceAccount:123@cloudservices.gserviceaccount.com',
    ];
    const ids = async (...bindings: object[]) =>
      kinds(await scanJson(policy(...bindings), `${PROJECT}-iam-policy.json`), 'identity')
        .map(({ id }) => id)
        .filter((id) => id.endsWith(compute));

    const shared = await ids(bind('roles/compute.networkUser', agents), bind('roles/editor', `serviceAccount:${compute}`));
    const two = await ids(bind('roles/editor', [...agents, `serviceAccount:${compute}`]));
    const own = await ids(bind('roles/editor', [agents[0] ?? '', `serviceAccount:${compute}`]));

    assert.deepEqual(shared, [`gcp:-:serviceAccount/${compute}`]);
    assert.deepEqual(two, [`gcp:-:serviceAccount/${compute}`]);
    assert.deepEqual(own, [`gcp:${PROJECT}:serviceAccount/${compute}`]);
  });

  it('takes what is said outright for the number of a project, not who is its editor', async () => {
    const agent = '456@cloudservices.gserviceaccount.com';

    const observations = await scanJson([found(PROJECT_RESOURCE, bind('roles/editor', `serviceAccount:${agent}`))]);

    assert.equal(kinds(observations, 'identity')[0]?.id, `gcp:-:serviceAccount/${agent}`);
  });

  it('finds the project of a default account by the number that the policy tells', async () => {
    const compute = `serviceAccount:${NUMBER}-compute@developer.gserviceaccount.com`;
    const bindings = [bind('roles/editor', [compute, `serviceAccount:${NUMBER}@cloudservices.gserviceaccount.com`])];

    const named = await scanJson(policy(...bindings), `exports/${PROJECT}-iam-policy.json`);
    const searched = await scanJson([found(PROJECT_RESOURCE, bind('roles/editor', compute))]);

    for (const observations of [named, searched]) {
      assert.equal(kinds(observations, 'grant')[0]?.identity, `gcp:${PROJECT}:${compute.replace(':', '/')}`);
    }
  });
});

describe('gcp-iam scanner: accounts that only bindings name', () => {
  it('tells those that Google made, and marks its own', async () => {
    const compute = `${NUMBER}-compute@developer.gserviceaccount.com`;
    const agent = `service-${NUMBER}@gcp-sa-pubsub.iam.gserviceaccount.com`;

    const observations = await scanJson([
      found(
        PROJECT_RESOURCE,
        bind('roles/editor', [`serviceAccount:${compute}`, `serviceAccount:${agent}`, SA, 'user:a@b.example']),
      ),
    ]);

    assert.deepEqual(
      kinds(observations, 'identity').map((one) => [one.id, one.managed, one.detail?.default, one.enabled]),
      [
        [`gcp:${PROJECT}:serviceAccount/${compute}`, undefined, true, undefined],
        [`gcp:${PROJECT}:serviceAccount/${agent}`, true, undefined, undefined],
      ],
    );
  });
});

describe('gcp-iam scanner: policies of one resource', () => {
  const paths: [string, string][] = [
    [`${PROJECT}-iam-policy.json`, `projects/${PROJECT}`],
    [`deep/er/${PROJECT}.iam_policy.json`, `projects/${PROJECT}`],
    [`project-${PROJECT}-policy.json`, `projects/${PROJECT}`],
    [`${ETL}.json`, ACCOUNT_RESOURCE],
  ];
  for (const [path, resource] of paths) {
    it(`takes ${resource} from the name ${path}`, async () => {
      const observations = await scanJson(policy(bind('roles/viewer', SA)), path);

      assert.equal(kinds(observations, 'grant')[0]?.resource, resource);
      assert.equal(coverageOf(observations)?.outcome, 'complete');
    });
  }

  it('says that it does not know of what project a policy is', async () => {
    const observations = await scanJson(policy(bind('roles/owner', SA)), 'policy.json');

    assert.equal(kinds(observations, 'grant')[0]?.resource, 'projects/-');
    assert.match(coverageOf(observations)?.why ?? '', /PROJECT-iam-policy\.json/);
    assert.ok(capabilities(observations).includes('admin/high'));
  });

  it('reads a policy without bindings as one that was looked at', async () => {
    const observations = await scanJson({ etag: 'BwYAAAAAAAA=' }, `${PROJECT}-iam-policy.json`);

    assert.equal(observations.length, 1);
    assert.equal(coverageOf(observations)?.outcome, 'complete');
    assert.deepEqual(coverageOf(observations)?.covers, ['grant', 'trust']);
  });

  it('names the field that is wrong, and reads the rest', async () => {
    const observations = await scanJson(
      { bindings: [bind('roles/viewer', SA), { role: 7, members: [] }, { role: 'roles/x', members: 'all' }] },
      `${PROJECT}-iam.json`,
    );

    assert.equal(kinds(observations, 'grant').filter((one) => one.capability === undefined).length, 1);
    assert.match(coverageOf(observations)?.why ?? '', /bindings\[1\]\.role/);
    assert.match(coverageOf(observations)?.why ?? '', /bindings\[2\]\.members/);
  });
});

describe('gcp-iam scanner: trust', () => {
  const onAccount = (role: string, member: string) => scanJson([found(ACCOUNT_RESOURCE, bind(role, member))]);
  const POOL = `//iam.googleapis.com/projects/${NUMBER}/locations/global/workloadIdentityPools/github`;

  const members: [string, string, string, string, string | undefined][] = [
    [
      'another account',
      `serviceAccount:job@${PROJECT}.iam.gserviceaccount.com`,
      `gcp:${PROJECT}:serviceAccount/job@${PROJECT}.iam.gserviceaccount.com`,
      'identity',
      undefined,
    ],
    [
      'a Kubernetes account',
      `serviceAccount:${PROJECT}.svc.id.goog[shop/checkout]`,
      `k8s:${PROJECT}.svc.id.goog:shop/checkout`,
      'identity',
      undefined,
    ],
    [
      'a Kubernetes account by its pool',
      `principal:${POOL.replace('github', `${PROJECT}.svc.id.goog`)}/subject/ns/shop/sa/checkout`,
      `k8s:${PROJECT}.svc.id.goog:shop/checkout`,
      'identity',
      undefined,
    ],
    [
      'a repository',
      `principalSet:${POOL}/attribute.repository/harbour/shop`,
      `principalSet:${POOL}/attribute.repository/harbour/shop`,
      'oidc',
      'attribute.repository=harbour/shop',
    ],
    [
      'one subject',
      `principal:${POOL}/subject/repo:harbour/shop:ref:refs/heads/main`,
      `principal:${POOL}/subject/repo:harbour/shop:ref:refs/heads/main`,
      'oidc',
      'repo:harbour/shop:ref:refs/heads/main',
    ],
    ['a whole pool', `principalSet:${POOL}/*`, `principalSet:${POOL}/*`, 'oidc', undefined],
    ['a person', 'user:Ida@harbour.example', 'ida@harbour.example', 'person', undefined],
    ['a group', 'group:ops@harbour.example', 'ops@harbour.example', 'group', undefined],
    ['everybody', 'allUsers', 'allUsers', 'any', undefined],
    ['a deleted account', `deleted:${SA}?uid=1`, `deleted:${SA}`, 'unknown', undefined],
  ];
  for (const [what, member, principal, type, subject] of members) {
    it(`says that ${what} may become the account`, async () => {
      const [trust, ...more] = kinds(await onAccount('roles/iam.workloadIdentityUser', member), 'trust');

      assert.equal(more.length, 0);
      assert.equal(trust?.identity, ETL_ID);
      assert.equal(trust?.principal, principal);
      assert.equal(trust?.principalType, type);
      assert.equal(trust?.subject, subject);
      assert.equal(trust?.detail?.role, 'roles/iam.workloadIdentityUser');
    });
  }

  it('does not take a viewer for one who may become it', async () => {
    assert.deepEqual(kinds(await onAccount('roles/iam.serviceAccountViewer', 'user:ida@harbour.example'), 'trust'), []);
  });

  it('does not take a right on the project for trust of one account', async () => {
    const observations = await scanJson([found(PROJECT_RESOURCE, bind('roles/iam.serviceAccountTokenCreator', SA))]);

    assert.deepEqual(kinds(observations, 'trust'), []);
    assert.deepEqual(capabilities(observations), ['impersonates/high']);
  });

  it('reads accounts and policies from one file', async () => {
    const observations = await scanText(
      `${JSON.stringify([account()])}${JSON.stringify([found(ACCOUNT_RESOURCE, bind('roles/iam.serviceAccountTokenCreator', `serviceAccount:job@${PROJECT}.iam.gserviceaccount.com`))])}`,
    );

    assert.equal(kinds(observations, 'identity').length, 1);
    assert.equal(kinds(observations, 'trust').length, 1);
  });
});
