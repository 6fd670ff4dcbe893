import { failureOf, LiveFailure } from '../../src/live/index.ts';
import { clip, printable } from '../../src/util/sanitize.ts';
import type { Endpoint } from './endpoints.ts';

export const SERVICE = 'GitHub';

/** What `@octokit/request-error` throws, as far as it is read here. */
interface Refused {
  readonly status: number;
  readonly headers: { readonly [name: string]: string | number | undefined };
  readonly message: string;
  readonly documentation: string;
}

/** The server has no such call, or the plan does not: nobody's right would change that. */
export class NotOffered extends LiveFailure {}

/** What a call of an endpoint came to. `exists`: the organisation or repository that it is about is known to be there. */
export function explain(error: unknown, endpoint: Endpoint, exists: boolean): LiveFailure {
  if (error instanceof LiveFailure) return error;
  const refused = readError(error);
  if (refused === undefined) return failureOf(unwrapped(error), { service: SERVICE, right: endpoint.right });
  const { status } = refused;
  if (status === 401) return notAccepted(refused);
  if (status === 403 || status === 429) return forbidden(refused, endpoint);
  if (status === 404) return notFound(refused, endpoint, exists);
  if (status === 410 || status === 501) return notOffered(endpoint, status);
  if (status === 451) return new LiveFailure('GitHub does not show it for legal reasons (HTTP 451)', { kind: 'denied', status });
  if (status === 409 || status === 422)
    return new LiveFailure(`GitHub does not answer ${callOf(endpoint)} as it stands (HTTP ${status}, "${refused.message}")`, {
      kind: 'failed',
      status,
    });
  const said = refused.message === '' ? '' : `, "${refused.message}"`;
  return new LiveFailure(`GitHub failed at ${callOf(endpoint)} several times (HTTP ${status}${said}): scan again later`, {
    kind: 'failed',
    status,
  });
}

function notAccepted({ headers, message }: Refused): LiveFailure {
  const date = headers.date === undefined ? '' : ` at ${new Date(String(headers.date)).toISOString()}`;
  // https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
  const isJwt = /JSON web token|'(?:Issued at|Expiration time)' claim|assertion/i.test(message);
  const why = isJwt
    ? `GitHub does not accept the signed request of the app ("${message}"${date}): check GITHUB_APP_ID, the private key and the clock of this machine`
    : `GitHub does not accept the token, or no more ("${message}"${date}): make a new one and scan again`;
  return new LiveFailure(why, { kind: 'expired', status: 401 });
}

function forbidden(refused: Refused, endpoint: Endpoint): LiveFailure {
  const { headers, message, status } = refused;
  const sso = String(headers['x-github-sso'] ?? '');
  if (sso.startsWith('required') || /SAML enforcement/i.test(message)) {
    return new LiveFailure(
      'the token is not authorised for single sign-on of the organisation: authorise it under https://github.com/settings/tokens ("Configure SSO")',
      { kind: 'denied', status },
    );
  }
  if (isThrottling(refused)) return throttled(refused);
  if (/IP allow list|IP address/i.test(message)) {
    return new LiveFailure('the organisation lets in listed addresses only: scan from one of them, or add this one', {
      kind: 'denied',
      status,
    });
  }
  if (endpoint.enterprise === true && /enterprise|upgrade/i.test(message)) return notOffered(endpoint, status);
  return new LiveFailure(`${rightsOf(refused, endpoint)} is missing${saidBy(message)}: grant it and scan again`, {
    kind: 'denied',
    status,
  });
}

function throttled({ headers, status }: Refused): LiveFailure {
  const reset = Number(headers['x-ratelimit-reset']);
  const isSpent = String(headers['x-ratelimit-remaining']) === '0' && Number.isFinite(reset) && reset > 0;
  const why = isSpent
    ? `the calls of this hour are spent: scan again after ${new Date(reset * 1000).toISOString().slice(0, 16)}Z, it goes on where it stopped`
    : 'GitHub went on asking for a rest (secondary rate limit): scan again later, it goes on where it stopped';
  // No other call will fare better within this hour.
  return new LiveFailure(why, { kind: 'throttled', outcome: 'partial', fatal: isSpent, status });
}

