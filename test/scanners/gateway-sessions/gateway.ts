import type { ServerResponse } from 'node:http';
import { type Asked, type Loopback, loopback, reply } from '../../helpers/loopback.ts';
import { connection, listRow, ORG } from './helpers.ts';

export type Row = { [key: string]: unknown };

/** What the gateway holds, and how old it is. */
export interface Gateway {
  version: string;
  /** Of the one key that it accepts. */
  role: 'standard' | 'auditor' | 'admin';
  key: string;
  prefix: string;
  /** Whole records; lists show less of them. */
  sessions: Row[];
  /** What a list answers, by its path below `/api/`. */
  lists: { [path: string]: unknown };
  /** Deeper pages are refused, from 1.144.0 on. */
  maxOffset: number;
}

/** `true`: it has answered itself. */
export type Override = (
  asked: Asked & { readonly path: string; readonly query: URLSearchParams },
  response: ServerResponse,
) => boolean;

export const KEY = ['hpk', '_', 'loopbackKeyOfTheseTests'].join('');
export const USER = {
  id: 'okta|55',
  name: 'R. Lima',
  email: 'r.lima@example.com',
  status: 'active',
  role: 'admin',
  groups: ['dba'],
  slack_id: '',
  picture: '',
};
export const API_KEY = {
  id: 'c2a4f6d8-1b3e-4f70-8a92-5d6e7f809a1b',
  org_id: ORG,
  name: 'nightly-embeddings',
  masked_key: 'hpk_****',
  status: 'active',
  groups: ['developers'],
  created_by: 'r.lima@example.com',
  created_at: '2026-01-10T10:00:00Z',
  last_used_at: '2026-05-30T02:00:00Z',
  deactivated_by: null,
  deactivated_at: null,
};
const RULE = {
  id: '0d9b7c1a-0000-4d55-b0a3-000000000001',
  name: 'prod-exec',
  access_type: 'command',
  connection_names: ['pg-beans-prod'],
  attributes: null,
  approval_required_groups: [],
  all_groups_must_approve: false,
  reviewers_groups: ['data-owners'],
  force_approval_groups: null,
  min_approvals: 1,
  access_max_duration: null,
};

export function newGateway(changes: Partial<Gateway> = {}): Gateway {
  return {
    version: '1.148.0',
    role: 'auditor',
    key: KEY,
    prefix: '',
    sessions: [],
    maxOffset: 10_000,
    ...changes,
    lists: {
      users: [USER],
      // `null`, not `[]`, where there is none.
      serviceaccounts: null,
      machineidentities: [],
      'api-keys': [API_KEY],
      'ai-agents': null,
      'users/groups': ['admin', 'auditor', 'dba'],
      connections: [connection()],
      'access-requests/rules': [RULE],
      guardrails: [],
      'datamasking-rules': [],
      attributes: [],
      'plugins/access_control': {
        id: '1',
        name: 'access_control',
        connections: [{ id: '77f3', name: 'pg-beans-prod', config: ['dba'] }],
      },
      agents: [
        { id: '77f3a2c4-0000-4000-8000-00000000000a', name: 'default', mode: 'standard', status: 'CONNECTED', metadata: {} },
      ],
      'spiffe-mappings': [],
      'event-routing/subscriptions': [],
      reviews: [],
      'metrics/sessions': [],
      'audit/logs': [],
      ...changes.lists,
    },
  };
}

/** A whole session that began at that time. */
export function session(number: number, start: string, changes: Row = {}): Row {
  const id = `a3c1a1de-0000-4c7e-9a55-${String(number).padStart(12, '0')}`;
  const end = new Date(Date.parse(start) + 60_000).toISOString();
  return { ...listRow(), id, start_date: start, end_date: end, ai_analysis: null, script: { data: 'SELECT 1' }, ...changes };
}

export function review(changes: Row = {}): Row {
  return {
    id: '0d9b7c1a-6e22-4d55-b0a3-7f7e1c2d3e4f',
    type: 'onetime',
    access_duration: 0,
    status: 'EXECUTED',
    revoke_at: null,
    created_at: '2026-05-20T01:41:10Z',
    review_groups_data: [
      {
        id: 'a7c0',
        group: 'data-owners',
        status: 'APPROVED',
        reviewed_by: { ...USER, slack_id: '' },
        review_date: '2026-05-20T01:58:47Z',
        forced_review: false,
      },
    ],
    time_window: null,
    access_request_rule_name: 'prod-exec',
    min_approvals: 1,
    force_approval_groups: ['sre'],
    ...changes,
  };
}

