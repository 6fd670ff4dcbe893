import type { Confidence } from '../../contracts/index.ts';

/** What a role amounts to on its resource. */
export interface RoleCapability {
  readonly capability:
    | 'admin'
    | 'escalates'
    | 'reads-secrets'
    | 'reads-data'
    | 'writes-data'
    | 'manages-identities'
    | 'impersonates';
  readonly confidence: Confidence;
  /** The permission that decides, where it is a role of one's own. */
  readonly permission?: string;
}

type Name = RoleCapability['capability'];

const EVERYTHING: readonly Name[] = ['admin', 'reads-secrets', 'reads-data', 'writes-data', 'manages-identities', 'impersonates'];
const READS: readonly Name[] = ['reads-data'];
const WRITES: readonly Name[] = ['writes-data'];
const BOTH: readonly Name[] = ['reads-data', 'writes-data'];

/**
 * Predefined roles by what they let somebody do. Editor may create keys of any service account of the project, so it
 * reaches whatever they reach; it may not read secrets.
 * https://cloud.google.com/iam/docs/understanding-roles
 */
const ROLES: { readonly [role: string]: readonly Name[] } = {
  'roles/owner': EVERYTHING,
  'roles/editor': ['admin', 'reads-data', 'writes-data', 'manages-identities', 'impersonates'],
  'roles/resourcemanager.organizationAdmin': ['escalates', 'manages-identities'],
  'roles/resourcemanager.folderAdmin': ['escalates', 'manages-identities'],
  'roles/resourcemanager.folderIamAdmin': ['escalates', 'manages-identities'],
  'roles/resourcemanager.projectIamAdmin': ['escalates', 'manages-identities'],
  'roles/iam.securityAdmin': ['escalates', 'manages-identities'],
  'roles/iam.roleAdmin': ['escalates'],
  'roles/iam.organizationRoleAdmin': ['escalates'],
  'roles/iam.serviceAccountTokenCreator': ['impersonates'],
  'roles/iam.serviceAccountOpenIdTokenCreator': ['impersonates'],
  'roles/iam.serviceAccountKeyAdmin': ['impersonates', 'manages-identities'],
  'roles/iam.serviceAccountAdmin': ['impersonates', 'manages-identities'],
  'roles/iam.serviceAccountCreator': ['manages-identities'],
  'roles/iam.workloadIdentityUser': ['impersonates'],
  'roles/iam.workloadIdentityPoolAdmin': ['manages-identities'],
  'roles/secretmanager.admin': ['reads-secrets'],
  'roles/secretmanager.secretAccessor': ['reads-secrets'],
  'roles/storage.admin': BOTH,
  'roles/storage.objectAdmin': BOTH,
  'roles/storage.objectUser': BOTH,
  'roles/storage.objectViewer': READS,
  'roles/storage.objectCreator': WRITES,
  'roles/storage.legacyBucketOwner': WRITES,
  'roles/storage.legacyObjectReader': READS,
  'roles/storage.legacyObjectOwner': READS,
  'roles/bigquery.admin': BOTH,
  'roles/bigquery.dataOwner': BOTH,
  'roles/bigquery.dataEditor': BOTH,
  'roles/bigquery.dataViewer': READS,
  'roles/bigtable.admin': BOTH,
  'roles/bigtable.user': BOTH,
  'roles/bigtable.reader': READS,
  'roles/datastore.owner': BOTH,
  'roles/datastore.user': BOTH,
  'roles/datastore.viewer': READS,
  'roles/spanner.admin': BOTH,
  'roles/spanner.databaseAdmin': BOTH,
  'roles/spanner.databaseUser': BOTH,
  'roles/spanner.databaseReader': READS,
  'roles/cloudsql.admin': BOTH,
  'roles/pubsub.admin': BOTH,
  'roles/pubsub.editor': BOTH,
  'roles/pubsub.subscriber': READS,
  'roles/pubsub.publisher': WRITES,
};

