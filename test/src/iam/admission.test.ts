import assert from 'node:assert/strict';
import { type PolicyDocument, readTrust, type TrustEntry } from '../../../src/iam/index.ts';
import type { Trusting } from '../../../src/iam/trust.ts';
import { ACCOUNT, documentOf, NOW, type RawStatement, trusts } from './build.ts';

const G = 'token.actions.githubusercontent.com:';
const GITHUB = `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`;

function read(statements: readonly RawStatement[], more: Partial<Trusting> = {}): TrustEntry[] {
  const role = { account: ACCOUNT, partition: 'aws', limits: [], now: NOW };
  return readTrust({ ...role, document: documentOf(...statements), ...more }).filter((one) => one.effect === 'allow');
}

function web(Condition: object, Effect = 'Allow'): RawStatement {
  return { ...trusts({ Federated: GITHUB }, Condition), Action: 'sts:AssumeRoleWithWebIdentity', Effect };
}

const deny = (Condition?: object, Principal: unknown = '*'): RawStatement => ({
  ...trusts(Principal, Condition),
  Effect: 'Deny',
});
const everybody = (Condition?: object): RawStatement => trusts({ AWS: '*' }, Condition);

describe('IAM trust and a stranger', () => {
  const arnOf = (account: string, name: string) => ({ 'aws:PrincipalArn': `arn:aws:iam::${account}:role/${name}` });
  const organisation = { 'aws:PrincipalOrgID': 'o-ab12cd34ef' };
  const cases: [string, string, ...RawStatement[]][] = [
    ['yes', 'no condition', everybody()],
    ['yes', 'the bare star, for any action', { Effect: 'Allow', Principal: '*', Action: 'sts:*' }],
    ['yes', 'NotPrincipal', { Effect: 'Allow', NotPrincipal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' }],
    ['yes', 'a token of any provider', { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRoleWithWebIdentity' }],
    ['no', 'an organisation', everybody({ StringEquals: organisation })],
    ['yes', 'any organisation but one', everybody({ StringNotEquals: organisation })],
    ['yes', 'any organisation', everybody({ StringLike: { 'aws:PrincipalOrgID': 'o-*' } })],
    ['yes', 'some organisation', everybody({ Null: { 'aws:PrincipalOrgID': 'false' } })],
    ['yes', 'an organisation, if there is one', everybody({ StringEqualsIfExists: organisation })],
    [
      'yes',
      'all paths of one who has none',
      everybody({ 'ForAllValues:StringLike': { 'aws:PrincipalOrgPaths': 'o-ab12cd34ef/*' } }),
    ],
    ['no', 'one of the paths', everybody({ 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-ab12cd34ef/*' } })],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
    ['no', 'the organisation of the role', everybody({ StringEquals: { 'aws:PrincipalOrgID': '${aws:ResourceOrgID}' } })],
    ['no', 'an account', everybody({ StringEquals: { 'aws:PrincipalAccount': ACCOUNT } })],
    ['yes', 'any account but one', everybody({ StringNotEquals: { 'aws:PrincipalAccount': '999900001111' } })],
    ['no', 'roles of an account', everybody({ ArnLike: arnOf(ACCOUNT, 'app-*') })],
    ['yes', 'a role of that name anywhere', everybody({ ArnLike: arnOf('*', 'deploy') })],
    ['yes', 'any ARN', everybody({ ArnLike: { 'aws:PrincipalArn': '*' } })],
    ['yes', 'any ARN but one', everybody({ ArnNotEquals: arnOf(ACCOUNT, 'x') })],
    ['yes', 'any user id', everybody({ StringLike: { 'aws:userid': '*' } })],
    ['no', 'the id of one role', everybody({ StringLike: { 'aws:userid': 'AROAEXAMPLEEXAMPLE123:*' } })],
    ['yes', 'a tag', everybody({ StringEquals: { 'aws:PrincipalTag/team': 'web' } })],
    ['yes', 'the name of a user', everybody({ StringEquals: { 'aws:username': 'deploy' } })],
    ['yes', 'the name of a session', everybody({ StringLike: { 'sts:RoleSessionName': 'acme-*' } })],
    ['yes', 'a second factor of his own', everybody({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } })],
    ['yes', 'a length of the session', everybody({ NumericLessThan: { 'sts:DurationSeconds': '3600' } })],
    [
      'no',
      'two tests that contradict',
      everybody({ StringEquals: { 'aws:username': 'a' }, StringNotEquals: { 'aws:username': 'a' } }),
    ],
    ['no', 'a source', everybody({ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::b' } })],
    ['yes', 'a source, if there is one', everybody({ ArnLikeIfExists: { 'aws:SourceArn': 'arn:aws:s3:::b' } })],
    ['yes', 'no external id', everybody({ Null: { 'sts:ExternalId': 'true' } })],
    ['maybe sts:ExternalId', 'an external id', everybody({ StringEquals: { 'sts:ExternalId': 'x' } })],
    ['maybe aws:SourceIp', 'a range', everybody({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })],
    ['yes', 'every address', everybody({ IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } })],
    ['maybe aws:SourceVpce', 'an endpoint', everybody({ StringEquals: { 'aws:SourceVpce': 'vpce-1' } })],
    ['no', 'a time that is over', everybody({ DateLessThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } })],
    ['no', 'a Deny outside the organisation', everybody(), deny({ StringNotEquals: organisation })],
    ['yes', 'a Deny of something else', everybody(), { ...deny(), Action: 'sts:TagSession' }],
    ['no', 'a Deny of all but an account', everybody(), { Effect: 'Deny', Action: 'sts:*', NotPrincipal: { AWS: ACCOUNT } }],
    ['yes', 'a Deny of one tag', everybody(), deny({ StringEquals: { 'aws:PrincipalTag/a': 'b' } })],
    [
      'no',
      'a Deny of all but a tag nobody has',
      everybody({ Null: { 'aws:PrincipalTag/a': 'true' } }),
      deny({ Null: { 'aws:PrincipalTag/a': 'true' } }),
    ],
  ];
  for (const [expected, what, ...statements] of cases) {
    it(`${expected}: ${what}`, () => {
      const [entry] = read(statements);

      const { stranger, strangerIf = [] } = entry?.detail ?? {};
      assert.equal([stranger, ...(strangerIf as string[])].join(' '), expected);
    });
  }

  it('hears what the organisation lets be done to roles', () => {
    const perimeter = documentOf(
      { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' },
      {
        ...deny({ StringNotEqualsIfExists: organisation, BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } }),
        Resource: '*',
      },
    );
    const limitOf = (document: PolicyDocument) => ({
      kind: 'rcp' as const,
      title: 'resource control policies of r-1',
      known: true,
      policies: [{ name: 'p', kind: 'rcp', inline: false, document }],
    });

    const bound = read([everybody()], { limits: [limitOf(perimeter)] });
    const perhaps = read([everybody()], { limits: [{ ...limitOf(perimeter), mayNotBind: true }] });
    const notKnown = read([everybody()], { limits: [{ ...limitOf(perimeter), known: false }] });

    assert.deepEqual(
      [bound, perhaps, notKnown].map(([one]) => one?.detail.stranger),
      ['no', 'maybe', 'yes'],
    );
  });

  it('gives up on a policy that tells too many callers apart, and says so', () => {
    const tags = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`aws:PrincipalTag/t${index}`, ['a', 'b', 'c']]));
    const one = { StringEquals: { 'aws:PrincipalTag/t11': 'z' } };

    const [entry] = read([everybody({ StringNotEquals: tags, ...one }), deny({ Null: { 'aws:userid': 'false' } })]);

    assert.equal(entry?.detail.stranger, 'maybe');
  });
});

describe('IAM trust and foreign callers', () => {
  const vendor = (Condition?: object) => trusts({ AWS: 'arn:aws:iam::999900001111:root' }, Condition);
  const own = (Condition?: object) => trusts({ AWS: `arn:aws:iam::${ACCOUNT}:root` }, Condition);
  const asked = (operator: string, value: unknown) => vendor({ [operator]: { 'sts:ExternalId': value } });
  const cases: [string, string, ...RawStatement[]][] = [
    ['withoutExternalId yes', 'a vendor', vendor()],
    ['withoutExternalId no', 'an external id', asked('StringEquals', ['a', 'b'])],
    ['withoutExternalId yes', 'an external id, if one is given', asked('StringEqualsIfExists', 'a')],
    ['withoutExternalId yes', 'any external id', asked('StringLike', '?*')],
    ['withoutExternalId yes', 'one that begins alike', asked('StringLike', 'a*')],
    ['withoutExternalId yes', 'any but one', asked('StringNotEquals', 'a')],
    ['withoutExternalId no', 'a Deny of those without', vendor(), deny({ StringNotEquals: { 'sts:ExternalId': 'a' } })],
    ['withoutExternalId no', 'an organisation', vendor({ StringEquals: { 'aws:PrincipalOrgID': 'o-1' } })],
    ['withoutExternalId yes', 'one role of the vendor', trusts({ AWS: 'arn:aws:iam::999900001111:role/collector' })],
    ['anyOfAccount yes', 'the whole account', own()],
    ['anyOfAccount maybe', 'a second factor', own({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } })],
    ['anyOfAccount no', 'some of the account', own({ ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/app-*` } })],
    [
      'anyOfAccount no',
      'a Deny of all but one',
      own(),
      deny({ ArnNotEquals: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/x` } }),
    ],
    ['anyOfAccount yes', 'a Deny of one', own(), deny({ ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/x` } })],
    [
      'anyOfAccount maybe',
      'a Deny that spares the account',
      own(),
      { Effect: 'Deny', Action: 'sts:*', NotPrincipal: { AWS: [ACCOUNT] } },
    ],
  ];
  for (const [expected, what, ...statements] of cases) {
    it(`${expected}: ${what}`, () => {
      const [entry] = read(statements);

      const [name = '', answer] = expected.split(' ');
      assert.equal(entry?.detail[name], answer);
    });
  }
});

describe('IAM trust and the source of a service', () => {
  const service = (Condition?: object) => trusts({ Service: 'states.amazonaws.com' }, Condition);
  const cases: [string, string, ...RawStatement[]][] = [
    ['yes', 'no condition', service()],
    ['no', 'an account', service({ StringEquals: { 'aws:SourceAccount': ACCOUNT } })],
    ['yes', 'any account but one', service({ StringNotEquals: { 'aws:SourceAccount': '999900001111' } })],
    ['no', 'a thing of the account', service({ ArnLike: { 'aws:SourceArn': `arn:aws:states:*:${ACCOUNT}:stateMachine:*` } })],
    ['yes', 'any thing', service({ StringLike: { 'aws:SourceArn': '*' } })],
    ['yes', 'a thing of any account', service({ ArnLike: { 'aws:SourceArn': 'arn:aws:states:*:*:stateMachine:orders' } })],
    ['no', 'a bucket', service({ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::orders' } })],
    ['yes', 'any bucket', service({ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::*' } })],
    ['no', 'an organisation', service({ StringEquals: { 'aws:SourceOrgID': 'o-1' } })],
    ['no', 'a Deny of all other accounts', service(), deny({ StringNotEquals: { 'aws:SourceAccount': ACCOUNT } })],
    ['maybe', 'what only the call tells', service({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })],
  ];
  for (const [expected, what, ...statements] of cases) {
    it(`${expected}: ${what}`, () => {
      const [entry] = read(statements);

      assert.equal(entry?.detail.foreignSource, expected);
    });
  }
});

describe('IAM trust and tokens of GitHub', () => {
  const claims = (values: { [claim: string]: unknown }) =>
    Object.fromEntries(Object.entries(values).map(([claim, value]) => [G + claim, value]));
  const like = (values: { [claim: string]: unknown }, more: object = {}) => web({ StringLike: claims(values), ...more });
  const equal = (values: { [claim: string]: unknown }, more: object = {}) => web({ StringEquals: claims(values), ...more });
  const main = 'repo:acme/app:ref:refs/heads/main';
  const every = 'branch environment pull_request tag';
  const workflow = 'acme/flows/.github/workflows/deploy.yml@refs/heads/main';
  const cases: [string, string, ...RawStatement[]][] = [
    ['anybody', 'no subject', equal({ aud: 'sts.amazonaws.com' })],
    ['anybody', 'any subject', like({ sub: '*' })],
    ['anybody', 'any repository', like({ sub: 'repo:*' })],
    ['anybody', 'owners that begin alike', like({ sub: 'repo:acme*' })],
    ['anybody', 'owners that differ in a character', like({ sub: 'repo:acme?/app:ref:refs/heads/main' })],
    ['anybody', 'an environment of any owner', like({ sub: 'repo:*/shop:environment:prod' })],
    ['anybody', 'all but one owner', web({ StringNotLike: claims({ sub: 'repo:evil/*' }) })],
    ['anybody', 'a workflow of that name anywhere', like({ job_workflow_ref: '*/deploy.yml@*' })],
    ['anybody', 'a name of the workflow', equal({ workflow: 'deploy' })],
    [`anybody if ${G}job_workflow_ref`, 'a workflow that others may call', like({ job_workflow_ref: workflow })],
    [`anybody if ${G}actor`, 'who started it', equal({ actor: 'mara' })],
    ['owner', 'repositories of an owner', like({ sub: 'repo:acme/*' })],
    ['owner', 'main of each', like({ sub: 'repo:acme/*:ref:refs/heads/main' })],
    [
      'owner',
      'all of an owner but one',
      like({ sub: 'repo:acme/*' }),
      web({ StringLike: claims({ sub: 'repo:acme/x:*' }) }, 'Deny'),
    ],
    ['owner', 'an owner by its number', equal({ repository_owner_id: '12', ref: 'refs/heads/main' })],
    ['owner', 'a claim of the owner', equal({ repository_owner: 'acme' })],
    ['names', 'names that begin alike', like({ sub: 'repo:acme/app-*' })],
    [`repository ${every}`, 'a repository', like({ sub: 'repo:acme/app:*' })],
    [
      `repository ${every}`,
      'a repository, all of the values of its subject',
      web({ 'ForAllValues:StringLike': claims({ sub: 'repo:acme/app:*' }) }),
    ],
    [
      `repository ${every}`,
      'a repository by its number',
      like({ sub: 'repo:acme/*' }, { StringEquals: claims({ repository_id: '1' }) }),
    ],
    [`repository ${every}`, 'a repository with its numbers', like({ sub: 'repo:acme@1/app@2:*' })],
    [`repository ${every}`, 'a repository, whatever its numbers', like({ sub: 'repo:acme@*/app@*:*' })],
    [`repository ${every}`, 'a claim of the repository', equal({ repository: 'acme/app' })],
    [
      'repository branch environment',
      'branches alone, or what names an environment',
      like({ sub: ['repo:acme/app:*'] }),
      web({ StringLike: claims({ sub: ['*:pull_request', '*:ref:refs/tags/*'] }) }, 'Deny'),
    ],
    ['repository branch', 'any branch', like({ sub: 'repo:acme/app:ref:refs/heads/*' })],
    ['repository pull_request', 'pull requests', equal({ sub: 'repo:acme/app:pull_request' })],
    ['repository', 'one branch', equal({ sub: main })],
    ['repository', 'one branch, if there is a subject', web({ StringEqualsIfExists: claims({ sub: main }) })],
    ['repository', 'one branch, by claims', equal({ repository: 'acme/app', ref: 'refs/heads/main' })],
    ['repository', 'one branch of a number', equal({ repository_id: '7', ref: 'refs/heads/main' })],
    [
      'repository',
      'one environment beside the subject',
      like({ sub: 'repo:acme/app:*' }, { StringEquals: claims({ environment: 'production' }) }),
    ],
    [
      'repository',
      'one environment by claims',
      like({ sub: 'repo:*' }, { StringEquals: claims({ repository: 'acme/app', environment: 'production' }) }),
    ],
    ['repository', 'branches that begin alike', like({ sub: 'repo:acme/app:ref:refs/heads/release-*' })],
    ['repository', 'a Deny of all but one', like({ sub: 'repo:*' }), web({ StringNotLike: claims({ sub: main }) }, 'Deny')],
    [
      'repository',
      'two tests of the subject',
      web({ StringLike: claims({ sub: 'repo:acme/*' }), StringEquals: claims({ sub: main }) }),
    ],
    ['nobody', 'a star that stands for itself', equal({ sub: 'repo:acme/app:*' })],
    ['nobody', 'a Deny of all', like({ sub: 'repo:*' }), web({}, 'Deny')],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference that code leaves open
    [`repository ${every}`, 'a repository that code leaves open', like({ sub: 'repo:${var.owner}/${var.name}:*' })],
    ['repository', 'a subject of its own template', equal({ sub: 'repository_id:12:environment:prod' })],
    ['anybody', 'any owner by its own template', like({ sub: 'repository_owner:*' })],
    [`anybody if ${G}sub`, 'a template that names nobody', equal({ sub: 'environment:prod' })],
    ['nobody', 'two repositories at once', equal({ repository: 'acme/app', sub: 'repo:acme/shop:ref:refs/heads/main' })],
  ];
  for (const [expected, what, ...statements] of cases) {
    it(`${expected}: ${what}`, () => {
      const [entry] = read(statements);

      const { tokens, tokensIf, refs = [] } = entry?.detail ?? {};
      const hangs = tokensIf === undefined ? [] : ['if', ...(tokensIf as string[])];
      const told = tokens === 'anybody' || tokens === 'owner' || tokens === 'names' ? hangs : (refs as string[]);
      assert.equal([tokens, ...told].join(' '), expected);
    });
  }

  it('gives up on what tells too much apart, soon', () => {
    const many = (text: (index: number) => string) => Array.from({ length: 60 }, (_, index) => text(index));
    const before = performance.now();

    const [entry] = read([
      like({ ref: many((index) => `refs/heads/e${index}*`), environment: many((index) => `e${index}*`) }),
      web({ StringNotLike: claims({ sub: many((index) => `${'*b?'.repeat(40)}${index}`) }) }, 'Deny'),
    ]);

    assert.deepEqual([entry?.detail.tokens, entry?.detail.tokensIf], ['anybody', ['more conditions than were tried']]);
    assert.ok(performance.now() - before < 1000);
  });

  it('judges each of several subjects', () => {
    const found = read([like({ sub: [main, 'repo:*'] })]);

    assert.deepEqual(
      found.map(({ subject, detail }) => [subject, detail.tokens]),
      [
        [main, 'repository'],
        ['repo:*', 'anybody'],
      ],
    );
  });

  it('tells whether a token for somebody else gets in', () => {
    const audiences: [object, string][] = [
      [{}, 'yes'],
      [{ StringLike: claims({ aud: '*' }) }, 'yes'],
      [{ 'ForAllValues:StringEquals': claims({ aud: 'sts.amazonaws.com' }) }, 'no'],
    ];
    for (const [more, expected] of audiences) {
      const [entry] = read(
        [equal({ sub: main }, more)].map((one) => ({ ...one, Condition: { ...(one.Condition as object), ...more } })),
      );

      assert.equal(entry?.detail.anyAudience, expected, JSON.stringify(more));
    }
  });

  it('hears what a Deny says of audiences', () => {
    const refused = (aud: string) =>
      read([equal({ sub: main }, {}), web({ StringNotEquals: claims({ aud }) }, 'Deny')])[0]?.detail;

    assert.deepEqual(
      [refused('sts.amazonaws.com')?.anyAudience, refused('sts.amazonaws.com')?.subjects],
      ['no', { like: [[main]], unlike: [], maybe: [] }],
    );
  });

  it('tells what a known subject must be like', () => {
    const [entry] = read([
      like({ sub: 'repo:acme/*:ref:refs/heads/m_in' }, { StringEquals: claims({ ref: 'refs/heads/main' }) }),
      web({ StringLike: claims({ sub: 'repo:acme/other:*' }) }, 'Deny'),
      web({ StringNotEquals: claims({ repository: 'acme/app' }) }, 'Deny'),
      web({ StringEquals: claims({ actor: 'mara' }) }, 'Deny'),
    ]);

    assert.deepEqual(entry?.detail.subjects, {
      like: [
        ['repo:acme/%:ref:refs/heads/m\\_in'],
        ['%:ref:refs/heads/main', '%:environment:%'],
        ['repo:acme/app:%', 'repo:acme@%/app@%:%'],
      ],
      unlike: ['repo:acme/other:%'],
      maybe: ['%:environment:%', '%'],
    });
  });
});

describe('IAM trust and tokens of other issuers', () => {
  const issued = (issuer: string, test: object): RawStatement => ({
    ...trusts({ Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${issuer}` }, test),
    Action: 'sts:AssumeRoleWithWebIdentity',
  });
  const cases: [string, string, string, string][] = [
    ['anybody', 'gitlab.com', 'project_path:*:ref_type:branch:ref:main', 'any project'],
    ['owner', 'gitlab.com', 'project_path:acme/*:ref_type:branch:ref:main', 'any of a group'],
    ['repository', 'gitlab.com', 'project_path:acme/shop:*', 'one project'],
    ['anybody', 'app.terraform.io', 'organization:*:project:*:workspace:*:run_phase:*', 'any workspace'],
    ['repository', 'app.terraform.io', 'organization:acme:project:p:workspace:w:run_phase:*', 'one workspace'],
    ['anybody', 'oidc.circleci.com/org/1', '*', 'any subject'],
  ];
  for (const [expected, issuer, subject, what] of cases) {
    it(`${expected}: ${what} of ${issuer}`, () => {
      const [entry] = read([issued(issuer, { StringLike: { [`${issuer}:sub`]: subject } })]);

      assert.equal(entry?.detail.tokens, expected);
    });
  }

  it('takes an identity pool of Cognito for one', () => {
    const pool = (test: object) => ({ ...issued('', test), Principal: { Federated: 'cognito-identity.amazonaws.com' } });

    const [bound] = read([pool({ StringEquals: { 'cognito-identity.amazonaws.com:aud': 'eu-west-1:1' } })]);
    const [open] = read([pool({ StringLike: { 'cognito-identity.amazonaws.com:aud': '*' } })]);

    assert.deepEqual([bound?.detail.tokens, open?.detail.tokens], ['repository', 'anybody']);
  });
});
