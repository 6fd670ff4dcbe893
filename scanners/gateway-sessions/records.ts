import type { Location, Observation, ScanContext } from '../../src/contracts/index.ts';
import { adminAction, sessionMetrics } from './admin-audit.ts';
import { readConnection } from './connection.ts';
import { apiKey, machineIdentity, person, serviceAccount } from './inventory.ts';
import {
  accessRule,
  agentProcess,
  approval,
  attribute,
  eventSubscription,
  guardrail,
  maskingRule,
  plugin,
  serverInfo,
  webhookEndpoint,
  workloadMapping,
} from './policy.ts';
import { ApiKey, Connection, MachineIdentity, Review, ServiceAccount, User } from './schema.ts';
import {
  AccessRequestRule,
  Agent,
  Attribute,
  AuditEntry,
  EventSubscription,
  Guardrail,
  MaskingRule,
  Plugin,
  ServerInfo,
  SessionMetric,
  WebhookEndpoint,
  WorkloadMapping,
} from './schema-rules.ts';
import type { Shape } from './shape.ts';

/** The part of zod that is used here. */
interface Schema<T> {
  safeParse(value: unknown): { readonly data?: T | undefined };
}
type Read = (value: unknown, at: Location, context: ScanContext) => Iterable<Observation> | undefined;

/** All but sessions, which are read with their recordings. */
const READERS: { readonly [shape in Exclude<Shape, 'session' | 'groups'>]: Read } = {
  connection: reader(Connection, readConnection),
  'service-account': reader(ServiceAccount, serviceAccount),
  'api-key': reader(ApiKey, (row, at) => apiKey(row, 'api-key', at)),
  'ai-agent': reader(ApiKey, (row, at) => apiKey(row, 'agent', at)),
  'machine-identity': reader(MachineIdentity, one(machineIdentity)),
  user: reader(User, one(person)),
  'access-request-rule': reader(AccessRequestRule, one(accessRule)),
  'masking-rule': reader(MaskingRule, one(maskingRule)),
  guardrail: reader(Guardrail, one(guardrail)),
  attribute: reader(Attribute, one(attribute)),
  plugin: reader(Plugin, one(plugin)),
  'agent-process': reader(Agent, one(agentProcess)),
  'workload-mapping': reader(WorkloadMapping, one(workloadMapping)),
  'event-subscription': reader(EventSubscription, one(eventSubscription)),
  'webhook-endpoint': reader(WebhookEndpoint, one(webhookEndpoint)),
  'server-info': reader(ServerInfo, one(serverInfo)),
  review: reader(
    Review,
    one((row, at) => approval(row, undefined, at)),
  ),
  'audit-entry': reader(AuditEntry, auditEntry),
  'session-metric': reader(
    SessionMetric,
    one((row, at) => sessionMetrics([row], at)),
  ),
};

/** `undefined` when the record lacks what it needs. */
export function observationsOf(
  shape: Exclude<Shape, 'session' | 'groups'>,
  value: unknown,
  at: Location,
  context: ScanContext,
): Iterable<Observation> | undefined {
  return READERS[shape](value, at, context);
}

function reader<T>(
  schema: Schema<T>,
  read: (row: T, at: Location, context: ScanContext) => Iterable<Observation> | undefined,
): Read {
  return (value, at, context) => {
    const row = schema.safeParse(value).data;
    return row === undefined ? undefined : read(row, at, context);
  };
}

function one<T>(read: (row: T, at: Location) => Observation | undefined): (row: T, at: Location) => [Observation] | undefined {
  return (row, at) => {
    const observation = read(row, at);
    return observation && [observation];
  };
}

function auditEntry(row: AuditEntry, at: Location, context: ScanContext): Observation[] | undefined {
  const action = adminAction(row, at);
  if (action === undefined) return undefined;
  const payload = row.payload === undefined ? '' : JSON.stringify(row.payload);
  const line = at.line ?? 1;
  const where: Location = {
    ...at,
    line,
    column: 1,
    endLine: line,
    endColumn: 1,
    pointer: `audit/logs/${row.id}`,
    part: 'payload',
  };
  return [action, ...context.detect(payload).map((match) => context.sighting(match, where, 'session-log'))];
}
