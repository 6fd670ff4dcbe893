import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { SigningCertificate, userCredentialRow } from '../../../scanners/aws-iam/user-credentials.ts';
import { certificatePair } from '../../helpers/certificate.ts';

describe('aws-iam scanner, signing certificates', () => {
  it('knows one by its thumbprint, and until when it is', () => {
    const { certificate } = certificatePair('https://api.acme.example');
    const parsed = SigningCertificate.parse({
      UserName: 'ci',
      CertificateId: 'CERT1',
      CertificateBody: certificate,
      Status: 'Active',
    });

    const row = userCredentialRow(parsed, { path: 'certificates.json' }, () => '111122223333');

    assert.equal(row.id, 'aws:certificate/CERT1');
    assert.equal(row.expiresAt, '2027-01-01T00:00:00.000Z');
    assert.equal(row.detail?.thumbprint256, new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase());
  });

  it('knows its id where the text is none', () => {
    const parsed = SigningCertificate.parse({ UserName: 'ci', CertificateId: 'CERT1', CertificateBody: 'x' });

    assert.equal(userCredentialRow(parsed, {}, () => undefined).expiresAt, undefined);
  });
});
