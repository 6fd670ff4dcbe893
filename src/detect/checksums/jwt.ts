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
  const subject = typeof payload.sub === 'string' ? payload.sub : '';
  const account = /^system:serviceaccount:(?<namespace>[a-z0-9-]+):(?<name>[a-z0-9.-]+)$/.exec(subject)?.groups;
  if (account !== undefined) {
    const groups = { provider: 'k8s', scope: '', local: `${account.namespace}/${account.name}` };
    return { valid: true, confidence: 'high', groups };
  }
  const email = [payload.email, payload.sub].find((claim) => typeof claim === 'string' && claim.endsWith('.gserviceaccount.com'));
  if (typeof email === 'string') {
    const project = /@(?<project>[a-z0-9-]+)\.iam\.gserviceaccount\.com$/.exec(email)?.groups?.project ?? '';
    return { valid: true, groups: { provider: 'gcp', scope: project, local: `serviceAccount/${email}` } };
  }
  // The anonymous key of a Supabase project is made to be published.
  if (payload.role === 'anon') return { valid: true, confidence: 'low' };
  return VALID;
}
