import type { ConsumerObservation, Location, ScanContext, SightingObservation } from '../../src/contracts/index.ts';
import { looksSecret, plainSighting, type SecretKind, secretKind } from '../../src/formats/plain-value.ts';
import { Secret } from '../../src/util/secret.ts';
import { isWellKnown } from '../../src/util/strength.ts';

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

/** What a key holds by its name; the id beside a secret is none. */
export function secretType(key: string): SecretKind | undefined {
  return /_?id$/i.test(key) ? undefined : secretKind(key);
}

/** A name's value, where the two make a credential. Names of secrets, references and switches are none. */
export function literalOf(key: string, value: string): Literal | undefined {
  if (REFERENCE.test(key)) return undefined;
  const type = secretType(key);
  if (type === undefined) return undefined;
  if (isWellKnown(value)) {
    if (OF_A_SECRET.test(key) || (type === 'secret' && value.includes('-'))) return undefined;
    return type === 'password' || type === 'secret' ? { type, secret: new Secret(value), weak: true } : undefined;
  }
  return looksSecret(value) && !NAME.test(value) ? { type, secret: new Secret(value), weak: false } : undefined;
}

/**
 * What a manifest says in place of a secret, beside what every file says: the name of an object or host (`redis-master-0`),
 * the sign for an expression of a template.
 */
const NAME = /^[a-z][a-z0-9]*(?:[-._/][a-z0-9]+)+$|[\uE000-\uF8FF]/;

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
