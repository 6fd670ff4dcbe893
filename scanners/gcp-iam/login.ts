import { readFileSync } from 'node:fs';
import type { ScanContext } from '../../src/contracts/index.ts';
import { LiveFailure } from '../../src/live/index.ts';
import { messageOf } from '../../src/util/errors.ts';

/** Hands out the header that a request goes with. */
export interface Login {
  headers(renew: boolean): Promise<{ readonly [name: string]: string }>;
}

/** The APIs take no narrower scope for all that is read; what may be done is up to the roles of the account. */
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const HINT = 'run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS to a credential file';

/** Several calls that fail at once ask for one new token, not for one each. */
const RENEWED_MS = 1000;

/**
 * A token as gcloud takes it (`CLOUDSDK_AUTH_ACCESS_TOKEN`), else application default credentials: a file, federation,
 * impersonation, the metadata server. https://cloud.google.com/docs/authentication/application-default-credentials
 */
export async function openLogin(context: Pick<ScanContext, 'env'>): Promise<Login> {
  const { env } = context;
  const quota = env.GOOGLE_CLOUD_QUOTA_PROJECT;
  const more: { readonly [name: string]: string } = quota === undefined || quota === '' ? {} : { 'x-goog-user-project': quota };
  const token = env.CLOUDSDK_AUTH_ACCESS_TOKEN;
  if (token !== undefined && token !== '') return { headers: async () => ({ authorization: `Bearer ${token}`, ...more }) };
  const { GoogleAuth } = await import('google-auth-library');
  const file = env.GOOGLE_APPLICATION_CREDENTIALS;
  if (file !== undefined && file !== '') checkFile(file);
  const settings = { scopes: [SCOPE], ...(file === undefined || file === '' ? {} : { keyFilename: file }) };
  // The clients keep a token until its end: one that was taken back before is renewed by a client of its own.
  const take = () => new GoogleAuth(settings).getClient();
  let client: ReturnType<typeof take> | undefined;
  let renewedAt = 0;
  return {
    async headers(renew) {
      try {
        if (client === undefined || (renew && Date.now() - renewedAt > RENEWED_MS)) {
          if (renew) renewedAt = Date.now();
          client = take();
        }
        const headers = await (await client).getRequestHeaders();
        return { ...Object.fromEntries(headers), ...more };
      } catch (error) {
        client = undefined;
        const said = messageOf(error).split('\n')[0] ?? '';
        throw new LiveFailure(`Google gave no token (${said.slice(0, 160)}): ${HINT}`, { kind: 'expired', cause: error });
      }
    },
  };
}

function checkFile(file: string): void {
  try {
    JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    // The parser's own message may quote the file.
    const why = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new LiveFailure(`the file that GOOGLE_APPLICATION_CREDENTIALS names ${why}: ${HINT}`, { kind: 'expired' });
  }
}