const ADMIN_ONLY = new Set(['api-keys', 'ai-agents', 'rulepacks']);
const AUDITOR_TOO = new Set(['access-requests/rules', 'guardrails', 'datamasking-rules', 'audit/logs', 'webhooks/endpoints']);
const BROUGHT: { readonly [path: string]: string } = {
  'metrics/sessions': '1.47.0',
  'access-requests/rules': '1.50.0',
  'audit/logs': '1.50.1',
  attributes: '1.53.0',
  'api-keys': '1.59.0',
  'spiffe-mappings': '1.59.1',
  machineidentities: '1.63.0',
  'event-routing/subscriptions': '1.75.0',
  'ai-agents': '1.89.0',
};
/** Lists that come as `{ pages, data }`; connections only where a page is asked for. */
const PAGED = new Set(['access-requests/rules', 'attributes', 'audit/logs', 'metrics/sessions']);

/** A hoop gateway as its source has it (`gateway/api`): roles, pages, windows, and what lists leave out. */
export async function startGateway(gateway: Gateway, override: Override = () => false): Promise<Loopback> {
  return await loopback((asked, response) => {
    const url = new URL(asked.url, 'http://gateway.test');
    const path = url.pathname.slice(`${gateway.prefix}/api/`.length);
    response.setHeader('server', `hoopgateway/${gateway.version}`);
    if (override({ ...asked, path, query: url.searchParams }, response)) return;
    if (!url.pathname.startsWith(`${gateway.prefix}/api/`)) return notFound(response);
    if (asked.headers.authorization !== `Bearer ${gateway.key}`) return reply(response, 401, { message: 'unauthorized' });
    const since = BROUGHT[path];
    if (since !== undefined && !isSince(gateway, since)) return notFound(response);
    const { role } = gateway;
    const isRefused = (ADMIN_ONLY.has(path) && role !== 'admin') || (AUDITOR_TOO.has(path) && role === 'standard');
    if (isRefused) return reply(response, 403, { message: 'access denied' });
    const { status = 200, body } = answer(gateway, path, url.searchParams);
    reply(response, status, body);
  });
}

function answer(gateway: Gateway, path: string, query: URLSearchParams): { readonly status?: number; readonly body: unknown } {
  if (path === 'serverinfo') {
    return {
      body: {
        version: gateway.version,
        auth_method: 'oidc',
        idp_provider_name: 'okta',
        redact_provider: 'mspresidio',
        has_redact_credentials: true,
        license_info: null,
      },
    };
  }
  if (path === 'userinfo') {
    return {
      body: {
        id: 'key',
        name: 'audit',
        email: '',
        role: gateway.role,
        groups: [gateway.role],
        is_admin: gateway.role === 'admin',
        org_id: ORG,
      },
    };
  }
  if (path === 'sessions') return sessionList(gateway, query);
  const session = /^sessions\/([\w-]+)$/.exec(path)?.[1];
  if (session !== undefined) return oneSession(gateway, session, query);
  const name = /^connections\/([^/]+)$/.exec(path)?.[1];
  if (name !== undefined) return oneConnection(gateway, decodeURIComponent(name));
  // They are of another service, which it was given no key for.
  if (path === 'webhooks/endpoints' && gateway.lists[path] === undefined)
    return { status: 400, body: { message: 'webhook provider not configured' } };
  if (!Object.hasOwn(gateway.lists, path))
    return { status: 404, body: { message: path.startsWith('plugins/') ? 'plugin not found' : 'not found' } };
  const list = path === 'connections' ? withoutSettings(gateway.lists[path]) : gateway.lists[path];
  if (path === 'audit/logs') return paged(inWindow(list, query, 'created_after', 'created_before', 'created_at'), query);
  if (PAGED.has(path) || (path === 'connections' && query.has('page_size'))) return paged(Array.isArray(list) ? list : [], query);
  return { body: list };
}

function sessionList(gateway: Gateway, query: URLSearchParams): { readonly status?: number; readonly body: unknown } {
  const isBounded = isSince(gateway, '1.144.0');
  const offset = Number(query.get('offset') ?? 0);
  const limit = Math.min(Number(query.get('limit') ?? 20), 100);
  if (isBounded && offset > gateway.maxOffset) {
    const message = `failed listing sessions, invalid "offset" option: must not be greater than ${gateway.maxOffset}, got ${offset}`;
    return { status: 422, body: { message } };
  }
  const seen = gateway.role === 'standard' ? gateway.sessions.filter((row) => row.user_id === 'key') : gateway.sessions;
  // The bounds lose their fractions of a second, and belong to the window both; one end alone is no window.
  const from = wholeSecond(query.get('start_date'));
  const until = wholeSecond(query.get('end_date')) ?? Number.POSITIVE_INFINITY;
  const found = newestFirst(seen).filter(({ at }) => from === undefined || (at >= from && at <= until));
  const rows = found.slice(offset, offset + limit).map(({ row }) => thin(gateway, row));
  const count = isBounded ? (query.get('count') ?? 'capped') : 'exact';
  const total = count === 'none' ? null : count === 'capped' ? Math.min(found.length, 10_000) : found.length;
  const capped = isBounded ? { total_is_capped: count === 'capped' && found.length > 10_000 } : {};
  return {
    body: { data: rows.length === 0 && offset > 0 ? null : rows, total, ...capped, has_next_page: offset + limit < found.length },
  };
}

