import type { PageData } from '../model.ts';
import { saveCsv } from './csv.ts';
import { type Detail, ownerCell, severity } from './detail.ts';
import { count, el, find, say, thousands } from './dom.ts';
import { type Facet, type Filtered, filterRows, labelOf, makeFacets, ownerOf } from './facets.ts';
import { readRoute, updateRoute } from './route.ts';
import { nhiOf, type Row, searchText, splitName } from './rows.ts';
import { VirtualList } from './virtual.ts';

/** So many values of a facet stand open; the rest behind "more". */
const VALUES = 7;
/** Up to so many findings all rules stand open. */
const OPEN_UP_TO = 60;
const PRINTED = 1_000;
/** Only links choose them; a chip says so. */
const HIDDEN = ['rule', 'judged'];
const OPEN = ['new', 'open'];

interface Group {
  readonly rule: Row['rule'];
  readonly rows: readonly Row[];
}
type Item = { readonly group: Group; readonly row?: Row; readonly place: number; readonly of: number };

/** Findings by rule, with resources inside; facets at the left. */
export class Findings {
  readonly #data: PageData;
  readonly #detail: Detail;
  readonly #host = find('#findings-list') as HTMLElement;
  readonly #list: VirtualList<Item>;
  readonly #tree: HTMLElement;
  readonly #search: HTMLInputElement;
  readonly #says: HTMLElement;
  readonly #chips: HTMLElement;
  readonly #panel: HTMLElement;
  readonly #selection = new Map<string, Set<string>>();
  /** What the reader folded or unfolded by hand. */
  readonly #folds = new Map<string, boolean>();
  readonly #more = new Set<string>();
  #framework = '';
  #all: readonly Row[] = [];
  #facets: readonly Facet[] = [];
  #shown: Filtered = { rows: [], counts: new Map() };
  #groups: readonly Group[] = [];
  #active = 0;

