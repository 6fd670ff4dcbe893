import assert from 'node:assert/strict';
import { bound, estate, member, onAccount, sa, ways } from './estate.ts';

/** An administrator of one project, whom a workload of another may be deployed as. */
const BINDINGS = [
  bound('roles/owner', member('boss'), 'projects/shop-prod'),
  bound('roles/iam.serviceAccountUser', member('ci', 'shop-dev'), onAccount('boss')),
  bound('roles/run.admin', member('ci', 'shop-dev'), 'projects/shop-dev'),
];

const CASES: [string, [string, boolean][] | undefined, boolean][] = [
  ['nobody says that it may', undefined, false],
  ['the policy of the project forbids it', [['projects/shop-prod', true]], false],
  ['the policy of the project lets it', [['projects/shop-prod', false]], true],
  ['the policy of the organisation lets it', [['organizations/2', false]], true],
  [
    'the folder forbids again what the organisation lets',
    [
      ['organizations/2', false],
      ['folders/1', true],
    ],
    false,
  ],
  ['the policy of the other project lets it', [['projects/shop-dev', false]], false],
];

describe('code as an account of another project of Google Cloud', () => {
  for (const [title, policies, isFollowed] of CASES) {
    it(`is ${isFollowed ? '' : 'not '}followed where ${title}`, () => {
      const found = ways(estate(BINDINGS, policies === undefined ? {} : { keptInProject: new Map(policies) }));

      assert.deepEqual(
        found.map(({ method, target, confidence }) => [method, target, confidence]),
        isFollowed ? [['run-service-call', sa('boss'), 'medium']] : [],
      );
    });
  }

  it('tells both rights, and what is not sure', () => {
    const [way] = ways(estate(BINDINGS, { keptInProject: new Map([['projects/shop-prod', false]]) }));

    assert.match(way?.path ?? '', /roles\/iam.serviceAccountUser on boss@.* and roles\/run.admin on projects\/shop-dev: /);
    assert.deepEqual(way?.unknown, ['whether agents of the other project may act as the account']);
  });

  it('takes more than the right to deploy', () => {
    const bindings = [...BINDINGS.slice(0, 1), ...BINDINGS.slice(2)];

    assert.deepEqual(ways(estate(bindings, { keptInProject: new Map([['organizations/2', false]]) })), []);
  });
});
