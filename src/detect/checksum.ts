import { crc32 } from 'node:zlib';
import { pemBody } from '../util/fingerprint.ts';
import { entropyOf } from './entropy.ts';

export interface CheckInput {
  readonly secret: string;
  /** Named groups of the pattern that took part in the match. */
  readonly groups: Readonly<Record<string, string>>;
  /** Was the other half found near by? Only for detectors with `paired`. */
  readonly isPaired: boolean;
  /** Is this the kind of value that only stands where a secret would? */
  isPlaceholder(value: string): boolean;
  /** The text around the whole match. */
  around(before: number, after: number): string;
}

export interface Verdict {
  readonly valid: boolean;
  readonly confidence?: 'high' | 'medium' | 'low';
  readonly publicId?: string;
  /** More groups for the identity template. */
  readonly groups?: Readonly<Record<string, string>>;
}

export interface OfflineCheck {
  judge(input: CheckInput): Verdict;
  /** Groups it may add. */
  readonly gives?: readonly string[];
}

const INVALID: Verdict = { valid: false };
const VALID: Verdict = { valid: true };

/**
 * Offline checks a detector may name in `checksum`: exact filters that need no network. An unknown form of a token is
 * kept; only a form whose check is known and fails is dropped.
 */
export const CHECKSUMS: { readonly [name: string]: OfflineCheck | undefined } = {
  /** https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/ */
  'github-crc32': { judge: ({ secret }) => when(endsWithCrc32(secret.slice(4))) },
  /** https://github.blog/2021-09-23-announcing-npms-new-access-token-format/ */
  'npm-crc32': { judge: ({ secret }) => when(endsWithCrc32(secret.slice(4))) },
  'grafana-crc32': { judge: ({ secret }) => when(isGrafanaToken(secret)) },
  jwt: { judge: judgeJwt, gives: ['provider', 'scope', 'local'] },
  'github-app-jwt': {
    judge: ({ secret }) => when(decodeJson(secret.split('_').slice(2).join('_').split('.')[0] ?? '') !== undefined),
  },
  pem: { judge: (input) => (isLocked(input.secret) ? INVALID : judgePem(input)) },
  /** Of no use without its passphrase. */
  'pem-encrypted': { judge: (input) => (isLocked(input.secret) ? judgePem(input) : INVALID) },
  'gcp-json': { judge: judgeServiceAccountFile, gives: ['email', 'project'] },
  'bedrock-key': { judge: judgeBedrockKey },
  'bedrock-short': { judge: ({ secret }) => when(decodeBase64(secret.replace(/^bedrock-api-key-/, '')).includes('bedrock')) },
  'discord-token': { judge: ({ secret }) => when(/^\d{16,20}$/.test(decodeBase64(secret.split('.')[0] ?? ''))) },
  'dotted-json': { judge: ({ secret }) => when(decodeJson(secret.slice(secret.indexOf('_') + 1)) !== undefined) },
  'jira-dc-pat': { judge: ({ secret }) => when(/^\d{4,20}:/.test(decodeBase64(secret))) },
  'connection-string': { judge: judgeConnectionString },
  'postgres-url': { judge: judgePostgresUrl, gives: ['database'] },
  'basic-auth': { judge: judgeConnectionString },
  /** What a command line or a file of logins gives as a password. */
  'given-password': { judge: judgeGiven },
  /** Letters and digits both: what a random token of some length always has. */
  mixed: { judge: ({ secret }) => when(/[A-Za-z]/.test(secret) && /\d/.test(secret)) },
  /** Upper case, lower case and digits. */
  'mixed-case': { judge: ({ secret }) => when(/[A-Z]/.test(secret) && /[a-z]/.test(secret) && /\d/.test(secret)) },
  /** Upper and lower case letters both. */
  'mixed-letters': { judge: ({ secret }) => when(/[A-Z]/.test(secret.slice(8)) && /[a-z]/.test(secret.slice(8))) },
  /** A public id that says nothing without its other half. */
  'needs-pair': { judge: ({ isPaired }) => when(isPaired) },
  /** `user:password` in base64. */
  basic64: { judge: (input) => judgeBasic(input) ?? INVALID },
  /** Behind `Authorization:`: `user:password` in base64, or a token with letters and digits. */
  authorization: { judge: (input) => judgeBasic(input) ?? when(/[A-Za-z]/.test(input.secret) && /\d/.test(input.secret)) },
  /** Any printable text in base64. */
  text64: { judge: ({ secret }) => when(/^[\x20-\x7e]{6,}$/.test(decodeBase64(secret))) },
  'azure-sp': { judge: judgeClientSecret, gives: ['tenant', 'client'] },
  guess: { judge: judgeGuess },
};

