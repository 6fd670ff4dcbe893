import type {
  JsonObject,
  LiveCall,
  Observation,
  ObservationKind,
  Probed,
  ScanContext,
  ServiceTarget,
} from '../../src/contracts/index.ts';
import {
  addPlain,
  type ErrorAnswer,
  type Http,
  type Judged,
  nextToken,
  openHttp,
  openSession,
  plainOf,
  probeCalls,
  readEach,
  restingOn,
  type Session,
  takePages,
} from '../../src/live/index.ts';
import { TargetError } from '../../src/util/errors.ts';
import { type Answers, addAnswer, newAnswers } from './answers.ts';
import { CALLS, type CallName, callsOf, HOST } from './calls.ts';
import { type Login, loginFrom } from './login.ts';
import { rowsOf } from './rows.ts';
import { worldOf } from './world.ts';

interface Run {
  readonly target: ServiceTarget;
  readonly context: ScanContext;
  readonly session: Session;
  readonly login: Login;
  readonly answers: Answers;
  http(name: CallName): Http;
}

/** Requests at a time: 2,400 queries a minute are allowed. https://developers.google.com/workspace/admin/directory/v1/limits */
const WIDTH = 8;
const USER_FIELDS =
  'kind,nextPageToken,users(id,primaryEmail,customerId,isAdmin,isDelegatedAdmin,suspended,archived,creationTime,lastLoginTime,name/fullName)';
const LOG_ENDS =
  'the log goes back six months: delegation that is older is told by the list of the Admin console (Security, API controls) alone; give it as a file too';

type Query = { readonly [name: string]: string | number };
type Told = Parameters<Session['coverage']>[0];

export async function* scanWorkspace(target: ServiceTarget, context: ScanContext): AsyncGenerator<Observation> {
  const run = openRun(target, context);
  const whose = customerOf(target);
  const users = await readList(run, 'users', 'users', ['person'], 'user', ['/admin/directory/v1/users'], {
    ...whose,
    maxResults: 500,
    projection: 'basic',
    fields: USER_FIELDS,
  });
  const emails = [...run.answers.users.values()].map(({ one }) => one.primaryEmail);
  const pathOf = (rest: string) => (email: string) => `/admin/directory/v1/users/${encodeURIComponent(email)}/${rest}`;
  const told: Told[] = [
    users,
    restingOn(await askEach(run, 'tokens', 'OAuth tokens', emails, ['identity', 'grant'], 'consent', pathOf('tokens')), users),
    restingOn(await askEach(run, 'passwords', 'app passwords', emails, ['credential'], 'app-password', pathOf('asps')), users),
  ];
  const events = ['AUTHORIZE_API_CLIENT_ACCESS', 'REMOVE_API_CLIENT_ACCESS'];
  const log = await readList(
    run,
    'delegation',
    'domain-wide delegation',
    ['identity', 'grant'],
    'delegation',
    events.map((name) => `/admin/reports/v1/activity/users/all/applications/admin?eventName=${name}`),
    { maxResults: 1000, ...(/^C/.test(target.address) ? { customerId: target.address } : {}) },
  );
  told.push(
    log.failure === undefined
      ? { ...log, problems: [...(log.problems ?? []), LOG_ENDS], failed: log.problems?.length ?? 0 }
      : log,
  );
  const asked = /^C/.test(target.address) ? target.address : undefined;
  yield* rowsOf(run.answers, { world: worldOf([run.answers], asked), at: { pointer: target.name } });
  for (const one of told) yield run.session.coverage(one);
}

export async function* probeWorkspace(target: ServiceTarget, context: ScanContext): AsyncGenerator<Probed> {
  const run = openRun(target, context);
  const { subject = 'me' } = run.login;
  const paths: { readonly [name in CallName]: string } = {
    users: `/admin/directory/v1/users?${new URLSearchParams({ ...customerOf(target), maxResults: '1' })}`,
    tokens: `/admin/directory/v1/users/${encodeURIComponent(subject)}/tokens`,
    passwords: `/admin/directory/v1/users/${encodeURIComponent(subject)}/asps`,
    delegation: '/admin/reports/v1/activity/users/all/applications/admin?maxResults=1',
  };
  yield* probeCalls(run.session, callsOf(), async (call: LiveCall) => {
    const [name] = Object.entries(CALLS).find(([, one]) => one.operation === call.operation) ?? [];
    const { right, tells } = call;
    await run.http(name as CallName).json('GET', paths[name as CallName], { right, tells });
  });
}

