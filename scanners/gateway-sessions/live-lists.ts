import type { Observation } from '../../src/contracts/index.ts';
import { type Failure, inParallel, LiveFailure, type Next, readEach } from '../../src/live/index.ts';
import { LISTS, type ListCall, METRICS, OTHERS, rightOf } from './live-calls.ts';
import {
  type Got,
  isNotThere,
  isRecord,
  joined,
  keepWhole,
  noList,
  PAGE,
  type Run,
  read,
  rowsIn,
  segment,
  type Told,
  WIDTH,
} from './live-run.ts';
import { dayText } from './live-target.ts';
import { NAMES } from './tally.ts';

/** The most that a page of metrics holds. */
const METRICS_PAGE = 1000;

type Listed = Got & { readonly failure?: Failure };
type Query = { readonly [name: string]: string | number | boolean };

/** Who is known to the gateway, what it gives access to, and its rules; the rows of `connections` come back, too. */
export async function* readLists(run: Run): AsyncGenerator<Observation> {
  const { context } = run;
  context.progress.phase('hoop: inventories and rules', LISTS.length);
  const listed = await inParallel(LISTS, WIDTH, async (list) => {
    const got = await keepWhole(run, list.path, () => readList(run, list));
    context.progress.advance(1);
    return { list, got };
  });
  context.progress.end();
  const ofAuditors = listed.filter(({ list }) => list.role === 'auditor').map(({ got }) => got.failure);
  if (ofAuditors.some((failure) => failure?.outcome === 'denied')) run.isAuditor ??= false;
  else if (ofAuditors.includes(undefined)) run.isAuditor ??= true;
  for (const { list, got } of listed) yield* tell(run, list, got);
  const names = new Set(listed.find(({ list }) => list.path === 'connections')?.got.observations.flatMap(connectionName));
  if (run.gateway.settings) yield* readSettings(run, [...names]);
}

/** What the gateway counted in sessions that may be in the list or not: one row for each kind of data. */
export async function* readMetrics(run: Run): AsyncGenerator<Observation> {
  const { from, until } = run.window;
  const query = { start_date: dayText(from), end_date: dayText(until), include_open_sessions: true };
  yield* tell(run, METRICS, await keepWhole(run, METRICS.path, () => readList(run, METRICS, query)));
}

/** All pages of a list, and what was read before a failure. */
export async function readList(run: Run, list: ListCall, query: Query = {}): Promise<Listed> {
  const values: unknown[] = [];
  const seen = new Set<string>();
  let total: number | undefined;
  const got = await run.session.attempt(rightOf(list), async () => {
    for await (const page of pagesOf(run, list, query)) {
      total = page.total;
      for (const value of page.rows) {
        // What was added meanwhile moves entries to the next page.
        const id = isRecord(value) && typeof value.id === 'string' ? value.id : undefined;
        if (id !== undefined && seen.has(id)) continue;
        if (id !== undefined) seen.add(id);
        values.push(value);
      }
    }
  });
  // An empty list says that there is none; no list says nothing.
  if (!got.ok && values.length === 0) return { observations: [], read: 0, problems: [], failure: got.failure };
  const { problems, ...told } = read(run, list.shape, values);
  const isShort = got.ok && total !== undefined && values.length < total;
  const short = isShort ? [`${values.length} of ${total} came, the list changed while it was read: scan again`] : [];
  return { ...told, problems: [...problems, ...short], ...(got.ok ? {} : { failure: got.failure }) };
}

interface Page {
  readonly rows: readonly unknown[];
  /** Of all pages, where it is told. */
  readonly total: number | undefined;
}

export async function* pagesOf(
  run: Run,
  list: ListCall,
  query: Query = {},
  size = list.paged === 'limit' ? METRICS_PAGE : PAGE,
): AsyncGenerator<Page> {
  const { paged, path, tells } = list;
  const paging: Query = paged === undefined ? {} : { page: 1, [paged]: size };
  const options = { query: { ...query, ...paging }, right: rightOf(list), tells };
  const pages = run.http.pages('GET', path, options, (answer) => nextPage(list, answer));
  for await (const answer of pages) {
    // One plugin, one server: not a list of them.
    const rows = rowsIn(answer) ?? (list.mayBeOff === true && isRecord(answer) ? [answer] : undefined);
    if (rows === undefined) throw noList(path);
    yield { rows, total: paged === undefined ? undefined : totalOf(answer) };
    // Of webhooks there are more than the gateway hands on, and no way to ask for them.
    if (isRecord(answer) && answer.done === false) {
      throw new LiveFailure(`GET /api/${path} lists ${rows.length} and says that there are more`, { kind: 'truncated' });
    }
  }
}

