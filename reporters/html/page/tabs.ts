import { el, find, findAll } from './dom.ts';

/** Makes tabs of panels that stand one below the other; print shows them all again. */
export class Tabs {
  readonly #panels: readonly HTMLElement[];
  readonly #buttons: readonly HTMLElement[];
  readonly #host: HTMLElement;
  #draw: ((panel: HTMLElement) => void) | undefined;
  #shown = 0;

  constructor(host: HTMLElement) {
    this.#host = host;
    this.#panels = findAll('.panel', host);
    const list = el('div', { role: 'tablist', 'aria-label': 'Frameworks', class: 'tablist' });
    this.#buttons = this.#panels.map((panel, index) => {
      panel.id = `panel-${panel.dataset.framework ?? index}`;
      panel.setAttribute('role', 'tabpanel');
      filterByOutcome(panel);
      return el(
        'button',
        {
          type: 'button',
          role: 'tab',
          id: `tab-${panel.dataset.framework ?? index}`,
          'aria-controls': panel.id,
          onclick: () => this.#show(index),
        },
        panel.dataset.tab ?? '',
      );
    });
    list.append(...this.#buttons);
    list.addEventListener('keydown', (event) => {
      const at = this.#buttons.indexOf(document.activeElement as HTMLElement);
      const to =
        event.key === 'ArrowRight'
          ? at + 1
          : event.key === 'ArrowLeft'
            ? at - 1
            : event.key === 'Home'
              ? 0
              : event.key === 'End'
                ? this.#buttons.length - 1
                : -2;
      if (to === -2) return;
      event.preventDefault();
      const index = (to + this.#buttons.length) % this.#buttons.length;
      this.#show(index);
      this.#buttons[index]?.focus();
    });
    if (this.#panels.length > 1) host.prepend(list);
    this.#show(0);
  }

  /** Opens the tab of a framework; `false` when there is none. */
  open(framework: string): boolean {
    const index = this.#panels.findIndex((panel) => panel.dataset.framework === framework);
    if (index >= 0) this.#show(index);
    return index >= 0;
  }

  /** What fills a panel when it is first seen: of ten frameworks nobody looks at all. */
  fillWith(draw: (panel: HTMLElement) => void): void {
    this.#draw = draw;
    this.fill();
  }

  /** Fills the open panel if it is in sight; on paper all are. */
  fill(isPaper = false): void {
    if (!this.#host.checkVisibility()) return;
    for (const [index, panel] of this.#panels.entries()) if (isPaper || index === this.#shown) this.#draw?.(panel);
  }

  #show(chosen: number): void {
    this.#shown = chosen;
    this.fill();
    for (const [index, panel] of this.#panels.entries()) panel.classList.toggle('away', index !== chosen);
    this.#buttons.forEach((button, index) => {
      button.setAttribute('aria-selected', String(index === chosen));
      button.tabIndex = index === chosen ? 0 : -1;
    });
  }
}

const OUTCOMES = ['fail', 'partial', 'pass', 'excepted', 'not-assessed', 'not-applicable'];

/** Buttons that leave the rows of one outcome. On paper all are there. */
function filterByOutcome(panel: HTMLElement): void {
  const rows = findAll('tr[data-outcome]', panel);
  const outcomes = OUTCOMES.filter((outcome) => rows.some((row) => row.dataset.outcome === outcome));
  if (outcomes.length < 2) return;
  const buttons = ['all', ...outcomes].map((outcome) => {
    const n = outcome === 'all' ? rows.length : rows.filter((row) => row.dataset.outcome === outcome).length;
    const button = el('button', { type: 'button', 'aria-pressed': outcome === 'all' }, `${outcome.replaceAll('-', ' ')} ${n}`);
    button.addEventListener('click', () => {
      for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
      for (const row of rows) {
        const isAway = outcome !== 'all' && row.dataset.outcome !== outcome;
        row.classList.toggle('away', isAway);
        const below = row.nextElementSibling;
        if (below?.classList.contains('by-source') === true) below.classList.toggle('away', isAway);
      }
      for (const head of findAll('tr.group', panel)) head.classList.toggle('away', outcome !== 'all');
    });
    return button;
  });
  find('.counts', panel)?.after(el('div', { class: 'chips outcomes', role: 'group', 'aria-label': 'Outcome' }, ...buttons));
}

export function startTabs(): Tabs | undefined {
  const host = find('#framework-tabs');
  return host === undefined || findAll('.panel', host).length === 0 ? undefined : new Tabs(host);
}
