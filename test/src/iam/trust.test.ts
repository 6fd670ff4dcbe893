import assert from 'node:assert/strict';
import { readPolicyDocument, readTrust, type TrustEntry } from '../../../src/iam/index.ts';
import { judgeServiceAdmission } from '../../../src/iam/trust.ts';
import { ACCOUNT, documentOf, NOW, type RawStatement, trusts } from './build.ts';

function entries(...statements: RawStatement[]): TrustEntry[] {
  return readTrust({ document: documentOf(...statements), account: ACCOUNT, partition: 'aws', limits: [], now: NOW });
}

const GITHUB = `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`;
const web = (Condition?: object): RawStatement => ({
  ...trusts({ Federated: GITHUB }, Condition),
  Action: 'sts:AssumeRoleWithWebIdentity',
});

/** Only `sts:AssumeRoleWithWebIdentity` takes tokens. */
const NOBODY = { like: [[]], unlike: [], maybe: [] };

describe('IAM trust', () => {
  const principals: [string, unknown, string, string, object][] = [
    ['anybody', '*', '*', 'any', { stranger: 'yes' }],
    ['any AWS principal', { AWS: '*' }, '*', 'any', { stranger: 'yes' }],
    [
      'the own account',
      { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      ACCOUNT,
      'account',
      { crossAccount: false, anyOfAccount: 'yes' },
    ],
    [
      'another account by number',
      { AWS: '999900001111' },
      '999900001111',
      'account',
      { crossAccount: true, withoutExternalId: 'yes' },
    ],
    [
      'a user',
      { AWS: `arn:aws:iam::${ACCOUNT}:user/team/mara` },
      `aws:${ACCOUNT}:user/mara`,
      'identity',
      { crossAccount: false },
    ],
    [
      'a role session',
      { AWS: `arn:aws:sts::999900001111:assumed-role/job/x` },
      'aws:999900001111:role/job',
      'identity',
      { crossAccount: true, withoutExternalId: 'yes' },
    ],
    ['a deleted principal', { AWS: 'AROAEXAMPLEEXAMPLE123' }, 'AROAEXAMPLEEXAMPLE123', 'unknown', { deleted: true }],
    ['a service', { Service: 'ec2.amazonaws.com' }, 'ec2.amazonaws.com', 'service', { foreignSource: 'yes' }],
    [
      'a SAML provider',
      { Federated: `arn:aws:iam::${ACCOUNT}:saml-provider/okta` },
      `arn:aws:iam::${ACCOUNT}:saml-provider/okta`,
      'saml',
      {},
    ],
    ['an OIDC provider', { Federated: GITHUB }, GITHUB, 'oidc', { anyAudience: 'no' }],
    ['a provider known by name', { Federated: 'accounts.google.com' }, 'accounts.google.com', 'oidc', { anyAudience: 'no' }],
    ['something else', { CanonicalUser: 'abc' }, 'abc', 'unknown', { principalKind: 'CanonicalUser' }],
  ];
  for (const [what, principal, expected, type, detail] of principals) {
    it(`reads ${what}`, () => {
      const [entry] = entries(trusts(principal));

      assert.equal(entry?.principal, expected);
      assert.equal(entry?.principalType, type);
      const { tokens, refs, subjects, ...told } = entry?.detail ?? {};
      assert.deepEqual(told, detail);
      assert.deepEqual(
        [tokens, refs, subjects],
        type === 'oidc' ? ['nobody', undefined, NOBODY] : [undefined, undefined, undefined],
      );
    });
  }

  it('reads issuer, subject and audience of a GitHub trust', () => {
    const [entry, ...more] = entries(
      web({
        StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' },
        StringLike: { 'token.actions.githubusercontent.com:sub': 'repo:harbour/shop:*' },
      }),
    );

    assert.equal(more.length, 0);
    assert.equal(entry?.issuer, 'token.actions.githubusercontent.com');
    assert.equal(entry?.subject, 'repo:harbour/shop:*');
    assert.equal(entry?.audience, 'sts.amazonaws.com');
  });

  it('gives a row for each subject', () => {
    const found = entries(web({ StringLike: { 'token.actions.githubusercontent.com:SUB': ['repo:a/b:*', 'repo:c/d:*'] } }));

    assert.deepEqual(
      found.map((one) => one.subject),
      ['repo:a/b:*', 'repo:c/d:*'],
    );
  });

  it('knows no subject where only others are ruled out', () => {
    const [entry] = entries(web({ StringNotLike: { 'token.actions.githubusercontent.com:sub': 'repo:evil/*' } }));

    assert.equal(entry?.subject, undefined);
    assert.deepEqual(entry?.detail.claims, ['StringNotLike sub']);
  });

  it('keeps the operator', () => {
    const [entry] = entries(web({ 'ForAllValues:StringLike': { 'token.actions.githubusercontent.com:sub': 'repo:a/b:*' } }));

    assert.deepEqual(entry?.detail.claims, ['ForAllValues:StringLike sub']);
  });

  it('says that an external id is asked for', () => {
    const [entry] = entries(trusts({ AWS: '999900001111' }, { StringEquals: { 'sts:ExternalId': 'x' } }));

    assert.equal(entry?.detail.externalId, true);
    assert.deepEqual(entry?.condition, { StringEquals: { 'sts:ExternalId': ['x'] } });
  });

  it('takes NotPrincipal for anybody, with the exceptions beside', () => {
    const [entry] = entries({ Effect: 'Allow', Action: 'sts:AssumeRole', NotPrincipal: { AWS: SELF } });

    assert.equal(entry?.principalType, 'any');
    assert.deepEqual(entry?.detail.notPrincipal, [SELF]);
  });

  it('leaves out statements that let nobody in', () => {
    assert.deepEqual(entries({ ...trusts({ AWS: ACCOUNT }), Action: 'sts:TagSession' }), []);
  });

  it('cuts a very long list of subjects and says so', () => {
    const subjects = Array.from({ length: 70 }, (_, index) => `repo:a/b${index}:*`);

    const found = entries(web({ StringLike: { 'token.actions.githubusercontent.com:sub': subjects } }));

    assert.equal(found.length, 50);
    assert.equal(found[0]?.detail.subjectsLeftOut, '20');
  });
});

const SELF = `arn:aws:iam::${ACCOUNT}:user/mara`;

describe('IAM policy document', () => {
  const raw = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } };
  const forms: [string, unknown][] = [
    ['an object', raw],
    ['JSON text', JSON.stringify(raw)],
    ['URL-encoded text', encodeURIComponent(JSON.stringify(raw))],
    ['indented text', `\n ${JSON.stringify(raw, null, 2)}`],
  ];
  for (const [what, form] of forms) {
    it(`reads ${what}`, () => {
      const read = readPolicyDocument(form);

      assert.ok(read.ok);
      assert.deepEqual(read.document.statements[0]?.actions, ['s3:*']);
    });
  }

  const broken: [string, unknown, RegExp][] = [
    ['text that is no JSON', 'oops', /neither JSON/],
    ['broken percent-encoding', '%7B%', /neither JSON/],
    ['no statements', { Version: '2012-10-17' }, /malformed at Statement/],
    ['an effect that is none', { Statement: [{ Effect: 'Permit', Action: '*' }] }, /malformed at Statement/],
    ['an action of the wrong type', { Statement: [{ Effect: 'Allow', Action: 7 }] }, /malformed at Statement/],
    ['null', null, /is missing/],
    ['a number', 7, /malformed at its top/],
  ];
  for (const [what, form, why] of broken) {
    it(`refuses ${what}`, () => {
      const read = readPolicyDocument(form);

      assert.ok(!read.ok);
      assert.match(read.why, why);
    });
  }
});