/** Roles that amount to it only together with something else (compute to run as the account; data in some service). */
const PROBABLE: { readonly [role: string]: readonly Name[] } = {
  'roles/iam.serviceAccountUser': ['impersonates'],
  'roles/viewer': READS,
};

/** Single permissions, for roles of one's own. https://cloud.google.com/iam/docs/permissions-reference */
const PERMISSIONS: { readonly [permission: string]: Name } = {
  'resourcemanager.projects.setIamPolicy': 'escalates',
  'resourcemanager.folders.setIamPolicy': 'escalates',
  'resourcemanager.organizations.setIamPolicy': 'escalates',
  'iam.roles.update': 'escalates',
  'iam.serviceAccounts.getAccessToken': 'impersonates',
  'iam.serviceAccounts.signBlob': 'impersonates',
  'iam.serviceAccounts.signJwt': 'impersonates',
  'iam.serviceAccounts.implicitDelegation': 'impersonates',
  'iam.serviceAccounts.setIamPolicy': 'impersonates',
  'iam.serviceAccountKeys.create': 'impersonates',
  'iam.serviceAccounts.create': 'manages-identities',
  'iam.serviceAccounts.delete': 'manages-identities',
  'iam.workloadIdentityPoolProviders.create': 'manages-identities',
  'secretmanager.versions.access': 'reads-secrets',
  'storage.objects.get': 'reads-data',
  'storage.objects.create': 'writes-data',
  'storage.objects.delete': 'writes-data',
  'bigquery.tables.getData': 'reads-data',
  'bigquery.tables.updateData': 'writes-data',
  'bigquery.tables.delete': 'writes-data',
  'datastore.entities.get': 'reads-data',
  'datastore.entities.update': 'writes-data',
  'spanner.databases.select': 'reads-data',
  'spanner.databases.write': 'writes-data',
  'bigtable.tables.readRows': 'reads-data',
  'bigtable.tables.mutateRows': 'writes-data',
  'pubsub.subscriptions.consume': 'reads-data',
};

/**
 * Capabilities of a role bound on a resource. Who may set the policy of a project, folder or organisation can make
 * itself owner there with one call, and gets an `admin` row of medium confidence for it.
 */
export function capabilitiesOf(role: string, permissions: readonly string[] | undefined, resource: string): RoleCapability[] {
  const found = permissions === undefined ? predefined(role) : ofPermissions(permissions);
  const wide = isContainer(resource);
  const inScope = found.filter((one) => wide || (one.capability !== 'admin' && one.capability !== 'escalates'));
  const escalates = inScope.find((one) => one.capability === 'escalates');
  if (escalates !== undefined && !inScope.some((one) => one.capability === 'admin')) {
    inScope.push({ ...escalates, capability: 'admin', confidence: 'medium' });
  }
  return inScope;
}

/** Is it known what the role holds? Predefined roles not listed here hold nothing that a capability hangs on, as far as we know. */
export function isKnownRole(role: string): boolean {
  return role.startsWith('roles/');
}

/** Project, folder, organisation: what is granted there is inherited by everything below. */
export function isContainer(resource: string): boolean {
  return /^(?:projects|folders|organizations)\/[^/]+$/.test(resource);
}

function predefined(role: string): RoleCapability[] {
  const sure = (ROLES[role] ?? []).map((capability) => ({ capability, confidence: 'high' as const }));
  const probable = (PROBABLE[role] ?? []).map((capability) => ({ capability, confidence: 'medium' as const }));
  return [...sure, ...probable];
}

function ofPermissions(permissions: readonly string[]): RoleCapability[] {
  const found = new Map<Name, RoleCapability>();
  for (const permission of permissions) {
    const capability = PERMISSIONS[permission];
    if (capability !== undefined && !found.has(capability)) found.set(capability, { capability, confidence: 'high', permission });
  }
  return [...found.values()];
}
