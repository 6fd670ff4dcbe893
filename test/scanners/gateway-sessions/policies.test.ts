import assert from 'node:assert/strict';
import { recordsOf } from '../../../scanners/gateway-sessions/export-file.ts';
import { loadGrammar } from '../../../scanners/gateway-sessions/sql/parser.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import { fakeToken, kinds, testContext } from '../../helpers/scan-context.ts';
import { connection, listRow, ORG, one, recognises, scan, single } from './helpers.ts';

const ACCESS_RULE = {
  id: '1e8f7a09-cbf9-5112-8513-a248b0545a0e',
  name: 'prod',
  description: 'whatever people write',
  access_type: 'JIT',
  connection_names: ['pg-b', 'pg-a'],
  attributes: null,
  approval_required_groups: ['devs', 'analysts'],
  all_groups_must_approve: false,
  reviewers_groups: ['owners'],
  force_approval_groups: [],
  skip_review_groups: ['sre'],
  access_max_duration: 3600,
  min_approvals: 1,
  managed_by: null,
  created_at: '2025-02-03T09:00:00Z',
  updated_at: '2025-03-03T09:00:00Z',
};
const MASK = {
  id: 'm1',
  name: 'pii',
  connection_ids: ['c2', 'c1'],
  attributes: ['personal'],
  supported_entity_types: [{ name: 'x', entity_types: ['PHONE_NUMBER', 'EMAIL_ADDRESS'] }],
  custom_entity_types: [{ name: 'BADGE', regex: 'B-[0-9]+', deny_list: ['Ada Lovelace'], score: 0.5 }],
  score_threshold: 0.6,
};
const GUARDRAIL = {
  id: 'g1',
  name: 'no-drop',
  description: '',
  input: { rules: [{ type: 'deny_words_list', words: ['TRUNCATE', 'DROP'], pattern_regex: '', message: 'no' }] },
  output: {},
  connection_ids: ['c1'],
  attributes: [],
  created_at: '2025-01-01T00:00:00Z',
  updated_at: '2025-01-02T00:00:00Z',
};
const ATTRIBUTE = {
  id: 'a1',
  org_id: ORG,
  name: 'personal',
  description: 'Data of guests',
  managed_by: null,
  connection_names: ['pg-a'],
  access_request_rule_names: ['prod'],
  guardrail_rule_names: null,
  datamasking_rule_names: ['pii'],
  access_control_group_names: ['ml-training'],
  created_at: '2025-01-01T00:00:00Z',
};
const PLUGIN = {
  id: 'p1',
  name: 'access_control',
  connections: [
    { id: 'c2', name: 'pg-b', config: ['devs', 'analysts'] },
    { id: 'c1', name: 'pg-a', config: null },
  ],
  config: null,
  source: null,
  priority: 0,
};
const MAPPING = {
  id: 's1',
  org_id: ORG,
  trust_domain: 'harbour.example',
  spiffe_prefix: 'spiffe://harbour.example/agents/',
  agent_template: '{{.Name}}',
  groups: ['agents'],
  created_at: '2025-01-01T00:00:00Z',
  updated_at: '2025-01-01T00:00:00Z',
};
const SERVER = {
  version: '1.148.0',
  auth_method: 'local',
  redact_provider: '',
  has_redact_credentials: false,
  api_url: 'http://hoop.harbour.example:8009',
  license_info: { type: 'oss', key_id: 'k' },
  feature_flags: { b: true, a: true, c: false },
};
const REVIEW = {
  id: 'r1',
  session: 'a3c1a1de-0001-4c7e-9a55-0b7f2f7c1a10',
  type: 'JIT',
  access_duration: 14_400_000_000_000,
  status: 'approved',
  revoke_at: '2026-03-12T05:00:00Z',
  created_at: '2026-03-12T01:00:00Z',
  review_groups_data: [
    {
      id: 'g',
      group: 'owners',
      status: 'APPROVED',
      reviewed_by: { id: 'okta|55', name: 'R. Lima', email: 'R.Lima@harbour.example' },
      review_date: '2026-03-12T01:02:00Z',
      forced_review: true,
    },
  ],
  time_window: { type: 'time_range', configuration: { start_time: '08:00', end_time: '18:00' } },
  access_request_rule_name: 'prod',
  min_approvals: 1,
  force_approval_groups: ['sre'],
};

