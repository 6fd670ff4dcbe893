import assert from 'node:assert/strict';
import { type DenyRule, type Limits, NO_LIMITS } from '../../../../src/iam/gcp/limits.ts';
import { bound, estate, member, onAccount, sa, ways } from './estate.ts';

const OWNER = bound('roles/owner', member('boss'), 'projects/shop-prod');
const MINTS = bound('roles/iam.serviceAccountTokenCreator', member('lift'), onAccount('boss'));
const LIFTS = bound('roles/iam.denyAdmin', member('lift'), 'organizations/2');

function denied(name: string, permissions: string[], more: Partial<DenyRule> = {}): Limits {
  const rule: DenyRule = {
    policy: 'policies/cloudresourcemanager.googleapis.com%2Fprojects%2F111/denypolicies/no-tokens',
    attachedTo: 'projects/shop-prod',
    principals: [`principal://iam.googleapis.com/projects/-/serviceAccounts/${sa(name)}`],
    exceptPrincipals: [],
    permissions,
    exceptPermissions: [],
    ...more,
  };
  return { ...NO_LIMITS, denials: [rule] };
}
const NO_TOKENS = ['iam.googleapis.com/serviceAccounts.*'];

describe('lifting a deny policy of Google Cloud', () => {
  it('is a way for whom it holds back, and for whoever may become that one', () => {
    const behind = bound('roles/iam.serviceAccountTokenCreator', member('ci'), onAccount('lift'));

    const found = ways(estate([OWNER, MINTS, LIFTS, behind], { limits: denied('lift', NO_TOKENS) }));

    assert.deepEqual(
      found.map((one) => [one.member, one.method, one.target, one.hops, one.confidence]),
      [
        [member('lift'), 'lift-deny-policy', sa('boss'), 2, 'high'],
        [member('ci'), 'get-access-token', sa('lift'), 3, 'high'],
      ],
    );
    assert.equal(found[0]?.cut, LIFTS);
    assert.match(
      found[0]?.path ?? '',
      /^roles\/iam\.denyAdmin on organizations\/2: lifts the deny policy no-tokens, then uses .*boss@/,
    );
  });

  it('is one for an administrator whose rights it denies', () => {
    const admin = bound('roles/resourcemanager.projectIamAdmin', member('lift'), 'projects/shop-prod');
    const limits = denied('lift', ['cloudresourcemanager.googleapis.com/*']);

    const [way] = ways(estate([admin, LIFTS], { limits }));

    assert.match(way?.path ?? '', /then has roles\/resourcemanager\.projectIamAdmin on projects\/shop-prod again$/);
  });

  it('is not sure by a right below an organisation', () => {
    const [way] = ways(
      estate([OWNER, MINTS, { ...LIFTS, resource: 'projects/shop-prod' }], { limits: denied('lift', NO_TOKENS) }),
    );

    assert.deepEqual([way?.method, way?.confidence], ['lift-deny-policy', 'medium']);
  });

  const near: [string, ReturnType<typeof ways>][] = [
    ['who has nothing that is held back', ways(estate([OWNER, LIFTS], { limits: denied('other', NO_TOKENS) }))],
    ['who may lift none', ways(estate([OWNER, MINTS], { limits: denied('lift', NO_TOKENS) }))],
    [
      'who may lift those of another project',
      ways(estate([OWNER, MINTS, { ...LIFTS, resource: 'projects/shop-dev' }], { limits: denied('lift', NO_TOKENS) })),
    ],
    [
      'whom the policy keeps from lifting it',
      ways(
        estate([OWNER, MINTS, LIFTS], {
          limits: denied('lift', [...NO_TOKENS, 'iam.googleapis.com/denypolicies.*'], { attachedTo: 'organizations/2' }),
        }),
      ),
    ],
  ];
  for (const [who, found] of near) {
    it(`is none for one ${who}`, () => {
      assert.deepEqual(found, []);
    });
  }
});
