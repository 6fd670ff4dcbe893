import { identityId, type Location, type Observation, type ScanContext } from '../../src/contracts/index.ts';
import { readBackend } from './connection-secret.ts';
import { environmentOf } from './environment.ts';
import { connectionPolicy } from './policy.ts';
import type { Connection } from './schema.ts';
import { readTime } from './time.ts';
import { compact } from './usage.ts';

/** A connection uses a backend account for whoever comes through the gateway. In lists its settings are empty. */
export function* readConnection(connection: Connection, at: Location, context: ScanContext): Iterable<Observation> {
  const backend = readBackend(connection, context);
  const environment = environmentOf(connection.tags);
  const place = environment === undefined ? {} : { environment };
  const where = { ...at, pointer: `connections/${connection.name}` };
  if (backend.identity !== undefined) yield { ...backend.identity, ...place, at: where };
  if (backend.credential !== undefined) yield { ...backend.credential, at: where };
  yield {
    kind: 'consumer',
    type: 'gateway-connection',
    consumer: identityId('hoop', connection.org, `connection/${connection.name}`),
    how: backend.how,
    ...(backend.identityId === undefined ? {} : { identity: backend.identityId }),
    ...(backend.credential === undefined ? {} : { credential: backend.credential.id }),
    ...(backend.references[0] === undefined ? {} : { secretName: backend.references[0] }),
    ...place,
    at: where,
    detail: compact({
      // As with sessions: a list has no settings and no features, so the single one says more.
      depth: backend.names.length > 0 || connection.features !== undefined ? 'single' : 'list',
      connection: connection.name,
      resource: connection.resource,
      type: connection.type,
      subtype: connection.subtype,
      tags: connection.tags,
      modes: compact(connection.modes),
      redactEnabled: connection.redactEnabled,
      redactTypes: connection.redactTypes,
      reviewers: connection.reviewers,
      guardrails: connection.guardrails,
      secretsUpdatedAt: readTime(connection.secretsUpdatedAt),
      settings: backend.names,
      references: backend.references,
      host: backend.host,
      database: backend.database,
      user: backend.user,
      masking: connection.features?.data_masking,
      commandRule: connection.features?.access_request?.command,
      jitRule: connection.features?.access_request?.jit,
    }),
  };
  yield connectionPolicy(connection, environment, at);
}
