import {
  type CredentialObservation,
  credentialId,
  type GrantObservation,
  hoopId,
  type IdentityId,
  type IdentityObservation,
  type Location,
  type Observation,
  type PersonObservation,
} from '../../src/contracts/index.ts';
import { machineIdentityId, serviceAccountId, staticKeyId } from './actor.ts';
import type { ApiKey, MachineIdentity, ServiceAccount, Session, User } from './schema.ts';
import { readTime } from './time.ts';
import { compact } from './usage.ts';

// `detail.userId` of each identity is what the `user_id` of its sessions holds: the sure way to join the two.

export function* serviceAccount(row: ServiceAccount, at: Location): Iterable<Observation> {
  const id = serviceAccountId(row.org, row.subject);
  yield {
    kind: 'identity',
    id,
    provider: 'hoop',
    type: 'service-account',
    name: row.name ?? row.subject,
    ...(row.org === undefined ? {} : { scope: row.org }),
    ...(row.status === undefined ? {} : { enabled: row.status === 'active' }),
    at: { ...at, pointer: `serviceaccounts/${row.subject}` },
    detail: compact({ userId: row.subject, status: row.status, groups: row.groups }),
  } satisfies IdentityObservation;
  yield* groupGrants(id, row.groups, at);
}

export function* apiKey(row: ApiKey, type: 'api-key' | 'agent', at: Location): Iterable<Observation> {
  const id = hoopId(row.org, `${type}/${row.name}`);
  const created = readTime(row.createdAt);
  const used = readTime(row.lastUsedAt);
  const times = { ...(created === undefined ? {} : { createdAt: created }), ...(used === undefined ? {} : { lastUsedAt: used }) };
  const where = { ...at, pointer: `${type === 'agent' ? 'ai-agents' : 'api-keys'}/${row.id}` };
  const active = row.status === undefined ? undefined : row.status === 'active';
  yield {
    kind: 'identity',
    id,
    provider: 'hoop',
    type,
    name: row.name,
    ...(row.org === undefined ? {} : { scope: row.org }),
    ...times,
    ...(active === undefined ? {} : { enabled: active }),
    ...(row.createdBy === undefined ? {} : { owner: row.createdBy.toLowerCase(), ownerBasis: 'creator' }),
    at: where,
    detail: compact({
      userId: row.id,
      status: row.status,
      groups: row.groups,
      deactivatedAt: readTime(row.deactivatedAt),
      deactivatedBy: row.deactivatedBy,
    }),
  } satisfies IdentityObservation;
  yield {
    kind: 'credential',
    id: credentialId('hoop', 'api-key', row.id),
    identity: id,
    provider: 'hoop',
    type: 'api-key',
    publicId: row.id,
    ...times,
    // The gateway has no expiry for these: they live until somebody revokes them.
    neverExpires: true,
    ...(active === undefined ? {} : { status: active ? 'active' : 'revoked' }),
    at: where,
    detail: compact({ maskedKey: row.maskedKey, deactivatedAt: readTime(row.deactivatedAt) }),
  } satisfies CredentialObservation;
  yield* groupGrants(id, row.groups, at);
}

export function machineIdentity(row: MachineIdentity, at: Location): IdentityObservation {
  const created = readTime(row.createdAt);
  return {
    kind: 'identity',
    id: machineIdentityId(row.id),
    provider: 'hoop',
    type: 'machine-identity',
    name: row.name,
    ...(created === undefined ? {} : { createdAt: created }),
    at: { ...at, pointer: `machineidentities/${row.id}` },
    detail: compact({ userId: row.id, description: row.description, connections: row.connections }),
  };
}

/** The static key is in no inventory: a session made with it is the only sign that it is switched on. */
export function staticAdminKey(session: Session, at: Location): Observation[] {
  const id = staticKeyId(session.org);
  const scope = session.org === undefined ? {} : { scope: session.org };
  return [
    {
      kind: 'identity',
      id,
      provider: 'hoop',
      type: 'static-admin-key',
      name: 'API_KEY',
      ...scope,
      enabled: true,
      at,
      detail: { userId: 'API_KEY' },
    },
    ...groupGrants(id, ['admin'], at),
  ];
}

export function person(row: User, at: Location): PersonObservation {
  return {
    kind: 'person',
    email: row.email,
    ...(row.name === undefined ? {} : { name: row.name }),
    at: { ...at, pointer: `users/${row.userId ?? row.email}` },
    detail: compact({ userId: row.userId, status: row.status, role: row.role, groups: row.groups, source: 'gateway' }),
  };
}

/** What a member may do hangs on the group; `admin` is the gateway's own name for all of it (an operator can rename it). */
function* groupGrants(identity: IdentityId, groups: readonly string[], at: Location): Iterable<GrantObservation> {
  for (const group of groups) {
    const grant = {
      kind: 'grant',
      identity,
      effect: 'allow',
      permission: `group/${group}`,
      resource: '*',
      via: group,
      viaKind: 'group',
      at,
    } as const;
    yield grant;
    if (group === 'admin') yield { ...grant, capability: 'admin', confidence: 'high' };
  }
}
