import { z } from 'zod';
import {
  awsRoleId,
  awsUserId,
  credentialId,
  type IdentityId,
  identityId,
  identityIdFromArn,
  type Location,
  type Observation,
  type UsageObservation,
} from '../../src/contracts/index.ts';
import { time } from './schema.ts';

/**
 * One event of CloudTrail: what a log file holds under `Records`, and what `lookup-events` gives as text in `CloudTrailEvent`.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
const text = z
  .string()
  .nullish()
  .transform((value) => (value === null || value === '' ? undefined : value));
const record = z.record(z.string(), z.unknown()).nullish();

const Issuer = z.object({ type: text, arn: text, accountId: text, userName: text }).nullish();
const UserIdentity = z.object({
  type: text,
  arn: text,
  accountId: text,
  accessKeyId: text,
  userName: text,
  sessionContext: z.object({ sessionIssuer: Issuer, attributes: z.object({ mfaAuthenticated: text }).nullish() }).nullish(),
});

export const TrailEvent = z
  .object({
    eventID: text,
    eventTime: time,
    eventSource: z.string().min(1),
    eventName: z.string().min(1),
    userIdentity: UserIdentity.nullish(),
    recipientAccountId: text,
    awsRegion: text,
    sourceIPAddress: text,
    errorCode: text,
    readOnly: z.union([z.boolean(), z.string()]).nullish(),
    requestParameters: record,
    responseElements: record,
  })
  .transform((raw) => ({ ...raw, userIdentity: raw.userIdentity ?? undefined }));
export type TrailEvent = z.infer<typeof TrailEvent>;

/** Of `lookup-events`: the same event as text inside. */
export const LookedUp = z.object({ CloudTrailEvent: z.string().min(2) });

/** Uses of one identity, by key, service and kind of action: a log file of a busy account has a hundred thousand events. */
interface Use {
  readonly identity: IdentityId;
  readonly key: string | undefined;
  readonly service: string;
  readonly action: 'read' | 'write';
  events: number;
  failed: number;
  first: string;
  last: string;
  lastId: string | undefined;
  readonly names: Set<string>;
  sourceIp: string | undefined;
  actor: string | undefined;
}

/** What somebody made, and who. */
interface Made {
  readonly identity: IdentityId;
  readonly key: string | undefined;
  readonly at: string;
  readonly by: string;
  readonly person: string | undefined;
  readonly eventId: string | undefined;
}

const MAX_NAMES = 10;

export class Trail {
  readonly #uses = new Map<string, Use>();
  readonly #made = new Map<string, Made>();
  /** Last deletion, by identity or key. Events come in any order: `lookup-events` has the newest first. */
  readonly #gone = new Map<string, string>();
  readonly #met = new Set<string>();
  events = 0;
  /** Of AWS's own services, and of nobody: no identity's use. */
  others = 0;

