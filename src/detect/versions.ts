import type { Search, Use } from './file-scan.ts';
import { isRefusedNearby, startsEncoded } from './hidden/triggers.ts';
import type { Hits } from './kernel/kernel.ts';
import { MAX_LOOK, MAX_LOOK_BACK } from './kernel/tables.ts';
import { beginPass, mayMatch } from './match.ts';
import { RECORD } from './patch.ts';

/**
 * Searches the versions of a text, each made from another by copying stretches of it, without going through again what was
 * copied. What comes of it is what comes of a scan of the version, for it is that scan, less the hits of which nothing can come:
 *
 * A hit of an anchor at `p` is *settled* when it was refused for what stands in `[p - BEFORE, p + after)`. Refusals are
 * of no consequence: the scan goes on as if the hit had not been there. All others, whatever came of them, are *live*: a match,
 * a refused match, a refusal that took a look further afield, what may be hidden.
 *
 * Let `[p - BEFORE, p + after)` lie within one stretch that a version has from its base. The kernel sees the same anchors at
 * both places, for `after` is more than it looks at, but for one thing: how many bytes are left up to the end of the text; so a
 * place nearer to one of both ends than any anchor asks for does not count as copied, unless both texts end with the stretch.
 * Nor may a refusal rest on where a text begins: at `p = BEFORE` a pattern that is sought from further off was tried from the
 * first byte on, and only because it is the first. So what was tried must begin `TRIED` bytes behind `p - BEFORE`, which no
 * text's beginning does where a copied hit stands; and with the bytes before it on which the outline's state may depend (it
 * goes on from a hit before: within a word or an escape no match begins) it still lies within the stretch.
 * Then a hit that was settled in the base is settled here too; one that was live in the base is live here.
 * And around the ends of all stretches the kernel searches anew. So the live hits of a version are known (they are judged anew,
 * in the text they stand in), and all others are settled.
 *
 * This holds for texts that are searched as the bytes they are. Binary ones (some rules do not apply to them) and UTF-16 are
 * searched as a whole, and so is what is made from them.
 *
 * In moby's history (4.75 GB in 231,000 blobs) 1.2 GB lie around the ends of stretches; of 12 million hits 0.6 million are live.
 */
export class Versions {
  /** As `patch` wants them. */
  readonly before = BEFORE;
  readonly after: number;
  readonly last: number;
  readonly least = LEAST;
  readonly #search: Search;
  readonly #longest: number;
  /** What the kernel may look at behind the start of a keyword. */
  readonly #ahead: number;
  /** By anchor: bytes that must be left of the text. */
  readonly #left: Int32Array;
  readonly #gaps = new Gaps();

  constructor(search: Search) {
    this.#search = search;
    const { longest } = search;
    this.#longest = longest;
    this.after = Math.max(AFTER, longest + MAX_LOOK + 1);
    this.#ahead = Math.max(MAX_LOOK + 1, longest - 1);
    this.#left = search.leastLeft;
    this.last = this.#left.reduce((most, length) => Math.max(most, length), this.after);
  }

  /** Adds all live hits of a text. */
  all(bytes: Buffer, live: LiveHits): void {
    beginPass();
    this.#sift(bytes, 0, bytes.length, live);
  }

