import type { JsonObject, Log, Observation } from '../contracts/index.ts';
import type { LogMasks } from '../store/log-file.ts';
import { fingerprint } from '../util/fingerprint.ts';
import { type DetectInName, maskGuesses, maskNames, maskNamesIn } from '../util/mask-names.ts';

type Told = { readonly [key: string]: unknown };

/** Raised when the same observation would be masked otherwise: stores then take in anew what they know. */
export const MASKING = 2;

/** Texts that were looked at last, each of which may stand in thousands of rows. */
const MOST_KNOWN = 20_000;
/** Longer ones seldom come twice. */
const LONGEST_KNOWN = 400;
/** No detector that is no guess matches less. */
const SHORTEST = 8;
/** The store takes only times in these. */
const TIMES: ReadonlySet<string> = new Set(['createdAt', 'lastUsedAt', 'rotatedAt', 'expiresAt', 'usedAt', 'endedAt', 'leftAt']);
/** Details that hold what people wrote: there a guess may be masked, for nothing joins by them. */
const WRITTEN = ['description', 'displayName', 'notes', 'comment'] as const;
/** No guess is made without one of these. */
const GUESSED = /pass|pwd|secret|token|key|credential/i;
/** Ids of commits and contents, fingerprints, what is named by one: most texts of a sighting that are new. */
const DIGEST = /^(?:secret:)?[0-9a-f]{40,64}$/;

/**
 * Credentials stand in names of files, in tags, descriptions, conditions and addresses, too: all texts of an observation are
 * masked before it is stored or printed, each the same way wherever it stands, so that what names an identity still joins.
 */
export class NameRedactor {
  readonly #detect: DetectInName;
  readonly #mayHold: ((text: string) => boolean) | undefined;
  readonly #known = new Map<string, string>();

  /** `mayHold`: told of a text much faster than by `detect`. */
  constructor(detect: DetectInName, mayHold?: (text: string) => boolean) {
    this.#detect = detect;
    this.#mayHold = mayHold;
  }

  redact(observation: Observation): Observation {
    // Few hold anything: the others are gone through without a copy.
    for (const key in observation) {
      if (TIMES.has(key) || this.#isClean(observation[key as keyof Observation])) continue;
      return this.#withoutGuesses(maskNamesIn(observation, (text) => this.clean(text)));
    }
    return this.#withoutGuesses(observation);
  }

  #withoutGuesses(observation: Observation): Observation {
    const detail: Told | undefined = observation.detail;
    const tags = 'tags' in observation ? this.#pairs(observation.tags) : undefined;
    const inDetail = detail === undefined ? undefined : this.#written(detail);
    if (tags === undefined && inDetail === undefined) return observation;
    return {
      ...observation,
      ...(tags === undefined ? {} : { tags }),
      ...(inDetail === undefined ? {} : { detail: { ...detail, ...inDetail } }),
    } as Observation;
  }

  /** What of a detail is to be told otherwise; nothing for most. */
  #written(detail: Told): Told | undefined {
    let masked: { [key: string]: unknown } | undefined;
    for (const key of WRITTEN) {
      const text = detail[key];
      if (typeof text !== 'string' || !GUESSED.test(text)) continue;
      const clean = maskGuesses(text, this.#detect);
      if (clean !== text) masked = { ...masked, [key]: clean };
    }
    const tags = this.#pairs(detail.tags);
    return tags === undefined ? masked : { ...masked, tags };
  }

  /** `DB_PASSWORD: …`: what a value is, its name tells. */
  #pairs(tags: unknown): Told | undefined {
    if (typeof tags !== 'object' || tags === null || Array.isArray(tags)) return undefined;
    let masked: { [key: string]: unknown } | undefined;
    for (const [name, value] of Object.entries(tags)) {
      if (typeof value !== 'string' || !(GUESSED.test(name) || GUESSED.test(value))) continue;
      const whole = `${name}=${value}`;
      const clean = maskGuesses(whole, this.#detect);
      if (clean === whole || !clean.startsWith(`${name}=`)) continue;
      masked = { ...(masked ?? tags), [name]: clean.slice(name.length + 1) };
    }
    return masked;
  }

  clean(text: string): string {
    if (text.length < SHORTEST || DIGEST.test(text)) return text;
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const clean = maskNames(text, this.#detect, this.#mayHold);
    if (text.length > LONGEST_KNOWN) return clean;
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(text, clean);
    return clean;
  }

  #isClean(value: unknown): boolean {
    if (typeof value === 'string') return this.clean(value) === value;
    if (typeof value !== 'object' || value === null) return true;
    if (Array.isArray(value)) {
      for (const item of value) if (!this.#isClean(item)) return false;
      return true;
    }
    for (const key in value) {
      if (this.clean(key) !== key || !this.#isClean((value as { readonly [key: string]: unknown })[key])) return false;
    }
    return true;
  }
}

/** The same for the rows of logs, which are no observations: `detail` is masked as that of one. */
export function logMasks(names: NameRedactor, fingerprintKey: Uint8Array | string): LogMasks {
  const bare = { kind: 'usage', via: 'direct', sessionId: '', usedAt: '', action: 'unknown', at: {} } as const;
  return {
    clean: (text) => names.clean(text),
    redact: (observation) => names.redact(observation),
    detail(detail) {
      const row: Observation = { ...bare, detail: detail as JsonObject };
      const masked = names.redact(row);
      return masked === row ? detail : (masked.detail ?? {});
    },
    digest: (text) => fingerprint(text, fingerprintKey),
  };
}

/** What a run says on its way names files, too. */
export function maskedLog(log: Log, names: NameRedactor): Log {
  const mask = (text: string) => names.clean(text);
  const masked =
    (say: (message: string, data?: object) => void) =>
    (message: string, data?: object): void =>
      data === undefined ? say(mask(message)) : say(mask(message), maskNamesIn(data, mask));
  return {
    debug: masked((...told) => log.debug(...told)),
    info: masked((...told) => log.info(...told)),
    warn: masked((...told) => log.warn(...told)),
  };
}
