import type { Log, Observation } from '../contracts/index.ts';
import { type DetectInName, maskNames, maskNamesIn } from '../util/mask-names.ts';

/**
 * Credentials stand in names of files, too: these are masked before anything is stored or printed. Only paths, what
 * coverage names and what is told beside it come from strangers' trees; the rows of an export share one path, which is
 * looked at once.
 */
export class NameRedactor {
  readonly #detect: DetectInName;
  #last: { readonly text: string; readonly clean: string } | undefined;

  constructor(detect: DetectInName) {
    this.#detect = detect;
  }

  redact(observation: Observation): Observation {
    const { at } = observation;
    const path = at?.path === undefined ? undefined : this.clean(at.path);
    // Ids and names are made of the path, too.
    const isNamed = path !== undefined && path !== at?.path;
    const placed = isNamed ? maskNamesIn(observation, (text) => maskNames(text, this.#detect)) : observation;
    if (placed.kind !== 'coverage' && placed.kind !== 'sighting') return placed;
    const detail = placed.detail === undefined ? undefined : maskNamesIn(placed.detail, (text) => maskNames(text, this.#detect));
    const told = detail === placed.detail || detail === undefined ? placed : { ...placed, detail };
    if (told.kind !== 'coverage') return told;
    const subject = this.clean(told.subject);
    const why = told.why === undefined ? undefined : maskNames(told.why, this.#detect);
    if (subject === told.subject && why === told.why) return told;
    return { ...told, subject, ...(why === undefined ? {} : { why }) };
  }

  clean(text: string): string {
    if (this.#last?.text !== text) this.#last = { text, clean: maskNames(text, this.#detect) };
    return this.#last.clean;
  }
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
