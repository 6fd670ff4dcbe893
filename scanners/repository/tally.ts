import type { BulkItem, CoverageObservation, JsonObject, Location, ObservationKind, Surface } from '../../src/contracts/index.ts';
import { MatchedGlobs } from '../../src/files/walk.ts';

const NAMES_SHOWN = 3;
const NAMES_KEPT = 10;

/** Counts what a look met and keeps the first names of what it missed. seen = read + skipped + failed, always. */
export class Tally {
  readonly #globs: MatchedGlobs;
  #read = 0;
  #skipped = 0;
  #failed = 0;
  #bytes = 0;
  #excluded = 0;
  readonly #gaps = new Map<string, { count: number; names: string[] }>();
  readonly #harmless = new Map<string, number>();
  readonly #setAside: string[] = [];
  /** Files in archives. */
  readonly #members = { read: 0, skipped: 0 };
  readonly #notes: string[] = [];
  /** What ignore rules leave out: a directory counts once. Files are named first: `.env` says more than `node_modules/`. */
  readonly #ignored = { count: 0, files: [] as string[], directories: [] as string[] };

  /** `globs`: what the user excludes, to name it where something is left out for it. */
  constructor(globs: readonly string[] = []) {
    this.#globs = new MatchedGlobs(globs);
  }

  read(bytes: number, _path?: string): void {
    this.#read += 1;
    this.#bytes += bytes;
  }

  /** Already read elsewhere in this run, as the same bytes. */
  readBefore(count: number): void {
    this.#read += count;
  }

  /** Read by an earlier scan, with the same rules. */
  readEarlier(count: number, bytes: number): void {
    this.#read += count;
    this.#bytes += bytes;
  }

  /** Left out with nothing lost: a symlink, a socket. */
  skip(reason: string, _path?: string): void {
    this.#skipped += 1;
    this.#harmless.set(reason, (this.#harmless.get(reason) ?? 0) + 1);
  }

  /** As `skip`, for files of this tool's own: a stranger's file may pass for one, so the names are kept. */
  setAside(reason: string, name: string): void {
    this.skip(reason, name);
    if (this.#setAside.length < NAMES_KEPT && name !== '') this.#setAside.push(name);
  }

  /** Left out because the user said so. Globs count from the target. */
  exclude(_path: string, fromTarget: string): void {
    this.#globs.note(fromTarget);
    this.#skipped += 1;
    this.#excluded += 1;
  }

  /** Left out because the repository's own rules say so: no gap, but nothing is known of it. */
  ignore(path: string): void {
    this.#ignored.count += 1;
    const names = path.endsWith('/') ? this.#ignored.directories : this.#ignored.files;
    if (names.length < NAMES_SHOWN) names.push(path);
  }

  /** Read, but what was there is not told; `fromTarget` are paths of some of it. */
  disregard(count: number, fromTarget: Iterable<string>): void {
    const taken = this.unread(count);
    this.#skipped += taken;
    this.#excluded += taken;
    for (const path of fromTarget) this.#globs.note(path);
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

  /** Takes back what was counted as read, to count it as something else: only afterwards was it clear what it is. */
  unread(count: number): number {
    const taken = Math.min(count, this.#read);
    this.#read -= taken;
    return taken;
  }

  /** One item of a bulk search; `name` where the key is no name for people. */
  item(item: BulkItem, name = item.key): void {
    if (item.outcome === 'failed') this.fail(item.why ?? 'could not be read', name);
    else if (item.outcome === 'skipped') this.pass(item.why ?? 'left out', name);
    else this.read(item.bytes, name);
    this.searched(item, name);
  }

  /** What the search says of something that was counted already. */
  searched({ outcome, why, members }: Omit<BulkItem, 'key'>, name: string): void {
    if (outcome === 'partial') this.cut(why ?? 'read in part', name);
    this.#members.read += members?.read ?? 0;
    this.#members.skipped += members?.skipped ?? 0;
  }

  /** Read, but not to its end. */
  cut(reason: string, name: string): void {
    this.#gap(reason, name);
  }

  /** Something that makes the whole look incomplete, in a sentence. */
  note(sentence: string): void {
    this.#notes.push(sentence);
  }

  /** Was anything met that is read, or should have been? */
  get hasContent(): boolean {
    return this.#read > 0 || this.#gaps.size > 0 || this.#excluded > 0;
  }

  coverage(
    surface: Surface,
    subject: string,
    at: Location,
    detail?: JsonObject,
    covers: readonly ObservationKind[] = ['sighting'],
  ): CoverageObservation {
    const gaps = [...this.#gaps].map(([reason, gap]) => sentenceOf(reason, gap));
    const why = [...this.#notes, ...gaps, ...this.#onPurpose()].join('; ');
    const skipped = Object.fromEntries(this.#harmless);
    const { count, files, directories } = this.#ignored;
    const all = {
      ...detail,
      ...(count === 0 ? {} : { ignored: { count, names: [...files, ...directories].slice(0, NAMES_SHOWN) } }),
      ...(this.#harmless.size === 0 ? {} : { skipped }),
      ...(this.#setAside.length === 0 ? {} : { setAside: this.#setAside }),
      ...(this.#members.read + this.#members.skipped === 0 ? {} : { inArchives: { ...this.#members } }),
    };
    return {
      kind: 'coverage',
      surface,
      subject,
      covers,
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

  #onPurpose(): readonly string[] {
    if (this.#excluded === 0) return [];
    const { names } = this.#globs;
    const shown = names.slice(0, NAMES_SHOWN).join(', ');
    const more = names.length - NAMES_SHOWN;
    const files = this.#excluded === 1 ? '1 file matches' : `${this.#excluded} files match`;
    return [`left out on purpose: ${files} --exclude ${shown}${more > 0 ? ` and ${more} more` : ''}`];
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
