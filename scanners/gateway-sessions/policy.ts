import {
  type IsoTime,
  identityId,
  type Json,
  type JsonObject,
  type Location,
  type PolicyObservation,
} from '../../src/contracts/index.ts';
import type { Connection, Review, Session } from './schema.ts';
import type {
  AccessRequestRule,
  Agent,
  Attribute,
  EventSubscription,
  Guardrail,
  MaskingRule,
  Plugin,
  ServerInfo,
  WebhookEndpoint,
  WorkloadMapping,
} from './schema-rules.ts';
import { readTime } from './time.ts';
import { compact } from './usage.ts';

// What a rule says is compared between runs: keys stand in a fixed order, lists without one of their own are sorted, and null and
// [] are the same. Descriptions are left out: they bind nobody.

export function accessRule(row: AccessRequestRule, at: Location): PolicyObservation {
  return policy('access-rule', row, `access-requests/rules/${row.id ?? row.name}`, at, {
    ...about(row.connections),
    settings: {
      accessType: row.accessType,
      connections: sorted(row.connections),
      attributes: sorted(row.attributes),
      requiredGroups: sorted(row.requiredGroups),
      reviewers: sorted(row.reviewers),
      allMustApprove: row.allMustApprove ?? false,
      minApprovals: row.minApprovals,
      forceGroups: sorted(row.forceGroups),
      skipGroups: sorted(row.skipGroups),
      maxDuration: row.maxDuration,
      managedBy: row.managedBy,
    },
  });
}

/** Rules of masks and guardrails name connections by their ids: `settings.id` of the connections' own rows. */
export function maskingRule(row: MaskingRule, at: Location): PolicyObservation {
  return policy('masking-rule', row, `datamasking-rules/${row.id ?? row.name}`, at, {
    settings: {
      connectionIds: sorted(row.connectionIds),
      attributes: sorted(row.attributes),
      entityTypes: sorted(row.entityTypes),
      customTypes: row.customTypes.map((custom) => compact(custom)).sort(byText),
      threshold: row.threshold,
      managedBy: row.managedBy,
    },
  });
}

export function guardrail(row: Guardrail, at: Location): PolicyObservation {
  const side = (rules: Guardrail['input']): readonly JsonObject[] =>
    rules.map((rule) => compact({ ...rule, words: sorted(rule.words) })).sort(byText);
  return policy('guardrail', row, `guardrails/${row.id ?? row.name}`, at, {
    settings: {
      connectionIds: sorted(row.connectionIds),
      attributes: sorted(row.attributes),
      input: side(row.input),
      output: side(row.output),
      managedBy: row.managedBy,
    },
  });
}

export function attribute(row: Attribute, at: Location): PolicyObservation {
  return policy('attribute', row, `attributes/${row.name}`, at, {
    ...about(row.connections),
    settings: {
      connections: sorted(row.connections),
      groups: sorted(row.groups),
      accessRules: sorted(row.accessRules),
      guardrails: sorted(row.guardrails),
      maskingRules: sorted(row.maskingRules),
      managedBy: row.managedBy,
    },
  });
}

/** What a plugin is for; its id changes when it is taken out and put back, its name does not. */
const PLUGINS: { readonly [name: string]: PolicyObservation['type'] } = {
  access_control: 'access-control',
  review: 'access-rule',
  dlp: 'masking-rule',
  webhooks: 'forwarding',
};

export function plugin(row: Plugin, at: Location): PolicyObservation {
  const type = Object.hasOwn(PLUGINS, row.name) ? PLUGINS[row.name] : undefined;
  const connections = row.connections
    .map(({ id, name, config }) => compact({ name: name ?? id ?? '', groups: sorted(config) }))
    .sort(byText);
  return policy(type ?? 'server', { ...row, id: `plugin-${row.name}` }, `plugins/${row.name}`, at, {
    ...about(connections.map(({ name }) => String(name))),
    settings: {
      plugin: row.name,
      // The legacy review plugin asks for a review of each connect.
      accessType: row.name === 'review' ? 'legacy' : undefined,
      connections,
      // Their values are not ours to know.
      names: sorted(row.settingNames),
    },
  });
}

