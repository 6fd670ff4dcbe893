import type { z } from 'zod';
import { fail, isRaw, parseOne, type Raw } from '../../src/formats/answer.ts';
import { customRoleOf, hostOf, type SubjectKind, subjectOf } from './host.ts';
import {
  Agent,
  ApiService,
  ApiToken,
  App,
  ClientSecret,
  Grant,
  Jwk,
  LogEvent,
  Role,
  RolePermissions,
  ServiceAccount,
  User,
} from './schema.ts';

export type AnswerKind =
  | 'API tokens'
  | 'apps'
  | 'client secrets'
  | 'client keys'
  | 'scope grants'
  | 'roles of clients'
  | 'roles of users'
  | 'custom roles'
  | 'API service integrations'
  | 'service accounts'
  | 'AI agents'
  | 'users'
  | 'system log';

export interface Placed<T> {
  readonly one: T;
  readonly pointer: string;
  /** Of the organisation, where the answer's links tell it. */
  readonly host: string | undefined;
}

export interface Owned<T> extends Placed<T> {
  readonly of: { readonly kind: SubjectKind; readonly id: string };
}

/** All that the values of one or more answers say; each thing once, however often a page repeats it. */
export interface Answers {
  readonly tokens: Map<string, Placed<ApiToken>>;
  readonly apps: Map<string, Placed<App>>;
  readonly secrets: Map<string, Owned<ClientSecret>>;
  readonly keys: Map<string, Owned<Jwk>>;
  readonly grants: Map<string, Owned<Grant>>;
  readonly roles: Map<string, Owned<Role>>;
  /** What roles of one's own allow, by the role's id. */
  readonly customRoles: Map<string, readonly string[]>;
  readonly apiServices: Map<string, Placed<ApiService>>;
  readonly accounts: Map<string, Placed<ServiceAccount>>;
  readonly agents: Map<string, Placed<Agent>>;
  readonly users: Map<string, Placed<User>>;
  readonly events: Placed<LogEvent>[];
  /** Whose last use was asked for, and how far back: `app/0oa…`. */
  readonly useAsked: Map<string, string>;
  /** Whose roles were asked for, though the answer was empty. */
  readonly rolesAsked: Set<string>;
  readonly kinds: Set<AnswerKind>;
  readonly hosts: Set<string>;
  readonly problems: string[];
  /** Secrets, keys and roles of which nothing tells whose they are. */
  ownerless: number;
  /** Apps that sign in by other means than OAuth: no client of the API. */
  otherApps: number;
  seen: number;
}

export function newAnswers(): Answers {
  return {
    tokens: new Map(),
    apps: new Map(),
    secrets: new Map(),
    keys: new Map(),
    grants: new Map(),
    roles: new Map(),
    customRoles: new Map(),
    apiServices: new Map(),
    accounts: new Map(),
    agents: new Map(),
    users: new Map(),
    events: [],
    useAsked: new Map(),
    rolesAsked: new Set(),
    kinds: new Set(),
    hosts: new Set(),
    problems: [],
    ownerless: 0,
    otherApps: 0,
    seen: 0,
  };
}

/** Sorts one value in. `path` may name whose secrets or roles they are: the file's, or that of the call. */
export function addAnswer(answers: Answers, value: unknown, where: string, path: string): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) addAnswer(answers, item, `${where}[${index}]`, path);
    return;
  }
  if (!isRaw(value)) {
    fail(answers, `${where}: not an object`);
    return;
  }
  if (typeof value.errorCode === 'string') {
    fail(answers, `${where}: Okta's error ${value.errorCode.slice(0, 20)} instead of an answer`);
    return;
  }
  const list = listIn(value);
  if (list !== undefined) addAnswer(answers, list.items, `${where}.${list.name}`, path);
  else sortIn(answers, value, where, path);
}

function listIn(raw: Raw): { readonly name: string; readonly items: readonly unknown[] } | undefined {
  if (isRaw(raw.jwks) && Array.isArray(raw.jwks.keys) && !('signOnMode' in raw))
    return { name: 'jwks.keys', items: raw.jwks.keys };
  if (Array.isArray(raw.keys)) return { name: 'keys', items: raw.keys };
  if (Array.isArray(raw.data) && !('eventType' in raw)) return { name: 'data', items: raw.data };
  return undefined;
}

