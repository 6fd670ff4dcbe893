import {
  type ConsumerObservation,
  type CredentialObservation,
  credentialId,
  type GrantObservation,
  identityId,
  type Location,
  type ScanContext,
} from '../../src/contracts/index.ts';
import { accountIdentity, isoTime } from '../../src/iam/gcp/accounts.ts';
import { type BoundRole, conditionJson } from '../../src/iam/gcp/bindings.ts';
import type { Escalation } from '../../src/iam/gcp/escalation.ts';
import { accountOf, isContainer } from '../../src/iam/gcp/hierarchy.ts';
import { isIdle } from '../../src/iam/gcp/idle.ts';
import type { DenyRule } from '../../src/iam/gcp/limits.ts';
import { readMember } from '../../src/iam/gcp/members.ts';
import { Secret } from '../../src/util/secret.ts';
import type { Gathered } from './gather.ts';
import type { ApiKey, HmacKey, PoolProvider } from './schema-access.ts';

/** A provider lets strangers in: the same fact as infrastructure code declares it. */
export function providerRow(provider: PoolProvider, at: Location, { projectIds }: Gathered): ConsumerObservation {
  const project = projectIds.get(provider.project) ?? provider.project;
  return {
    kind: 'consumer',
    consumer: `gcp:${provider.name}`,
    type: 'code',
    identity: identityId('gcp', project, `workloadIdentityPool/${provider.pool}`),
    how: 'oidc',
    at: { ...at, pointer: provider.name },
    detail: {
      fact: 'identity-pool-provider',
      address: provider.name,
      kind: provider.kind,
      pool: provider.pool,
      enabled: provider.enabled,
      ...(provider.issuer === undefined ? {} : { issuer: provider.issuer }),
      ...(provider.audiences.length === 0 ? {} : { audiences: provider.audiences }),
      ...(provider.condition === undefined ? {} : { condition: provider.condition }),
      ...(provider.condition !== undefined && isIdle(provider.condition) ? { conditionIdle: true } : {}),
      ...(Object.keys(provider.mapping).length === 0 ? {} : { mapping: provider.mapping }),
      ...(provider.awsAccount === undefined ? {} : { awsAccount: provider.awsAccount }),
    },
  };
}

export function apiKeyRow(
  key: ApiKey,
  at: Location,
  context: Pick<ScanContext, 'fingerprint'>,
  { projectIds }: Gathered,
): CredentialObservation {
  const project = projectIds.get(key.project) ?? key.project;
  const createdAt = isoTime(key.createTime);
  const email = key.serviceAccountEmail;
  return {
    kind: 'credential',
    id: credentialId('gcp', 'api-key', key.id),
    ...(email === undefined ? {} : { identity: accountIdentity(email, undefined, projectIds) }),
    provider: 'gcp',
    type: 'api-key',
    publicId: key.id,
    ...(key.keyString === undefined ? {} : { fingerprint: context.fingerprint(new Secret(key.keyString)) }),
    ...(createdAt === undefined ? {} : { createdAt }),
    neverExpires: true,
    status: key.deleteTime === undefined ? 'active' : 'revoked',
    at: { ...at, pointer: key.name },
    detail: {
      project,
      ...(key.displayName === undefined ? {} : { displayName: key.displayName }),
      ...(key.callers === undefined ? {} : { callers: key.callers }),
      ...(key.services.length === 0 ? {} : { services: key.services }),
      restricted: key.callers !== undefined || key.services.length > 0,
    },
  };
}

