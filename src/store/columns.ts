import type { Observation, ObservationKind, ObservationOf } from '../contracts/index.ts';

export type ColumnType = 'text' | 'time' | 'bool' | 'int' | 'json' | 'list';
export type Cell = string | number | boolean | object | readonly string[] | undefined;
type Column<K extends ObservationKind> = readonly [name: string, type: ColumnType, value: (o: ObservationOf<K>) => Cell];

export interface Table {
  readonly name: string;
  readonly columns: readonly (readonly [name: string, type: ColumnType, value: (o: never) => Cell])[];
}

function table<K extends ObservationKind>(name: string, columns: readonly Column<K>[]): Table {
  return {
    name,
    columns: [
      ...columns,
      ['location', 'json', (o: ObservationOf<K>) => o.at],
      ['detail', 'json', (o: ObservationOf<K>) => o.detail],
    ],
  };
}

/** How an observation becomes a row: column order is that of `schema.sql`, after `observation_id` and `part_id`. */
export const TABLES: { readonly [K in Observation['kind']]: Table } = {
  identity: table<'identity'>('identities', [
    ['identity_id', 'text', (o) => o.id],
    ['provider', 'text', (o) => o.provider],
    ['type', 'text', (o) => o.type],
    ['name', 'text', (o) => o.name],
    ['scope', 'text', (o) => o.scope],
    ['environment', 'text', (o) => o.environment],
    ['created_at', 'time', (o) => o.createdAt],
    ['last_used_at', 'time', (o) => o.lastUsedAt],
    ['enabled', 'bool', (o) => o.enabled],
    ['owner', 'text', (o) => o.owner],
    ['owner_basis', 'text', (o) => o.ownerBasis],
    ['human', 'bool', (o) => o.human],
    ['managed', 'bool', (o) => o.managed],
    ['tags', 'json', (o) => o.tags],
  ]),
  credential: table<'credential'>('credentials', [
    ['credential_id', 'text', (o) => o.id],
    ['identity_id', 'text', (o) => o.identity],
    ['provider', 'text', (o) => o.provider],
    ['type', 'text', (o) => o.type],
    ['public_id', 'text', (o) => o.publicId],
    ['fingerprint', 'text', (o) => o.fingerprint],
    ['created_at', 'time', (o) => o.createdAt],
    ['last_used_at', 'time', (o) => o.lastUsedAt],
    ['last_used_for', 'text', (o) => o.lastUsedFor],
    ['rotated_at', 'time', (o) => o.rotatedAt],
    ['expires_at', 'time', (o) => o.expiresAt],
    ['never_expires', 'bool', (o) => o.neverExpires],
    ['status', 'text', (o) => o.status],
  ]),
  sighting: table<'sighting'>('sightings', [
    ['credential_id', 'text', (o) => o.credential],
    ['detector', 'text', (o) => o.detector],
    ['provider', 'text', (o) => o.provider],
    ['type', 'text', (o) => o.type],
    ['fingerprint', 'text', (o) => o.fingerprint],
    ['public_id', 'text', (o) => o.publicId],
    ['masked', 'text', (o) => o.masked],
    ['confidence', 'text', (o) => o.confidence],
    ['environment', 'text', (o) => o.environment],
    ['identity_id', 'text', (o) => o.identity],
    ['place', 'text', (o) => o.place],
  ]),
  grant: table<'grant'>('grants', [
    ['identity_id', 'text', (o) => o.identity],
    ['effect', 'text', (o) => o.effect],
    ['permission', 'text', (o) => o.permission],
    ['resource', 'text', (o) => o.resource],
    ['condition', 'json', (o) => o.condition],
    ['via', 'text', (o) => o.via],
    ['via_kind', 'text', (o) => o.viaKind],
    ['capability', 'text', (o) => o.capability],
    ['confidence', 'text', (o) => o.confidence],
  ]),
  trust: table<'trust'>('trusts', [
    ['identity_id', 'text', (o) => o.identity],
    ['effect', 'text', (o) => o.effect],
    ['principal', 'text', (o) => o.principal],
    ['principal_type', 'text', (o) => o.principalType],
    ['issuer', 'text', (o) => o.issuer],
    ['subject', 'text', (o) => o.subject],
    ['audience', 'text', (o) => o.audience],
    ['condition', 'json', (o) => o.condition],
  ]),
  consumer: table<'consumer'>('consumers', [
    ['consumer_id', 'text', (o) => o.consumer],
    ['type', 'text', (o) => o.type],
    ['identity_id', 'text', (o) => o.identity],
    ['credential_id', 'text', (o) => o.credential],
    ['secret_name', 'text', (o) => o.secretName],
    ['how', 'text', (o) => o.how],
    ['environment', 'text', (o) => o.environment],
    ['trigger', 'text', (o) => o.trigger],
  ]),
  usage: table<'usage'>('usages', [
    ['identity_id', 'text', (o) => o.identity],
    ['credential_id', 'text', (o) => o.credential],
    ['used_at', 'time', (o) => o.usedAt],
    ['ended_at', 'time', (o) => o.endedAt],
    ['via', 'text', (o) => o.via],
    ['session_id', 'text', (o) => o.sessionId],
    ['target', 'text', (o) => o.target],
    ['action', 'text', (o) => o.action],
    ['objects', 'list', (o) => o.objects],
    ['actor', 'text', (o) => o.actor],
    ['actor_type', 'text', (o) => o.actorType],
    ['actor_confidence', 'text', (o) => o.actorConfidence],
    ['actor_identity_id', 'text', (o) => o.actorIdentity],
    ['job', 'text', (o) => o.job],
    ['approval', 'text', (o) => o.approval],
    ['masked', 'bool', (o) => o.masked],
    ['recorded', 'text', (o) => o.recorded],
    ['environment', 'text', (o) => o.environment],
    ['bookkeeping', 'bool', (o) => o.bookkeeping],
    ['source_ip', 'text', (o) => o.sourceIp],
  ]),
  person: table<'person'>('people', [
    ['email', 'text', (o) => o.email],
    ['name', 'text', (o) => o.name],
    ['handle', 'text', (o) => o.handle],
    ['team', 'text', (o) => o.team],
    ['left_at', 'time', (o) => o.leftAt],
    ['relation', 'text', (o) => o.relation],
    ['owns', 'list', (o) => o.owns],
  ]),
  coverage: table<'coverage'>('coverage', [
    ['surface', 'text', (o) => o.surface],
    ['subject', 'text', (o) => o.subject],
    ['outcome', 'text', (o) => o.outcome],
    ['why', 'text', (o) => o.why],
    ['covers', 'list', (o) => o.covers],
    ['seen', 'int', (o) => o.seen],
    ['read', 'int', (o) => o.read],
    ['skipped', 'int', (o) => o.skipped],
    ['failed', 'int', (o) => o.failed],
    ['bytes', 'int', (o) => o.bytes],
  ]),
};
