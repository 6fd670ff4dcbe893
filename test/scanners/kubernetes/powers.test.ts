import assert from 'node:assert/strict';
import { BUILT_IN, EVERYTHING, judgeRule, POWERS, type Rule } from '../../../scanners/kubernetes/powers.ts';

describe('powers of Kubernetes rules', () => {
  it('are as many as were written, each by one name', () => {
    assert.equal(POWERS.length, 30);
    assert.equal(new Set(POWERS.map(({ id }) => id)).size, 30);
  });

  it('are all in every verb on everything', () => {
    const { powers, cluster } = judgeRule(rule(['*'], ['*'], ['*']));

    assert.deepEqual([...powers].sort(), [EVERYTHING, ...POWERS.map(({ id }) => id)].sort());
    assert.ok(cluster.includes('admin'));
  });

  it('come with each of their verbs, groups and resources, and with wildcards in their place', () => {
    for (const { id, verbs, groups, resources } of POWERS) {
      for (const verb of [...verbs, '*']) {
        for (const group of [groups[0] ?? '', '*']) {
          for (const resource of [...resources, '*']) {
            assert.ok(judgeRule(rule([verb], [group], [resource])).powers.includes(id), `${id}: ${verb} ${group}/${resource}`);
          }
        }
      }
    }
  });

  it('do not come with another group, verb or resource', () => {
    for (const { id, verbs, groups, resources } of POWERS) {
      assert.ok(!judgeRule(rule(verbs, ['harbour.example'], resources)).powers.includes(id), id);
      assert.ok(!judgeRule(rule(['fly'], groups, resources)).powers.includes(id), id);
      assert.ok(!judgeRule(rule(verbs, groups, ['ships'])).powers.includes(id), id);
    }
  });

  const CASES: readonly (readonly [string, Rule, readonly string[]])[] = [
    ['a resource is not its subresource', rule(['create'], [''], ['pods']), ['creates-pods']],
    ['a subresource is not its resource', rule(['create'], [''], ['pods/exec']), ['execs-in-pods']],
    ['a star and a subresource is that of each resource', rule(['create'], [''], ['*/token']), ['mints-tokens']],
    ['reading names no secret', rule(['get'], [''], ['pods']), []],
    ['verbs of no resource', rule(['get'], [], []), []],
  ];
  for (const [title, given, expected] of CASES) {
    it(title, () => {
      assert.deepEqual(judgeRule(given).powers, expected);
    });
  }

  it('over named objects are told apart, and names allow no creation', () => {
    const judged = judgeRule({ ...rule(['get', 'create'], [''], ['secrets', 'serviceaccounts/token']), names: ['db'] });

    assert.deepEqual(judged.powers, []);
    assert.deepEqual(judged.named, ['reads-secrets', 'mints-tokens']);
    assert.deepEqual(judged.cluster, []);
  });

  it('over named objects are powers where the name is the power', () => {
    const named = (verb: string, group: string, resource: string, name: string) =>
      judgeRule({ ...rule([verb], [group], [resource]), names: [name] });
    const rbac = 'rbac.authorization.k8s.io';

    assert.deepEqual(named('bind', rbac, 'clusterroles', 'cluster-admin').cluster, ['escalates']);
    assert.deepEqual(named('bind', rbac, 'clusterroles', 'view').powers, []);
    assert.deepEqual(named('escalate', rbac, 'roles', 'view').powers, ['escalates-roles']);
    assert.deepEqual(named('impersonate', '', 'groups', 'system:masters').cluster, ['escalates']);
    assert.deepEqual(named('impersonate', '', 'serviceaccounts', 'admin').namespaced, ['impersonates']);
    assert.deepEqual(named('impersonate', '', 'serviceaccounts', 'administrivia').powers, []);
    assert.deepEqual(named('impersonate', '', 'users', 'system:serviceaccount:kube-system:x').powers, ['impersonates-users']);
  });

  it('of the built-in roles are those that Kubernetes gives them', () => {
    const powersOf = (name: string) => new Set((BUILT_IN.get(name) ?? []).flatMap((one) => judgeRule(one).powers));

    assert.ok(powersOf('cluster-admin').has(EVERYTHING));
    assert.ok(powersOf('edit').has('reads-secrets') && !powersOf('edit').has('writes-bindings'));
    assert.ok(powersOf('admin').has('writes-bindings') && !powersOf('admin').has('binds-roles'));
    assert.ok(!powersOf('view').has('reads-secrets') && powersOf('view').has('reads-logs'));
  });
});

function rule(verbs: readonly string[], groups: readonly string[], resources: readonly string[]): Rule {
  return { verbs, groups, resources, names: [], urls: [] };
}
