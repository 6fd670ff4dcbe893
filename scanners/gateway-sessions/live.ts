import type { Observation, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import { clip, printable } from '../../src/util/sanitize.ts';
import { OTHERS } from './live-calls.ts';
import { readLists, readMetrics } from './live-lists.ts';
import { isRecord, type LiveOptions, openRun, type Run, read } from './live-run.ts';
import { readAuditLog, readSessions } from './live-sessions.ts';
import { NAMES } from './tally.ts';

/** A gateway by its API: its rules and inventories first, for they tell whose sessions these are. */
export async function* scanGateway(
  target: ServiceTarget,
  context: ScanContext,
  options: LiveOptions = {},
): AsyncGenerator<Observation> {
  const run = openRun(target, context, options);
  try {
    yield* readServer(run);
    await readRole(run);
    yield* readLists(run);
    yield* readSessions(run);
    yield* readMetrics(run);
    yield* readAuditLog(run);
  } finally {
    context.progress.end();
  }
}

export async function* readServer(run: Run): AsyncGenerator<Observation> {
  const { path, right, tells } = OTHERS.serverinfo;
  const got = await run.session.attempt(right, async () => await run.http.json('GET', path, { right, tells }));
  const value = got.ok ? got.value.value : undefined;
  const header = got.ok ? /^hoopgateway\/(\S+)$/i.exec(got.value.headers.get('server') ?? '')?.[1] : undefined;
  const version = isRecord(value) && typeof value.version === 'string' && value.version !== '' ? value.version : header;
  run.version = version === undefined ? undefined : clip(printable(version), 40);
  const { covers, types = [] } = NAMES['server-info'];
  const { observations, problems, read: count } = read(run, 'server-info', got.ok ? [value] : []);
  yield* observations;
  yield run.session.coverage({
    what: 'server information',
    covers,
    read: count,
    problems,
    detail: { types: [...types], ...(run.version === undefined ? {} : { version: run.version }) },
    ...(got.ok ? {} : { failure: got.failure }),
  });
}

/** Whom these credentials belong to decides which sessions the gateway shows: it leaves others out without a word. */
async function readRole(run: Run): Promise<void> {
  const { path, right, tells } = OTHERS.userinfo;
  const got = await run.session.attempt(right, async () => (await run.http.json('GET', path, { right, tells })).value);
  const sees = got.ok ? seesAll(got.value) : undefined;
  if (sees !== undefined) run.isAuditor = sees;
}

/**
 * Are these credentials shown what is of others? Some releases call an auditor `standard` and name his groups; `undefined`: the
 * gateway does not tell.
 */
export function seesAll(user: unknown): boolean | undefined {
  if (!isRecord(user)) return undefined;
  const { is_admin: isAdmin, role, groups } = user;
  const named = [role, ...(Array.isArray(groups) ? groups : [])];
  if (isAdmin === true || named.includes('admin') || named.includes('auditor')) return true;
  return typeof role === 'string' && role !== '' ? false : undefined;
}
