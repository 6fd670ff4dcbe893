import assert from 'node:assert/strict';
import { NO_LIMITS } from '../../../../src/iam/gcp/limits.ts';
import { METHODS } from '../../../../src/iam/gcp/methods.ts';
import { cpuTime } from '../../../helpers/cpu-time.ts';
import { bound, estate, member, onAccount, sa, ways } from './estate.ts';

const EDITOR = bound('roles/editor', member('boss'), 'projects/shop-prod');
const ACTS = 'roles/iam.serviceAccountUser';

describe('escalation in Google Cloud', () => {
  const levels: [string, string][] = [
    ['the account', onAccount('boss')],
    ['its project', 'projects/shop-prod'],
    ['the folder above', 'folders/1'],
    ['the organisation', 'organizations/2'],
  ];
  for (const [what, resource] of levels) {
    it(`by minting tokens, granted on ${what}`, () => {
      const [way, ...more] = ways(
        estate([EDITOR, bound('roles/iam.serviceAccountTokenCreator', member('ci', 'shop-dev'), resource)]),
      );

      assert.equal(more.length, 0);
      assert.equal(way?.method, 'get-access-token');
      assert.equal(way?.target, sa('boss'));
      assert.equal(way?.cut.resource, resource);
      assert.match(way?.path ?? '', /mints access tokens of boss@.*, which has roles\/editor on projects\/shop-prod$/);
      assert.equal(way?.confidence, 'high');
    });
  }

  const custom: [method: string, permissions: string[]][] = METHODS.filter(
    ({ runsAs, id }) => runsAs === undefined && id !== 'build',
  ).map((one) => [
    one.id,
    [...one.onAccount, ...one.inProject.map((each) => (typeof each === 'string' ? each : (each[0] ?? '')))],
  ]);
  for (const [method, permissions] of custom) {
    const role = 'projects/shop-prod/roles/x';

    it(`by ${method}, and by nothing less`, () => {
      const with_ = (held: readonly string[]) =>
        ways(estate([EDITOR, bound(role, member('ci'), 'projects/shop-prod')], { roles: new Map([[role, held]]) }));

      assert.deepEqual(
        with_(permissions).map((one) => [one.method, one.target]),
        [[method, sa('boss')]],
      );
      for (const missing of permissions) {
        assert.deepEqual(
          with_(permissions.filter((one) => one !== missing)).filter((one) => one.method === method),
          [],
        );
      }
    });
  }

  it('joins rights of two bindings on different levels', () => {
    const [way] = ways(
      estate([EDITOR, bound(ACTS, member('ci'), onAccount('boss')), bound('roles/run.admin', member('ci'), 'folders/1')]),
    );

    assert.equal(way?.capability, 'escalates');
    assert.equal(way?.cut.role, ACTS);
    assert.match(way?.path ?? '', /roles\/iam\.serviceAccountUser on boss@.* and roles\/run\.admin on folders\/1/);
  });

  it('does not start code in another project as the account', () => {
    const found = ways(
      estate([
        EDITOR,
        bound(ACTS, member('ci', 'shop-dev'), onAccount('boss')),
        bound('roles/run.admin', member('ci', 'shop-dev'), 'projects/shop-dev'),
      ]),
    );

    assert.deepEqual(found, []);
  });

  it('follows any number of steps, and tells the last of them', () => {
    const steps = Array.from({ length: 300 }, (_, index) =>
      bound('roles/iam.serviceAccountTokenCreator', member(`s${index + 1}`), onAccount(index === 0 ? 'boss' : `s${index}`)),
    );

    const found = ways(estate([EDITOR, ...steps]));

    assert.equal(found.length, 300);
    const last = found.find((one) => one.member === member('s300'));
    assert.deepEqual([last?.hops, last?.target], [300, sa('s299')]);
    assert.match(last?.path ?? '', /which is an administrator by 299 more steps, the next to s298@/);
    assert.ok(found.every(({ path }) => path.length < 1200));
  });

  it('needs somebody more privileged to become', () => {
    const found = ways(
      estate(
        [
          bound('roles/logging.logWriter', member('log'), 'projects/shop-prod'),
          bound('roles/iam.serviceAccountTokenCreator', member('ci'), 'projects/shop-prod'),
        ],
        {
          listed: [sa('log')],
        },
      ),
    );

    assert.deepEqual(found, []);
  });

  it('goes over several accounts, the shortest way first', () => {
    const found = ways(
      estate([
        EDITOR,
        bound('roles/iam.serviceAccountTokenCreator', member('mid'), onAccount('boss')),
        bound('roles/iam.serviceAccountKeyAdmin', member('far'), onAccount('mid')),
      ]),
    );

    assert.deepEqual(
      found.map((one) => [one.member, one.hops, one.target]),
      [
        [member('mid'), 1, sa('boss')],
        [member('far'), 2, sa('mid')],
      ],
    );
    assert.match(
      found[1]?.path ?? '',
      /makes a key of mid@.*, which by roles\/iam\.serviceAccountTokenCreator on boss@\S+ mints access tokens of boss@/,
    );
  });

  it('delegates through an account that mints tokens of the next', () => {
    const role = 'projects/shop-prod/roles/delegate';
    const roles = new Map([[role, ['iam.serviceAccounts.implicitDelegation']]]);
    const delegate = bound(role, member('far'), onAccount('mid'));

    const through = ways(
      estate([EDITOR, bound('roles/iam.serviceAccountTokenCreator', member('mid'), onAccount('boss')), delegate], { roles }),
    );
    const direct = ways(estate([EDITOR, bound(role, member('far'), onAccount('boss'))], { roles }));

    assert.deepEqual(
      through.map((one) => one.method),
      ['get-access-token', 'implicit-delegation'],
    );
    assert.deepEqual(direct, []);
  });

  it('ends where accounts become each other', () => {
    const found = ways(
      estate([
        EDITOR,
        bound('roles/iam.serviceAccountTokenCreator', [member('a'), member('boss')], onAccount('b')),
        bound('roles/iam.serviceAccountTokenCreator', member('b'), onAccount('a')),
        bound('roles/iam.serviceAccountTokenCreator', member('a'), onAccount('boss')),
      ]),
    );

    assert.deepEqual(
      found.map((one) => one.member),
      [member('a'), member('b')],
    );
  });

  it('lets itself into a pool whose principals are privileged', () => {
    const principal =
      'principalSet://iam.googleapis.com/projects/111/locations/global/workloadIdentityPools/github/attribute.repository/harbour/shop';
    const bindings = [EDITOR, bound('roles/iam.workloadIdentityUser', principal, onAccount('boss'))];

    const found = ways(estate([...bindings, bound('roles/iam.workloadIdentityPoolAdmin', member('ci'), 'projects/shop-prod')]));
    const elsewhere = ways(
      estate([...bindings, bound('roles/iam.workloadIdentityPoolAdmin', member('ci'), 'projects/shop-dev')]),
    );

    assert.deepEqual(
      found.map((one) => [one.member, one.method, one.hops]),
      [[member('ci'), 'pool-provider', 2]],
    );
    assert.match(
      found[0]?.path ?? '',
      /lets itself into the pool github as github\/attribute\.repository\/harbour\/shop, which by roles\/iam\.workloadIdentityUser on /,
    );
    assert.deepEqual(elsewhere, []);
  });

  it('makes a deployment as the API agent, where that is editor', () => {
    const agent = 'serviceAccount:111@cloudservices.gserviceaccount.com';
    const role = bound('roles/deploymentmanager.editor', member('ci'), 'projects/shop-prod');

    const [way] = ways(estate([bound('roles/editor', agent, 'projects/shop-prod'), role]));

    assert.equal(way?.method, 'deployment-manager');
    assert.deepEqual(ways(estate([role])), []);
  });

  it('runs a build as the default account, not quite surely', () => {
    const compute = 'serviceAccount:111-compute@developer.gserviceaccount.com';
    const [way] = ways(
      estate([
        bound('roles/editor', compute, 'projects/shop-prod'),
        bound('roles/cloudbuild.builds.editor', member('ci'), 'projects/shop-prod'),
      ]),
    );

    assert.equal(way?.method, 'build');
    assert.equal(way?.confidence, 'medium');
  });

  it('changes a role that it has itself, and no other', () => {
    const own = 'projects/shop-prod/roles/own';
    const admin = bound('roles/iam.roleAdmin', member('ci'), 'projects/shop-prod');
    const roles = new Map([[own, ['logging.logEntries.create']]]);

    const [way] = ways(estate([admin, bound(own, member('ci'), 'projects/shop-prod')], { roles }));

    assert.equal(way?.method, 'update-role');
    assert.equal(way?.capability, 'escalates');
    assert.deepEqual(ways(estate([admin, bound(own, member('other'), 'projects/shop-prod')], { roles })), []);
    assert.deepEqual(
      ways(
        estate(
          [bound('roles/iam.roleAdmin', member('ci'), 'projects/shop-dev'), bound(own, member('ci'), 'projects/shop-prod')],
          { roles },
        ),
      ),
      [],
    );
  });

  it('tells lesser methods by what they give', () => {
    const role = 'projects/shop-prod/roles/x';
    const of = (permission: string, more: Parameters<typeof estate>[1] = {}) =>
      ways(
        estate(
          [
            bound(role, member('ci'), 'projects/shop-prod'),
            bound('roles/storage.objectViewer', member('reader'), 'projects/shop-prod'),
          ],
          {
            roles: new Map([[role, [permission]]]),
            ...more,
          },
        ),
      ).map((one) => [one.method, one.capability]);

    assert.deepEqual(of('orgpolicy.policy.set'), [['set-organisation-policy', 'manages-identities']]);
    assert.deepEqual(of('storage.hmacKeys.create'), [['create-hmac-key', 'reads-data']]);
    assert.deepEqual(of('apikeys.keys.create'), [['create-api-key', 'manages-identities']]);
    assert.deepEqual(of('apikeys.keys.getKeyString'), []);
    assert.deepEqual(of('apikeys.keys.getKeyString', { boundKeys: new Map([['shop-prod', ['maps']]]) }), [
      ['read-api-keys', 'reads-secrets'],
    ]);
  });

  it('is held back by a deny policy above, and by none elsewhere', () => {
    const denial = (attachedTo: string) => ({
      policy: 'policies/x/denypolicies/no-tokens',
      attachedTo,
      principals: ['principalSet://goog/public:all'],
      exceptPrincipals: [],
      permissions: ['iam.googleapis.com/serviceAccounts.*'],
      exceptPermissions: [],
    });
    const bindings = [EDITOR, bound('roles/iam.serviceAccountTokenCreator', member('ci'), onAccount('boss'))];

    assert.deepEqual(ways(estate(bindings, { limits: { ...NO_LIMITS, denials: [denial('folders/1')] } })), []);
    assert.equal(ways(estate(bindings, { limits: { ...NO_LIMITS, denials: [denial('projects/shop-dev')] } })).length, 1);
  });

  it('is held back where the account lies, though it was granted above', () => {
    const denials = [
      {
        policy: 'no-tokens',
        attachedTo: 'projects/shop-prod',
        principals: ['principalSet://goog/public:all'],
        exceptPrincipals: [],
        permissions: ['iam.googleapis.com/serviceAccounts.*'],
        exceptPermissions: [],
      },
    ];
    const bindings = [EDITOR, bound('roles/iam.serviceAccountTokenCreator', member('ci', 'shop-dev'), 'folders/1')];

    assert.equal(ways(estate(bindings)).length, 1);
    assert.deepEqual(ways(estate(bindings, { limits: { ...NO_LIMITS, denials } })), []);
  });

  it('is of medium confidence under a condition nobody can judge, and names it', () => {
    const [way] = ways(
      estate([EDITOR, bound('roles/iam.serviceAccountTokenCreator', member('ci'), onAccount('boss'), 'request.host == "x"')]),
    );

    assert.equal(way?.confidence, 'medium');
    assert.deepEqual(way?.unknown, ['request.host']);
  });

  it('is none under a condition that ended', () => {
    const ended = 'request.time < timestamp("2020-01-01T00:00:00Z")';

    assert.deepEqual(
      ways(estate([EDITOR, bound('roles/iam.serviceAccountTokenCreator', member('ci'), onAccount('boss'), ended)])),
      [],
    );
    assert.deepEqual(
      ways(
        estate([
          bound('roles/editor', member('boss'), 'projects/shop-prod', ended),
          bound('roles/iam.serviceAccountTokenCreator', member('ci'), onAccount('boss')),
        ]),
      ),
      [],
    );
  });

  it('leaves people, deleted accounts and agents of Google alone', () => {
    const members = [
      'user:a@b.example',
      `deleted:${member('old')}?uid=1`,
      'serviceAccount:service-1@gcp-sa-x.iam.gserviceaccount.com',
    ];

    assert.deepEqual(ways(estate([EDITOR, bound('roles/iam.serviceAccountTokenCreator', members, 'projects/shop-prod')])), []);
  });

  it('grows with the number of projects, not with its square', () => {
    const timeOf = (projects: number) => {
      const bindings = Array.from({ length: projects }, (_, index) => {
        const project = `p-${index}`;
        return [
          bound('roles/editor', member('boss', project), `projects/${project}`),
          bound('roles/iam.serviceAccountTokenCreator', member('ci', project), `projects/${project}`),
        ];
      }).flat();
      const of = estate(bindings);
      const start = cpuTime();
      assert.equal(ways(of).length, projects);
      return cpuTime() - start;
    };
    timeOf(200);

    const [small, large] = [timeOf(500), timeOf(5000)];

    assert.ok(large < 40 * Math.max(small, 2), `${small} ms, then ${large} ms for ten times as many`);
  });
});
