import type { Location, Observation } from '../../src/contracts/index.ts';
import type { Answers } from './answers.ts';
import type { Token } from './schema.ts';
import { capabilitiesForAll, openedBy } from './scopes.ts';
import type { Delegation, World } from './world.ts';

export interface Telling {
  readonly world: World;
  readonly at: Location;
}

/** Users named in the detail of one grant. */
const NAMED = 20;

/** The observations of some answers; `telling.world` may know more than they do. */
export function* rowsOf(answers: Answers, telling: Telling): Generator<Observation> {
  yield* delegationRows(answers, telling);
  yield* tokenRows(answers, telling);
  yield* passwordRows(answers, telling);
  yield* useRows(answers, telling);
  for (const { one: user, pointer } of answers.users.values()) {
    yield {
      kind: 'person',
      email: user.primaryEmail.toLowerCase(),
      ...(user.name?.fullName === undefined ? {} : { name: user.name.fullName }),
      at: { ...telling.at, pointer },
      detail: { left: user.archived === true, suspended: user.suspended === true, admin: user.isAdmin === true },
    };
  }
}

function* delegationRows(answers: Answers, { world, at }: Telling): Generator<Observation> {
  const where = new Map<string, string>();
  for (const { one, pointer } of answers.events.values()) where.set(one.client, pointer);
  for (const [client, { pointer }] of answers.delegated) where.set(client, pointer);
  for (const [client, pointer] of where) {
    const delegation = world.delegations.get(client);
    if (delegation !== undefined) yield* delegated(delegation, world, { ...at, pointer });
  }
}

function* delegated(delegation: Delegation, world: World, at: Location): Generator<Observation> {
  const { client, name, scopes, grantedAt, grantedBy, removedAt, from } = delegation;
  const id = world.idOf(`oauth-client/${client}`);
  const used = world.lastUse(client);
  yield {
    kind: 'identity',
    id,
    provider: 'google-workspace',
    type: 'oauth-client',
    name: name ?? client,
    ...(world.customer === undefined ? {} : { scope: world.customer }),
    ...(grantedAt === undefined ? {} : { createdAt: grantedAt }),
    ...(used === undefined ? {} : { lastUsedAt: used }),
    ...(grantedBy === undefined ? {} : { owner: grantedBy, ownerBasis: 'creator' }),
    enabled: removedAt === undefined,
    human: false,
    at,
    detail: {
      client,
      domainWide: removedAt === undefined,
      from,
      ...(grantedBy === undefined ? {} : { grantedBy }),
      ...(removedAt === undefined ? {} : { removedAt }),
    },
  };
  if (removedAt !== undefined) return;
  for (const scope of scopes) {
    const opened = openedBy(scope);
    const grant = {
      kind: 'grant',
      identity: id,
      effect: 'allow',
      permission: scope,
      resource: '*',
      via: 'domain-wide delegation',
      viaKind: 'domain-wide',
      at,
    } as const;
    yield { ...grant, ...(opened === undefined ? {} : { detail: { breadth: opened.breadth, readOnly: opened.isReadOnly } }) };
    for (const capability of capabilitiesForAll(scope)) {
      yield { ...grant, capability, confidence: 'high', detail: { path: `${scope} as any user, by domain-wide delegation` } };
    }
  }
}

interface Client {
  readonly first: Token;
  readonly pointer: string;
  readonly users: Set<string>;
  readonly admins: Set<string>;
  readonly byScope: Map<string, Set<string>>;
}

