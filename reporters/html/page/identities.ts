import type { IdentityView } from '../../../src/contracts/reporter.ts';
import type { PageData } from '../model.ts';
import { saveCsv } from './csv.ts';
import { type Detail, ownerCell, severity } from './detail.ts';
import { count, el, find, say, thousands } from './dom.ts';
import { readRoute } from './route.ts';
import { type Row, splitName } from './rows.ts';
import { VirtualList } from './virtual.ts';

const RANK = ['info', 'low', 'medium', 'high', 'critical'];
const STALE = 90 * 86_400_000;
const PRINTED = 1_000;

interface Column {
  readonly key: string;
  readonly title: string;
  readonly sort: (identity: IdentityView) => string | number;
}

/** The inventory: one row an identity, sorted by any column. */
export class Identities {
  readonly #data: PageData;
  readonly #detail: Detail;
  readonly #list: VirtualList<IdentityView>;
  readonly #search: HTMLInputElement;
  readonly #says: HTMLElement;
  readonly #head: HTMLElement;
  readonly #box: HTMLElement;
  readonly #columns: readonly Column[];
  readonly #rights = new Map<string, { granted: number; used: number }>();
  /** Days since the oldest of its keys in use was made or rotated. */
  readonly #ages = new Map<string, number>();
  #sort = 'findings';
  #down = true;
  #active = -1;

