import { has, type Node } from './pattern.ts';

/** Raised when a regex takes more steps than it may. */
export class TooManySteps extends Error {}

/**
 * Runs a pattern as a backtracking regex engine does, and counts its steps: what a regex costs on a text, on any machine and
 * however busy that is. Each byte compared is a step. A step of V8 takes one to two nanoseconds.
 */
export class StepCounter {
  readonly #root: Node;
  readonly #limit: number;
  #text = '';
  steps = 0;

  constructor(root: Node, limit: number) {
    this.#root = root;
    this.#limit = limit;
  }

  /** Tries the pattern at `at`. Throws `TooManySteps`. */
  matches(text: string, at: number): boolean {
    this.#text = text;
    return this.#match(this.#root, at, 1, () => true);
  }

  /** Searches from `at` on, as often as the pattern matches. */
  search(text: string, at = 0): void {
    this.#text = text;
    for (let place = at; place <= text.length; place++) {
      let end = place;
      const isMatch = this.#match(this.#root, place, 1, (at) => {
        end = at;
        return true;
      });
      if (isMatch) place = Math.max(place, end - 1);
    }
  }

  #count(): void {
    if (++this.steps > this.#limit) throw new TooManySteps();
  }

  /** In a look-behind a pattern is matched backwards: `step` is -1. */
  #match(node: Node, at: number, step: 1 | -1, next: (at: number) => boolean): boolean {
    switch (node.kind) {
      case 'set':
        return this.#isIn(node.table, at, step) && next(at + step);
      case 'assertion':
        this.#count();
        return this.#holds(node.name, at) && next(at);
      case 'look':
        return this.#match(node.item, at, node.behind ? -1 : 1, () => true) !== node.negative && next(at);
      case 'either':
        return node.items.some((item) => this.#match(item, at, step, next));
      case 'sequence':
        return this.#inOrder(node.items, step === 1 ? 0 : node.items.length - 1, at, step, next);
      case 'repeat':
        if (node.item.kind === 'set') return this.#run(node.item.table, node.min, node.max, node.isLazy, at, step, next);
        return this.#repeat(node, 0, at, step, next);
    }
  }

  #inOrder(items: readonly Node[], index: number, at: number, step: 1 | -1, next: (at: number) => boolean): boolean {
    const item = items[index];
    if (item === undefined) return next(at);
    return this.#match(item, at, step, (reached) => this.#inOrder(items, index + step, reached, step, next));
  }

  #repeat(
    node: Extract<Node, { kind: 'repeat' }>,
    times: number,
    at: number,
    step: 1 | -1,
    next: (at: number) => boolean,
  ): boolean {
    this.#count();
    const more = (): boolean =>
      times < node.max &&
      this.#match(node.item, at, step, (reached) => {
        // An empty round more is none.
        if (reached === at && times >= node.min) return false;
        return this.#repeat(node, times + 1, reached, step, next);
      });
    if (times < node.min) return more();
    return node.isLazy ? next(at) || more() : more() || next(at);
  }

  /** A repeat of one set needs no recursion. */
  #run(
    table: Uint32Array,
    min: number,
    max: number,
    isLazy: boolean,
    at: number,
    step: 1 | -1,
    next: (at: number) => boolean,
  ): boolean {
    let times = 0;
    while (times < min) {
      if (!this.#isIn(table, at + times * step, step)) return false;
      times++;
    }
    if (isLazy) {
      for (;;) {
        if (next(at + times * step)) return true;
        if (times >= max || !this.#isIn(table, at + times * step, step)) return false;
        times++;
      }
    }
    while (times < max && this.#isIn(table, at + times * step, step)) times++;
    for (; times >= min; times--) {
      this.#count();
      if (next(at + times * step)) return true;
    }
    return false;
  }

  #isIn(table: Uint32Array, at: number, step: 1 | -1): boolean {
    this.#count();
    const place = step === 1 ? at : at - 1;
    return place >= 0 && place < this.#text.length && has(table, this.#text.charCodeAt(place) & 0xff);
  }

  #holds(name: '^' | '$' | 'b' | 'B', at: number): boolean {
    if (name === '^') return at === 0;
    if (name === '$') return at === this.#text.length;
    return (this.#isWord(at - 1) !== this.#isWord(at)) === (name === 'b');
  }

  #isWord(at: number): boolean {
    return /\w/.test(this.#text[at] ?? '');
  }
}