/**
 * GitHub hides what one may not see behind a 404. An answer that names the call's own page comes from a call that is there;
 * an address that the server does not know gets the front page of the documentation.
 */
function notFound(refused: Refused, endpoint: Endpoint, exists: boolean): LiveFailure {
  const { documentation, headers, message, status } = refused;
  if (/secret scanning is (?:disabled|not available)|advanced security/i.test(message)) {
    return new NotOffered(`GitHub does not offer it here ("${message}")`, { kind: 'missing', status });
  }
  const isKnownCall =
    /#|\/rest\/[a-z]/.test(documentation) ||
    headers['x-accepted-github-permissions'] !== undefined ||
    String(headers['x-accepted-oauth-scopes'] ?? '') !== '';
  if (exists && !isKnownCall) return notOffered(endpoint, status);
  if (endpoint.enterprise === true) {
    return new LiveFailure(
      `GitHub shows no ${endpoint.title}: it takes Enterprise Cloud, and ${rightsOf(refused, endpoint)} of an owner`,
      { kind: 'denied', status },
    );
  }
  if (exists)
    return new LiveFailure(`GitHub hides it (HTTP 404): ${rightsOf(refused, endpoint)} is missing`, { kind: 'denied', status });
  return new LiveFailure(
    'there is nothing of that name, or these credentials may not see it: check the name and where the token or app is let in',
    {
      kind: 'missing',
      outcome: 'denied',
      status,
    },
  );
}

function notOffered(endpoint: Endpoint, status: number): NotOffered {
  return new NotOffered(`this GitHub does not offer ${callOf(endpoint)} (HTTP ${status}): its version or plan has none`, {
    kind: 'missing',
    status,
  });
}

/** The server's own words for the right go before ours: they are of its version. */
function rightsOf({ headers }: Refused, endpoint: Endpoint): string {
  const permissions = headers['x-accepted-github-permissions'];
  const scopes = headers['x-accepted-oauth-scopes'];
  // Only an answer to a classic token tells which scopes it has.
  if (headers['x-oauth-scopes'] !== undefined) {
    const wanted = typeof scopes === 'string' && scopes !== '' ? scopes : endpoint.scope;
    return `the scope ${clip(printable(wanted), 120)} (or ${endpoint.right})`;
  }
  const named = typeof permissions === 'string' && permissions !== '' ? ` (${clip(printable(permissions), 120)})` : '';
  return `the ${endpoint.right}${named}`;
}

function saidBy(message: string): string {
  return message === '' ? '' : ` ("${message}")`;
}

export function isThrottling({ headers, message, status }: Pick<Refused, 'headers' | 'message' | 'status'>): boolean {
  // A refusal may well be the last call of the hour: that none remain says nothing by itself.
  return status === 429 || /rate limit/i.test(message) || headers['retry-after'] !== undefined;
}

export function readError(error: unknown): Refused | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error) || typeof error.status !== 'number') return undefined;
  if (!('response' in error) || typeof error.response !== 'object' || error.response === null) return undefined;
  const response = error.response as { readonly headers?: unknown; readonly data?: unknown };
  const data = typeof response.data === 'object' && response.data !== null ? (response.data as { [name: string]: unknown }) : {};
  return {
    status: error.status,
    headers: (response.headers ?? {}) as Refused['headers'],
    message: typeof data.message === 'string' ? clip(printable(data.message), 160) : '',
    documentation: typeof data.documentation_url === 'string' ? data.documentation_url : '',
  };
}

/** Octokit gives a failed connection the status 500; what happened lies below. */
function unwrapped(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

function callOf({ path }: Endpoint): string {
  return `GET ${path}`;
}