function sortIn(answers: Answers, raw: Raw, where: string, path: string): void {
  const id = typeof raw.id === 'string' ? raw.id : '';
  const host = hostOf(raw);
  if (host !== undefined) answers.hosts.add(host);
  const placed = { pointer: where, host };
  function keep<T>(kind: AnswerKind, schema: z.ZodType<T>, take: (one: T) => void): void {
    answers.kinds.add(kind);
    const one = parseOne(answers, schema, raw, where);
    if (one !== undefined) take(one);
  }
  /** What belongs to somebody and says it in its links, or in the name of the file. */
  function keepOwned<T>(
    kind: AnswerKind,
    schema: z.ZodType<T>,
    into: Map<string, Owned<T>>,
    keyOf: (one: T) => string | undefined,
    ownerOf?: (one: T) => Owned<T>['of'] | undefined,
  ): void {
    keep(kind, schema, (one) => {
      const of = ownerOf?.(one) ?? subjectOf(raw, path);
      if (of === undefined) answers.ownerless++;
      else into.set(`${of.id}/${keyOf(one) ?? where}`, { one, ...placed, of });
    });
  }
  if ('eventType' in raw) keep('system log', LogEvent, (one) => answers.events.push({ one, ...placed }));
  else if ('tokenWindow' in raw || (id.startsWith('00T') && 'userId' in raw))
    keep('API tokens', ApiToken, (one) => answers.tokens.set(one.id, { one, ...placed }));
  else if ('signOnMode' in raw) {
    keep('apps', App, (one) => {
      if (!one.isOauth) answers.otherApps++;
      else answers.apps.set(one.id, { one, ...placed });
    });
    if (isRaw(raw.settings) && isRaw(raw.settings.oauthClient))
      addEmbeddedKeys(answers, raw, raw.settings.oauthClient, where, host);
  } else if ('secret_hash' in raw || id.startsWith('ocs'))
    keepOwned('client secrets', ClientSecret, answers.secrets, (one) => one.id);
  else if ('kty' in raw) keepOwned('client keys', Jwk, answers.keys, (one) => one.kid ?? one.id);
  else if ('scopeId' in raw) {
    keepOwned(
      'scope grants',
      Grant,
      answers.grants,
      (one) => one.id ?? one.scopeId,
      ({ clientId }) => (clientId === undefined || clientId.startsWith('{') ? undefined : { kind: 'client', id: clientId }),
    );
  } else if ('grantedScopes' in raw)
    keep('API service integrations', ApiService, (one) => answers.apiServices.set(one.id, { one, ...placed }));
  else if ('ownerUserIds' in raw || 'containerOrn' in raw || 'oktaUserId' in raw)
    keep('service accounts', ServiceAccount, (one) => answers.accounts.set(one.id, { one, ...placed }));
  else if (isCustomRole(raw)) {
    keep('custom roles', RolePermissions, (labels) => {
      const role = customRoleOf(raw, path);
      if (role === undefined) answers.ownerless++;
      else answers.customRoles.set(role, [...new Set([...(answers.customRoles.get(role) ?? []), ...labels])]);
    });
  } else if ('assignmentType' in raw) addRole(raw, path, keepOwned, answers);
  else if (id.startsWith('wlp') || /:ai-agents:/.test(String(raw.orn ?? '')))
    keep('AI agents', Agent, (one) => answers.agents.set(one.id, { one, ...placed }));
  else if (isRaw(raw.profile) && 'login' in raw.profile)
    keep('users', User, (one) => answers.users.set(one.id, { one, ...placed }));
  else fail(answers, `${where}: not an answer of Okta that is read here`);
}

function isCustomRole(raw: Raw): boolean {
  return Array.isArray(raw.permissions) && raw.permissions.every((one) => isRaw(one) && 'label' in one);
}

type KeepOwned = <T>(
  kind: AnswerKind,
  schema: z.ZodType<T>,
  into: Map<string, Owned<T>>,
  keyOf: (one: T) => string | undefined,
  ownerOf?: (one: T) => Owned<T>['of'] | undefined,
) => void;

/** A role that comes through a group names the group alone: whose roles were asked for, the file's name tells. */
function addRole(raw: Raw, path: string, keepOwned: KeepOwned, answers: Answers): void {
  const linked = subjectOf(raw, '');
  const of = linked === undefined || linked.kind === 'group' ? (subjectOf({}, path) ?? linked) : linked;
  const kind = of?.kind === 'user' || of?.kind === 'group' ? 'roles of users' : 'roles of clients';
  keepOwned(
    kind,
    Role,
    answers.roles,
    (one) => one.id ?? one.type,
    () => of,
  );
}

/** Keys may stand in the app itself. */
function addEmbeddedKeys(answers: Answers, raw: Raw, client: Raw, where: string, host: string | undefined): void {
  const jwks = client.jwks;
  if (!isRaw(jwks) || !Array.isArray(jwks.keys) || typeof raw.id !== 'string') return;
  for (const [index, key] of jwks.keys.entries()) {
    const pointer = `${where}.settings.oauthClient.jwks.keys[${index}]`;
    const one = parseOne(answers, Jwk, key, pointer);
    answers.kinds.add('client keys');
    if (one !== undefined) {
      answers.keys.set(`${raw.id}/${one.kid ?? one.id ?? pointer}`, { one, pointer, host, of: { kind: 'app', id: raw.id } });
    }
  }
}
