import type { Next } from './http.ts';

/** `Link: <…>; rel="next"` of GitHub and Okta (RFC 8288). */
export function nextLink(_answer: unknown, headers: Headers): Next {
  for (const [, url, parameters = ''] of (headers.get('link') ?? '').matchAll(/<([^<>]*)>([^<]*)/g)) {
    if (/;\s*rel\s*=\s*"?(?:[^";,]*\s)?next(?:\s[^";,]*)?"?\s*(?:[;,]|$)/i.test(parameters)) return url;
  }
  return undefined;
}

/** A field of the answer that goes into a parameter of the next call: `nextPageToken` to `pageToken` with Google. */
export function nextToken(field = 'nextPageToken', parameter = 'pageToken'): (answer: unknown) => Next {
  return (answer) => {
    const token = fieldOf(answer, field);
    return token === undefined ? undefined : { query: { [parameter]: token } };
  };
}

/** A field of the answer that is the address of the next page: `@odata.nextLink` with Microsoft Graph, `nextLink` with Azure. */
export function nextAddress(field = '@odata.nextLink'): (answer: unknown) => Next {
  return (answer) => fieldOf(answer, field);
}

function fieldOf(answer: unknown, field: string): string | undefined {
  if (typeof answer !== 'object' || answer === null || !Object.hasOwn(answer, field)) return undefined;
  const value = (answer as { readonly [name: string]: unknown })[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
