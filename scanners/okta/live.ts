import type { Json, Observation, ObservationKind, Probed, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import {
  type Http,
  inParallel,
  LiveFailure,
  nextLink,
  openHttp,
  openSession,
  probeCalls,
  type Session,
} from '../../src/live/index.ts';
import { type Answers, addAnswer, newAnswers } from './answers.ts';
import { CALLS, type CallName, callsOf, SCOPES } from './calls.ts';
import { hostOfTarget } from './host.ts';
import { type Authorizer, authorizer, loginFrom } from './login.ts';
import { rowsOf } from './rows.ts';
import { worldOf } from './world.ts';

interface Run {
  readonly target: ServiceTarget;
  readonly context: ScanContext;
  readonly host: string;
  readonly http: Http;
  readonly session: Session;
  readonly login: Authorizer;
  readonly answers: Answers;
}

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
  services: 'api-service',
  serviceSecrets: 'client-secret',
  accounts: 'service-account',
  oktaAccounts: 'service-account',
  agents: 'agent',
  agentKeys: 'client-key',
  log: 'event',
};
/** How far back the log is asked: Okta keeps 90 days. */
const LOG_DAYS = 90;

export async function* scanOrganisation(target: ServiceTarget, context: ScanContext): AsyncGenerator<Observation> {
  const run = openRun(target, context);
  const told: Told[] = [];
  told.push(await readList(run, 'tokens', 'API tokens', '/api/v1/api-tokens', ['identity', 'credential']));
  told.push(await readList(run, 'apps', 'apps', '/api/v1/apps', ['identity'], { limit: 200, filter: 'name eq "oidc_client"' }));
  const apps = [...run.answers.apps.values()].map(({ one }) => one);
  const withSecret = apps.filter((app) => app.authMethod === undefined || app.authMethod.startsWith('client_secret'));
  const withKey = apps.filter((app) => app.authMethod === 'private_key_jwt');
  const services = apps.filter((app) => app.grantTypes.includes('client_credentials'));
  const idOf = (app: { readonly id: string }) => app.id;
  const forApps = (one: string, rest: string) => `/api/v1/apps/${encodeURIComponent(one)}/${rest}`;
  told.push(
    await readEach(run, 'secrets', 'client secrets', withSecret.map(idOf), ['credential'], (id) =>
      forApps(id, 'credentials/secrets'),
    ),
    await readEach(run, 'keys', 'client keys', withKey.map(idOf), ['credential'], (id) => forApps(id, 'credentials/jwks')),
    await readEach(run, 'grants', 'scope grants', apps.map(idOf), ['grant'], (id) => forApps(id, 'grants')),
    await readEach(
      run,
      'clientRoles',
      'roles of clients',
      services.map((app) => app.clientId),
      ['grant'],
      (id) => `/oauth2/v1/clients/${encodeURIComponent(id)}/roles`,
      (id) => run.answers.rolesAsked.add(`client/${id}`),
    ),
    await readList(run, 'services', 'API service integrations', '/integrations/api/v1/api-services', ['identity', 'grant']),
    await readEach(
      run,
      'serviceSecrets',
      'secrets of integrations',
      [...run.answers.apiServices.keys()],
      ['credential'],
      (id) => `/integrations/api/v1/api-services/${encodeURIComponent(id)}/credentials/secrets`,
    ),
    await readOptional(run, 'accounts', 'service accounts', '/privileged-access/api/v1/service-accounts'),
    await readOptional(run, 'oktaAccounts', 'Okta service accounts', '/privileged-access/api/v1/okta-service-accounts'),
    await readOptional(run, 'agents', 'AI agents', '/workload-principals/api/v1/ai-agents'),
  );
  told.push(
    await readEach(
      run,
      'agentKeys',
      'keys of AI agents',
      [...run.answers.agents.keys()],
      ['credential'],
      (id) => `/workload-principals/api/v1/ai-agents/${encodeURIComponent(id)}/credentials/jwks`,
    ),
  );
  const owners = usersBehind(run.answers);
  const holders = [...new Set([...run.answers.tokens.values()].flatMap(({ one }) => one.userId ?? []))];
  const forUser = (id: string, rest = '') => `/api/v1/users/${encodeURIComponent(id)}${rest}`;
  told.push(
    await readEach(run, 'users', 'users behind tokens', owners, ['person'], (id) => forUser(id)),
    await readEach(
      run,
      'userRoles',
      'roles of users behind tokens',
      holders,
      ['grant'],
      (id) => forUser(id, '/roles'),
      (id) => run.answers.rolesAsked.add(`user/${id}`),
    ),
    await readUse(run),
  );
  const world = worldOf([run.answers], { host: run.host });
  yield* rowsOf(run.answers, { world, at: { pointer: target.name }, context });
  for (const one of told) yield run.session.coverage(one);
}

