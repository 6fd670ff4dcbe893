import { canonicalText } from './canonical.ts';
import { BUNDLE, ENVELOPE, type FileDigest, MANIFEST } from './format.ts';
import { checkBundle } from './keyless-check.ts';
import { publicKeyIn, type TrustedKey } from './keys.ts';
import type { Manifest } from './manifest.ts';
import type { Problem } from './problem.ts';
import { Envelope, fromBase64, isSignedBy, keyIdOf, type Signer, Statement, statementOf } from './statement.ts';

/**
 * Who stands for a pack. `own-word`: it is signed, and the key that it was signed with is only what the pack says itself.
 * `keyless`: the same of a certificate. `trusted`: signed with one of the keys that were given.
 */
export interface Signature {
  readonly state: 'unsigned' | 'invalid' | 'own-word' | 'keyless' | 'trusted';
  readonly keyId?: string;
  readonly name?: string;
  /** Of a certificate, as it says itself. */
  readonly identity?: string;
  readonly signedAt?: string;
  readonly notBefore?: string;
  readonly notAfter?: string;
}

export interface SealCheck {
  readonly signature: Signature;
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
  /** What was signed, where the signature fits. */
  readonly statement?: Statement;
}

export interface SealChoices {
  readonly trusted: readonly TrustedKey[];
  readonly now: string;
  /** When the pack is known to have been there, by whoever verifies: for a signer that has expired since. Not after `now`. */
  readonly at?: string;
  /** What is not signed is not good, even where no key is given. */
  readonly needsSignature?: boolean;
}

/** Reads the envelope, or the bundle, of a pack. Without either the pack is unsigned. */
export function checkSeal(envelope: Buffer | undefined, bundle: Buffer | undefined, choices: SealChoices): SealCheck {
  if (envelope !== undefined) return checkEnvelope(envelope, choices);
  if (bundle !== undefined) return checkKeyless(bundle, choices);
  const why =
    (choices.trusted.length > 0 ? 'and a key was given to verify it with' : undefined) ??
    (choices.needsSignature === true ? 'and a signature is required' : undefined);
  const problems: Problem[] =
    why === undefined ? [] : [{ file: ENVELOPE, kind: 'signature', message: `the pack is not signed, ${why}` }];
  return { signature: { state: 'unsigned' }, problems, notes: [] };
}

function invalid(file: string, message: string, kind: Problem['kind'] = 'signature'): SealCheck {
  return { signature: { state: 'invalid' }, problems: [{ file, kind, message }], notes: [] };
}

function checkEnvelope(bytes: Buffer, choices: SealChoices): SealCheck {
  const envelope = parsed(bytes, (json) => Envelope.safeParse(json).data);
  if (envelope === undefined) return invalid(ENVELOPE, 'not an envelope as it was written');
  const payload = fromBase64(envelope.payload);
  const statement = payload === undefined ? undefined : parsed(payload, (json) => Statement.safeParse(json).data);
  const signer = statement?.predicate.signer;
  if (statement === undefined || signer === undefined) return invalid(ENVELOPE, 'what was signed is no statement of a pack');
  const own = publicKeyIn(signer.publicKey);
  if (own === undefined || keyIdOf(own) !== signer.keyId || envelope.signatures[0]?.keyid !== signer.keyId) {
    return invalid(ENVELOPE, 'the id of its key is not that of the key');
  }
  if (!isSignedBy(envelope, own)) return invalid(ENVELOPE, `the signature is not one of key ${signer.keyId} over this statement`);
  return judgeSigner(statement, signer, choices);
}

