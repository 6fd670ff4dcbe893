import type { Json } from '../../src/contracts/index.ts';
import { inParallel, LiveFailure, type Next, nextAddress, type Session } from '../../src/live/index.ts';
import type { Answers } from './answers.ts';
import { type CallName, callNamed } from './calls.ts';
import { isRecord, type Run, WIDTH } from './connection.ts';
import { coversOf, policyDetail } from './export-file.ts';
import { addAnswer } from './sort-answers.ts';

export type Told = Parameters<Session['coverage']>[0];

const PAGE = 1000;

/** Pages of one list; what was read before a failure stands. */
export async function readList(run: Run, name: CallName): Promise<Told> {
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

/** Refusals in a row after which the right is missing, and not only for some. */
const ENOUGH = 5;

/** One call for each of many: a refusal or failure of one goes on with the next. `as` is what the parser reads whose it is from. */
export async function readEach(
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
export function pagesOf(run: Run, name: CallName): AsyncGenerator<unknown, void> {
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

export function itemsOf(page: unknown): readonly unknown[] {
  return isRecord(page) && Array.isArray(page.data) ? page.data : [];
}
