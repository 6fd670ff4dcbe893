import assert from 'node:assert/strict';
import { decide, type Limit, type Policy, type Subject } from '../../../src/iam/index.ts';
import { ACCOUNT, allow, attached, boundary, deny, documentOf, inline, NOW, role, trusts, user, viaGroup } from './build.ts';

type Outcome = 'allow' | 'deny' | 'unknown';

interface Case {
  readonly what: string;
  readonly policies: readonly Policy[];
  readonly action: string;
  readonly resource?: string;
  readonly limits?: readonly Limit[];
  readonly context?: { readonly [key: string]: readonly string[] | null };
  readonly subject?: Partial<Subject>;
  readonly as?: 'role';
  readonly outcome: Outcome;
  readonly keys?: readonly string[];
}

const OBJECT = 'arn:aws:s3:::reports/2026/q1.csv';
const TAKEN = documentOf(trusts({ AWS: ACCOUNT }));
const ME = `arn:aws:iam::${ACCOUNT}:user/mara`;
const p = (...statements: Parameters<typeof inline>[1][]) => [inline('p', ...statements)];
const not = (element: 'NotAction' | 'NotResource', value: unknown, rest: object) => ({
  Effect: 'Allow',
  ...rest,
  [element]: value,
});

const PLAIN: readonly Case[] = [
  { what: 'nothing is allowed without a policy', policies: [], action: 's3:GetObject', outcome: 'deny' },
  {
    what: 'the named action on the named resource',
    policies: p(allow('s3:GetObject', OBJECT)),
    action: 's3:GetObject',
    outcome: 'allow',
  },
  { what: 'another action', policies: p(allow('s3:PutObject', OBJECT)), action: 's3:GetObject', outcome: 'deny' },
  {
    what: 'another resource',
    policies: p(allow('s3:GetObject', 'arn:aws:s3:::other/*')),
    action: 's3:GetObject',
    outcome: 'deny',
  },
  { what: 'actions without regard to case', policies: p(allow('S3:getobject')), action: 's3:GetObject', outcome: 'allow' },
  {
    what: 'resources with regard to case',
    policies: p(allow('s3:GetObject', 'arn:aws:s3:::Reports/*')),
    action: 's3:GetObject',
    outcome: 'deny',
  },
  { what: 'a star for all actions', policies: p(allow('*')), action: 's3:GetObject', outcome: 'allow' },
  { what: '*:* for all actions', policies: p(allow('*:*')), action: 's3:GetObject', outcome: 'allow' },
  { what: 'a star at the end of an action', policies: p(allow('s3:Get*')), action: 's3:GetObject', outcome: 'allow' },
  { what: 'a star in the middle of an action', policies: p(allow('s3:*Object')), action: 's3:GetObject', outcome: 'allow' },
  { what: 'a question mark in an action', policies: p(allow('s3:?etObject')), action: 's3:GetObject', outcome: 'allow' },
  { what: 'a question mark is one character', policies: p(allow('s3:??etObject')), action: 's3:GetObject', outcome: 'deny' },
  {
    what: 'the star of one service is not another service',
    policies: p(allow('s3:*')),
    action: 's3tables:GetTable',
    outcome: 'deny',
  },
  { what: 'a list of actions', policies: p(allow(['s3:PutObject', 's3:GetObject'])), action: 's3:GetObject', outcome: 'allow' },
  {
    what: 'a list of resources',
    policies: p(allow('s3:GetObject', ['arn:aws:s3:::x', `${OBJECT}`])),
    action: 's3:GetObject',
    outcome: 'allow',
  },
  {
    what: 'a star in a resource crosses slashes',
    policies: p(allow('s3:GetObject', 'arn:aws:s3:::reports/*')),
    action: 's3:GetObject',
    outcome: 'allow',
  },
  {
    what: 'a star that ends a segment of a resource crosses colons',
    policies: p(allow('s3:GetObject', 'arn:aws:*:reports/*')),
    action: 's3:GetObject',
    outcome: 'allow',
  },
  {
    what: 'a star within a segment does not',
    policies: p(allow('s3:GetObject', 'arn:aws:s3*q1.csv')),
    action: 's3:GetObject',
    outcome: 'deny',
  },
  {
    what: 'a bucket is not its objects',
    policies: p(allow('s3:GetObject', 'arn:aws:s3:::reports')),
    action: 's3:GetObject',
    outcome: 'deny',
  },
  {
    what: 'a statement without any resource applies to nothing',
    policies: p({ Effect: 'Allow', Action: '*' }),
    action: 's3:GetObject',
    outcome: 'deny',
  },
  { what: 'an empty list of actions', policies: p(allow([])), action: 's3:GetObject', outcome: 'deny' },
  {
    what: 'rights split over two policies: first half',
    policies: [inline('a', allow('iam:PassRole')), inline('b', allow('ec2:RunInstances'))],
    action: 'iam:PassRole',
    outcome: 'allow',
  },
  {
    what: 'rights split over two policies: other half',
    policies: [inline('a', allow('iam:PassRole')), inline('b', allow('ec2:RunInstances'))],
    action: 'ec2:RunInstances',
    outcome: 'allow',
  },
  { what: 'a right of a group', policies: [viaGroup('ops', allow('s3:*'))], action: 's3:GetObject', outcome: 'allow' },
];