export function eventSubscription(row: EventSubscription, at: Location): PolicyObservation {
  const found = policy('forwarding', { ...row, org: undefined }, `event-routing/subscriptions/${row.id ?? row.name}`, at, {
    settings: {
      events: sorted(row.events),
      runbook: row.runbook,
      connection: row.connection,
      parameters: sorted(row.parameters),
    },
  });
  return delivering(found, row);
}

export function webhookEndpoint(row: WebhookEndpoint, at: Location): PolicyObservation {
  const host = hostOf(row.url);
  const found = policy('forwarding', { ...row, name: host ?? row.id, org: undefined }, `webhooks/endpoints/${row.id}`, at, {
    // None named is all of them.
    settings: { host, events: row.events.length === 0 ? undefined : sorted(row.events) },
  });
  return delivering(found, row);
}

/** What arrived lately changes by itself: it is no setting. */
function delivering(
  found: PolicyObservation,
  { isOn, delivered, failed }: Pick<EventSubscription, 'isOn' | 'delivered' | 'failed'>,
): PolicyObservation {
  const detail = compact({ delivered, failed });
  return {
    ...found,
    ...(isOn === undefined ? {} : { enabled: isOn }),
    ...(Object.keys(detail).length === 0 ? {} : { detail }),
  };
}

/** Names of groups that the gateway knows. */
export function groupNames(names: readonly string[], at: Location): PolicyObservation {
  return policy('server', { id: 'groups', name: 'groups', org: undefined }, 'users/groups', at, {
    settings: { groups: sorted(names) },
  });
}

export function agentProcess(row: Agent, at: Location): PolicyObservation {
  return policy('agent', row, `agents/${row.name}`, at, { settings: { id: row.id, mode: row.mode } });
}

export function workloadMapping(row: WorkloadMapping, at: Location): PolicyObservation {
  const name = row.spiffeId ?? row.spiffePrefix ?? row.trustDomain;
  return policy('workload-mapping', { ...row, name }, 'spiffe-mappings', at, {
    settings: {
      trustDomain: row.trustDomain,
      spiffeId: row.spiffeId,
      spiffePrefix: row.spiffePrefix,
      agentId: row.agentId,
      agentTemplate: row.agentTemplate,
      groups: sorted(row.groups),
    },
  });
}

/** Only what lists and single answers both hold: whichever was exported, the same connection has the same settings. */
export function connectionPolicy(row: Connection, environment: string | undefined, at: Location): PolicyObservation {
  const found = policy('connection', row, `connections/${row.name}`, at, {
    appliesTo: [row.name],
    settings: {
      id: row.id,
      type: row.type,
      subtype: row.subtype,
      agentId: row.agentId,
      tags: Object.fromEntries(Object.entries(row.tags).sort(byText)),
      modes: compact({ ...row.modes, schema: row.accessSchema }),
      reviewers: sorted(row.reviewers),
      forceGroups: sorted(row.forceGroups),
      minApprovals: row.minApprovals,
      maxDuration: row.maxDuration,
      jitDuration: row.jitDuration,
      guardrails: sorted(row.guardrailIds),
      redactEnabled: row.redactEnabled,
      redactTypes: sorted(row.redactTypes),
      attributes: sorted([...new Set(row.attributes)]),
      mandatoryMetadata: sorted(row.mandatoryMetadata),
      managedBy: row.managedBy,
    },
  });
  return environment === undefined ? found : { ...found, environment };
}