function totalOf(answer: unknown): number | undefined {
  const total = isRecord(answer) && isRecord(answer.pages) ? answer.pages.total : undefined;
  return typeof total === 'number' ? total : undefined;
}

/** `{ pages: { total, page, size }, data }`. An answer without `pages` holds all there is. */
function nextPage({ paged, path }: ListCall, answer: unknown): Next {
  if (paged === undefined || !isRecord(answer) || !isRecord(answer.pages)) return undefined;
  const { page, size } = answer.pages;
  const total = totalOf(answer);
  const rows = rowsIn(answer)?.length ?? 0;
  if (typeof page !== 'number' || typeof size !== 'number' || size <= 0) return undefined;
  // Some totals are not told: then a page that is full may have a next one.
  const isMore = total !== undefined ? page * size < total : rows >= size;
  if (isMore && rows === 0) {
    throw new LiveFailure(`page ${page} of GET /api/${path} is empty, though more is said to follow: scan again`, {
      kind: 'truncated',
    });
  }
  return isMore ? { query: { page: page + 1 } } : undefined;
}

export function* tell(run: Run, list: ListCall, got: Listed, detail: Told['detail'] = {}): Generator<Observation> {
  const { covers, types = [] } = NAMES[list.shape];
  const told = {
    what: list.what,
    covers,
    read: got.read,
    problems: got.problems,
    detail: { types: [...(list.types ?? types)], ...detail },
  };
  yield* got.observations;
  if (isOff(list, got.failure)) {
    yield run.session.coverage({ ...told, detail: { ...told.detail, absent: 'it is switched off' } });
    return;
  }
  if (isNotThere(run, got.failure, list.since)) {
    const why = `${named(run.version)} has no ${list.what}, which came with ${list.since}`;
    yield { ...run.session.coverage(told), outcome: 'unsupported', why };
    return;
  }
  yield run.session.coverage({ ...told, ...(got.failure === undefined ? {} : { failure: got.failure }) });
}

/** No such plugin; or a service of its own that the gateway was given no key for. */
export function isOff({ mayBeOff }: ListCall, failure: unknown): boolean {
  return mayBeOff === true && failure instanceof LiveFailure && (failure.kind === 'missing' || failure.status === 400);
}

function named(version: string | undefined): string {
  return version === undefined ? 'this gateway, which does not tell its version,' : `version ${version} of the gateway`;
}

/** Only where it is asked for: the answer holds live secrets. They are dropped by the parser, and nothing of it is kept for another run. */
async function* readSettings(run: Run, names: readonly string[]): AsyncGenerator<Observation> {
  const { context, http, session } = run;
  const { path, right, tells } = OTHERS.connection;
  const parts: Got[] = [];
  const {
    read: asked,
    failed,
    failure,
  } = await readEach({
    context,
    session,
    right,
    title: 'hoop: settings of connections',
    items: names,
    width: WIDTH,
    ask: async (name) => {
      const { value } = await http.json('GET', path.replace('{name}', segment(name)), { right, tells });
      parts.push(read(run, 'connection', [value]));
    },
  });
  const { observations, problems } = joined(parts);
  yield* observations;
  const { covers, types = [] } = NAMES.connection;
  yield session.coverage({
    what: 'settings of connections',
    covers,
    read: asked - problems.length,
    failed: failed + problems.length,
    problems,
    detail: { types: [...types, 'connection-settings'] },
    ...(failure === undefined ? {} : { failure }),
  });
}

function connectionName(observation: Observation): string[] {
  const name = observation.kind === 'consumer' ? observation.detail?.connection : undefined;
  return typeof name === 'string' ? [name] : [];
}
