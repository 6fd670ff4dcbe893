import { OWN_ACCOUNT } from '../iam/declared.ts';
import { attribute, type Resource, standIn } from './resource.ts';
import { known, type Value } from './value.ts';

/** What a provider makes of a resource's own arguments: its ARN, its e-mail address. `undefined`: not known before it is there. */
export function computed(resource: Resource, name: string, value: (name: string) => Value | undefined): string | undefined {
  const own = (key: string) => known(value(key));
  const account = resource.account ?? OWN_ACCOUNT;
  const iam = (kind: string, local: string) => `arn:aws:iam::${account}:${kind}/${local}`;
  const named = () => own('name') ?? standIn(resource.address);
  switch (resource.type) {
    case 'aws_iam_role':
    case 'aws_iam_user':
    case 'aws_iam_group':
    case 'aws_iam_instance_profile': {
      if (name === 'name' || name === 'id') return named();
      return name === 'arn' ? iam(resource.type.slice('aws_iam_'.length).replace('_', '-'), named()) : undefined;
    }
    case 'aws_iam_policy': {
      if (name !== 'arn' && name !== 'id') return name === 'name' ? named() : undefined;
      if (resource.mode === 'managed') return iam('policy', named());
      const given = own('arn');
      if (given !== undefined) return given;
      // A look-up by name finds AWS's own policies as well as those of the account.
      return /^(?:AWS|Amazon|[A-Z]\w*(?:Access|Role|Policy)$)/.test(named())
        ? `arn:aws:iam::aws:policy/${named()}`
        : iam('policy', named());
    }
    case 'aws_iam_openid_connect_provider': {
      const host =
        own('url')
          ?.replace(/^https:\/\//, '')
          .replace(/\/$/, '') ?? standIn(resource.address);
      if (name === 'url') return host;
      return name === 'arn' || name === 'id' ? (own('arn') ?? iam('oidc-provider', host)) : undefined;
    }
    case 'aws_caller_identity':
      if (name === 'account_id' || name === 'id') return account;
      return name === 'arn' ? `arn:aws:iam::${account}:root` : undefined;
    case 'aws_partition':
      return name === 'partition' || name === 'id' ? 'aws' : name === 'dns_suffix' ? 'amazonaws.com' : undefined;
    case 'google_service_account': {
      const project = own('project') ?? projectOf(resource);
      const id = own('account_id');
      const isFull = id?.includes('@') === true;
      const email = isFull
        ? id
        : id !== undefined && project !== undefined
          ? `${id}@${project}.iam.gserviceaccount.com`
          : standIn(resource.address);
      if (name === 'email') return email;
      if (name === 'member') return `serviceAccount:${email}`;
      return name === 'name' || name === 'id' ? `projects/${project ?? '-'}/serviceAccounts/${email}` : undefined;
    }
    case 'google_iam_workload_identity_pool': {
      const id = own('workload_identity_pool_id') ?? standIn(resource.address);
      return name === 'name' || name === 'id' ? `projects/0/locations/global/workloadIdentityPools/${id}` : undefined;
    }
    case 'google_project':
      if (name === 'project_id' || name === 'id')
        return own('project_id') ?? (name === 'project_id' ? projectOf(resource) : undefined);
      return name === 'number' ? '0' : undefined;
    case 'google_client_config':
      return name === 'project' ? projectOf(resource) : undefined;
    case 'azurerm_subscription':
      return name === 'id' ? `/subscriptions/${own('subscription_id') ?? '-'}` : undefined;
    case 'azuread_application':
    case 'azuread_application_registration':
    case 'azuread_service_principal':
    case 'azurerm_user_assigned_identity':
      return /^(?:id|object_id|client_id|application_id|principal_id)$/.test(name)
        ? (own(name) ?? standIn(resource.address))
        : undefined;
    case 'aws_iam_access_key':
      return name === 'id' ? standIn(resource.address) : undefined;
    default: {
      const shape = name === 'arn' ? ARNS[resource.type] : undefined;
      return shape === undefined
        ? undefined
        : shape.replace('NAME', own('name') ?? own('bucket') ?? own('function_name') ?? standIn(resource.address));
    }
  }
}

/** Does it hold what stands for an account or a name that is not known? */
export function isStandIn(text: string): boolean {
  return text.includes('{') || text.includes(OWN_ACCOUNT);
}

/** The project that the provider block names. */
function projectOf(resource: Resource): string | undefined {
  return known(attribute(resource, '@project'));
}

/** Enough to tell which service's resource a policy names. https://docs.aws.amazon.com/service-authorization/latest/reference/ */
const ARNS: { readonly [type: string]: string } = {
  aws_s3_bucket: 'arn:aws:s3:::NAME',
  aws_secretsmanager_secret: `arn:aws:secretsmanager:*:${OWN_ACCOUNT}:secret:NAME`,
  aws_ssm_parameter: `arn:aws:ssm:*:${OWN_ACCOUNT}:parameter/NAME`,
  aws_dynamodb_table: `arn:aws:dynamodb:*:${OWN_ACCOUNT}:table/NAME`,
  aws_sqs_queue: `arn:aws:sqs:*:${OWN_ACCOUNT}:NAME`,
  aws_sns_topic: `arn:aws:sns:*:${OWN_ACCOUNT}:NAME`,
  aws_lambda_function: `arn:aws:lambda:*:${OWN_ACCOUNT}:function:NAME`,
  aws_kinesis_stream: `arn:aws:kinesis:*:${OWN_ACCOUNT}:stream/NAME`,
  aws_cloudwatch_log_group: `arn:aws:logs:*:${OWN_ACCOUNT}:log-group:NAME`,
  aws_ecr_repository: `arn:aws:ecr:*:${OWN_ACCOUNT}:repository/NAME`,
  aws_kms_key: `arn:aws:kms:*:${OWN_ACCOUNT}:key/NAME`,
};
