import { type CheckInput, decodeJson, INVALID, VALID, type Verdict } from './types.ts';

export interface JwtParts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Header and claims of a JWT, unverified; `undefined` when it is none. */
export function decodeJwt(token: string): JwtParts | undefined {
  const [head, claims] = token.split('.');
  const header = decodeJson(head ?? '');
  const payload = decodeJson(claims ?? '');
  if (header === undefined || payload === undefined) return undefined;
  return typeof header.alg === 'string' ? { header, payload } : undefined;
}

export function judgeJwt({ secret }: CheckInput): Verdict {
  const jwt = decodeJwt(secret);
  if (jwt === undefined) return INVALID;
  const { header, payload } = jwt;
  // An unsigned token opens nothing; `1234567890` is the subject of every tutorial's token.
  if (String(header.alg).toLowerCase() === 'none' || payload.sub === '1234567890') return INVALID;
  // The anonymous key of a Supabase project is made to be published.
  if (payload.role === 'anon') return { valid: true, confidence: 'low' };
  const named = namedBy(payload);
  if (named === undefined) return VALID;
  return { valid: true, ...(named.provider === 'k8s' ? { confidence: 'high' } : {}), groups: { ...named } };
}

interface Named {
  readonly provider: string;
  readonly scope: string;
  readonly local: string;
}

type Claims = Readonly<Record<string, unknown>>;

/** Whom the claims name, in the canonical id that the inventory of that provider would give. */
function namedBy(claims: Claims): Named | undefined {
  const [issuer, subject] = [text(claims, 'iss'), text(claims, 'sub')];
  return (
    kubernetesAccount(subject) ??
    googleAccount(claims) ??
    spiffeWorkload(subject) ??
    actionsWorkflow(issuer, subject) ??
    entraApp(issuer, claims) ??
    oktaApp(issuer, claims) ??
    supabaseRole(issuer, claims) ??
    anySubject(issuer, subject)
  );
}

function kubernetesAccount(subject: string): Named | undefined {
  const account = /^system:serviceaccount:(?<namespace>[a-z0-9-]+):(?<name>[a-z0-9.-]+)$/.exec(subject)?.groups;
  return account === undefined ? undefined : { provider: 'k8s', scope: '', local: `${account.namespace}/${account.name}` };
}

function googleAccount(claims: Claims): Named | undefined {
  const email = [text(claims, 'email'), text(claims, 'sub')].find((claim) => claim.endsWith('.gserviceaccount.com'));
  if (email === undefined) return undefined;
  const project = /@(?<project>[a-z0-9-]+)\.iam\.gserviceaccount\.com$/.exec(email)?.groups?.project ?? '';
  return { provider: 'gcp', scope: project, local: `serviceAccount/${email}` };
}

/** https://github.com/spiffe/spiffe/blob/main/standards/JWT-SVID.md */
function spiffeWorkload(subject: string): Named | undefined {
  const id = /^spiffe:\/\/(?<domain>[a-z0-9._-]{1,255})\/(?<path>[\w./-]{1,1800})$/.exec(subject)?.groups;
  return id === undefined ? undefined : { provider: 'spiffe', scope: id.domain ?? '', local: id.path ?? '' };
}

/** https://docs.github.com/en/actions/reference/security/oidc */
function actionsWorkflow(issuer: string, subject: string): Named | undefined {
  if (!/^https:\/\/token\.actions\.githubusercontent\.com(?:\/|$)/.test(issuer)) return undefined;
  const repository = /^repo:(?<name>[\w.-]{1,100}\/[\w.-]{1,100}):/.exec(subject)?.groups?.name;
  return repository === undefined ? undefined : { provider: 'github', scope: repository, local: `oidc/${subject}` };
}

/** https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference */
function entraApp(issuer: string, claims: Claims): Named | undefined {
  const tenant =
    /^https:\/\/(?:sts\.windows\.net|login\.microsoftonline\.com|login\.microsoftonline\.us)\/(?<id>[0-9a-f-]{36})(?:\/|$)/.exec(
      issuer,
    )?.groups?.id;
  const app = text(claims, 'appid') || text(claims, 'azp');
  return tenant === undefined || app === '' ? undefined : { provider: 'entra', scope: tenant, local: `app/${app.toLowerCase()}` };
}

/** https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/#access-token */
function oktaApp(issuer: string, claims: Claims): Named | undefined {
  const org = /^https:\/\/(?<host>[a-z0-9-]{1,80}\.okta(?:preview|-emea)?\.com)(?:\/|$)/.exec(issuer)?.groups?.host;
  const app = text(claims, 'cid');
  return org === undefined || app === '' ? undefined : { provider: 'okta', scope: org, local: `app/${app}` };
}

/** https://supabase.com/docs/guides/api/api-keys: the keys of before 2025 are JWTs that name project and role. */
function supabaseRole(issuer: string, claims: Claims): Named | undefined {
  const [project, role] = [text(claims, 'ref'), text(claims, 'role')];
  if (issuer !== 'supabase' || !/^[a-z]{20}$/.test(project) || !/^\w{1,40}$/.test(role)) return undefined;
  return { provider: 'supabase', scope: project, local: `role/${role}` };
}

function anySubject(issuer: string, subject: string): Named | undefined {
  const host = /^(?:https?:\/\/)?(?<host>[a-z0-9][a-z0-9.-]{2,200}\.[a-z]{2,20})(?::\d{2,5})?(?:\/|$)/i.exec(issuer)?.groups
    ?.host;
  if (host === undefined || !/^[\x21-\x7e]{1,200}$/.test(subject)) return undefined;
  return { provider: 'oidc', scope: host.toLowerCase(), local: `subject/${subject}` };
}

function text(claims: Claims, name: string): string {
  const value = claims[name];
  return typeof value === 'string' ? value : '';
}
