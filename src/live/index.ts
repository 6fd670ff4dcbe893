/**
 * What live scanners share: a client for services that speak JSON over HTTP, failures as coverage rows, and work in parallel.
 * A vendor's SDK brings a client of its own; `openSession` is for those scanners too (`explain` reads the SDK's errors).
 *
 * ```ts
 * const session = openSession({ context, target, surface: 'okta', service: 'Okta' });
 * const http = openHttp({ context, service: 'Okta', baseUrl, headers: { authorization: `SSWS ${token.reveal()}` } });
 * const users: unknown[] = [];
 * const got = await session.attempt('okta.users.read', async () => {
 *   const options = { query: { limit: 200 }, right: 'okta.users.read', tells: 'who the users are' };
 *   for await (const page of http.pages('GET', '/api/v1/users', options, nextLink)) users.push(...asList(page));
 * });
 * yield* readUsers(users); // the parser of the export, on what was read before a failure too
 * yield session.coverage({ what: 'users', covers: ['identity'], read: users.length, ...(got.ok ? {} : { failure: got.failure }) });
 * ```
 *
 * - Throttling (429, 503, GitHub's 403), server errors and cut-off answers are waited out and tried again, as long as
 *   `maxWaitMs` lasts. `Retry-After` and the reset headers are kept to, by all calls of the client.
 * - Credentials go to the host of `baseUrl` only: no redirect and no next page leads elsewhere. No plain http but to this machine.
 * - A token that ends in mid-run: give `authorize`; it is asked for a new one after a 401, once a call.
 * - 401 and an unreachable host are `fatal`: the client and the session ask nothing more. 403 is `denied`, for that call alone.
 * - Ctrl-C ends waiting and reading at once, as the abort's own error.
 * - What lists many: `takePages` keeps what was read for the next run, stripped to the fields that rows need, never a secret;
 *   `readEach` makes one call for each of many.
 */
export { bodyOf } from './body.ts';
export { type EachResult, type EachSettings, readEach, restingOn } from './each.ts';
export { type Failure, failureOf, LiveFailure, outcomeOf } from './failure.ts';
export {
  type ErrorAnswer,
  type Http,
  type HttpSettings,
  type Judged,
  type Next,
  openHttp,
} from './http.ts';
export { addPlain, plainOf, takePages } from './kept.ts';
export { nextAddress, nextLink, nextToken } from './next.ts';
export { inParallel } from './parallel.ts';
export { openSession, type Part, probeCalls, type Session } from './session.ts';
export { pause } from './wait.ts';
