import type { EndpointId } from './endpoints.ts';

export type Raw = { readonly [field: string]: unknown };

/** Of calls whose answers look alike, the first is taken where the file's name does not say. */
const LISTS: { readonly [field: string]: readonly EndpointId[] } = {
  installations: ['installations'],
  secrets: ['actions-secrets', 'org-actions-secrets', 'org-dependabot-secrets', 'dependabot-secrets', 'environment-secrets'],
  runners: ['org-runners', 'runners'],
  runner_groups: ['runner-groups'],
  environments: ['environments'],
  repositories: ['secret-repositories', 'dependabot-secret-repositories'],
};

const SHAPES: readonly { readonly fields: readonly string[]; readonly ids: readonly EndpointId[] }[] = [
  { fields: ['token_expires_at', 'repository_selection'], ids: ['personal-access-tokens'] },
  { fields: ['access_granted_at', 'permissions'], ids: ['personal-access-tokens'] },
  { fields: ['credential_type', 'credential_id'], ids: ['credential-authorizations'] },
  { fields: ['app_slug', 'permissions'], ids: ['installations'] },
  { fields: ['key', 'read_only'], ids: ['deploy-keys'] },
  { fields: ['default_workflow_permissions'], ids: ['org-workflow-permissions', 'workflow-permissions'] },
  { fields: ['use_default', 'include_claim_keys'], ids: ['oidc', 'org-oidc'] },
  { fields: ['use_default', 'use_immutable_subject'], ids: ['oidc', 'org-oidc'] },
  { fields: ['include_claim_keys'], ids: ['org-oidc', 'oidc'] },
  {
    fields: ['name', 'visibility', 'updated_at', 'created_at', 'selected_repositories_url'],
    ids: ['org-actions-secrets', 'org-dependabot-secrets'],
  },
  { fields: ['allows_public_repositories', 'runners_url'], ids: ['runner-groups'] },
  { fields: ['labels', 'os', 'busy'], ids: ['org-runners', 'runners'] },
  { fields: ['config', 'events', 'active'], ids: ['hooks', 'org-hooks'] },
  { fields: ['secret_type', 'number'], ids: ['org-alerts', 'alerts'] },
  { fields: ['action', '@timestamp'], ids: ['audit-log'] },
  { fields: ['action', '_document_id'], ids: ['audit-log'] },
];

/** Which calls give an entry of this shape; empty for what is not read here. */
export function callsOf(entry: Raw): readonly EndpointId[] {
  return SHAPES.find(({ fields }) => fields.every((field) => field in entry))?.ids ?? [];
}

/** The list in an answer with `total_count`, and which calls give it. */
export function listIn(
  page: Raw,
): { readonly entries: readonly unknown[]; readonly field: string; readonly ids: readonly EndpointId[] } | undefined {
  if (!('total_count' in page)) return undefined;
  for (const [field, ids] of Object.entries(LISTS)) {
    const entries = page[field];
    if (Array.isArray(entries)) return { entries, field, ids };
  }
  return undefined;
}

export function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