function when(valid: boolean): Verdict {
  return valid ? VALID : INVALID;
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** CRC-32 in base62, padded to six characters: the tail of GitHub's and npm's tokens. */
export function crc32Base62(body: string): string {
  let rest = crc32(body);
  let out = '';
  while (rest > 0) {
    out = BASE62.charAt(rest % 62) + out;
    rest = Math.floor(rest / 62);
  }
  return out.padStart(6, '0');
}

function endsWithCrc32(body: string): boolean {
  return body.slice(-6) === crc32Base62(body.slice(0, -6));
}

/** CRC-32 of `glsa_…` as little-endian hex. */
export function grafanaChecksum(head: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(crc32(head));
  return bytes.toString('hex');
}

function isGrafanaToken(token: string): boolean {
  const cut = token.lastIndexOf('_');
  return token.slice(cut + 1).toLowerCase() === grafanaChecksum(token.slice(0, cut));
}

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

function judgeJwt({ secret }: CheckInput): Verdict {
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

/** A private key must decode to DER, to OpenSSH's own form, or to an OpenPGP packet. */
function judgePem({ secret }: CheckInput): Verdict {
  const body = pemBody(secret) ?? '';
  if (body.length < 60 || /^(.)\1{20}/.test(body)) return INVALID;
  const bytes = Buffer.from(body, 'base64');
  const isOpenSsh = bytes.subarray(0, 14).toString('latin1') === 'openssh-key-v1';
  const isPgp = /PGP PRIVATE KEY/.test(secret) && (bytes[0] ?? 0) >= 0x80;
  // RFC 1421 encryption (`Proc-Type: 4,ENCRYPTED`) leaves no DER to see.
  const isEncrypted = /ENCRYPTED/.test(secret.slice(0, 200));
  if (!isOpenSsh && !isPgp && bytes[0] !== 0x30 && !isEncrypted) return INVALID;
  if (entropyOf(body) < 4.2) return INVALID;
  return VALID;
}

/**
 * `BEGIN ENCRYPTED PRIVATE KEY` (RFC 5958), `Proc-Type: 4,ENCRYPTED` (RFC 1421), or a cipher other than `none` in OpenSSH's
 * form: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
 */
function isLocked(secret: string): boolean {
  if (/ENCRYPTED/.test(secret.slice(0, 200))) return true;
  if (!secret.includes('OPENSSH PRIVATE KEY')) return false;
  const bytes = Buffer.from((pemBody(secret) ?? '').slice(0, 120), 'base64');
  const magic = 'openssh-key-v1\0';
  if (bytes.length < magic.length + 8 || bytes.toString('latin1', 0, magic.length) !== magic) return false;
  const size = bytes.readUInt32BE(magic.length);
  return bytes.toString('latin1', magic.length + 4, magic.length + 4 + size) !== 'none';
}

/** https://docs.cloud.google.com/iam/docs/keys-create-delete: the file names the account and the project. */
function judgeServiceAccountFile({ around }: CheckInput): Verdict {
  const text = around(4096, 4096);
  const email = /client_email\\*"\s*:\s*\\*"(?<email>[a-z0-9.-]{1,80}@[a-z0-9.:-]{1,120}\.gserviceaccount\.com)/.exec(text);
  const project = /project_id\\*"\s*:\s*\\*"(?<project>[a-z0-9.:-]{4,64})\\*"/.exec(text)?.groups?.project;
  const address = email?.groups?.email;
  const fromAddress = /@(?<project>[a-z0-9-]+)\.iam\.gserviceaccount\.com$/.exec(address ?? '')?.groups?.project;
  const place = fromAddress ?? project;
  const groups = {
    ...(address === undefined ? {} : { email: address }),
    ...(place === undefined ? {} : { project: place }),
  };
  return { valid: true, groups };
}

/** `ABSK` and base64 of `BedrockAPIKey-…:…`. */
function judgeBedrockKey({ secret }: CheckInput): Verdict {
  return when(decodeBase64(secret.slice(4)).startsWith('BedrockAPIKey'));
}

/** `undefined` when it is no `user:password` in base64. */
function judgeBasic({ secret, isPlaceholder }: CheckInput): Verdict | undefined {
  const pair = /^(?<user>[\x21-\x39\x3b-\x7e]{1,100}):(?<password>[\x20-\x7e]{3,})$/.exec(decodeBase64(secret))?.groups;
  if (pair === undefined) return undefined;
  const { user = '', password = '' } = pair;
  if (isPlaceholder(password)) return INVALID;
  return isWeak(password, user) ? { valid: true, confidence: 'low' } : VALID;
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

const GUID = '[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}';
const TENANT = new RegExp(`tenant_?id\\\\*["'\\])]{0,3}\\s{0,4}[:=]\\s{0,4}\\\\*["']?(?<id>${GUID})`, 'i');
const CLIENT = new RegExp(`(?:client|app|application)_?id\\\\*["'\\])]{0,3}\\s{0,4}[:=]\\s{0,4}\\\\*["']?(?<id>${GUID})`, 'i');

/** The application an Entra secret belongs to stands beside it, as a rule. */
function judgeClientSecret({ around }: CheckInput): Verdict {
  const text = around(600, 600);
  const tenant = TENANT.exec(text)?.groups?.id?.toLowerCase();
  const client = CLIENT.exec(text)?.groups?.id?.toLowerCase();
  return { valid: true, groups: { ...(tenant === undefined ? {} : { tenant }), ...(client === undefined ? {} : { client }) } };
}

const LOCAL_HOST = /^(?:localhost|127\.|0\.0\.0\.0|\[?::1|host\.docker\.internal)/i;
const EXAMPLE_HOST =
  /(?:^|\.)(?:example|invalid|test|local)(?:\.(?:com|org|net|io))?$|^(?:your|my|some)?[-_]?(?:host|hostname|server|ip|domain)(?:name)?$/i;

function judgeConnectionString({ secret, groups }: CheckInput): Verdict {
  const host = (groups.host ?? '').replace(/:\d+$/, '');
  if (EXAMPLE_HOST.test(host)) return INVALID;
  if (/[<>{}$%]/.test(host) || /[<>{}$]/.test(groups.user ?? '')) return INVALID;
  const weak = isWeak(secret, groups.user ?? '');
  if (LOCAL_HOST.test(host)) return weak ? INVALID : { valid: true, confidence: 'low' };
  return weak ? { valid: true, confidence: 'low' } : VALID;
}

/**
 * Where no database is named, libpq takes the one that is called like the role.
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-DBNAME
 */
function judgePostgresUrl(input: CheckInput): Verdict {
  const verdict = judgeConnectionString(input);
  const { database = '', user = '' } = input.groups;
  return verdict.valid ? { ...verdict, groups: { database: database === '' ? user : database } } : verdict;
}

function judgeGiven({ secret, groups, isPlaceholder }: CheckInput): Verdict {
  const { user = '', host = '' } = groups;
  // Variables, templates, substitutions, options, paths: what stands in scripts in the place of a password.
  if (/^[-$%<{(`!./~]|\$[({A-Za-z_]|`|\{\{|%\w+%|^\w+\(|^\[/.test(secret)) return INVALID;
  if (EXAMPLE_HOST.test(host) || (user !== '' && isPlaceholder(user) && isWeak(secret, user))) return INVALID;
  if (!/\d/.test(secret) && COMMON_WORDS.test(secret.toLowerCase())) return INVALID;
  return isWeak(secret, user) ? { valid: true, confidence: 'low' } : VALID;
}

/** A value given to something called `password` or `secret`: is it likely one? */
function judgeGuess({ secret, groups, around }: CheckInput): Verdict {
  const value = secret;
  if (!/\d/.test(value) || !/[A-Za-z]/.test(value)) return INVALID;
  // Identifiers, paths, calls, versions, dates, locales, MIME types, colours: words joined by marks, digits only at the end.
  if (/^[A-Za-z]+(?:[-_./: ][A-Za-z]+)*[-_]?\d{0,4}$/.test(value)) return INVALID;
  if (/^(?:\.{0,2}\/|[A-Za-z]:\\|https?:|file:|data:|urn:|arn:|#[0-9a-fA-F]{3,8}$)/.test(value)) return INVALID;
  if (/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+(?:\(|$)/.test(value)) return INVALID;
  if (/^[A-Za-z][A-Za-z0-9_]{2,}=[^=]/.test(value) || isPlainBase64(value)) return INVALID;
  if (/\s/.test(value) || /[()[\]{};<>]/.test(value)) return INVALID;
  if (/^\d{4}-\d{2}-\d{2}|^v?\d+\.\d+/.test(value)) return INVALID;
  // The match begins at the telling word; what stands before it belongs to the name too: `public_key_token`.
  const before = /[\w.-]*$/.exec(around(40, 0).split(groups.name ?? '\0')[0] ?? '')?.[0] ?? '';
  const name = (before + (groups.name ?? '')).toLowerCase();
  if (
    /public|hash|digest|checksum|fingerprint|csrf|xsrf|nonce|(?<!secret_)id$|length|min|max|url|uri|path|file|name|label|title|error|message|address/.test(
      name,
    )
  ) {
    return INVALID;
  }
  return VALID;
}

/** `eC1hcHAtdG9rZW4=` is `x-app-token`: words in base64 are no secret. */
function isPlainBase64(value: string): boolean {
  if (!/^[A-Za-z0-9+/]{8,}={0,2}$/.test(value) || value.length % 4 !== 0) return false;
  return /^[a-z]+(?:[-_. ][a-z]+)*$/i.test(decodeBase64(value).trim());
}

function decodeJson(segment: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function decodeBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('latin1');
}
