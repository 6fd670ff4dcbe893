import type { Observation } from '../../src/contracts/index.ts';
import { type Failure, LiveFailure, readEach } from '../../src/live/index.ts';
import { clip } from '../../src/util/sanitize.ts';
import { AUDIT_LOG, OTHERS } from './live-calls.ts';
import { type Day, readDays } from './live-days.ts';
import { readList, tell } from './live-lists.ts';
import { type Got, isRecord, joined, noList, PAGE, partial, type Run, read, rowsIn, segment, WIDTH } from './live-run.ts';
import { DAY_MS, type Window } from './live-target.ts';
import { NAMES } from './tally.ts';
import { readTime } from './time.ts';

type Row = { readonly [key: string]: unknown };

/** The gateway refuses what lies deeper, since 1.144.0. https://github.com/hoophq/hoop/blob/main/gateway/models/session.go */
const MAX_OFFSET = 10_000;
/** What has not ended by then is taken as it is: a gateway that crashed leaves sessions open for ever. */
const LEFT_OPEN_MS = 14 * DAY_MS;
const QUIET = { phase() {}, advance() {}, total() {}, end() {} };

/** Sessions of the window, each in the fullest form that was asked for. */
export async function* readSessions(run: Run): AsyncGenerator<Observation> {
  const { covers, types = [] } = NAMES.session;
  const tally = yield* readDays(run, {
    name: 'sessions',
    title: 'hoop: sessions by day',
    content: run.gateway.content,
    isShownAll: run.isAuditor === true,
    readDay: (window) => readSessionsOf(run, window),
  });
  const hidden =
    run.isAuditor === true
      ? undefined
      : partial(
          run.isAuditor === false
            ? 'these credentials are shown their own sessions only, and those they review: use a key of the group auditor'
            : 'the gateway does not tell whether these credentials are shown the sessions of all: use a key of the group auditor',
        );
  const failure = tally.failure ?? hidden;
  yield run.session.coverage({
    what: 'sessions',
    covers,
    read: tally.read,
    problems: tally.problems,
    detail: {
      types: [...types, 'session-list'],
      ...tally.detail,
      content: run.gateway.content,
      // Of no day were all of them given.
      ...(run.isAuditor === true ? {} : { isShownAll: false }),
    },
    ...(failure === undefined ? {} : { failure }),
  });
}

/** The log of what administrators changed. Its entries never change. */
export async function* readAuditLog(run: Run): AsyncGenerator<Observation> {
  const tally = yield* readDays(run, {
    name: 'audit log',
    title: 'hoop: admin audit log by day',
    content: 'entries',
    isShownAll: true,
    async readDay({ from, until }) {
      // Both ends belong to it, and its times have six digits.
      const last = new Date(until - 1).toISOString().replace('Z', '999Z');
      const query = { created_after: new Date(from).toISOString(), created_before: last };
      return { ...(await readList(run, AUDIT_LOG, query)), isSettled: true };
    },
  });
  const { detail, ...got } = tally;
  yield* tell(run, AUDIT_LOG, { ...got, observations: [] }, detail);
}

