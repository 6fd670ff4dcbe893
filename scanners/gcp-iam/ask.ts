import type { Json, ObservationKind, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import {
  readEach as askEach,
  type Failure,
  type Http,
  nextToken,
  openSession,
  type Session,
  takePages,
} from '../../src/live/index.ts';
import { addAnswer } from './answers.ts';
import { CALLS, type CallName, type ServiceName } from './calls.ts';
import { type Answers, newAnswers } from './collect.ts';
import { explainSdkError, openServices } from './google.ts';
import { openLogin } from './login.ts';
import { type Scope, scopeOf } from './scope.ts';
import { type IamClients, openIamClients } from './sdk.ts';

export interface Run {
  readonly target: ServiceTarget;
  readonly context: ScanContext;
  readonly scope: Scope;
  readonly session: Session;
  readonly service: (name: ServiceName) => Http;
  readonly clients: () => Promise<IamClients>;
  readonly answers: Answers;
}

export interface Told {
  readonly what: string;
  readonly covers: readonly ObservationKind[];
  readonly read: number;
  readonly failure?: Failure | undefined;
  readonly failed?: number;
}

/** Calls under way at a time where there is one for each account or project. */
export const WIDTH = 6;

export function openRun(target: ServiceTarget, context: ScanContext): { run: Run; close: () => Promise<void> } {
  const scope = scopeOf(target);
  const session = openSession({ context, target, surface: 'gcp', service: 'Google Cloud', explain: explainSdkError });
  const login = openLogin(context);
  login.catch(() => undefined);
  const services = openServices(context, { headers: async (renew) => (await login).headers(renew) });
  let clients: Promise<IamClients> | undefined;
  const run: Run = {
    target,
    context,
    scope,
    session,
    service: services,
    clients() {
      clients ??= openIamClients(context, { headers: async (renew) => (await login).headers(renew) });
      return clients;
    },
    answers: newAnswers(),
  };
  return { run, close: async () => await (await clients?.catch(() => undefined))?.close() };
}

/** All pages of a list, sorted in as they come: what was read before a failure stands. */
export async function readList(
  run: Run,
  name: CallName,
  path: string,
  covers: readonly ObservationKind[],
  query: { readonly [name: string]: string | number | readonly string[] } = {},
  what: string = name,
): Promise<Told> {
  const { answers, context, session } = run;
  const { service, right, tells } = CALLS[name];
  context.progress.phase(`Google Cloud: ${what}`);
  const before = answers.seen;
  const attempt = await session.attempt(right, () =>
    takePages(context, {
      step: `${name} ${path}`,
      pages: () => run.service(service).pages('GET', path, { query, right, tells }, nextToken()),
      strip: (page) => page as Json,
      use: (page) => addAnswer(answers, withoutToken(page), what, ''),
    }),
  );
  return { what, covers, read: answers.seen - before, ...(attempt.ok ? {} : { failure: attempt.failure }) };
}

/** The next page was asked for; an export that names one is cut short. */
function withoutToken(page: unknown): unknown {
  if (typeof page !== 'object' || page === null || Array.isArray(page)) return page;
  const { nextPageToken: _token, kind: _kind, ...rest } = page as Record<string, unknown>;
  return Object.keys(rest).length === 0 ? [] : rest;
}

/** One call for each of many. */
export async function readEach(
  run: Run,
  name: CallName,
  items: readonly string[],
  covers: readonly ObservationKind[],
  ask: (item: string) => Promise<unknown[]>,
  what: string = name,
): Promise<Told> {
  const { answers, context, session } = run;
  const { right } = CALLS[name];
  const { read, failed, failure } = await askEach({
    context,
    session,
    right,
    title: `Google Cloud: ${what}`,
    items,
    width: WIDTH,
    anyFailureCounts: true,
    ask: async (item) => {
      const values = await kept(run, `${name} ${item}`, () => ask(item));
      for (const value of values) addAnswer(answers, withoutToken(value), what, '');
    },
  });
  if (failure === undefined) return { what, covers, read };
  // Those that were not asked any more are not read either.
  const unread = read === 0 || failure.fatal ? items.length - read : failed;
  const of = unread < items.length ? { ...failure, why: `${unread} of ${items.length}: ${failure.why}` } : failure;
  return { what, covers, read, failed: unread, failure: of };
}

/** What was asked by a list that is not whole is not whole either. */
export function resting(told: Told, basis: Told): Told {
  if (basis.failure === undefined || told.failure !== undefined) return told;
  return { ...told, failure: { ...basis.failure, why: `not all that is to be asked for is known: ${basis.failure.why}` } };
}

/** What only narrows or widens other answers lets nothing be assessed by itself; where it fails, they are in doubt. */
export function limiting(told: Told): Told {
  return told.failure === undefined ? { ...told, covers: [] } : told;
}

export async function kept<T>(run: Run, step: string, make: () => Promise<T>): Promise<T> {
  const { once } = run.context;
  // Answers of the generated clients are plain once they went through JSON.
  return once === undefined
    ? await make()
    : ((await once(step, async () => JSON.parse(JSON.stringify(await make())) as Json)) as T);
}

export function pagesOf(
  run: Run,
  name: CallName,
  path: string,
  query: { readonly [name: string]: string | number } = {},
): Promise<unknown[]> {
  const { service, right, tells } = CALLS[name];
  return collected(run.service(service).pages('GET', path, { query, right, tells }, nextToken()));
}

async function collected(pages: AsyncIterable<unknown>): Promise<unknown[]> {
  const list: unknown[] = [];
  for await (const page of pages) list.push(page);
  return list;
}

/** A policy as `get-iam-policy` exports it, with what it is on. */
export async function policyOf(run: Run, name: CallName, resource: string, path: string): Promise<unknown[]> {
  const { service, right, tells } = CALLS[name];
  const body = { options: { requestedPolicyVersion: 3 } };
  const { value } = await run.service(service).json('POST', path, { body, right, tells });
  return [{ bindings: [], ...(value as object), resource }];
}

export async function one(run: Run, name: CallName, path: string): Promise<unknown> {
  const { service, right, tells } = CALLS[name];
  return (await run.service(service).json('GET', path, { right, tells })).value;
}

/** From the project's folder up to the organisation. */
export async function ancestorsOf(run: Run, project: string): Promise<{ ancestors: string[]; told: Told }> {
  const { right, tells } = CALLS.ancestry;
  const ancestors: string[] = [];
  const what = 'folders and organisation above';
  const attempt = await run.session.attempt(right, () =>
    kept(run, 'ancestry', async () => {
      const answer = await run
        .service('cloudresourcemanager')
        .json('POST', `v1/projects/${project}:getAncestry`, { body: {}, right, tells });
      return answer.value;
    }),
  );
  if (!attempt.ok) return { ancestors, told: { what, covers: ['grant'], read: 0, failure: attempt.failure } };
  const list = (attempt.value as { ancestor?: { resourceId?: { type?: unknown; id?: unknown } }[] } | undefined)?.ancestor ?? [];
  const chain = list.map(({ resourceId }) => `${String(resourceId?.type)}s/${String(resourceId?.id)}`);
  for (const [index, child] of chain.entries()) {
    const parent = chain[index + 1];
    if (parent === undefined) continue;
    run.answers.parents.set(child, parent);
    ancestors.push(parent);
  }
  return { ancestors, told: { what, covers: [], read: chain.length } };
}