before(loadGrammar);

describe('gateway-sessions scanner: rules and settings', () => {
  it('reads an access request rule, in a fixed order, without what binds nobody', async () => {
    const policy = await one('policy', [ACCESS_RULE], 'x/rules.json');

    assert.equal(recognises([ACCESS_RULE], 'x/rules.json'), true);
    assert.deepEqual(policy, {
      kind: 'policy',
      id: `hoop:-:access-rule/${ACCESS_RULE.id}`,
      provider: 'hoop',
      type: 'access-rule',
      name: 'prod',
      appliesTo: ['pg-a', 'pg-b'],
      createdAt: '2025-02-03T09:00:00.000Z',
      changedAt: '2025-03-03T09:00:00.000Z',
      settings: {
        accessType: 'jit',
        connections: ['pg-a', 'pg-b'],
        attributes: [],
        requiredGroups: ['analysts', 'devs'],
        reviewers: ['owners'],
        allMustApprove: false,
        minApprovals: 1,
        forceGroups: [],
        skipGroups: ['sre'],
        maxDuration: 3600,
      },
      at: { path: 'x/rules.json', pointer: `access-requests/rules/${ACCESS_RULE.id}` },
    });
  });

  it('says the same of a rule whose lists are null, empty, or in another order', async () => {
    const same = { ...ACCESS_RULE, attributes: [], approval_required_groups: ['analysts', 'devs'], skip_review_groups: ['sre'] };
    const { force_approval_groups: _, ...older } = same;

    const [first, second, third] = await Promise.all(
      [ACCESS_RULE, same, older].map((row) => one('policy', [row], 'x/rules.json')),
    );

    assert.deepEqual(JSON.stringify(second), JSON.stringify(first));
    assert.deepEqual(JSON.stringify(third), JSON.stringify(first));
  });

  it('reads masking rules, without the words that a mask denies', async () => {
    const policy = await one('policy', [MASK], 'x/masks.json');

    assert.deepEqual(policy.settings, {
      connectionIds: ['c1', 'c2'],
      attributes: ['personal'],
      entityTypes: ['EMAIL_ADDRESS', 'PHONE_NUMBER'],
      customTypes: [{ name: 'BADGE', regex: 'B-[0-9]+', denied: 1, score: 0.5 }],
      threshold: 0.6,
    });
    assert.doesNotMatch(JSON.stringify(policy), /Lovelace/);
  });

  it('reads guardrails by side', async () => {
    const policy = await one('policy', [GUARDRAIL], 'x/guardrails.json');

    assert.equal(recognises([GUARDRAIL], 'x/guardrails.json'), true);
    assert.deepEqual(
      [policy.type, policy.settings.input, policy.settings.output],
      ['guardrail', [{ type: 'deny_words_list', words: ['DROP', 'TRUNCATE'] }], []],
    );
  });

  it('reads attributes, with the groups they let in', async () => {
    const policy = await one('policy', [ATTRIBUTE], 'x/attributes.json');

    assert.equal(recognises([ATTRIBUTE], 'x/attributes.json'), true);
    assert.deepEqual(
      [policy.id, policy.appliesTo, policy.settings.groups],
      [`hoop:${ORG}:attribute/a1`, ['pg-a'], ['ml-training']],
    );
  });

  it('reads who may use which connection', async () => {
    const observations = await scan([PLUGIN], 'x/plugins.json');

    const [policy] = kinds(observations, 'policy');
    assert.equal(recognises([PLUGIN], 'x/plugins.json'), true);
    assert.deepEqual(
      [policy?.id, policy?.type, policy?.settings.connections],
      [
        'hoop:-:access-control/plugin-access_control',
        'access-control',
        [
          { name: 'pg-a', groups: [] },
          { name: 'pg-b', groups: ['analysts', 'devs'] },
        ],
      ],
    );
    assert.deepEqual(kinds(observations, 'coverage')[0]?.detail?.types, ['plugin', 'access-control']);
  });

  it('takes a list of plugins without access control for the fact that there is none, and one other plugin not', async () => {
    const hooks = {
      ...PLUGIN,
      id: 'p2',
      name: 'webhooks',
      connections: [],
      config: { envvars: { WEBHOOK_APP: 'c2VjcmV0LXZhbHVl' } },
    };

    const list = await scan([hooks], 'x/plugins.json');
    const single = await scan(hooks, 'x/webhooks.json');

    assert.deepEqual(kinds(list, 'coverage')[0]?.detail?.types, ['plugin', 'access-control']);
    assert.deepEqual(kinds(single, 'coverage')[0]?.detail?.types, ['plugin']);
    assert.deepEqual([kinds(list, 'policy')[0]?.type, kinds(list, 'policy')[0]?.settings.names], ['forwarding', ['WEBHOOK_APP']]);
    assert.doesNotMatch(JSON.stringify(list), /c2VjcmV0LXZhbHVl|secret-value/);
  });

  it('reads agents without their token, and without what changes by itself', async () => {
    const agent = {
      id: 'ag1',
      name: 'prod',
      mode: 'standard',
      status: 'CONNECTED',
      token: ['xa', 'gt-'].join('').concat('Q'.repeat(43)),
      metadata: { version: '1.148.0', hostname: 'ip-10-0-0-7' },
      hostname: 'ip-10-0-0-7',
      kernel_version: '6.1',
    };

    const first = kinds(await scan([agent], 'x/agents.json'), 'policy');
    const later = kinds(await scan([{ ...agent, status: 'DISCONNECTED', kernel_version: '6.9' }], 'x/agents.json'), 'policy');

    assert.equal(recognises([agent], 'x/agents.json'), true);
    assert.deepEqual(first[0]?.settings, { id: 'ag1', mode: 'standard' });
    assert.deepEqual(later, first);
    assert.ok(!JSON.stringify(first).includes(agent.token));
  });

  it('reads agents of gateways that say all of the machine in the metadata', async () => {
    const agent = {
      id: 'ag1',
      name: 'dc1',
      mode: 'standard',
      status: 'CONNECTED',
      metadata: { hostname: 'h', kernel_version: '6.1' },
    };

    const policies = kinds(await scan([agent, { ...agent, id: 'ag2', name: 'dc2', metadata: {} }], 'hoop/agents.json'), 'policy');

    assert.deepEqual(
      policies.map(({ settings }) => settings),
      [
        { id: 'ag1', mode: 'standard' },
        { id: 'ag2', mode: 'standard' },
      ],
    );
    assert.equal(recognises([{ name: 'x', mode: 'standard', status: 'on' }], 'a/list.json'), false);
  });

  it('reads SPIFFE mappings', async () => {
    const policy = await one('policy', [MAPPING], 'x/spiffe-mappings.json');

    assert.equal(recognises([MAPPING], 'x/spiffe-mappings.json'), true);
    assert.deepEqual(
      [policy.type, policy.name, policy.settings.groups],
      ['workload-mapping', 'spiffe://harbour.example/agents/', ['agents']],
    );
  });

  it('reads where events go: to a runbook, and to the host of an address', async () => {
    const subscription = {
      id: 'e1',
      name: 'to the SIEM',
      description: '',
      event_types: ['session.started', 'session.closed'],
      runbook_repository: 'github.com/harbour/runbooks',
      runbook_file: 'siem/send.runbook.py',
      connection_name: 'bash',
      parameter_mapping: { SESSION: '$.session_id', TOKEN: 'do-not-keep' },
      status: 'active',
      created_by_email: 'r.lima@example.com',
      created_at: '2026-01-01T00:00:00Z',
      updated_at: '2026-01-02T00:00:00Z',
      delivered_count_7d: 9,
    };
    const webhook = {
      id: 'ep_1',
      url: 'https://hooks.example/do-not-keep',
      disabled: true,
      stats: { fail: -1, success: -1 },
      metadata: {},
    };

    const [runbook] = kinds(await scan([subscription], 'x/subscriptions.json'), 'policy');
    const [address] = kinds(await scan({ data: [webhook], done: true }, 'hoop/webhooks-endpoints.json'), 'policy');

    assert.equal(recognises([subscription], 'x/subscriptions.json'), true);
    assert.equal(recognises({ data: [webhook], done: true }, 'hoop/webhooks-endpoints.json'), true);
    assert.equal(recognises({ data: [webhook], done: true }, 'x/pages.json'), false);
    assert.deepEqual(
      [runbook?.id, runbook?.type, runbook?.name, runbook?.enabled, runbook?.detail],
      ['hoop:-:forwarding/e1', 'forwarding', 'to the SIEM', true, { delivered: 9 }],
    );
    assert.deepEqual(runbook?.settings, {
      events: ['session.closed', 'session.started'],
      runbook: 'siem/send.runbook.py',
      connection: 'bash',
      parameters: ['SESSION', 'TOKEN'],
    });
    assert.deepEqual(
      [address?.id, address?.name, address?.enabled, address?.settings, address?.detail],
      ['hoop:-:forwarding/ep_1', 'hooks.example', false, { host: 'hooks.example' }, undefined],
    );
    assert.ok(!JSON.stringify([runbook, address]).includes('do-not-keep'));
  });

  it('reads server settings; an upgrade changes none of them', async () => {
    const policy = await one('policy', SERVER, 'x/serverinfo.json');
    const upgraded = await one('policy', { ...SERVER, version: '1.150.0' }, 'x/serverinfo.json');

    assert.equal(policy.id, 'hoop:-:server/hoop.harbour.example:8009');
    assert.deepEqual(policy.settings, {
      authMethod: 'local',
      hasRedactCredentials: false,
      tls: false,
      licence: 'oss',
      flags: ['a', 'b'],
    });
    assert.deepEqual(upgraded.settings, policy.settings);
    assert.deepEqual(upgraded.detail, { version: '1.150.0' });
  });

  it('reads the names of groups, which only the path tells from any other list', async () => {
    const policy = await one('policy', ['sre', 'admin'], 'hoop/users-groups.json');

    assert.equal(recognises(['sre', 'admin'], 'hoop/users-groups.json'), true);
    assert.equal(recognises(['sre', 'admin'], 'hoop/notes.json'), false);
    assert.equal(recognises(['sre', 'admin'], 'app/groups.json'), false);
    assert.deepEqual([policy.id, policy.settings], ['hoop:-:server/groups', { groups: ['admin', 'sre'] }]);
  });

  it('says the same settings of a connection in a list and by itself, and no secret', async () => {
    const secret = { 'envvar:PASS': Buffer.from('a-password-of-the-beans').toString('base64') };

    const [inList] = kinds(await scan([connection({ attributes: ['b', 'a'] })], 'hoop/connections.json'), 'policy');
    const alone = kinds(
      await scan(connection({ secret, status: 'offline', attributes: ['a', 'b'], effective_features: {} }), 'hoop/c.json'),
      'policy',
    );

    assert.deepEqual(alone[0]?.settings, inList?.settings);
    assert.deepEqual(
      [inList?.id, inList?.appliesTo, inList?.environment],
      ['hoop:-:connection/77f3a2c4-0000-4000-8000-000000000001', ['pg-beans-prod'], 'prod'],
    );
    assert.doesNotMatch(JSON.stringify(alone), /a-password-of/);
  });

  it('reads reviews from their list and from sessions under one id', async () => {
    const [listed] = kinds(await scan([REVIEW], 'hoop/reviews.json'), 'policy');
    const { session: _, ...own } = REVIEW;
    const [held] = kinds(await scan(single({ review: own }), 'hoop/session.json'), 'policy');

    assert.equal(recognises([REVIEW], 'hoop/reviews.json'), true);
    assert.equal(listed?.id, 'hoop:-:review/r1');
    assert.equal(held?.id, listed?.id);
    assert.deepEqual(listed?.settings, {
      type: 'jit',
      status: 'APPROVED',
      from: '2026-03-12T01:00:00.000Z',
      until: '2026-03-12T05:00:00.000Z',
      seconds: 14_400,
      timeWindow: { type: 'time_range', start: '08:00', end: '18:00' },
      reviewers: [
        {
          id: 'okta|55',
          email: 'r.lima@harbour.example',
          group: 'owners',
          status: 'APPROVED',
          at: '2026-03-12T01:02:00.000Z',
          forced: true,
        },
      ],
      minApprovals: 1,
      forceGroups: ['sre'],
      rule: 'prod',
      session: REVIEW.session,
    });
    assert.deepEqual(
      [held?.appliesTo, held?.scope, held?.settings.userId, held?.settings.session],
      [['pg-beans-prod'], ORG, 'roaster-bot', REVIEW.session],
    );
  });

  it('makes no approval of a review without an id', async () => {
    assert.deepEqual(kinds(await scan([listRow({ review: { status: 'PENDING' } })]), 'policy'), []);
  });

  it('reads each kind in the shapes that the API and people give', async () => {
    for (const [row, path] of [
      [ACCESS_RULE, 'x/a.json'],
      [GUARDRAIL, 'x/g.json'],
      [REVIEW, 'x/r.json'],
    ] as const) {
      const shapes = [
        [row],
        row,
        { pages: { total: 1, page: 1, size: 100 }, data: [row] },
        { items: [row] },
        `${JSON.stringify(row)}\n`,
      ];
      for (const shape of shapes) {
        assert.equal(recognises(shape, path), true);
        assert.equal(kinds(await scan(shape, path), 'policy').length, 1, JSON.stringify(shape).slice(0, 80));
      }
    }
  });

  it('knows what an empty list was asked for', async () => {
    for (const [name, type] of [
      ['guardrails', 'guardrail'],
      ['datamasking-rules', 'masking-rule'],
      ['access-requests-rules', 'access-rule'],
      ['plugins', 'plugin'],
      ['reviews', 'approval'],
      ['spiffe-mappings', 'workload-mapping'],
      ['audit-logs', 'admin-audit'],
      ['metrics-sessions', 'session-metrics'],
      ['sessions', 'session'],
    ] as const) {
      const coverage = await one('coverage', '[]', `hoop/${name}.json`);
      assert.ok(JSON.stringify(coverage.detail?.types).includes(`"${type}"`), name);
    }
  });

  it('names the rules that lack what they need', async () => {
    const coverage = await one('coverage', [{ ...ACCESS_RULE, name: '' }], 'x/rules.json');

    assert.deepEqual([coverage.outcome, coverage.failed], ['partial', 1]);
    assert.match(coverage.why ?? '', /lacks what makes it one: access request rule/);
  });

  it('reads answers without a file around them', () => {
    const rows: Observation[] = [];
    const records = recordsOf('guardrail', [GUARDRAIL, 7, null], { pointer: 'guardrails' }, testContext());
    let step = records.next();
    for (; step.done !== true; step = records.next()) rows.push(step.value);
    const groups = [...recordsOf('groups', ['b', { name: 'a' }, 7], {}, testContext())];

    assert.deepEqual([step.value.read, step.value.problems.length, kinds(rows, 'policy').length], [1, 2, 1]);
    assert.deepEqual(kinds(groups, 'policy')[0]?.settings, { groups: ['a', 'b'] });
  });
});

