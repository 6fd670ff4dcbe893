import { readFileSync } from 'node:fs';
import type { JWT } from 'google-auth-library';
import { z } from 'zod';
import type { ScanContext } from '../../src/contracts/index.ts';
import { failureOf, LiveFailure } from '../../src/live/index.ts';
import { TargetError } from '../../src/util/errors.ts';
import { Secret } from '../../src/util/secret.ts';

type Headers = { readonly [name: string]: string };
export type Authorize = (how: { readonly renew: boolean }) => Promise<Headers>;

export interface Login {
  /** Each scope has a token of its own: one that was not delegated refuses no other. */
  forScope(scope: string): Authorize;
  /** Whom the service account acts as. */
  readonly subject: string | undefined;
}

const KeyFile = z.object({
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string().optional(),
  client_id: z.string().optional(),
});

type Context = Pick<ScanContext, 'env' | 'contacts' | 'signal'>;

/** The names of Google's Terraform provider for Workspace. https://registry.terraform.io/providers/hashicorp/googleworkspace/latest/docs */
export function loginFrom(context: Context): Login {
  const { env } = context;
  const set = (name: string) => (env[name] === '' ? undefined : env[name]);
  const ready = set('GOOGLEWORKSPACE_ACCESS_TOKEN');
  const subject = set('GOOGLEWORKSPACE_IMPERSONATED_USER_EMAIL');
  if (ready !== undefined) {
    const token = new Secret(ready);
    return { forScope: () => async () => ({ authorization: `Bearer ${token.reveal()}` }), subject };
  }
  const given = set('GOOGLEWORKSPACE_CREDENTIALS') ?? set('GOOGLE_APPLICATION_CREDENTIALS');
  if (given === undefined || subject === undefined) {
    throw new TargetError('There is no login for Google Workspace', {
      code: 'TARGET_LOGIN',
      hint: 'Set GOOGLEWORKSPACE_CREDENTIALS to the key file of a delegated service account and GOOGLEWORKSPACE_IMPERSONATED_USER_EMAIL to an administrator, or GOOGLEWORKSPACE_ACCESS_TOKEN.',
    });
  }
  const key = readKey(given);
  return { forScope: (scope) => delegated(key, subject, scope, context), subject };
}

function readKey(given: string): z.infer<typeof KeyFile> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(given.trimStart().startsWith('{') ? given : readFileSync(given, 'utf8'));
  } catch (error) {
    // The parser's own message may quote the file.
    const why = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new TargetError(`The credentials for Google Workspace: the file ${why}`, {
      code: 'TARGET_LOGIN',
      hint: 'GOOGLEWORKSPACE_CREDENTIALS takes the path of a service account key, or its JSON.',
    });
  }
  const key = KeyFile.safeParse(parsed);
  if (key.success) return key.data;
  throw new TargetError('The credentials for Google Workspace are no key of a service account', {
    code: 'TARGET_LOGIN',
    hint: 'Acting as an administrator needs a service account with domain-wide delegation; for other logins set GOOGLEWORKSPACE_ACCESS_TOKEN.',
  });
}

/** https://developers.google.com/workspace/admin/directory/v1/guides/delegation */
function delegated(key: z.infer<typeof KeyFile>, subject: string, scope: string, context: Context): Authorize {
  let client: Promise<JWT> | undefined;
  return async ({ renew }) => {
    const override = context.env.GOOGLEWORKSPACE_API_URL;
    context.contacts(override === undefined ? 'oauth2.googleapis.com' : new URL(override).host);
    try {
      // The library keeps the token of a client as long as it says that it lives: a new one needs a new client.
      if (renew) client = undefined;
      client ??= clientFor(key, subject, scope, override);
      return Object.fromEntries(await (await client).getRequestHeaders());
    } catch (error) {
      context.signal.throwIfAborted();
      throw explained(error, scope, key.client_id ?? key.client_email);
    }
  };
}

async function clientFor(
  key: z.infer<typeof KeyFile>,
  subject: string,
  scope: string,
  override: string | undefined,
): Promise<JWT> {
  const { JWT } = await import('google-auth-library');
  const client = new JWT({
    email: key.client_email,
    key: key.private_key,
    scopes: [scope],
    subject,
    ...(key.private_key_id === undefined ? {} : { keyId: key.private_key_id }),
  });
  if (override !== undefined) {
    client.transporter.interceptors.request.add({
      resolved: async (asked) => {
        asked.url = new URL(asked.url.pathname, override);
        return asked;
      },
    });
  }
  return client;
}

/** https://developers.google.com/identity/protocols/oauth2/service-account#error-codes */
function explained(error: unknown, scope: string, client: string): LiveFailure {
  const said = codeIn(error);
  if (said === 'unauthorized_client' || said === 'access_denied') {
    const why = `${scope} is not delegated to the service account: add it to the client ${client} in the Admin console (Security, API controls, Domain-wide delegation)`;
    return new LiveFailure(why, { kind: 'denied' });
  }
  if (said === 'invalid_grant') {
    const why =
      'Google does not accept the login (invalid_grant): check that GOOGLEWORKSPACE_IMPERSONATED_USER_EMAIL is a user, that the key exists, and the clock of this machine';
    return new LiveFailure(why, { kind: 'expired' });
  }
  return failureOf(error, { service: 'Google', right: scope });
}

function codeIn(error: unknown): string | undefined {
  const data = (error as { response?: { data?: { error?: unknown } } } | undefined)?.response?.data?.error;
  return typeof data === 'string' ? data : undefined;
}
