import { nearestId } from './near.ts';
import { type CheckInput, decodeBase64, INVALID, VALID, type Verdict, when } from './types.ts';

interface Beside {
  /** With group `id` and flag `g`. */
  readonly pattern: RegExp;
  readonly reach: number;
  /** What the id is called in the identity. */
  readonly group: string;
  /** Is there one secret to one id? Then the id names the credential. */
  readonly isPublicId: boolean;
}

/** Vendors whose secret has an id that stands beside it, and is no secret. */
const BESIDE: { readonly [vendor: string]: Beside } = {
  langfuse: {
    pattern: /(?<![\w-])(?<id>pk-lf-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(?![\w-])/g,
    reach: 400,
    group: 'client',
    isPublicId: true,
  },
  amazon: {
    pattern: /(?<![\w.-])(?<id>amzn1\.application-oa2-client\.[0-9a-f]{32})(?![0-9a-f])/g,
    reach: 600,
    group: 'client',
    isPublicId: true,
  },
  twilio: { pattern: /(?<![A-Za-z0-9])(?<id>AC[0-9a-f]{32})(?![A-Za-z0-9])/g, reach: 300, group: 'account', isPublicId: true },
  okta: { pattern: /(?<![A-Za-z0-9])(?<id>0oa[A-Za-z0-9]{17})(?![A-Za-z0-9])/g, reach: 400, group: 'client', isPublicId: true },
  auth0: {
    pattern: /client[_-]?id\\*["'\])]{0,3}\s{0,4}[:=,]\s{0,4}\\*["']?(?<id>[A-Za-z0-9]{32})(?![\w-])/gi,
    reach: 400,
    group: 'client',
    isPublicId: true,
  },
  mailjet: {
    pattern: /(?:public|api_?key)[\w.-]{0,12}\\*["'\])]{0,3}\s{0,4}[:=,]\s{0,4}\\*["']?(?<id>[0-9a-f]{32})(?![\w-])/gi,
    reach: 300,
    group: 'client',
    isPublicId: true,
  },
  twitter: {
    pattern: /(?:consumer|api|app)[_-]?key\\*["'\])]{0,3}\s{0,4}[:=,]\s{0,4}\\*["']?(?<id>[A-Za-z0-9]{25})(?![\w-])/gi,
    reach: 300,
    group: 'client',
    isPublicId: true,
  },
  algolia: {
    pattern: /(?<![A-Za-z0-9])(?<id>(?=[A-Z0-9]{0,9}[A-Z])(?=[A-Z0-9]{0,9}[0-9])[A-Z0-9]{10})(?![A-Za-z0-9])/g,
    reach: 200,
    group: 'client',
    isPublicId: false,
  },
};

/** Takes the id that stands beside the secret. A secret of hex or letters alone is refused: it is something else. */
export function judgeBeside(vendor: string, input: CheckInput): Verdict {
  const beside = BESIDE[vendor];
  if (!/[A-Za-z]/.test(input.secret) || !/\d/.test(input.secret)) return INVALID;
  const id = beside === undefined ? undefined : nearestId(input, beside.pattern, beside.reach);
  if (beside === undefined || id === undefined || id === input.secret) return VALID;
  return { valid: true, ...(beside.isPublicId ? { publicId: id } : {}), groups: { [beside.group]: id } };
}

/** Keys of today carry the account: `51` and what follows `acct_1`. */
export function judgeStripe({ secret }: CheckInput): Verdict {
  const account = /^[a-z]{2}_(?:live|test)_51(?<id>[A-Za-z0-9]{15})[A-Za-z0-9]{70,}$/.exec(secret)?.groups?.id;
  return account === undefined ? VALID : { valid: true, groups: { account: `acct_1${account}` } };
}

/** `application_secret` says little where nothing near it says whose. */
export function judgeOvh({ around }: CheckInput): Verdict {
  return when(/ovh/i.test(around(500, 500)));
}

/** A tunnel's token is base64 of its account (`a`), its id (`t`) and its secret (`s`). */
export function judgeCloudflareTunnel({ secret }: CheckInput): Verdict {
  const text = decodeBase64(secret);
  const account = /"a":"(?<id>[0-9a-f]{32})"/.exec(text)?.groups?.id;
  const tunnel = /"t":"(?<id>[0-9a-f-]{36})"/.exec(text)?.groups?.id;
  if (account === undefined || tunnel === undefined || !text.includes('"s":"')) return INVALID;
  return { valid: true, publicId: tunnel, groups: { account, tunnel } };
}
