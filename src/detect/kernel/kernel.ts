/** Where anchors were found: `start` of the keyword and number of the anchor, sorted by start, then number. */
export interface Hits {
  readonly starts: Int32Array;
  readonly anchors: Int32Array;
  readonly count: number;
}

export interface Kernel {
  readonly name: 'js' | 'wasm';
  /**
   * All anchors whose keywords lie within `[start, end)` and whose checks hold; a check may look beyond, at all of `bytes`.
   * The result is valid until the next call.
   */
  scan(bytes: Uint8Array, start: number, end: number): Hits;
  /** A buffer whose bytes are searched without being copied. */
  slab(size: number): Buffer;
}

/** Hits in order, in arrays that are used again and again. */
export class HitList implements Hits {
  starts = new Int32Array(1024);
  anchors = new Int32Array(1024);
  count = 0;

  clear(): void {
    this.count = 0;
  }

  /** Insertion from the back: hits come all but sorted. */
  add(start: number, anchor: number): void {
    if (this.count === this.starts.length) this.#grow();
    const { starts, anchors } = this;
    let at = this.count++;
    while (at > 0 && ((starts[at - 1] as number) > start || (starts[at - 1] === start && (anchors[at - 1] as number) > anchor))) {
      starts[at] = starts[at - 1] as number;
      anchors[at] = anchors[at - 1] as number;
      at--;
    }
    starts[at] = start;
    anchors[at] = anchor;
  }

  #grow(): void {
    const [starts, anchors] = [new Int32Array(this.starts.length * 2), new Int32Array(this.anchors.length * 2)];
    starts.set(this.starts);
    anchors.set(this.anchors);
    this.starts = starts;
    this.anchors = anchors;
  }
}
