import { type Confidence, hoopId, type IdentityId, type UsageObservation } from '../../src/contracts/index.ts';
import type { Session } from './schema.ts';

export interface Actor {
  readonly actor?: string;
  readonly actorType: NonNullable<UsageObservation['actorType']>;
  readonly actorConfidence: Confidence;
  readonly actorIdentity?: IdentityId;
}

/** What the gateway calls its one static key, in `user` and `user_id` alike. */
const STATIC_KEY = 'API_KEY';
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * Who was behind a session. `identity_type` tells machine identities only: service accounts, API keys, AI agents and
 * the static key are all stored as `user`. The inventories decide (`user_id` is the join key, and stays in the detail),
 * but they may be in other files or not exported at all, so this goes by the session's own fields and says how sure it is.
 * https://github.com/hoophq/hoop/blob/main/gateway/models/user_context.go
 */
export function classifyActor(session: Session): Actor {
  const { user, userId, userName, org } = session;
  const machine = session.machineIdentity ?? (session.identityType === 'machine' ? userId : undefined);
  if (machine !== undefined || session.identityType === 'machine') {
    return {
      ...named(userName ?? user ?? machine),
      actorType: 'machine-identity',
      actorConfidence: 'high',
      ...(machine === undefined ? {} : { actorIdentity: machineIdentityId(machine) }),
    };
  }
  if (userId === STATIC_KEY || (userId === undefined && user === STATIC_KEY)) {
    return { actor: STATIC_KEY, actorType: 'static-admin-key', actorConfidence: 'high', actorIdentity: staticKeyId(org) };
  }
  const actor = user ?? userName;
  if (actor?.includes('@')) {
    // People have a name beside their address; a key is called what it is called, and that may look like an address.
    const isMaybeKey = userId !== undefined && UUID.test(userId) && userName === actor;
    return { actor, actorType: 'human', actorConfidence: isMaybeKey ? 'low' : 'medium' };
  }
  if (actor !== undefined && userId !== undefined && UUID.test(userId) && (userName === undefined || userName === actor)) {
    // AI agents look the same: the inventory tells them apart.
    return { actor, actorType: 'api-key', actorConfidence: 'medium', actorIdentity: hoopId(org, `api-key/${actor}`) };
  }
  if (actor !== undefined && actor === userId) {
    return { actor, actorType: 'service-account', actorConfidence: 'medium', actorIdentity: serviceAccountId(org, actor) };
  }
  return { ...named(actor ?? userId), actorType: 'unknown', actorConfidence: 'low' };
}

export function serviceAccountId(org: string | undefined, subject: string): IdentityId {
  return hoopId(org, `service-account/${subject}`);
}

export function staticKeyId(org: string | undefined): IdentityId {
  return hoopId(org, 'static-admin-key');
}

/** Without the organisation, which sessions name and the inventory does not: the id is a UUID, and the two must meet. */
export function machineIdentityId(id: string): IdentityId {
  return hoopId(undefined, `machine/${id}`);
}

function named(actor: string | undefined): { readonly actor?: string } {
  return actor === undefined ? {} : { actor };
}
