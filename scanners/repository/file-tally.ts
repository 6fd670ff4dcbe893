import type { CoverageObservation, CrawlOptions, JsonObject, Location } from '../../src/contracts/index.ts';
import { placeOf } from './place.ts';
import { Tally } from './tally.ts';

/** Surfaces of their own whose files this crawler searches as text. */
const PARTS = ['agent-config', 'iac'] as const;
type Part = (typeof PARTS)[number];

/** The count of a work tree, and beside it those of the agent configuration and the infrastructure code in it. */
export class FileTally extends Tally {
  readonly #options: CrawlOptions;
  readonly #parts = new Map<Part, Tally>();
  readonly #claimed = new Set<string>();
  #unasked = 0;
  #earlier = 0;

  constructor(options: CrawlOptions) {
    super(options.exclude);
    this.#options = options;
  }

  override read(bytes: number, path?: string): void {
    super.read(bytes, path);
    this.#partOf(path)?.read(bytes);
  }

  override skip(reason: string, path?: string): void {
    super.skip(reason, path);
    this.#partOf(path)?.skip(reason);
  }

  override exclude(path: string, fromTarget: string): void {
    super.exclude(path, fromTarget);
    this.#partOf(path)?.exclude(path, fromTarget);
  }

  override pass(reason: string, name: string): void {
    super.pass(reason, name);
    this.#partOf(name)?.pass(reason, name);
  }

  override fail(reason: string, name: string, count = 1): void {
    super.fail(reason, name, count);
    this.#partOf(name)?.fail(reason, name, count);
  }

  override cut(reason: string, name: string): void {
    super.cut(reason, name);
    this.#partOf(name)?.cut(reason, name);
  }

  /** A file scanner reads it by its structure, and tells of its surface itself. */
  claim(path: string): void {
    this.#claimed.add(path);
  }

  /** One that an earlier scan had read, as it still is. */
  earlier(): void {
    this.#earlier += 1;
  }

  /** A file that no chosen scanner knows, in a run that searches nothing else. */
  unasked(): void {
    this.#unasked += 1;
    super.skip('files that no chosen scanner reads');
  }

  /** The row of the work tree, and one for each part of it that was met. `more`: what the row of the work tree tells beside. */
  *rows(subject: string, at: Location, more: JsonObject = {}): Generator<CoverageObservation> {
    if (!this.#options.search) {
      if (this.#unasked > 0) {
        this.note(
          `only files that the chosen scanners know were read, ${this.#unasked === 1 ? 'another was' : `${this.#unasked} others were`} not searched (--only, --skip)`,
        );
      }
      yield this.coverage('work-tree', subject, at, more, []);
      return;
    }
    yield this.coverage('work-tree', subject, at, { ...more, ...(this.#earlier === 0 ? {} : { readEarlier: this.#earlier }) });
    for (const surface of PARTS) {
      const part = this.#parts.get(surface);
      // Searched as any text is: what the configuration means, no scanner here tells.
      if (part?.hasContent === true) yield part.coverage(surface, subject, at, { as: 'text' });
    }
  }

  #partOf(path: string | undefined): Tally | undefined {
    const place = path === undefined ? undefined : placeOf(path);
    if (path === undefined || this.#claimed.has(path) || (place !== 'agent-config' && place !== 'iac')) return undefined;
    const part = this.#parts.get(place) ?? new Tally(this.#options.exclude);
    this.#parts.set(place, part);
    return part;
  }
}