async function readSessionsOf(run: Run, window: Window): Promise<Day> {
  const rows = new Map<string, Row>();
  const strange: unknown[] = [];
  const listed = await run.session.attempt(OTHERS.sessions.right, async () => {
    for await (const page of pagesOf(run, window)) {
      for (const row of page) {
        const id = isRecord(row) && typeof row.id === 'string' && row.id !== '' ? row.id : undefined;
        if (id === undefined || !isRecord(row)) strange.push(row);
        // Pages overlap where a session began meanwhile, and days by the second between them.
        else if (!isOfNextDay(run, row, window)) rows.set(id, row);
      }
    }
  });
  const asked = [...rows].filter(([, row]) => isAskedFor(run, row)).map(([id]) => id);
  const whole = await readWhole(run, asked, rows);
  const parts = [...rows].map(([id, row]) => whole.got.get(id) ?? read(run, 'session', [row]));
  const { problems, ...got } = joined([read(run, 'session', strange), ...parts]);
  const failure = listed.ok ? whole.failure : listed.failure;
  const now = run.context.now().getTime();
  return {
    ...got,
    observations: onceEach(got.observations),
    problems: [...problems, ...whole.problems],
    isSettled: [...rows.values()].every((row) => isSettled(row, now)),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** Newest first. Where the pages would get too deep, the window is split: it goes on at the second of the last session that was read. */
async function* pagesOf(run: Run, { from, until }: Window): AsyncGenerator<readonly unknown[]> {
  const { path, right, tells } = OTHERS.sessions;
  const start = secondText(Math.floor(from / 1000));
  // The gateway cuts fractions of a second off.
  let end = Math.ceil(until / 1000);
  let pages = 0;
  for (;;) {
    let oldest: number | undefined;
    let offset = 0;
    for (;;) {
      if (++pages > run.maxPages) throw truncated(`its pages have no end, ${run.maxPages} of one day were read`);
      const query = { start_date: start, end_date: secondText(end), limit: PAGE, offset, count: 'none' };
      let answer: unknown;
      try {
        answer = (await run.http.json('GET', path, { query, right, tells })).value;
      } catch (error) {
        if (offset > 0 && error instanceof LiveFailure && error.status === 422) break;
        throw error;
      }
      const rows = rowsIn(answer);
      if (rows === undefined) throw noList(path);
      yield rows;
      offset += rows.length;
      oldest = startOf(rows.at(-1)) ?? oldest;
      if (!hasMore(answer, offset, rows.length)) return;
      if (rows.length === 0) throw truncated('an empty page says that more follow');
      if (offset > MAX_OFFSET) break;
    }
    const next = oldest === undefined ? end : Math.floor(oldest / 1000) + 1;
    if (next >= end) throw truncated(`more than ${offset} sessions began within one second, or their times cannot be read`);
    end = next;
  }
}

function hasMore(answer: unknown, held: number, rows: number): boolean {
  if (!isRecord(answer)) return false;
  if (typeof answer.has_next_page === 'boolean') return answer.has_next_page;
  return typeof answer.total === 'number' ? held < answer.total : rows >= PAGE;
}

/** The static key is told of anew with each session that used it. */
function onceEach(observations: readonly Observation[]): readonly Observation[] {
  const told = new Set<string>();
  return observations.filter((one) => {
    if (one.kind !== 'identity' && one.kind !== 'grant') return true;
    const text = JSON.stringify(one);
    return told.size < told.add(text).size;
  });
}

interface Whole {
  readonly got: ReadonlyMap<string, Got>;
  readonly problems: readonly string[];
  readonly failure?: Failure;
}

/** One GET each. What they say is read as it comes: recordings are large, and the row of the list tells whether all is over. */
async function readWhole(run: Run, ids: readonly string[], rows: ReadonlyMap<string, Row>): Promise<Whole> {
  const got = new Map<string, Got>();
  const problems: string[] = [];
  const { failed, failure } = await readEach({
    context: { progress: QUIET },
    session: run.session,
    right: OTHERS.session.right,
    title: '',
    items: ids,
    width: WIDTH,
    // Its row in the list stands.
    mayBeMissing: true,
    ask: async (id) => {
      const { row, problem } = await askWhole(run, id, rows.get(id) ?? {});
      if (isRecord(row) && row.id === id) got.set(id, read(run, 'session', [row]));
      if (problem !== undefined) problems.push(problem);
    },
  });
  if (failure === undefined) return { got, problems };
  const left = got.size === 0 ? ids.length : failed;
  const why = `${left} sessions were read from the list alone: ${failure.why}`;
  return { got, problems: [...problems, why], ...(failure.fatal ? { failure } : {}) };
}

async function askWhole(run: Run, id: string, row: Row): Promise<{ readonly row: unknown; readonly problem?: string }> {
  const wanted = expansionOf(run, row);
  try {
    return { row: await askSession(run, id, wanted) };
  } catch (error) {
    const isTooLarge = error instanceof LiveFailure && error.kind === 'unreadable' && wanted.includes('event_stream');
    if (!isTooLarge) throw error;
    const rest = wanted.filter((part) => part !== 'event_stream');
    return {
      row: await askSession(run, id, rest),
      problem: `the recording of session ${clip(id, 60)} was not read: ${error.why}`,
    };
  }
}

async function askSession(run: Run, id: string, wanted: readonly string[]): Promise<unknown> {
  const { path, right, tells } = OTHERS.session;
  // Without a parameter the script comes, and the gateway takes it from its store: what it does not know it leaves out.
  const query = { expand: wanted.length === 0 ? 'review' : wanted.join(',') };
  return (await run.http.json('GET', path.replace('{id}', segment(id)), { query, right, tells })).value;
}

/** A list leaves out by which rule a review came about, what ran, and what was recorded. */
function isAskedFor({ gateway }: Run, row: Row): boolean {
  if (isRecord(row.review)) return true;
  if (gateway.content === 'reviews') return false;
  return row.verb === 'exec' || (gateway.content === 'streams' && row.event_size !== 0);
}

function expansionOf({ gateway }: Run, row: Row): string[] {
  const script = row.verb === 'exec' && row.script_size !== 0 ? ['session_input'] : [];
  return gateway.content === 'streams' && row.event_size !== 0 ? [...script, 'event_stream'] : script;
}

/** May no review come, no window be closed, no credential be taken back, and is it over? */
function isSettled(row: Row, now: number): boolean {
  const start = startOf(row);
  const review = isRecord(row.review) ? row.review : {};
  const isOld = start === undefined || now - start >= LEFT_OPEN_MS;
  const isRejected = String(review.status).toUpperCase() === 'REJECTED';
  const isOver = row.status === 'done' || typeof row.end_date === 'string' || isRejected || isOld;
  const isDecided = String(review.status).toUpperCase() !== 'PENDING' || isOld;
  return isOver && isDecided && !isAhead(review.revoke_at, now) && !hasLiveCredential(row.metadata, now);
}

function hasLiveCredential(metadata: unknown, now: number): boolean {
  if (!isRecord(metadata) || typeof metadata.credentials_revoked_at === 'string') return false;
  return isAhead(metadata.credentials_expire_at, now);
}

function isAhead(value: unknown, now: number): boolean {
  const time = typeof value === 'string' ? readTime(value) : undefined;
  return time !== undefined && Date.parse(time) > now;
}

function isOfNextDay(run: Run, row: Row, { until }: Window): boolean {
  const start = startOf(row);
  return start !== undefined && start >= until && until < run.window.until;
}

function startOf(row: unknown): number | undefined {
  if (!isRecord(row) || typeof row.start_date !== 'string') return undefined;
  const time = readTime(row.start_date);
  return time === undefined ? undefined : Date.parse(time);
}

function secondText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

function truncated(why: string): LiveFailure {
  return new LiveFailure(`the list of sessions ends early: ${why}`, { kind: 'truncated' });
}
