import { entriesOf, get, itemsOf, type Tree, textOf } from '../../src/formats/tree.ts';
import { snake } from '../../src/iac/snake.ts';
import type { Source, Value } from '../../src/iac/value.ts';

/**
 * Most of Pulumi's providers are bridges to Terraform's: `aws:iam/accessKey:AccessKey` is `aws_iam_access_key`, and
 * `assumeRolePolicy` is `assume_role_policy`. https://www.pulumi.com/docs/iac/concepts/resources/names/
 */
export function terraformType(type: string): string | undefined {
  const match = /^(?<provider>[a-z][\w-]*):(?:(?<module>[\w-]+)(?:\/\w+)?:)?(?<name>\w+)$/.exec(type)?.groups;
  if (match?.provider === undefined || match.name === undefined) return undefined;
  const provider = PROVIDERS[match.provider] ?? match.provider;
  const name = snake(match.name);
  const module = match.module === undefined || match.module === 'index' ? '' : snake(match.module);
  const special = SPECIAL[`${provider}:${module}:${name}`];
  if (special !== undefined) return special;
  if (provider === 'google')
    return module === 'serviceaccount' ? googleAccount(name) : module === 'projects' ? projectRole(name) : `google_${name}`;
  const isWithin = module !== '' && !OUTSIDE.has(module);
  return isWithin ? `${provider}_${module}_${name}` : `${provider}_${name}`;
}

const PROVIDERS: { readonly [provider: string]: string } = { gcp: 'google', azure: 'azurerm', tls: 'tls' };

/** Modules that Terraform's names leave out. */
const OUTSIDE = new Set([
  'ec2',
  'rds',
  's3',
  'core',
  'ecs',
  'authorization',
  'containerservice',
  'dynamodb',
  'sqs',
  'sns',
  'kms',
  'eks',
]);

const SPECIAL: { readonly [type: string]: string } = {
  'aws:iam:open_id_connect_provider': 'aws_iam_openid_connect_provider',
  'aws:rds:instance': 'aws_db_instance',
  'aws:rds:cluster': 'aws_rds_cluster',
  'aws:ecs:task_definition': 'aws_ecs_task_definition',
  'aws:eks:pod_identity_association': 'aws_eks_pod_identity_association',
  'aws:eks:cluster': 'aws_eks_cluster',
  'aws:s3:bucket': 'aws_s3_bucket',
  'aws:s3:bucket_v2': 'aws_s3_bucket',
  'aws:sqs:queue': 'aws_sqs_queue',
  'aws:ssm:parameter': 'aws_ssm_parameter',
  'aws:secretsmanager:secret_version': 'aws_secretsmanager_secret_version',
  'aws:dynamodb:table': 'aws_dynamodb_table',
  'google:iam:workload_identity_pool_provider': 'google_iam_workload_identity_pool_provider',
  'google:iam:workload_identity_pool': 'google_iam_workload_identity_pool',
  'google:organizations:project': 'google_project',
  'google:organizations:iam_member': 'google_organization_iam_member',
  'google:organizations:iam_binding': 'google_organization_iam_binding',
  'google:folder:iam_member': 'google_folder_iam_member',
  'google:compute:instance': 'google_compute_instance',
  'azuread::application_federated_identity_credential': 'azuread_application_federated_identity_credential',
  'azurerm:authorization:assignment': 'azurerm_role_assignment',
  'azurerm:containerservice:registry': 'azurerm_container_registry',
};

function googleAccount(name: string): string {
  if (name === 'account') return 'google_service_account';
  if (name === 'key') return 'google_service_account_key';
  return `google_service_account_${name}`;
}

function projectRole(name: string): string {
  return `google_project_${name}`;
}

/** Where names are the user's own, they stay as they are. */
const KEEPS_NAMES =
  /^(?:tags|tags_all|labels|annotations|variables|environment_variables|app_settings|string_data|data|keepers|triggers)$/;
/** The key of a value that is encrypted in a state. */
const SECRET_SIGN = '4dabf18193072939515e22adb298388d';

/** Properties under Terraform's names; what is encrypted is left out. https://www.pulumi.com/docs/iac/concepts/secrets/ */
export function convert(tree: Tree, source: Source, value: (tree: Tree) => Value | undefined, keeps = false): Value | undefined {
  const where = { source, start: tree.start, end: tree.end, pointer: tree.pointer };
  if (tree.type === 'scalar') return value(tree);
  const special = value(tree);
  if (special !== undefined) return special;
  if (tree.type === 'list') {
    return { kind: 'list', items: itemsOf(tree).flatMap((item) => convert(item, source, value, keeps) ?? []), where };
  }
  if (get(tree, SECRET_SIGN) !== undefined) {
    // `pulumi stack export --show-secrets` writes them as JSON.
    const open = textOf(get(tree, 'plaintext'));
    return open === undefined ? undefined : { kind: 'text', text: open.replace(/^"|"$/g, ''), isLiteral: true, where };
  }
  const entries = entriesOf(tree).flatMap(({ key, value: inner }) => {
    const name = keeps ? key : snake(key);
    const converted = convert(inner, source, value, keeps || KEEPS_NAMES.test(name) || isPolicy(name));
    return converted === undefined || name.startsWith('__') ? [] : [{ key: name, value: converted }];
  });
  return { kind: 'map', entries, where };
}

function isPolicy(name: string): boolean {
  return name === 'policy' || name === 'assume_role_policy';
}