export function hmacKeyRow(key: HmacKey, at: Location, { projectIds }: Gathered): CredentialObservation | undefined {
  if (key.accessId === undefined) return undefined;
  const createdAt = isoTime(key.createdAt);
  return {
    kind: 'credential',
    id: credentialId('gcp', 'hmac-key', key.accessId),
    ...(key.email === undefined ? {} : { identity: accountIdentity(key.email, key.project, projectIds) }),
    provider: 'gcp',
    type: 'hmac-key',
    publicId: key.accessId,
    ...(createdAt === undefined ? {} : { createdAt }),
    neverExpires: true,
    status: key.state === 'ACTIVE' || key.state === undefined ? 'active' : key.state === 'DELETED' ? 'revoked' : 'inactive',
    at: { ...at, pointer: key.accessId },
  };
}

/** A rule of a deny policy, for each machine that it names; what it takes away is gone from the derived rows already. */
export function* denyRows(rule: DenyRule, at: Location, { projectIds, emailOf }: Gathered): Generator<GrantObservation> {
  for (const principal of rule.principals) {
    const email = /^principal:\/\/iam\.googleapis\.com\/projects\/-\/serviceAccounts\/(?<email>.+)$/.exec(principal)?.groups
      ?.email;
    const written =
      email === undefined
        ? principal === 'principalSet://goog/public:all'
          ? 'allUsers'
          : principal
        : `serviceAccount:${emailOf(email)}`;
    const { identity } = readMember(written, projectIds);
    if (identity === undefined) continue;
    for (const permission of rule.permissions) {
      yield {
        kind: 'grant',
        identity,
        effect: 'deny',
        permission,
        resource: rule.attachedTo,
        ...(rule.condition === undefined ? {} : { condition: conditionJson(rule.condition) }),
        via: rule.policy,
        viaKind: 'deny policy',
        at: { ...at, pointer: rule.policy },
        ...(rule.exceptPrincipals.length + rule.exceptPermissions.length === 0
          ? {}
          : { detail: { exceptPrincipals: [...rule.exceptPrincipals], exceptPermissions: [...rule.exceptPermissions] } }),
      };
    }
  }
}

/** A way to raise one's rights, at the binding that is to be cut. */
export function escalationRow(one: Escalation, at: Location, { projectIds }: Gathered): GrantObservation | undefined {
  const member = readMember(one.member, projectIds);
  if (member.identity === undefined) return undefined;
  const { cut } = one;
  return {
    kind: 'grant',
    identity: member.identity,
    effect: 'allow',
    permission: cut.role,
    resource: cut.resource,
    ...(cut.condition === undefined ? {} : { condition: conditionJson(cut.condition) }),
    via: cut.resource,
    viaKind: cut.group === undefined ? 'binding' : `group:${cut.group}`,
    capability: one.capability,
    confidence: one.confidence,
    at: { ...at, pointer: cut.pointer },
    detail: {
      method: one.method,
      ...(one.target === undefined ? {} : { target: accountIdentity(one.target, undefined, projectIds) }),
      path: one.path,
      cut: `${cut.role} on ${cut.resource}`,
      cutCommand: cutCommand(one.member, cut),
      hops: one.hops,
      ...(one.unknown.length === 0 ? {} : { unknown: [...one.unknown] }),
    },
  };
}

/** Printed for a person to run, never run. */
function cutCommand(member: string, { role, resource, condition, group }: BoundRole): string {
  if (group !== undefined) {
    const address = /^[\w.+-]+@[\w.-]+$/.test(group) ? group : 'GROUP';
    return `gcloud identity groups memberships delete --group-email=${address} --member-email='${member.replace(/^serviceAccount:/, '')}'`;
  }
  const end = `--member='${member}' --role=${role}${condition === undefined ? '' : ' --all'}`;
  const account = accountOf(resource);
  if (account !== undefined) return `gcloud iam service-accounts remove-iam-policy-binding ${account.email} ${end}`;
  if (!isContainer(resource)) return `remove ${member} from ${role} on ${resource}`;
  const [level = '', id = ''] = resource.split('/');
  const kind = level === 'projects' ? 'projects' : level === 'folders' ? 'resource-manager folders' : 'organizations';
  return `gcloud ${kind} remove-iam-policy-binding ${id} ${end}`;
}
