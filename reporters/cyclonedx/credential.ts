import type { CredentialView } from '../../src/contracts/report-parts.ts';
import { uuidOf } from '../../src/util/uuid.ts';
import { dateTime, properties, text } from './values.ts';

/** Not the id itself: it may hold anything, and references that begin with `urn:cdx:` mean something. */
export function credentialRef(id: string): string {
  return `credential:${uuidOf('credential', id)}`;
}

/** Kinds of material by our types; the first that fits. What logs in and is none of these is a `credential`. */
const MATERIALS: readonly (readonly [type: RegExp, material: string])[] = [
  [/^public-key$/, 'public-key'],
  [/hash$/, 'digest'],
  [/password|passphrase/, 'password'],
  [/^(?:service-account|private)-key$/, 'private-key'],
  // Which half of a pair it is depends on where it was met.
  [/^(?:ssh-)?key$/, 'key'],
  [/token|^jwt$|^pat$/, 'token'],
  [/^(?:hmac|secret)-key$/, 'secret-key'],
  [/^(?:client|shared)-secret$/, 'shared-secret'],
];

/**
 * A credential: what it is, whose, how old, in what state. `value` is never written, and `fingerprint` neither: the standard means a
 * plain hash there, ours is keyed, and nobody could check it; it is a property.
 */
export function credentialComponent(credential: CredentialView, isLeaked: boolean): object {
  const { fingerprint, id, provider, publicId, type } = credential;
  const short = fingerprint === undefined ? id : fingerprint.slice(0, 12);
  return {
    type: 'cryptographic-asset',
    'bom-ref': credentialRef(id),
    group: text(provider),
    name: text(publicId ?? `${type} ${short}`),
    cryptoProperties: /certificate/.test(type) ? certificate(credential) : material(credential, isLeaked),
    properties: properties({
      credential: id,
      'credential-type': type,
      identity: credential.identity,
      fingerprint,
      status: credential.status,
      'last-used': credential.lastUsedAt,
      rotated: credential.rotatedAt,
      'never-expires': credential.neverExpires,
      'age-days': credential.ageDays,
      sightings: credential.sightings,
      leaked: isLeaked ? true : undefined,
      'in-inventory': credential.inInventory,
      'open-findings': credential.findings,
      'worst-finding': credential.worst,
    }),
  };
}

function material(credential: CredentialView, isLeaked: boolean): object {
  const { createdAt, expiresAt, publicId, rotatedAt, type } = credential;
  return {
    assetType: 'related-crypto-material',
    relatedCryptoMaterialProperties: {
      type: MATERIALS.find(([word]) => word.test(type))?.[1] ?? 'credential',
      ...(publicId === undefined ? {} : { id: text(publicId) }),
      ...state(credential, isLeaked),
      ...date('creationDate', createdAt),
      ...date('updateDate', rotatedAt),
      ...date('expirationDate', expiresAt),
    },
  };
}

/** Where the state is not known there is none. A leak that is still open makes a live credential a compromised one (NIST SP 800-57). */
function state({ status }: CredentialView, isLeaked: boolean): { state?: string } {
  if (status === 'revoked' || status === 'expired') return { state: 'deactivated' };
  if (isLeaked) return { state: 'compromised' };
  if (status === 'inactive') return { state: 'suspended' };
  return status === 'active' ? { state: 'active' } : {};
}

const CERTIFICATE_STATES: { readonly [status: string]: string } = {
  active: 'active',
  inactive: 'suspended',
  expired: 'deactivated',
  revoked: 'revoked',
};

function certificate({ createdAt, expiresAt, publicId, status }: CredentialView): object {
  const known = status !== undefined && Object.hasOwn(CERTIFICATE_STATES, status) ? CERTIFICATE_STATES[status] : undefined;
  return {
    assetType: 'certificate',
    certificateProperties: {
      ...(publicId === undefined ? {} : { serialNumber: text(publicId) }),
      ...date('creationDate', createdAt),
      ...date('notValidAfter', expiresAt),
      ...(known === undefined ? {} : { certificateState: [{ state: known }] }),
    },
  };
}

function date(name: string, iso: string | undefined): object {
  const told = dateTime(iso);
  return told === undefined ? {} : { [name]: told };
}
