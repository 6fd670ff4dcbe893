import type { Confidence } from '../../contracts/index.ts';
import type { ConditionTruth } from './condition.ts';
import { isContainer } from './hierarchy.ts';
import { decidingPermissions } from './roles.ts';

/** What a role amounts to on its resource. */
export interface RoleCapability {
  readonly capability: CapabilityName;
  readonly confidence: Confidence;
  /** The permission that decides, where it is a role of one's own. */
  readonly permission?: string;
  /** What the confidence hangs on. */
  readonly unknown?: readonly string[];
}

export type CapabilityName =
  | 'admin'
  | 'escalates'
  | 'reads-secrets'
  | 'reads-data'
  | 'writes-data'
  | 'manages-identities'
  | 'impersonates';

/** What single permissions amount to. https://cloud.google.com/iam/docs/permissions-reference */
const DECIDES: { readonly [permission: string]: readonly CapabilityName[] } = {
  'resourcemanager.projects.setIamPolicy': ['escalates', 'manages-identities'],
  'resourcemanager.folders.setIamPolicy': ['escalates', 'manages-identities'],
  'resourcemanager.organizations.setIamPolicy': ['escalates', 'manages-identities'],
  'iam.serviceAccounts.getAccessToken': ['impersonates'],
  'iam.serviceAccounts.getOpenIdToken': ['impersonates'],
  'iam.serviceAccounts.signBlob': ['impersonates'],
  'iam.serviceAccounts.signJwt': ['impersonates'],
  'iam.serviceAccounts.implicitDelegation': ['impersonates'],
  'iam.serviceAccounts.setIamPolicy': ['impersonates', 'manages-identities'],
  'iam.serviceAccounts.actAs': ['impersonates'],
  'iam.serviceAccountKeys.create': ['impersonates'],
  'iam.serviceAccounts.create': ['manages-identities'],
  'iam.serviceAccounts.delete': ['manages-identities'],
  'iam.googleapis.com/workloadIdentityPools.create': ['manages-identities'],
  'iam.googleapis.com/workloadIdentityPoolProviders.create': ['manages-identities'],
  'iam.googleapis.com/workloadIdentityPoolProviders.update': ['manages-identities'],
  'secretmanager.versions.access': ['reads-secrets'],
  'secretmanager.secrets.setIamPolicy': ['reads-secrets'],
  'storage.objects.get': ['reads-data'],
  'storage.objects.create': ['writes-data'],
  'storage.objects.delete': ['writes-data'],
  'bigquery.tables.getData': ['reads-data'],
  'bigquery.tables.updateData': ['writes-data'],
  'bigquery.tables.delete': ['writes-data'],
  'bigtable.tables.readRows': ['reads-data'],
  'bigtable.tables.mutateRows': ['writes-data'],
  'datastore.entities.get': ['reads-data'],
  'datastore.entities.update': ['writes-data'],
  'datastore.entities.delete': ['writes-data'],
  'spanner.databases.select': ['reads-data'],
  'spanner.databases.write': ['writes-data'],
  'pubsub.subscriptions.consume': ['reads-data'],
  'pubsub.topics.publish': ['writes-data'],
  'cloudsql.instances.export': ['reads-data'],
  'cloudsql.users.create': ['reads-data', 'writes-data'],
  'firebasedatabase.instances.get': ['reads-data'],
  'firebasedatabase.instances.update': ['writes-data'],
};

/** Amount to it only together with something else: compute to run as the account, a service that takes identity tokens. */
const PROBABLE = new Set([
  'iam.serviceAccounts.actAs',
  'iam.serviceAccounts.getOpenIdToken',
  'secretmanager.secrets.setIamPolicy',
]);

/** What may be left of the right to set a policy, where only some roles may be granted: those that read and write. */
const DATA: readonly CapabilityName[] = ['reads-secrets', 'reads-data', 'writes-data'];

/** By which somebody may get further than the role itself goes. */
const RULES: readonly CapabilityName[] = ['admin', 'escalates', 'impersonates', 'manages-identities'];

/** Everything, or nearly: https://cloud.google.com/iam/docs/understanding-roles#basic */
const BASIC = new Set(['roles/owner', 'roles/editor']);

/** Permissions by the name of the role. */
export type Roles = ReadonlyMap<string, readonly string[]>;

/** Of a right to set a policy it may be asked whether it lets somebody be granted what amounts to `goal`. */
export type JudgePermission = (permission: string, goal?: CapabilityName) => ConditionTruth;

