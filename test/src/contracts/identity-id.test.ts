import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  awsRoleId,
  awsUserId,
  credentialId,
  gcpServiceAccountId,
  githubDeployKeyId,
  githubSecretId,
  hoopId,
  identityId,
  identityIdFromArn,
  k8sServiceAccountId,
  parseIdentityId,
  postgresRoleId,
  secretCredentialId,
} from '../../../src/contracts/index.ts';

describe('canonical ids', () => {
  it('have the forms that the design names', () => {
    assert.deepEqual(
      [
        awsUserId('123456789012', 'ci-deploy'),
        awsRoleId(undefined, 'deploy'),
        gcpServiceAccountId('etl@hc-prod.iam.gserviceaccount.com'),
        gcpServiceAccountId('1-compute@developer.gserviceaccount.com', 'hc-prod'),
        k8sServiceAccountId('prod-eu', 'shop', 'checkout'),
        githubDeployKeyId('harbour/shop', 17),
        githubSecretId('harbour/shop', 'AWS_KEY'),
        githubSecretId('harbour/shop', 'AWS_KEY', 'prod'),
        hoopId('default', 'api-key/nightly'),
        postgresRoleId('db.internal/shop', 'app'),
        credentialId('aws', 'access-key', 'AKIA1'),
        secretCredentialId('f00'),
      ],
      [
        'aws:123456789012:user/ci-deploy',
        'aws:-:role/deploy',
        'gcp:hc-prod:serviceAccount/etl@hc-prod.iam.gserviceaccount.com',
        'gcp:hc-prod:serviceAccount/1-compute@developer.gserviceaccount.com',
        'k8s:prod-eu:shop/checkout',
        'github:harbour/shop:deploy-key/17',
        'github:harbour/shop:secret/AWS_KEY',
        'github:harbour/shop:environment/prod/secret/AWS_KEY',
        'hoop:default:api-key/nightly',
        'postgres:db.internal/shop:role/app',
        'aws:access-key/AKIA1',
        'secret:f00',
      ],
    );
  });

  it('are one for a GitHub repository in any case', () => {
    assert.equal(githubSecretId('Acme/API', 'KEY'), githubSecretId('acme/api', 'KEY'));
  });

  it('come out of ARNs, whatever the path, and of assumed roles', () => {
    const cases: readonly (readonly [arn: string, id: string | undefined])[] = [
      ['arn:aws:iam::123456789012:user/ci', 'aws:123456789012:user/ci'],
      ['arn:aws:iam::123456789012:user/division/team/ci', 'aws:123456789012:user/ci'],
      ['arn:aws-cn:iam::123456789012:role/r', 'aws:123456789012:role/r'],
      ['arn:aws:sts::123456789012:assumed-role/deploy/session-1', 'aws:123456789012:role/deploy'],
      ['arn:aws:iam::123456789012:root', 'aws:123456789012:root'],
      ['arn:aws:iam::123456789012:group/g', undefined],
      ['arn:aws:s3:::bucket', undefined],
      ['arn:aws:iam::123:user/ci', undefined],
      ['ci', undefined],
    ];

    for (const [arn, id] of cases) assert.equal(identityIdFromArn(arn), id, arn);
  });

  it('are refused when a part is missing or the provider is no name', () => {
    assert.throws(() => identityId('AWS', '1', 'user/a'), TypeError);
    assert.throws(() => identityId('aws', '1', ''), TypeError);
    assert.throws(() => credentialId('a b', 'x', 'y'), TypeError);
  });

  it('come apart as they were put together', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).filter((provider) => provider !== 'github'),
        fc.option(
          fc.string({ minLength: 1 }).filter((scope) => scope !== '-'),
          { nil: undefined },
        ),
        fc.string({ minLength: 1 }),
        (provider, scope, local) => {
          const parts = parseIdentityId(identityId(provider, scope, local));

          assert.equal(parts?.provider, provider);
          assert.equal(parts?.scope, scope);
          assert.equal(parts?.local, local);
        },
      ),
    );
  });

  it('never take a text that is none for an id', () => {
    for (const text of ['', 'aws', 'aws:1', 'aws::user/a', 'aws:1:', ':1:user/a', 'A:1:user/a', 'secret:f00']) {
      assert.equal(parseIdentityId(text), undefined, text);
    }
    fc.assert(fc.property(fc.string(), (text) => void parseIdentityId(text)));
  });
});
