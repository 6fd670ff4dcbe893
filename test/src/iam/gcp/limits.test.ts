import assert from 'node:assert/strict';
import { type DenyRule, heldBack, type Limits, NO_LIMITS } from '../../../../src/iam/gcp/limits.ts';
import { member, NOW, onAccount } from './estate.ts';

const hierarchy = {
  projectIds: new Map([['111', 'shop-prod']]),
  parents: new Map([
    ['projects/shop-prod', 'folders/1'],
    ['folders/1', 'organizations/2'],
  ]),
};
const KEYS = 'iam.serviceAccountKeys.create';

function rule(more: Partial<DenyRule>): Limits {
  const base: DenyRule = {
    policy: 'no-keys',
    attachedTo: 'projects/shop-prod',
    principals: ['principalSet://goog/public:all'],
    exceptPrincipals: [],
    permissions: ['iam.googleapis.com/serviceAccountKeys.create'],
    exceptPermissions: [],
  };
  return { ...NO_LIMITS, denials: [{ ...base, ...more }] };
}

const held = (limits: Limits, permission = KEYS, resource = 'projects/shop-prod', who = member('ci')) =>
  heldBack(who, permission, resource, limits, hierarchy, NOW);

describe('deny policies of Google Cloud', () => {
  const cases: [string, Partial<DenyRule>, string, (string | undefined)?, (string | undefined)?, (string | undefined)?][] = [
    ['everybody', {}, 'true'],
    ['another permission', {}, 'false', 'iam.serviceAccounts.actAs'],
    [
      'a permission that begins otherwise',
      { permissions: ['cloudresourcemanager.googleapis.com/projects.setIamPolicy'] },
      'true',
      'resourcemanager.projects.setIamPolicy',
    ],
    ['all of a kind', { permissions: ['iam.googleapis.com/serviceAccountKeys.*'] }, 'true'],
    ['all of a service', { permissions: ['iam.googleapis.com/*'] }, 'true'],
    ['one verb everywhere', { permissions: ['iam.googleapis.com/*.create'] }, 'true'],
    ['another verb', { permissions: ['iam.googleapis.com/*.delete'] }, 'false'],
    [
      'an excepted permission',
      { permissions: ['iam.googleapis.com/*'], exceptPermissions: ['iam.googleapis.com/serviceAccountKeys.create'] },
      'false',
    ],
    ['an account of the project', {}, 'true', KEYS, onAccount('boss')],
    ['the folder above, which the policy does not bind', {}, 'false', KEYS, 'folders/1'],
    ['the organisation binds what lies below', { attachedTo: 'organizations/2' }, 'true'],
    [
      'one account',
      { principals: [`principal://iam.googleapis.com/projects/-/serviceAccounts/${member('ci').slice(15)}`] },
      'true',
    ],
    [
      'another account',
      { principals: [`principal://iam.googleapis.com/projects/-/serviceAccounts/${member('boss').slice(15)}`] },
      'false',
    ],
    [
      'an excepted account',
      { exceptPrincipals: [`principal://iam.googleapis.com/projects/-/serviceAccounts/${member('ci').slice(15)}`] },
      'false',
    ],
    ['a person', { principals: ['principal://goog/subject/a@b.example'] }, 'false'],
    ['a group, whose members nobody tells', { principals: ['principalSet://goog/group/all@b.example'] }, 'unknown'],
    ['an excepted group', { exceptPrincipals: ['principalSet://goog/group/ops@b.example'] }, 'unknown'],
    [
      'accounts of the project by number',
      { principals: ['principalSet://cloudresourcemanager.googleapis.com/projects/111/type/ServiceAccount'] },
      'true',
    ],
    [
      'agents of the project',
      { principals: ['principalSet://cloudresourcemanager.googleapis.com/projects/111/type/ServiceAgent'] },
      'false',
    ],
    [
      'accounts of the organisation',
      { principals: ['principalSet://cloudresourcemanager.googleapis.com/organizations/2/type/ServiceAccount'] },
      'true',
    ],
    [
      'accounts of another organisation',
      { principals: ['principalSet://cloudresourcemanager.googleapis.com/organizations/3/type/ServiceAccount'] },
      'false',
    ],
    ['resources with a tag', { condition: { expression: 'resource.matchTag("1/env", "prod")' } }, 'unknown'],
    ['until a day that is past', { condition: { expression: 'request.time < timestamp("2020-01-01T00:00:00Z")' } }, 'false'],
  ];
  for (const [what, more, truth, permission, resource, who] of cases) {
    it(`${what}: ${truth}`, () => {
      assert.equal(held(rule(more), permission, resource, who).truth, truth);
    });
  }

  it('names what it hangs on', () => {
    const { attributes, by } = held(rule({ principals: ['principalSet://goog/group/all@b.example'] }));

    assert.deepEqual(attributes, ['members of all@b.example']);
    assert.equal(by, 'no-keys');
  });

  it('knows a principal of a pool by its pool', () => {
    const pool = 'principalSet://iam.googleapis.com/projects/111/locations/global/workloadIdentityPools/github';
    const one = `${pool.replace('principalSet', 'principal')}/subject/x`;

    assert.equal(held(rule({ principals: [`${pool}/*`] }), KEYS, 'projects/shop-prod', one).truth, 'true');
    assert.equal(held(rule({ principals: [`${pool}2/*`] }), KEYS, 'projects/shop-prod', one).truth, 'false');
  });
});

