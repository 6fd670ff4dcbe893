import type { Match, Observation } from '../contracts/index.ts';

/** No token of a known form is shorter; most paths are told apart by this alone. */
const LONG_WORD = /[A-Za-z0-9_-]{16,}/;

/**
 * Credentials stand in names of files, too: these are masked before anything is stored or printed. Only paths, and what
 * coverage names, come from strangers' trees; the rows of an export share one path, which is looked at once.
 */
export class NameRedactor {
  readonly #detect: (text: string) => readonly Match[];
  #last: { readonly text: string; readonly clean: string } | undefined;

  constructor(detect: (text: string) => readonly Match[]) {
    this.#detect = detect;
  }

  redact(observation: Observation): Observation {
    const { at } = observation;
    const path = this.#clean(at?.path);
    const subject = observation.kind === 'coverage' ? this.#clean(observation.subject) : undefined;
    const isClean = path === at?.path && (observation.kind !== 'coverage' || subject === observation.subject);
    if (isClean) return observation;
    return {
      ...observation,
      ...(at === undefined || path === undefined ? {} : { at: { ...at, path } }),
      ...(subject === undefined ? {} : { subject }),
    } as Observation;
  }

  #clean(text: string | undefined): string | undefined {
    if (text === undefined || !LONG_WORD.test(text)) return text;
    if (this.#last?.text !== text) this.#last = { text, clean: redact(text, this.#detect) };
    return this.#last.clean;
  }
}

function redact(text: string, detect: (text: string) => readonly Match[]): string {
  let [clean, end] = ['', 0];
  for (const match of detect(text)) {
    // What has a public id shows only that in places: an ARN or a key id in a pointer is no secret.
    if (match.start < end || match.secret.reveal() === match.publicId) continue;
    clean += text.slice(end, match.start) + match.masked;
    end = match.end;
  }
  return end === 0 ? text : clean + text.slice(end);
}
