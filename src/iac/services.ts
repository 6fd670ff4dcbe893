import {
  credentialId,
  githubSecretId,
  type IdentityId,
  identityId,
  k8sServiceAccountId,
  type Observation,
  postgresRoleId,
} from '../contracts/index.ts';
import { readSshKey } from '../util/ssh-key.ts';
import { factRow } from './fact.ts';
import { attribute, localName, placeOf, type Resource, type Stack, standIn } from './resource.ts';
import { entryAt, isFalse, isTrue, items, known, texts, type Value, written } from './value.ts';

/** Code hosts, clusters and databases: what their providers declare about identities and secrets. */
export function* serviceRows(resource: Resource, stack: Stack): Generator<Observation> {
  if (resource.mode !== 'managed') return;
  const { type } = resource;
  if (type.startsWith('github_')) yield* githubRows(resource, stack);
  else if (type.startsWith('gitlab_')) yield* gitlabRows(resource, stack);
  else if (/^kubernetes_service_account(?:_v1)?$/.test(type)) yield* serviceAccountRows(resource, stack);
  else if (
    /^kubernetes_secret(?:_v1)?$/.test(type) &&
    known(attribute(resource, 'type')) === 'kubernetes.io/service-account-token'
  ) {
    yield factRow(stack, resource, 'service-account-token', { how: 'token' });
  } else if (type === 'postgresql_role') yield databaseRole(resource, stack);
  else if (TOKENS[type] !== undefined) yield tokenRow(resource, stack, TOKENS[type]);
}

function* githubRows(resource: Resource, stack: Stack): Generator<Observation> {
  const { type } = resource;
  const repository = repositoryOf(resource);
  if (/^github_(?:actions|dependabot|codespaces)_(?:environment_)?secret$/.test(type)) {
    const name = known(attribute(resource, 'secret_name'));
    if (name === undefined) return;
    const value = attribute(resource, 'plaintext_value') ?? attribute(resource, 'value');
    const environment = known(attribute(resource, 'environment'));
    const of = known(attribute(resource, 'repository'));
    yield factRow(stack, resource, 'ci-secret', {
      identity: githubSecretId(repository, name, environment),
      secretName: name,
      how: 'secret',
      at: placeOf(resource, value),
      detail: {
        source: sourceOf(value),
        ...(of === undefined || of.startsWith('{') ? {} : { repositoryName: repository ?? of }),
        ...(environment === undefined ? {} : { githubEnvironment: environment }),
      },
    });
  } else if (/^github_(?:actions|dependabot|codespaces)_organization_secret$/.test(type)) {
    const name = known(attribute(resource, 'secret_name'));
    const visibility = known(attribute(resource, 'visibility')) ?? '-';
    const value = attribute(resource, 'plaintext_value') ?? attribute(resource, 'value');
    if (name === undefined) return;
    yield factRow(stack, resource, 'organisation-secret', {
      secretName: name,
      how: 'secret',
      detail: { visibility, source: sourceOf(value) },
    });
  } else if (type === 'github_repository_deploy_key') {
    const title = known(attribute(resource, 'title')) ?? resource.address;
    const mayWrite = !isTrue(attribute(resource, 'read_only'));
    const isOpen = attribute(resource, 'read_only')?.kind === 'unknown';
    const deployKey = identityId('github', repository, `deploy-key/${localName(standIn(resource.address), stack.home).name}`);
    yield factRow(stack, resource, 'deploy-key', {
      identity: deployKey,
      how: 'static-key',
      detail: { title, ...(isOpen ? {} : { mayWrite }) },
    });
    yield* publicKeyRow(resource, stack, 'key', deployKey);
  } else if (type === 'github_repository_environment') {
    const hasReviewers = attribute(resource, 'reviewers') !== undefined;
    const hasBranches = attribute(resource, 'deployment_branch_policy') !== undefined;
    const name = known(attribute(resource, 'environment')) ?? resource.address;
    yield factRow(stack, resource, 'deployment-environment', {
      secretName: name,
      how: 'secret',
      detail: { environmentName: name, hasReviewers, hasBranches },
    });
  }
}

function* gitlabRows(resource: Resource, stack: Stack): Generator<Observation> {
  const { type } = resource;
  if (/^gitlab_(?:project|group|personal)_access_token$|^gitlab_deploy_token$/.test(type)) {
    const scopes = texts(attribute(resource, 'scopes'));
    const level = known(attribute(resource, 'access_level'));
    const end = attribute(resource, 'expires_at') ?? attribute(resource, 'rotation_configuration');
    yield factRow(stack, resource, 'service-token', {
      how: 'token',
      detail: {
        service: 'GitLab',
        title: known(attribute(resource, 'name')) ?? resource.address,
        scopes,
        ...(level === undefined ? {} : { level }),
        ...(end === undefined ? { noEnd: true } : {}),
      },
    });
  } else if (/^gitlab_(?:project|group|instance)_variable$/.test(type)) {
    const key = known(attribute(resource, 'key'));
    if (key === undefined) return;
    const scope = written(attribute(resource, 'environment_scope')) ?? '*';
    yield factRow(stack, resource, 'ci-variable', {
      secretName: key,
      how: 'secret',
      detail: {
        protected: isTrue(attribute(resource, 'protected')),
        masked: isTrue(attribute(resource, 'masked')) || isTrue(attribute(resource, 'hidden')),
        environmentScope: scope,
        source: sourceOf(attribute(resource, 'value')),
      },
    });
  } else if (type === 'gitlab_deploy_key') {
    const title = known(attribute(resource, 'title')) ?? resource.address;
    yield factRow(stack, resource, 'deploy-key', {
      how: 'static-key',
      detail: { title, mayWrite: isTrue(attribute(resource, 'can_push')) },
    });
    const project = known(attribute(resource, 'project'));
    const name = localName(standIn(resource.address), stack.home).name;
    yield* publicKeyRow(
      resource,
      stack,
      'key',
      identityId('gitlab', project?.startsWith('{') === true ? undefined : project, `deploy-key/${name}`),
    );
  }
}

