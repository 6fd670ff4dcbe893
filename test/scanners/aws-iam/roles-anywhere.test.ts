import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Observation, ObservationOf } from '../../../src/contracts/index.ts';
import { withRun } from '../../src/correlate/run-store.ts';
import { ACCOUNT, details, policyOf, roleDetail, scanAmong, scanJson, scannerOf, userDetail } from './exports.ts';

const HERE = `arn:aws:rolesanywhere:eu-west-1:${ACCOUNT}`;
const ANCHOR = `${HERE}:trust-anchor/0a1b`;
const OTHER_ANCHOR = `${HERE}:trust-anchor/2c3d`;
const PCA = `arn:aws:acm-pca:eu-west-1:${ACCOUNT}:certificate-authority/5e6f`;
const SUBJECT = `aws:${ACCOUNT}:certificate-subject/CN=etl-1,O=Harbour`;
const DEPLOY = `arn:aws:iam::${ACCOUNT}:role/deploy`;

const anchor = (more: object = {}) => ({
  createdAt: '2025-01-01T00:00:00+00:00',
  enabled: true,
  name: 'machines',
  source: { sourceData: { acmPcaArn: PCA }, sourceType: 'AWS_ACM_PCA' },
  trustAnchorArn: ANCHOR,
  ...more,
});
const profile = (more: object = {}) => ({
  profileArn: `${HERE}:profile/7a8b`,
  name: 'batch',
  enabled: true,
  roleArns: [DEPLOY],
  ...more,
});
const subject = (more: object = {}) => ({
  subjectArn: `${HERE}:subject/9c0d`,
  x509Subject: 'CN=etl-1,O=Harbour',
  enabled: true,
  createdAt: '2025-02-01T00:00:00+00:00',
  lastSeenAt: '2026-05-01T00:00:00+00:00',
  ...more,
});
const trusting = (condition?: object) =>
  roleDetail('deploy', {
    AssumeRolePolicyDocument: policyOf({
      Effect: 'Allow',
      Principal: { Service: 'rolesanywhere.amazonaws.com' },
      Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
      ...(condition === undefined ? {} : { Condition: condition }),
    }),
  });
const whole = (role: object, more: readonly object[] = []) => [
  details({ roles: [role] }),
  { trustAnchors: [anchor()] },
  { profiles: [profile()] },
  { subjects: [subject()] },
  ...more,
];

function ways(rows: readonly Observation[]): ObservationOf<'trust'>[] {
  return rows.flatMap((row) => (row.kind === 'trust' && row.detail?.source === 'Roles Anywhere' ? [row] : []));
}

function principals(rows: readonly Observation[]): string[] {
  return ways(rows).map((row) => row.principal);
}

function why(rows: readonly Observation[]): string | undefined {
  return rows.flatMap((row) => (row.kind === 'coverage' ? [row.why] : [])).join('');
}

