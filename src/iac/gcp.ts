import {
  credentialId,
  gcpServiceAccountId,
  type IdentityId,
  identityId,
  type Observation,
  parseIdentityId,
} from '../contracts/index.ts';
import { isDefaultAccount } from '../iam/gcp/accounts.ts';
import { type BindingTally, bindingRows, type Known } from '../iam/gcp/bindings.ts';
import { isIdle } from '../iam/gcp/idle.ts';
import { environmentOf } from '../util/environment.ts';
import { isoTime } from './aws-iam.ts';
import { computed } from './computed.ts';
import { factRow } from './fact.ts';
import { attribute, localName, placeOf, type Resource, type Stack, standIn } from './resource.ts';
import { blocks, entryAt, isTrue, items, known, texts, type Value, written } from './value.ts';

/** What bindings are on: the levels of the hierarchy, service accounts, and single resources. */
const ON: readonly { readonly type: RegExp; resource(resource: Resource, stack: Stack): string }[] = [
  { type: /^google_project_iam_(?:member|binding)$/, resource: (resource) => `projects/${projectOf(resource) ?? '-'}` },
  { type: /^google_folder_iam_(?:member|binding)$/, resource: (resource) => container('folders', attribute(resource, 'folder')) },
  {
    type: /^google_organization_iam_(?:member|binding)$/,
    resource: (resource) => container('organizations', attribute(resource, 'org_id')),
  },
  { type: /^google_service_account_iam_(?:member|binding)$/, resource: accountName },
];

export function* gcpRows(resource: Resource, stack: Stack, now: Date): Generator<Observation> {
  if (resource.mode !== 'managed') return;
  const { type } = resource;
  if (type === 'google_service_account') yield accountRow(resource, stack);
  else if (type === 'google_service_account_key') yield* keyRows(resource, stack);
  else if (type === 'google_storage_hmac_key') {
    const identity = accountId(attribute(resource, 'service_account_email'), stack);
    yield factRow(stack, resource, 'declared-key', {
      identity,
      how: 'static-key',
      detail: { cloud: 'gcp', keyType: 'hmac-key' },
    });
  } else if (type === 'google_apikeys_key') {
    const restrictions = attribute(resource, 'restrictions');
    const isBound = restrictions !== undefined && JSON.stringify(blocks(restrictions).map((one) => one.entries.length)) !== '[0]';
    yield factRow(stack, resource, 'api-key', { how: 'static-key', detail: { cloud: 'gcp', restricted: isBound } });
  } else if (type === 'google_iam_workload_identity_pool_provider') yield poolProviderRow(resource, stack);
  else if (/^google_\w+_iam_(?:member|binding)$/.test(type)) yield* roleRows(resource, stack, now);
  else if (/^google_\w+_iam_policy$/.test(type)) yield* policyRows(resource, stack, now);
  else if (/^google_(?:compute_instance(?:_template)?|container_node_pool|container_cluster)$/.test(type))
    yield* machineRows(resource, stack);
  else yield* serviceRows(resource, stack);
}

function accountRow(resource: Resource, stack: Stack): Observation {
  const email = emailOf(resource);
  const { name, isSymbolic } = localName(email, stack.home);
  const project = isSymbolic ? undefined : (parseIdentityId(gcpServiceAccountId(name))?.scope ?? projectOf(resource));
  const environment = environmentOf(project);
  const disabled = isTrue(attribute(resource, 'disabled'));
  return {
    kind: 'identity',
    id: gcpServiceAccountId(name, isSymbolic ? '' : undefined),
    provider: 'gcp',
    type: 'service-account',
    name: isSymbolic ? resource.address : name,
    ...(project === undefined ? {} : { scope: project }),
    ...(environment === undefined ? {} : { environment }),
    enabled: !disabled,
    at: placeOf(resource),
    detail: { platform: stack.platform, address: resource.address, ...(isSymbolic ? { symbolic: true } : {}) },
  };
}

function* keyRows(resource: Resource, stack: Stack): Generator<Observation> {
  const identity = accountId(attribute(resource, 'service_account_id'), stack);
  const isRotated = items(attribute(resource, 'keepers')).length > 0;
  const name = /\/keys\/(?<id>[0-9a-f]{8,})$/.exec(known(attribute(resource, 'name')) ?? known(attribute(resource, 'id')) ?? '')
    ?.groups?.id;
  if (name !== undefined) {
    const createdAt = isoTime(known(attribute(resource, 'valid_after')));
    const until = isoTime(known(attribute(resource, 'valid_before')));
    const never = until?.startsWith('9999-') === true;
    yield {
      kind: 'credential',
      id: credentialId('gcp', 'service-account-key', name),
      ...(identity === undefined ? {} : { identity }),
      provider: 'gcp',
      type: 'service-account-key',
      publicId: name,
      ...(createdAt === undefined ? {} : { createdAt }),
      ...(never ? { neverExpires: true } : until === undefined ? {} : { expiresAt: until }),
      status: 'active',
      at: placeOf(resource),
      detail: { platform: stack.platform, address: resource.address },
    };
  }
  const isPublic = attribute(resource, 'public_key_data') !== undefined;
  yield factRow(stack, resource, 'declared-key', {
    identity,
    how: 'static-key',
    detail: {
      cloud: 'gcp',
      keyType: 'service-account-key',
      ...(isRotated ? { rotated: true } : {}),
      ...(isPublic ? { encrypted: true } : {}),
    },
  });
}

