import { type IdentityId, identityId, type SourceFile } from '../../src/contracts/index.ts';
import { besideReader } from '../../src/files/beside.ts';
import { readJsonValues } from '../../src/files/json-values.ts';
import { type Answers, addAnswer, newAnswers, type Owned, type Placed } from './answers.ts';
import { hostInPath } from './host.ts';
import { isOktaExport } from './recognise.ts';
import { isActive } from './rights.ts';
import type { Role, User } from './schema.ts';

/** What several exports tell together: who a user is, which app a secret is of, what was used when. */
export interface World {
  idOf(local: string, placed: Pick<Placed<unknown>, 'host'>): IdentityId;
  hostOf(placed: Pick<Placed<unknown>, 'host'>): string | undefined;
  clientOf(of: Owned<unknown>['of']): string;
  user(id: string | undefined): User | undefined;
  /** Kept as a service account: no person, whatever its name. */
  isServiceUser(id: string | undefined): boolean;
  /** `undefined`: nobody asked for them. */
  rolesOf(kind: 'client' | 'user', id: string): readonly Owned<Role>[] | undefined;
  /** Roles of one's own in these answers of which nobody read what they allow. */
  unreadRoles(answers: Answers): readonly string[];
  /** What acted in an event, as its place in `idOf`: `api-token/00T…`. A person's own session is none of ours. */
  subjectOf(event: Actor): string | undefined;
  lastUse(subject: string): { readonly at: string; readonly ip: string | undefined } | undefined;
  /** Since when the log, asked for it, knows no use of it. */
  noUseSince(subject: string): string | undefined;
  /** Who made it, as the log tells. */
  creatorOf(id: string): string | undefined;
}

/** The other exports of the same directory. */
export const answersAround = besideReader({
  isOne: isOktaExport,
  read: (file) => answersIn(file).answers,
  mostFiles: 300,
  mostBytes: 64 * 1024 * 1024,
});

export function answersIn(file: SourceFile): {
  readonly answers: Answers;
  readonly broken: ReturnType<typeof readJsonValues>['broken'];
} {
  const answers = newAnswers();
  const json = readJsonValues(file.text());
  for (const [index, value] of json.values.entries()) {
    addAnswer(answers, value, json.values.length > 1 ? `value ${index + 1}` : 'answer', file.path);
  }
  return { answers, broken: json.broken };
}

export function worldOf(all: readonly Answers[], home: { readonly path?: string; readonly host?: string }): World {
  const hosts = new Set(all.flatMap((one) => [...one.hosts]));
  const sole = home.host ?? hostInPath(home.path ?? '') ?? (hosts.size === 1 ? [...hosts][0] : undefined);
  const clients = new Map<string, string>();
  const users = new Map<string, User>();
  const serviceUsers = new Set<string>();
  const roles = new Map<string, Owned<Role>[]>();
  const uses = new Map<string, { at: string; ip: string | undefined }>();
  const creators = new Map<string, string>();
  const customRoles = new Map(all.flatMap((one) => [...one.customRoles]));
  for (const answers of all) {
    for (const [id, { one }] of answers.apps) clients.set(id, one.clientId);
    for (const [id, { one }] of answers.users) users.set(id, one);
    for (const { one } of answers.accounts.values()) if (one.oktaUserId !== undefined) serviceUsers.add(one.oktaUserId);
    for (const subject of answers.rolesAsked) if (!roles.has(subject)) roles.set(subject, []);
  }
  const clientOf = (of: Owned<unknown>['of']) =>
    of.kind === 'app' || of.kind === 'client' ? (clients.get(of.id) ?? of.id) : of.id;
  const services = new Set(all.flatMap((one) => [...one.apiServices.keys()]));
  const subjectOf = (event: Actor) => subjectOfEvent(event, services);
  for (const answers of all) {
    for (const role of answers.roles.values()) {
      const subject = role.of.kind === 'user' ? `user/${role.of.id}` : `client/${clientOf(role.of)}`;
      const list = roles.get(subject) ?? [];
      const permissions = role.one.role === undefined ? undefined : customRoles.get(role.one.role);
      const told = permissions === undefined ? role : { ...role, one: { ...role.one, permissions } };
      if (!list.some((one) => one.one.id === role.one.id && one.one.type === role.one.type)) list.push(told);
      roles.set(subject, list);
    }
    for (const { one } of answers.events) {
      if (one.published === undefined) continue;
      const subject = subjectOf(one);
      if (subject !== undefined && isUse(one.result)) {
        if ((uses.get(subject)?.at ?? '') < one.published) uses.set(subject, { at: one.published, ip: one.ip });
      }
      if (!/^(?:application\.lifecycle|system\.api_token|app\.oauth2\.client\.lifecycle)\.create$/.test(one.eventType)) continue;
      const email = one.actor?.alternateId;
      if (one.actor?.type !== 'User' || email === undefined || !email.includes('@')) continue;
      for (const target of one.targets) if (target.id !== undefined) creators.set(target.id, email);
    }
  }
  const hostOf = (placed: Pick<Placed<unknown>, 'host'>) => home.host ?? placed.host ?? sole;
  return {
    hostOf,
    idOf: (local, placed) => identityId('okta', hostOf(placed), local),
    clientOf,
    user: (id) => (id === undefined ? undefined : users.get(id)),
    isServiceUser: (id) => id !== undefined && serviceUsers.has(id),
    rolesOf: (kind, id) => roles.get(`${kind}/${id}`),
    unreadRoles: ({ roles: own }) => [
      ...new Set(
        [...own.values()].flatMap(({ one }) =>
          one.type === 'CUSTOM' && isActive(one) && !customRoles.has(one.role ?? '') ? [one.label ?? one.role ?? one.type] : [],
        ),
      ),
    ],
    subjectOf,
    lastUse: (subject) => uses.get(subject),
    noUseSince: (subject) =>
      uses.has(subject) ? undefined : all.map((one) => one.useAsked.get(subject)).find((since) => since !== undefined),
    creatorOf: (id) => creators.get(id),
  };
}

interface Actor {
  readonly token: string | undefined;
  readonly actor: { readonly id?: string | undefined; readonly type?: string | undefined } | undefined;
}

function subjectOfEvent({ token, actor }: Actor, services: ReadonlySet<string>): string | undefined {
  if (token !== undefined) return `api-token/${token}`;
  const { id, type = '' } = actor ?? {};
  if (id === undefined || id === '') return undefined;
  if (id.startsWith('wlp')) return `agent/${id}`;
  if (services.has(id)) return `api-service/${id}`;
  return /^(?:PublicClientApp|ConfidentialClientApp|ServiceApp|OAuthClient|ServiceClient)$/.test(type) ? `app/${id}` : undefined;
}

export function isUse(result: string | undefined): boolean {
  return result === undefined || result === 'SUCCESS' || result === 'ALLOW';
}
