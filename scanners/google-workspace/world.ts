import { type IdentityId, identityId, type SourceFile } from '../../src/contracts/index.ts';
import { besideReader } from '../../src/files/beside.ts';
import { type Broken, readJsonValues } from '../../src/files/json-values.ts';
import { type Answers, addAnswer, addTable, type Delegated, newAnswers } from './answers.ts';
import { isTable, isWorkspaceExport } from './recognise.ts';
import type { User } from './schema.ts';

/** Who may act as any user, and since when. */
export interface Delegation extends Delegated {
  readonly grantedAt: string | undefined;
  readonly grantedBy: string | undefined;
  readonly removedAt: string | undefined;
  readonly from: 'list' | 'events';
}

/** What several exports tell together. */
export interface World {
  readonly customer: string | undefined;
  idOf(local: string): IdentityId;
  user(email: string | undefined): User | undefined;
  readonly delegations: ReadonlyMap<string, Delegation>;
  /** The console's list lies beside: it is whole, whatever the log no longer knows. */
  readonly hasList: boolean;
  lastUse(client: string): string | undefined;
}

/** The other exports of the same directory. */
export const answersAround = besideReader({
  isOne: isWorkspaceExport,
  read: (file) => answersIn(file).answers,
  mostFiles: 500,
  mostBytes: 64 * 1024 * 1024,
});

export function answersIn(file: SourceFile): { readonly answers: Answers; readonly broken: Broken | undefined } {
  const answers = newAnswers();
  const text = file.text();
  if (isTable(text.slice(0, 4096), file.path) && !/^\s*[[{]/.test(text)) {
    addTable(answers, text);
    return { answers, broken: undefined };
  }
  const json = readJsonValues(text);
  for (const [index, value] of json.values.entries()) {
    addAnswer(answers, value, json.values.length > 1 ? `value ${index + 1}` : 'answer', userInPath(file.path));
  }
  return { answers, broken: json.broken };
}

/** `tokens-mara@acme.example.json`: whose they are, for answers that do not say it. */
function userInPath(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.[a-z]+$/i, '');
  return /(?:^|[-_.])(?<user>[\w+]+(?:\.[\w+]+)*@[\w-]+(?:\.[\w-]+)+)$/.exec(name)?.groups?.user;
}

export function worldOf(all: readonly Answers[], customerAsked?: string): World {
  const customers = new Set(all.flatMap((one) => [...one.customers]));
  const customer = customerAsked ?? (customers.size === 1 ? [...customers][0] : undefined);
  const users = new Map<string, User>();
  const uses = new Map<string, string>();
  for (const answers of all) {
    for (const [email, { one }] of answers.users) users.set(email, one);
    for (const { one } of answers.uses) if ((uses.get(one.client) ?? '') < one.time) uses.set(one.client, one.time);
  }
  return {
    customer,
    idOf: (local) => identityId('google-workspace', customer, local),
    user: (email) => (email === undefined ? undefined : users.get(email.toLowerCase())),
    delegations: delegationsOf(all),
    hasList: all.some((one) => one.kinds.has('delegation list')),
    lastUse: (client) => uses.get(client),
  };
}

/** The list says what is; else the events, in their order: what was authorised and not removed since. */
function delegationsOf(all: readonly Answers[]): Map<string, Delegation> {
  const found = new Map<string, Delegation>();
  const events = all
    .flatMap((answers) => [...answers.events.values()].map(({ one }) => one))
    .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  for (const event of events) {
    const { client, name, time, actor } = event;
    const before = found.get(client);
    const scopes = new Set(before?.scopes);
    if (event.isGranted) for (const scope of event.scopes) scopes.add(scope);
    else if (event.scopes.length === 0) scopes.clear();
    else for (const scope of event.scopes) scopes.delete(scope);
    const isOver = !event.isGranted && scopes.size === 0;
    found.set(client, {
      client,
      name,
      scopes: [...scopes].sort(),
      grantedAt: event.isGranted ? (before?.removedAt === undefined ? (before?.grantedAt ?? time) : time) : before?.grantedAt,
      grantedBy: event.isGranted ? (actor ?? before?.grantedBy) : before?.grantedBy,
      removedAt: isOver ? time : undefined,
      from: 'events',
    });
  }
  for (const answers of all) {
    for (const { one } of answers.delegated.values()) {
      const before = found.get(one.client);
      const { grantedAt, grantedBy } = before ?? { grantedAt: undefined, grantedBy: undefined };
      found.set(one.client, { ...one, name: one.name, grantedAt, grantedBy, removedAt: undefined, from: 'list' });
    }
  }
  return found;
}