/** A provider of a pool: whose tokens it takes, and which of them. */
function poolProviderRow(resource: Resource, stack: Stack): Observation {
  const issuer = written(attribute(resource, 'oidc', 'issuer_uri'))
    ?.replace(/^https:\/\//, '')
    .replace(/\/$/, '');
  const condition = written(attribute(resource, 'attribute_condition'));
  const pool = written(attribute(resource, 'workload_identity_pool_id')) ?? resource.address;
  const kind = ['oidc', 'aws', 'saml', 'x509'].find((name) => attribute(resource, name) !== undefined) ?? 'unknown';
  return factRow(stack, resource, 'identity-pool-provider', {
    identity: identityId('gcp', undefined, `workloadIdentityPool/${localName(pool, stack.home).name}`),
    how: 'oidc',
    detail: {
      kind,
      pool,
      ...(issuer === undefined ? {} : { issuer }),
      ...(condition === undefined ? {} : { condition, ...(isIdle(condition) ? { conditionIdle: true } : {}) }),
    },
  });
}

function* roleRows(resource: Resource, stack: Stack, now: Date): Generator<Observation> {
  const role = known(attribute(resource, 'role'));
  const members = [...texts(attribute(resource, 'member')), ...texts(attribute(resource, 'members'))];
  if (role === undefined || members.length === 0) return;
  const on = ON.find(({ type }) => type.test(resource.type))?.resource(resource, stack) ?? resourceName(resource);
  yield* bound(role, members, on, attribute(resource, 'condition', 'expression'), resource, stack, now);
}

/** `policy_data` of `data "google_iam_policy"`: its bindings are blocks there. */
function* policyRows(resource: Resource, stack: Stack, now: Date): Generator<Observation> {
  const value = attribute(resource, 'policy_data');
  const documents = value?.kind === 'unknown' ? value.references.flatMap((reference) => stack.find(reference)) : [];
  for (const document of documents.filter(({ type }) => type === 'google_iam_policy')) {
    for (const block of blocks(attribute(document, 'binding'))) {
      const role = known(entryAt(block, 'role'));
      const on = ON.find(({ type }) => type.test(resource.type.replace(/_policy$/, '_member')))?.resource(resource, stack);
      if (role === undefined) continue;
      yield* bound(
        role,
        texts(entryAt(block, 'members')),
        on ?? resourceName(resource),
        entryAt(block, 'condition', 'expression'),
        resource,
        stack,
        now,
      );
    }
  }
}

function* bound(
  role: string,
  members: readonly string[],
  on: string,
  condition: Value | undefined,
  resource: Resource,
  stack: Stack,
  now: Date,
): Generator<Observation> {
  const tally: BindingTally = { unknownRoles: new Set(), people: 0 };
  const facts: Known = { projectIds: new Map(), roles: new Map(), now };
  const expression = written(condition);
  const told = members.filter((member) => !/^\$\{|^[a-zA-Z]+:\$\{/.test(member));
  const binding = {
    role,
    members: told,
    resource: on,
    pointer: resource.address,
    ...(expression === undefined ? {} : { condition: { expression } }),
  };
  const at = placeOf(resource);
  for (const row of bindingRows(binding, at, facts, tally)) yield withNames(row, stack, at);
}

/** Stand-ins and the number of a project that is not known give way to names that last. */
function withNames(row: Observation, stack: Stack, at: Observation['at']): Observation {
  const fixed = JSON.parse(JSON.stringify(row), (_, value) =>
    typeof value === 'string' ? readable(value, stack) : value,
  ) as Observation;
  return at === undefined ? fixed : { ...fixed, at };
}

function readable(text: string, stack: Stack): string {
  return text
    .replace(/^gcp:0:/, 'gcp:-:')
    .replace('projects/0/', 'projects/-/')
    .replace(
      /^(?<before>(?:gcp:[^:]*:serviceAccount\/)?)(?<name>\{[^{}]+\})$/,
      (_, before: string, name: string) => `${before}${localName(name, stack.home).name}`,
    )
    .replace(/(?<!\$)\{(?<address>[a-z][^{}\s"]*)\}/g, '$<address>');
}

function* machineRows(resource: Resource, stack: Stack): Generator<Observation> {
  const where = resource.type.startsWith('google_container') ? ['node_config'] : [];
  const holders = where.length === 0 ? [resource.body] : blocks(attribute(resource, ...where));
  for (const holder of holders) {
    const isNode = where.length > 0;
    const account = isNode ? holder : blocks(entryAt(holder, 'service_account'))[0];
    if (account === undefined) continue;
    const email = entryAt(account, isNode ? 'service_account' : 'email');
    const scopes = texts(entryAt(account, isNode ? 'oauth_scopes' : 'scopes'));
    const isDefault = email === undefined || known(email) === 'default' || isDefaultAccount(known(email) ?? '');
    const identity = isDefault ? undefined : accountId(email, stack);
    if (!isDefault && identity === undefined) continue;
    yield factRow(stack, resource, 'runs-as', {
      ...(identity === undefined
        ? { identity: identityId('gcp', projectOf(resource), 'serviceAccount/default-compute') }
        : { identity }),
      how: 'role',
      at: placeOf(resource, account),
      detail: { cloud: 'gcp', defaultAccount: isDefault, scopes },
    });
  }
}

const SERVICE_ACCOUNT_OF: { readonly [type: string]: readonly (readonly string[])[] } = {
  google_cloud_run_service: [['template', 'spec', 'service_account_name']],
  google_cloud_run_v2_service: [['template', 'service_account']],
  google_cloud_run_v2_job: [['template', 'template', 'service_account']],
  google_cloudfunctions_function: [['service_account_email']],
  google_cloudfunctions2_function: [['service_config', 'service_account_email']],
  google_cloudbuild_trigger: [['service_account']],
};

function* serviceRows(resource: Resource, stack: Stack): Generator<Observation> {
  for (const path of SERVICE_ACCOUNT_OF[resource.type] ?? []) {
    const value = attribute(resource, ...path);
    const identity = accountId(value, stack);
    if (identity === undefined) continue;
    yield factRow(stack, resource, 'runs-as', {
      identity,
      how: 'role',
      type: 'function',
      at: placeOf(resource, value),
      detail: { cloud: 'gcp' },
    });
  }
}

/** The account that an address, a resource name or a reference means. */
export function accountId(value: Value | undefined, stack: Stack): IdentityId | undefined {
  const text = known(value)?.replace(/^(?:projects\/[^/]*\/serviceAccounts\/|serviceAccount:)/, '');
  if (text !== undefined && (text.includes('@') || text.startsWith('{'))) {
    const { name, isSymbolic } = localName(text, stack.home);
    return gcpServiceAccountId(name, isSymbolic ? '' : undefined);
  }
  const email = referencedEmail(value, stack);
  if (email === undefined) return undefined;
  const { name, isSymbolic } = localName(email, stack.home);
  return gcpServiceAccountId(name, isSymbolic ? '' : undefined);
}

function referencedEmail(value: Value | undefined, stack: Stack): string | undefined {
  if (value?.kind !== 'unknown') return undefined;
  const found = value.references
    .flatMap((reference) => stack.find(reference))
    .find(({ type }) => type === 'google_service_account');
  return found === undefined ? undefined : emailOf(found);
}

function emailOf(resource: Resource): string {
  const own = known(attribute(resource, 'email'));
  return own ?? computed(resource, 'email', (name) => plain(attribute(resource, name))) ?? standIn(resource.address);
}

function plain(value: Value | undefined): Value | undefined {
  return value?.kind === 'text' && value.isSymbolic !== true ? value : undefined;
}

/** In the form that bindings are read in; a stand-in stays one until they are. */
function accountName(resource: Resource, stack: Stack): string {
  const value = attribute(resource, 'service_account_id');
  const text = known(value)?.replace(/^projects\/[^/]*\/serviceAccounts\//, '') ?? referencedEmail(value, stack) ?? '-';
  return `projects/${parseIdentityId(gcpServiceAccountId(text))?.scope ?? '-'}/serviceAccounts/${text}`;
}

function projectOf(resource: Resource): string | undefined {
  return known(plain(attribute(resource, 'project'))) ?? known(attribute(resource, '@project'));
}

function container(kind: string, value: Value | undefined): string {
  const id = known(plain(value)) ?? '-';
  return id.startsWith(`${kind}/`) ? id : `${kind}/${id}`;
}

/** `google_storage_bucket_iam_member.x` → `storage bucket NAME` */
function resourceName(resource: Resource): string {
  const what = resource.type.replace(/^google_/, '').replace(/_iam_(?:member|binding|policy)$/, '');
  const key = what.split('_').at(-1) ?? 'name';
  const name = [key, 'bucket', 'secret_id', `${key}_id`, 'name', 'dataset_id']
    .map((one) => written(attribute(resource, one)))
    .find((one) => one !== undefined);
  return `${what.replaceAll('_', ' ')} ${name ?? resource.address}`;
}
