import { type CredentialObservation, credentialId, type IdentityId, type Location } from '../../src/contracts/index.ts';
import { problemText } from '../../src/formats/answer.ts';
import type { Answers } from './answers.ts';
import type { Directory } from './directory.ts';
import { KeyCredential, PasswordCredential } from './schema.ts';

interface Holder {
  readonly identity: IdentityId;
  readonly on: 'application' | 'service-principal';
  /** A service principal signs in people by SAML: Entra made the certificate, and a password of the same id beside it. */
  readonly isSaml: boolean;
  readonly pointer: string;
}

/** Secrets and certificates; `problems` takes those that could not be read. */
export function* credentialRows(
  answers: Answers,
  directory: Directory,
  at: Location,
  now: Date,
  problems: string[],
): Generator<CredentialObservation> {
  for (const app of answers.apps.values()) {
    const pointer = `applications/${app.objectId ?? app.appId}`;
    const holder: Holder = { identity: directory.app(app.appId), on: 'application', isSaml: false, pointer };
    yield* heldRows(app, holder, at, now, problems);
  }
  for (const principal of answers.principals.values()) {
    const pointer = `servicePrincipals/${principal.objectId ?? principal.appId}`;
    const isSaml = principal.preferredSingleSignOnMode?.toLowerCase() === 'saml';
    const holder: Holder = { identity: directory.app(principal.appId), on: 'service-principal', isSaml, pointer };
    yield* heldRows(principal, holder, at, now, problems);
  }
  yield* activityRows(answers, directory, at);
}

function* heldRows(
  item: { readonly passwordCredentials: unknown[] | undefined; readonly keyCredentials: unknown[] | undefined },
  holder: Holder,
  at: Location,
  now: Date,
  problems: string[],
): Generator<CredentialObservation> {
  const { identity, on, isSaml, pointer } = holder;
  const keys = (item.keyCredentials ?? []).flatMap((raw, index) => {
    const parsed = KeyCredential.safeParse(raw);
    if (!parsed.success) problems.push(problemText(`${pointer}.keyCredentials[${index}]`, parsed.error));
    return parsed.success ? [parsed.data] : [];
  });
  for (const [index, raw] of (item.passwordCredentials ?? []).entries()) {
    const parsed = PasswordCredential.safeParse(raw);
    if (!parsed.success) {
      problems.push(problemText(`${pointer}.passwordCredentials[${index}]`, parsed.error));
      continue;
    }
    const { keyId, hint, displayName, from, until } = parsed.data;
    yield {
      kind: 'credential',
      id: credentialId('entra', 'client-secret', keyId),
      identity,
      provider: 'entra',
      type: 'client-secret',
      publicId: keyId,
      ...datesOf(from, until, now),
      at: { ...at, pointer: `${pointer}/passwordCredentials/${keyId}` },
      detail: {
        on,
        ...(hint === undefined ? {} : { hint }),
        ...(displayName === undefined ? {} : { displayName }),
        ...(isSaml && keys.some((key) => key.keyId === keyId) ? { saml: true } : {}),
      },
    };
  }
  const seen = new Set<string>();
  for (const key of keys) {
    // One certificate that signs and verifies is listed twice.
    const id = key.thumbprint ?? `key-${key.keyId}`;
    if (seen.has(id)) continue;
    seen.add(id);
    yield {
      kind: 'credential',
      id: credentialId('entra', 'certificate', id),
      identity,
      provider: 'entra',
      type: 'certificate',
      ...(key.thumbprint === undefined ? {} : { publicId: key.thumbprint }),
      ...datesOf(key.from, key.until, now),
      at: { ...at, pointer: `${pointer}/keyCredentials/${key.keyId}` },
      detail: {
        on,
        keyId: key.keyId,
        keyIds: keys.filter((one) => (one.thumbprint ?? `key-${one.keyId}`) === id).map((one) => one.keyId),
        ...(key.displayName === undefined ? {} : { displayName: key.displayName }),
        ...(key.usage === undefined ? {} : { usage: key.usage }),
        ...(isSaml ? { saml: true } : {}),
      },
    };
  }
}

/** The year 9999 and the like are how somebody writes "never". */
function datesOf(
  from: string | undefined,
  until: string | undefined,
  now: Date,
): Pick<CredentialObservation, 'createdAt' | 'expiresAt' | 'neverExpires' | 'status'> {
  const never = until !== undefined && until >= '9000';
  return {
    ...(from === undefined ? {} : { createdAt: from }),
    ...(never ? { neverExpires: true } : until === undefined ? {} : { expiresAt: until }),
    status: until !== undefined && !never && until < now.toISOString() ? 'expired' : 'active',
  };
}

/** The report names credentials by their key id; a certificate has its thumbprint elsewhere, and the store joins them. */
function* activityRows(answers: Answers, directory: Directory, at: Location): Generator<CredentialObservation> {
  const thumbprints = new Map<string, string>();
  for (const item of [...answers.apps.values(), ...answers.principals.values()]) {
    for (const raw of item.keyCredentials ?? []) {
      const key = KeyCredential.safeParse(raw);
      if (key.success && key.data.thumbprint !== undefined) thumbprints.set(key.data.keyId, key.data.thumbprint);
    }
  }
  for (const { keyId, appId, keyType, lastUsedAt, resourceId } of answers.keyActivities.values()) {
    if (lastUsedAt === undefined) continue;
    const isSecret = keyType === undefined || /secret|password/i.test(keyType);
    const thumbprint = thumbprints.get(keyId);
    yield {
      kind: 'credential',
      id: isSecret
        ? credentialId('entra', 'client-secret', keyId)
        : credentialId('entra', 'certificate', thumbprint ?? `key-${keyId}`),
      identity: directory.app(appId),
      provider: 'entra',
      type: isSecret ? 'client-secret' : 'certificate',
      ...(isSecret ? { publicId: keyId } : thumbprint === undefined ? {} : { publicId: thumbprint }),
      lastUsedAt,
      ...(resourceId === undefined ? {} : { lastUsedFor: resourceId }),
      at: { ...at, pointer: `appCredentialSignInActivities/${keyId}` },
      ...(isSecret ? {} : { detail: { keyId } }),
    };
  }
}
