import { get, type Tree, textOf } from '../../src/formats/tree.ts';
import { computed } from '../../src/iac/computed.ts';
import { type Resource, standIn } from '../../src/iac/resource.ts';
import { blocks, entry, items, known, type MapValue, type Source, type Value, type Where } from '../../src/iac/value.ts';
import { asMap, type Given, mapEntries, type Reading, resolve } from './intrinsics.ts';
import type { Template } from './template.ts';

/** Types that mean the same as one of Terraform's, and their properties under its names. */
interface Same {
  readonly type: string;
  readonly properties: { readonly [property: string]: string };
}

const SAME: { readonly [type: string]: Same } = {
  'AWS::IAM::Role': {
    type: 'aws_iam_role',
    properties: {
      RoleName: 'name',
      AssumeRolePolicyDocument: 'assume_role_policy',
      ManagedPolicyArns: 'managed_policy_arns',
      PermissionsBoundary: 'permissions_boundary',
    },
  },
  'AWS::IAM::User': {
    type: 'aws_iam_user',
    properties: { UserName: 'name', ManagedPolicyArns: 'managed_policy_arns', PermissionsBoundary: 'permissions_boundary' },
  },
  'AWS::IAM::Group': { type: 'aws_iam_group', properties: { GroupName: 'name', ManagedPolicyArns: 'managed_policy_arns' } },
  'AWS::IAM::ManagedPolicy': { type: 'aws_iam_policy', properties: { ManagedPolicyName: 'name', PolicyDocument: 'policy' } },
  'AWS::IAM::AccessKey': { type: 'aws_iam_access_key', properties: { UserName: 'user', Status: 'status' } },
  'AWS::IAM::InstanceProfile': { type: 'aws_iam_instance_profile', properties: { InstanceProfileName: 'name', Roles: 'role' } },
  'AWS::IAM::OIDCProvider': { type: 'aws_iam_openid_connect_provider', properties: { Url: 'url' } },
  'AWS::Lambda::Function': { type: 'aws_lambda_function', properties: { FunctionName: 'function_name', Role: 'role' } },
  'AWS::Serverless::Function': { type: 'aws_lambda_function', properties: { FunctionName: 'function_name', Role: 'role' } },
  'AWS::ECS::TaskDefinition': {
    type: 'aws_ecs_task_definition',
    properties: {
      TaskRoleArn: 'task_role_arn',
      ExecutionRoleArn: 'execution_role_arn',
      ContainerDefinitions: 'container_definitions',
    },
  },
  'AWS::EC2::Instance': {
    type: 'aws_instance',
    properties: { IamInstanceProfile: 'iam_instance_profile', UserData: 'user_data' },
  },
  'AWS::CodeBuild::Project': { type: 'aws_codebuild_project', properties: { ServiceRole: 'service_role' } },
  'AWS::StepFunctions::StateMachine': { type: 'aws_sfn_state_machine', properties: { RoleArn: 'role_arn' } },
  'AWS::Glue::Job': { type: 'aws_glue_job', properties: { Role: 'role' } },
  'AWS::EKS::PodIdentityAssociation': {
    type: 'aws_eks_pod_identity_association',
    properties: { ClusterName: 'cluster_name', Namespace: 'namespace', ServiceAccount: 'service_account', RoleArn: 'role_arn' },
  },
  'AWS::EKS::AccessEntry': {
    type: 'aws_eks_access_entry',
    properties: {
      ClusterName: 'cluster_name',
      PrincipalArn: 'principal_arn',
      KubernetesGroups: 'kubernetes_groups',
      AccessPolicies: 'access_policies',
    },
  },
  'AWS::SSM::Parameter': { type: 'aws_ssm_parameter', properties: { Name: 'name', Type: 'type', Value: 'value' } },
  'AWS::SecretsManager::Secret': {
    type: 'aws_secretsmanager_secret',
    properties: { Name: 'name', SecretString: 'secret_string' },
  },
  'AWS::S3::Bucket': { type: 'aws_s3_bucket', properties: { BucketName: 'bucket' } },
  'AWS::DynamoDB::Table': { type: 'aws_dynamodb_table', properties: { TableName: 'name' } },
  'AWS::SQS::Queue': { type: 'aws_sqs_queue', properties: { QueueName: 'name' } },
  'AWS::SNS::Topic': { type: 'aws_sns_topic', properties: { TopicName: 'name' } },
  'AWS::KMS::Key': { type: 'aws_kms_key', properties: {} },
};