const DENIES: readonly Case[] = [
  {
    what: 'Deny beats Allow in one policy',
    policies: p(allow('*'), deny('s3:GetObject')),
    action: 's3:GetObject',
    outcome: 'deny',
  },
  {
    what: 'Deny beats Allow whatever the order',
    policies: p(deny('s3:GetObject'), allow('*')),
    action: 's3:GetObject',
    outcome: 'deny',
  },
  {
    what: 'Deny in another policy',
    policies: [attached('a', allow('*')), inline('b', deny('s3:*'))],
    action: 's3:GetObject',
    outcome: 'deny',
  },
  {
    what: 'Deny in a group',
    policies: [attached('a', allow('*')), viaGroup('frozen', deny('*'))],
    action: 's3:GetObject',
    outcome: 'deny',
  },
  { what: 'Deny of another action', policies: p(allow('*'), deny('s3:PutObject')), action: 's3:GetObject', outcome: 'allow' },
  {
    what: 'Deny on another resource',
    policies: p(allow('*'), deny('*', 'arn:aws:s3:::prod/*')),
    action: 's3:GetObject',
    outcome: 'allow',
  },
  {
    what: 'Deny with NotAction spares the exceptions',
    policies: p(allow('*'), { Effect: 'Deny', NotAction: 's3:*', Resource: '*' }),
    action: 's3:GetObject',
    outcome: 'allow',
  },
  {
    what: 'Deny with NotAction hits the rest',
    policies: p(allow('*'), { Effect: 'Deny', NotAction: 's3:*', Resource: '*' }),
    action: 'ec2:RunInstances',
    outcome: 'deny',
  },
  {
    what: 'Deny with NotResource spares the exceptions',
    policies: p(allow('*'), { Effect: 'Deny', Action: '*', NotResource: 'arn:aws:s3:::reports/*' }),
    action: 's3:GetObject',
    outcome: 'allow',
  },
  {
    what: 'Deny with NotResource hits the rest',
    policies: p(allow('*'), { Effect: 'Deny', Action: '*', NotResource: 'arn:aws:s3:::other/*' }),
    action: 's3:GetObject',
    outcome: 'deny',
  },
  {
    what: 'Deny under a condition that cannot hold',
    policies: p(allow('*'), deny('*', '*', { Bool: { 'aws:SecureTransport': 'false' } })),
    action: 's3:GetObject',
    outcome: 'allow',
  },
  {
    what: 'Deny under a condition that always holds',
    policies: p(allow('*'), deny('*', '*', { Bool: { 'aws:SecureTransport': 'true' } })),
    action: 's3:GetObject',
    outcome: 'deny',
  },
  {
    what: 'Deny under a condition nobody knows',
    policies: p(allow('*'), deny('*', '*', { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } })),
    action: 's3:GetObject',
    outcome: 'unknown',
    keys: ['aws:MultiFactorAuthPresent'],
  },
  { what: 'Deny without an Allow', policies: p(deny('ec2:*')), action: 's3:GetObject', outcome: 'deny' },
];

