import { fail, isRaw, parseOne, type Raw } from '../../src/formats/answer.ts';
import { readTable } from './csv.ts';
import { Activity, AppPassword, LogEntry, Token, User } from './schema.ts';
import { scopesIn } from './scopes.ts';

export type AnswerKind = 'OAuth tokens' | 'app passwords' | 'users' | 'admin events' | 'token events' | 'delegation list';

export interface Placed<T> {
  readonly one: T;
  readonly pointer: string;
}

/** A client that may act as any user, as the console or a log tells. */
export interface Delegated {
  readonly client: string;
  readonly name: string | undefined;
  readonly scopes: readonly string[];
}

export interface DelegationEvent extends Delegated {
  readonly isGranted: boolean;
  readonly time: string;
  readonly actor: string | undefined;
}

export interface UseEvent {
  readonly client: string;
  readonly name: string | undefined;
  readonly time: string;
  readonly actor: string | undefined;
  readonly ip: string | undefined;
  readonly event: string;
  readonly id: string | undefined;
}

export interface Answers {
  /** By client and user. */
  readonly tokens: Map<string, Placed<Token>>;
  readonly passwords: Map<string, Placed<AppPassword>>;
  readonly users: Map<string, Placed<User>>;
  readonly delegated: Map<string, Placed<Delegated>>;
  readonly events: Map<string, Placed<DelegationEvent>>;
  readonly uses: Placed<UseEvent>[];
  readonly customers: Set<string>;
  readonly kinds: Set<AnswerKind>;
  readonly problems: string[];
  /** Events of other kinds. */
  others: number;
  seen: number;
  truncated: boolean;
}

export function newAnswers(): Answers {
  return {
    tokens: new Map(),
    passwords: new Map(),
    users: new Map(),
    delegated: new Map(),
    events: new Map(),
    uses: [],
    customers: new Set(),
    kinds: new Set(),
    problems: [],
    others: 0,
    seen: 0,
    truncated: false,
  };
}

const KINDS: { readonly [kind: string]: AnswerKind } = {
  'admin#directory#tokenList': 'OAuth tokens',
  'admin#directory#aspList': 'app passwords',
  'admin#directory#users': 'users',
};

/** Sorts one value in. `user` is whose tokens they are, where the answer does not say it. */
export function addAnswer(answers: Answers, value: unknown, where: string, user?: string): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) addAnswer(answers, item, `${where}[${index}]`, user);
    return;
  }
  if (!isRaw(value)) {
    fail(answers, `${where}: not an object`);
    return;
  }
  if (isRaw(value.error) && 'code' in value.error) {
    fail(answers, `${where}: Google's error ${String(value.error.code).slice(0, 20)} instead of an answer`);
    return;
  }
  if (typeof value.nextPageToken === 'string' && value.nextPageToken !== '') answers.truncated = true;
  const kind = typeof value.kind === 'string' ? KINDS[value.kind] : undefined;
  if (kind !== undefined) answers.kinds.add(kind);
  if (value.kind === 'admin#reports#activities') answers.kinds.add('admin events');
  const list = value.items ?? value.users;
  if (Array.isArray(list)) addAnswer(answers, list, `${where}.${'items' in value ? 'items' : 'users'}`, user);
  else if (kind === undefined && value.kind !== 'admin#reports#activities') sortIn(answers, value, where, user);
}

function sortIn(answers: Answers, raw: Raw, where: string, user: string | undefined): void {
  if ('clientId' in raw && ('scopes' in raw || 'displayText' in raw)) {
    answers.kinds.add('OAuth tokens');
    const token = parseOne(answers, Token, raw, where);
    if (token !== undefined) addToken(answers, { ...token, userKey: token.userKey ?? user }, where);
  } else if ('codeId' in raw) {
    answers.kinds.add('app passwords');
    const password = parseOne(answers, AppPassword, raw, where);
    if (password === undefined) return;
    const owner = password.userKey ?? user;
    answers.passwords.set(`${owner ?? '-'}/${password.codeId}`, { one: { ...password, userKey: owner }, pointer: where });
  } else if ('primaryEmail' in raw) {
    answers.kinds.add('users');
    const one = parseOne(answers, User, raw, where);
    if (one === undefined) return;
    if (one.customerId !== undefined) answers.customers.add(one.customerId);
    answers.users.set(one.primaryEmail.toLowerCase(), { one, pointer: where });
  } else if ('events' in raw && isRaw(raw.id)) addActivity(answers, parseOne(answers, Activity, raw, where), where);
  else if (isRaw(raw.protoPayload)) addActivity(answers, parseOne(answers, LogEntry, raw, where), where);
  else fail(answers, `${where}: not an answer of Google Workspace that is read here`);
}

