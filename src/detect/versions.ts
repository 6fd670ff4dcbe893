import type { Search, Use } from './file-scan.ts';
import { isRefusedNearby, startsEncoded } from './hidden/triggers.ts';
import type { Hits } from './kernel/kernel.ts';
import { farthestOf, MAX_LOOK, type Tables } from './kernel/tables.ts';
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

  constructor(search: Search, tables: Tables) {
    this.#search = search;
    this.#longest = tables.longest;
    this.after = Math.max(AFTER, tables.longest + MAX_LOOK + 1);
    this.last = Math.max(this.after, farthestOf(tables));
  }

  /** Adds all live hits of a text. */
  all(bytes: Buffer, live: LiveHits): void {
    beginPass();
    this.#sift(bytes, 0, bytes.length, live);
  }

  /** The same for a version of a text: by the records of what both have in common, and the live hits of that text. */
  changed(bytes: Buffer, records: Int32Array, base: LiveSpan, live: LiveHits): void {
    beginPass();
    let from = 0;
    for (let record = 0; record < records.length; record += RECORD / 4) {
      const start = records[record] as number;
      const end = records[record + 1] as number;
      if (from < start) this.#sift(bytes, from, start, live);
      base.copyTo(live, start, end, records[record + 2] as number);
      from = end;
    }
    if (from < bytes.length) this.#sift(bytes, from, bytes.length, live);
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

  #isSettled(use: Use, bytes: Buffer, at: number): boolean {
    if (use.kind === 'hidden') return isRefusedNearby(use.anchor, bytes, at, this.#search.splits, this.after);
    if (use.kind !== 'rule') return false;
    const { rule } = use.rule;
    if (mayMatch(rule, bytes, at, 0, bytes.length)) return false;
    return rule.gate.first >= at - BEFORE && rule.gate.reached < at + this.after;
  }
}

/**
 * Bytes before and behind the start of a keyword. Of moby's refusals nine in ten rest on fewer; with twice as many, a tenth more
 * would lie around the ends of stretches.
 */
const BEFORE = 64;
const AFTER = 128;
/** To search a shorter stretch again costs less than a call for what is on each side of it. */
const LEAST = 64;

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
