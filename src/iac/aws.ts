import {
  awsRoleId,
  awsUserId,
  credentialId,
  type IdentityId,
  k8sServiceAccountId,
  type Observation,
} from '../contracts/index.ts';
import { OWN_ACCOUNT } from '../iam/declared.ts';
import { isoTime, nameIn } from './aws-iam.ts';
import { factRow } from './fact.ts';
import { attribute, localName, placeOf, type Resource, type Stack } from './resource.ts';
import { secretReference } from './secret-reference.ts';
import { blocks, entryAt, items, known, type Value, written } from './value.ts';

/** What runs under a role, and where it says so. */
const RUNS_UNDER: { readonly [type: string]: readonly (readonly string[])[] } = {
  aws_lambda_function: [['role']],
  aws_ecs_task_definition: [['task_role_arn'], ['execution_role_arn']],
  aws_instance: [['iam_instance_profile']],
  aws_launch_template: [
    ['iam_instance_profile', 'name'],
    ['iam_instance_profile', 'arn'],
  ],
  aws_launch_configuration: [['iam_instance_profile']],
  aws_codebuild_project: [['service_role']],
  aws_codepipeline: [['role_arn']],
  aws_sfn_state_machine: [['role_arn']],
  aws_glue_job: [['role_arn']],
  aws_glue_crawler: [['role']],
  aws_sagemaker_notebook_instance: [['role_arn']],
  aws_batch_job_definition: [['container_properties', 'jobRoleArn']],
  aws_eks_cluster: [['role_arn']],
  aws_eks_node_group: [['node_role_arn']],
  aws_apprunner_service: [['instance_configuration', 'instance_role_arn']],
  aws_scheduler_schedule: [['target', 'role_arn']],
  aws_cloudwatch_event_target: [['role_arn']],
};

/** Key resources, users of roles, and what else of AWS bears on identities. */
export function* awsRows(resource: Resource, stack: Stack): Generator<Observation> {
  if (resource.mode !== 'managed') return;
  const paths = RUNS_UNDER[resource.type];
  if (paths !== undefined) {
    const isFunction = resource.type === 'aws_lambda_function';
    for (const path of paths) {
      const value = attribute(resource, ...path);
      const identity = roleId(value, resource, stack);
      if (identity === undefined) continue;
      const at = placeOf(resource, value);
      yield factRow(stack, resource, 'runs-as', {
        identity,
        how: 'role',
        type: isFunction ? 'function' : 'code',
        at,
        detail: { attribute: path.join('.') },
      });
    }
  }
  if (resource.type === 'aws_iam_access_key') yield* accessKeyRows(resource, stack);
  else if (resource.type === 'aws_iam_service_specific_credential' || resource.type === 'aws_iam_user_login_profile') {
    const identity = userId(attribute(resource, 'user') ?? attribute(resource, 'user_name'), resource, stack);
    const keyType = resource.type === 'aws_iam_user_login_profile' ? 'password' : 'service-specific-credential';
    yield factRow(stack, resource, 'declared-key', { identity, how: 'static-key', detail: { cloud: 'aws', keyType } });
  } else if (resource.type === 'aws_eks_pod_identity_association') yield* podIdentityRows(resource, stack);
  else if (resource.type === 'aws_ssm_parameter') {
    const name = written(attribute(resource, 'name'));
    const type = known(attribute(resource, 'type'));
    if (name !== undefined && type !== undefined) {
      const from = secretReference(attribute(resource, 'value'));
      const detail = { parameterType: type, ...(from === undefined ? {} : { from: from.slice(0, 200) }) };
      yield factRow(stack, resource, 'parameter', { secretName: name, how: 'secret', detail });
    }
  }
}

function* accessKeyRows(resource: Resource, stack: Stack): Generator<Observation> {
  const identity = userId(attribute(resource, 'user'), resource, stack);
  const id = known(attribute(resource, 'id'));
  const status = known(attribute(resource, 'status'))?.toLowerCase() === 'inactive' ? 'inactive' : 'active';
  const isEncrypted = attribute(resource, 'pgp_key') !== undefined;
  if (id !== undefined && /^A[A-Z0-9]{15,}$/.test(id)) {
    const createdAt = isoTime(known(attribute(resource, 'create_date')));
    yield {
      kind: 'credential',
      id: credentialId('aws', 'access-key', id),
      ...(identity === undefined ? {} : { identity }),
      provider: 'aws',
      type: 'access-key',
      publicId: id,
      ...(createdAt === undefined ? {} : { createdAt }),
      status,
      at: placeOf(resource),
      detail: { platform: stack.platform, address: resource.address },
    };
  }
  yield factRow(stack, resource, 'declared-key', {
    identity,
    how: 'static-key',
    detail: { cloud: 'aws', keyType: 'access-key', status, ...(isEncrypted ? { encrypted: true } : {}) },
  });
}

