import { once } from 'node:events';
import { createWriteStream, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { draws } from './draws.ts';

const ORG = 'e1d1a6c0-0aaa-4dfc-afcf-877e1d258fcf';
const DAYS = 60;
const DAY = 86_400_000;
const CALLERS = { people: 150, serviceAccounts: 250, apiKeys: 60, agents: 25, machines: 15 };
const PURPOSES = ['orders', 'features', 'billing', 'stock', 'tills', 'reports', 'support', 'search', 'mail', 'audit'] as const;
/** Six connections of each purpose: kind, environment, tag of what it holds. */
const KINDS = [
  ['database', 'postgres', 'prod', 'pii'],
  ['database', 'postgres', 'staging', undefined],
  ['database', 'mysql', 'prod', 'pci'],
  ['database', 'postgres', 'dev', undefined],
  ['custom', 'aws-cli', 'prod', undefined],
  ['application', 'ssh', 'staging', undefined],
] as const;
const SCRIPTS = [
  'SELECT id, email FROM customers WHERE id = 4711',
  "UPDATE orders SET state = 'sent' WHERE id = 4711",
  'INSERT INTO features (id, value) SELECT id, count(*) FROM orders GROUP BY id',
  'REFRESH MATERIALIZED VIEW sales_by_day',
  'DELETE FROM baskets WHERE changed_at < now()',
] as const;

interface Connection {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly subtype: string;
  readonly environment: string;
  readonly tags: { readonly [tag: string]: string };
  readonly isSensitive: boolean;
}

interface Caller {
  readonly type: keyof typeof CALLERS;
  readonly id: string;
  readonly name: string;
  /** What the gateway writes as `user`. */
  readonly user: string;
  readonly connections: readonly Connection[];
}

/**
 * What an organisation exports of its gateway: 500 callers, 60 connections, rules, and so many sessions of 60 days, oldest first, a
 * line each. Jobs repeat themselves; people ask for windows and single approvals; a few sessions are blocked, issued or left open.
 * The same each time for the same last day: checks ask what the last weeks were like.
 */
export async function writeSessions(directory: string, sessions: number, lastDay: Date): Promise<{ readonly bytes: number }> {
  mkdirSync(directory, { recursive: true });
  const next = draws(11);
  const connections = connectionsOf(next);
  const callers = callersOf(connections, next);
  writeInventories(directory, connections, callers);
  const path = join(directory, 'sessions.ndjson');
  const out = createWriteStream(path);
  const start = Math.floor(lastDay.getTime() / DAY) * DAY - DAYS * DAY;
  const windows = new Map<string, number>();
  let lines: string[] = [];
  for (let index = 0; index < sessions; index += 1) {
    lines.push(sessionOf(index, start + (index / sessions) * DAYS * DAY, { callers, windows, sessions, next }));
    if (lines.length === 2000 || index === sessions - 1) {
      if (!out.write(`${lines.join('\n')}\n`)) await once(out, 'drain');
      lines = [];
    }
  }
  out.end();
  await once(out, 'close');
  return { bytes: statSync(path).size };
}

function connectionsOf(next: () => number): readonly Connection[] {
  return PURPOSES.flatMap((purpose) =>
    KINDS.map(([kind, subtype, environment, data]): Connection => {
      const tags = { environment, ...(data === undefined ? {} : { data }) };
      const name = `${subtype}-${purpose}-${environment}`;
      return { id: uuid(next), name, kind, subtype, environment, tags, isSensitive: data !== undefined };
    }),
  );
}

function callersOf(connections: readonly Connection[], next: () => number): readonly Caller[] {
  const callers: Caller[] = [];
  for (const [type, count] of Object.entries(CALLERS) as [keyof typeof CALLERS, number][]) {
    for (let number = 0; number < count; number += 1) {
      const own = Array.from({ length: 1 + Math.floor(next() * 3) }, () => pick(connections, next));
      callers.push({ type, connections: own, ...nameOf(type, number, next) });
    }
  }
  // Who calls most is no matter of kind.
  return callers
    .map((caller) => ({ caller, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ caller }) => caller);
}

function nameOf(type: keyof typeof CALLERS, number: number, next: () => number): Pick<Caller, 'id' | 'name' | 'user'> {
  switch (type) {
    case 'people':
      return { id: `okta|${hex(next)}`, name: `Person ${number}`, user: `person.${number}@harbour-coffee.example` };
    case 'serviceAccounts':
      return { id: `job-${number}`, name: `job-${number}`, user: `job-${number}` };
    case 'apiKeys':
      return { id: uuid(next), name: `etl-${number}`, user: `etl-${number}` };
    case 'agents':
      return { id: uuid(next), name: `copilot-${number}`, user: `copilot-${number}` };
    case 'machines':
      return { id: uuid(next), name: `till-${number}`, user: '' };
  }
}

function sessionOf(
  index: number,
  time: number,
  estate: {
    readonly callers: readonly Caller[];
    /** By caller and connection: when the approved window closes. */
    readonly windows: Map<string, number>;
    readonly sessions: number;
    readonly next: () => number;
  },
): string {
  const { callers, windows, sessions, next } = estate;
  // Some jobs run all day, most people call now and then.
  const caller = callers[Math.floor(next() ** 2 * callers.length)] as Caller;
  const connection = pick(caller.connections, next);
  const isPerson = caller.type === 'people';
  const isExec = caller.type !== 'machines' && next() < (isPerson ? 0.5 : 0.9);
  const isDatabase = connection.kind === 'database';
  const luck = next();
  const isIssued = !isExec && luck < 0.03;
  const isOpen = luck > 0.9999;
  const isBlocked = luck > 0.998 && !isOpen;
  const size = 100 + Math.floor(next() * 40_000);
  const ended = time + 200 + Math.floor(next() ** 3 * 3_600_000);
  const rows = connection.isSensitive && isDatabase ? Math.floor(next() * 500) : 0;
  const types = rows === 0 ? {} : { EMAIL_ADDRESS: rows, ...(rows % 3 === 0 ? { PHONE_NUMBER: rows >> 1 } : {}) };
  const script = isExec && isDatabase && next() < 0.5 ? pick(SCRIPTS, next) : undefined;
  const isChange = script !== undefined && !script.startsWith('SELECT');
  const key = `${caller.id} ${connection.name}`;
  return JSON.stringify({
    id: `${index.toString(16).padStart(8, '0')}-${hex(next).slice(0, 4)}-4000-8000-${hex(next)}${hex(next).slice(0, 4)}`,
    org_id: ORG,
    user: caller.user,
    user_id: caller.id,
    user_name: caller.name,
    identity_type: caller.type === 'machines' ? 'machine' : 'user',
    ...(caller.type === 'machines' ? { machine_identity_id: caller.id } : {}),
    type: connection.kind,
    connection: connection.name,
    role_name: connection.name,
    resource_name: connection.name,
    connection_subtype: connection.subtype,
    connection_tags: connection.tags,
    verb: isExec ? 'exec' : 'connect',
    status: isOpen ? 'open' : 'done',
    exit_code: isOpen ? null : next() < 0.02 ? 1 : 0,
    script: script === undefined ? null : { data: script },
    script_size: 64,
    event_size: isIssued ? 0 : size,
    labels: null,
    metadata: null,
    integrations_metadata: null,
    metrics:
      isIssued || isOpen
        ? null
        : {
            event_size: size,
            truncated: next() < 0.001,
            data_masking: { info_types: types, total_redact_count: rows, transformed_bytes: rows * 24, err_count: 0 },
            data_analyzer: types,
          },
    ...(isPerson || next() < (connection.isSensitive ? 0.005 : 0.3)
      ? {}
      : { correlation_id: `gha-${Math.floor((index / sessions) * 20_000)}-${caller.name}` }),
    start_date: new Date(time).toISOString(),
    end_date: isIssued || isOpen ? null : new Date(ended).toISOString(),
    guardrails_info: isBlocked ? [{ rule_name: 'no-drop', direction: 'input', matched_words: ['DROP'] }] : null,
    review: connection.environment === 'prod' ? reviewOf(time, key, isPerson, estate) : null,
  });

  function reviewOf(at: number, pair: string, asks: boolean, { next }: { readonly next: () => number }): object | null {
    const draw = next();
    if (asks && !isExec) {
      // One window for all that is done in it.
      if ((windows.get(pair) ?? 0) > at) return null;
      windows.set(pair, at + 4 * 3_600_000);
      return review('jit', 'APPROVED', at, at + 4 * 3_600_000);
    }
    // What changes data in production is approved, but for a few.
    if (!asks && draw > (isChange ? 0.995 : 0.05)) return null;
    return review('onetime', draw < 0.002 ? 'REJECTED' : 'EXECUTED', at, undefined);
  }

  function review(type: string, status: string, at: number, until: number | undefined): object {
    const group = {
      id: uuid(next),
      group: 'data-owners',
      status: status === 'REJECTED' ? 'REJECTED' : 'APPROVED',
      reviewed_by: { id: 'okta|ba8f2f0d', name: 'Person 0', email: 'person.0@harbour-coffee.example', slack_id: '' },
      review_date: new Date(at - 60_000).toISOString(),
      forced_review: false,
    };
    return {
      id: uuid(next),
      type,
      access_duration: 0,
      status,
      revoke_at: until === undefined ? null : new Date(until).toISOString(),
      created_at: new Date(at - (type === 'jit' ? 0 : 300_000)).toISOString(),
      review_groups_data: [group],
    };
  }
}

function writeInventories(directory: string, connections: readonly Connection[], callers: readonly Caller[]): void {
  const of = (type: keyof typeof CALLERS): readonly Caller[] => callers.filter((caller) => caller.type === type);
  const groups = ['jobs'];
  const key = ({ id, name }: Caller): object => ({
    id,
    org_id: ORG,
    name,
    masked_key: '****',
    status: 'active',
    groups,
    created_by: 'person.1@harbour-coffee.example',
    created_at: '2026-01-10T09:00:00Z',
    last_used_at: '2026-11-01T00:00:00Z',
    deactivated_by: null,
    deactivated_at: null,
  });
  const files = {
    connections: connections.map(({ id, name, kind, subtype, tags, isSensitive }) => ({
      id,
      name,
      resource_name: name,
      type: kind,
      subtype,
      command: [],
      agent_id: 'e1d24357-c133-4f5c-ba63-566a16c6f6ae',
      status: 'online',
      secret: {},
      reviewers: null,
      redact_enabled: isSensitive,
      redact_types: isSensitive ? ['EMAIL_ADDRESS', 'PHONE_NUMBER'] : null,
      connection_tags: tags,
      access_mode_runbooks: 'disabled',
      access_mode_exec: 'enabled',
      access_mode_connect: 'enabled',
      access_schema: 'enabled',
      guardrail_rules: null,
      secrets_updated_at: '2026-06-01T08:00:00Z',
    })),
    users: of('people').map(({ id, name, user }) => ({
      id,
      name,
      email: user,
      status: 'active',
      role: 'standard',
      groups,
      slack_id: '',
      picture: '',
    })),
    'service-accounts': of('serviceAccounts').map(({ id, name }, index) => ({
      id: `b0fbb7d3-e7e7-427d-9ee1-${index.toString(16).padStart(12, '0')}`,
      org_id: ORG,
      subject: id,
      name,
      status: 'active',
      groups,
    })),
    'api-keys': of('apiKeys').map(key),
    'ai-agents': of('agents').map(key),
    'machine-identities': of('machines').map(({ id, name, connections: own }) => ({
      id,
      name,
      description: '',
      connection_names: own.map((connection) => connection.name),
      attributes: [],
      created_at: '2026-03-30T12:00:00Z',
      updated_at: '2026-11-01T08:00:00Z',
    })),
    'access-request-rules': [
      {
        id: '1e8f7a09-cbf9-4112-8513-a248b0545a0e',
        name: 'prod',
        description: '',
        access_type: 'jit_command',
        connection_names: connections.filter(({ environment }) => environment === 'prod').map(({ name }) => name),
        attributes: [],
        approval_required_groups: groups,
        all_groups_must_approve: false,
        reviewers_groups: ['data-owners'],
        force_approval_groups: [],
        skip_review_groups: [],
        access_max_duration: 14_400,
        min_approvals: 1,
        created_at: '2025-02-03T09:00:00Z',
        updated_at: '2025-02-03T09:00:00Z',
      },
    ],
    serverinfo: {
      version: '1.148.0',
      auth_method: 'oidc',
      idp_provider_name: 'okta',
      redact_provider: 'mspresidio',
      has_redact_credentials: true,
      license_info: { type: 'enterprise' },
      postgres_proxy_enabled: true,
      disable_sessions_download: false,
      feature_flags: {},
    },
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, `${name}.json`), JSON.stringify(content));
}

function pick<Item>(items: readonly Item[], next: () => number): Item {
  return items[Math.floor(next() * items.length)] as Item;
}

function hex(next: () => number): string {
  return Math.floor(next() * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
}

function uuid(next: () => number): string {
  return `${hex(next)}-${hex(next).slice(0, 4)}-4000-8000-${hex(next)}${hex(next).slice(0, 4)}`;
}