const ALWAYS: JudgePermission = () => ({ truth: 'true', attributes: [] });
const WORST: readonly Confidence[] = ['high', 'medium', 'low'];

/**
 * Capabilities of a role bound on a resource, of those permissions that `judge` leaves. `permissions` are those of a role
 * whose definition is at hand; else the catalogue of predefined roles tells. Who may set the policy of a project, folder
 * or organisation can make itself owner there with one call, and gets an `admin` row of medium confidence for it.
 */
export function capabilitiesOf(
  role: string,
  permissions: readonly string[] | undefined,
  resource: string,
  judge: JudgePermission = ALWAYS,
): RoleCapability[] {
  const isWide = isContainer(resource);
  const best = new Map<CapabilityName, RoleCapability>();
  const add = (
    capability: CapabilityName,
    confidence: Confidence,
    permission: string | undefined,
    unknown: readonly string[],
  ) => {
    if (!isWide && (capability === 'admin' || capability === 'escalates')) return;
    if (capability === 'escalates' && BASIC.has(role)) return;
    const known = best.get(capability);
    if (known !== undefined && WORST.indexOf(known.confidence) <= WORST.indexOf(confidence)) return;
    best.set(capability, {
      capability,
      confidence,
      ...(permission === undefined ? {} : { permission }),
      ...(unknown.length === 0 ? {} : { unknown }),
    });
  };
  if (BASIC.has(role)) {
    const { truth, attributes } = judge('*');
    if (truth !== 'false') add('admin', truth === 'true' ? 'high' : 'medium', undefined, attributes);
  }
  for (const permission of permissions ?? decidingPermissions(role) ?? []) {
    const capabilities = DECIDES[permission];
    if (capabilities === undefined || !isUsableOn(permission, resource)) continue;
    const { truth, attributes } = judge(permission);
    if (truth === 'false') {
      for (const one of capabilities.includes('escalates') ? DATA : []) {
        const limited = judge(permission, one);
        const confidence = limited.truth === 'true' ? 'high' : 'medium';
        if (limited.truth !== 'false')
          add(one, confidence, permissions === undefined ? undefined : permission, limited.attributes);
      }
      continue;
    }
    const isSure = truth === 'true' && !PROBABLE.has(permission) && role !== 'roles/viewer';
    for (const capability of capabilities) {
      add(capability, isSure ? 'high' : 'medium', permissions === undefined ? undefined : permission, attributes);
    }
  }
  const escalates = best.get('escalates');
  if (escalates !== undefined && !best.has('admin'))
    best.set('admin', { ...escalates, capability: 'admin', confidence: 'medium' });
  return [...best.values()];
}

/** A project's policy cannot be set by a right on one bucket, nor a folder's by one on a project. */
export function isUsableOn(permission: string, resource: string): boolean {
  const level = /^resourcemanager\.(?<level>projects|folders|organizations)\.setIamPolicy$/.exec(permission)?.groups?.level;
  if (level === undefined) return true;
  if (level === 'organizations') return resource.startsWith('organizations/');
  if (level === 'folders') return /^(?:folders|organizations)\//.test(resource);
  return true;
}

/** The permissions of a role, as far as anything hangs on them; `undefined` where nobody tells. */
export function permissionsOf(role: string, roles: Roles): readonly string[] | undefined {
  return roles.get(role) ?? decidingPermissions(role);
}

/** Is it known what the role holds? */
export function isKnownRole(role: string): boolean {
  return decidingPermissions(role) !== undefined;
}

/**
 * Would granting it to oneself amount to what is asked for: to `goal`, or, of the policy of a secret or bucket, to anything, and else to
 * more than reading and writing? `undefined` where nobody tells what it holds.
 */
export function isPowerfulRole(
  role: string,
  roles: Roles,
  permission = 'resourcemanager.projects.setIamPolicy',
  goal?: CapabilityName,
): boolean | undefined {
  if (permissionsOf(role, roles) === undefined && !BASIC.has(role)) return undefined;
  const found = capabilitiesOf(role, roles.get(role), 'projects/-');
  if (goal !== undefined) return found.some(({ capability }) => capability === goal);
  const wanted = /^(?:resourcemanager|iam)\./.test(permission) ? RULES : undefined;
  return found.some(({ capability }) => wanted === undefined || wanted.includes(capability));
}
