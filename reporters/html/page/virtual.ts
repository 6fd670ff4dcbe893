/** A list of which only the rows in sight are elements: 50,000 rows cost what 40 do. All rows are of one height. */
export class VirtualList<T> {
  readonly box: HTMLElement;
  readonly #spacer: HTMLElement;
  readonly #height: () => number;
  readonly #render: (item: T, index: number) => HTMLElement;
  #items: readonly T[] = [];
  #shown = new Map<number, HTMLElement>();
  #queued = false;

  constructor(box: HTMLElement, height: () => number, render: (item: T, index: number) => HTMLElement) {
    this.box = box;
    this.#height = height;
    this.#render = render;
    this.#spacer = document.createElement('div');
    this.#spacer.className = 'spacer';
    this.#spacer.setAttribute('role', 'presentation');
    box.append(this.#spacer);
    box.addEventListener('scroll', () => this.#queue(), { passive: true });
    new ResizeObserver(() => this.#queue()).observe(box);
  }

  get items(): readonly T[] {
    return this.#items;
  }

  set(items: readonly T[]): void {
    this.#items = items;
    this.refresh();
  }

  /** Draws anew what is in sight. */
  refresh(): void {
    for (const row of this.#shown.values()) row.remove();
    this.#shown.clear();
    this.#spacer.style.height = `${this.#items.length * this.#height()}px`;
    this.#draw();
  }

  /** Scrolls the least that is needed. */
  reveal(index: number): void {
    const height = this.#height();
    const top = index * height;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + height > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + height - this.box.clientHeight;
    this.#draw();
  }

  element(index: number): HTMLElement | undefined {
    return this.#shown.get(index);
  }

  #queue(): void {
    if (this.#queued) return;
    this.#queued = true;
    requestAnimationFrame(() => {
      this.#queued = false;
      this.#draw();
    });
  }

  #draw(): void {
    const height = this.#height();
    const first = Math.max(0, Math.floor(this.box.scrollTop / height) - 8);
    const last = Math.min(this.#items.length, Math.ceil((this.box.scrollTop + (this.box.clientHeight || 600)) / height) + 8);
    for (const [index, row] of this.#shown) {
      if (index >= first && index < last) continue;
      row.remove();
      this.#shown.delete(index);
    }
    for (let index = first; index < last; index += 1) {
      const item = this.#items[index];
      if (item === undefined || this.#shown.has(index)) continue;
      const row = this.#render(item, index);
      row.style.transform = `translateY(${index * height}px)`;
      this.#spacer.append(row);
      this.#shown.set(index, row);
    }
  }
}
