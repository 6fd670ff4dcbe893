import type { LiveCall, Probed, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import { type Failure, LiveFailure, probeCalls } from '../../src/live/index.ts';
import { readServer, seesAll } from './live.ts';
import { AUDIT_LOG, callsOf, LISTS, type ListCall, METRICS, OTHERS } from './live-calls.ts';
import { isOff, pagesOf } from './live-lists.ts';
import { isNotThere, isRecord, openRun, type Run, rowsIn, segment } from './live-run.ts';

const BY_OPERATION = new Map([...LISTS, METRICS, AUDIT_LOG].map((list) => [`GET /api/${list.path}`, list]));

/** Tries each call for one entry. */
export async function* probeGateway(target: ServiceTarget, context: ScanContext): AsyncGenerator<Probed> {
  const run = openRun(target, context);
  const names: { session?: string; connection?: string } = {};
  yield* probeCalls(run.session, callsOf(run.gateway), async ({ operation }: LiveCall) => {
    const list = BY_OPERATION.get(operation);
    if (list !== undefined) return await probeList(run, list, names);
    const path = operation.replace('GET /api/', '');
    if (path === OTHERS.serverinfo.path) return await probeServer(run);
    const id = path === OTHERS.session.path ? names.session : path === OTHERS.connection.path ? names.connection : '';
    if (id === undefined) return;
    const answer = await ask(
      run,
      path.replace(/\{\w+\}/, () => segment(id)),
      path === OTHERS.sessions.path,
    );
    if (path === OTHERS.userinfo.path) checkRole(answer);
    const [first] = path === OTHERS.sessions.path ? (rowsIn(answer) ?? []) : [];
    if (isRecord(first) && typeof first.id === 'string') names.session = first.id;
  });
}

async function ask(run: Run, path: string, isList: boolean): Promise<unknown> {
  const right = 'reading sessions and settings (group auditor)';
  const query = isList ? { limit: 1, count: 'none' } : { expand: 'review' };
  return (await run.http.json('GET', path, { query, right })).value;
}

/** Its version decides what it can have. */
async function probeServer(run: Run): Promise<void> {
  for await (const row of readServer(run)) {
    if (row.kind !== 'coverage' || row.outcome === 'complete') continue;
    const kind = row.outcome === 'denied' ? 'denied' : 'failed';
    throw new LiveFailure(row.why ?? '', { kind, fatal: run.session.fatal !== undefined });
  }
}

async function probeList(run: Run, list: ListCall, names: { connection?: string }): Promise<void> {
  try {
    for await (const { rows } of pagesOf(run, list, {}, 1)) {
      const [first] = rows;
      if (list.path === 'connections' && isRecord(first) && typeof first.name === 'string') names.connection = first.name;
      return;
    }
  } catch (error) {
    // What this version does not have is no right that is missing.
    if (!isOff(list, error) && !isNotThere(run, error as Failure, list.since)) throw error;
  }
}

function checkRole(answer: unknown): void {
  if (seesAll(answer) !== false) return;
  const why = 'the gateway shows these credentials their own sessions only: put the key into the group auditor';
  throw new LiveFailure(why, { kind: 'denied' });
}
