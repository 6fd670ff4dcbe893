import type { Json } from '../../src/contracts/index.ts';
import { readEach as askEach, type Next, nextAddress, type Session, takePages } from '../../src/live/index.ts';
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
    takePages(context, {
      step: name,
      pages: () => pagesOf(run, name),
      strip: (page) => page as Json,
      use: (page) => take(run, page, name),
    }),
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
  const { read, failed, failure } = await askEach({
    context,
    session,
    right,
    title: `Entra: ${what}`,
    items: ids,
    width: WIDTH,
    // It went between two calls.
    mayBeMissing: true,
    ask: (id) => {
      const { path, as } = of(id);
      return takePages(context, {
        step: path,
        pages: () => http.pages('GET', path, { right, tells, query: at === 'arm' ? (query ?? {}) : {} }, nextOf(at)),
        strip: (page) => page as Json,
        use: (page) => addAnswer(answers, page, path, as),
      });
    },
  });
  const problems = answers.problems.slice(before);
  return {
    what,
    ...coversOf(kinds),
    read,
    failed: failed + problems.length,
    problems,
    ...(failure === undefined ? {} : { failure }),
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

export function itemsOf(page: unknown): readonly unknown[] {
  return isRecord(page) && Array.isArray(page.data) ? page.data : [];
}