/** The version stands in the detail: an upgrade is no change of a rule. */
export function serverInfo(row: ServerInfo, at: Location): PolicyObservation {
  const host = hostOf(row.apiUrl);
  const found = policy('server', { id: host ?? 'info', name: host ?? 'gateway', org: undefined }, 'serverinfo', at, {
    settings: {
      authMethod: row.authMethod,
      idp: row.idp,
      redactProvider: row.redactProvider,
      hasRedactCredentials: row.hasRedactCredentials,
      hasWebhooks: row.hasWebhooks,
      postgresProxy: row.postgresProxy,
      downloadsOff: row.downloadsOff,
      tls: row.apiUrl === undefined ? undefined : row.apiUrl.startsWith('https:'),
      agentsTls: row.grpcUrl === undefined ? undefined : /^(?:grpcs|https):/.test(row.grpcUrl),
      tenancy: row.tenancy,
      licence: row.licence,
      flags: sorted(row.flags),
    },
  });
  return row.version === undefined ? found : { ...found, detail: { version: row.version } };
}

/**
 * Without the organisation, which sessions name and `/reviews` does not: the id is a UUID, and the two must meet. A review
 * in a session says whom it is for, and of which connection; the list of reviews says who decided when.
 */
export function approval(review: Review, session: Session | undefined, at: Location): PolicyObservation | undefined {
  if (review.id === undefined) return undefined;
  const reviewers = review.groups.map((group) =>
    compact({
      id: group.userId,
      email: group.email?.toLowerCase(),
      name: group.email === undefined ? group.name : undefined,
      group: group.group,
      status: group.status,
      at: readTime(group.decidedAt),
      forced: group.forced,
    }),
  );
  const found = policy(
    'approval',
    { id: review.id, name: review.rule ?? review.id, org: undefined },
    `reviews/${review.id}`,
    at,
    {
      ...(session?.connection === undefined ? {} : { appliesTo: [session.connection] }),
      createdAt: review.createdAt,
      settings: {
        type: review.type,
        status: review.status,
        userId: session?.userId,
        from: readTime(review.createdAt),
        until: readTime(review.revokeAt),
        seconds: review.seconds === 0 ? undefined : review.seconds,
        timeWindow:
          review.window === undefined
            ? undefined
            : compact({
                type: review.window.type,
                start: review.window.configuration?.start_time,
                end: review.window.configuration?.end_time,
              }),
        reviewers,
        minApprovals: review.minApprovals,
        forceGroups: review.forceGroups.length === 0 ? undefined : sorted(review.forceGroups),
        rule: review.rule,
        session: session?.id ?? review.session,
      },
    },
  );
  const org = session?.org ?? review.org;
  return org === undefined ? found : { ...found, scope: org };
}

interface Named {
  readonly id: string | undefined;
  readonly org: string | undefined;
  readonly name: string;
  readonly createdAt?: string | undefined;
  readonly changedAt?: string | undefined;
}
interface Said {
  readonly appliesTo?: readonly string[];
  readonly createdAt?: string | undefined;
  readonly settings: { readonly [key: string]: Json | undefined };
}

const WORDS: { readonly [type in PolicyObservation['type']]?: string } = { approval: 'review' };

function policy(type: PolicyObservation['type'], row: Named, pointer: string, at: Location, said: Said): PolicyObservation {
  return {
    kind: 'policy',
    id: identityId('hoop', row.org, `${WORDS[type] ?? type}/${row.id ?? row.name}`),
    provider: 'hoop',
    type,
    name: row.name,
    ...(row.org === undefined ? {} : { scope: row.org }),
    ...(said.appliesTo === undefined ? {} : { appliesTo: said.appliesTo }),
    ...times('createdAt', said.createdAt ?? row.createdAt),
    ...times('changedAt', row.changedAt),
    settings: compact(said.settings),
    at: { ...at, pointer },
  };
}

function times<K extends string>(key: K, value: string | undefined): { readonly [key in K]?: IsoTime } {
  const time = readTime(value);
  return time === undefined ? {} : ({ [key]: time } as { readonly [key in K]?: IsoTime });
}

function about(connections: readonly string[]): { readonly appliesTo?: readonly string[] } {
  return connections.length === 0 ? {} : { appliesTo: sorted(connections) };
}

function sorted(values: readonly string[]): readonly string[] {
  return [...values].sort();
}

function byText(a: unknown, b: unknown): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function hostOf(url: string | undefined): string | undefined {
  try {
    return url === undefined ? undefined : new URL(url).host || undefined;
  } catch {
    return undefined;
  }
}
