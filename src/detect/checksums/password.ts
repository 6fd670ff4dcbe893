import { entropyOf } from '../entropy.ts';
import { type CheckInput, decodeBase64, INVALID, VALID, type Verdict } from './types.ts';

/** `undefined` when it is no `user:password` in base64. */
export function judgeBasic({ secret, isPlaceholder }: CheckInput): Verdict | undefined {
  const pair = /^(?<user>[\x21-\x39\x3b-\x7e]{1,100}):(?<password>[\x20-\x7e]{3,})$/.exec(decodeBase64(secret))?.groups;
  if (pair === undefined) return undefined;
  const { user = '', password = '' } = pair;
  if (isPlaceholder(password)) return INVALID;
  return { valid: true, groups: { user }, ...(isWeak(password, user) ? { confidence: 'low' } : {}) };
}

/** Without a digit beside them these make no password that someone meant. */
const COMMON_WORDS =
  /pass|pwd|secret|change|admin|root|user|test|guest|demo|default|token|example|sample|dummy|fake|local|dev|postgres|mysql|mongo|redis|rabbit|elastic|qwerty|letmein|welcome|hello|foobar|your|^([a-z])\1+$/;

/** Likely made up for a test or a laptop. */
function isWeak(password: string, user: string): boolean {
  const folded = password.toLowerCase();
  if (folded === user.toLowerCase() || password.length < 8) return true;
  return !/\d/.test(password) && COMMON_WORDS.test(folded);
}

const LOCAL_HOST = /^(?:localhost|127\.|0\.0\.0\.0|\[?::1|host\.docker\.internal)/i;
const EXAMPLE_HOST =
  /(?:^|\.)(?:example|invalid|test|local)(?:\.(?:com|org|net|io))?$|^(?:your|my|some)?[-_]?(?:host|hostname|server|ip|domain)(?:name)?$/i;

/** People do call the hosts of their own networks `db.corp.test`, and the passwords there are made like any other. */
function looksReal(host: string, secret: string, user: string): boolean {
  if (!/\.[a-z0-9-]+\.(?:test|local|invalid)$/i.test(host) || !/\d/.test(secret)) return false;
  return secret.length >= 10 && entropyOf(secret) >= 3.2 && !isWeak(secret, user);
}

export function judgeConnectionString({ secret, groups }: CheckInput): Verdict {
  const host = (groups.host ?? '').replace(/:\d+$/, '');
  if (EXAMPLE_HOST.test(host)) return looksReal(host, secret, groups.user ?? '') ? { valid: true, confidence: 'low' } : INVALID;
  if (/[<>{}$%]/.test(host) || /[<>{}$]/.test(groups.user ?? '')) return INVALID;
  const weak = isWeak(secret, groups.user ?? '');
  if (LOCAL_HOST.test(host)) return weak ? INVALID : { valid: true, confidence: 'low' };
  return weak ? { valid: true, confidence: 'low' } : VALID;
}

/**
 * Where no database is named, libpq takes the one that is called like the role.
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-DBNAME
 */
export function judgePostgresUrl(input: CheckInput): Verdict {
  const verdict = judgeConnectionString(input);
  const { database = '', user = '' } = input.groups;
  return verdict.valid ? { ...verdict, groups: { database: database === '' ? user : database } } : verdict;
}

/** Variables, templates, substitutions, options, paths: what stands in the place of a password. */
const REFERENCE = /^[-$%<{(`!./~]|\$[({A-Za-z_]|`|\{\{|%\w+%|^\w+\(|^\[/;

/** What says of itself that it is none. */
const NO_LOGIN = /redacted|removed|placeholder|your|insert|replace|change[-_]?(?:me|it)|dummy|fake/i;

/** In a file of logins a value is a password, however poor. */
export function judgeLogin({ secret, groups }: CheckInput): Verdict {
  const { user = '', host = '' } = groups;
  if (
    /^(?:\$[({A-Za-z_]|%[({\w]+%?$|<[^>]*>$|\{\{|`)|\$\{|\{\{|^[*x.]+$|^(?:null|none|nil|true|false|undefined)$|^(?:var|vars|env|self|this|settings|config|local|module|data|process|secrets)\.[a-z_]/i.test(
      secret,
    )
  )
    return INVALID;
  if (NO_LOGIN.test(secret)) return INVALID;
  if (EXAMPLE_HOST.test(host)) return looksReal(host, secret, user) ? { valid: true, confidence: 'low' } : INVALID;
  return isWeak(secret, user) || COMMON_WORDS.test(secret.toLowerCase()) ? { valid: true, confidence: 'low' } : VALID;
}

export function judgeGiven({ secret, groups, isPlaceholder }: CheckInput): Verdict {
  const { user = '', host = '' } = groups;
  if (REFERENCE.test(secret)) return INVALID;
  if ((EXAMPLE_HOST.test(host) && !looksReal(host, secret, user)) || (user !== '' && isPlaceholder(user) && isWeak(secret, user)))
    return INVALID;
  if (!/\d/.test(secret) && COMMON_WORDS.test(secret.toLowerCase())) return INVALID;
  return isWeak(secret, user) || EXAMPLE_HOST.test(host) ? { valid: true, confidence: 'low' } : VALID;
}

/** A password as it is, or in base64: `data` and `stringData` of a Kubernetes Secret. */
export function judgeEncoded(input: CheckInput): Verdict {
  const text =
    /^[A-Za-z0-9+/]{8,}={0,2}$/.test(input.secret) && input.secret.length % 4 === 0 ? decodeBase64(input.secret).trim() : '';
  if (!/^[\x20-\x7e]{4,}$/.test(text)) return judgeGiven(input);
  if (input.isPlaceholder(text)) return INVALID;
  return { ...judgeGiven({ ...input, secret: text }), secret: text };
}
