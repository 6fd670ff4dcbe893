import type { Json, ScanContext } from '../../src/contracts/index.ts';
import { type Failure, LiveFailure, nextLink, type Session } from '../../src/live/index.ts';
import { fillIn } from './address.ts';
import type { Answer, GithubApi } from './api.ts';
import type { Endpoint } from './endpoints.ts';
import { explain, NotOffered } from './failure.ts';
import { parseEntries, type Records } from './readers.ts';
import { isRecord, listIn } from './shape.ts';

/** What the calls of a target share. */
export interface Collector {
  readonly api: GithubApi;
  readonly session: Session;
  readonly context: ScanContext;
  /** In place of what the table of calls says, where it sets an end. */
  readonly mostPages?: number;
  /** The name of the organisation's plan, where it is told. */
  plan?: string;
}

export interface Names {
  readonly org: string;
  readonly repository?: string;
  readonly environment?: string;
  /** Of a call about an entry: its name. */
  readonly entry?: string;
}

/** Records of one call with all its pages; with a failure, those of the pages before it. */
export interface Collected extends Records {
  readonly failure?: Failure;
}

/** `exists`: what the call is about is known to be there, so that a 404 means something else. */
export async function collect(all: Collector, endpoint: Endpoint, names: Names, exists = true): Promise<Collected> {
  const path = fillIn(endpoint, names);
  const gathered: Records = { records: [], problems: [] };
  const attempt = await all.session.attempt(endpoint.right, () =>
    keep(all.context, `${endpoint.id} ${path}`, async () => {
      try {
        await gather(all, endpoint, path, gathered);
      } catch (error) {
        all.context.signal.throwIfAborted();
        throw withPlan(explain(error, endpoint, exists), endpoint, all.plan);
      }
      return gathered;
    }),
  );
  return attempt.ok ? attempt.value : { ...gathered, failure: attempt.failure };
}

async function gather({ api, context, mostPages }: Collector, endpoint: Endpoint, path: string, into: Records): Promise<void> {
  const { fingerprint } = context;
  const most = endpoint.mostPages === undefined ? undefined : (mostPages ?? endpoint.mostPages);
  if (endpoint.single === true) {
    const answer = await api.get(path);
    parseEntries(endpoint.id, { entries: [answer.data], where: endpoint.title }, into, fingerprint);
    return;
  }
  let total = 0;
  let seen = 0;
  let pages = 0;
  for await (const answer of api.pages(path, endpoint.query)) {
    const page = entriesOf(answer, endpoint);
    const where = endpoint.list ?? endpoint.title;
    parseEntries(endpoint.id, { entries: page.entries, where, from: seen }, into, fingerprint);
    seen += page.entries.length;
    total = Math.max(total, page.total);
    for (const missing of [unauthorised(answer), concealed(answer, endpoint)])
      if (missing !== undefined && !into.problems.includes(missing)) into.problems.push(missing);
    pages++;
    if (pages === most && nextLink(answer.data, new Headers({ link: String(answer.headers.link ?? '') })) !== undefined) {
      into.problems.push(`the newest ${seen} were read, and more follow: export the whole as a file`);
      return;
    }
  }
  if (total > seen) into.problems.push(`GitHub speaks of ${total} and gave ${seen}: scan again`);
}

function entriesOf({ data }: Answer, { list }: Endpoint): { readonly entries: readonly unknown[]; readonly total: number } {
  if (Array.isArray(data)) return { entries: data, total: 0 };
  const found = list !== undefined && isRecord(data) ? listIn(data) : undefined;
  if (found === undefined || !isRecord(data)) throw new LiveFailure('the answer is no list: scan again', { kind: 'unreadable' });
  const total = Number(data.total_count);
  return { entries: found.entries, total: Number.isSafeInteger(total) ? total : 0 };
}

/** https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api: organisations are left out without a word in the body. */
function unauthorised({ headers }: Answer): string | undefined {
  return String(headers['x-github-sso'] ?? '').startsWith('partial-results')
    ? 'GitHub left out what the token is not authorised for by single sign-on: authorise it ("Configure SSO")'
    : undefined;
}

/**
 * Who may not see all members is sent on to the public ones, or gets them without a word.
 * https://docs.github.com/en/rest/orgs/members#list-organization-members
 */
function concealed({ headers, url }: Answer, { id, right, scope }: Endpoint): string | undefined {
  if (id !== 'members') return undefined;
  const scopes = headers['x-oauth-scopes'];
  const mayNotSee = scopes !== undefined && !/(?:^|[\s,])(?:read|write|admin):org(?:$|[\s,])/.test(String(scopes));
  if (!mayNotSee && !/\/public_members$/.test(new URL(url).pathname)) return undefined;
  return `only public members are shown to these credentials: let them read all (${scopes === undefined ? right : scope})`;
}

function withPlan(failure: LiveFailure, endpoint: Endpoint, plan: string | undefined): LiveFailure {
  const isHidden = failure.status === 404 || failure.status === 403;
  if (endpoint.enterprise !== true || !isHidden || plan === undefined || plan === 'enterprise') return failure;
  return new NotOffered(`the plan of the organisation (${plan}) has no ${endpoint.title}: it takes Enterprise Cloud`, {
    kind: 'missing',
    status: failure.status,
  });
}

/** A run that was cut off goes on after what it has read in whole. */
async function keep(context: ScanContext, step: string, make: () => Promise<Records>): Promise<Records> {
  if (context.once === undefined) return await make();
  // Undefined fields go out on the way through JSON, as they would be left out anyway.
  const kept = await context.once(step, async () => JSON.parse(JSON.stringify(await make())) as Json);
  return kept as unknown as Records;
}