const INVERTED: readonly Case[] = [
  {
    what: 'NotAction allows what it does not name',
    policies: p(not('NotAction', 'iam:*', { Resource: '*' })),
    action: 's3:GetObject',
    outcome: 'allow',
  },
  {
    what: 'NotAction does not allow what it names',
    policies: p(not('NotAction', 'iam:*', { Resource: '*' })),
    action: 'iam:CreateUser',
    outcome: 'deny',
  },
  {
    what: 'NotAction compares without case',
    policies: p(not('NotAction', 'IAM:*', { Resource: '*' })),
    action: 'iam:CreateUser',
    outcome: 'deny',
  },
  {
    what: 'NotAction with a list',
    policies: p(not('NotAction', ['iam:*', 's3:Get*'], { Resource: '*' })),
    action: 's3:GetObject',
    outcome: 'deny',
  },
  {
    what: 'NotAction and another statement that gives it back',
    policies: p(not('NotAction', 'iam:*', { Resource: '*' }), allow('iam:CreateUser')),
    action: 'iam:CreateUser',
    outcome: 'allow',
  },
  {
    what: 'NotResource allows elsewhere',
    policies: p(not('NotResource', 'arn:aws:s3:::prod/*', { Action: 's3:*' })),
    action: 's3:GetObject',
    outcome: 'allow',
  },
  {
    what: 'NotResource does not allow there',
    policies: p(not('NotResource', 'arn:aws:s3:::reports/*', { Action: 's3:*' })),
    action: 's3:GetObject',
    outcome: 'deny',
  },
  {
    what: 'NotResource with a list',
    policies: p(not('NotResource', ['arn:aws:s3:::a', 'arn:aws:s3:::reports/*'], { Action: 's3:*' })),
    action: 's3:GetObject',
    outcome: 'deny',
  },
];

const LIMITS: readonly Case[] = [
  {
    what: 'a boundary that allows it',
    policies: p(allow('*')),
    limits: [boundary(allow('s3:*'))],
    action: 's3:GetObject',
    outcome: 'allow',
  },
  {
    what: 'a boundary that does not',
    policies: p(allow('*')),
    limits: [boundary(allow('ec2:*'))],
    action: 's3:GetObject',
    outcome: 'deny',
  },
  {
    what: 'a boundary gives nothing by itself',
    policies: [],
    limits: [boundary(allow('*'))],
    action: 's3:GetObject',
    outcome: 'deny',
  },
  {
    what: 'a Deny in the boundary',
    policies: p(allow('*')),
    limits: [boundary(allow('*'), deny('s3:*'))],
    action: 's3:GetObject',
    outcome: 'deny',
  },
  {
    what: 'a boundary on another resource',
    policies: p(allow('*')),
    limits: [boundary(allow('*', 'arn:aws:s3:::other/*'))],
    action: 's3:GetObject',
    outcome: 'deny',
  },
  {
    what: 'two limits must both allow',
    policies: p(allow('*')),
    limits: [boundary(allow('*')), boundary(allow('ec2:*'))],
    action: 's3:GetObject',
    outcome: 'deny',
  },
  {
    what: 'two limits that do',
    policies: p(allow('*')),
    limits: [boundary(allow('*')), boundary(allow('s3:*'))],
    action: 's3:GetObject',
    outcome: 'allow',
  },
  {
    what: 'a boundary under a condition nobody knows',
    policies: p(allow('*')),
    limits: [boundary(allow('*', '*', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }))],
    action: 's3:GetObject',
    outcome: 'unknown',
    keys: ['aws:SourceIp'],
  },
  {
    what: 'a boundary whose document is missing',
    policies: p(allow('*')),
    limits: [{ title: 'permissions boundary gone', known: false, policies: [] }],
    action: 's3:GetObject',
    outcome: 'unknown',
    keys: ['permissions boundary gone'],
  },
  {
    what: 'a missing boundary allows nothing by itself',
    policies: [],
    limits: [{ title: 'gone', known: false, policies: [] }],
    action: 's3:GetObject',
    outcome: 'deny',
  },
];

const when = (Condition: object, rest: Partial<Case> & Pick<Case, 'what' | 'outcome'>): Case => ({
  policies: p(allow('s3:*', '*', Condition)),
  action: 's3:GetObject',
  ...rest,
});

