import type { Json, LiveCall, Observation, Probed, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import {
  type ErrorAnswer,
  type Http,
  inParallel,
  type Judged,
  LiveFailure,
  type Next,
  nextAddress,
  openHttp,
  openSession,
  probeCalls,
  type Session,
} from '../../src/live/index.ts';
import { type Answers, newAnswers } from './answers.ts';
import { type CallName, callNamed, callsOf, liveCall } from './calls.ts';
import { type Cloud, cloudOf, tenantOf } from './clouds.ts';
import { coversOf, policyDetail } from './export-file.ts';
import { isGuid } from './guid.ts';
import { loginFrom, tokensFor } from './login.ts';
import { observe } from './observe.ts';
import { addAnswer } from './sort-answers.ts';

interface Run {
  readonly target: ServiceTarget;
  readonly context: ScanContext;
  readonly cloud: Cloud;
  readonly graph: Http;
  readonly arm: Http;
  readonly graphSession: Session;
  readonly armSession: Session;
  readonly answers: Answers;
  /** The id, also where a domain was named. */
  readonly tenant: () => Promise<string | undefined>;
}

type Told = Parameters<Session['coverage']>[0];

const WIDTH = 4;
const PAGE = 1000;

export async function* scanTenant(target: ServiceTarget, context: ScanContext): AsyncGenerator<Observation> {
  const run = openRun(target, context);
  const { answers } = run;
  const told: { readonly session: Session; readonly part: Told }[] = [];
  const graph = (part: Told) => told.push({ session: run.graphSession, part });
  const arm = (part: Told) => told.push({ session: run.armSession, part });
  const tenant = await run.tenant();
  graph(await readList(run, 'apps'));
  graph(await readFederated(run));
  graph(await readList(run, 'principals'));
  graph(await readList(run, 'principalOwners'));
  for (const part of await readLongLists(run)) graph(part);
  graph(await readList(run, 'delegated'));
  graph(await readList(run, 'directoryDefinitions'));
  graph(await readList(run, 'directoryRoles'));
  graph(await readList(run, 'policy'));
  graph(await readReport(run, 'activity'));
  graph(await readReport(run, 'keyActivity'));
  const subscriptions = await readSubscriptions(run);
  arm(subscriptions.part);
  for (const name of ['azureDefinitions', 'azureRoles', 'managed', 'vaults'] as const)
    arm(subscriptions.seen === 0 ? unseen(name) : await readList(run, name));
  arm(await readManagedFederated(run));
  const groups = await readGroups(run);
  if (groups !== undefined) graph(groups);
  const problems: string[] = [];
  const tally = yield* observe(answers, { at: { pointer: target.name }, now: context.now(), tenant, problems });
  for (const { session, part } of told) yield session.coverage(part);
  const why = [...problems, ...[...tally.unknown].map((one) => `what is in it is not known of ${one}`)];
  if (why.length > 0)
    yield run.graphSession.coverage({ what: 'entries', covers: ['credential', 'grant'], problems: why, read: 1 });
}

export async function* probeTenant(target: ServiceTarget, context: ScanContext): AsyncGenerator<Probed> {
  const run = openRun(target, context);
  const all = callsOf(run.cloud).map((call) => ({ call, name: nameOf(call, run.cloud) }));
  for (const at of ['graph', 'arm'] as const) {
    const calls = all.filter(
      ({ name }) => callNamed(name).at === at && (name === 'groupMembers' || !callNamed(name).path.includes('{id}')),
    );
    const session = at === 'graph' ? run.graphSession : run.armSession;
    yield* probeCalls(
      session,
      calls.map(({ call }) => call),
      async (call) => await probeOne(run, nameOf(call, run.cloud)),
    );
  }
}

function nameOf(call: LiveCall, cloud: Cloud): CallName {
  const names: readonly CallName[] = PROBED;
  return names.find((name) => liveCall(name, cloud).tells === call.tells) ?? 'apps';
}

const PROBED: readonly CallName[] = [
  'apps',
  'federated',
  'principals',
  'principalOwners',
  'appOwners',
  'appRoles',
  'delegated',
  'directoryRoles',
  'directoryDefinitions',
  'groupMembers',
  'policy',
  'activity',
  'keyActivity',
  'subscriptions',
  'azureDefinitions',
  'azureRoles',
  'managed',
  'vaults',
  'managedFederated',
];

async function probeOne(run: Run, name: CallName): Promise<void> {
  const { at, method, path, query, ask, right, tells } = callNamed(name);
  const options = { right, tells };
  if (at === 'graph') {
    const isList = path !== '/v1.0/policies/defaultAppManagementPolicy' && !path.endsWith('roleDefinitions');
    // Which groups there are takes the same right as who is in them.
    const place = name === 'groupMembers' ? '/v1.0/groups' : path;
    await run.graph.json(method, place, { ...options, query: { ...query, ...(isList ? { $top: '1' } : {}) } });
    return;
  }
  const { value } = await run.arm.json(method, path, {
    ...options,
    query: query ?? {},
    body: { query: ask, options: { $top: 1, resultFormat: 'objectArray' } },
  });
  if (name === 'subscriptions' && itemsOf(value).length === 0) throw noSubscription();
}

function openRun(target: ServiceTarget, context: ScanContext): Run {
  const { env } = context;
  const cloud = cloudOf(env);
  const tenant = tenantOf(target, env);
  const login = loginFrom(env);
  const settings = { login, cloud, tenant, context };
  const graph = openHttp({
    context,
    service: 'Microsoft Graph',
    baseUrl: cloud.graph,
    width: WIDTH,
    authorize: tokensFor(cloud.graphAudience, settings),
    renewHint: 'sign in again (az login), or check the secret or certificate of the application',
    judge: judgeGraph,
  });
  const arm = openHttp({
    context,
    service: 'Azure Resource Manager',
    baseUrl: cloud.arm,
    width: WIDTH,
    authorize: tokensFor(cloud.armAudience, settings),
    renewHint: 'sign in again (az login), or check the secret or certificate of the application',
  });
  const session = (service: string) => openSession({ context, target, surface: 'entra', service });
  return {
    target,
    context,
    cloud,
    graph,
    arm,
    graphSession: session('Microsoft Graph'),
    armSession: session('Azure Resource Manager'),
    answers: newAnswers(),
    tenant: async () => (isGuid(tenant) ? tenant : await tenantNamed(tenant, cloud, context)),
  };
}

/** A domain stands for a tenant, and its public metadata says for which. */
async function tenantNamed(domain: string, cloud: Cloud, context: ScanContext): Promise<string | undefined> {
  const http = openHttp({ context, service: 'Entra ID', baseUrl: cloud.authority, tries: 2 });
  try {
    const path = `/${encodeURIComponent(domain)}/v2.0/.well-known/openid-configuration`;
    const { value } = await http.json('GET', path, { right: 'public metadata' });
    const issuer = isRecord(value) && typeof value.issuer === 'string' ? value.issuer : '';
    return /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(issuer)?.[0].toLowerCase();
  } catch (error) {
    context.signal.throwIfAborted();
    context.log.debug('the id of the tenant is not known', { why: error instanceof LiveFailure ? error.why : '' });
    return undefined;
  }
}

function judgeGraph({ status, body }: ErrorAnswer): Judged | undefined {
  const error = isRecord(body) && isRecord(body.error) ? body.error : {};
  const code = typeof error.code === 'string' ? error.code : '';
  if (/^Authentication_RequestFromNonPremiumTenant/.test(code)) {
    return { is: 'denied', why: 'the sign-in reports need a licence (Entra ID P1 or P2), which the tenant does not have' };
  }
  if (
    status === 400 &&
    /^(?:BadRequest|Request_UnsupportedQuery|UnknownError)$/.test(code) &&
    /segment|not supported/i.test(String(error.message ?? ''))
  )
    return { is: 'missing' };
  return undefined;
}

/** Pages of one list; what was read before a failure stands. */
async function readList(run: Run, name: CallName): Promise<Told> {
  const { answers, context } = run;
  const { at, right, what, kinds } = callNamed(name);
  const session = at === 'graph' ? run.graphSession : run.armSession;
  const before = { seen: answers.seen, problems: answers.problems.length };
  context.progress.phase(`Entra: ${what}`);
  const got = await session.attempt(right, () =>
    once(
      run,
      name,
      () => pagesOf(run, name),
      (page) => take(run, page, name),
    ),
  );
  context.progress.end();
  if (got.ok) for (const kind of kinds) answers.kinds.add(kind);
  const problems = answers.problems.slice(before.problems);
  const read = Math.max(0, answers.seen - before.seen - problems.length);
  return {
    what,
    ...coversOf(kinds, name === 'policy' ? policyOf(answers) : {}),
    read,
    problems,
    ...(got.ok ? {} : { failure: got.failure }),
  };
}

function policyOf(answers: Answers): { readonly [key: string]: Json } {
  const policies = policyDetail(answers);
  return policies.length === 0 ? {} : { appManagementPolicies: policies };
}

/** Graph answers all in one list; where it will not, each application is asked. */
async function readFederated(run: Run): Promise<Told> {
  const told = await readList(run, 'federated');
  if (!(told.failure instanceof LiveFailure) || (told.failure.kind !== 'failed' && told.failure.kind !== 'missing')) return told;
  const parents = [...run.answers.apps.values()].flatMap((app) => app.objectId ?? []);
  return await readEach(run, 'federated', parents, (id) => ({
    path: `/v1.0/applications/${id}/federatedIdentityCredentials`,
    as: `federated-${id}`,
  }));
}

/** Reports that a cloud or a licence does not have: said, and no more than that. */
async function readReport(run: Run, name: 'activity' | 'keyActivity'): Promise<Told> {
  const { what, kinds } = callNamed(name);
  if (run.cloud.hasReports) return await readList(run, name);
  const failure = { outcome: 'denied', why: 'this cloud keeps no sign-in reports of applications', fatal: false } as const;
  return { what, ...coversOf(kinds), failure };
}

/** What Graph cut at twenty inside an item is asked for in full. */
async function readLongLists(run: Run): Promise<Told[]> {
  const { answers } = run;
  const cut = [...answers.truncated];
  const ids = (field: string) =>
    cut.flatMap((one) => {
      const appId = one.startsWith(`${field} of `) ? one.slice(`${field} of `.length) : '';
      if (field === 'owners') return answers.apps.get(appId)?.objectId ?? [];
      return answers.principals.get(appId)?.objectId ?? [];
    });
  const told: Told[] = [];
  const owners = ids('owners');
  if (owners.length > 0)
    told.push(
      await readEach(run, 'appOwners', owners, (id) => ({ path: `/v1.0/applications/${id}/owners`, as: `owners-${id}` })),
    );
  const roles = ids('appRoleAssignments');
  if (roles.length > 0)
    told.push(
      await readEach(run, 'appRoles', roles, (id) => ({
        path: `/v1.0/servicePrincipals/${id}/appRoleAssignments`,
        as: `permissions-${id}`,
      })),
    );
  return told;
}

async function readSubscriptions(run: Run): Promise<{ readonly part: Told; readonly seen: number | undefined }> {
  const { right, what } = callNamed('subscriptions');
  let seen = 0;
  const got = await run.armSession.attempt(right, async () => {
    for await (const page of pagesOf(run, 'subscriptions')) seen += itemsOf(page).length;
  });
  if (!got.ok) return { part: { what, covers: [], failure: got.failure }, seen: undefined };
  // An empty answer is how Resource Graph refuses.
  if (seen === 0) return { part: { what, covers: ['grant'], failure: noSubscription() }, seen };
  return { part: { what, covers: [], read: seen, detail: { subscriptions: seen } }, seen };
}

function noSubscription(): LiveFailure {
  return new LiveFailure('no subscription can be seen: give Reader at the root management group, or at each subscription', {
    kind: 'denied',
  });
}

function unseen(name: CallName): Told {
  const { what, kinds } = callNamed(name);
  return { what, ...coversOf(kinds), failure: noSubscription() };
}

async function readManagedFederated(run: Run): Promise<Told> {
  const places = [...run.answers.managed.values()].flatMap((one) => one.id ?? []);
  return await readEach(run, 'managedFederated', places, (id) => ({
    path: `${id}/federatedIdentityCredentials`,
    as: 'federated',
  }));
}

/** Applications get rights by groups, too: the members of those that have a role. */
async function readGroups(run: Run): Promise<Told | undefined> {
  const groups = new Set<string>();
  for (const one of [...run.answers.directoryAssignments.values(), ...run.answers.azureAssignments.values()]) {
    const id = one.principalId;
    if (id === undefined) continue;
    if (one.principalType === 'Group' || run.answers.objects.get(id)?.type === 'Group') groups.add(id);
  }
  if (groups.size === 0) return undefined;
  return await readEach(run, 'groupMembers', [...groups], (id) => ({ path: `/v1.0/groups/${id}/members`, as: `members-${id}` }));
}

/** Refusals in a row after which the right is missing, and not only for some. */
const ENOUGH = 5;

/** One call for each of many: a refusal or failure of one goes on with the next. `as` is what the parser reads whose it is from. */
async function readEach(
  run: Run,
  name: CallName,
  ids: readonly string[],
  of: (id: string) => { readonly path: string; readonly as: string },
): Promise<Told> {
  const { answers, context } = run;
  const { at, query, right, tells, what, kinds } = callNamed(name);
  const session = at === 'graph' ? run.graphSession : run.armSession;
  const http = at === 'graph' ? run.graph : run.arm;
  const before = answers.problems.length;
  let [read, failed, refused] = [0, 0, 0];
  let first: Told['failure'];
  context.progress.phase(`Entra: ${what}`, ids.length);
  await inParallel(ids, WIDTH, async (id) => {
    if (first?.fatal === true || (refused >= ENOUGH && read === 0)) return;
    const { path, as } = of(id);
    const got = await session.attempt(right, () =>
      once(
        run,
        path,
        () => http.pages('GET', path, { right, tells, query: at === 'arm' ? (query ?? {}) : {} }, nextOf(at)),
        (page) => addAnswer(answers, page, path, as),
      ),
    );
    context.progress.advance(1);
    if (got.ok) {
      read++;
      return;
    }
    // It went between two calls.
    if (got.failure instanceof LiveFailure && got.failure.kind === 'missing') return;
    failed++;
    if (got.failure.outcome === 'denied') refused++;
    if (first === undefined || (first.outcome !== 'denied' && got.failure.outcome === 'denied')) first = got.failure;
  });
  context.progress.end();
  const problems = answers.problems.slice(before);
  return {
    what,
    ...coversOf(kinds),
    read,
    failed: failed + problems.length,
    problems,
    ...(first === undefined ? {} : { failure: first }),
  };
}

/** Calls of Graph lead on by `@odata.nextLink`, those of Resource Graph by a token that goes into the next question. */
function pagesOf(run: Run, name: CallName): AsyncGenerator<unknown, void> {
  const { at, method, path, query, ask, right, tells } = callNamed(name);
  if (ask === undefined)
    return (at === 'graph' ? run.graph : run.arm).pages(method, path, { query: query ?? {}, right, tells }, nextOf(at));
  const body = (skip?: string) => ({
    query: ask,
    options: { resultFormat: 'objectArray', $top: PAGE, ...(skip === undefined ? {} : { $skipToken: skip }) },
  });
  return run.arm.pages(method, path, { query: query ?? {}, right, tells, body: body() }, (answer): Next => {
    const skip = isRecord(answer) ? answer.$skipToken : undefined;
    return typeof skip === 'string' && skip !== '' ? { body: body(skip) } : undefined;
  });
}

function nextOf(at: 'graph' | 'arm'): (answer: unknown) => Next {
  return nextAddress(at === 'graph' ? '@odata.nextLink' : 'nextLink');
}

function take(run: Run, page: unknown, name: CallName): void {
  // A name that is no path: some paths say whose owners or members they list.
  addAnswer(run.answers, page, callNamed(name).what, 'list');
}

/** Takes each page as it comes, and keeps all of a list once it is done, so that a run that was cut off does not ask again. */
async function once(run: Run, step: string, pages: () => AsyncIterable<unknown>, use: (page: unknown) => void): Promise<void> {
  const keep = run.context.once;
  if (keep === undefined) {
    for await (const page of pages()) use(page);
    return;
  }
  let isFresh = false;
  const kept = await keep(step, async () => {
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

function itemsOf(page: unknown): readonly unknown[] {
  return isRecord(page) && Array.isArray(page.data) ? page.data : [];
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