describe('gateway-sessions scanner: admin audit log', () => {
  const ENTRY = {
    id: 'e1',
    org_id: ORG,
    actor_subject: 'okta|9',
    actor_email: 'ada@harbour.example',
    actor_name: 'Ada',
    created_at: '2026-03-12T09:00:00Z',
    resource_type: 'connections',
    action: 'update',
    http_method: 'put',
    http_status: 200,
    http_path: '/api/connections/pg%20beans?x=1',
    client_ip: '10.1.2.3',
    request_payload_redacted: { name: 'pg beans', redact_types: ['EMAIL_ADDRESS'], note: 'quiet words' },
    outcome: true,
    error_message: '',
  };

  it('reads an entry as a use of the gateway itself', async () => {
    const usage = await one('usage', [ENTRY], 'x/audit.json');

    assert.equal(recognises([ENTRY], 'x/audit.json'), true);
    assert.deepEqual(usage, {
      kind: 'usage',
      via: 'gateway',
      sessionId: 'e1',
      usedAt: '2026-03-12T09:00:00.000Z',
      target: 'admin:connections',
      action: 'admin',
      objects: ['pg beans'],
      actor: 'ada@harbour.example',
      actorType: 'human',
      actorConfidence: 'medium',
      operation: 'PUT /api/connections/pg%20beans',
      outcome: 'ok',
      sourceIp: '10.1.2.3',
      at: { path: 'x/audit.json', pointer: 'audit/logs/e1' },
      detail: {
        adminAudit: true,
        org: ORG,
        userId: 'okta|9',
        resource: 'connections',
        change: 'update',
        httpStatus: 200,
        fields: ['name', 'note', 'redact_types'],
      },
    });
  });

  it('tells a refusal from a failure, and the static key from people', async () => {
    const usages = kinds(
      await scan(
        [
          { ...ENTRY, id: 'a', http_status: 403, outcome: false },
          { ...ENTRY, id: 'b', http_status: 500, outcome: false, actor_subject: 'API_KEY', actor_email: '', actor_name: '' },
          { ...ENTRY, id: 'c', created_at: 'soon' },
        ],
        'x/audit.json',
      ),
      'usage',
    );

    assert.deepEqual(
      usages.map(({ outcome, actorType }) => [outcome, actorType]),
      [
        ['denied', 'human'],
        ['failed', 'static-admin-key'],
      ],
    );
  });

  it('finds what the gateway forgot to redact, and keeps nothing of the payload', async () => {
    const token = fakeToken('harbour7');

    const observations = await scan([{ ...ENTRY, request_payload_redacted: { token } }], 'x/audit.json');

    assert.deepEqual(
      kinds(observations, 'sighting').map(({ place, at }) => [place, at?.part]),
      [['session-log', 'payload']],
    );
    assert.ok(!JSON.stringify(observations).includes(token));
  });
});

