import type { Route } from './server.ts';

/** Answers of the API as GitHub documents them, shortened to what a test may want to change. */
type Fields = { readonly [field: string]: unknown };

/** A public key of the right make; `seed` makes it another one. */
export function publicKey(seed = 1): string {
  const body = Buffer.alloc(51, seed);
  body.writeUInt32BE(11, 0);
  body.write('ssh-ed25519', 4, 'latin1');
  body.writeUInt32BE(32, 15);
  return `ssh-ed25519 ${body.toString('base64')}`;
}

export function sshKey(fields: Fields & { readonly id: number }): Fields {
  return {
    key: publicKey(fields.id),
    url: `https://api.github.com/repos/harbour/shop/keys/${fields.id}`,
    title: 'mirror',
    verified: true,
    created_at: '2024-02-02T10:20:00Z',
    read_only: true,
    added_by: 'astrid',
    last_used: '2026-05-30T12:00:00Z',
    enabled: true,
    ...fields,
  };
}

export function patGrant(fields: Fields & { readonly token_id: number }): Fields {
  return {
    id: fields.token_id + 1000,
    owner: { login: 'astrid', id: 1 },
    repository_selection: 'subset',
    repositories_url: 'https://api.github.com/organizations/652551/personal-access-tokens/25381/repositories',
    permissions: { organization: { members: 'read' }, repository: { metadata: 'read', contents: 'read' } },
    access_granted_at: '2026-01-16T08:47:09.000-07:00',
    token_name: 'ci',
    token_expired: false,
    token_expires_at: '2026-11-16T08:47:09.000-07:00',
    token_last_used_at: '2026-05-16T08:47:09.000-07:00',
    ...fields,
  };
}

export function authorisation(fields: Fields = {}): Fields {
  return {
    login: 'joonas',
    credential_id: 161195,
    credential_type: 'personal access token',
    token_last_eight: 'abcd1234',
    credential_authorized_at: '2024-01-26T19:06:43Z',
    credential_accessed_at: '2026-01-26T19:06:43Z',
    authorized_credential_id: 12345678,
    scopes: ['repo', 'workflow'],
    fingerprint: null,
    authorized_credential_title: null,
    authorized_credential_note: 'release script',
    authorized_credential_expires_at: null,
    ...fields,
  };
}

export function installation(fields: Fields = {}): Fields {
  return {
    id: 25381,
    account: { login: 'harbour', id: 1 },
    access_tokens_url: 'https://api.github.com/app/installations/25381/access_tokens',
    repositories_url: 'https://api.github.com/installation/repositories',
    repository_selection: 'all',
    app_id: 2740,
    app_slug: 'renovate',
    target_id: 1,
    target_type: 'Organization',
    permissions: { contents: 'write', metadata: 'read', workflows: 'write' },
    events: ['push'],
    created_at: '2024-07-08T16:18:44-04:00',
    updated_at: '2024-07-08T16:18:44-04:00',
    suspended_at: null,
    ...fields,
  };
}

export function secret(name: string, fields: Fields = {}): Fields {
  return { name, created_at: '2024-08-10T14:59:22Z', updated_at: '2025-01-10T14:59:22Z', ...fields };
}

export function runner(fields: Fields = {}): Fields {
  return {
    id: 23,
    runner_group_id: 1,
    name: 'big',
    os: 'linux',
    status: 'online',
    busy: false,
    labels: [{ id: 1, name: 'self-hosted', type: 'read-only' }],
    ephemeral: false,
    ...fields,
  };
}

export function runnerGroup(fields: Fields = {}): Fields {
  return {
    id: 1,
    name: 'Default',
    visibility: 'all',
    default: true,
    runners_url: 'https://api.github.com/orgs/harbour/actions/runner-groups/1/runners',
    inherited: false,
    allows_public_repositories: false,
    restricted_to_workflows: false,
    selected_workflows: [],
    ...fields,
  };
}

export function webhook(fields: Fields = {}): Fields {
  return {
    type: 'Repository',
    id: 7,
    name: 'web',
    active: true,
    events: ['push'],
    config: { content_type: 'json', insecure_ssl: '0', url: 'https://ci.harbour.example/hook/T000/B000', secret: '********' },
    updated_at: '2025-06-03T00:57:16Z',
    created_at: '2024-06-03T00:57:16Z',
    url: 'https://api.github.com/repos/harbour/shop/hooks/7',
    ping_url: 'https://api.github.com/repos/harbour/shop/hooks/7/pings',
    ...fields,
  };
}

