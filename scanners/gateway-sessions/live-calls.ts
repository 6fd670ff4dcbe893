import type { LiveCall } from '../../src/contracts/index.ts';
import type { Gateway } from './live-target.ts';
import type { Shape } from './shape.ts';

/** A call that lists one kind of record. All calls are GET. */
export interface ListCall {
  /** Below `/api/`. */
  readonly path: string;
  readonly what: string;
  readonly shape: Shape;
  /** Whose keys are answered. `auditor`: those of administrators too; `any`: all, an auditor's and an administrator's in whole. */
  readonly role: 'any' | 'auditor' | 'admin';
  readonly tells: string;
  /** The release that brought it: a gateway that is older has nothing at this address. */
  readonly since?: string;
  /** How it is paged, where it is; versions that do not know the parameters answer with all. */
  readonly paged?: 'page_size' | 'limit';
  /** What it lets a check look at, where its records alone do not say. */
  readonly types?: readonly string[];
  /** That it is not there is an answer, too: what it would say is switched off. */
  readonly mayBeOff?: boolean;
}

/** Routes and roles: https://github.com/hoophq/hoop/blob/main/gateway/api/server.go */
export const LISTS: readonly ListCall[] = [
  {
    path: 'users',
    what: 'users',
    shape: 'user',
    role: 'any',
    tells: 'which callers are people',
  },
  {
    path: 'serviceaccounts',
    what: 'service accounts',
    shape: 'service-account',
    role: 'any',
    tells: 'which callers are service accounts, and their groups',
  },
  {
    path: 'machineidentities',
    what: 'machine identities',
    shape: 'machine-identity',
    role: 'any',
    tells: 'workloads with credentials of the gateway that do not end',
    since: '1.63.0',
  },
  {
    path: 'api-keys',
    what: 'API keys',
    shape: 'api-key',
    role: 'admin',
    tells: 'API keys, their age and last use, and which callers they are',
    since: '1.59.0',
  },
  {
    path: 'ai-agents',
    what: 'AI agents',
    shape: 'ai-agent',
    role: 'admin',
    tells: 'AI agents, and which callers they are',
    since: '1.89.0',
  },
  {
    path: 'users/groups',
    what: 'groups',
    shape: 'groups',
    role: 'any',
    tells: 'the names of groups that rules may mean',
  },
  {
    path: 'connections',
    what: 'connections',
    shape: 'connection',
    role: 'any',
    paged: 'page_size',
    tells: 'what the gateway gives access to, and how',
  },
  {
    path: 'access-requests/rules',
    what: 'access request rules',
    shape: 'access-request-rule',
    role: 'auditor',
    paged: 'page_size',
    tells: 'who needs an approval for what',
    since: '1.50.0',
  },
  {
    path: 'guardrails',
    what: 'guardrails',
    shape: 'guardrail',
    role: 'auditor',
    tells: 'which statements are stopped',
  },
  {
    path: 'datamasking-rules',
    what: 'masking rules',
    shape: 'masking-rule',
    role: 'auditor',
    tells: 'which kinds of personal data are masked where',
  },
  {
    path: 'attributes',
    what: 'attributes',
    shape: 'attribute',
    role: 'any',
    paged: 'page_size',
    tells: 'which connections rules apply to by an attribute',
    since: '1.53.0',
  },
  {
    path: 'plugins/access_control',
    what: 'access control',
    shape: 'plugin',
    role: 'any',
    tells: 'which groups reach which connections',
    types: ['access-control'],
    mayBeOff: true,
  },
  {
    path: 'agents',
    what: 'agents of the gateway',
    shape: 'agent-process',
    role: 'any',
    tells: 'what connects the gateway to its targets',
  },
  {
    path: 'spiffe-mappings',
    what: 'SPIFFE mappings',
    shape: 'workload-mapping',
    role: 'any',
    tells: 'which workloads may be agents of the gateway',
    since: '1.59.1',
  },
  {
    path: 'event-routing/subscriptions',
    what: 'event subscriptions',
    shape: 'event-subscription',
    role: 'any',
    tells: 'which events are handed on as they happen',
    since: '1.75.0',
  },
  {
    path: 'webhooks/endpoints',
    what: 'webhooks',
    shape: 'webhook-endpoint',
    role: 'auditor',
    tells: 'where events are sent, and whether they arrive',
    mayBeOff: true,
  },
  {
    path: 'reviews',
    what: 'reviews',
    shape: 'review',
    role: 'any',
    tells: 'approvals, and windows of them that cover sessions',
  },
];

export const METRICS: ListCall = {
  path: 'metrics/sessions',
  what: 'masking of sessions',
  shape: 'session-metric',
  role: 'any',
  paged: 'limit',
  tells: 'personal data that sessions showed, masked or not',
  since: '1.47.0',
};

export const AUDIT_LOG: ListCall = {
  path: 'audit/logs',
  what: 'admin audit log',
  shape: 'audit-entry',
  role: 'auditor',
  paged: 'page_size',
  tells: 'who changed which setting, and when',
  since: '1.50.1',
};

/** How a refusal names what is missing. */
export function rightOf({ role, what }: Pick<ListCall, 'role' | 'what'>): string {
  return role === 'any' ? `reading ${what}` : `reading ${what} (group ${role})`;
}

const SESSION = 'reading sessions (group auditor)';
export const OTHERS = {
  userinfo: { path: 'userinfo', right: 'a key of the gateway', tells: 'whether these credentials see the sessions of all' },
  serverinfo: { path: 'serverinfo', right: 'a key of the gateway', tells: 'version and settings of the gateway' },
  sessions: { path: 'sessions', right: SESSION, tells: 'who used which connection, when' },
  session: {
    path: 'sessions/{id}',
    right: SESSION,
    tells: 'the rule that a review followed, and what was run',
  },
  connection: {
    path: 'connections/{name}',
    right: 'reading settings of connections (group auditor)',
    tells: 'which account of the target each connection uses',
  },
} as const;

/** Every call of a scan, for `--dry-run` and `doctor`. */
export function callsOf({ host, settings }: Gateway): LiveCall[] {
  const { connection, ...others } = OTHERS;
  const first = [others.serverinfo, others.userinfo];
  const last = [others.sessions, others.session, ...(settings ? [connection] : [])];
  const lists = [...LISTS, METRICS, AUDIT_LOG].map((list) => ({ path: list.path, right: rightOf(list), tells: list.tells }));
  return [...first, ...lists, ...last].map(({ path, right, tells }) => ({ host, operation: `GET /api/${path}`, right, tells }));
}

/** Is this version older than that one? Not where it is no number: a build of one's own may have anything. */
export function isOlder(version: string | undefined, than: string): boolean {
  const [one, other] = [numbersOf(version), numbersOf(than)];
  if (one === undefined || other === undefined) return false;
  for (const [index, number] of one.entries()) if (number !== other[index]) return number < (other[index] ?? 0);
  return false;
}

function numbersOf(version: string | undefined): readonly number[] | undefined {
  const [, ...parts] = /^v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})/.exec(version ?? '') ?? [];
  return parts.length === 3 ? parts.map(Number) : undefined;
}