describe('gateway-sessions scanner: metrics of sessions', () => {
  const METRIC = {
    session_id: 's1',
    org_id: ORG,
    connection_type: 'database',
    connection_subtype: 'postgres',
    connection_name: 'pg-beans-prod',
    info_type: 'EMAIL_ADDRESS',
    count_masked: 0,
    count_analyzed: 40,
    is_masked: false,
    session_created_at: '2026-03-12T02:00:04Z',
    session_ended_at: '2026-03-12T02:00:06Z',
    session_duration_sec: 2,
  };

  it('joins the rows of one session, whichever order and however often they come', async () => {
    const phone = { ...METRIC, info_type: 'PHONE_NUMBER', count_masked: 3, count_analyzed: 3 };

    const usages = kinds(
      await scan({ data: [phone, METRIC, { ...METRIC, session_id: 's2', count_analyzed: 0 }, METRIC] }, 'x/metrics.json'),
      'usage',
    );

    assert.equal(recognises({ data: [METRIC] }, 'x/metrics.json'), true);
    assert.deepEqual(
      usages.map(({ sessionId, infoTypes, masked }) => [sessionId, infoTypes, masked]),
      [
        ['s1', ['EMAIL_ADDRESS', 'PHONE_NUMBER'], true],
        ['s2', undefined, undefined],
      ],
    );
    assert.deepEqual(
      [usages[0]?.detail?.depth, usages[0]?.detail?.infoTypes, usages[0]?.detail?.analyzed, usages[0]?.detail?.unmasked],
      ['metrics', { PHONE_NUMBER: 3 }, { EMAIL_ADDRESS: 40, PHONE_NUMBER: 3 }, ['EMAIL_ADDRESS']],
    );
  });
});
