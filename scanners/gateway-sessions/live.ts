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
  if (!got.ok || !isRecord(got.value)) return;
  const { is_admin: isAdmin, role } = got.value;
  if (isAdmin === true || role === 'admin' || role === 'auditor') run.isAuditor = true;
  else if (typeof role === 'string' && role !== '') run.isAuditor = false;
}