export function alert(fields: Fields = {}): Fields {
  return {
    number: 42,
    created_at: '2026-05-06T18:47:38Z',
    url: 'https://api.github.com/repos/harbour/shop/secret-scanning/alerts/42',
    locations_url: 'https://api.github.com/repos/harbour/shop/secret-scanning/alerts/42/locations',
    state: 'open',
    resolution: null,
    secret_type: 'slack_api_token',
    secret_type_display_name: 'Slack API Token',
    secret: 'planted-value',
    validity: 'active',
    publicly_leaked: true,
    multi_repo: false,
    push_protection_bypassed: false,
    repository: { id: 1, full_name: 'harbour/shop' },
    ...fields,
  };
}

export function auditEvent(fields: Fields = {}): Fields {
  return {
    '@timestamp': Date.parse('2026-05-20T10:00:00Z'),
    _document_id: 'doc-1',
    action: 'git.clone',
    actor: 'astrid',
    org: 'harbour',
    repo: 'harbour/shop',
    created_at: Date.parse('2026-05-20T10:00:00Z'),
    ...fields,
  };
}

/** Everything that is asked of an organisation with two repositories. */
export function fullOrganisation(): Map<string, Route> {
  const routes = new Map<string, Route>([
    [
      '/orgs/harbour',
      {
        login: 'harbour',
        plan: { name: 'enterprise' },
        two_factor_requirement_enabled: true,
        // No more than are listed, in a test that lists none, too.
        public_repos: 0,
        total_private_repos: 0,
      },
    ],
    [
      '/orgs/harbour/repos',
      [
        { full_name: 'harbour/shop', private: true, visibility: 'internal', archived: false },
        { full_name: 'harbour/docs', private: false, visibility: 'public', archived: false },
      ],
    ],
    ['/orgs/harbour/members', [{ login: 'Astrid', type: 'User' }]],
    ['/orgs/harbour/outside_collaborators', []],
    ['/orgs/harbour/personal-access-tokens', [11, 12, 13].map((id) => patGrant({ token_id: id }))],
    ['/orgs/harbour/credential-authorizations', [authorisation()]],
    ['/orgs/harbour/installations', listOf('installations', installation())],
    ['/apps/renovate', { id: 2740, slug: 'renovate', owner: { login: 'Mend' } }],
    ['/orgs/harbour/actions/secrets', listOf('secrets', secret('NPM_TOKEN', { visibility: 'all' }))],
    ['/orgs/harbour/dependabot/secrets', listOf('secrets')],
    [
      '/orgs/harbour/actions/permissions/workflow',
      { default_workflow_permissions: 'read', can_approve_pull_request_reviews: false },
    ],
    ['/orgs/harbour/actions/oidc/customization/sub', { include_claim_keys: ['repo', 'context'] }],
    ['/orgs/harbour/actions/runners', listOf('runners', runner())],
    ['/orgs/harbour/actions/runner-groups', listOf('runner_groups', runnerGroup())],
    ['/orgs/harbour/hooks', []],
    ['/orgs/harbour/secret-scanning/alerts', [alert()]],
    ['/orgs/harbour/audit-log', []],
    ['/repos/harbour/shop', { full_name: 'harbour/shop', private: true, visibility: 'internal', archived: false }],
    ['/repos/harbour/shop/secret-scanning/alerts', [alert({ repository: undefined })]],
  ]);
  for (const id of [1011, 1012, 1013])
    routes.set(`/orgs/harbour/personal-access-tokens/${id}/repositories`, [{ full_name: 'Harbour/shop', private: true }]);
  for (const repository of ['/repos/harbour/shop', '/repos/harbour/docs']) {
    routes.set(`${repository}/keys`, []);
    routes.set(`${repository}/actions/secrets`, listOf('secrets'));
    routes.set(`${repository}/dependabot/secrets`, listOf('secrets'));
    routes.set(`${repository}/environments`, listOf('environments'));
    routes.set(`${repository}/actions/permissions/workflow`, {
      default_workflow_permissions: 'read',
      can_approve_pull_request_reviews: false,
    });
    routes.set(`${repository}/actions/oidc/customization/sub`, { use_default: true });
    routes.set(`${repository}/actions/runners`, listOf('runners'));
    routes.set(`${repository}/hooks`, []);
  }
  const shop = '/repos/harbour/shop';
  routes.set(
    `${shop}/keys`,
    [1, 2, 3].map((id) => sshKey({ id })),
  );
  routes.set(`${shop}/actions/secrets`, listOf('secrets', secret('AWS_KEY')));
  routes.set(`${shop}/environments`, listOf('environments', { id: 1, name: 'prod:eu' }));
  routes.set(`${shop}/environments/prod%3Aeu/secrets`, listOf('secrets', secret('DB')));
  routes.set(`${shop}/actions/runners`, listOf('runners', runner({ id: 9, name: 'builder', runner_group_id: null })));
  routes.set(`${shop}/hooks`, [webhook()]);
  return routes;
}

export function listOf(field: string, ...entries: readonly unknown[]): Fields {
  return { total_count: entries.length, [field]: entries };
}