/** A found private key is known by its public half, where that is written out. */
function* publicKeyRow(resource: Resource, stack: Stack, name: string, identity: IdentityId): Generator<Observation> {
  const key = readSshKey(known(attribute(resource, name)) ?? '');
  if (key === undefined) return;
  yield {
    kind: 'credential',
    id: credentialId('ssh', 'key', key.fingerprint),
    identity,
    provider: 'ssh',
    type: 'ssh-key',
    publicId: key.fingerprint,
    at: placeOf(resource, attribute(resource, name)),
    detail: { platform: stack.platform, address: resource.address, keyType: key.type },
  };
}

/** Is the value written out, brought by a variable, or read from a store? */
function sourceOf(value: Value | undefined): string {
  if (value === undefined) return 'elsewhere';
  if (value.kind === 'text') return value.isLiteral ? 'literal' : 'computed';
  const references = value.kind === 'unknown' ? value.references : [];
  if (references.some((one) => /(?:^|\.)aws_iam_access_key\.|google_service_account_key\.|azuread_\w+_password\./.test(one)))
    return 'cloud key';
  if (references.some((one) => one.startsWith('data.'))) return 'store';
  return references.some((one) => one.startsWith('var.')) ? 'variable' : 'computed';
}

/** `harbour/shop`: providers name the owner once, resources the repository alone. */
function repositoryOf(resource: Resource): string | undefined {
  const name = known(attribute(resource, 'repository'));
  const owner = known(attribute(resource, '@owner'));
  if (name === undefined || name.startsWith('{')) return undefined;
  if (name.includes('/')) return name;
  return owner === undefined ? undefined : `${owner}/${name}`;
}

/** The annotations by which a service account gets a role of a cloud. */
function* serviceAccountRows(resource: Resource, stack: Stack): Generator<Observation> {
  const name = known(attribute(resource, 'metadata', 'name'));
  const namespace = known(attribute(resource, 'metadata', 'namespace')) ?? 'default';
  if (name === undefined) return;
  const id = k8sServiceAccountId(undefined, namespace, name);
  const isMounted = !isFalse(attribute(resource, 'automount_service_account_token'));
  yield {
    kind: 'identity',
    id,
    provider: 'k8s',
    type: 'service-account',
    name: `${namespace}/${name}`,
    at: placeOf(resource),
    detail: { platform: stack.platform, address: resource.address, automount: isMounted },
  };
}

function databaseRole(resource: Resource, stack: Stack): Observation {
  const name = known(attribute(resource, 'name'));
  const isSuperuser = isTrue(attribute(resource, 'superuser'));
  const mayLogIn = isTrue(attribute(resource, 'login'));
  const local = name ?? localName(standIn(resource.address), stack.home).name;
  return {
    kind: 'identity',
    id: postgresRoleId(undefined, local),
    provider: 'postgres',
    type: 'database-role',
    name: name ?? resource.address,
    at: placeOf(resource),
    detail: {
      platform: stack.platform,
      address: resource.address,
      superuser: isSuperuser,
      login: mayLogIn,
      ...(items(attribute(resource, 'valid_until')).length === 0 ? { noEnd: true } : {}),
    },
  };
}

interface TokenKind {
  readonly service: string;
  /** Where the end of its life is said; absent where the service has none. */
  readonly end?: readonly string[];
  readonly title: string;
}

/** Tokens that services give to machines. */
const TOKENS: { readonly [type: string]: TokenKind } = {
  tfe_team_token: { service: 'HCP Terraform', end: ['expired_at'], title: 'team_id' },
  tfe_organization_token: { service: 'HCP Terraform', end: ['expired_at'], title: 'organization' },
  databricks_token: { service: 'Databricks', end: ['lifetime_seconds'], title: 'comment' },
  grafana_service_account_token: { service: 'Grafana', end: ['seconds_to_live'], title: 'name' },
  vault_approle_auth_backend_role_secret_id: { service: 'Vault', end: ['ttl'], title: 'role_name' },
  vault_token: { service: 'Vault', end: ['ttl', 'explicit_max_ttl'], title: 'display_name' },
  datadog_api_key: { service: 'Datadog', title: 'name' },
  datadog_application_key: { service: 'Datadog', title: 'name' },
  mongodbatlas_project_api_key: { service: 'MongoDB Atlas', title: 'description' },
  snowflake_user_programmatic_access_token: { service: 'Snowflake', end: ['days_to_expiry'], title: 'name' },
  cloudflare_api_token: { service: 'Cloudflare', end: ['expires_on'], title: 'name' },
};

function tokenRow(resource: Resource, stack: Stack, { service, end, title }: TokenKind): Observation {
  const ends = (end ?? []).some((name) => entryAt(resource.body, name) !== undefined);
  return factRow(stack, resource, 'service-token', {
    how: 'token',
    detail: {
      service,
      title: known(attribute(resource, title)) ?? resource.address,
      scopes: [],
      ...(ends ? {} : { noEnd: true, ...(end === undefined ? { endsNever: true } : {}) }),
    },
  });
}