function judgeSigner(statement: Statement, signer: Signer, { trusted, now, at }: SealChoices): SealCheck {
  const { signedAt } = statement.predicate;
  const known = trusted.find(({ keyId }) => keyId === signer.keyId);
  const { notBefore = signer.notBefore, notAfter = signer.notAfter, name = signer.name } = known ?? {};
  const problems: Problem[] = [];
  const notes: string[] = [];
  if (trusted.length > 0 && known === undefined) {
    const given = trusted.map(({ keyId }) => keyId).join(', ');
    problems.push({
      file: ENVELOPE,
      kind: 'signer',
      message: `signed with key ${signer.keyId}, which is not one given: ${given}`,
    });
  }
  if (known === undefined)
    notes.push(`Nobody but the pack says whose key ${signer.keyId} is: compare it, or give the key with --key.`);
  if (notAfter !== undefined && instant(signedAt) > instant(notAfter)) {
    problems.push({ file: ENVELOPE, kind: 'signer', message: `signed ${signedAt}, after the signer had expired (${notAfter})` });
  } else if (notBefore !== undefined && instant(signedAt) < instant(notBefore)) {
    problems.push({ file: ENVELOPE, kind: 'signer', message: `signed ${signedAt}, before the signer was valid (${notBefore})` });
  } else if (at !== undefined && instant(signedAt) > instant(at)) {
    problems.push({ file: ENVELOPE, kind: 'signer', message: `signed ${signedAt}: it was not there on ${at}, as is said of it` });
  } else if (notAfter !== undefined && instant(at ?? now) > instant(notAfter)) {
    problems.push({
      file: ENVELOPE,
      kind: 'signer',
      message: `the signer has expired since (${notAfter}). That it signed before is the word of its own clock: whoever has an old key can turn the clock back. Who knows when the pack was there says so with --at`,
    });
  } else if (notAfter !== undefined && instant(now) > instant(notAfter)) {
    notes.push(
      `The signer has expired since (${notAfter}). That the pack was there on ${at} is the word of whoever verifies it.`,
    );
  }
  return {
    signature: {
      state: known === undefined ? 'own-word' : 'trusted',
      keyId: signer.keyId,
      ...(name === undefined ? {} : { name }),
      signedAt,
      ...(notBefore === undefined ? {} : { notBefore }),
      ...(notAfter === undefined ? {} : { notAfter }),
    },
    problems,
    notes,
    statement,
  };
}

function checkKeyless(bytes: Buffer, { trusted }: SealChoices): SealCheck {
  const checked = parsed(bytes, checkBundle);
  if (checked === undefined) return invalid(BUNDLE, 'not a bundle as it was written');
  const statement = parsed(checked.payload, (json) => Statement.safeParse(json).data);
  if (statement === undefined) return invalid(BUNDLE, 'what was signed is no statement of a pack');
  if (!checked.isSigned) return invalid(BUNDLE, 'the signature is not one of its certificate over this statement');
  return {
    signature: { state: 'keyless', identity: checked.identity, signedAt: statement.predicate.signedAt },
    problems:
      trusted.length === 0
        ? []
        : [
            {
              file: BUNDLE,
              kind: 'signer',
              message: 'signed with a certificate, without a key: the key that was given says nothing of it',
            },
          ],
    notes: [
      'Anybody can make a certificate that claims this. Offline, that Sigstore issued and logged it is not checked: give --identity and --issuer, which asks for the roots of Sigstore on the network.',
    ],
    statement,
  };
}

/** A statement says of the manifest and its files what they say, in the same words. */
export function isStatementOf(statement: Statement, manifest: Manifest, ofManifest: FileDigest): boolean {
  const files = [...manifest.files, ofManifest].sort((a, b) => (a.path < b.path ? -1 : 1));
  const { signedAt, signer } = statement.predicate;
  const expected = statementOf(manifest, files, signer);
  return signedAt === manifest.createdAt && canonicalText(expected) === canonicalText(statement);
}

/** The digest of the manifest that was signed. */
export function signedManifest(statement: Statement): string {
  return statement.subject.find(({ name }) => name === MANIFEST)?.digest.sha256 ?? statement.predicate.manifest;
}

/** What a JSON text holds, if the text is the canonical one: any other way to write it is a change. */
export function parsed<T extends object>(bytes: Buffer, parse: (json: unknown) => T | undefined): T | undefined {
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    if (typeof json !== 'object' || json === null || !Buffer.from(canonicalText(json)).equals(bytes)) return undefined;
    return parse(json);
  } catch {
    return undefined;
  }
}

function instant(time: string): number {
  return Date.parse(time);
}
