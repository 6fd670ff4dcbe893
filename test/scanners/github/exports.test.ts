import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { readFileName } from '../../../scanners/github/file-name.ts';
import { githubFiles } from '../../../scanners/github/index.ts';
import type { CoverageObservation, Observation } from '../../../src/contracts/index.ts';
import { Secret } from '../../../src/util/secret.ts';
import { collect, fakeToken, kinds, testContext } from '../../helpers/scan-context.ts';
import {
  alert,
  auditEvent,
  authorisation,
  installation,
  patGrant,
  publicKey,
  runner,
  runnerGroup,
  secret,
  sshKey,
  webhook,
} from './answers.ts';

describe('github scanner', () => {
  it('reads a fine-grained token with its rights, its owner and its end', async () => {
    const token = patGrant({
      token_id: 11,
      id: 99,
      repository_selection: 'all',
      permissions: { organization: { administration: 'write' }, repository: { contents: 'write', workflows: 'write' } },
    });

    const observations = await scanJson('orgs__Harbour__personal-access-tokens.json', [token]);

    const [identity] = kinds(observations, 'identity');
    assert.deepEqual(
      [identity?.id, identity?.type, identity?.name, identity?.owner, identity?.ownerBasis, identity?.scope],
      ['github:harbour:pat/11', 'pat', 'ci', 'astrid', 'token owner', 'harbour'],
    );
    const [credential] = kinds(observations, 'credential');
    assert.deepEqual(
      [credential?.id, credential?.expiresAt, credential?.lastUsedAt, credential?.neverExpires, credential?.status],
      ['github:personal-access-token/11', '2026-11-16T15:47:09.000Z', '2026-05-16T15:47:09.000Z', undefined, 'active'],
    );
    assert.deepEqual(
      kinds(observations, 'grant').map(({ permission, resource, capability }) => [permission, resource, capability]),
      [
        ['contents:write', 'harbour/*', undefined],
        ['organization_administration:write', 'harbour/*', undefined],
        ['workflows:write', 'harbour/*', undefined],
        ['organization_administration:write', 'harbour/*', 'admin'],
        ['contents:write and workflows:write', 'harbour/*', 'reads-secrets'],
        ['contents:write', 'harbour/*', 'writes-data'],
        ['contents:read', 'harbour/*', 'reads-data'],
      ],
    );
    assert.equal(onlyCoverage(observations).outcome, 'complete');
  });

  it('knows a token without an end from one of which nobody says it', async () => {
    const { token_expires_at: _, ...silent } = patGrant({ token_id: 12 });
    const tokens = [patGrant({ token_id: 11, token_expires_at: null }), silent];

    const observations = await scanJson('orgs__harbour__personal-access-tokens.json', tokens);

    assert.deepEqual(
      kinds(observations, 'credential').map(({ neverExpires }) => neverExpires),
      [true, undefined],
    );
  });

  it('keeps the last eight characters of a classic token, and takes an SSH key for a person', async () => {
    const fingerprint = `SHA256:${createHash('sha256').update('k').digest('base64')}`;
    const all = [
      authorisation(),
      authorisation({ credential_type: 'SSH key', token_last_eight: null, scopes: null, fingerprint }),
    ];

    const observations = await scanJson('orgs__harbour__credential-authorizations.json', all);

    assert.deepEqual(
      kinds(observations, 'identity').map(({ id, human, detail }) => [id, human, detail?.lastEight]),
      [
        ['github:harbour:token/joonas/abcd1234', undefined, 'abcd1234'],
        ['github:harbour:ssh-key/joonas/12345678', true, undefined],
      ],
    );
    assert.deepEqual(
      kinds(observations, 'credential').map(({ id, neverExpires }) => [id, neverExpires]),
      [
        ['github:token/12345678', true],
        [`ssh:key/${fingerprint.replace('=', '')}`, true],
      ],
    );
    assert.ok(kinds(observations, 'grant').some(({ capability }) => capability === 'reads-secrets'));
  });

  it('gives a deploy key the fingerprint that ssh-keygen prints', async () => {
    // The host key of github.com, whose fingerprint GitHub publishes.
    const key = `ssh-ed25519 ${['AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9o', 'kWi0dh2l9GKJl'].join('')} a comment`;

    const observations = await scanJson('keys.json', [sshKey({ id: 7, key, read_only: false, title: 'prod mirror' })]);

    const [credential] = kinds(observations, 'credential');
    assert.equal(credential?.id, 'ssh:key/SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU');
    const [identity] = kinds(observations, 'identity');
    assert.deepEqual(
      [identity?.id, identity?.environment, identity?.owner, identity?.detail?.mayWrite],
      ['github:harbour/shop:deploy-key/7', 'prod', 'astrid', true],
    );
    assert.equal(onlyCoverage(observations).outcome, 'complete');
  });

  it('takes the repository from the file name where an answer lost its address', async () => {
    const { url: _, ...key } = sshKey({ id: 7 });

    const observations = await scanJson('exports/harbour__shop__keys.json', [key]);

    assert.equal(kinds(observations, 'identity')[0]?.id, 'github:harbour/shop:deploy-key/7');
  });

  it('reads a deploy key whose public half is no key, by its id', async () => {
    const observations = await scanJson('harbour__shop__keys.json', [sshKey({ id: 7, key: '{{ template }}' })]);

    assert.equal(kinds(observations, 'credential')[0]?.id, 'github:deploy-key/7');
  });

  it('reads an installation, its rights and its suspension', async () => {
    const one = installation({ suspended_at: '2026-01-01T00:00:00Z', repository_selection: 'selected' });

    const observations = await scanJson('installations.json', { total_count: 1, installations: [one] });

    const [identity] = kinds(observations, 'identity');
    assert.deepEqual([identity?.id, identity?.enabled], ['github:harbour:app-installation/renovate', false]);
    assert.deepEqual([...new Set(kinds(observations, 'grant').map(({ resource }) => resource))], ['harbour/(selected)']);
  });

  it('reads secrets of every level by the name of the file', async () => {
    const files = {
      'orgs__harbour__actions__secrets.json': secret('NPM', { visibility: 'all' }),
      'orgs__harbour__dependabot__secrets.json': secret('NPM', { visibility: 'private' }),
      'repos__harbour__shop__actions__secrets.json': secret('AWS'),
      'repos/harbour/shop/dependabot/secrets.json': secret('AWS'),
      'repos__harbour__shop__environments__prod%2Feu__secrets.json': secret('DB'),
    };
    const rows: unknown[] = [];

    for (const [path, one] of Object.entries(files)) {
      const observations = await scanJson(path, { total_count: 1, secrets: [one] });
      const [credential] = kinds(observations, 'credential');
      rows.push([credential?.id, credential?.identity, credential?.detail?.visibility]);
      assert.equal(onlyCoverage(observations).outcome, 'complete', path);
    }

    assert.deepEqual(rows, [
      ['github:actions-secret/harbour/NPM', 'github:harbour:secret/NPM', 'all'],
      ['github:dependabot-secret/harbour/NPM', 'github:harbour:secret/NPM', 'private'],
      ['github:actions-secret/harbour/shop/AWS', 'github:harbour/shop:secret/AWS', undefined],
      ['github:dependabot-secret/harbour/shop/AWS', 'github:harbour/shop:secret/AWS', undefined],
      ['github:environment-secret/harbour/shop/prod/eu/DB', 'github:harbour/shop:environment/prod/eu/secret/DB', undefined],
    ]);
  });

  it('takes the last change of a secret for its rotation', async () => {
    const observations = await scanJson('harbour__shop__actions__secrets.json', { total_count: 1, secrets: [secret('AWS')] });

    const [credential] = kinds(observations, 'credential');
    assert.deepEqual(
      [credential?.createdAt, credential?.rotatedAt, credential?.status],
      ['2024-08-10T14:59:22.000Z', '2025-01-10T14:59:22.000Z', undefined],
    );
  });

  it('reads settings of workflow tokens and OIDC subjects, of an organisation and a repository', async () => {
    const files: [string, object][] = [
      [
        'orgs__harbour__actions__permissions__workflow.json',
        { default_workflow_permissions: 'write', can_approve_pull_request_reviews: true },
      ],
      ['repos__harbour__shop__actions__permissions__workflow.json', { default_workflow_permissions: 'read' }],
      ['orgs__harbour__actions__oidc__customization__sub.json', { include_claim_keys: ['repo'], use_immutable_subject: true }],
      [
        'repos__harbour__shop__actions__oidc__customization__sub.json',
        { use_default: false, include_claim_keys: ['job_workflow_ref'] },
      ],
    ];

    const all = await Promise.all(files.map(([path, value]) => scanJson(path, value)));

    assert.deepEqual(
      all.flatMap((observations) => kinds(observations, 'identity').map(({ id, detail }) => [id, detail])),
      [
        ['github:harbour:workflow-token', { defaultPermissions: 'write', mayApprove: true, level: 'organisation' }],
        ['github:harbour/shop:workflow-token', { defaultPermissions: 'read', level: 'repository' }],
        ['github:harbour:oidc-template', { claims: ['repo'], level: 'organisation', immutable: true }],
        ['github:harbour/shop:oidc-template', { claims: ['job_workflow_ref'], level: 'repository', usesDefault: false }],
      ],
    );
  });

  it('reads runners and their groups from separate files', async () => {
    const runners = await scanJson('orgs__harbour__actions__runners.json', { total_count: 1, runners: [runner()] });
    const groups = await scanJson('orgs__harbour__actions__runner-groups.json', {
      total_count: 1,
      runner_groups: [runnerGroup()],
    });

    const [machine] = kinds(runners, 'identity');
    const [group] = kinds(groups, 'identity');
    assert.equal(machine?.id, 'github:harbour:runner/big');
    assert.equal(group?.id, 'github:harbour:runner-group/1');
    assert.equal(machine?.detail?.groupId, group?.detail?.groupId);
  });

  it('keeps of a webhook the host and nothing of its path or its secret', async () => {
    const hook = webhook({
      config: { url: 'https://user:pw@chat.example/T0/B0/private', insecure_ssl: '1', secret: 'shown-by-an-old-server' },
    });

    const observations = await scanJson('hooks.json', [hook]);

    const [identity] = kinds(observations, 'identity');
    assert.deepEqual(
      [identity?.id, identity?.name, identity?.detail?.hasSecret, identity?.detail?.insecureSsl],
      ['github:harbour/shop:webhook/7', 'chat.example', true, true],
    );
    for (const word of ['private', 'shown-by', 'pw']) assert.ok(!JSON.stringify(observations).includes(word), word);
  });

  for (const [title, name, hook] of [
    ['the fields of an old server', 'x.json', { ...webhook(), ping_url: undefined, test_url: `${String(webhook().url)}/test` }],
    ['what was picked of it', 'harbour__shop__hooks.json', { id: 7, config: webhook().config, events: ['push'] }],
    [
      'its id and address, by the name of the file',
      'harbour__shop__hooks.json',
      { id: 7, config: { url: 'https://ci.harbour.example/a' } },
    ],
  ] as const) {
    it(`reads a webhook with ${title}`, async () => {
      const text = JSON.stringify([hook]);

      const observations = await scanText(name, text);

      assert.equal(recognises(name, text), true);
      assert.deepEqual(
        kinds(observations, 'identity').map(({ id }) => id),
        ['github:harbour/shop:webhook/7'],
      );
      assert.equal(kinds(observations, 'coverage')[0]?.outcome, 'complete');
    });
  }

  it('sights a secret in the address of a webhook', async () => {
    const hook = webhook({ config: { url: `https://chat.example/hooks/${fakeToken('harbour1')}` } });

    const observations = await scanJson('hooks.json', [hook]);

    assert.equal(kinds(observations, 'sighting').length, 1);
    assert.ok(!JSON.stringify(observations).includes(fakeToken('harbour1')));
  });

  it('keeps of an alert what it is of, and sights the secret that was exported with it', async () => {
    const observations = await scanJson('alerts.json', [alert({ secret: fakeToken('harbour1') })]);

    const [row] = kinds(observations, 'credential');
    assert.deepEqual(
      [row?.id, row?.status, row?.detail?.secretType, row?.detail?.state],
      ['github:secret-alert/harbour/shop/42', 'active', 'slack_api_token', 'open'],
    );
    assert.equal(kinds(observations, 'sighting').length, 1);
    assert.ok(!JSON.stringify(observations).includes(fakeToken('harbour1')));
  });

  it('joins the uses of one token in the audit log, and keeps no hash of it', async () => {
    const hash = createHash('sha256').update('a token').digest('base64');
    const used = { hashed_token: hash, token_id: 11, programmatic_access_type: 'Fine-grained personal access token' };
    const events = [
      auditEvent(used),
      auditEvent({
        ...used,
        '@timestamp': Date.parse('2026-05-21T10:00:00Z'),
        action: 'git.push',
        _document_id: 'doc-2',
        actor: 'joonas',
      }),
      auditEvent({ action: 'org.invite_member' }),
    ];
    const context = testContext();

    const observations = await scanJson('audit.json', events);

    const [row, ...others] = kinds(observations, 'credential');
    assert.deepEqual(others, []);
    assert.equal(row?.detail?.hashedToken, context.fingerprint(new Secret(hash)));
    assert.deepEqual(
      [row?.identity, row?.lastUsedAt, row?.lastUsedFor],
      ['github:harbour:pat/11', '2026-05-21T10:00:00.000Z', 'git.push'],
    );
    assert.deepEqual(row?.detail?.actors, ['astrid', 'joonas']);
    const [usage] = kinds(observations, 'usage');
    assert.deepEqual([usage?.sessionId, usage?.action, usage?.actor], ['doc-2', 'write', 'joonas']);
    assert.ok(!JSON.stringify(observations).includes(hash));
  });

  it('names who installed an app and who set a secret, by the audit log', async () => {
    const events = [
      auditEvent({ action: 'integration_installation.create', integration: 'Renovate Bot!', actor: 'astrid' }),
      auditEvent({ action: 'repo.create_actions_secret', key: 'AWS', actor: 'astrid' }),
      auditEvent({
        action: 'repo.update_actions_secret',
        key: 'AWS',
        actor: 'joonas',
        '@timestamp': Date.parse('2026-05-22T00:00:00Z'),
      }),
      auditEvent({ action: 'environment.create_actions_secret', key: 'DB', environment_name: 'prod', actor: 'mika' }),
      auditEvent({ action: 'org.create_actions_secret', key: 'NPM', actor: 'mika', repo: undefined }),
    ];

    const observations = await scanJson('audit.json', events);

    assert.deepEqual(
      kinds(observations, 'identity').map(({ id, owner, ownerBasis }) => [id, owner, ownerBasis]),
      [
        ['github:harbour:app-installation/renovate-bot', 'astrid', 'audit-log'],
        ['github:harbour/shop:secret/AWS', 'joonas', 'audit-log'],
        ['github:harbour/shop:environment/prod/secret/DB', 'mika', 'audit-log'],
        ['github:harbour:secret/NPM', 'mika', 'audit-log'],
      ],
    );
  });

  it('reads the audit log as CSV and as one event a line', async () => {
    const csv = [
      '"action","actor","org","repo","created_at","_document_id","hashed_token","token_id"',
      '"git.clone","astrid","harbour","harbour/shop","2026-05-20 10:00:00 +0000","doc-1","aGFzaA==",""',
      '"repo.access","astrid","harbour","harbour/shop","1779271200000","doc-2","",""',
    ].join('\r\n');
    const lines = [auditEvent({ hashed_token: 'aGFzaA==' }), auditEvent({ _document_id: 'doc-2' })]
      .map((one) => JSON.stringify(one))
      .join('\n');

    const both = [await scanText('export-harbour.csv', csv), await scanText('export-harbour.jsonl', lines)];

    for (const observations of both) {
      assert.equal(kinds(observations, 'credential')[0]?.lastUsedAt, '2026-05-20T10:00:00.000Z');
      assert.equal(onlyCoverage(observations).read, 2);
      assert.equal(onlyCoverage(observations).outcome, 'complete');
    }
  });

  it('reads members where the name of the file says that they are', async () => {
    const people = [{ login: 'Astrid', type: 'User', site_admin: false }];

    const observations = await scanJson('orgs__harbour__members.json', people);

    assert.deepEqual(
      kinds(observations, 'identity').map(({ id, human }) => [id, human]),
      [['github:harbour:member/astrid', true]],
    );
    assert.equal(recognises('stargazers.json', JSON.stringify(people)), false);
  });

  describe('with files as they come', () => {
    it('reads pages that stand one after the other, and lists of pages', async () => {
      const [one, two] = [patGrant({ token_id: 1 }), patGrant({ token_id: 2 })];
      const path = 'orgs__harbour__personal-access-tokens.json';

      const texts = [
        JSON.stringify([one]) + JSON.stringify([two]),
        JSON.stringify([[one], [two]]),
        `${JSON.stringify(one)}\n${JSON.stringify(two)}`,
      ];

      for (const text of texts) {
        const observations = await scanText(path, text);
        assert.equal(kinds(observations, 'identity').length, 2, text.slice(0, 10));
        assert.equal(onlyCoverage(observations).outcome, 'complete');
      }
    });

    it('adds up pages with a total, and says what is missing', async () => {
      const page = (name: string) => ({ total_count: 3, secrets: [secret(name)] });
      const path = 'harbour__shop__actions__secrets.json';

      const half = await scanText(path, JSON.stringify(page('A')) + JSON.stringify(page('B')));
      const whole = await scanText(path, JSON.stringify([page('A'), page('B'), page('C')]));

      assert.match(onlyCoverage(half).why ?? '', /it holds 2 of 3: export with --paginate/);
      assert.equal(onlyCoverage(whole).outcome, 'complete');
    });

    it('takes an empty list for an answer where the name says of what', async () => {
      const observations = await scanText('harbour__shop__keys.json', '[]\n');

      const row = onlyCoverage(observations);
      assert.deepEqual(
        [row.outcome, row.covers, row.detail?.export],
        ['complete', ['identity', 'credential', 'grant'], 'deploy-keys'],
      );
      assert.equal(recognises('list.json', '[]'), false);
    });

    it('tells a refusal that was exported in place of an answer, with the right that it takes', async () => {
      const refusal = {
        message: 'Resource not accessible by personal access token',
        documentation_url: 'https://docs.github.com/rest/x#y',
        status: '403',
      };

      const observations = await scanJson('orgs__harbour__personal-access-tokens.json', refusal);

      const row = onlyCoverage(observations);
      assert.equal(row.outcome, 'denied');
      assert.match(
        row.why ?? '',
        /"Resource not accessible by personal access token", HTTP 403\): it needs the organization permission "Personal access tokens"/,
      );
    });

    it('keeps the pages before a refusal', async () => {
      const text =
        JSON.stringify([patGrant({ token_id: 1 })]) +
        JSON.stringify({ message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest' });

      const observations = await scanText('orgs__harbour__personal-access-tokens.json', text);

      assert.equal(kinds(observations, 'identity').length, 1);
      assert.equal(onlyCoverage(observations).outcome, 'partial');
    });

    it('reads what stands whole in a file that was cut off', async () => {
      const text = JSON.stringify([patGrant({ token_id: 1 }), patGrant({ token_id: 2 })]);

      const observations = await scanText('orgs__harbour__personal-access-tokens.json', text.slice(0, -40));

      assert.equal(kinds(observations, 'identity').length, 1);
      assert.match(onlyCoverage(observations).why ?? '', /ends in the middle of a value/);
    });

    it('names the field of an entry that cannot be read, and reads the others', async () => {
      const observations = await scanJson('harbour__shop__keys.json', [sshKey({ id: 1 }), { ...sshKey({ id: 2 }), key: 7 }]);

      assert.equal(kinds(observations, 'identity').length, 1);
      assert.match(onlyCoverage(observations).why ?? '', /^answer\[1\]\.key: /);
    });

    it('says how to name a file that does not tell whose it is', async () => {
      const observations = await scanJson('runners.json', { total_count: 1, runners: [runner()] });

      const row = onlyCoverage(observations);
      assert.equal(row.outcome, 'partial');
      assert.match(row.why ?? '', /of which organisation they are: name it like its call \(orgs__org__actions__runners\.json\)/);
    });

    it('never throws, whatever stands in a file', async () => {
      const entries = [
        patGrant({ token_id: 1 }),
        authorisation(),
        installation(),
        sshKey({ id: 1 }),
        runner(),
        runnerGroup(),
        webhook(),
        alert(),
        auditEvent(),
      ];
      const names = ['orgs__h__personal-access-tokens.json', 'h__s__keys.json', 'x.json', 'orgs__h__members.json'];
      const broken = fc.record({
        entry: fc.constantFrom(...entries),
        field: fc.nat(20),
        value: fc.oneof(fc.jsonValue(), fc.constant(undefined)),
        cut: fc.nat(400),
        name: fc.constantFrom(...names),
      });

      await fc.assert(
        fc.asyncProperty(broken, async ({ entry, field, value, cut, name }) => {
          const keys = Object.keys(entry);
          const text = JSON.stringify([entry, { ...entry, [keys[field % keys.length] ?? 'id']: value }]);
          for (const one of [text, text.slice(0, cut)]) {
            const observations = await scanText(name, one);
            assert.ok(kinds(observations, 'coverage').length > 0);
          }
        }),
        { numRuns: 150 },
      );
    });
  });

  describe('what is claimed', () => {
    it('claims answers by their fields, compact and indented', () => {
      for (const entry of [
        patGrant({ token_id: 1 }),
        authorisation(),
        installation(),
        sshKey({ id: 1 }),
        webhook(),
        alert(),
        auditEvent(),
      ]) {
        assert.equal(recognises('a.json', JSON.stringify([entry])), true, JSON.stringify(entry));
        assert.equal(recognises('a.json', JSON.stringify([entry], null, 2)), true, JSON.stringify(entry));
      }
    });

    it('leaves alone what only looks alike', () => {
      const others = [
        ['package.json', '{"name": "x", "version": "1.0.0", "repository": "harbour/shop"}'],
        ['event.json', '{"action": "opened", "pull_request": {"id": 1}, "installation": {"id": 7}}'],
        ['sessions.json', '{"total_count": 1, "items": []}'],
        ['settings.json', '{"key": "value", "read_only": true}'],
        ['ping.json', JSON.stringify({ zen: 'Keep it simple.', hook_id: 7, hook: webhook() })],
        ['authorized_keys', publicKey()],
        ['orders.csv', 'id,action,actor\n1,2,3'],
      ];

      for (const [path = '', text = ''] of others) assert.equal(recognises(path, text), false, path);
    });

    it('reads the name of a file as that of its call', () => {
      assert.deepEqual(
        [
          'orgs__a__hooks.json',
          'x/repos/a/b/hooks.json',
          'a__b__hooks.json',
          'a__hooks.json',
          'hooks.json',
          'repos__a__b__environments__p%2Fq__secrets.json',
        ].map((path) => {
          const { endpoint, ...named } = readFileName(path);
          return [endpoint?.id, named];
        }),
        [
          ['org-hooks', { org: 'a' }],
          ['hooks', { org: 'a', repository: 'a/b' }],
          ['hooks', { org: 'a', repository: 'a/b' }],
          ['org-hooks', { org: 'a' }],
          [undefined, {}],
          ['environment-secrets', { org: 'a', repository: 'a/b', environment: 'p/q' }],
        ],
      );
    });
  });
});

async function scanJson(path: string, value: unknown): Promise<Observation[]> {
  return await scanText(path, JSON.stringify(value));
}

async function scanText(path: string, text: string): Promise<Observation[]> {
  const bytes = Buffer.from(text);
  return await collect(githubFiles.scan({ path, bytes, text: () => text, at: { path }, place: 'file' }, testContext()));
}

function recognises(path: string, text: string): boolean {
  return githubFiles.recognises({ path, head: () => text.slice(0, 4096), size: text.length });
}

function onlyCoverage(observations: readonly Observation[]): CoverageObservation {
  const [row, ...others] = kinds(observations, 'coverage');
  assert.ok(row !== undefined);
  assert.deepEqual(others, []);
  return row;
}
