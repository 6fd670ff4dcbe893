import type { ConsumerObservation, Location, ScanContext, SightingObservation } from '../../src/contracts/index.ts';
import { plainSighting, type SecretKind } from '../../src/formats/plain-value.ts';
import { Secret } from '../../src/util/secret.ts';

/** A value that stands where only its name tells what it is. */
export interface Literal {
  readonly type: SecretKind;
  readonly secret: Secret;
  /** One that everybody knows or that charts ship with: `admin`, `changeme`. */
  readonly weak: boolean;
}

/** Names of Secrets, not what is in them. */
const REFERENCE = /existing|secret[-_.]?(?:name|ref)|(?:^|[-_.])(?:name|ref|file|path)$|keyRef$/i;

/** `privateKeySecret: my-secret`: which Secret has the key. */
const OF_A_SECRET = /(?:key|password|token|cert(?:ificate)?|tls|credentials?|pull)[-_.]?secret$/i;

const SECRET_KEY =
  /(?:^|[_.-])(?:(?<password>password|passwd|passphrase|pwd|pass)|(?<token>token|pat)|(?<apiKey>api[_-]?key|apikey)|(?<secret>secret|(?:access|secret|private|account|auth|signing|encryption|admin|master)[_-]?key|credentials?))$/i;

/** `adminPassword`, `DB_PASSWORD`, `jwt.secret`: camel case counts as words. */
export function secretType(key: string): Literal['type'] | undefined {
  const words = key.replace(/([a-z0-9])([A-Z])/g, '$1_$2');
  const groups = SECRET_KEY.exec(words)?.groups;
  if (groups === undefined) return undefined;
  if (groups.password !== undefined) return 'password';
  if (groups.token !== undefined) return 'token';
  return groups.apiKey !== undefined ? 'api-key' : 'secret';
}

/** A name's value, where the two make a credential. Names of secrets, references and switches are none. */
export function literalOf(key: string, value: string): Literal | undefined {
  if (REFERENCE.test(key)) return undefined;
  const type = secretType(key);
  if (type === undefined) return undefined;
  if (isWeak(value)) {
    if (OF_A_SECRET.test(key)) return undefined;
    return type === 'password' || type === 'secret' ? { type, secret: new Secret(value), weak: true } : undefined;
  }
  return looksSecret(value) ? { type, secret: new Secret(value), weak: false } : undefined;
}

const WEAK =
  /^(?:admin(?:istrator)?\d{0,4}|pass(?:word|w0rd)?\d{0,4}!?|p@ss(?:word|w0rd)\d{0,4}!?|change[-_]?(?:me|it|this)[-_\w]{0,20}|secret\d{0,4}|root(?:pass(?:word)?)?|postgres(?:ql)?|mysql|redis|mongo|guest|default|qwerty\d{0,4}|letmein|12345\d{0,5}|minio(?:123|admin)|prom-operator|rabbitmq|welcome\d{0,4}|test(?:pass(?:word)?|ing)?\d{0,4}|demo\d{0,4}|toor|admin[-_]?pass(?:word)?\d{0,4}|super[-_]?secret\w{0,10}|my[-_]?(?:secret|password)\w{0,12})$/i;

/** Passwords that an attacker tries first. */
export function isWeak(value: string): boolean {
  return value.length <= 64 && WEAK.test(value);
}

const PLACEHOLDER =
  /^(?:x+|\*+|\.+|-+|<.*>|\[.*\]|\{.*\}|%.*%|\$.*|.*\{\{.*|.*(?:placeholder|example|dummy|fake|redacted|replace|your[_-]|todo|insert|notasecret|not-a-secret|[\uE000-\uF8FF]).*)$/i;

/** Not a placeholder, a name, a path or a switch: long enough, and of the mixed make that made-up values have. */
function looksSecret(value: string): boolean {
  if (value.length < 8 || value.length > 4096 || /\s/.test(value) || PLACEHOLDER.test(value)) return false;
  if (/^(?:\.{0,2}\/|~\/|[A-Za-z]:\\|[a-z]+:\/\/[^@]*$)/.test(value)) return false;
  if (/^\d+(?:\.\d+)*$/.test(value)) return false;
  // `redis-master`, `db.example.com`, `vault:secret/data/x#password`, `ref+awssecrets://…`, sealed values.
  if (/^(?:vault|ref\+|AQ[A-Za-z0-9]|ENC\[)/.test(value) && value.length > 12) return false;
  if (/^[a-z][a-z0-9]*(?:[-._/][a-z0-9]+)+$/.test(value)) return false;
  if (new Set(value).size < 5) return false;
  return /\d/.test(value) || (/[a-z]/.test(value) && /[A-Z]/.test(value)) || /[^\w.:/@-]/.test(value);
}

/** Low confidence: only the name tells it. */
export function literalSighting(
  { type, secret }: Literal,
  at: Location,
  place: SightingObservation['place'],
  context: Pick<ScanContext, 'fingerprint'>,
  environment?: string,
): SightingObservation {
  return plainSighting(secret.reveal(), type, at, place, context, { environment, detector: 'kubernetes-plaintext-value' });
}

/** A weak one is a fact of its own: as a sighting it would be joined to every other place that says `admin`. */
export function weakLiteral(
  consumer: string,
  name: string,
  at: Location,
  detail: ConsumerObservation['detail'] & object,
): ConsumerObservation {
  return {
    kind: 'consumer',
    consumer,
    type: 'pod',
    secretName: name,
    how: 'secret',
    at,
    detail: { ...detail, fact: 'default-credential' },
  };
}