describe('principal access boundaries of Google Cloud', () => {
  const policy = 'organizations/2/locations/global/principalAccessBoundaryPolicies/only-dev';
  const boundary = (
    resources: string[],
    more: { version?: string; principalSet?: string; expression?: string } = {},
  ): Limits => ({
    denials: [],
    boundaries: new Map([[policy, { policy, resources, version: more.version ?? '3' }]]),
    boundaryBindings: [
      {
        policy,
        principalSet: more.principalSet ?? '//cloudresourcemanager.googleapis.com/organizations/2',
        ...(more.expression === undefined ? {} : { condition: { expression: more.expression } }),
      },
    ],
  });
  const DEV = '//cloudresourcemanager.googleapis.com/projects/shop-dev';

  it('keeps what lies outside out of reach', () => {
    assert.equal(held(boundary([DEV])).truth, 'true');
    assert.equal(held(boundary([DEV])).by, policy);
  });

  it('leaves what lies within', () => {
    assert.equal(held(boundary(['//cloudresourcemanager.googleapis.com/folders/1'])).truth, 'false');
    assert.equal(held(boundary(['//cloudresourcemanager.googleapis.com/projects/111'])).truth, 'false');
  });

  it('does not bind accounts of elsewhere', () => {
    assert.equal(held(boundary([DEV], { principalSet: '//cloudresourcemanager.googleapis.com/projects/other' })).truth, 'false');
  });

  it('goes by the type that its condition names', () => {
    assert.equal(held(boundary([DEV], { expression: "principal.type == 'iam.googleapis.com/ServiceAccount'" })).truth, 'true');
    assert.equal(held(boundary([DEV], { expression: "principal.type != 'iam.googleapis.com/ServiceAccount'" })).truth, 'false');
    assert.equal(held(boundary([DEV], { expression: "principal.subject.startsWith('x')" })).truth, 'unknown');
  });

  for (const [permission, version, truth] of [
    [KEYS, '2', 'false'],
    [KEYS, 'latest', 'true'],
    ['iam.serviceAccounts.getAccessToken', '3', 'true'],
    ['iam.serviceAccounts.getAccessToken', '1', 'false'],
    ['bigquery.tables.getData', '2', 'true'],
    ['bigquery.tables.getData', '1', 'false'],
    ['cloudbuild.builds.create', '4', 'true'],
    // Not among those whose version is known: the right stays, and is not sure.
    ['secretmanager.versions.access', '4', 'unknown'],
    ['resourcemanager.projects.setIamPolicy', '4', 'unknown'],
    ['*', '4', 'unknown'],
  ] as const) {
    it(`of version ${version} holds ${permission} back: ${truth}`, () => {
      assert.equal(held(boundary([DEV], { version }), permission).truth, truth);
    });
  }

  it('adds nothing to what is reached by one whose condition does not hold', () => {
    const two = boundary([DEV]);
    const other = `${policy}-2`;

    const limits: Limits = {
      ...two,
      boundaries: new Map([
        ...two.boundaries,
        [other, { policy: other, resources: ['//cloudresourcemanager.googleapis.com/organizations/2'], version: '3' }],
      ]),
      boundaryBindings: [
        ...two.boundaryBindings,
        {
          policy: other,
          principalSet: '//cloudresourcemanager.googleapis.com/organizations/2',
          condition: { expression: "principal.type != 'iam.googleapis.com/ServiceAccount'" },
        },
      ],
    };

    assert.equal(held(limits).truth, 'true');
  });

  it('is not sure of a boundary that was not exported', () => {
    assert.equal(held({ ...boundary([DEV]), boundaries: new Map() }).truth, 'unknown');
  });
});
