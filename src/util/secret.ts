import { inspect } from 'node:util';

/**
 * A secret value in memory, for as long as a match is being judged. It prints as `[secret]` in text, JSON and
 * `util.inspect`, so that a careless log line or error message cannot carry it away. Only `reveal()` gives it up;
 * searching for that word finds every place that handles a secret.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Never pass the result to a log, an error, an observation or a report. */
  reveal(): string {
    return this.#value;
  }

  get length(): number {
    return this.#value.length;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
