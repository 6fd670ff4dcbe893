import { ConfigError, messageOf } from '../util/errors.ts';
import { canonicalText } from './canonical.ts';
import { PAYLOAD_TYPE, type Statement } from './statement.ts';

/** What sigstore 4 runs on. */
const OLDEST_NODE = [22, 9] as const;

export const PUBLIC_LOG = `Signing without a key contacts Sigstore: Fulcio (fulcio.sigstore.dev) for a certificate, Rekor (rekor.sigstore.dev) for a log entry.
  The log is public and for good: who signs (of a CI job its repository and workflow) can be read there by anybody. The files of the pack are not sent,
  but the statement is: their names and digests.`;

type Sigstore = typeof import('sigstore');

/** Loads the optional package; says what is missing. `version` of Node and the way to load it can be given by a test. */
export async function loadSigstore(
  version: string = process.versions.node,
  load: () => Promise<Sigstore> = () => import('sigstore'),
): Promise<Sigstore> {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    throw new ConfigError(`Sigstore needs Node.js ${OLDEST_NODE.join('.')} or newer; this is ${version}`, {
      code: 'KEYLESS',
      hint: 'Sign with a key: nhi-audit pack --sign-key FILE',
    });
  }
  try {
    return await load();
  } catch (error) {
    throw new ConfigError(`The package sigstore cannot be loaded: ${messageOf(error)}`, {
      code: 'KEYLESS',
      hint: 'It is not installed with nhi-audit. Beside it: npm install sigstore@4',
      cause: error,
    });
  }
}

/** Lets Sigstore sign; in a job of GitHub Actions with `id-token: write`, or with SIGSTORE_ID_TOKEN. */
export async function attest(sigstore: Sigstore, statement: Statement, token: string | undefined): Promise<object> {
  try {
    const payload = Buffer.from(canonicalText(statement));
    return await sigstore.attest(payload, PAYLOAD_TYPE, token === undefined ? {} : { identityToken: token });
  } catch (error) {
    throw new ConfigError(`Sigstore did not sign: ${messageOf(error)}`, {
      code: 'KEYLESS',
      hint: 'It needs the identity of a CI job (GitHub Actions: permissions id-token: write) or a token in SIGSTORE_ID_TOKEN, and the network.',
      cause: error,
    });
  }
}

/** Asks Sigstore's roots whether a bundle was signed by this identity, by word of this issuer. Contacts tuf-repo-cdn.sigstore.dev. */
export async function verifyKeyless(
  sigstore: Sigstore,
  bundle: object,
  { identity, issuer }: { readonly identity: string; readonly issuer: string },
): Promise<string | undefined> {
  try {
    const who = identity.includes('://') ? { certificateIdentityURI: identity } : { certificateIdentityEmail: identity };
    await sigstore.verify(bundle as Parameters<Sigstore['verify']>[0], { ...who, certificateIssuer: issuer });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