function openRun(target: ServiceTarget, context: ScanContext): Run {
  const login = loginFrom(context);
  const session = openSession({ context, target, surface: 'google-workspace', service: 'Google Workspace' });
  const clients = new Map<string, Http>();
  function http(name: CallName): Http {
    const { right } = CALLS[name];
    const client =
      clients.get(right) ??
      openHttp({
        context,
        service: 'Google Workspace',
        baseUrl: context.env.GOOGLEWORKSPACE_API_URL ?? `https://${HOST}`,
        width: WIDTH,
        authorize: login.forScope(right),
        renewHint: 'check the key of the service account, or take a new access token',
        judge,
      });
    clients.set(right, client);
    return client;
  }
  return { target, context, session, login, answers: newAnswers(), http };
}

/** `C01abcd23`, a domain, or nothing for the organisation of who signs in. */
function customerOf(target: ServiceTarget): { readonly [name: string]: string } {
  const { address } = target;
  if (address === '') return { customer: 'my_customer' };
  if (/^C[0-9a-z]+$/i.test(address)) return { customer: address };
  if (/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(address)) return { domain: address };
  throw new TargetError(`"${target.name}" names neither a customer nor a domain of Google Workspace`, {
    code: 'TARGET_ADDRESS',
    hint: 'Write google-workspace:C01abcd23 (Admin console, Account, Account settings), google-workspace:acme.example, or google-workspace: alone.',
  });
}

/** https://developers.google.com/workspace/admin/directory/v1/limits, …/guides/troubleshoot-error-codes */
function judge({ status, body }: ErrorAnswer): Judged | undefined {
  const reasons = JSON.stringify(body ?? '');
  if (status === 403 && /"(?:quotaExceeded|rateLimitExceeded|userRateLimitExceeded)"/.test(reasons)) return { is: 'throttled' };
  if (status === 403 && /"(?:accessNotConfigured|SERVICE_DISABLED)"/.test(reasons)) {
    return {
      is: 'denied',
      why: 'the Admin SDK is switched off in the project of the service account: gcloud services enable admin.googleapis.com',
    };
  }
  return undefined;
}

async function readList(
  run: Run,
  name: CallName,
  what: string,
  covers: readonly ObservationKind[],
  type: string,
  paths: readonly string[],
  query: Query,
): Promise<Told> {
  const before = run.answers.problems.length;
  const seen = run.answers.seen;
  const got = await run.session.attempt(CALLS[name].right, async () => {
    for (const path of paths) await takeCall(run, name, path, query);
  });
  const problems = run.answers.problems.slice(before);
  return {
    what,
    covers,
    read: run.answers.seen - seen - problems.length,
    problems,
    detail: { types: [type] },
    ...(got.ok ? {} : { failure: got.failure }),
  };
}

/** One call for each user. */
async function askEach(
  run: Run,
  name: CallName,
  what: string,
  emails: readonly string[],
  covers: readonly ObservationKind[],
  type: string,
  pathOf: (email: string) => string,
): Promise<Told> {
  const { answers, context, session } = run;
  const before = answers.problems.length;
  const each = await readEach({
    context,
    session,
    right: CALLS[name].right,
    title: `Google Workspace: ${what}`,
    items: emails,
    width: WIDTH,
    ask: (email) => takeCall(run, name, pathOf(email), {}, email),
  });
  const problems = answers.problems.slice(before);
  const usersMissing = emails.length === 0 && session.fatal === undefined;
  const failure = each.failure ?? (usersMissing ? NO_USERS : undefined);
  return {
    what,
    covers,
    read: each.read,
    failed: each.failed + problems.length,
    problems,
    detail: { types: [type] },
    ...(failure === undefined ? {} : { failure }),
  };
}

/** Nobody to ask about is no clean bill. */
const NO_USERS = { outcome: 'denied', why: 'it is asked user by user, and no users were read', fatal: false } as const;

/** `user`: whose the answer is, where it does not say so. */
async function takeCall(run: Run, name: CallName, path: string, query: Query, user?: string): Promise<void> {
  const { right, tells } = CALLS[name];
  await takePages<JsonObject>(run.context, {
    step: path,
    pages: () => run.http(name).pages('GET', path, { query, right, tells }, nextToken()),
    strip: (page) => {
      const part = newAnswers();
      // A page that names the next is whole by itself here: all of them are read.
      const whole = typeof page === 'object' && page !== null ? { ...page, nextPageToken: undefined } : page;
      addAnswer(part, whole, path.split('?')[0] ?? path, user);
      return plainOf(part);
    },
    use: (part) => addPlain(run.answers, part),
  });
}
