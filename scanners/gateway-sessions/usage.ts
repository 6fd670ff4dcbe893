import type { Json, JsonObject, Location, UsageObservation } from '../../src/contracts/index.ts';
import { isHarmless } from '../../src/util/harmless.ts';
import { classifyActor } from './actor.ts';
import { environmentOf } from './environment.ts';
import { jobOf, userAgentOf } from './job.ts';
import type { Review, Session } from './schema.ts';
import { readSql } from './sql/index.ts';
import { readScript, type Understanding } from './statement.ts';
import type { Recording } from './stream.ts';
import { isNever, readTime } from './time.ts';

/** Script and queries without the credentials that were found in them. */
export interface Said {
  readonly script?: string;
  readonly queries?: readonly string[];
}

/**
 * One session as usage, or `undefined` when it has no readable start. Script and recording decide the action and go no
 * further. The backend account that was used is not in a session: it hangs on the connection (`target`).
 */
export function usageOf(
  session: Session,
  recording: Recording,
  at: Location,
  { whole, said = {}, digest }: { readonly whole: boolean; readonly said?: Said; readonly digest: (text: string) => string },
): UsageObservation | undefined {
  const usedAt = readTime(session.start);
  if (usedAt === undefined) return undefined;
  const end = readTime(session.end);
  // Nobody reached anything where the gateway has no part that speaks the protocol.
  const bookkeeping = isBookkeeping(session) || recording.isStub || isAnalyzer(session);
  const done = understand(session, recording, said);
  const job = jobOf(session, recording, digest);
  const infoTypes = infoTypesOf(session);
  return {
    kind: 'usage',
    via: 'gateway',
    sessionId: session.id,
    usedAt,
    ...given('endedAt', end !== undefined && end >= usedAt ? end : undefined),
    ...given('target', session.connection),
    action: done.action,
    ...(done.objects === undefined || done.objects.length === 0 ? {} : { objects: done.objects }),
    ...given('operation', done.operation),
    ...given('statement', done.statement),
    ...classifyActor(session),
    ...given('job', job?.job),
    approval: approvalOf(session.review),
    ...given('masked', maskedOf(session)),
    recorded: bookkeeping ? 'unknown' : recordedOf(session, recording),
    ...given('userAgent', userAgentOf(session, recording)),
    ...given('outcome', bookkeeping ? undefined : outcomeOf(session)),
    ...given('rows', recording.rows),
    ...(infoTypes.length === 0 ? {} : { infoTypes }),
    ...given('environment', environmentOf(session.tags)),
    ...(bookkeeping ? { bookkeeping } : {}),
    at: { ...at, pointer: `sessions/${session.id}` },
    detail: compact({
      ...detailOf(session, recording, whole),
      jobBasis: job?.basis,
      jobConfidence: job?.confidence,
      statements: done.statements,
      parsed: done.parsed,
      executed: recording.executed,
      endsBeforeStart: end !== undefined && end < usedAt ? true : undefined,
    }),
  };
}

/**
 * Issuing a credential writes a row that looks like a session: nobody connected.
 * https://github.com/hoophq/hoop/blob/main/gateway/services/credentials.go
 */
function isBookkeeping(session: Session): boolean {
  return (
    session.verb === 'connect' &&
    session.status === 'done' &&
    readTime(session.end) === undefined &&
    session.metrics === undefined
  );
}

/** The gateway's own analyzer asks for names of tables on behalf of whoever it helps. */
function isAnalyzer(session: Session): boolean {
  return /aianalyzer/i.test(session.named.useragent ?? '');
}

/** What became of it, where the gateway says: a guardrail's hit, or the analyzer's no, is a refusal. */
function outcomeOf({ guardrails, risk, metrics, status, exitCode }: Session): UsageObservation['outcome'] {
  const isStopped = risk?.action?.toLowerCase() === 'block_execution' || (metrics?.blocked ?? 0) > 0;
  if (guardrails.length > 0 || isStopped) return 'denied';
  // -2 and -100 say that it is not known.
  if (status !== 'done' || exitCode === undefined || exitCode < 0) return undefined;
  return exitCode === 0 ? 'ok' : 'failed';
}

function infoTypesOf({ metrics }: Session): string[] {
  const seen = new Set([...Object.keys(metrics?.masking?.info_types ?? {}), ...Object.keys(metrics?.analyzed ?? {})]);
  return [...seen].sort();
}

function understand(session: Session, recording: Recording, said: Said): Understanding {
  const { subtype, type, verb } = session;
  const script = said.script ?? session.script;
  if (script !== undefined && script.trim() !== '') return readScript(script, subtype, type);
  if (recording.queries.length > 0) return readSql(said.queries ?? recording.queries);
  return { action: verb === 'connect' ? 'connect' : 'unknown' };
}

/** The session's own review only. A window that covers other sessions stays in the detail, for a view to apply. */
function approvalOf(review: Review | undefined): NonNullable<UsageObservation['approval']> {
  if (review?.status === undefined) return 'unknown';
  if (isApproved(review)) return 'approved';
  if (review.status === 'PENDING') return 'pending';
  return review.status === 'REJECTED' ? 'rejected' : 'unknown';
}

function isApproved(review: Review): boolean {
  return review.status === 'APPROVED' || review.status === 'EXECUTED' || review.status === 'PROCESSING';
}

