import assert from 'node:assert/strict';
import { createPublicKey, sign, verify, X509Certificate } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalText } from '../../../src/pack/canonical.ts';
import { attest, loadSigstore } from '../../../src/pack/keyless.ts';
import { checkBundle } from '../../../src/pack/keyless-check.ts';
import type { Manifest } from '../../../src/pack/manifest.ts';
import { signStatement, statementOf } from '../../../src/pack/statement.ts';
import { tellVerification } from '../../../src/pack/tell.ts';
import { verifyPack } from '../../../src/pack/verify.ts';
import { sha256 } from '../../../src/util/digest.ts';
import { certificatePair } from '../../helpers/certificate.ts';
import { tempDir } from '../../helpers/temp-repo.ts';
import { NOW, signedBy, testKey, testPack } from './packs.ts';

const WHO = 'https://github.com/harbour/shop/.github/workflows/nightly.yml@refs/heads/main';

describe('signed statement of a pack', () => {
  const ours = testKey({ name: 'Audit' });
  let root: string;

  before(() => {
    root = tempDir();
  });

  it('is an in-toto statement in a DSSE envelope, which anybody can verify by its specification', async () => {
    const { path, digest } = await testPack(root, { name: 'pack', signing: signedBy(ours) });
    const envelope = JSON.parse(readFileSync(join(path, 'statement.dsse.json'), 'utf8'));
    const payload = Buffer.from(envelope.payload, 'base64');
    // https://github.com/secure-systems-lab/dsse/blob/master/protocol.md: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body
    const encoded = Buffer.concat([Buffer.from(`DSSEv1 28 application/vnd.in-toto+json ${payload.length} `), payload]);
    const statement = JSON.parse(payload.toString());

    assert(verify(null, encoded, createPublicKey(ours.signer.publicKey), Buffer.from(envelope.signatures[0].sig, 'base64')));
    assert.equal(envelope.signatures[0].keyid, ours.signer.keyId);
    assert.equal(statement._type, 'https://in-toto.io/Statement/v1');
    assert.equal(statement.predicateType, 'urn:nhi-audit:evidence-pack:1');
    for (const { name, digest: of } of statement.subject) assert.equal(of.sha256, sha256(readFileSync(join(path, name))), name);
    assert.equal(statement.predicate.manifest, digest);
    assert.equal(statement.predicate.signer.name, 'Audit');
  });

  it('in canonical form has names of strangers as they are, and no lone surrogate', () => {
    assert.equal(canonicalText({ b: 'é‮', a: [1e21, 0.1, null, undefined], c: undefined }), '{"a":[1e+21,0.1,null,null],"b":"é‮"}');
    assert.equal(canonicalText({ a: 'lone \ud800' }), '{"a":"lone �"}');
  });

  describe('without a key', () => {
    /** What Sigstore gives back, of a certificate that nobody issued: all that can be made offline. */
    function bundleOf(
      statement: object,
      { key, certificate }: ReturnType<typeof certificatePair>,
      payloadType = 'application/vnd.in-toto+json',
    ): object {
      const payload = Buffer.from(canonicalText(statement));
      const encoded = Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), payload]);
      return {
        mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        verificationMaterial: {
          certificate: { rawBytes: new X509Certificate(certificate).raw.toString('base64') },
          tlogEntries: [],
        },
        dsseEnvelope: {
          payload: payload.toString('base64'),
          payloadType,
          signatures: [{ sig: sign('sha256', encoded, key).toString('base64') }],
        },
      };
    }

    it('names the certificate, and says that it is not checked offline', async () => {
      const pair = certificatePair(WHO);
      const { path } = await testPack(root, {
        name: 'keyless.zip',
        signing: { how: 'keyless', attest: async (statement) => bundleOf(statement, pair) },
      });

      const { good, signature, notes } = verifyPack(path, { trusted: [], now: NOW });
      const withKey = verifyPack(path, { trusted: [ours.trusted], now: NOW });

      assert.deepEqual([good, signature.state, signature.identity], [true, 'keyless', `URI:${WHO}`]);
      assert.match(notes.join(), /Anybody can make a certificate.* is not checked: give --identity and --issuer/);
      assert.match(
        tellVerification(verifyPack(path, { trusted: [], now: NOW })),
        /claims to be of URI:https.*who issued it is not/,
      );
      assert.deepEqual(
        withKey.problems.map(({ kind }) => kind),
        ['signer'],
      );
    });

    it('is broken by another certificate, and by another statement', async () => {
      const [pair, other] = [certificatePair(WHO), certificatePair(WHO)];
      const swapped = await testPack(root, {
        name: 'swapped',
        signing: {
          how: 'keyless',
          attest: async (statement) => bundleOf(statement, { ...pair, certificate: other.certificate }),
        },
      });
      const moved = await testPack(root, {
        name: 'moved',
        signing: { how: 'keyless', attest: async (statement) => bundleOf({ ...statement, subject: [] }, pair) },
      });

      const typed = await testPack(root, {
        name: 'typed',
        signing: { how: 'keyless', attest: async (statement) => bundleOf(statement, pair, 'text/other') },
      });

      for (const { path } of [swapped, moved, typed]) {
        const { good, problems } = verifyPack(path, { trusted: [], now: NOW });

        assert.deepEqual([good, problems[0]?.file], [false, 'statement.sigstore.json'], JSON.stringify(problems));
      }
      assert.equal(checkBundle({}), undefined);
    });

    it('is not tried on a Node that Sigstore does not run on, nor without its package', async () => {
      const absent = async (): Promise<never> => {
        throw Object.assign(new Error("Cannot find package 'sigstore'"), { code: 'ERR_MODULE_NOT_FOUND' });
      };

      await assert.rejects(loadSigstore('20.19.0', absent), { code: 'KEYLESS', exit: 2, message: /needs Node\.js 22\.9/ });
      await assert.rejects(loadSigstore('22.18.0', absent), { code: 'KEYLESS', hint: /npm install sigstore/ });
    });

    it('needs an identity: without one Sigstore is not asked', async () => {
      const sigstore = await loadSigstore();
      const before = process.env.ACTIONS_ID_TOKEN_REQUEST_URL;
      delete process.env.ACTIONS_ID_TOKEN_REQUEST_URL;
      try {
        await assert.rejects(attest(sigstore, signable(), undefined), { code: 'KEYLESS', message: /Sigstore did not sign/ });
      } finally {
        if (before !== undefined) process.env.ACTIONS_ID_TOKEN_REQUEST_URL = before;
      }
    });
  });

  function signable(): ReturnType<typeof statementOf> {
    const manifest = { createdAt: NOW, run: { id: 'r' }, findings: { count: 0, root: '0'.repeat(64) } } as Manifest;
    return statementOf(manifest, [{ path: 'manifest.json', size: 1, sha256: '1'.repeat(64) }], ours.signer);
  }

  it('is the same text each time it is signed', () => {
    assert.deepEqual(signStatement(signable(), ours.key), signStatement(signable(), ours.key));
  });

  it('is one of two kinds, not both', async () => {
    const { path } = await testPack(root, { name: 'both', signing: signedBy(ours) });
    writeFileSync(join(path, 'statement.sigstore.json'), '{}');

    const { problems } = verifyPack(path, { trusted: [], now: NOW });

    assert.deepEqual(problems[0], { file: 'statement.sigstore.json', kind: 'extra', message: 'a pack is signed in one way' });
    rmSync(path, { recursive: true });
  });
});
