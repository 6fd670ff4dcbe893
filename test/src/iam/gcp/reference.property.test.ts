import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { BoundRole } from '../../../../src/iam/gcp/bindings.ts';
import { type DenyRule, NO_LIMITS } from '../../../../src/iam/gcp/limits.ts';
import { bound, estate, member, onAccount, sa, ways } from './estate.ts';

/**
 * A slow, literal reading of the rules, for a part of the language: who ends up as an administrator by making keys, minting tokens or
 * setting policies of accounts, or by running functions as them, when bindings lie on all levels and deny policies on some.
 */
const NAMES = ['a', 'b', 'c', 'd', 'e'];
const PROJECTS = ['shop-prod', 'shop-dev'];
const ABOVE: { readonly [resource: string]: readonly string[] } = {
  'projects/shop-prod': ['projects/shop-prod', 'folders/1', 'organizations/2'],
  'projects/shop-dev': ['projects/shop-dev', 'folders/1', 'organizations/2'],
  'folders/1': ['folders/1', 'organizations/2'],
  'organizations/2': ['organizations/2'],
};
const ROLES: { readonly [role: string]: readonly string[] } = {
  'organizations/2/roles/keys': ['iam.serviceAccountKeys.create'],
  'organizations/2/roles/tokens': ['iam.serviceAccounts.getAccessToken'],
  'organizations/2/roles/policy': ['iam.serviceAccounts.setIamPolicy'],
  'organizations/2/roles/acts': ['iam.serviceAccounts.actAs'],
  'organizations/2/roles/runs': ['run.services.create', 'run.routes.invoke'],
  'organizations/2/roles/owner': ['resourcemanager.projects.setIamPolicy'],
  'organizations/2/roles/reads': ['storage.objects.get'],
};
const projectOf = (name: string) => (NAMES.indexOf(name) % 2 === 0 ? 'shop-prod' : 'shop-dev');
const who = (name: string) => member(name, projectOf(name));

const name = fc.constantFrom(...NAMES);
const place = fc.oneof(
  fc.constantFrom(...Object.keys(ABOVE)),
  name.map((one) => onAccount(one, projectOf(one))),
);
const condition = fc.constantFrom(undefined, undefined, undefined, 'request.time < timestamp("2020-01-01T00:00:00Z")', 'true');
const binding = fc
  .tuple(fc.constantFrom(...Object.keys(ROLES)), fc.uniqueArray(name, { minLength: 1, maxLength: 2 }), place, condition)
  .map(([role, names, resource, expression]) => bound(role, names.map(who), resource, expression));
const denial: fc.Arbitrary<DenyRule> = fc
  .record({
    attachedTo: fc.constantFrom(...Object.keys(ABOVE)),
    principals: fc.oneof(
      fc.constant(['principalSet://goog/public:all']),
      name.map((one) => [`principal://iam.googleapis.com/projects/-/serviceAccounts/${sa(one, projectOf(one))}`]),
    ),
    exceptPrincipals: fc.oneof(
      fc.constant([]),
      name.map((one) => [`principal://iam.googleapis.com/projects/-/serviceAccounts/${sa(one, projectOf(one))}`]),
    ),
    permissions: fc.constantFrom(
      ['iam.googleapis.com/serviceAccountKeys.create'],
      ['iam.googleapis.com/serviceAccounts.*'],
      ['cloudresourcemanager.googleapis.com/projects.setIamPolicy'],
      ['run.googleapis.com/services.create'],
    ),
  })
  .map((one) => ({ ...one, policy: 'p', exceptPermissions: [] }));

function chainOf(resource: string): readonly string[] {
  const known = ABOVE[resource];
  if (known !== undefined) return known;
  const project = PROJECTS.find((one) => resource.includes(`/projects/${one}/`)) ?? '';
  return [resource, ...(ABOVE[`projects/${project}`] ?? [])];
}

const V2: { readonly [permission: string]: string } = {
  'iam.serviceAccountKeys.create': 'iam.googleapis.com/serviceAccountKeys.create',
  'resourcemanager.projects.setIamPolicy': 'cloudresourcemanager.googleapis.com/projects.setIamPolicy',
  'run.services.create': 'run.googleapis.com/services.create',
};

/** May it use the permission on the resource? Each binding and each denial is looked at anew. */
function may(
  one: string,
  permission: string,
  resource: string,
  bindings: readonly BoundRole[],
  denials: readonly DenyRule[],
): boolean {
  const account = `principal://iam.googleapis.com/projects/-/serviceAccounts/${sa(one, projectOf(one))}`;
  const isDenied = (at: string) =>
    denials.some(
      (rule) =>
        chainOf(at).includes(rule.attachedTo) &&
        (rule.principals[0] === 'principalSet://goog/public:all' || rule.principals.includes(account)) &&
        !rule.exceptPrincipals.includes(account) &&
        (rule.permissions[0] === 'iam.googleapis.com/serviceAccounts.*'
          ? permission.startsWith('iam.serviceAccounts.')
          : rule.permissions[0] === V2[permission]),
    );
  return bindings.some(
    ({ role, members, resource: at, condition: only }) =>
      chainOf(resource).includes(at) &&
      members.includes(who(one)) &&
      ROLES[role]?.includes(permission) === true &&
      only?.expression.includes('2020') !== true &&
      !isDenied(resource),
  );
}

function reference(bindings: readonly BoundRole[], denials: readonly DenyRule[]): string[] {
  const outright = NAMES.filter((one) =>
    Object.keys(ABOVE).some((level) => may(one, 'resourcemanager.projects.setIamPolicy', level, bindings, denials)),
  );
  const reached = new Set(outright);
  for (let before = -1; before !== reached.size; ) {
    before = reached.size;
    for (const one of NAMES) {
      for (const target of [...reached]) {
        if (target === one || reached.has(one)) continue;
        const on = onAccount(target, projectOf(target));
        const has = (permission: string, resource = on) => may(one, permission, resource, bindings, denials);
        const home = `projects/${projectOf(target)}`;
        const runs = has('iam.serviceAccounts.actAs') && has('run.services.create', home) && has('run.routes.invoke', home);
        if (
          has('iam.serviceAccountKeys.create') ||
          has('iam.serviceAccounts.getAccessToken') ||
          has('iam.serviceAccounts.setIamPolicy') ||
          runs
        )
          reached.add(one);
      }
    }
  }
  return [...reached].filter((one) => !outright.includes(one)).sort();
}

describe('escalation in Google Cloud against a literal reading', () => {
  it('finds the same accounts, on random estates', () => {
    const met = new Map<number, number>();
    fc.assert(
      fc.property(fc.array(binding, { maxLength: 12 }), fc.array(denial, { maxLength: 2 }), (bindings, denials) => {
        const of = estate(bindings, {
          listed: NAMES.map((one) => sa(one, projectOf(one))),
          roles: new Map(Object.entries(ROLES)),
          limits: { ...NO_LIMITS, denials },
        });
        const found = [
          ...new Set(
            ways(of)
              .filter(({ capability }) => capability === 'escalates')
              .map((one) => one.member),
          ),
        ].sort();
        const expected = reference(bindings, denials).map(who).sort();
        met.set(expected.length, (met.get(expected.length) ?? 0) + 1);

        assert.deepEqual(found, expected);
      }),
      { numRuns: 5000 },
    );
    assert.ok((met.get(1) ?? 0) > 200 && (met.get(2) ?? 0) > 50, `too few estates with a way: ${JSON.stringify([...met])}`);
  });
});