export async function* probeOrganisation(target: ServiceTarget, context: ScanContext): AsyncGenerator<Probed> {
  const run = openRun(target, context);
  const paths: { readonly [name in CallName]?: string } = {
    tokens: '/api/v1/api-tokens',
    apps: '/api/v1/apps?limit=1',
    services: '/integrations/api/v1/api-services',
    accounts: '/privileged-access/api/v1/service-accounts?limit=1',
    oktaAccounts: '/privileged-access/api/v1/okta-service-accounts?limit=1',
    agents: '/workload-principals/api/v1/ai-agents?limit=1',
    users: '/api/v1/users?limit=1',
    log: '/api/v1/logs?limit=1',
  };
  yield* probeCalls(run.session, callsOf(run.host), async (call) => {
    const [name] = Object.entries(CALLS).find(([, one]) => one.operation === call.operation) ?? [];
    const path = paths[name as CallName] ?? (await dependentPath(run, name as CallName));
    if (path === undefined) return;
    try {
      await ask(run, name as CallName, path);
    } catch (error) {
      // What the organisation has not bought is no right that is missing.
      if (!MAY_BE_ABSENT.has(name as CallName) || !(error instanceof LiveFailure) || error.kind !== 'missing') throw error;
    }
  });
}

/** What needs the id of an app or user to be asked is tried with the first there is. */
async function dependentPath(run: Run, name: CallName): Promise<string | undefined> {
  const first = async (path: string, of: CallName) => {
    const list = await ask(run, of, path);
    const id = Array.isArray(list) ? list[0]?.id : undefined;
    return typeof id === 'string' ? encodeURIComponent(id) : undefined;
  };
  const app = async () => await first('/api/v1/apps?limit=1&filter=name%20eq%20%22oidc_client%22', 'apps');
  if (name === 'userRoles') {
    const user = await first('/api/v1/users?limit=1', 'users');
    return user === undefined ? undefined : `/api/v1/users/${user}/roles`;
  }
  if (name === 'serviceSecrets') {
    const service = await first('/integrations/api/v1/api-services', 'services');
    return service === undefined ? undefined : `/integrations/api/v1/api-services/${service}/credentials/secrets`;
  }
  if (name === 'agentKeys') {
    const list = await ask(run, 'agents', '/workload-principals/api/v1/ai-agents?limit=1');
    const [agent] = typeof list === 'object' && list !== null && 'data' in list && Array.isArray(list.data) ? list.data : [];
    return typeof agent?.id === 'string'
      ? `/workload-principals/api/v1/ai-agents/${encodeURIComponent(agent.id)}/credentials/jwks`
      : undefined;
  }
  const id = await app();
  if (id === undefined) return undefined;
  if (name === 'clientRoles') return `/oauth2/v1/clients/${id}/roles`;
  return `/api/v1/apps/${id}/${name === 'grants' ? 'grants' : name === 'keys' ? 'credentials/jwks' : 'credentials/secrets'}`;
}