function addToken(answers: Answers, token: Token, where: string): void {
  const scopes = scopesIn(token.scopes);
  answers.tokens.set(`${token.clientId}/${token.userKey ?? where}`, { one: { ...token, scopes }, pointer: where });
}

/** https://developers.google.com/workspace/admin/reports/v1/appendix/activity/admin-domain-settings */
const DELEGATION = /^(?<what>AUTHORIZE|REMOVE)_API_CLIENT_ACCESS$/;

function addActivity(answers: Answers, activity: Activity | undefined, where: string): void {
  if (activity === undefined) return;
  const { customer, time, actor, ip, qualifier } = activity;
  if (customer !== undefined) answers.customers.add(customer);
  answers.kinds.add(activity.application === 'token' ? 'token events' : 'admin events');
  for (const [index, event] of activity.events.entries()) {
    const values = (name: string) => event.parameters.find((one) => one.name.toLowerCase() === name)?.values ?? [];
    const pointer = `${where}.events[${index}]`;
    const what = DELEGATION.exec(event.name)?.groups?.what;
    const client = clientIn(values(what === undefined ? 'client_id' : 'api_client_name')[0]);
    if (client === undefined || time === undefined) {
      if (what === undefined) answers.others++;
      else fail(answers, `${pointer}: ${event.name} without a client or a time`);
    } else if (what !== undefined) {
      const one = {
        client,
        name: undefined,
        scopes: scopesIn(values('api_scopes')),
        isGranted: what === 'AUTHORIZE',
        time,
        actor,
      };
      answers.events.set(`${time} ${client} ${what} ${one.scopes.join(' ')}`, { one, pointer });
    } else if (/^(?:activity|authorize)$/.test(event.name)) {
      const id = qualifier === undefined ? undefined : `${time}/${qualifier}/${index}`;
      answers.uses.push({ one: { client, name: values('app_name')[0], time, actor, ip, event: event.name, id }, pointer });
    } else answers.others++;
  }
}

/** The number of a service account, or the address of an OAuth client. */
function clientIn(text: string | undefined): string | undefined {
  const client = text?.trim() ?? '';
  return /^[\w.@-]{5,200}$/.test(client) ? client : undefined;
}

/** The console's list of delegated clients, or tokens of users as GAM prints them; by the names in the first row. */
export function addTable(answers: Answers, text: string): void {
  const [head = [], ...rows] = readTable(text);
  const names = head.map((name) =>
    name
      .trim()
      .toLowerCase()
      .replaceAll(/[^a-z]/g, ''),
  );
  const column = (...wanted: readonly string[]) => names.findIndex((name) => wanted.includes(name));
  const [client, scopes, name, user] = [
    column('clientid', 'apiclient', 'client'),
    column('scopes', 'oauthscopes', 'scope'),
    column('name', 'displaytext', 'appname', 'clientname'),
    column('user', 'userkey', 'primaryemail'),
  ];
  const isOfUsers = user >= 0;
  answers.kinds.add(isOfUsers ? 'OAuth tokens' : 'delegation list');
  if (client < 0 || scopes < 0) {
    fail(answers, 'row 1: no column for the client id and the scopes');
    return;
  }
  for (const [index, row] of rows.entries()) {
    answers.seen++;
    const where = `row ${index + 2}`;
    const id = clientIn(row[client]);
    // Lists of many scopes may go on over the cells after the first.
    const last = scopes === names.length - 1 ? row.length : scopes + 1;
    const list = scopesIn(row.slice(scopes, last));
    if (id === undefined) {
      answers.problems.push(`${where}: not a client id`);
      continue;
    }
    const title = name < 0 ? undefined : row[name]?.trim() || undefined;
    if (isOfUsers) {
      const userKey = row[user]?.trim() || undefined;
      addToken(
        answers,
        { clientId: id, displayText: title, anonymous: undefined, nativeApp: undefined, userKey, scopes: list },
        where,
      );
    } else {
      const known = answers.delegated.get(id)?.one.scopes ?? [];
      const all = [...new Set([...known, ...list])].sort();
      answers.delegated.set(id, { one: { client: id, name: title, scopes: all }, pointer: where });
    }
  }
}