describe('IAM trust in a service', () => {
  const service = { Service: 'lambda.amazonaws.com' };
  const said = (...statements: Parameters<typeof documentOf>): string =>
    judgeServiceAdmission(documentOf(...statements), 'lambda.amazonaws.com', ACCOUNT, NOW).truth;
  const never = { DateLessThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } };

  const cases: [string, Parameters<typeof documentOf>, string][] = [
    ['named', [trusts(service)], 'true'],
    ['another', [trusts({ Service: 'ec2.amazonaws.com' })], 'false'],
    ['one whose name ends the same', [trusts({ Service: 'edge.lambda.amazonaws.com' })], 'false'],
    ['with its region', [trusts({ Service: 'lambda.eu-west-1.amazonaws.com' })], 'true'],
    ['in China', [trusts({ Service: 'lambda.amazonaws.com.cn' })], 'true'],
    ['for this account', [trusts(service, { StringEquals: { 'aws:SourceAccount': ACCOUNT } })], 'true'],
    ['for another account', [trusts(service, { StringEquals: { 'aws:SourceAccount': '999900001111' } })], 'false'],
    ['for one function', [trusts(service, { ArnLike: { 'aws:SourceArn': 'arn:aws:lambda:*:*:function:x' } })], 'unknown'],
    ['under an impossible condition', [trusts(service, never)], 'false'],
    ['but denied', [trusts(service), { ...trusts(service), Effect: 'Deny' }], 'false'],
    ['but denied in vain', [trusts(service), { ...trusts(service, never), Effect: 'Deny' }], 'true'],
    ['but all others are denied', [trusts(service), { Effect: 'Deny', Action: 'sts:*', NotPrincipal: service }], 'true'],
    [
      'but all but another are denied',
      [trusts(service), { Effect: 'Deny', Action: 'sts:*', NotPrincipal: { Service: 'ec2.amazonaws.com' } }],
      'false',
    ],
    ['by another action only', [{ ...trusts(service), Action: 'sts:TagSession' }], 'false'],
  ];
  for (const [what, statements, expected] of cases) {
    it(`${expected}: ${what}`, () => {
      assert.equal(said(...statements), expected);
    });
  }
});
