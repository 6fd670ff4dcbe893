import { staticVariable } from '../ci/cloud-keys.ts';
import { secretCredentialId } from '../contracts/identity-id.ts';
import type { Confidence, Location, SightingObservation } from '../contracts/observation.ts';
import type { ScanContext } from '../contracts/scanner.ts';
import { mask } from '../util/fingerprint.ts';
import { Secret } from '../util/secret.ts';
import { isWellKnown, strengthOf } from '../util/strength.ts';

/** Settings, variables and parameters that hold a secret though no detector knows its form: only their name tells. */
export type SecretKind = 'password' | 'token' | 'api-key' | 'secret';

const SECRET_NAME =
  /(?:^|[_.\-\s])(?:(?<password>password|passwd|passphrase|pwd|pass|passcode)|(?<token>token|pat)|(?<apiKey>api[_-]?key|apikey)|(?<secret>secret|(?:access|secret|private|account|auth|signing|encryption|license|deploy|admin|master)[_-]?key|credentials?|key[_-]base))(?:[_-]?\d{1,2})?$/i;
/** Say something about a secret, and hold none. */
const ABOUT =
  /(?:^|[_.-])(?:allow|enable|disable|no|skip|use|random|require|requires|need|needs|update|change|rotate|reset|generate|create|manage|show|hide|mask|min|max|public|log|by)(?:[_.-]|$)/i;

/** Put into what a browser loads, for everybody to read: never meant to be secret. */
const IN_BROWSER = /^(?:VITE|NEXT_PUBLIC|REACT_APP|VUE_APP|NUXT_PUBLIC|GATSBY|EXPO_PUBLIC|PUBLIC|STORYBOOK)_/;

/** What a variable of this name holds, when its name says that it is a secret. */
export function secretKind(name: string): SecretKind | undefined {
  if (name.length > 200 || IN_BROWSER.test(name)) return undefined;
  // `dbPassword`, `DBPassword`
  const words = name.replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '_');
  if (ABOUT.test(words)) return undefined;
  const groups = SECRET_NAME.exec(words)?.groups;
  if (groups === undefined) return staticVariable(name) === undefined ? undefined : 'secret';
  if (groups.password !== undefined) return 'password';
  if (groups.token !== undefined) return 'token';
  return groups.apiKey === undefined ? 'secret' : 'api-key';
}

const PLACEHOLDER =
  /^(?:x+|\*+|\.+|-+|<.*>|\[.*\]|\{.*|%.*%|\$.*|@.*@|.*\{\{.*|.*\$\{.*|.*(?:change[_-]?(?:me|this)|placeholder|example|dummy|fake|redacted|replace|your[_-]?|todo|insert|notasecret|not-a-secret|s3cr3t|secret123|password123).*|(?:my|test|mock|sample|ci|dev|local|super|some|the|root|admin|user|postgres|mysql|db)?[_-]?(?:pass|password|passw0rd|p4ssw0rd|passwd|token|secret|key|api[_-]?key|credentials?)?[!\d]{0,6})$/i;

/** A word that stands where somebody's own value must go. */
export function isPlaceholder(value: string): boolean {
  return PLACEHOLDER.test(value);
}

/** Where a secret lies, and not the secret: paths, addresses without a login, names in stores of secrets. */
const POINTER =
  /^(?:\.{0,2}\/|~\/|[A-Za-z]:\\|(?:https?|file|ssh|git):\/\/[^@]*$|arn:|projects\/|ref\+|ENC\[|AQICA|(?:ref|op|vault|secretsmanager|ssm|azkv|gcp):|[\w.-]+\/[\w./-]+#\w+$)/;
/** Filled in later: `$X`, `$(X)`, `prefix-$NAME`, `<<parameters.x>>`, `!Ref`, `lookup(…)`. A dollar alone may be one of a password. */
const REFERENCE = /\$(?:[({]|[A-Z_][A-Z0-9_]+|\w+$)|<<|^![A-Za-z]+$|^(?:lookup|getenv|env)\(/;

/** Not a placeholder, a name, a path or a switch: long enough, and of the mixed make that made-up values have. */
export function looksSecret(value: string): boolean {
  if (value.length < 8 || value.length > 4096 || /\s/.test(value) || PLACEHOLDER.test(value)) return false;
  if (POINTER.test(value) || REFERENCE.test(value) || /^\d+(?:\.\d+)*$/.test(value)) return false;
  if (new Set(value).size < 5) return false;
  const hasDigit = /\d/.test(value);
  const mixesCase = /[a-z]/.test(value) && /[A-Z]/.test(value);
  const hasSymbol = /[^\w.:/@-]/.test(value);
  return hasDigit || mixesCase || hasSymbol;
}

/** A password that everybody tries first. Empty values and those of random make are none, and the id beside a key is a name. */
export function isKnownPassword(name: string, value: string): boolean {
  return secretKind(name) !== undefined && !/_?id$/i.test(name) && value !== '' && isWellKnown(value.replace(/^["']|["']$/g, ''));
}

/** The sighting of a value that only its name tells; masked as detectors do, so that one value looks the same at every place. */
export function plainSighting(
  value: string,
  kind: SecretKind,
  at: Location,
  place: SightingObservation['place'],
  context: Pick<ScanContext, 'fingerprint'>,
  options: {
    readonly environment?: string | undefined;
    readonly confidence?: Confidence;
    readonly detector?: string;
  } = {},
): SightingObservation {
  const secret = new Secret(value);
  const fingerprint = context.fingerprint(secret);
  const { environment, confidence = 'low', detector = 'generic-plain-value' } = options;
  const strength = confidence === 'low' ? strengthOf(value) : undefined;
  return {
    kind: 'sighting',
    credential: secretCredentialId(fingerprint),
    detector,
    provider: 'generic',
    type: kind,
    fingerprint,
    masked: mask(secret),
    confidence,
    place,
    ...(environment === undefined ? {} : { environment }),
    ...(strength === undefined ? {} : { detail: { strength } }),
    at,
  };
}
