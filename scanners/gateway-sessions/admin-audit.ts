import { hoopId, type Location, type UsageObservation } from '../../src/contracts/index.ts';
import { type Actor, serviceAccountId, staticKeyId } from './actor.ts';
import type { AuditEntry, SessionMetric } from './schema-rules.ts';
import { readTime } from './time.ts';
import { compact } from './usage.ts';

/**
 * What an administrator changed, as a use of the gateway itself. It is no session: `detail.adminAudit` tells.
 * Not all changes are in this log (reviews, access request rules, plugins and attributes are not), so a change without a row proves nothing.
 * https://github.com/hoophq/hoop/blob/main/gateway/models/security_audit_log.go
 */
export function adminAction(row: AuditEntry, at: Location): UsageObservation | undefined {
  const usedAt = readTime(row.at);
  if (usedAt === undefined) return undefined;
  const path = row.path?.replace(/[?#].*$/s, '');
  const operation = [row.method, path].filter((part) => part !== undefined).join(' ');
  const objects = namesOf(row, path);
  return {
    kind: 'usage',
    via: 'gateway',
    sessionId: row.id,
    usedAt,
    target: `admin:${row.resource ?? 'unknown'}`,
    action: 'admin',
    ...(objects.length === 0 ? {} : { objects }),
    ...actorOf(row),
    ...(operation === '' ? {} : { operation }),
    ...(outcomeOf(row) ?? {}),
    ...(row.ip === undefined ? {} : { sourceIp: row.ip }),
    at: { ...at, pointer: `audit/logs/${row.id}` },
    detail: compact({
      adminAudit: true,
      org: row.org,
      userId: row.subject,
      resource: row.resource,
      change: row.action,
      httpStatus: row.status,
      // Which fields were sent says what was changed; what they were set to is not kept.
      fields: row.payload === undefined ? undefined : Object.keys(row.payload).slice(0, 40).sort(),
    }),
  };
}

/** What was changed, so that a difference between two runs finds its entry: the name that was sent, and the end of the path. */
function namesOf(row: AuditEntry, path: string | undefined): string[] {
  const last = path
    ?.split('/')
    .filter((part) => part !== '')
    .at(-1);
  const sent = ['name', 'id'].map((key) => row.payload?.[key]).filter((value) => typeof value === 'string' && value.length < 256);
  const named = [...(sent as string[]), ...(last === undefined ? [] : [decoded(last)])];
  return [...new Set(named.filter((name) => name !== ''))].sort();
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function outcomeOf({ ok, status }: AuditEntry): { readonly outcome: 'ok' | 'denied' | 'failed' } | undefined {
  if (status === 401 || status === 403) return { outcome: 'denied' };
  if (ok !== undefined) return { outcome: ok ? 'ok' : 'failed' };
  if (status === undefined) return undefined;
  return { outcome: status < 400 ? 'ok' : 'failed' };
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** The same order as for sessions; keys have their name for an e-mail, or none. */
function actorOf({ subject, email, actorName, org }: AuditEntry): Partial<Actor> {
  if (subject === 'API_KEY') {
    return { actor: 'API_KEY', actorType: 'static-admin-key', actorConfidence: 'high', actorIdentity: staticKeyId(org) };
  }
  const actor = email ?? actorName ?? subject;
  if (actor === undefined) return { actorType: 'unknown', actorConfidence: 'low' };
  if (actor.includes('@')) return { actor, actorType: 'human', actorConfidence: 'medium' };
  if (subject !== undefined && UUID.test(subject)) {
    return { actor, actorType: 'api-key', actorConfidence: 'medium', actorIdentity: hoopId(org, `api-key/${actor}`) };
  }
  if (actor === subject) {
    return { actor, actorType: 'service-account', actorConfidence: 'medium', actorIdentity: serviceAccountId(org, actor) };
  }
  return { actor, actorType: 'unknown', actorConfidence: 'low' };
}

/**
 * What the gateway counted of personal data in one session, kind by kind: of the same session as the row that its own record
 * makes, and `detail.depth` says that this is not that row.
 */
export function sessionMetrics(rows: readonly SessionMetric[], at: Location): UsageObservation | undefined {
  const [first] = rows;
  const usedAt = readTime(first?.start);
  if (first === undefined || usedAt === undefined) return undefined;
  const end = readTime(first.end);
  const counts = new Map<string, { masked: number; analyzed: number }>();
  for (const { infoType, masked, analyzed } of rows) {
    const count = counts.get(infoType);
    // Overlapping pages say the same twice.
    counts.set(infoType, { masked: Math.max(masked, count?.masked ?? 0), analyzed: Math.max(analyzed, count?.analyzed ?? 0) });
  }
  const kinds = [...counts].filter(([, { masked, analyzed }]) => masked > 0 || analyzed > 0).sort();
  const of = (key: 'masked' | 'analyzed') =>
    Object.fromEntries(kinds.flatMap(([name, count]) => (count[key] > 0 ? [[name, count[key]]] : [])));
  const masked = kinds.filter(([, count]) => count.masked > 0);
  return {
    kind: 'usage',
    via: 'gateway',
    sessionId: first.session,
    usedAt,
    ...(end === undefined || end < usedAt ? {} : { endedAt: end }),
    ...(first.connection === undefined ? {} : { target: first.connection }),
    ...(kinds.length === 0 ? {} : { infoTypes: kinds.map(([name]) => name), masked: masked.length > 0 }),
    at: { ...at, pointer: `sessions/${first.session}` },
    detail: compact({
      depth: 'metrics',
      org: first.org,
      connection: first.connection,
      type: first.type,
      subtype: first.subtype,
      infoTypes: of('masked'),
      analyzed: of('analyzed'),
      // Seen, and passed as they were.
      unmasked: kinds.filter(([, count]) => count.masked === 0).map(([name]) => name),
    }),
  };
}
