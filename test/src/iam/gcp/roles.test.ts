import assert from 'node:assert/strict';
import { capabilitiesOf, isKnownRole, isPowerfulRole } from '../../../../src/iam/gcp/capability.ts';
import { decidingPermissions } from '../../../../src/iam/gcp/roles.ts';

const holders = (permission: string) => ALL.filter((role) => decidingPermissions(role)?.includes(permission) === true);
const ALL = [
  'owner',
  'editor',
  'viewer',
  'iam.serviceAccountTokenCreator',
  'iam.serviceAccountUser',
  'iam.serviceAccountKeyAdmin',
  'iam.workloadIdentityUser',
].map((name) => `roles/${name}`);

describe('the catalogue of predefined roles', () => {
  it('knows who may act as, mint tokens of and make keys of accounts', () => {
    assert.deepEqual(holders('iam.serviceAccounts.actAs'), ['roles/owner', 'roles/editor', 'roles/iam.serviceAccountUser']);
    assert.deepEqual(holders('iam.serviceAccounts.getAccessToken'), [
      'roles/iam.serviceAccountTokenCreator',
      'roles/iam.workloadIdentityUser',
    ]);
    assert.deepEqual(holders('iam.serviceAccountKeys.create'), [
      'roles/owner',
      'roles/editor',
      'roles/iam.serviceAccountKeyAdmin',
    ]);
  });

  it('tells a role that holds none of what decides from one that it does not know', () => {
    assert.deepEqual(decidingPermissions('roles/logging.logWriter'), []);
    assert.equal(decidingPermissions('roles/brandnew.admin'), undefined);
    assert.equal(decidingPermissions('projects/p/roles/x'), undefined);
    assert.equal(isKnownRole('roles/browser'), true);
    assert.equal(isKnownRole('roles/brandnew.admin'), false);
  });

  it('does not let an editor read secrets', () => {
    assert.ok(!capabilitiesOf('roles/editor', undefined, 'projects/p').some(({ capability }) => capability === 'reads-secrets'));
  });

  it('does not let a right on a project set the policy of its folder', () => {
    const permissions = ['resourcemanager.folders.setIamPolicy'];

    assert.deepEqual(capabilitiesOf('projects/p/roles/x', permissions, 'projects/p'), []);
    assert.ok(
      capabilitiesOf('organizations/1/roles/x', permissions, 'folders/2').some(({ capability }) => capability === 'escalates'),
    );
  });

  it('knows which roles are worth granting oneself', () => {
    assert.equal(isPowerfulRole('roles/owner', new Map()), true);
    assert.equal(isPowerfulRole('roles/browser', new Map()), false);
  });
});
