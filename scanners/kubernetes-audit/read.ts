import {
  type IdentityId,
  k8sServiceAccountId,
  type Observation,
  type SourceFile,
  type UsageObservation,
} from '../../src/contracts/index.ts';
import { counted, fileCoverage } from '../../src/files/coverage.ts';
import { AuditEvent } from './schema.ts';

/** One kind of request of one account: a log has it thousands of times. */
interface Use {
  readonly identity: IdentityId;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly line: number;
  first: string;
  last: string;
  count: number;
  session: string | undefined;
}

/** What changes nothing and reads nothing, by the words of RBAC. */
const ACTIONS: { readonly [verb: string]: NonNullable<UsageObservation['action']> } = {
  get: 'read',
  list: 'read',
  watch: 'read',
  create: 'write',
  update: 'write',
  patch: 'write',
  delete: 'write',
  deletecollection: 'write',
  impersonate: 'privilege',
  bind: 'privilege',
  escalate: 'privilege',
};
const QUOTED = 4;

/** Lines of an audit log, or a list of its events. Requests that were refused are no use of a right. */
export function* readAuditLog(file: SourceFile): Generator<Observation> {
  const uses = new Map<string, Use>();
  const problems: string[] = [];
  let [read, failed] = [0, 0];
  for (const { value, line } of eventsOf(file.text())) {
    const event = AuditEvent.safeParse(value);
    const time = event.success ? Date.parse(event.data.requestReceivedTimestamp) : Number.NaN;
    if (!event.success || Number.isNaN(time)) {
      failed++;
      const [issue] = event.success ? [] : event.error.issues;
      const field = event.success ? 'requestReceivedTimestamp' : (issue?.path.join('.') ?? '');
      if (problems.length < QUOTED) problems.push(`line ${line}: ${field === '' ? 'not an event' : `${field} cannot be read`}`);
      continue;
    }
    read++;
    note(uses, event.data, new Date(time).toISOString(), line);
  }
  for (const use of uses.values()) {
    const { identity, verb, group, resource, namespace, first, last, count, session, line } = use;
    yield {
      kind: 'usage',
      identity,
      usedAt: first,
      endedAt: last,
      via: 'direct',
      ...(session === undefined ? {} : { sessionId: session }),
      action: ACTIONS[verb] ?? 'unknown',
      objects: [namespace === undefined ? resource : `${namespace}/${resource}`],
      actorType: 'service-account',
      at: { ...file.at, path: file.path, line },
      detail: { verb, group, resource, ...(namespace === undefined ? {} : { namespace }), count },
    };
  }
  const more = failed > problems.length ? [`${failed - problems.length} more like these`] : [];
  yield fileCoverage(file, 'audit-log', ['usage'], [...problems, ...more], counted(read, failed));
}

function note(uses: Map<string, Use>, event: AuditEvent, time: string, line: number): void {
  const { auditID: session, objectRef, responseStatus, stage, verb } = event;
  // Each request has an event a stage; what it came to, the last one tells.
  if (stage !== undefined && stage !== 'ResponseComplete' && stage !== 'ResponseStarted') return;
  if ((responseStatus?.code ?? 200) >= 400 || objectRef?.resource === undefined) return;
  const identity = accountOf(event.impersonatedUser?.username ?? event.user.username);
  if (identity === undefined) return;
  const resource = objectRef.subresource === undefined ? objectRef.resource : `${objectRef.resource}/${objectRef.subresource}`;
  const group = objectRef.apiGroup ?? '';
  const { namespace } = objectRef;
  const key = JSON.stringify([identity, verb, group, resource, namespace]);
  const known = uses.get(key);
  if (known === undefined) {
    uses.set(key, { identity, verb, group, resource, namespace, line, first: time, last: time, count: 1, session });
    return;
  }
  known.count++;
  if (time < known.first) known.first = time;
  if (time > known.last) [known.last, known.session] = [time, session];
}

/** `system:serviceaccount:NAMESPACE:NAME`; the log does not say of which cluster it is. */
function accountOf(username: string): IdentityId | undefined {
  const { namespace, name } = /^system:serviceaccount:(?<namespace>[^:]+):(?<name>[^:]+)$/.exec(username)?.groups ?? {};
  return namespace === undefined || name === undefined ? undefined : k8sServiceAccountId(undefined, namespace, name);
}

function* eventsOf(text: string): Generator<{ readonly value: unknown; readonly line: number }> {
  const whole = /^\s*\{[^\n]*"EventList"|^\s*\{\s*\n/.test(text) ? parsed(text) : undefined;
  if (typeof whole === 'object' && whole !== null) {
    const items = 'items' in whole && Array.isArray(whole.items) ? whole.items : [whole];
    for (const value of items) yield { value, line: 1 };
    return;
  }
  let line = 0;
  for (const one of text.split('\n')) {
    line++;
    if (one.trim() !== '') yield { value: parsed(one), line };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
