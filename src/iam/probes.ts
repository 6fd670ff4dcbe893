import { FRESH } from './pattern.ts';

/** An action and the shape of what it works on. */
export interface Probe {
  readonly action: string;
  readonly shape: string;
}

export function probes(shape: string, ...actions: string[]): Probe[] {
  return actions.map((action) => ({ action, shape }));
}

export type ProbedCapability = 'reads-secrets' | 'reads-data' | 'writes-data' | 'manages-identities' | 'impersonates';

/**
 * Facts about AWS actions: what returns secrets or data, what changes data, what makes or arms identities.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/
 */
export const PROBES: {
  readonly [capability in ProbedCapability]: readonly Probe[];
} = {
  'reads-secrets': [
    ...probes('arn:{partition}:secretsmanager:*:*:secret:*', 'secretsmanager:GetSecretValue'),
    ...probes(
      'arn:{partition}:ssm:*:*:parameter/*',
      'ssm:GetParameter',
      'ssm:GetParameters',
      'ssm:GetParametersByPath',
      'ssm:GetParameterHistory',
    ),
    // Of all keys only: one key decrypts what is its own.
    ...probes(`arn:{partition}:kms:${FRESH}:{account}:key/${FRESH}`, 'kms:Decrypt'),
  ],
  'reads-data': [
    ...probes('arn:{partition}:s3:::*/*', 's3:GetObject', 's3:GetObjectVersion'),
    ...probes(
      'arn:{partition}:dynamodb:*:*:table/*',
      'dynamodb:GetItem',
      'dynamodb:BatchGetItem',
      'dynamodb:Query',
      'dynamodb:Scan',
      'dynamodb:PartiQLSelect',
    ),
    ...probes('arn:{partition}:rds:*:*:cluster:*', 'rds-data:ExecuteStatement'),
    ...probes('arn:{partition}:rds-db:*:*:dbuser:*/*', 'rds-db:connect'),
    ...probes('arn:{partition}:redshift:*:*:dbuser:*/*', 'redshift:GetClusterCredentials'),
    ...probes('arn:{partition}:athena:*:*:workgroup/*', 'athena:GetQueryResults'),
    ...probes('arn:{partition}:sqs:*:*:*', 'sqs:ReceiveMessage'),
    ...probes('arn:{partition}:kinesis:*:*:stream/*', 'kinesis:GetRecords'),
    ...probes('arn:{partition}:es:*:*:domain/*', 'es:ESHttpGet'),
    ...probes('arn:{partition}:logs:*:*:log-group:*', 'logs:GetLogEvents', 'logs:FilterLogEvents'),
    // Disks and tables as copies.
    ...probes('arn:{partition}:ec2:*:*:snapshot/*', 'ebs:GetSnapshotBlock', 'ec2:ModifySnapshotAttribute'),
    ...probes('arn:{partition}:rds:*:*:snapshot:*', 'rds:ModifyDBSnapshotAttribute'),
    ...probes('arn:{partition}:dynamodb:*:*:table/*', 'dynamodb:ExportTableToPointInTime'),
    ...probes('arn:{partition}:codecommit:*:*:*', 'codecommit:GitPull'),
    ...probes('arn:{partition}:elasticfilesystem:*:*:file-system/*', 'elasticfilesystem:ClientMount'),
    ...probes('arn:{partition}:redshift-serverless:*:*:workgroup/*', 'redshift-serverless:GetCredentials'),
    ...probes('arn:{partition}:cassandra:*:*:/keyspace/*', 'cassandra:Select'),
    ...probes('arn:{partition}:timestream:*:*:database/*', 'timestream:Select'),
    ...probes('arn:{partition}:aoss:*:*:collection/*', 'aoss:APIAccessAll'),
  ],
  'writes-data': [
    ...probes('arn:{partition}:s3:::*/*', 's3:PutObject', 's3:DeleteObject'),
    ...probes(
      'arn:{partition}:dynamodb:*:*:table/*',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:DeleteItem',
      'dynamodb:BatchWriteItem',
      'dynamodb:DeleteTable',
    ),
    ...probes('arn:{partition}:rds:*:*:cluster:*', 'rds-data:ExecuteStatement', 'rds:DeleteDBCluster'),
    ...probes('arn:{partition}:rds:*:*:db:*', 'rds:DeleteDBInstance'),
    ...probes('arn:{partition}:rds-db:*:*:dbuser:*/*', 'rds-db:connect'),
    ...probes('arn:{partition}:sqs:*:*:*', 'sqs:SendMessage', 'sqs:PurgeQueue'),
    ...probes('arn:{partition}:kinesis:*:*:stream/*', 'kinesis:PutRecord'),
    ...probes('arn:{partition}:es:*:*:domain/*', 'es:ESHttpPost', 'es:ESHttpPut', 'es:ESHttpDelete'),
    ...probes('arn:{partition}:ecr:*:*:repository/*', 'ecr:PutImage'),
    ...probes('arn:{partition}:codecommit:*:*:*', 'codecommit:GitPush'),
    ...probes('arn:{partition}:elasticfilesystem:*:*:file-system/*', 'elasticfilesystem:ClientWrite'),
    ...probes('arn:{partition}:cassandra:*:*:/keyspace/*', 'cassandra:Modify'),
    ...probes('arn:{partition}:aoss:*:*:collection/*', 'aoss:APIAccessAll'),
    ...probes('arn:{partition}:kms:*:*:key/*', 'kms:ScheduleKeyDeletion'),
    ...probes('arn:{partition}:secretsmanager:*:*:secret:*', 'secretsmanager:PutSecretValue', 'secretsmanager:DeleteSecret'),
  ],
  'manages-identities': [
    ...probes(
      'arn:{partition}:iam::{account}:user/*',
      'iam:CreateUser',
      'iam:CreateAccessKey',
      'iam:CreateLoginProfile',
      'iam:UpdateLoginProfile',
      'iam:DeleteUser',
      'iam:AttachUserPolicy',
      'iam:PutUserPolicy',
      'iam:CreateServiceSpecificCredential',
    ),
    ...probes(
      'arn:{partition}:iam::{account}:role/*',
      'iam:CreateRole',
      'iam:AttachRolePolicy',
      'iam:PutRolePolicy',
      'iam:UpdateAssumeRolePolicy',
      'iam:DeleteRole',
    ),
    ...probes('arn:{partition}:iam::{account}:group/*', 'iam:AddUserToGroup', 'iam:AttachGroupPolicy', 'iam:PutGroupPolicy'),
    ...probes('arn:{partition}:iam::{account}:policy/*', 'iam:CreatePolicyVersion', 'iam:SetDefaultPolicyVersion'),
    ...probes(
      'arn:{partition}:iam::{account}:oidc-provider/*',
      'iam:CreateOpenIDConnectProvider',
      'iam:AddClientIDToOpenIDConnectProvider',
    ),
  ],
  impersonates: probes('arn:{partition}:iam::*:role/*', 'sts:AssumeRole'),
};

/** Of all that is probed. */
export const PROBED_ACTIONS: readonly string[] = Object.values(PROBES).flatMap((list) => list.map(({ action }) => action));