describe('aws-iam scanner: Roles Anywhere', () => {
  it('lets certificates of an anchor, and machines that were seen with one, into the roles of a profile', async () => {
    const rows = await scanJson(
      whole(trusting(), [{ crls: [{ crlArn: `${HERE}:crl/1`, trustAnchorArn: ANCHOR, enabled: true }] }]),
    );

    assert.deepEqual(
      ways(rows).map(({ identity, principal, principalType, detail }) => ({ identity, principal, principalType, detail })),
      [
        {
          identity: `aws:${ACCOUNT}:role/deploy`,
          principal: ANCHOR,
          principalType: 'group',
          detail: {
            source: 'Roles Anywhere',
            profile: 'batch',
            anchor: 'machines',
            authority: PCA,
            revocationLists: 1,
            judged: 'allow',
          },
        },
        {
          identity: `aws:${ACCOUNT}:role/deploy`,
          principal: SUBJECT,
          principalType: 'identity',
          detail: { source: 'Roles Anywhere', basis: 'certificate', profile: 'batch', judged: 'allow' },
        },
      ],
    );
    const machine = rows.find((row) => row.kind === 'identity' && row.id === SUBJECT);
    assert.deepEqual(machine?.kind === 'identity' && [machine.type, machine.lastUsedAt, machine.enabled], [
      'certificate-subject',
      '2026-05-01T00:00:00.000Z',
      true,
    ]);
    assert.equal(why(rows), '');
  });

  it('makes an edge of the graph, which is not sure where any of two anchors may be meant', async () => {
    const edges = async (anchors: readonly object[]) =>
      await withRun(
        await scanJson([
          details({ roles: [trusting()] }),
          { trustAnchors: anchors },
          { profiles: [profile()] },
          { subjects: [subject()] },
        ]),
        (store) => store.rows('SELECT identity_id, becomes, basis, confidence FROM may_become'),
      );
    const edge = { identity_id: SUBJECT, becomes: `aws:${ACCOUNT}:role/deploy`, basis: 'certificate' };

    assert.deepEqual(await edges([anchor()]), [{ ...edge, confidence: 'high' }]);
    assert.deepEqual(await edges([anchor(), anchor({ trustAnchorArn: OTHER_ANCHOR })]), [{ ...edge, confidence: 'medium' }]);
  });

  it('joins lists that lie in files of their own', async () => {
    const files = {
      'x/details.json': details({ roles: [trusting()] }),
      'x/anchors.json': { trustAnchors: [anchor()] },
      'x/profiles.json': { profiles: [profile()] },
      'x/subjects.json': { subjects: [subject()] },
    };
    const scan = await scannerOf(files);

    assert.deepEqual(principals(await scan('x/profiles.json')), [ANCHOR, SUBJECT]);
    assert.deepEqual(principals(await scan('x/anchors.json')), []);
  });

  const conditions: { readonly [what: string]: readonly [object, readonly string[]] } = {
    'the anchor': [{ ArnEquals: { 'aws:SourceArn': ANCHOR } }, [ANCHOR, SUBJECT]],
    'another anchor': [{ ArnEquals: { 'aws:SourceArn': OTHER_ANCHOR } }, []],
    'the name of the certificate': [{ StringEquals: { 'aws:PrincipalTag/x509Subject/CN': 'etl-1' } }, [ANCHOR, SUBJECT]],
    'another name': [{ StringEquals: { 'aws:PrincipalTag/x509Subject/CN': 'web-1' } }, [ANCHOR]],
    'a field that it lacks': [{ StringEquals: { 'aws:PrincipalTag/x509Subject/OU': 'ops' } }, [ANCHOR]],
    'another account': [{ StringEquals: { 'aws:SourceAccount': '444455556666' } }, []],
    'its issuer': [{ StringEquals: { 'aws:PrincipalTag/x509Issuer/CN': 'ca' } }, [ANCHOR, SUBJECT]],
  };
  for (const [what, [condition, expected]] of Object.entries(conditions)) {
    it(`judges a trust policy that tests ${what}`, async () => {
      assert.deepEqual(principals(await scanJson(whole(trusting(condition)))), expected);
    });
  }

  it('does not guess what a profile makes of the subject', async () => {
    const mapped = profile({ attributeMappings: [{ certificateField: 'x509Subject', mappingRules: [{ specifier: 'OU' }] }] });
    const rows = await scanJson([
      details({ roles: [trusting({ StringEquals: { 'aws:PrincipalTag/x509Subject/CN': 'web-1' } })] }),
      { trustAnchors: [anchor()] },
      { profiles: [mapped] },
      { subjects: [subject()] },
    ]);

    assert.deepEqual(
      ways(rows).map((row) => [row.principal, row.detail?.judged]),
      [
        [ANCHOR, 'unknown'],
        [SUBJECT, undefined],
      ],
    );
  });

  const closed: { readonly [what: string]: readonly object[] } = {
    'a profile that is switched off': [{ trustAnchors: [anchor()] }, { profiles: [profile({ enabled: false })] }],
    'an anchor that is switched off': [{ trustAnchors: [anchor({ enabled: false })] }, { profiles: [profile()] }],
  };
  for (const [what, exports] of Object.entries(closed)) {
    it(`lets nobody in by ${what}`, async () => {
      assert.deepEqual(ways(await scanJson([details({ roles: [trusting()] }), ...exports, { subjects: [subject()] }])), []);
    });
  }

  it('lets nobody into a role that does not trust the service', async () => {
    assert.deepEqual(ways(await scanJson(whole(roleDetail('deploy')))), []);
  });

  it('is not sure of a role that was not exported, and says that anchors are missing', async () => {
    const rows = await scanJson({ profiles: [profile()] });

    assert.deepEqual(
      ways(rows).map((row) => [row.principal, row.detail?.judged]),
      [[`${HERE}:trust-anchor/*`, undefined]],
    );
    assert.match(why(rows) ?? '', /trust anchors of 111122223333 in eu-west-1 are not here/);
  });

  it('keeps regions apart', async () => {
    const elsewhere = anchor({ trustAnchorArn: ANCHOR.replace('eu-west-1', 'us-east-1') });

    const rows = await scanJson([{ trustAnchors: [elsewhere] }, { profiles: [profile()] }]);

    assert.deepEqual(principals(rows), [`${HERE}:trust-anchor/*`]);
  });

  it('names the field of an entry that cannot be read, and goes on', async () => {
    const rows = await scanJson([{ profiles: [{ profileArn: 7 }, profile()] }, { trustAnchors: [anchor(), 'x'] }]);

    assert.deepEqual(principals(rows), [ANCHOR]);
    assert.match(why(rows) ?? '', /profiles\[0\]\.profileArn.*trustAnchors\[1\]/);
  });

  it('says that more pages follow', async () => {
    const rows = await scanJson({ trustAnchors: [anchor()], nextToken: 'more' });

    assert.match(why(rows) ?? '', /more follow/);
  });

  it('does not fail on names as strangers write them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1 }), async (x509Subject) => {
        const rows = await scanJson([{ profiles: [profile()] }, { subjects: [subject({ x509Subject })] }]);
        assert.equal(ways(rows).length, 2);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps exports of an account whole that lie beside it', async () => {
    const rows = await scanAmong(
      { 'x/a.json': details({ users: [userDetail('ci')], roles: [trusting()] }), 'x/b.json': { profiles: [profile()] } },
      'x/a.json',
    );

    assert.equal(rows.filter((row) => row.kind === 'identity').length, 2);
    assert.deepEqual(ways(rows), []);
  });
});