function openRun(target: ServiceTarget, context: ScanContext): Run {
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

type Told = Parameters<Session['coverage']>[0];
type Query = { readonly [name: string]: string | number };

async function readList(
  run: Run,
  name: CallName,
  what: string,
  path: string,
  covers: readonly ObservationKind[],
  query: Query = {},
): Promise<Told> {
  const before = run.answers.problems.length;
  let read = 0;
  const got = await run.session.attempt(CALLS[name].right, async () => {
    await once(
      run,
      path,
      () => pagesOf(run, name, path, query),
      (page) => {
        read += take(run, page, path);
      },
    );
  });
  const problems = run.answers.problems.slice(before);
  const detail = { types: [TYPES[name]] };
  return { what, covers, read: read - problems.length, problems, detail, ...(got.ok ? {} : { failure: got.failure }) };
}

/** What only some organisations have: without it there is nothing to look at, and nothing is missing. */
async function readOptional(run: Run, name: CallName, what: string, path: string): Promise<Told> {
  const told = await readList(run, name, what, path, ['identity'], { limit: 100 });
  const { failure, ...rest } = told;
  if (!(failure instanceof LiveFailure) || failure.kind !== 'missing') return told;
  return { ...rest, detail: { ...rest.detail, absent: failure.why } };
}

/** Parts of Okta that not every organisation has, and keys that not every client has. */
const MAY_BE_ABSENT: ReadonlySet<CallName> = new Set(['accounts', 'oktaAccounts', 'agents', 'agentKeys', 'keys']);

/** Refusals in a row after which the right is missing, and not only for some. */
const ENOUGH = 5;

/** One call for each of many: a refusal or failure of one goes on with the next. */
async function readEach(
  run: Run,
  name: CallName,
  what: string,
  ids: readonly string[],
  covers: readonly ObservationKind[],
  pathOf: (id: string) => string,
  asked: (id: string) => void = () => {},
): Promise<Told> {
  const before = run.answers.problems.length;
  let read = 0;
  let failed = 0;
  let refusals = 0;
  let first: Told['failure'];
  /** One that was deleted meanwhile is none; where all are, the call itself is not there. */
  let missing: Told['failure'];
  let isOver = false;
  run.context.progress.phase(`Okta: ${what}`, ids.length);
  await inParallel(ids, WIDTH, async (id) => {
    if (isOver) return;
    const path = pathOf(id);
    const got = await run.session.attempt(CALLS[name].right, () =>
      once(
        run,
        path,
        () => pagesOf(run, name, path, {}),
        (page) => take(run, page, path),
      ),
    );
    run.context.progress.advance(1);
    if (got.ok) {
      read++;
      asked(id);
      return;
    }
    const { failure } = got;
    if (failure instanceof LiveFailure && failure.kind === 'missing') {
      missing ??= failure;
      return;
    }
    failed++;
    refusals += failure.outcome === 'denied' ? 1 : 0;
    if (first === undefined || (first.outcome !== 'denied' && failure.outcome === 'denied')) first = failure;
    isOver ||= failure.fatal || (refusals >= ENOUGH && read === 0);
  });
  run.context.progress.end();
  if (read === 0 && !MAY_BE_ABSENT.has(name)) first ??= missing;
  const problems = run.answers.problems.slice(before);
  const detail = { types: [TYPES[name]] };
  return {
    what,
    covers,
    read,
    failed: failed + problems.length,
    problems,
    detail,
    ...(first === undefined ? {} : { failure: first }),
  };
}

/** One question for each token and client: its last event. Cheaper than the log of 90 days, and as exact. */
async function readUse(run: Run): Promise<Told> {
  const { answers } = run;
  const since = new Date(run.context.now().getTime() - LOG_DAYS * 86_400_000).toISOString();
  const asked: (readonly [subject: string, filter: string])[] = [
    ...[...answers.tokens.keys()].map((id) => [`api-token/${id}`, `transaction.detail.requestApiTokenId eq "${id}"`] as const),
    ...[...answers.apps.values()]
      .filter(({ one }) => one.grantTypes.includes('client_credentials'))
      .map(({ one }) => [`app/${one.clientId}`, `actor.id eq "${one.clientId}"`] as const),
    ...[...answers.apiServices.keys()].map((id) => [`api-service/${id}`, `actor.id eq "${id}"`] as const),
    ...[...answers.agents.keys()].map((id) => [`agent/${id}`, `actor.id eq "${id}"`] as const),
  ];
  const subjects = new Map(asked.flatMap(([subject, filter]) => (/["\\].*["\\].*["\\]/.test(filter) ? [] : [[filter, subject]])));
  return await readEach(
    run,
    'log',
    'last use',
    [...subjects.keys()],
    ['usage'],
    (filter) => `/api/v1/logs?${new URLSearchParams({ since, sortOrder: 'DESCENDING', limit: '1', filter })}`,
    (filter) => answers.useAsked.set(subjects.get(filter) ?? '', since),
  );
}

function usersBehind(answers: Answers): string[] {
  const ids = new Set<string>();
  for (const { one } of answers.tokens.values()) if (one.userId !== undefined) ids.add(one.userId);
  for (const { one } of answers.accounts.values()) {
    for (const id of one.ownerUserIds) ids.add(id);
    if (one.oktaUserId !== undefined) ids.add(one.oktaUserId);
  }
  for (const { one } of answers.apiServices.values()) if (one.createdBy !== undefined) ids.add(one.createdBy);
  return [...ids];
}

/** Pages as plain JSON without what no row needs and no file may hold. */
async function* pagesOf(run: Run, name: CallName, path: string, query: Query): AsyncGenerator<unknown> {
  const { right, tells } = CALLS[name];
  refuse(run, name);
  // The last event is one; the next page of it would be all the rest.
  const next = name === 'log' ? () => undefined : nextLink;
  for await (const page of run.http.pages('GET', path, { query, right, tells }, next)) yield page;
}

async function ask(run: Run, name: CallName, path: string): Promise<unknown> {
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

/**
 * Takes each page as it comes, and keeps all of a call once it is done, so that a run that was cut off does not ask again.
 * A secret is kept nowhere: answers about secrets are asked for anew.
 */
async function once(run: Run, path: string, pages: () => AsyncIterable<unknown>, use: (page: unknown) => void): Promise<void> {
  const keep = run.context.once;
  if (keep === undefined || path.includes('/credentials/secrets')) {
    for await (const page of pages()) use(page);
    return;
  }
  let isFresh = false;
  const kept = await keep(path.replace(/since=[^&]*/, ''), async () => {
    isFresh = true;
    const all: Json[] = [];
    for await (const page of pages()) {
      use(page);
      all.push(page as Json);
    }
    return all;
  });
  if (!isFresh) for (const page of kept) use(page);
}

/** How many entries the page has. */
function take(run: Run, page: unknown, path: string): number {
  const { answers } = run;
  const before = answers.seen;
  if (page !== undefined) addAnswer(answers, page, path.split('?')[0] ?? path, path);
  return answers.seen - before;
}