/** The association is the trust: which service account gets the role is said here, not in the role. */
function* podIdentityRows(resource: Resource, stack: Stack): Generator<Observation> {
  const value = attribute(resource, 'role_arn');
  const identity = roleId(value, resource, stack);
  const namespace = known(attribute(resource, 'namespace'));
  const name = known(attribute(resource, 'service_account'));
  if (identity === undefined || namespace === undefined || name === undefined) return;
  const cluster = written(attribute(resource, 'cluster_name'));
  const principal = k8sServiceAccountId(undefined, namespace, name);
  yield {
    kind: 'trust',
    identity,
    effect: 'allow',
    principal,
    principalType: 'identity',
    at: placeOf(resource),
    detail: {
      platform: stack.platform,
      via: 'pod identity',
      address: resource.address,
      ...(cluster === undefined ? {} : { cluster }),
    },
  };
}

/** The role that a name, an ARN or an instance profile means. */
export function roleId(value: Value | undefined, resource: Resource, stack: Stack): IdentityId | undefined {
  const profile = profileIn(value, stack);
  const meant = profile === undefined ? value : attribute(profile, 'role');
  if (meant === undefined || (profile === undefined && isProfileName(value, resource))) return undefined;
  const name = nameIn(meant, 'role', stack);
  const account = accountIn(meant) ?? resource.account;
  return name === undefined ? undefined : awsRoleId(account, localName(name, stack.home).name);
}

export function userId(value: Value | undefined, resource: Resource, stack: Stack): IdentityId | undefined {
  const name = nameIn(value, 'user', stack);
  return name === undefined ? undefined : awsUserId(resource.account, localName(name, stack.home).name);
}

function accountIn(value: Value): string | undefined {
  const account = /^arn:aws[a-z-]*:iam::(?<account>\d{12}):/.exec(written(value) ?? '')?.groups?.account;
  return account === OWN_ACCOUNT ? undefined : account;
}

function isProfileName(value: Value | undefined, resource: Resource): boolean {
  return /instance|launch/.test(resource.type) && value !== undefined && !resource.type.includes('sagemaker');
}

function profileIn(value: Value | undefined, stack: Stack): Resource | undefined {
  const text = written(value)?.split('/').at(-1);
  if (value?.kind === 'unknown') {
    const found = value.references
      .flatMap((reference) => stack.find(reference))
      .find(({ type }) => type === 'aws_iam_instance_profile');
    if (found !== undefined) return found;
  }
  if (text === undefined) return undefined;
  return stack.resources.find(
    (one) => one.type === 'aws_iam_instance_profile' && (known(attribute(one, 'name')) === text || text === `{${one.address}}`),
  );
}

/** Environment variables of functions, tasks and builds: name and what it is set to. */
export function* environmentOf(resource: Resource): Generator<{ readonly name: string; readonly value: Value }> {
  if (resource.type === 'aws_lambda_function') {
    const variables = attribute(resource, 'environment', 'variables');
    if (variables?.kind === 'map') for (const { key, value } of variables.entries) yield { name: key, value };
  } else if (resource.type === 'aws_ecs_task_definition') {
    for (const container of blocks(attribute(resource, 'container_definitions')))
      yield* namedValues(entryAt(container, 'environment'));
  } else if (resource.type === 'aws_codebuild_project') {
    for (const block of blocks(attribute(resource, 'environment'))) {
      for (const variable of blocks(entryAt(block, 'environment_variable'))) {
        const type = known(entryAt(variable, 'type'));
        if (type === undefined || type === 'PLAINTEXT') yield* namedValues(variable);
      }
    }
  } else if (/^google_cloud_run/.test(resource.type)) {
    for (const path of [
      ['template', 'spec', 'containers'],
      ['template', 'containers'],
    ]) {
      for (const container of blocks(attribute(resource, ...path))) yield* namedValues(entryAt(container, 'env'));
    }
  } else if (/^google_cloudfunctions/.test(resource.type)) {
    for (const path of [['environment_variables'], ['service_config', 'environment_variables']]) {
      const variables = attribute(resource, ...path);
      if (variables?.kind === 'map') for (const { key, value } of variables.entries) yield { name: key, value };
    }
  } else if (/^azurerm_(?:linux|windows)_(?:function|web)_app$/.test(resource.type)) {
    const settings = attribute(resource, 'app_settings');
    if (settings?.kind === 'map') for (const { key, value } of settings.entries) yield { name: key, value };
  }
}

function* namedValues(list: Value | undefined): Generator<{ readonly name: string; readonly value: Value }> {
  for (const one of items(list)) {
    const name = known(entryAt(one, 'name'));
    const value = entryAt(one, 'value');
    if (name !== undefined && value !== undefined) yield { name, value };
  }
}