  /**
   * The same for a version of a text: by the records of what both have in common, and the live hits of that text. `spare`:
   * memory of the same slab that may be written to.
   */
  changed(bytes: Buffer, records: Int32Array, base: LiveSpan, live: LiveHits, spare: Buffer): void {
    beginPass();
    const gaps = this.#gaps;
    gaps.between(records, bytes.length);
    const isGathered = gaps.count > 1 && gaps.total + gaps.count * (MAX_LOOK_BACK + this.#ahead) + this.last <= spare.length;
    const hits = isGathered ? this.#scanGathered(bytes, spare) : undefined;
    let next = 0;
    for (let gap = 0, record = 0; gap < gaps.count || record < records.length; ) {
      const isGapNext = gap < gaps.count && !((records[record] as number) < (gaps.starts[gap] as number));
      if (!isGapNext) {
        base.copyTo(live, records[record] as number, records[record + 1] as number, records[record + 2] as number);
        record += RECORD / 4;
        continue;
      }
      if (hits === undefined) this.#sift(bytes, gaps.starts[gap] as number, gaps.ends[gap] as number, live);
      else next = this.#siftGathered(bytes, gap, hits, next, live);
      gap++;
    }
  }

  /** Could a scan find anything in a text without live hits? */
  mayHold(bytes: Buffer): boolean {
    const { imports, lintsAlways } = this.#search;
    return imports !== undefined || lintsAlways === true || startsEncoded(bytes);
  }

  #sift(bytes: Buffer, from: number, to: number, live: LiveHits): void {
    const { kernel, uses } = this.#search;
    const { starts, anchors, count } = kernel.scan(bytes, from, Math.min(bytes.length, to + this.#longest - 1));
    for (let index = 0; index < count; index++) {
      const at = starts[index] as number;
      if (at >= to) return;
      const anchor = anchors[index] as number;
      if (!this.#isSettled(uses[anchor] as Use, bytes, at)) live.add(at, anchor);
    }
  }

  /**
   * Puts the gaps side by side, each with as much around it as the kernel looks at: it is three times as fast on one long
   * text as on many short ones.
   */
  #scanGathered(bytes: Buffer, spare: Buffer): Hits {
    const { starts, ends, places, count } = this.#gaps;
    let fill = 0;
    for (let gap = 0; gap < count; gap++) {
      const start = starts[gap] as number;
      const first = Math.max(0, start - MAX_LOOK_BACK);
      const behind = Math.min(bytes.length, (ends[gap] as number) + this.#ahead);
      places[gap] = fill + start - first;
      spare.set(bytes.subarray(first, behind), fill);
      fill += behind - first;
    }
    // It ends further on: what must be left of a text is seen to below.
    return this.#search.kernel.scan(spare.subarray(0, fill + this.last), 0, fill);
  }

  /** Goes through the hits of one gap from the one numbered `index` on; gives the number of the next. */
  #siftGathered(bytes: Buffer, gap: number, { starts, anchors, count }: Hits, index: number, live: LiveHits): number {
    const { uses } = this.#search;
    const first = this.#gaps.places[gap] as number;
    const shift = (this.#gaps.starts[gap] as number) - first;
    const behind = (this.#gaps.ends[gap] as number) - shift;
    let next = index;
    for (; next < count; next++) {
      const place = starts[next] as number;
      if (place >= behind) break;
      if (place < first) continue;
      const anchor = anchors[next] as number;
      const at = place + shift;
      if (at + (this.#left[anchor] as number) > bytes.length) continue;
      if (!this.#isSettled(uses[anchor] as Use, bytes, at)) live.add(at, anchor);
    }
    return next;
  }

  #isSettled(use: Use, bytes: Buffer, at: number): boolean {
    if (use.kind === 'hidden') return isRefusedNearby(use.anchor, bytes, at, this.#search.splits, this.after);
    if (use.kind !== 'rule') return false;
    const { rule } = use.rule;
    if (mayMatch(rule, bytes, at, 0, bytes.length)) return false;
    return rule.gate.first >= at - BEFORE + TRIED && rule.gate.reached < at + this.after;
  }
}

/**
 * Bytes before and behind the start of a keyword. Of moby's refusals nine in ten rest on fewer; with twice as many, a tenth more
 * would lie around the ends of stretches.
 */
const BEFORE = 64;
const AFTER = 128;
/** An escape, and the byte that ends it; and one more, so that what is tried at a copied hit never begins with the text. */
const TRIED = MAX_LOOK_BACK + 2;
/** To search a shorter stretch again costs less than a call for what is on each side of it. */
const LEAST = 64;

/** What lies between the stretches that a version has from its base. */
class Gaps {
  starts = new Int32Array(1024);
  ends = new Int32Array(1024);
  /** Where they stand side by side. */
  places = new Int32Array(1024);
  count = 0;
  total = 0;

  between(records: Int32Array, length: number): void {
    this.count = 0;
    this.total = 0;
    let from = 0;
    for (let record = 0; record < records.length; record += RECORD / 4) {
      this.#add(from, records[record] as number);
      from = records[record + 1] as number;
    }
    this.#add(from, length);
  }

  #add(start: number, end: number): void {
    if (start >= end) return;
    if (this.count === this.starts.length) {
      for (const name of ['starts', 'ends', 'places'] as const) {
        const larger = new Int32Array(2 * this.count);
        larger.set(this[name]);
        this[name] = larger;
      }
    }
    this.starts[this.count] = start;
    this.ends[this.count++] = end;
    this.total += end - start;
  }
}

/** Live hits that there is room for from text to text. */
const KEPT = 65_536;

/** Live hits of the texts at hand, one text behind the other, each sorted. */
export class LiveHits {
  starts = new Int32Array(4096);
  anchors = new Int32Array(4096);
  count = 0;

  add(start: number, anchor: number): void {
    if (this.count === this.starts.length) this.#grow();
    this.starts[this.count] = start;
    this.anchors[this.count++] = anchor;
  }

  /** Once nothing is in it: what few texts need is given back. */
  shrink(): void {
    if (this.count > 0 || this.starts.length <= KEPT) return;
    this.starts = new Int32Array(KEPT);
    this.anchors = new Int32Array(KEPT);
  }

  #grow(): void {
    const [starts, anchors] = [new Int32Array(2 * this.count), new Int32Array(2 * this.count)];
    starts.set(this.starts);
    anchors.set(this.anchors);
    this.starts = starts;
    this.anchors = anchors;
  }
}

/** Those of one text. */
export class LiveSpan {
  readonly #hits: LiveHits;
  readonly #from: number;
  readonly #to: number;

  constructor(hits: LiveHits, from: number, to: number) {
    this.#hits = hits;
    this.#from = from;
    this.#to = to;
  }

  hits(): Hits {
    const { starts, anchors } = this.#hits;
    return {
      starts: starts.subarray(this.#from, this.#to),
      anchors: anchors.subarray(this.#from, this.#to),
      count: this.#to - this.#from,
    };
  }

  /** Adds those that stand in `[start + shift, end + shift)`, moved to `[start, end)`. */
  copyTo(other: LiveHits, start: number, end: number, shift: number): void {
    const { starts, anchors } = this.#hits;
    let [low, high] = [this.#from, this.#to];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] as number) < start + shift) low = middle + 1;
      else high = middle;
    }
    for (; low < this.#to && (starts[low] as number) < end + shift; low++) {
      other.add((starts[low] as number) - shift, anchors[low] as number);
    }
  }
}
