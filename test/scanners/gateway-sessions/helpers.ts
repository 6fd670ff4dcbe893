import { gatewaySessions } from '../../../scanners/gateway-sessions/index.ts';
import type { Observation, ObservationKind, ObservationOf } from '../../../src/contracts/index.ts';
import { collect, kinds, testContext } from '../../helpers/scan-context.ts';

export const ORG = '0b9f6a52-3f0e-4a3e-9f5c-2f0f6d1f7a10';

/** A session as `GET /sessions` gives it: thin. */
export function listRow(changes: { readonly [key: string]: unknown } = {}): { [key: string]: unknown } {
  return {
    id: 'a3c1a1de-0001-4c7e-9a55-0b7f2f7c1a10',
    org_id: ORG,
    user: 'roaster-bot',
    user_id: 'roaster-bot',
    user_name: 'roaster-bot',
    identity_type: 'user',
    type: 'database',
    connection: 'pg-beans-prod',
    role_name: 'pg-beans-prod',
    connection_subtype: 'postgres',
    connection_tags: { environment: 'prod', data: 'pii' },
    verb: 'exec',
    status: 'done',
    exit_code: 0,
    script: null,
    script_size: 46,
    event_size: 1200,
    labels: null,
    metadata: null,
    integrations_metadata: null,
    metrics: { data_masking: { info_types: {}, total_redact_count: 0, transformed_bytes: 0, err_count: 0 }, event_size: 1200 },
    correlation_id: 'gha-17-beans',
    start_date: '2026-03-12T02:00:04.118Z',
    end_date: '2026-03-12T02:00:06.902Z',
    guardrails_info: null,
    review: null,
    ...changes,
  };
}

/** The same as `GET /sessions/{id}` gives it. */
export function single(changes: { readonly [key: string]: unknown } = {}): { [key: string]: unknown } {
  return listRow({ script: { data: 'SELECT name FROM beans' }, ai_analysis: null, ...changes });
}

export function connection(changes: { readonly [key: string]: unknown } = {}): { [key: string]: unknown } {
  return {
    id: '77f3a2c4-0000-4000-8000-000000000001',
    name: 'pg-beans-prod',
    resource_name: 'beans',
    type: 'database',
    subtype: 'postgres',
    command: [],
    agent_id: '77f3a2c4-0000-4000-8000-00000000000a',
    status: 'online',
    secret: {},
    reviewers: null,
    redact_enabled: false,
    connection_tags: { env: 'production' },
    access_mode_runbooks: 'disabled',
    access_mode_exec: 'enabled',
    access_mode_connect: 'enabled',
    access_schema: 'enabled',
    ...changes,
  };
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

export async function scan(
  content: unknown,
  path = 'exports/hoop/sessions.json',
  context: Parameters<typeof testContext>[0] = {},
): Promise<Observation[]> {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
  const file = { path, bytes, text: () => bytes.toString('utf8'), at: { path }, place: 'file' } as const;
  return collect(gatewaySessions.scan(file, testContext({ scanners: [gatewaySessions], ...context })));
}

/** The only observation of its kind. */
export async function one<K extends ObservationKind>(kind: K, content: unknown, path?: string): Promise<ObservationOf<K>> {
  const [first, ...more] = kinds(await scan(content, path), kind);
  if (first === undefined || more.length > 0)
    throw new Error(`expected one ${kind}, met ${first === undefined ? 0 : more.length + 1}`);
  return first;
}

export function recognises(content: unknown, path = 'exports/hoop/sessions.json'): boolean {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
  const head = bytes.subarray(0, 4096);
  return gatewaySessions.recognises({ path, head: () => head.toString('utf8'), bytes: () => head, size: bytes.length });
}
