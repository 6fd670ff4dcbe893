import { awsIamFiles } from '../../../scanners/aws-iam/index.ts';
import type { FileHead, Observation, SourceFile } from '../../../src/contracts/index.ts';
import { encodeAwsKeyId } from '../../../src/detect/aws-account.ts';
import { shownTo, surroundings } from '../../../src/files/surroundings.ts';
import { collect, testContext } from '../../helpers/scan-context.ts';

export const ACCOUNT = '111122223333';

export function fileOf(text: string | Uint8Array, path = 'exports/aws.json'): SourceFile {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return {
    path,
    bytes,
    text: () => (typeof text === 'string' ? text : Buffer.from(text).toString('utf8')),
    at: { path },
    place: 'file',
  };
}

export function headOf(text: string, path = 'exports/aws.json'): FileHead {
  return { path, size: Buffer.byteLength(text), head: () => text.slice(0, 4096) };
}

export function scanText(text: string, path?: string): Promise<Observation[]> {
  return collect(awsIamFiles.scan(fileOf(text, path), testContext()));
}

export function scanJson(value: unknown, path?: string): Promise<Observation[]> {
  return scanText(JSON.stringify(value, null, 2), path);
}

/** What the scanner tells of one of several files that lie in one tree. */
export async function scanAmong(files: { readonly [path: string]: unknown }, path: string): Promise<Observation[]> {
  const scan = await scannerOf(files);
  return await scan(path);
}

/** The same tree for several of its files, as in one crawl. */
export async function scannerOf(files: { readonly [path: string]: unknown }): Promise<(path: string) => Promise<Observation[]>> {
  const around = surroundings(
    () => Object.keys(files),
    (path) => fileOf(textOf(files[path]), path),
  );
  return (path) =>
    collect(awsIamFiles.scan(shownTo(awsIamFiles, { ...fileOf(textOf(files[path]), path), around }), testContext()));
}

function textOf(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content, null, 2);
}

export function policyOf(...statements: object[]): object {
  return { Version: '2012-10-17', Statement: statements };
}

export function allow(Action: unknown, Resource: unknown = '*'): object {
  return { Effect: 'Allow', Action, Resource };
}

export function userDetail(name: string, more: object = {}): object {
  return {
    Path: '/',
    UserName: name,
    UserId: 'AIDAEXAMPLEEXAMPLE123',
    Arn: `arn:aws:iam::${ACCOUNT}:user/${name}`,
    CreateDate: '2024-02-03T04:05:06+00:00',
    GroupList: [],
    AttachedManagedPolicies: [],
    Tags: [],
    ...more,
  };
}

export function trustOf(principal: unknown, condition?: object): object {
  const action = JSON.stringify(principal).includes('Federated') ? 'sts:AssumeRoleWithWebIdentity' : 'sts:AssumeRole';
  return policyOf({
    Effect: 'Allow',
    Principal: principal,
    Action: action,
    ...(condition === undefined ? {} : { Condition: condition }),
  });
}

export function roleDetail(name: string, more: object = {}): object {
  return {
    Path: '/',
    RoleName: name,
    RoleId: 'AROAEXAMPLEEXAMPLE123',
    Arn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
    CreateDate: '2024-02-03T04:05:06+00:00',
    AssumeRolePolicyDocument: policyOf({
      Effect: 'Allow',
      Principal: { Service: 'ec2.amazonaws.com' },
      Action: 'sts:AssumeRole',
    }),
    InstanceProfileList: [],
    RolePolicyList: [],
    AttachedManagedPolicies: [],
    RoleLastUsed: {},
    ...more,
  };
}

export function groupDetail(name: string, more: object = {}): object {
  return {
    GroupName: name,
    Arn: `arn:aws:iam::${ACCOUNT}:group/${name}`,
    GroupPolicyList: [],
    AttachedManagedPolicies: [],
    ...more,
  };
}

export function managedPolicy(name: string, document: unknown, more: object = {}): object {
  return {
    PolicyName: name,
    Arn: `arn:aws:iam::${ACCOUNT}:policy/${name}`,
    DefaultVersionId: 'v1',
    PolicyVersionList: [{ VersionId: 'v1', IsDefaultVersion: true, Document: document }],
    ...more,
  };
}

export function details(
  parts: { users?: object[]; groups?: object[]; roles?: object[]; policies?: object[] },
  more: object = {},
): object {
  return {
    UserDetailList: parts.users ?? [],
    GroupDetailList: parts.groups ?? [],
    RoleDetailList: parts.roles ?? [],
    Policies: parts.policies ?? [],
    ...more,
  };
}

/** A key id of this account: the account is in its middle. */
export function keyOf(tail: string, account = ACCOUNT): string {
  return encodeAwsKeyId(['AK', 'IA'].join(''), account).slice(0, 14) + tail;
}

export const REPORT_COLUMNS =
  'user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,' +
  'access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,' +
  'access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,' +
  'cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated';

/** A report line: what is not given is `N/A`. */
export function reportLine(user: string, cells: { readonly [column: string]: string } = {}): string {
  const root = user === '<root_account>';
  const given: { readonly [column: string]: string } = {
    user,
    arn: `arn:aws:iam::${ACCOUNT}:${root ? 'root' : `user/${user}`}`,
    user_creation_time: '2024-02-03T04:05:06+00:00',
    password_enabled: root ? 'not_supported' : 'false',
    mfa_active: 'false',
    access_key_1_active: 'false',
    access_key_2_active: 'false',
    cert_1_active: 'false',
    cert_2_active: 'false',
    ...cells,
  };
  return REPORT_COLUMNS.split(',')
    .map((column) => given[column] ?? 'N/A')
    .join(',');
}

export function report(...lines: string[]): string {
  return [REPORT_COLUMNS, ...lines].join('\n');
}
