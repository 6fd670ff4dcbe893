import type { JsonObject, ObservationKind, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import {
  addPlain,
  type Http,
  LiveFailure,
  nextLink,
  openHttp,
  openSession,
  plainOf,
  readEach,
  type Session,
  takePages,
} from '../../src/live/index.ts';
import { type Answers, addAnswer, newAnswers } from './answers.ts';
import { CALLS, type CallName, SCOPES } from './calls.ts';
import { hostOfTarget } from './host.ts';
import { type Authorizer, authorizer, loginFrom } from './login.ts';

export interface Run {
  readonly target: ServiceTarget;
  readonly context: ScanContext;
  readonly host: string;
  readonly http: Http;
  readonly session: Session;
  readonly login: Authorizer;
  readonly answers: Answers;
}

export type Told = Parameters<Session['coverage']>[0];
type Query = { readonly [name: string]: string | number };

/** Calls at a time: Okta counts the requests under way too. https://developer.okta.com/docs/reference/rl-additional-limits/ */
const WIDTH = 4;
/** As the exports name what they let a check look at. */
const TYPES: { readonly [name in CallName]: string } = {
  tokens: 'api-token',
  apps: 'app',
  secrets: 'client-secret',
  keys: 'client-key',
  grants: 'scope',
  clientRoles: 'client-role',
  users: 'user',
  userRoles: 'user-role',
  customRoles: 'custom-role',
  services: 'api-service',
  serviceSecrets: 'client-secret',
  accounts: 'service-account',
  oktaAccounts: 'service-account',
  agents: 'agent',
  agentKeys: 'client-key',
  log: 'event',
};
export function openRun(target: ServiceTarget, context: ScanContext): Run {
  const host = hostOfTarget(target);
  const { env } = context;
  const baseUrl = env.OKTA_CLIENT_ORGURL ?? `https://${host}`;
  const login = authorizer(loginFrom(env), { baseUrl, scopes: SCOPES, context });
  const http = openHttp({
    context,
    service: 'Okta',
    baseUrl,
    width: WIDTH,
    authorize: login,
    renewHint: 'make a new API token, or check the service app and its key',
    judge: ({ status, body }) => judge(status, body),
  });
  const session = openSession({ context, target, surface: 'okta', service: 'Okta' });
  return { target, context, host, http, session, login, answers: newAnswers() };
}

/** https://developer.okta.com/docs/reference/error-codes/ */
function judge(status: number, body: unknown): ReturnType<NonNullable<Parameters<typeof openHttp>[0]['judge']>> {
  const code = typeof body === 'object' && body !== null && 'errorCode' in body ? body.errorCode : undefined;
  if (code === 'E0000047') return { is: 'throttled' };
  if (code === 'E0000011' || code === 'E0000005') return { is: 'expired' };
  if (code === 'E0000006') return { is: 'denied' };
  // The feature is not part of the organisation's contract.
  if (code === 'E0000015') return { is: 'missing', why: 'the feature is not switched on in this organisation' };
  return status === 404 ? { is: 'missing' } : undefined;
}

/** All pages of one list. */
export async function askList(
  run: Run,
  name: CallName,
  what: string,
  path: string,
  covers: readonly ObservationKind[],
  query: Query = {},
): Promise<Told> {
  const { answers, session } = run;
  const before = { problems: answers.problems.length, seen: answers.seen };
  const got = await session.attempt(CALLS[name].right, () => takeCall(run, name, path, query));
  const problems = answers.problems.slice(before.problems);
  const read = answers.seen - before.seen - problems.length;
  return { what, covers, read, problems, detail: { types: [TYPES[name]] }, ...(got.ok ? {} : { failure: got.failure }) };
}

/** What only some organisations have: without it there is nothing to look at, and nothing is missing. */
export async function askOptional(run: Run, name: CallName, what: string, path: string): Promise<Told> {
  const told = await askList(run, name, what, path, ['identity'], { limit: 100 });
  const { failure, ...rest } = told;
  if (!(failure instanceof LiveFailure) || failure.kind !== 'missing') return told;
  return { ...rest, detail: { ...rest.detail, absent: failure.why } };
}

/** Parts of Okta that not every organisation has, and keys that not every client has. */
export const MAY_BE_ABSENT: ReadonlySet<CallName> = new Set(['accounts', 'oktaAccounts', 'agents', 'agentKeys', 'keys']);

/** One call for each of many. `asked` is told of those that were answered, and with how many entries. */
export async function askEach(
  run: Run,
  name: CallName,
  what: string,
  ids: readonly string[],
  covers: readonly ObservationKind[],
  pathOf: (id: string) => string,
  asked: (id: string, entries: number) => void = () => {},
): Promise<Told> {
  const { answers, context, session } = run;
  const before = answers.problems.length;
  const { read, failed, failure } = await readEach({
    context,
    session,
    right: CALLS[name].right,
    title: `Okta: ${what}`,
    items: ids,
    width: WIDTH,
    mayBeMissing: MAY_BE_ABSENT.has(name),
    ask: async (id) => asked(id, await takeCall(run, name, pathOf(id))),
  });
  const problems = answers.problems.slice(before);
  return {
    what,
    covers,
    read,
    failed: failed + problems.length,
    problems,
    detail: { types: [TYPES[name]] },
    ...(failure === undefined ? {} : { failure }),
  };
}

/** How many entries there were. What the parsers read of a page is what is kept: an app's answer may hold its secret. */
async function takeCall(run: Run, name: CallName, path: string, query: Query = {}): Promise<number> {
  const { answers, context } = run;
  const isOfSecrets = path.includes('/credentials/secrets');
  let entries = 0;
  await takePages<JsonObject>(context, {
    ...(isOfSecrets ? {} : { step: path.replace(/since=[^&]*/, '') }),
    pages: () => pagesOf(run, name, path, query),
    strip: (page) => {
      const part = newAnswers();
      if (page !== undefined) addAnswer(part, page, path.split('?')[0] ?? path, path);
      return plainOf(part, (field) => !isOfSecrets && SECRET_FIELDS.has(field));
    },
    use: (part) => {
      entries += Number(part.seen);
      addPlain(answers, part);
    },
  });
  return entries;
}

/** Of `ClientSecret`, should one come where none was asked for. */
const SECRET_FIELDS: ReadonlySet<string> = new Set(['client_secret', 'secret_hash']);

async function* pagesOf(run: Run, name: CallName, path: string, query: Query): AsyncGenerator<unknown> {
  const { right, tells } = CALLS[name];
  refuse(run, name);
  // The last event is one; the next page of it would be all the rest.
  const next = name === 'log' ? () => undefined : nextLink;
  for await (const page of run.http.pages('GET', path, { query, right, tells }, next)) yield page;
}

export async function ask(run: Run, name: CallName, path: string): Promise<unknown> {
  const { right, tells } = CALLS[name];
  refuse(run, name);
  return (await run.http.json('GET', path, { right, tells })).value;
}

/** Scopes are settled when the token is made; a call without its scope would only be refused once more. */
function refuse(run: Run, name: CallName): void {
  const { right, tells } = CALLS[name];
  if (!run.login.refused.has(right)) return;
  throw new LiveFailure(`${right} was not granted to the service app, so ${tells} stays unknown: grant it`, { kind: 'denied' });
}
