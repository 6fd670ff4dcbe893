import assert from 'node:assert/strict';
import { accessLevelOf, actionsMatching, isKnownAction } from '../../../src/iam/actions.ts';
import { CATALOGUE } from '../../../src/iam/escalation/catalogue/index.ts';
import { PROBED_ACTIONS, PROBES } from '../../../src/iam/probes.ts';

describe('catalogue of AWS actions', () => {
  it('knows the level of an action, however it is written', () => {
    assert.equal(accessLevelOf('s3:getobject'), 'Read');
    assert.equal(accessLevelOf('S3:PutBucketPolicy'), 'Permissions management');
    assert.equal(accessLevelOf('s3:GetObjects'), undefined);
  });

  it('expands a wildcard', () => {
    const names = actionsMatching('s3:GetBucketP*').map(({ name }) => name);

    assert.deepEqual(names, ['s3:GetBucketPolicy', 's3:GetBucketPolicyStatus', 's3:GetBucketPublicAccessBlock']);
    assert.ok(actionsMatching('*').length > 20_000);
  });

  it('tells an action that there is not from a service it does not know', () => {
    assert.equal(isKnownAction('iam:PassRoles'), false);
    assert.equal(isKnownAction('iam:Pass*'), true);
    assert.equal(isKnownAction('nosuchservice:Do'), undefined);
    assert.equal(isKnownAction('*'), true);
  });

  it('has every action that is asked about', () => {
    const asked = [...CATALOGUE.flatMap(({ actions }) => [...actions]), ...PROBED_ACTIONS];

    assert.deepEqual(
      asked.filter((action) => isKnownAction(action) !== true),
      [],
    );
  });

  it('classifies what is probed as AWS does', () => {
    // What hands out a session, opens a copy to others, or runs a statement counts as writing there.
    const asWrites =
      /rds-data:|rds-db:|GetClusterCredentials|GetCredentials|Attribute$|ReceiveMessage|ExportTable|APIAccessAll|kms:Decrypt/;
    const odd = Object.entries(PROBES).flatMap(([capability, probes]) =>
      probes.flatMap(({ action }) => {
        const level = accessLevelOf(action) ?? 'none';
        const isRead = level === 'Read' || level === 'List';
        const wanted = capability.startsWith('reads-');
        return isRead === wanted || asWrites.test(action) ? [] : [`${capability}: ${action} is ${level}`];
      }),
    );

    assert.deepEqual(odd, []);
  });
});
