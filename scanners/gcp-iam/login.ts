import { readFileSync } from 'node:fs';
import type { AuthClient } from 'google-auth-library';
import { z } from 'zod';
import type { ScanContext } from '../../src/contracts/index.ts';
import { LiveFailure } from '../../src/live/index.ts';
import { messageOf } from '../../src/util/errors.ts';

/** Hands out the header that a request goes with. */
export interface Login {
  headers(renew: boolean): Promise<{ readonly [name: string]: string }>;
}

/** The APIs take no narrower scope for all that is read; what may be done is up to the roles of the account. */
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const text = z.string();
const CredentialFile = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('service_account'), client_email: text, private_key: text, private_key_id: text.optional() }),
  z.looseObject({ type: z.literal('authorized_user'), client_id: text, client_secret: text, refresh_token: text }),
  z.looseObject({
    type: z.literal('external_account'),
    credential_source: z.looseObject({ environment_id: text.optional(), executable: z.unknown().optional() }),
  }),
  z.looseObject({
    type: z.literal('impersonated_service_account'),
    service_account_impersonation_url: text,
    source_credentials: z.unknown(),
    delegates: z.array(text).optional(),
  }),
]);
type CredentialFile = z.infer<typeof CredentialFile>;

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
  const google = await import('google-auth-library');
  const file = env.GOOGLE_APPLICATION_CREDENTIALS;
  // The clients keep a token until its end: one that was taken back before is renewed by a client of its own.
  const take = async (): Promise<AuthClient> =>
    file === undefined || file === ''
      ? await quietly(() => new google.GoogleAuth({ scopes: [SCOPE] }).getClient())
      : clientFor(readLogin(file), google);
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
        if (error instanceof LiveFailure) throw error;
        const first = messageOf(error).split('\n')[0] ?? '';
        const said = first.startsWith('Could not load the default credentials') ? 'there are no default credentials' : first;
        throw new LiveFailure(`Google gave no token (${said.slice(0, 160)}): ${HINT}`, { kind: 'expired', cause: error });
      }
    },
  };
}

/** The library warns on standard error where something else answers in place of a metadata server; what that means we say ourselves. */
async function quietly<T>(make: () => Promise<T>): Promise<T> {
  const { emitWarning } = process;
  const filtered = (...all: unknown[]) => {
    if (all[1] !== 'MetadataLookupWarning') Reflect.apply(emitWarning, process, all);
  };
  process.emitWarning = filtered;
  try {
    return await make();
  } finally {
    if (process.emitWarning === filtered) process.emitWarning = emitWarning;
  }
}

function readLogin(file: string): CredentialFile {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    // The parser's own message may quote the file.
    const why = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new LiveFailure(`the file that GOOGLE_APPLICATION_CREDENTIALS names ${why}: ${HINT}`, { kind: 'expired' });
  }
  const read = CredentialFile.safeParse(value);
  if (read.success) return read.data;
  throw new LiveFailure(`the file that GOOGLE_APPLICATION_CREDENTIALS names is no credential file: ${HINT}`, { kind: 'expired' });
}

/** By their constructors: the library warns on standard error where it is given a file to make out itself. */
function clientFor(json: CredentialFile, google: typeof import('google-auth-library')): AuthClient {
  switch (json.type) {
    case 'service_account':
      return new google.JWT({
        email: json.client_email,
        key: json.private_key,
        ...(json.private_key_id === undefined ? {} : { keyId: json.private_key_id }),
        scopes: [SCOPE],
      });
    case 'authorized_user':
      return new google.UserRefreshClient({
        clientId: json.client_id,
        clientSecret: json.client_secret,
        refreshToken: json.refresh_token,
      });
    case 'external_account':
      return withScope(federated(json, google));
    case 'impersonated_service_account': {
      const account =
        /\/serviceAccounts\/(?<account>[^:/]+):/.exec(json.service_account_impersonation_url)?.groups?.account ?? '';
      return new google.Impersonated({
        sourceClient: clientFor(CredentialFile.parse(json.source_credentials), google),
        targetPrincipal: account,
        delegates: json.delegates ?? [],
        targetScopes: [SCOPE],
        lifetime: 3600,
      });
    }
  }
}

function federated(json: Extract<CredentialFile, { type: 'external_account' }>, google: typeof import('google-auth-library')) {
  const source = json.credential_source;
  if (source.environment_id !== undefined) return new google.AwsClient(json as never);
  if (source.executable !== undefined) return new google.PluggableAuthClient(json as never);
  return new google.IdentityPoolClient(json as never);
}

function withScope<T extends { scopes?: string | string[] }>(client: T): T {
  client.scopes = [SCOPE];
  return client;
}
