import { createHash, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { awsUserId, type CredentialObservation, credentialId, type Location } from '../../src/contracts/index.ts';
import { awsAccountOf } from '../../src/iam/index.ts';
import { time } from './schema.ts';

/** What a user may hold beside access keys: all of it signs in as the user, none of it is in the credential report by id. */
export interface UserCredential {
  readonly type: 'service-specific-credential' | 'ssh-key' | 'certificate';
  readonly user: string | undefined;
  readonly id: string;
  readonly status: string | undefined;
  readonly createdAt: string | undefined;
  readonly expiresAt: string | undefined;
  /** Service it is for: `bedrock.amazonaws.com`. */
  readonly service: string | undefined;
  /** Name to sign in with: never the secret half. */
  readonly alias: string | undefined;
  /** `SHA256:…` of a public key. */
  readonly keyFingerprint: string | undefined;
  /** SHA-256 of a certificate: a private key that lies beside it somewhere is known by it. */
  readonly thumbprint256?: string;
}

const text = z.string().min(1);
const optional = z
  .string()
  .nullish()
  .transform((value) => (value === null || value === '' ? undefined : value));

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ServiceSpecificCredentialMetadata.html */
export const ServiceSpecificCredential = z
  .object({
    UserName: optional,
    ServiceSpecificCredentialId: text,
    ServiceName: optional,
    ServiceUserName: optional,
    ServiceCredentialAlias: optional,
    Status: optional,
    CreateDate: time,
    ExpirationDate: time,
  })
  .transform(
    (raw): UserCredential => ({
      type: 'service-specific-credential',
      user: raw.UserName,
      id: raw.ServiceSpecificCredentialId,
      status: raw.Status,
      createdAt: raw.CreateDate,
      expiresAt: raw.ExpirationDate,
      service: raw.ServiceName,
      alias: raw.ServiceCredentialAlias ?? raw.ServiceUserName,
      keyFingerprint: undefined,
    }),
  );

/** Metadata of a list, or the key itself of `get-ssh-public-key`: only that has the public half. */
export const SshPublicKey = z
  .object({
    UserName: optional,
    SSHPublicKeyId: text,
    SSHPublicKeyBody: optional,
    Status: optional,
    UploadDate: time,
  })
  .transform(
    (raw): UserCredential => ({
      type: 'ssh-key',
      user: raw.UserName,
      id: raw.SSHPublicKeyId,
      status: raw.Status,
      createdAt: raw.UploadDate,
      expiresAt: undefined,
      service: undefined,
      alias: undefined,
      keyFingerprint: sshFingerprint(raw.SSHPublicKeyBody),
    }),
  );

export const SigningCertificate = z
  .object({ UserName: optional, CertificateId: text, CertificateBody: optional, Status: optional, UploadDate: time })
  .transform(
    (raw): UserCredential => ({
      type: 'certificate',
      user: raw.UserName,
      id: raw.CertificateId,
      status: raw.Status,
      createdAt: raw.UploadDate,
      ...ofCertificate(raw.CertificateBody),
      service: undefined,
      alias: undefined,
      keyFingerprint: undefined,
    }),
  );

function ofCertificate(body: string | undefined): Pick<UserCredential, 'expiresAt' | 'thumbprint256'> {
  try {
    const certificate = new X509Certificate(body ?? '');
    return {
      expiresAt: new Date(certificate.validTo).toISOString(),
      thumbprint256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    };
  } catch {
    // Its id and dates are known all the same.
    return { expiresAt: undefined };
  }
}

export function userCredentialRow(
  one: UserCredential,
  at: Location,
  accountOf: (user: string) => string | undefined,
): CredentialObservation {
  const account = one.user === undefined ? undefined : (accountOf(one.user) ?? awsAccountOf(one.id));
  const detail = {
    ...(one.service === undefined ? {} : { service: one.service }),
    ...(one.alias === undefined ? {} : { signsInAs: one.alias }),
    ...(one.keyFingerprint === undefined ? {} : { keyId: one.id }),
    ...(one.thumbprint256 === undefined ? {} : { thumbprint256: one.thumbprint256 }),
  };
  return {
    kind: 'credential',
    // By its public half a private key that lies somewhere is known.
    id: one.keyFingerprint === undefined ? credentialId('aws', one.type, one.id) : credentialId('ssh', 'key', one.keyFingerprint),
    ...(one.user === undefined ? {} : { identity: awsUserId(account, one.user) }),
    provider: 'aws',
    type: one.type,
    publicId: one.keyFingerprint ?? one.id,
    ...(one.createdAt === undefined ? {} : { createdAt: one.createdAt }),
    ...(one.expiresAt === undefined ? {} : { expiresAt: one.expiresAt }),
    // What is made without an end has none; of a certificate only its text tells.
    ...(one.expiresAt === undefined && one.type !== 'certificate' ? { neverExpires: true } : {}),
    ...(one.status === undefined ? {} : { status: statusOf(one.status) }),
    at: { ...at, pointer: one.id },
    ...(Object.keys(detail).length === 0 ? {} : { detail }),
  };
}

function statusOf(word: string): 'active' | 'inactive' | 'expired' {
  const lower = word.toLowerCase();
  return lower === 'active' ? 'active' : lower === 'expired' ? 'expired' : 'inactive';
}

/** As `ssh-keygen -l` prints it. The body comes in the form of OpenSSH, or in PEM, of which nothing is made. */
function sshFingerprint(body: string | undefined): string | undefined {
  const blob = /^(?:ssh-|ecdsa-|sk-)\S+\s+(?<blob>[A-Za-z0-9+/=]+)/.exec(body ?? '')?.groups?.blob;
  if (blob === undefined) return undefined;
  return `SHA256:${createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '')}`;
}