/** What `Ref` of a type gives: `arn` for some, the name for most. */
const REF_IS_ARN = new Set(['aws_iam_policy', 'aws_iam_openid_connect_provider', 'aws_sns_topic', 'aws_secretsmanager_secret']);

export interface Resources {
  readonly resources: readonly Resource[];
  readonly reading: Reading;
}

/** Resources of a template under the names that all tools are read by. */
export function readResources(
  root: Tree | undefined,
  resourcesTree: Tree | undefined,
  source: Source,
  { text, writtenAs }: Pick<Template, 'text' | 'writtenAs'>,
  given?: Given,
): Resources {
  const declared = mapEntries(resourcesTree);
  const busy = new Set<string>();
  const reading: Reading = {
    source,
    parameters: mapEntries(get(root, 'Parameters')),
    given,
    mappings: get(root, 'Mappings'),
    isResource: (id) => declared.has(id) || implicitOf(id, declared) !== undefined,
    lookup(id, attribute) {
      const implicit = implicitOf(id, declared);
      const tree = declared.get(id);
      const same = implicit === undefined ? SAME[textOf(get(tree, 'Type')) ?? ''] : SAME['AWS::IAM::Role'];
      if (same === undefined || busy.has(id)) return undefined;
      busy.add(id);
      try {
        const where: Where = { source, start: tree?.start ?? 0, end: tree?.end ?? 0 };
        const head: Resource = {
          mode: 'managed',
          type: same.type,
          address: id,
          body: { kind: 'map', entries: [], where },
          where,
        };
        const name =
          attribute === undefined
            ? REF_IS_ARN.has(same.type)
              ? 'arn'
              : 'name'
            : attribute === 'Arn'
              ? 'arn'
              : attribute.toLowerCase();
        const own = (wanted: string): Value | undefined => {
          const property = Object.entries(same.properties).find(([, to]) => to === wanted)?.[0];
          const value = property === undefined ? undefined : resolve(get(get(tree, 'Properties'), property), reading);
          return value?.kind === 'text' && value.isSymbolic !== true ? value : undefined;
        };
        return computed(head, name, own);
      } finally {
        busy.delete(id);
      }
    },
  };
  const resources = [...declared].flatMap(([id, tree]) =>
    resourcesOf(id, tree, reading, headOf(text, writtenAs.get(id) ?? id, tree.start)),
  );
  return { resources, reading };
}

/** `HelloFunctionRole`: SAM makes a role for a function that names none. */
function implicitOf(id: string, declared: ReadonlyMap<string, Tree>): Tree | undefined {
  if (!id.endsWith('Role') || declared.has(id)) return undefined;
  const tree = declared.get(id.slice(0, -'Role'.length));
  return textOf(get(tree, 'Type')) === 'AWS::Serverless::Function' && get(get(tree, 'Properties'), 'Role') === undefined
    ? tree
    : undefined;
}

/** A mapping begins with its first key: the line of its own key is above. */
export function headOf(text: string, key: string, start: number): number {
  const at = text.lastIndexOf(key, start);
  return at < 0 || start - at > key.length + 500 ? start : at;
}