/** One row a client, and one for each of its scopes: thousands of users may have granted the same. */
function* tokenRows(answers: Answers, { world, at }: Telling): Generator<Observation> {
  const clients = new Map<string, Client>();
  for (const { one: token, pointer } of answers.tokens.values()) {
    const client = clients.get(token.clientId) ?? {
      first: token,
      pointer,
      users: new Set<string>(),
      admins: new Set<string>(),
      byScope: new Map<string, Set<string>>(),
    };
    clients.set(token.clientId, client);
    const user = token.userKey ?? '-';
    client.users.add(user);
    const known = world.user(user);
    if (known?.isAdmin === true) client.admins.add(user);
    for (const scope of token.scopes) {
      const users = client.byScope.get(scope) ?? new Set<string>();
      client.byScope.set(scope, users.add(user));
    }
  }
  for (const [clientId, { first, pointer, users, admins, byScope }] of clients) {
    const here = { ...at, pointer };
    const id = world.idOf(`oauth-client/${clientId}`);
    const used = world.lastUse(clientId);
    yield {
      kind: 'identity',
      id,
      provider: 'google-workspace',
      type: 'oauth-client',
      name: first.displayText ?? clientId,
      ...(world.customer === undefined ? {} : { scope: world.customer }),
      ...(used === undefined ? {} : { lastUsedAt: used }),
      human: false,
      at: here,
      detail: {
        client: clientId,
        users: users.size,
        admins: admins.size,
        ...(first.nativeApp === undefined ? {} : { nativeApp: first.nativeApp }),
        ...(first.anonymous === undefined ? {} : { anonymous: first.anonymous }),
      },
    };
    for (const [scope, granting] of byScope) {
      const opened = openedBy(scope);
      const names = [...granting].sort();
      yield {
        kind: 'grant',
        identity: id,
        effect: 'allow',
        permission: scope,
        resource: names.length === 1 ? `user/${names[0]}` : `${names.length} users`,
        via: 'consent',
        viaKind: 'consent',
        at: here,
        detail: {
          users: names.slice(0, NAMED),
          count: names.length,
          admins: names.filter((name) => admins.has(name)).slice(0, NAMED),
          ...(opened === undefined ? {} : { breadth: opened.breadth, readOnly: opened.isReadOnly }),
        },
      };
      if (!names.some((name) => admins.has(name))) continue;
      for (const capability of capabilitiesForAll(scope).filter((one) => one === 'admin' || one === 'manages-identities')) {
        yield {
          kind: 'grant',
          identity: id,
          effect: 'allow',
          permission: scope,
          resource: '*',
          via: 'consent',
          viaKind: 'consent',
          capability,
          confidence: 'high',
          at: here,
          detail: { path: `${scope} as an administrator who let it` },
        };
      }
    }
  }
}

/** An app password is the person's own, for one program; it asks for no second factor. https://support.google.com/accounts/answer/185833 */
function* passwordRows(answers: Answers, { world, at }: Telling): Generator<Observation> {
  const told = new Set<string>();
  for (const { one: password, pointer } of answers.passwords.values()) {
    const email = password.userKey ?? '-';
    const id = world.idOf(`user/${email}`);
    const here = { ...at, pointer };
    const user = world.user(email);
    if (!told.has(id)) {
      told.add(id);
      yield {
        kind: 'identity',
        id,
        provider: 'google-workspace',
        type: 'user',
        name: user?.primaryEmail ?? email,
        ...(world.customer === undefined ? {} : { scope: world.customer }),
        ...(user?.creationTime === undefined ? {} : { createdAt: user.creationTime }),
        ...(user === undefined ? {} : { enabled: user.suspended !== true && user.archived !== true }),
        human: true,
        at: here,
        detail: { ...(user?.isAdmin === undefined ? {} : { admin: user.isAdmin }) },
      };
    }
    yield {
      kind: 'credential',
      id: `google-workspace:app-password/${email}/${password.codeId}`,
      identity: id,
      provider: 'google-workspace',
      type: 'app-password',
      publicId: password.codeId,
      ...(password.creationTime === undefined ? {} : { createdAt: password.creationTime }),
      ...(password.lastTimeUsed === undefined ? {} : { lastUsedAt: password.lastTimeUsed }),
      neverExpires: true,
      status: 'active',
      at: here,
      detail: { ...(password.name === undefined ? {} : { name: password.name }) },
    };
  }
}

/** One row a client and day. */
function* useRows(answers: Answers, { world, at }: Telling): Generator<Observation> {
  const byDay = new Map<string, { last: (typeof answers.uses)[number]; count: number; users: Set<string> }>();
  for (const use of answers.uses) {
    const key = `${use.one.client} ${use.one.time.slice(0, 10)}`;
    const day = byDay.get(key) ?? { last: use, count: 0, users: new Set<string>() };
    byDay.set(key, day);
    day.count++;
    if (use.one.actor !== undefined) day.users.add(use.one.actor);
    if (day.last.one.time < use.one.time) day.last = use;
  }
  for (const { last, count, users } of byDay.values()) {
    const { client, time, actor, ip, event, id } = last.one;
    yield {
      kind: 'usage',
      identity: world.idOf(`oauth-client/${client}`),
      usedAt: time,
      via: 'cloud',
      ...(id === undefined ? {} : { sessionId: id }),
      action: event === 'authorize' ? 'connect' : 'unknown',
      ...(actor === undefined ? {} : { actor }),
      ...(ip === undefined ? {} : { sourceIp: ip }),
      at: { ...at, pointer: last.pointer },
      detail: { event, count, users: users.size },
    };
  }
}