  add(event: TrailEvent): void {
    // The same event stands in several pages and in the trails of several regions.
    if (event.eventID !== undefined) {
      if (this.#met.has(event.eventID)) return;
      this.#met.add(event.eventID);
    }
    this.events++;
    const { eventTime } = event;
    const who = identityOf(event);
    if (who === undefined || eventTime === undefined) {
      this.others++;
      return;
    }
    this.#use(event, who, eventTime);
    if (event.errorCode === undefined) this.#make(event, eventTime);
  }

  #use(event: TrailEvent, who: IdentityId, at: string): void {
    const given = event.userIdentity?.accessKeyId;
    // Temporary keys are those of the session: their role is named.
    const key = given?.startsWith('AKIA') === true ? given : undefined;
    const service = event.eventSource.replace(/\.amazonaws\.com(?:\.cn)?$/, '');
    const action = isRead(event) ? 'read' : 'write';
    const name = `${who} ${key ?? ''} ${service} ${action}`;
    const known = this.#uses.get(name);
    if (known === undefined) {
      this.#uses.set(name, {
        identity: who,
        key,
        service,
        action,
        events: 1,
        failed: event.errorCode === undefined ? 0 : 1,
        first: at,
        last: at,
        lastId: event.eventID,
        names: new Set([event.eventName]),
        sourceIp: event.sourceIPAddress,
        actor: sessionOf(event),
      });
      return;
    }
    known.events++;
    if (event.errorCode !== undefined) known.failed++;
    if (known.names.size < MAX_NAMES) known.names.add(event.eventName);
    if (at < known.first) known.first = at;
    if (at < known.last) return;
    known.last = at;
    known.lastId = event.eventID;
    known.sourceIp = event.sourceIPAddress;
    known.actor = sessionOf(event);
  }

  #delete(what: string, at: string): void {
    if (at > (this.#gone.get(what) ?? '')) this.#gone.set(what, at);
  }

  #make(event: TrailEvent, at: string): void {
    if (event.eventSource !== 'iam.amazonaws.com') return;
    const account = event.recipientAccountId ?? event.userIdentity?.accountId;
    const asked = event.requestParameters ?? {};
    const answer = event.responseElements ?? {};
    const by = event.userIdentity?.arn ?? 'unknown';
    const person = personOf(event);
    const note = (identity: IdentityId, key?: string) => {
      const known = this.#made.get(key ?? identity);
      if (known === undefined || at > known.at)
        this.#made.set(key ?? identity, { identity, key, at, by, person, eventId: event.eventID });
    };
    switch (event.eventName) {
      case 'CreateUser':
        if (typeof asked.userName === 'string') note(awsUserId(account, asked.userName));
        return;
      case 'CreateRole':
        if (typeof asked.roleName === 'string') note(awsRoleId(account, asked.roleName));
        return;
      case 'DeleteUser':
        if (typeof asked.userName === 'string') this.#delete(awsUserId(account, asked.userName), at);
        return;
      case 'DeleteRole':
        if (typeof asked.roleName === 'string') this.#delete(awsRoleId(account, asked.roleName), at);
        return;
      case 'CreateAccessKey': {
        const made = answer.accessKey;
        if (typeof made !== 'object' || made === null || !('accessKeyId' in made) || typeof made.accessKeyId !== 'string') return;
        const user = 'userName' in made && typeof made.userName === 'string' ? made.userName : asked.userName;
        if (typeof user === 'string') note(awsUserId(account, user), made.accessKeyId);
        return;
      }
      case 'DeleteAccessKey':
        if (typeof asked.accessKeyId === 'string') this.#delete(asked.accessKeyId, at);
    }
  }

  *rows(at: Location): Generator<Observation> {
    const keys = new Map<string, Use>();
    for (const use of this.#uses.values()) {
      yield usageRow(use, at);
      const known = use.key === undefined ? undefined : keys.get(use.key);
      if (use.key !== undefined && (known === undefined || use.last > known.last)) keys.set(use.key, use);
    }
    for (const [key, use] of keys) {
      const made = this.#made.get(key);
      const deletedAt = this.#gone.get(key);
      yield {
        ...keyRow(key, use.identity, { ...at, pointer: use.lastId ?? key }),
        lastUsedAt: use.last,
        lastUsedFor: use.service,
        ...(made === undefined ? {} : { createdAt: made.at }),
        ...(deletedAt === undefined ? {} : { status: 'revoked' as const }),
        detail: { source: 'cloudtrail', ...(made === undefined ? {} : { createdBy: made.by }) },
      };
    }
    for (const { identity, key, at: createdAt, by, person, eventId } of this.#made.values()) {
      if ((this.#gone.get(key ?? identity) ?? '') > createdAt) continue;
      const here = { ...at, pointer: eventId ?? by };
      const detail = { source: 'cloudtrail', createdBy: by };
      if (key !== undefined) {
        if (!keys.has(key)) yield { ...keyRow(key, identity, here), createdAt, detail };
        continue;
      }
      const [, scope = '', local = ''] = identity.split(':');
      const slash = local.indexOf('/');
      yield {
        kind: 'identity',
        id: identity,
        provider: 'aws',
        type: local.slice(0, slash),
        name: local.slice(slash + 1),
        ...(scope === '-' ? {} : { scope }),
        createdAt,
        ...(person === undefined ? {} : { owner: person, ownerBasis: 'creator' }),
        at: here,
        detail,
      };
    }
  }
}

function keyRow(id: string, identity: IdentityId, at: Location) {
  return {
    kind: 'credential' as const,
    id: credentialId('aws', 'access-key', id),
    identity,
    provider: 'aws',
    type: 'access-key',
    publicId: id,
    neverExpires: true,
    at,
  };
}

function usageRow(use: Use, at: Location): UsageObservation {
  return {
    kind: 'usage',
    identity: use.identity,
    ...(use.key === undefined ? {} : { credential: credentialId('aws', 'access-key', use.key) }),
    usedAt: use.last,
    via: 'cloud',
    ...(use.lastId === undefined ? {} : { sessionId: use.lastId }),
    target: use.service,
    action: use.action,
    ...(use.actor === undefined ? {} : { actor: use.actor }),
    ...(use.sourceIp === undefined || !/^[\d.:a-f]+$/i.test(use.sourceIp) ? {} : { sourceIp: use.sourceIp }),
    at: { ...at, pointer: use.lastId ?? use.service },
    detail: {
      events: use.events,
      ...(use.failed === 0 ? {} : { failed: use.failed }),
      firstAt: use.first,
      calls: [...use.names].sort(),
    },
  };
}

/** The user, or the role that the session is of; of an account's root user, that. */
function identityOf({ userIdentity, recipientAccountId }: TrailEvent): IdentityId | undefined {
  if (userIdentity === undefined) return undefined;
  const { type, arn, accountId, sessionContext } = userIdentity;
  const issuer = sessionContext?.sessionIssuer;
  if (issuer?.arn !== undefined && issuer.type === 'Role') return identityIdFromArn(issuer.arn);
  if (type === 'Root' && (accountId ?? recipientAccountId) !== undefined)
    return identityId('aws', accountId ?? recipientAccountId, 'root');
  return arn === undefined ? undefined : identityIdFromArn(arn);
}

/** Name of the session: who is behind a role, as far as who took it says. */
function sessionOf({ userIdentity }: TrailEvent): string | undefined {
  return /^arn:[^:]+:sts::\d+:assumed-role\/[^/]+\/(?<session>.+)$/.exec(userIdentity?.arn ?? '')?.groups?.session;
}

/** Sessions of single sign-on carry the name that a person signs in with; a user is taken by its name. */
function personOf(event: TrailEvent): string | undefined {
  const session = sessionOf(event);
  if (session?.includes('@') === true) return session.toLowerCase();
  if (session !== undefined && event.userIdentity?.arn?.includes('/AWSReservedSSO_') === true) return session;
  const { type, userName, sessionContext } = event.userIdentity ?? {};
  // A user with a second factor is a person; of any other the name alone may tell.
  const isPerson = userName?.includes('@') === true || sessionContext?.attributes?.mfaAuthenticated === 'true';
  return type === 'IAMUser' && isPerson ? userName : undefined;
}

function isRead({ readOnly, eventName }: TrailEvent): boolean {
  if (readOnly !== undefined && readOnly !== null) return readOnly === true || readOnly === 'true';
  return /^(?:Get|List|Describe|Head|Lookup|BatchGet|Query|Scan|Search|Select)/.test(eventName);
}