interface Timed {
  readonly row: Row;
  readonly at: number;
}

const ordered = new WeakMap<readonly Row[], readonly Timed[]>();

function newestFirst(rows: readonly Row[]): readonly Timed[] {
  const known = ordered.get(rows);
  if (known?.length === rows.length) return known;
  const timed = rows.map((row) => ({ row, at: Date.parse(String(row.start_date)) }));
  const sorted = timed.sort((a, b) => b.at - a.at || (String(a.row.id) < String(b.row.id) ? 1 : -1));
  ordered.set(rows, sorted);
  return sorted;
}

/** `toOpenApiSessionList`: the keys of a whole session, and null where the query does not select it. */
function thin(gateway: Gateway, row: Row): Row {
  const { event_stream: _, ...rest } = row;
  const review = row.review === null || row.review === undefined ? null : thinReview(row.review as Row);
  return { ...ofVersion(gateway, rest), script: null, ai_analysis: null, review };
}

function thinReview({
  time_window: _1,
  access_request_rule_name: _2,
  min_approvals: _3,
  force_approval_groups: _4,
  ...rest
}: Row): Row {
  return { ...rest, time_window: null, access_request_rule_name: null, min_approvals: null, force_approval_groups: null };
}

function oneSession(gateway: Gateway, id: string, query: URLSearchParams): { readonly status?: number; readonly body: unknown } {
  const row = gateway.sessions.find((one) => one.id === id);
  if (row === undefined) return { status: 404, body: { message: 'not found' } };
  if (gateway.role === 'standard' && row.user_id !== 'key') {
    return { status: 403, body: { message: 'user is not allowed to access this session' } };
  }
  const { event_stream: stream, script, ...rest } = row;
  const expand = (query.get('expand') ?? '').split(',');
  const hasInput = query.get('expand') === null || expand.includes('session_input');
  return {
    body: {
      ...ofVersion(gateway, rest),
      script: hasInput ? script : { data: '' },
      ...(expand.includes('event_stream') && stream !== undefined ? { event_stream: stream } : {}),
    },
  };
}

/** Fields that came later are not there at all. */
function ofVersion(gateway: Gateway, row: Row): Row {
  const { guardrails_info, correlation_id, identity_type, ...rest } = row;
  return {
    ...rest,
    ...(isSince(gateway, '1.55.0') ? { guardrails_info } : {}),
    ...(isSince(gateway, '1.59.0') ? { correlation_id } : {}),
    ...(isSince(gateway, '1.63.0') ? { identity_type } : {}),
  };
}

function oneConnection({ lists }: Gateway, name: string): { readonly status?: number; readonly body: unknown } {
  const found = Array.isArray(lists.connections) ? lists.connections.find((one: Row) => one.name === name) : undefined;
  if (found === undefined) return { status: 404, body: { message: 'not found' } };
  return { body: { ...found, secret: found.live_secret ?? {}, live_secret: undefined } };
}

/** In a list the settings are always empty. */
function withoutSettings(list: unknown): unknown {
  return Array.isArray(list) ? list.map(({ live_secret: _, ...row }: Row) => row) : list;
}

function paged(list: readonly unknown[], query: URLSearchParams): { readonly body: unknown } {
  const size = Number(query.get('page_size') ?? query.get('limit') ?? 50);
  const page = Number(query.get('page') ?? 1);
  return { body: { pages: { total: list.length, page, size }, data: list.slice((page - 1) * size, page * size) } };
}

function inWindow(list: unknown, query: URLSearchParams, after: string, before: string, field: string): readonly Row[] {
  const from = Date.parse(query.get(after) ?? '1970-01-01');
  const until = Date.parse(query.get(before) ?? '9999-12-31');
  const rows = Array.isArray(list) ? (list as Row[]) : [];
  return rows.filter((row) => Date.parse(String(row[field])) >= from && Date.parse(String(row[field])) <= until);
}

function wholeSecond(text: string | null): number | undefined {
  return text === null ? undefined : Math.floor(Date.parse(text) / 1000) * 1000;
}

function isSince({ version }: Gateway, than: string): boolean {
  const [one, other] = [version, than].map((text) => text.split('.').map(Number));
  for (const [index, number] of (one ?? []).entries()) if (number !== other?.[index]) return number > (other?.[index] ?? 0);
  return true;
}

function notFound(response: ServerResponse): void {
  reply(response, 404, { message: 'not found' });
}
