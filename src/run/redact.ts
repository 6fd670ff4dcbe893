import type { Log, Observation } from '../contracts/index.ts';
import { type DetectInName, maskNames, maskNamesIn } from '../util/mask-names.ts';

/** Names that were looked at last. */
const MOST_KNOWN = 64;

/**
 * Credentials stand in names of files, too: these are masked before anything is stored or printed. Only paths, what
 * coverage names and what is told beside it come from strangers' trees; the rows of an export share one path, which is
 * looked at once.
 */
export class NameRedactor {
  readonly #detect: DetectInName;
  readonly #known = new Map<string, string>();

  constructor(detect: DetectInName) {
    this.#detect = detect;
  }

  redact(observation: Observation): Observation {
    const { path, repository, directory } = observation.at ?? {};
    // Ids and names are made of these, too.
    const isNamed = [path, repository, directory].some((text) => text !== undefined && this.clean(text) !== text);
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
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    const clean = maskNames(text, this.#detect);
    this.#known.set(text, clean);
    return clean;
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