/** True when something was masked, false when the counters are there and say nothing was; else it is not known. */
function maskedOf(session: Session): boolean | undefined {
  const masking = session.metrics?.masking;
  const redactions = masking?.total_redact_count ?? sum(masking?.info_types ?? {});
  if (redactions > 0) return true;
  if (masking !== undefined || sum(session.metrics?.analyzed ?? {}) > 0) return false;
  return undefined;
}

const INPUT_ONLY = new Set(['postgres', 'mysql', 'mongodb', 'mssql', 'oracledb', 'dynamodb', 'tcp', 'rdp']);
const FULL = new Set(['ssh', 'httpproxy', 'kubernetes', 'kubernetes-eks', 'grafana', 'kibana', 'mcp', 'mcpproxy', 'claude-code']);

/**
 * Native database, TCP and RDP sessions keep what was asked, not what came back; one-off scripts, terminals, SSH and
 * HTTP keep both. https://github.com/hoophq/hoop/blob/main/gateway/transport/plugins/audit/audit.go
 */
function recordedOf(session: Session, recording: Recording): NonNullable<UsageObservation['recorded']> {
  if (session.metrics?.truncated === true) return 'truncated';
  if (recording.lost) return 'none';
  if (session.status !== 'done') return 'unknown';
  if (session.eventSize === 0 && (session.exitCode === 0 || session.exitCode === undefined)) return 'none';
  if (session.eventSize === undefined) return 'unknown';
  if (session.verb === 'exec') return 'full';
  if (session.verb !== 'connect') return 'unknown';
  if (session.subtype !== undefined && INPUT_ONLY.has(session.subtype)) return 'input-only';
  if (session.subtype !== undefined && FULL.has(session.subtype)) return 'full';
  if (session.type === 'httpproxy' || session.type === 'custom' || session.type === 'command-line') return 'full';
  if (session.type === 'database' || session.type === 'application' || session.type === 'tcp') return 'input-only';
  return 'unknown';
}

function detailOf(session: Session, recording: Recording, whole: boolean): JsonObject {
  const { metrics, review } = session;
  const expires = readTime(session.credentialsExpireAt);
  return compact({
    // A single session says more than its row in a list: views take the whole one of two.
    depth: whole ? 'single' : 'list',
    held: whole ? heldParts(session, recording) : undefined,
    userId: session.userId,
    user: session.user,
    userName: session.userName,
    identityType: session.identityType,
    machineIdentity: session.machineIdentity,
    org: session.org,
    connection: session.connection,
    resource: session.resource,
    type: session.type,
    subtype: session.subtype,
    verb: session.verb,
    status: session.status,
    exitCode: session.exitCode,
    origin: session.origin,
    batch: session.batch,
    tags: session.tags,
    review: review === undefined ? null : reviewDetail(review),
    window: windowOf(session),
    credentialSession: session.credentialSession,
    credentialsExpireAt: expires,
    credentialsNeverExpire: expires === undefined ? undefined : isNever(expires),
    credentialsRevokedAt: readTime(session.credentialsRevokedAt),
    infoTypes: metrics?.masking?.info_types,
    redactions: metrics?.masking?.total_redact_count,
    maskErrors: metrics?.masking?.err_count,
    analyzed: metrics?.analyzed,
    eventSize: session.eventSize,
    truncated: metrics?.truncated === true ? true : undefined,
    guardrails: session.guardrails.length === 0 ? undefined : session.guardrails,
    repo: session.repository === undefined || !isHarmless(session.repository) ? undefined : session.repository,
    federation: session.federation === undefined ? undefined : federationOf(session.federation),
    stub: recording.isStub ? true : undefined,
    blockedRequests: metrics?.blocked === 0 ? undefined : metrics?.blocked,
    risk: session.risk?.risk_level,
    riskAction: session.risk?.action,
  });
}

function federationOf(federation: NonNullable<Session['federation']>): JsonObject {
  return compact({ ...federation, token_expires_at: readTime(federation.token_expires_at) });
}

/** Which parts of the session the export has; not what they say. */
function heldParts(session: Session, recording: Recording): string[] {
  return [...(session.script === undefined ? [] : ['script']), ...recording.texts.map(({ part }) => part)];
}

function reviewDetail(review: Review): JsonObject {
  return compact({
    id: review.id,
    type: review.type,
    status: review.status,
    createdAt: readTime(review.createdAt),
    revokeAt: readTime(review.revokeAt),
    rule: review.rule,
    reviewers: review.reviewers,
    forced: review.forced ? true : undefined,
  });
}

/**
 * An approved just-in-time review covers every session of the same user on the same connection that starts between
 * `from` (included) and `until` (excluded); those sessions have no review of their own.
 */
function windowOf(session: Session): JsonObject | undefined {
  const { review, userId, connection } = session;
  if (review?.type !== 'jit' || !isApproved(review)) return undefined;
  const from = readTime(review.createdAt);
  const until = readTime(review.revokeAt);
  if (from === undefined || until === undefined || userId === undefined || connection === undefined) return undefined;
  return { from, until, userId, connection };
}

function sum(counts: { readonly [name: string]: number }): number {
  let total = 0;
  for (const count of Object.values(counts)) total += count;
  return total;
}

export function compact(values: { readonly [key: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

function given<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]?: V });
}