const CONDITIONS: readonly Case[] = [
  when({ StringEquals: { 'aws:PrincipalAccount': ACCOUNT } }, { what: 'StringEquals on what is known', outcome: 'allow' }),
  when({ StringEquals: { 'aws:PrincipalAccount': '999900001111' } }, { what: 'StringEquals that fails', outcome: 'deny' }),
  when({ StringEquals: { 'AWS:principalaccount': ACCOUNT } }, { what: 'condition keys without case', outcome: 'allow' }),
  when({ StringEquals: { 'aws:username': ['x', 'mara'] } }, { what: 'any of several values', outcome: 'allow' }),
  when({ StringEquals: { 'aws:username': 'MARA' } }, { what: 'values with case', outcome: 'deny' }),
  when({ StringEqualsIgnoreCase: { 'aws:username': 'MARA' } }, { what: 'values without case where asked', outcome: 'allow' }),
  when({ StringEquals: { 'aws:username': 'ma*' } }, { what: 'StringEquals knows no star', outcome: 'deny' }),
  when({ StringLike: { 'aws:username': 'ma*' } }, { what: 'StringLike does', outcome: 'allow' }),
  when({ StringNotEquals: { 'aws:username': 'mara' } }, { what: 'StringNotEquals that fails', outcome: 'deny' }),
  when(
    { StringNotEquals: { 'aws:username': ['ben', 'ida'] } },
    { what: 'StringNotEquals of several: none may match', outcome: 'allow' },
  ),
  when({ StringNotLike: { 'aws:username': ['ben', 'm*'] } }, { what: 'StringNotLike of several: one matches', outcome: 'deny' }),
  when(
    { StringEquals: { 'aws:SourceVpc': 'vpc-1' } },
    { what: 'a key nobody knows', outcome: 'unknown', keys: ['aws:SourceVpc'] },
  ),
  when({ StringEquals: { 'aws:SourceVpc': 'vpc-1', 'aws:username': 'ben' } }, { what: 'false beats unknown', outcome: 'deny' }),
  when(
    { StringEquals: { 'aws:SourceVpc': 'vpc-1' }, Bool: { 'aws:SecureTransport': 'true' } },
    { what: 'true and unknown', outcome: 'unknown', keys: ['aws:SourceVpc'] },
  ),
  when(
    { StringEquals: { 'aws:SourceVpc': 'vpc-1' } },
    { what: 'a key that the call tells', context: { 'aws:sourcevpc': ['vpc-1'] }, outcome: 'allow' },
  ),
  when(
    { StringEquals: { 'aws:SourceVpc': 'vpc-1' } },
    { what: 'an absent key fails', context: { 'aws:sourcevpc': null }, outcome: 'deny' },
  ),
  when(
    { StringNotEquals: { 'aws:SourceVpc': 'vpc-1' } },
    { what: 'an absent key passes a negated test', context: { 'aws:sourcevpc': null }, outcome: 'allow' },
  ),
  when(
    { StringEqualsIfExists: { 'aws:SourceVpc': 'vpc-1' } },
    { what: 'IfExists passes on an absent key', context: { 'aws:sourcevpc': null }, outcome: 'allow' },
  ),
  when(
    { StringEqualsIfExists: { 'aws:SourceVpc': 'vpc-1' } },
    { what: 'IfExists tests a present key', context: { 'aws:sourcevpc': ['vpc-2'] }, outcome: 'deny' },
  ),
  when(
    { Null: { 'aws:SourceVpc': 'true' } },
    { what: 'Null true on an absent key', context: { 'aws:sourcevpc': null }, outcome: 'allow' },
  ),
  when(
    { Null: { 'aws:SourceVpc': 'true' } },
    { what: 'Null true on a present key', context: { 'aws:sourcevpc': ['x'] }, outcome: 'deny' },
  ),
  when(
    { Null: { 'aws:SourceVpc': false } },
    { what: 'Null false on a present key', context: { 'aws:sourcevpc': ['x'] }, outcome: 'allow' },
  ),
  when(
    { Null: { 'aws:TokenIssueTime': 'true' } },
    { what: 'Null on a key nobody knows', outcome: 'unknown', keys: ['aws:TokenIssueTime'] },
  ),
  when(
    { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
    { what: 'MFA is not known', outcome: 'unknown', keys: ['aws:MultiFactorAuthPresent'] },
  ),
  when({ Bool: { 'aws:ViaAWSService': true } }, { what: 'the caller calls by itself', outcome: 'deny' }),
  when(
    { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '192.0.2.7'] } },
    { what: 'an address in a range', context: { 'aws:sourceip': ['10.9.8.7'] }, outcome: 'allow' },
  ),
  when(
    { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
    { what: 'an address outside', context: { 'aws:sourceip': ['11.0.0.1'] }, outcome: 'deny' },
  ),
  when(
    { NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
    { what: 'NotIpAddress', context: { 'aws:sourceip': ['11.0.0.1'] }, outcome: 'allow' },
  ),
  when(
    { IpAddress: { 'aws:SourceIp': '2001:db8::/32' } },
    { what: 'an IPv6 range', context: { 'aws:sourceip': ['2001:db8::1'] }, outcome: 'allow' },
  ),
  when(
    { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
    { what: 'IPv6 is in no IPv4 range', context: { 'aws:sourceip': ['2001:db8::1'] }, outcome: 'deny' },
  ),
  when({ IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } }, { what: 'every address: no condition at all', outcome: 'allow' }),
  when(
    { IpAddress: { 'aws:SourceIp': 'not/an-address' } },
    { what: 'a malformed range matches nothing', context: { 'aws:sourceip': ['10.0.0.1'] }, outcome: 'deny' },
  ),
  when(
    { DateLessThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } },
    { what: 'a date that can never hold again', outcome: 'deny' },
  ),
  when({ DateGreaterThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } }, { what: 'a date always past', outcome: 'allow' }),
  when(
    { DateLessThan: { 'aws:CurrentTime': '2030-01-01T00:00:00Z' } },
    { what: 'a window that is still open', outcome: 'allow' },
  ),
  when(
    { DateGreaterThan: { 'aws:CurrentTime': '2030-01-01T00:00:00Z' } },
    { what: 'a window that will open', outcome: 'unknown', keys: ['aws:CurrentTime'] },
  ),
  when({ NumericLessThan: { 'aws:EpochTime': '1577836800' } }, { what: 'epoch time that is past', outcome: 'deny' }),
  when({ DateLessThan: { 'aws:CurrentTime': 'soon' } }, { what: 'a date that is none', outcome: 'deny' }),
  when(
    { NumericLessThanEquals: { 's3:max-keys': '10' } },
    { what: 'numbers', context: { 's3:max-keys': ['10'] }, outcome: 'allow' },
  ),
  when(
    { NumericGreaterThan: { 's3:max-keys': 10 } },
    { what: 'numbers that fail', context: { 's3:max-keys': ['10'] }, outcome: 'deny' },
  ),
  when({ ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::*:user/ma*` } }, { what: 'ArnLike on who calls', outcome: 'allow' }),
  when({ ArnNotEquals: { 'aws:PrincipalArn': ME } }, { what: 'ArnNotEquals on who calls', outcome: 'deny' }),
  when(
    { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] } },
    { what: 'ForAllValues with all inside', context: { 'aws:tagkeys': ['a'] }, outcome: 'allow' },
  ),
  when(
    { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } },
    { what: 'ForAllValues with one outside', context: { 'aws:tagkeys': ['a', 'c'] }, outcome: 'deny' },
  ),
  when(
    { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } },
    { what: 'ForAllValues on an absent key', context: { 'aws:tagkeys': null }, outcome: 'allow' },
  ),
  when(
    { 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['a'] } },
    { what: 'ForAnyValue with one inside', context: { 'aws:tagkeys': ['c', 'a'] }, outcome: 'allow' },
  ),
  when(
    { 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['a'] } },
    { what: 'ForAnyValue on an absent key', context: { 'aws:tagkeys': null }, outcome: 'deny' },
  ),
  when({ StringEquals: { 'aws:SourceVpc': [] } }, { what: 'no value to equal', outcome: 'deny' }),
  when({ BinaryEquals: { 'x:y': 'aGk=' } }, { what: 'bytes nobody knows', outcome: 'unknown', keys: ['x:y'] }),
  when(
    { Frobnicate: { 'aws:username': 'mara' } },
    { what: 'an operator nobody knows', outcome: 'unknown', keys: ['aws:username'] },
  ),
  when(
    { StringEquals: { 'aws:PrincipalTag/team': 'data' } },
    { what: 'a tag of the user', subject: { tags: { Team: 'data' } }, outcome: 'allow' },
  ),
  when({ StringEquals: { 'aws:PrincipalTag/team': 'data' } }, { what: 'a tag that the user lacks', outcome: 'deny' }),
  when(
    { StringEquals: { 'aws:PrincipalTag/team': 'data' } },
    { what: 'a tag that a session may bring', as: 'role', outcome: 'unknown', keys: ['aws:PrincipalTag/team'] },
  ),
  when(
    { StringEquals: { 'aws:PrincipalTag/team': 'data' } },
    { what: 'a tag that no session may bring', as: 'role', subject: { trust: TAKEN }, outcome: 'deny' },
  ),
  when(
    { StringEquals: { 'aws:PrincipalTag/team': 'data' } },
    {
      what: 'a tag of the role that a session may replace, where its trust was not read',
      as: 'role',
      subject: { tags: { team: 'web' } },
      outcome: 'unknown',
      keys: ['aws:PrincipalTag/team'],
    },
  ),
  when(
    { StringEquals: { 'aws:PrincipalTag/team': 'data' } },
    { what: 'a tag that no session may replace', as: 'role', subject: { tags: { team: 'web' }, trust: TAKEN }, outcome: 'deny' },
  ),
  when({ IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } }, { what: 'every address', outcome: 'allow' }),
  when({ NotIpAddress: { 'aws:SourceIp': '0.0.0.0/0' } }, { what: 'no address', outcome: 'deny' }),
  when(
    { IpAddress: { 'aws:VpcSourceIp': '0.0.0.0/0' } },
    { what: 'every address behind an endpoint', outcome: 'unknown', keys: ['aws:VpcSourceIp'] },
  ),
  when(
    { NotIpAddress: { 'aws:VpcSourceIp': '0.0.0.0/0' } },
    { what: 'no address behind an endpoint', outcome: 'unknown', keys: ['aws:VpcSourceIp'] },
  ),
  when(
    { DateLessThan: { 'aws:TokenIssueTime': '2026-01-01T00:00:00Z' } },
    { what: 'sessions of the past', as: 'role', outcome: 'deny' },
  ),
  when(
    { DateLessThan: { 'aws:TokenIssueTime': '2026-01-01T00:00:00Z' } },
    { what: 'sessions of a user in the past', outcome: 'deny' },
  ),
  when(
    { DateGreaterThan: { 'aws:TokenIssueTime': '2026-01-01T00:00:00Z' } },
    { what: 'sessions since then', as: 'role', outcome: 'allow' },
  ),
  when(
    { DateGreaterThan: { 'aws:TokenIssueTime': '2026-01-01T00:00:00Z' } },
    { what: 'a user that may ask for a session', outcome: 'unknown', keys: ['aws:TokenIssueTime'] },
  ),
  ...['StringLike', 'StringNotLike'].flatMap((operator) => [
    when(
      { [operator]: { 'aws:userId': ['AROAB:*', 'AROAA:*'] } },
      {
        what: `${operator} its sessions`,
        as: 'role',
        subject: { uniqueId: 'AROAA' },
        outcome: operator === 'StringLike' ? 'allow' : 'deny',
      },
    ),
    when(
      { [operator]: { 'aws:userId': 'AROAB:*' } },
      {
        what: `${operator} sessions of another`,
        as: 'role',
        subject: { uniqueId: 'AROAA' },
        outcome: operator === 'StringLike' ? 'deny' : 'allow',
      },
    ),
    when(
      { [operator]: { 'aws:userId': 'AROAA:ci' } },
      {
        what: `${operator} one of its sessions`,
        as: 'role',
        subject: { uniqueId: 'AROAA' },
        outcome: 'unknown',
        keys: ['aws:userId'],
      },
    ),
    when(
      { [operator]: { 'aws:userId': 'AROAA:*' } },
      { what: `${operator} sessions, its number not told`, as: 'role', outcome: 'unknown', keys: ['aws:userId'] },
    ),
  ]),
  ...[
    { organisation: 'o-a', wanted: 'o-a/*', outcome: 'allow' },
    { organisation: 'o-a', wanted: 'o-b/*', outcome: 'deny' },
    { organisation: 'o-a', wanted: 'o-a/r-1/ou-1/*', outcome: 'unknown' },
    { organisation: null, wanted: 'o-a/*', outcome: 'deny' },
    { organisation: undefined, wanted: 'o-a/*', outcome: 'unknown' },
  ].map(({ organisation, wanted, outcome }) =>
    when(
      { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': wanted } },
      {
        what: `the path ${wanted} in the organisation ${organisation}`,
        subject: organisation === undefined ? {} : { organisation },
        outcome: outcome as Outcome,
        ...(outcome === 'unknown' ? { keys: ['aws:PrincipalOrgPaths'] } : {}),
      },
    ),
  ),
  when({ StringEquals: { 'aws:PrincipalServiceName': 'sns.amazonaws.com' } }, { what: 'a service that calls', outcome: 'deny' }),
  when(
    { 'ForAnyValue:StringLike': { 'aws:PrincipalServiceNamesList': '*' } },
    { what: 'names of a service that calls', outcome: 'deny' },
  ),
];

const BY_STACK = { 'ForAnyValue:StringEquals': { 'aws:CalledVia': ['cloudformation.amazonaws.com'] } };

const CALLED_VIA: readonly Case[] = [
  {
    what: 'a service that it cannot use',
    policies: p(allow('iam:*', '*', BY_STACK)),
    action: 'iam:CreateUser',
    outcome: 'deny',
  },
  {
    what: 'a service that it may use',
    policies: p(allow('iam:*', '*', BY_STACK), allow('cloudformation:Create*')),
    action: 'iam:CreateUser',
    outcome: 'unknown',
    keys: ['aws:CalledVia'],
  },
  {
    what: 'a service that it may use among others',
    policies: p(allow('iam:*', '*', BY_STACK), { Effect: 'Allow', NotAction: 's3:*', Resource: '*' }),
    action: 'iam:CreateUser',
    outcome: 'allow',
  },
  {
    what: 'a service whose actions nobody knows',
    policies: p(allow('iam:*', '*', { 'ForAnyValue:StringEquals': { 'aws:CalledVia': ['gadgets.amazonaws.com'] } })),
    action: 'iam:CreateUser',
    outcome: 'unknown',
    keys: ['aws:CalledVia'],
  },
  {
    what: 'refused but for a service that it cannot use',
    policies: p(
      allow('iam:*'),
      deny('iam:*', '*', { 'ForAllValues:StringNotEquals': { 'aws:CalledVia': ['athena.amazonaws.com'] } }),
    ),
    action: 'iam:CreateUser',
    outcome: 'deny',
  },
];

const VARIABLES: readonly Case[] = [
  {
    what: 'a variable that is known',
    policies: p(allow('iam:*', `arn:aws:iam::${ACCOUNT}:user/\${aws:username}`)),
    action: 'iam:CreateAccessKey',
    resource: ME,
    outcome: 'allow',
  },
  {
    what: 'and what it does not name',
    policies: p(allow('iam:*', `arn:aws:iam::${ACCOUNT}:user/\${aws:username}`)),
    action: 'iam:CreateAccessKey',
    resource: `arn:aws:iam::${ACCOUNT}:user/ben`,
    outcome: 'deny',
  },
  {
    what: 'a variable that is not known',
    policies: p(allow('s3:*', `arn:aws:s3:::\${s3:prefix}/*`)),
    action: 's3:GetObject',
    outcome: 'unknown',
    keys: ['s3:prefix'],
  },
  {
    what: 'a variable that is not known, on something else',
    policies: p(allow('s3:*', `arn:aws:s3:::\${s3:prefix}/*`)),
    action: 's3:GetObject',
    resource: 'arn:aws:sqs:eu-west-1:1:q',
    outcome: 'deny',
  },
  {
    what: 'a Deny with an unknown variable may hit',
    policies: p(allow('*'), deny('s3:*', `arn:aws:s3:::\${s3:prefix}/*`)),
    action: 's3:GetObject',
    outcome: 'unknown',
    keys: ['s3:prefix'],
  },
  {
    what: 'a variable with a default where the tag is missing',
    policies: p(allow('s3:*', `arn:aws:s3:::\${aws:PrincipalTag/bucket, 'reports'}/*`)),
    action: 's3:GetObject',
    outcome: 'allow',
  },
  {
    what: 'a variable without value or default',
    policies: p(allow('s3:*', `arn:aws:s3:::\${aws:PrincipalTag/bucket}/*`)),
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::/x',
    outcome: 'deny',
  },
  {
    what: 'an escaped star is a star',
    policies: p(allow('s3:*', `arn:aws:s3:::reports/\${*}`)),
    action: 's3:GetObject',
    outcome: 'deny',
  },
  {
    what: 'aws:username of a role has no value',
    policies: p(allow('s3:*', `arn:aws:s3:::\${aws:username}/*`)),
    action: 's3:GetObject',
    as: 'role',
    outcome: 'deny',
  },
  {
    what: 'a variable in a condition',
    policies: p(allow('s3:*', '*', { StringEquals: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:user/\${aws:username}` } })),
    action: 's3:GetObject',
    outcome: 'allow',
  },
];

const ALL = { PLAIN, DENIES, INVERTED, LIMITS, CONDITIONS, CALLED_VIA, VARIABLES };

describe('IAM evaluator', () => {
  for (const [title, cases] of Object.entries(ALL)) {
    describe(title.toLowerCase(), () => {
      for (const one of cases) {
        it(`${one.outcome}: ${one.what}`, () => {
          const more = { limits: one.limits ?? [], ...one.subject };
          const subject = one.as === 'role' ? role('mara', one.policies, undefined, more) : user('mara', one.policies, more);

          const decision = decide(
            subject,
            {
              action: one.action,
              resource: one.resource ?? OBJECT,
              ...(one.context === undefined ? {} : { context: one.context }),
            },
            NOW,
          );

          assert.equal(decision.outcome, one.outcome);
          assert.deepEqual(decision.keys, one.keys ?? []);
        });
      }
    });
  }

  it('has a table of at least 80 cases', () => {
    assert.ok(Object.values(ALL).flat().length >= 80);
  });

  it('reads no policy variables in documents of the old version', () => {
    const document = { ...documentOf(allow('s3:*', `arn:aws:s3:::\${aws:username}/*`)), variables: false };
    const subject = user('mara', [{ name: 'old', kind: 'inline', inline: true, document }]);

    const decision = decide(subject, { action: 's3:GetObject', resource: 'arn:aws:s3:::mara/x' }, NOW);

    assert.equal(decision.outcome, 'deny');
  });

  it('tries the value of a variable where letters of either case are one', () => {
    const named = `\${aws:PrincipalTag/team, 'Data'}`;
    const mara = user('mara', [
      inline('a', allow('s3:GetObject', '*', { StringNotEqualsIgnoreCase: { 'aws:RequestTag/team': named } })),
    ]);

    const decision = decide(mara, { action: 's3:GetObject', resource: 'arn:aws:s3:::a/b' }, NOW);

    assert.equal(decision.outcome, 'unknown');
    assert.deepEqual(decision.keys, ['aws:RequestTag/team']);
  });

  it('names the statement that decides', () => {
    const subject = user('mara', [inline('a', allow('ec2:*')), viaGroup('ops', { ...allow('s3:*'), Sid: 'Buckets' })]);

    const decision = decide(subject, { action: 's3:GetObject', resource: OBJECT }, NOW);

    assert.equal(decision.by?.policy.kind, 'group:ops');
    assert.equal(decision.by?.statement.sid, 'Buckets');
  });

  it('names the Deny that decides', () => {
    const subject = user('mara', [inline('a', allow('*')), viaGroup('frozen', { ...deny('*'), Sid: 'Freeze' })]);

    const decision = decide(subject, { action: 's3:GetObject', resource: OBJECT }, NOW);

    assert.equal(decision.explicit, true);
    assert.equal(decision.by?.statement.sid, 'Freeze');
  });

  it('names the statement of the resource where that alone decides', () => {
    const subject = user('mara', [inline('maybe', allow('s3:*', '*', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }))]);
    const own = { ...allow('s3:GetObject'), Principal: '*', Sid: 'Public' };
    const policy = { title: 'policy of the bucket', known: true, policies: [inline('bucket', own)] };

    const decision = decide(subject, { action: 's3:GetObject', resource: OBJECT, target: { policy } }, NOW);

    assert.equal(decision.outcome, 'allow');
    assert.equal(decision.by?.statement.sid, 'Public');
  });

  it('takes a key and a role for guarded, though their policies are not in the input', () => {
    const subject = user('mara', [inline('all', allow('*'))]);
    const key = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1`;

    const decision = decide(subject, { action: 'kms:Decrypt', resource: key, target: {} }, NOW);

    assert.equal(decision.outcome, 'unknown');
    assert.deepEqual(decision.keys, [`policy of ${key}`]);
  });

  it('prefers the Allow that surely holds to one that may', () => {
    const subject = user('mara', [
      inline('maybe', allow('s3:*', '*', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } })),
      inline('sure', allow('s3:GetObject')),
    ]);

    const decision = decide(subject, { action: 's3:GetObject', resource: OBJECT }, NOW);

    assert.equal(decision.outcome, 'allow');
    assert.equal(decision.by?.policy.name, 'sure');
  });
});