  constructor(data: PageData, detail: Detail) {
    this.#data = data;
    this.#detail = detail;
    this.#framework = data.frameworks.find(({ id }) => id !== 'owasp-nhi-2025')?.id ?? data.frameworks[0]?.id ?? '';
    this.#search = el('input', {
      type: 'search',
      id: 'findings-search',
      placeholder: 'Search findings  /',
      'aria-label': 'Search findings',
      autocomplete: 'off',
    });
    this.#says = el('output', {});
    this.#chips = el('div', { class: 'chips' });
    this.#panel = el('form', {
      class: 'facets',
      'aria-label': 'Narrow the findings',
      onsubmit: (event) => event.preventDefault(),
    });
    this.#tree = el('div', { class: 'list', role: 'tree', tabindex: '0', 'aria-label': 'Findings by rule' });
    this.#list = new VirtualList(
      this.#tree,
      () => (innerWidth < 760 ? 58 : 44),
      (item, index) => this.#row(item, index),
    );
    const fold = el('button', { type: 'button', onclick: () => this.#foldAll() }, 'Fold or unfold all');
    const csv = el('button', { type: 'button', id: 'findings-csv', onclick: () => this.#csv() }, 'CSV of these rows');
    const facets = el('details', { class: 'facet-box' }, el('summary', {}, 'Filters'), this.#panel);
    facets.open = innerWidth >= 900;
    this.#host.append(
      el('div', { class: 'tools' }, this.#search, this.#says, fold, csv),
      this.#chips,
      el('div', { class: 'split' }, facets, this.#tree),
      el('p', { class: 'hint' }, ...keyHints()),
      el('div', { class: 'print-only', id: 'findings-print' }),
    );
    let typed: ReturnType<typeof setTimeout> | undefined;
    this.#search.addEventListener('input', () => {
      this.apply(true);
      clearTimeout(typed);
      typed = setTimeout(() => updateRoute({ q: this.#search.value }), 250);
    });
    this.#tree.addEventListener('keydown', (event) => this.#key(event));
    this.#tree.addEventListener('click', (event) => this.#click(event));
    this.#panel.addEventListener('change', (event) => this.#choose(event));
    addEventListener('beforeprint', () => this.#print());
    addEventListener('afterprint', () => find('#findings-print')?.replaceChildren());
  }

  get rows(): readonly Row[] {
    return this.#all;
  }

  /** Gives it what was read; from now on it stands in place of the static table. */
  fill(rows: readonly Row[]): void {
    this.#all = rows;
    this.#facets = makeFacets(rows);
    this.#host.hidden = false;
    find('#findings-static')?.setAttribute('hidden', '');
    this.#warm(0);
  }

  focusSearch(): void {
    this.#search.focus();
    this.#search.select();
  }

  /** Takes the filters of the fragment; those that it does not name are as they are at the start. */
  fromRoute(): void {
    const route = readRoute();
    this.#search.value = route.get('q') ?? '';
    this.#selection.clear();
    for (const { key } of this.#facets) {
      const given = route.get(key);
      if (given !== undefined && given !== '')
        this.#selection.set(key, new Set(key === 'control' || key === 'owner' ? given.split('|') : given.split(',')));
    }
    if (!this.#selection.has('status') && this.#all.some(({ status }) => OPEN.includes(status)))
      this.#selection.set('status', new Set(OPEN));
    if (route.get('status') === 'any') this.#selection.delete('status');
    const [control] = this.#selection.get('control') ?? [];
    if (control !== undefined) this.#framework = control.slice(0, control.indexOf(':'));
    this.apply();
  }

  /** `soon`: somebody types, and looks at the list; the facets may come a frame later. */
  apply(soon = false): void {
    this.#shown = filterRows(this.#all, this.#facets, this.#selection, this.#search.value);
    const groups = new Map<string, Row[]>();
    for (const row of this.#shown.rows) {
      const group = groups.get(row.rule.id);
      if (group === undefined) groups.set(row.rule.id, [row]);
      else group.push(row);
    }
    this.#groups = [...groups.values()]
      .map((rows) => ({ rule: (rows[0] as Row).rule, rows }))
      .sort(
        (a, b) =>
          (b.rows[0]?.rank ?? 0) - (a.rows[0]?.rank ?? 0) || b.rows.length - a.rows.length || (a.rule.id < b.rule.id ? -1 : 1),
      );
    this.#active = 0;
    this.#drawList();
    if (soon) requestAnimationFrame(() => this.#drawFacets());
    else this.#drawFacets();
    this.#drawChips();
    const { length } = this.#shown.rows;
    this.#says.textContent =
      length === this.#all.length ? `all ${thousands(length)}` : `${thousands(length)} of ${thousands(this.#all.length)}`;
  }

  /** Opens its rule and scrolls to it; filters that would hide it give way. */
  reveal(row: Row): void {
    if (!this.#shown.rows.includes(row)) {
      this.#selection.clear();
      this.#search.value = '';
      this.apply();
    }
    this.#folds.set(row.rule.id, true);
    this.#drawList();
    this.#active = this.#list.items.findIndex((item) => item.row === row);
    this.#list.reveal(this.#active);
    this.#list.refresh();
  }

  #drawList(): void {
    const items: Item[] = [];
    this.#groups.forEach((group, place) => {
      items.push({ group, place, of: this.#groups.length });
      if (!this.#isOpen(group)) return;
      const of = group.rows.length;
      for (const [index, row] of group.rows.entries()) items.push({ group, row, place: index, of });
    });
    this.#tree.classList.toggle('empty', items.length === 0);
    this.#list.set(items);
    this.#mark();
  }

  #row(item: Item, index: number): HTMLElement {
    const common = {
      id: `f${index}`,
      role: 'treeitem',
      'data-index': index,
      'aria-posinset': item.place + 1,
      'aria-setsize': item.of,
      'aria-selected': index === this.#active,
    };
    if (item.row === undefined) {
      const { rule, rows } = item.group;
      const isOpen = this.#isOpen(item.group);
      return el(
        'div',
        { ...common, class: 'row group', 'aria-level': 1, 'aria-expanded': isOpen },
        el('span', { class: 'fold', 'aria-hidden': 'true' }, isOpen ? '▾' : '▸'),
        severity(rows[0]?.severity ?? 'info'),
        el('span', { class: 'name' }, rule.title),
        el('span', { class: 'nhi' }, nhiOf(rule.controls).join(' ')),
        el('b', { class: 'n' }, thousands(rows.length)),
      );
    }
    const { row } = item;
    const { name, scope } = splitName(row.subject);
    const place = row.evidence.find(([, , text]) => text !== '')?.[2] ?? '';
    return el(
      'div',
      {
        ...common,
        class: `row finding${row.status === 'fixed' || row.status === 'excepted' ? ` past ${row.status}` : ''}`,
        'aria-level': 2,
      },
      severity(row.severity),
      el('span', { class: 'name', title: row.subject }, name, ' ', el('small', {}, scope)),
      el('span', { class: 'message', title: row.message }, shortMessage(row)),
      el('code', { class: 'where', title: place }, el('bdi', {}, shortPlace(place))),
      el('span', { class: 'who', title: ownerOf(row) }, row.known === undefined ? '' : ownerCell(row.known)),
      el(
        'span',
        { class: `status ${row.status}` },
        row.status === 'new' && !this.#data.hasPrevious ? '' : row.status === 'not-observed' ? 'not observed' : row.status,
      ),
    );
  }

  #mark(): void {
    this.#tree.setAttribute('aria-activedescendant', `f${this.#active}`);
  }

  #move(to: number): void {
    const before = this.#list.element(this.#active);
    before?.setAttribute('aria-selected', 'false');
    this.#active = Math.max(0, Math.min(this.#list.items.length - 1, to));
    this.#list.reveal(this.#active);
    this.#list.element(this.#active)?.setAttribute('aria-selected', 'true');
    this.#mark();
    const row = this.#list.items[this.#active]?.row;
    if (row !== undefined && this.#detail.isOpen) this.#detail.showFinding(row, false);
  }

  #key(event: KeyboardEvent): void {
    const item = this.#list.items[this.#active];
    if (item === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.#tree.clientHeight / 44) - 1);
    const moves: { readonly [key: string]: () => void } = {
      ArrowDown: () => this.#move(this.#active + 1),
      j: () => this.#move(this.#active + 1),
      ArrowUp: () => this.#move(this.#active - 1),
      k: () => this.#move(this.#active - 1),
      PageDown: () => this.#move(this.#active + page),
      PageUp: () => this.#move(this.#active - page),
      Home: () => this.#move(0),
      End: () => this.#move(this.#list.items.length - 1),
      Enter: () => this.#act(item),
      ' ': () => this.#act(item),
      ArrowRight: () =>
        item.row === undefined && !this.#isOpen(item.group) ? this.#fold(item.group) : this.#move(this.#active + 1),
      ArrowLeft: () => {
        if (item.row === undefined) {
          if (this.#isOpen(item.group)) this.#fold(item.group);
        } else this.#move(this.#list.items.findIndex(({ group, row }) => row === undefined && group === item.group));
      },
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  }

  #click(event: Event): void {
    const place = (event.target as HTMLElement).closest<HTMLElement>('[data-index]')?.dataset.index;
    const item = this.#list.items[Number(place)];
    if (place === undefined || item === undefined) return;
    this.#move(Number(place));
    this.#act(item);
  }

  #act(item: Item): void {
    if (item.row === undefined) this.#fold(item.group);
    else this.#detail.showFinding(item.row, true);
  }

  /** A short list stands open; of a long one the first rule does. */
  #isOpen(group: Group): boolean {
    return this.#folds.get(group.rule.id) ?? (this.#shown.rows.length <= OPEN_UP_TO || group === this.#groups[0]);
  }

  #fold(group: Group): void {
    this.#folds.set(group.rule.id, !this.#isOpen(group));
    this.#drawList();
  }

  #foldAll(): void {
    const open = !this.#groups.every((group) => this.#isOpen(group));
    for (const { rule } of this.#groups) this.#folds.set(rule.id, open);
    this.#active = 0;
    this.#drawList();
  }

  #drawFacets(): void {
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.id : '';
    // That all are new in the first run narrows nothing.
    const useful = this.#facets.filter(({ key, values }) => !HIDDEN.includes(key) && (key !== 'status' || values.length > 1));
    this.#panel.replaceChildren(...useful.map((facet) => this.#facet(facet)));
    if (focused !== '') document.getElementById(focused)?.focus();
  }

  #facet(facet: Facet): HTMLElement {
    const chosen = this.#selection.get(facet.key) ?? new Set();
    const counts = this.#shown.counts.get(facet.key);
    const isControl = facet.key === 'control';
    const values = facet.values
      .map((value, index) => ({ value, index, n: counts?.[index] ?? 0 }))
      .filter(({ value, n }) => (n > 0 || chosen.has(value)) && (!isControl || value.startsWith(`${this.#framework}:`)));
    if (facet.order === undefined) values.sort((a, b) => Number(chosen.has(b.value)) - Number(chosen.has(a.value)) || b.n - a.n);
    const all = this.#more.has(facet.key);
    const shown = all ? values : values.slice(0, facet.key === 'nhi' ? 10 : VALUES);
    return el(
      'fieldset',
      { 'data-facet': facet.key },
      el('legend', {}, facet.title),
      isControl
        ? el(
            'select',
            { 'aria-label': 'Framework', 'data-framework': true },
            ...this.#data.frameworks.map(({ id, title }) => el('option', { value: id, selected: id === this.#framework }, title)),
          )
        : undefined,
      ...shown.map(({ value, index, n }) =>
        el(
          'label',
          { title: labelOf(facet.key, value, this.#data) },
          el('input', {
            type: 'checkbox',
            id: `facet-${facet.key}-${index}`,
            'data-key': facet.key,
            'data-value': value,
            checked: chosen.has(value),
          }),
          facet.key === 'severity'
            ? severity(value as Row['severity'])
            : el('span', {}, value === 'not-observed' ? 'not observed' : labelOf(facet.key, value, this.#data)),
          el('small', {}, thousands(n)),
        ),
      ),
      values.length > shown.length
        ? el(
            'button',
            { type: 'button', onclick: () => this.#showMore(facet.key) },
            `${thousands(values.length - shown.length)} more`,
          )
        : undefined,
    );
  }

  #showMore(key: string): void {
    this.#more.add(key);
    this.#drawFacets();
  }

  #choose(event: Event): void {
    const input = event.target as HTMLInputElement | HTMLSelectElement;
    if (input instanceof HTMLSelectElement) {
      this.#framework = input.value;
      this.#drawFacets();
      return;
    }
    const { key = '', value = '' } = input.dataset;
    this.#toggle(key, value, input.checked);
  }

  #toggle(key: string, value: string, on: boolean): void {
    const chosen = this.#selection.get(key) ?? new Set<string>();
    if (on) chosen.add(value);
    else chosen.delete(value);
    if (chosen.size === 0) this.#selection.delete(key);
    else this.#selection.set(key, chosen);
    const text = [...chosen].join(key === 'control' || key === 'owner' ? '|' : ',');
    updateRoute({ [key]: key === 'status' && text === '' ? 'any' : key === 'status' && text === OPEN.join(',') ? '' : text });
    this.apply();
    say(`${count(this.#shown.rows.length, 'finding')}`);
  }

  #drawChips(): void {
    const chips: HTMLElement[] = [];
    for (const [key, values] of this.#selection) {
      if (key === 'status' && [...values].join() === OPEN.join()) continue;
      for (const value of values) {
        chips.push(
          el(
            'button',
            { type: 'button', title: 'Take this filter away', onclick: () => this.#toggle(key, value, false) },
            `${key === 'nhi' || key === 'severity' ? '' : `${key === 'judged' ? 'counts at' : key}: `}${labelOf(key, value, this.#data)} `,
            el('span', { 'aria-hidden': 'true' }, '✕'),
          ),
        );
      }
    }
    if (chips.length > 0) chips.push(el('button', { type: 'button', class: 'clear', onclick: () => this.#clear() }, 'Clear all'));
    this.#chips.replaceChildren(...chips);
  }

  #clear(): void {
    updateRoute({ q: undefined, ...Object.fromEntries(this.#facets.map(({ key }) => [key, undefined])) });
    this.fromRoute();
  }

  #csv(): void {
    saveCsv(
      `nhi-audit-findings-${this.#data.run.startedAt.slice(0, 10)}.csv`,
      [
        'fingerprint',
        'rule',
        'title',
        'severity',
        'confidence',
        'status',
        'identity',
        'credential',
        'subject',
        'owner',
        'environment',
        'message',
        'place',
        'fix',
        'controls',
        'sources',
        'first_seen',
        'last_seen',
      ],
      this.#shown.rows.map((row) => [
        row.fingerprint,
        row.rule.id,
        row.rule.title,
        row.severity,
        row.confidence,
        row.status,
        row.identity ?? '',
        row.credential ?? '',
        row.subject,
        row.known?.owner ?? '',
        row.known?.environment ?? '',
        row.message,
        row.evidence.find(([, , text]) => text !== '')?.[2] ?? '',
        row.fix,
        row.controls.join(' '),
        row.surfaces.join(' '),
        row.firstSeen,
        row.lastSeen,
      ]),
    );
    say(`${count(this.#shown.rows.length, 'row')} saved`);
  }

  /** Paper has no scroll bar: what is shown becomes a table. */
  #print(): void {
    // Without the heads of groups a list by rule looks like no order at all: the gravest first.
    const { rows } = this.#shown;
    const body = rows
      .slice(0, PRINTED)
      .map((row) =>
        el(
          'tr',
          {},
          el('td', {}, severity(row.severity)),
          el('th', { scope: 'row' }, row.subject),
          el('td', {}, row.rule.title),
          el('td', {}, row.message),
          el('td', {}, row.known === undefined ? '' : ownerOf(row)),
          this.#data.hasPrevious ? el('td', {}, row.status) : undefined,
        ),
      );
    find('#findings-print')?.replaceChildren(
      el(
        'table',
        {},
        el(
          'caption',
          {},
          rows.length > PRINTED
            ? `The first ${thousands(PRINTED)} of ${thousands(rows.length)} findings`
            : count(rows.length, 'finding'),
        ),
        el(
          'thead',
          {},
          el(
            'tr',
            {},
            ...['Severity', 'About', 'Rule', 'What', 'Owner', ...(this.#data.hasPrevious ? ['Status'] : [])].map((name) =>
              el('th', { scope: 'col' }, name),
            ),
          ),
        ),
        el('tbody', {}, ...body),
      ),
    );
  }

  /** What search looks at is made while nobody waits for it. */
  #warm(from: number): void {
    const end = Math.min(this.#all.length, from + 2_000);
    for (let index = from; index < end; index += 1) searchText(this.#all[index] as Row);
    if (end < this.#all.length) setTimeout(() => this.#warm(end), 0);
  }
}

function keyHints(): (Node | string)[] {
  const keys: readonly (readonly [key: string, does: string])[] = [
    ['/', 'search'],
    ['↑ ↓', 'move'],
    ['← →', 'fold, unfold'],
    ['Enter', 'open'],
    ['Esc', 'close'],
  ];
  return keys.flatMap(([key, does]) => [el('kbd', {}, key), ` ${does} `]);
}

/** The file and the line; where in it, and since when, the panel says. */
function shortPlace(place: string): string {
  return place.replace(/ (?:at|in commit) .*$/s, '');
}

/** In a row that begins with the name, the message need not spell it out. */
function shortMessage({ message, identity, known, subject }: Row): string {
  const text = identity === undefined ? message : message.replaceAll(identity, splitName(identity).name);
  const told = [splitName(subject).name, known?.name ?? ''].find((name) => name !== '' && text.startsWith(`${name} `));
  return told === undefined ? text : text.slice(told.length + 1);
}