  constructor(data: PageData, detail: Detail) {
    this.#data = data;
    this.#detail = detail;
    for (const { identity, granted, used } of data.granted) {
      const sum = this.#rights.get(identity) ?? { granted: 0, used: 0 };
      this.#rights.set(identity, { granted: sum.granted + granted, used: sum.used + used });
    }
    for (const { identity, ageDays, status } of data.credentials) {
      if (identity === undefined || ageDays === undefined || (status ?? 'active') !== 'active') continue;
      this.#ages.set(identity, Math.max(ageDays, this.#ages.get(identity) ?? 0));
    }
    this.#columns = [
      { key: 'name', title: 'Identity', sort: ({ name }) => name.toLowerCase() },
      { key: 'type', title: 'Type', sort: ({ provider, type }) => `${provider} ${type}` },
      { key: 'environment', title: 'Environment', sort: ({ environment }) => environment ?? '' },
      { key: 'owner', title: 'Owner', sort: ({ owner, ownership }) => (ownership === 'owned' ? '1' : '0') + (owner ?? '') },
      { key: 'created', title: 'Made', sort: ({ createdAt }) => createdAt ?? '' },
      { key: 'used', title: 'Last used', sort: ({ lastUsedAt }) => lastUsedAt ?? '' },
      { key: 'credentials', title: 'Keys', sort: ({ credentials }) => credentials },
      { key: 'age', title: 'Oldest key', sort: ({ id }) => this.#ages.get(id) ?? -1 },
      { key: 'rights', title: 'Rights used', sort: ({ id }) => this.#unused(id) },
      { key: 'sessions', title: 'Recorded uses', sort: ({ sessions }) => sessions },
      { key: 'findings', title: 'Findings', sort: ({ worst, findings }) => RANK.indexOf(worst ?? '') * 1e6 + findings },
    ];
    this.#search = el('input', {
      type: 'search',
      id: 'identities-search',
      placeholder: 'Search identities',
      'aria-label': 'Search identities',
      autocomplete: 'off',
    });
    this.#says = el('output', {});
    this.#head = el('div', { class: 'row head', role: 'row' });
    this.#box = el('div', { class: 'list', role: 'rowgroup', tabindex: '0', 'aria-label': 'Identities' });
    this.#list = new VirtualList(
      this.#box,
      () => (innerWidth < 760 ? 58 : 40),
      (identity, index) => this.#row(identity, index),
    );
    find('#identities-list')?.append(
      el(
        'div',
        { class: 'tools' },
        this.#search,
        this.#says,
        el('button', { type: 'button', id: 'identities-csv', onclick: () => this.#csv() }, 'CSV of these rows'),
      ),
      el(
        'div',
        { class: 'scroll' },
        el(
          'div',
          { class: 'grid', role: 'table', 'aria-label': 'Identities', 'aria-colcount': this.#columns.length },
          el('div', { role: 'rowgroup' }, this.#head),
          this.#box,
        ),
      ),
      el('div', { class: 'print-only', id: 'identities-print' }),
    );
    this.#search.addEventListener('input', () => this.apply());
    this.#box.addEventListener('click', (event) => {
      const place = (event.target as HTMLElement).closest<HTMLElement>('[data-index]')?.dataset.index;
      if (place !== undefined) this.#act(Number(place));
    });
    this.#box.addEventListener('keydown', (event) => this.#key(event));
    addEventListener('beforeprint', () => this.#print());
    addEventListener('afterprint', () => find('#identities-print')?.replaceChildren());
    (find('#identities-list') as HTMLElement).hidden = data.identities.length === 0;
    find('#identities-static')?.setAttribute('hidden', '');
  }

  apply(): void {
    const words = this.#search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const route = readRoute();
    const now = Date.parse(this.#data.run.startedAt);
    const column = this.#columns.find(({ key }) => key === this.#sort) ?? (this.#columns[0] as Column);
    const rows = this.#data.identities.filter((identity) => {
      if (route.get('ownership') === 'unowned' && identity.ownership === 'owned') return false;
      if (
        route.get('unused') === 'true' &&
        !(identity.enabled !== false && identity.lastUsedAt !== undefined && now - Date.parse(identity.lastUsedAt) > STALE)
      )
        return false;
      if (words.length === 0) return true;
      const text = [
        identity.id,
        identity.name,
        identity.type,
        identity.owner,
        identity.ownership,
        identity.environment,
        ...identity.capabilities,
      ]
        .join(' ')
        .toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const keys = new Map(rows.map((identity) => [identity, column.sort(identity)]));
    rows.sort((a, b) => {
      const [first, second] = [keys.get(a) ?? '', keys.get(b) ?? ''];
      return (first < second ? -1 : first > second ? 1 : 0) * (this.#down ? -1 : 1) || (a.id < b.id ? -1 : 1);
    });
    this.#active = -1;
    this.#list.set(rows);
    this.#drawHead();
    this.#says.textContent =
      rows.length === this.#data.identities.length
        ? `all ${thousands(rows.length)}`
        : `${thousands(rows.length)} of ${thousands(this.#data.identities.length)}`;
  }

  #drawHead(): void {
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.id : '';
    this.#head.replaceChildren(
      ...this.#columns.map(({ key, title }) =>
        el(
          'div',
          {
            role: 'columnheader',
            class: `c-${key}`,
            'aria-sort': key === this.#sort ? (this.#down ? 'descending' : 'ascending') : 'none',
          },
          el(
            'button',
            { type: 'button', id: `sort-${key}`, onclick: () => this.#sortBy(key) },
            title,
            key === this.#sort ? el('i', { 'aria-hidden': 'true' }, this.#down ? ' ↓' : ' ↑') : undefined,
          ),
        ),
      ),
    );
    if (focused.startsWith('sort-')) document.getElementById(focused)?.focus();
  }

  #sortBy(key: string): void {
    this.#down = key === this.#sort ? !this.#down : !['name', 'type', 'environment', 'owner'].includes(key);
    this.#sort = key;
    this.apply();
    say(`Sorted by ${key}`);
  }

  #row(identity: IdentityView, index: number): HTMLElement {
    const { scope } = splitName(identity.id);
    const rights = this.#rights.get(identity.id);
    const age = this.#ages.get(identity.id);
    const cell = (key: string, ...content: Parameters<typeof el>[2][]): HTMLElement =>
      el('div', { role: 'cell', class: `c-${key}` }, ...content);
    return el(
      'div',
      { class: 'row', role: 'row', 'data-index': index, 'aria-rowindex': index + 2, 'aria-selected': index === this.#active },
      cell('name', el('span', { class: 'name', title: identity.id }, identity.name, ' ', el('small', {}, scope))),
      cell('type', `${identity.provider} ${identity.type}`),
      cell('environment', identity.environment ?? ''),
      cell('owner', ...ownerCell(identity)),
      cell('created', identity.createdAt?.slice(0, 10) ?? ''),
      cell('used', identity.lastUsedAt?.slice(0, 10) ?? ''),
      cell('credentials', identity.credentials === 0 ? '' : thousands(identity.credentials)),
      cell('age', age === undefined ? '' : `${thousands(age)} d`),
      cell('rights', rights === undefined ? '' : `${thousands(rights.used)} of ${thousands(rights.granted)}`),
      cell('sessions', identity.sessions === 0 ? '' : thousands(identity.sessions)),
      cell(
        'findings',
        identity.findings === 0
          ? ''
          : [isSeverity(identity.worst) ? severity(identity.worst) : undefined, ` ${thousands(identity.findings)}`],
      ),
    );
  }

  #act(index: number): void {
    const identity = this.#list.items[index];
    if (identity === undefined) return;
    this.#list.element(this.#active)?.setAttribute('aria-selected', 'false');
    this.#active = index;
    this.#list.element(index)?.setAttribute('aria-selected', 'true');
    this.#detail.showIdentity(identity);
  }

  #key(event: KeyboardEvent): void {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (event.key === 'Enter' && this.#active >= 0) this.#act(this.#active);
    else if (step !== 0) {
      this.#list.element(this.#active)?.setAttribute('aria-selected', 'false');
      this.#active = Math.max(0, Math.min(this.#list.items.length - 1, this.#active + step));
      this.#list.reveal(this.#active);
      this.#list.element(this.#active)?.setAttribute('aria-selected', 'true');
    } else return;
    event.preventDefault();
  }

  #unused(id: string): number {
    const rights = this.#rights.get(id);
    return rights === undefined ? -1 : rights.granted - rights.used;
  }

  #csv(): void {
    saveCsv(
      `nhi-audit-identities-${this.#data.run.startedAt.slice(0, 10)}.csv`,
      [
        'id',
        'name',
        'provider',
        'type',
        'environment',
        'owner',
        'ownership',
        'created_at',
        'last_used_at',
        'credentials',
        'sightings',
        'consumers',
        'capabilities',
        'oldest_key_days',
        'granted',
        'used',
        'sessions',
        'findings',
        'worst',
      ],
      this.#list.items.map((row) => [
        row.id,
        row.name,
        row.provider,
        row.type,
        row.environment ?? '',
        row.owner ?? '',
        row.ownership,
        row.createdAt ?? '',
        row.lastUsedAt ?? '',
        String(row.credentials),
        String(row.sightings),
        String(row.consumers),
        row.capabilities.join(' '),
        String(this.#ages.get(row.id) ?? ''),
        String(this.#rights.get(row.id)?.granted ?? ''),
        String(this.#rights.get(row.id)?.used ?? ''),
        String(row.sessions),
        String(row.findings),
        row.worst ?? '',
      ]),
    );
    say(`${count(this.#list.items.length, 'row')} saved`);
  }

  #print(): void {
    const rows = this.#list.items;
    const body = rows
      .slice(0, PRINTED)
      .map((row) =>
        el(
          'tr',
          {},
          el('th', { scope: 'row' }, row.name),
          el('td', {}, `${row.provider} ${row.type}`),
          el('td', {}, row.environment ?? ''),
          el(
            'td',
            {},
            row.ownership === 'owned'
              ? (row.owner ?? '')
              : row.owner === undefined
                ? 'nobody known'
                : `${row.owner} (${row.ownership.replace('owner-', '')})`,
          ),
          el('td', {}, row.createdAt?.slice(0, 10) ?? ''),
          el('td', {}, row.lastUsedAt?.slice(0, 10) ?? ''),
          el('td', {}, String(row.credentials)),
          el('td', {}, String(row.findings)),
          el('td', {}, isSeverity(row.worst) ? severity(row.worst) : ''),
        ),
      );
    find('#identities-print')?.replaceChildren(
      el(
        'table',
        {},
        el(
          'caption',
          {},
          rows.length > PRINTED
            ? `The first ${thousands(PRINTED)} of ${thousands(rows.length)} identities`
            : count(rows.length, 'identity', 'identities'),
        ),
        el(
          'thead',
          {},
          el(
            'tr',
            {},
            ...['Identity', 'Type', 'Environment', 'Owner', 'Made', 'Last used', 'Keys', 'Findings', 'Worst'].map((name) =>
              el('th', { scope: 'col' }, name),
            ),
          ),
        ),
        el('tbody', {}, ...body),
      ),
    );
  }
}

function isSeverity(text: string | undefined): text is Row['severity'] {
  return text !== undefined && RANK.includes(text);
}
