import type { ServiceTarget } from '../../src/contracts/index.ts';
import { TargetError } from '../../src/util/errors.ts';

type Raw = { readonly [key: string]: unknown };

/** Hosts of Okta's own domains. An organisation may have a domain of its own beside it; links name the one that was asked. */
const OKTA_HOST =
  /(?:^|[^a-z0-9.-])(?<host>[a-z0-9][a-z0-9-]{0,80}\.(?:okta|oktapreview|okta-emea|okta-gov|trexcloud)\.com|[a-z0-9][a-z0-9-]{0,80}\.okta\.mil)(?![a-z0-9])/i;
const API_LINK =
  /^https:\/\/(?<host>[a-z0-9][a-z0-9.-]{2,200})(?::\d+)?\/(?:api\/v1|oauth2\/v1|integrations\/api|privileged-access|workload-principals)\//i;

/** The console of `acme.okta.com` is `acme-admin.okta.com`: one organisation. */
export function organisationHost(host: string): string {
  return host.toLowerCase().replace(/-admin(?=\.(?:okta|oktapreview|okta-emea|okta-gov)\.)/, '');
}

/** From the links of an answer, or the issuer of a grant. */
export function hostOf(raw: Raw): string | undefined {
  for (const link of linksOf(raw)) {
    const host = API_LINK.exec(link)?.groups?.host;
    if (host !== undefined) return organisationHost(host);
  }
  const issuer = typeof raw.issuer === 'string' ? /^https:\/\/([a-z0-9][a-z0-9.-]{2,200})/i.exec(raw.issuer)?.[1] : undefined;
  return issuer === undefined ? undefined : organisationHost(issuer);
}

/** `exports/acme.okta.com/tokens.json`, `acme.okta.com-apps.json`. */
export function hostInPath(path: string): string | undefined {
  const host = OKTA_HOST.exec(path)?.groups?.host;
  return host === undefined ? undefined : organisationHost(host);
}

/** Whose secrets, grants or roles these are: the answer says it in its links alone. */
export function subjectOf(raw: Raw, path: string): { readonly kind: SubjectKind; readonly id: string } | undefined {
  for (const link of linksOf(raw)) {
    for (const [kind, pattern] of SUBJECTS) {
      const id = pattern.exec(link)?.[1];
      if (id !== undefined) return { kind, id: decoded(id) };
    }
  }
  const name = path.split('/').slice(-3).join('/');
  const id = /(?:^|[^A-Za-z0-9])(?<id>(?:0oa|00u|wlp)[A-Za-z0-9]{17})(?![A-Za-z0-9])/.exec(name)?.groups?.id;
  if (id === undefined) return undefined;
  if (id.startsWith('00u')) return { kind: 'user', id };
  if (id.startsWith('wlp')) return { kind: 'agent', id };
  return { kind: /api-?service|integration/i.test(name) ? 'api-service' : 'client', id };
}

/** Of which role of one's own the permissions are: `/api/v1/iam/roles/cr0…/permissions/…`, or the name of the file. */
export function customRoleOf(raw: Raw, path: string): string | undefined {
  const [first] = Array.isArray(raw.permissions) ? raw.permissions : [];
  const all = [...linksOf(raw), ...(typeof first === 'object' && first !== null ? linksOf(first as Raw) : [])];
  for (const link of all) {
    const id = /\/iam\/roles\/(?<id>[^/?#]+)/.exec(link)?.groups?.id;
    if (id !== undefined) return decoded(id);
  }
  return /(?:^|[^A-Za-z0-9])(?<id>cr0[A-Za-z0-9]{17})(?![A-Za-z0-9])/.exec(path)?.groups?.id;
}

export type SubjectKind = 'app' | 'client' | 'user' | 'group' | 'api-service' | 'agent';

const SUBJECTS: readonly (readonly [SubjectKind, RegExp])[] = [
  ['app', /\/api\/v1\/apps\/([^/?#]+)/],
  ['client', /\/oauth2\/v1\/clients\/([^/?#]+)/],
  ['user', /\/api\/v1\/users\/([^/?#]+)/],
  ['group', /\/api\/v1\/groups\/([^/?#]+)/],
  ['api-service', /\/integrations\/api\/v1\/api-services\/([^/?#]+)/],
  ['agent', /\/workload-principals\/api\/v1\/ai-agents\/([^/?#]+)/],
];

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Addresses under `_links` (`_link` in a few answers), those of the assignee and of the thing itself first. */
function* linksOf(raw: Raw): Generator<string> {
  const links = raw._links ?? raw._link;
  if (typeof links !== 'object' || links === null) return;
  const named = Object.entries(links).sort(([a], [b]) => rank(a) - rank(b));
  for (const [, link] of named) {
    for (const one of Array.isArray(link) ? link : [link]) {
      if (typeof one !== 'object' || one === null) continue;
      for (const [key, value] of Object.entries(one)) {
        // One example of Okta's own has a quote too many in the name.
        if (key.startsWith('href') && typeof value === 'string') yield value;
      }
    }
  }
}

function rank(name: string): number {
  const order = ['assignee', 'self', 'app', 'deactivate', 'activate', 'delete', 'client', 'user'].indexOf(name);
  return order < 0 ? 99 : order;
}

export function hostOfTarget(target: ServiceTarget): string {
  const text = target.address.replace(/^https:\/\//, '').replace(/\/+$/, '');
  if (/^[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+$/i.test(text)) return organisationHost(text);
  throw new TargetError(`"${target.name}" does not name an Okta organisation`, {
    code: 'TARGET_ADDRESS',
    hint: 'Write okta:acme.okta.com, the host that people sign in at.',
  });
}