function resourcesOf(id: string, tree: Tree, reading: Reading, head: number): Resource[] {
  const type = textOf(get(tree, 'Type'));
  if (type === undefined) return [];
  const where: Where = { source: reading.source, start: head, end: head + 1, pointer: tree.pointer };
  const whole = resolve(get(tree, 'Properties'), reading);
  const properties = asMap(whole, where);
  const resource = (own: string, entries: MapValue['entries'], address = id): Resource => ({
    mode: 'managed',
    type: own,
    address,
    body: { kind: 'map', entries, where: properties.where },
    where,
  });
  const same = SAME[type];
  if (
    type === 'AWS::IAM::Policy' ||
    type === 'AWS::IAM::RolePolicy' ||
    type === 'AWS::IAM::UserPolicy' ||
    type === 'AWS::IAM::GroupPolicy'
  ) {
    return inlinePolicies(id, properties, resource);
  }
  if (same === undefined) return [resource(type, properties.entries)];
  const entries = properties.entries.map(({ key, value }) => ({ key: same.properties[key] ?? key, value }));
  const more: Resource[] = [];
  if (/^aws_iam_(?:role|user|group)$/.test(same.type)) entries.push(...inlineBlocks(properties));
  const tags = tagsIn(properties);
  if (tags !== undefined) entries.push({ key: 'tags', value: tags });
  if (same.type === 'aws_iam_policy') {
    for (const [property, holder] of [
      ['Roles', 'role'],
      ['Users', 'user'],
      ['Groups', 'group'],
    ] as const) {
      for (const name of items(entry(properties, property))) {
        more.push(
          resource(
            `aws_iam_${holder}_policy_attachment`,
            [
              { key: holder, value: name },
              { key: 'policy_arn', value: arnText(id, properties, where) },
            ],
            `${id}.${property}`,
          ),
        );
      }
    }
  }
  if (same.type === 'aws_iam_user') {
    const groups = entry(properties, 'Groups');
    const name = nameText(id, properties, 'UserName', where);
    if (groups !== undefined)
      more.push(
        resource(
          'aws_iam_user_group_membership',
          [
            { key: 'user', value: name },
            { key: 'groups', value: groups },
          ],
          `${id}.Groups`,
        ),
      );
    if (entry(properties, 'LoginProfile') !== undefined)
      more.push(resource('aws_iam_user_login_profile', [{ key: 'user', value: name }], `${id}.LoginProfile`));
  }
  if (same.type === 'aws_lambda_function') {
    const variables = entry(entry(properties, 'Environment'), 'Variables');
    if (variables !== undefined)
      entries.push({
        key: 'environment',
        value: { kind: 'map', entries: [{ key: 'variables', value: variables }], where: variables.where },
      });
    if (type === 'AWS::Serverless::Function' && entry(properties, 'Role') === undefined) {
      const role = implicitRole(id, properties, where);
      more.push({ ...resource('aws_iam_role', role, `${id}Role`) });
      entries.push({
        key: 'role',
        value: { kind: 'text', text: standIn(`${id}Role`), isLiteral: false, isSymbolic: true, where },
      });
    }
  }
  if (same.type === 'aws_ecs_task_definition') {
    const containers = blocks(entry(properties, 'ContainerDefinitions')).map((container) => lowered(container));
    return [
      resource(same.type, [
        ...entries.filter(({ key }) => key !== 'container_definitions'),
        { key: 'container_definitions', value: { kind: 'list', items: containers, where } },
      ]),
      ...more,
    ];
  }
  return [resource(same.type, entries), ...more];
}

/** `Policies: [{PolicyName, PolicyDocument}]` of a role, user or group. */
function inlineBlocks(properties: MapValue): { key: string; value: Value }[] {
  const policies = blocks(entry(properties, 'Policies'));
  if (policies.length === 0) return [];
  const all = policies.map((policy): Value => {
    const [name, document] = [entry(policy, 'PolicyName'), entry(policy, 'PolicyDocument')];
    return {
      kind: 'map',
      entries: [
        ...(name === undefined ? [] : [{ key: 'name', value: name }]),
        ...(document === undefined ? [] : [{ key: 'policy', value: document }]),
      ],
      where: policy.where,
    };
  });
  return [{ key: 'inline_policy', value: { kind: 'list', items: all, where: policies[0]?.where ?? properties.where } }];
}

