import type { BulkItem, CoverageObservation, JsonObject, Location, Surface } from '../../src/contracts/index.ts';

const NAMES_SHOWN = 3;

/** Counts what a look met and keeps the first names of what it missed. seen = read + skipped + failed, always. */
export class Tally {
  #read = 0;
  #skipped = 0;
  #failed = 0;
  #bytes = 0;
  readonly #gaps = new Map<string, { count: number; names: string[] }>();
  readonly #harmless = new Map<string, number>();
  readonly #notes: string[] = [];

  read(bytes: number): void {
    this.#read += 1;
    this.#bytes += bytes;
  }

  /** Already read elsewhere in this run, as the same bytes. */
  readBefore(count: number): void {
    this.#read += count;
  }

  /** Left out with nothing lost: a symlink, a socket. */
  skip(reason: string, count = 1): void {
    this.#skipped += count;
    this.#harmless.set(reason, (this.#harmless.get(reason) ?? 0) + count);
  }

  /** Left out although it may hold something. */
  pass(reason: string, name: string): void {
    this.#skipped += 1;
    this.#gap(reason, name);
  }

  fail(reason: string, name: string, count = 1): void {
    this.#failed += count;
    this.#gap(reason, name, count);
  }

  /** One item of a bulk search; `name` where the key is no name for people. */
  item(item: BulkItem, name = item.key): void {
    if (item.outcome === 'failed') this.fail(item.why ?? 'could not be read', name);
    else if (item.outcome === 'skipped') this.pass(item.why ?? 'left out', name);
    else this.read(item.bytes);
    if (item.outcome === 'partial') this.#gap(item.why ?? 'read in part', name);
  }

  /** Something that makes the whole look incomplete, in a sentence. */
  note(sentence: string): void {
    this.#notes.push(sentence);
  }

  coverage(surface: Surface, subject: string, at: Location, detail?: JsonObject): CoverageObservation {
    const why = [...this.#notes, ...[...this.#gaps].map(([reason, gap]) => sentenceOf(reason, gap))].join('; ');
    const skipped = Object.fromEntries(this.#harmless);
    const all = { ...detail, ...(this.#harmless.size === 0 ? {} : { skipped }) };
    return {
      kind: 'coverage',
      surface,
      subject,
      covers: ['sighting'],
      at,
      ...(why === '' ? { outcome: 'complete' } : { outcome: 'partial', why }),
      seen: this.#read + this.#skipped + this.#failed,
      read: this.#read,
      skipped: this.#skipped,
      failed: this.#failed,
      bytes: this.#bytes,
      ...(Object.keys(all).length === 0 ? {} : { detail: all }),
    };
  }

  #gap(reason: string, name: string, count = 1): void {
    const gap = this.#gaps.get(reason) ?? { count: 0, names: [] };
    this.#gaps.set(reason, gap);
    gap.count += count;
    if (gap.names.length < NAMES_SHOWN && name !== '') gap.names.push(name);
  }
}

function sentenceOf(reason: string, gap: { readonly count: number; readonly names: readonly string[] }): string {
  const more = gap.count - gap.names.length;
  const names = gap.names.length === 0 ? '' : ` (${gap.names.join(', ')}${more > 0 ? ` and ${more} more` : ''})`;
  return `${gap.count} ${reason}${names}`;
}