function inlinePolicies(
  id: string,
  properties: MapValue,
  resource: (type: string, entries: MapValue['entries'], address?: string) => Resource,
): Resource[] {
  const document = entry(properties, 'PolicyDocument');
  const name = entry(properties, 'PolicyName');
  const holders = [
    ['Roles', 'role'],
    ['Users', 'user'],
    ['Groups', 'group'],
    ['RoleName', 'role'],
    ['UserName', 'user'],
    ['GroupName', 'group'],
  ] as const;
  return holders.flatMap(([property, holder]) =>
    items(entry(properties, property)).map((value) =>
      resource(
        `aws_iam_${holder}_policy`,
        [
          { key: holder, value },
          ...(document === undefined ? [] : [{ key: 'policy', value: document }]),
          ...(name === undefined ? [] : [{ key: 'name', value: name }]),
        ],
        id,
      ),
    ),
  );
}

/** The role that SAM makes: trusted by Lambda, with the policies that the function lists. */
function implicitRole(id: string, properties: MapValue, where: Where): { key: string; value: Value }[] {
  const text = (value: string): Value => ({ kind: 'text', text: value, isLiteral: false, where });
  const attached: Value[] = [];
  const inline: Value[] = [];
  for (const policy of items(entry(properties, 'Policies'))) {
    if (policy.kind === 'text')
      attached.push(policy.text.startsWith('arn:') ? policy : { ...policy, text: `arn:aws:iam::aws:policy/${policy.text}` });
    else if (policy.kind === 'map' && entry(policy, 'Statement') !== undefined) {
      const version = { key: 'Version', value: text('2012-10-17') };
      const document: Value =
        entry(policy, 'Version') === undefined ? { ...policy, entries: [version, ...policy.entries] } : policy;
      inline.push({
        kind: 'map',
        entries: [
          { key: 'name', value: text(`${id}RolePolicy${inline.length}`) },
          { key: 'policy', value: document },
        ],
        where: policy.where,
      });
    }
  }
  const statement: Value = {
    kind: 'map',
    entries: [
      { key: 'Effect', value: text('Allow') },
      { key: 'Action', value: text('sts:AssumeRole') },
      { key: 'Principal', value: { kind: 'map', entries: [{ key: 'Service', value: text('lambda.amazonaws.com') }], where } },
    ],
    where,
  };
  return [
    {
      key: 'assume_role_policy',
      value: {
        kind: 'map',
        entries: [
          { key: 'Version', value: text('2012-10-17') },
          { key: 'Statement', value: { kind: 'list', items: [statement], where } },
        ],
        where,
      },
    },
    { key: 'managed_policy_arns', value: { kind: 'list', items: attached, where } },
    ...(inline.length === 0 ? [] : [{ key: 'inline_policy', value: { kind: 'list' as const, items: inline, where } }]),
  ];
}

function arnText(id: string, properties: MapValue, where: Where): Value {
  const name = known(entry(properties, 'ManagedPolicyName')) ?? standIn(id);
  return { kind: 'text', text: `arn:aws:iam::000000000000:policy/${name}`, isLiteral: false, where };
}

function nameText(id: string, properties: MapValue, property: string, where: Where): Value {
  return { kind: 'text', text: known(entry(properties, property)) ?? standIn(id), isLiteral: false, where };
}

/** `[{Key, Value}]` as a map. */
function tagsIn(properties: MapValue): Value | undefined {
  const tags = blocks(entry(properties, 'Tags'));
  if (tags.length === 0) return undefined;
  const entries = tags.flatMap((tag) => {
    const [key, value] = [known(entry(tag, 'Key')), entry(tag, 'Value')];
    return key === undefined || value === undefined ? [] : [{ key, value }];
  });
  return { kind: 'map', entries, where: properties.where };
}

/** `Environment: [{Name, Value}]` of a container, as Terraform's JSON of it spells. */
function lowered(container: MapValue): Value {
  const environment = blocks(entry(container, 'Environment')).map(
    (one): Value => ({
      ...one,
      entries: one.entries.map(({ key, value }) => ({ key: key.toLowerCase(), value })),
    }),
  );
  const others = container.entries.filter(({ key }) => key !== 'Environment');
  return {
    ...container,
    entries: [...others, { key: 'environment', value: { kind: 'list', items: environment, where: container.where } }],
  };
}
