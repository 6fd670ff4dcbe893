import type { PageData } from '../model.ts';
import { nhiOf, type Row, searchText } from './rows.ts';

/** One way of narrowing the list, and the values that rows have in it. */
export interface Facet {
  readonly key: string;
  readonly title: string;
  readonly values: readonly string[];
  /** Of each row: places in `values`. */
  readonly rows: readonly (readonly number[])[];
  /** Values have an order of their own; else the most frequent come first. */
  readonly order: Definition['order'];
}

interface Definition {
  readonly key: string;
  readonly title: string;
  readonly of: (row: Row) => readonly string[];
  readonly order?: (a: string, b: string) => number;
}

const SEVERITY_ORDER = ['critical', 'high', 'medium', 'low', 'info'];
const STATUS_ORDER = ['new', 'open', 'not-observed', 'fixed', 'excepted'];
const by =
  (order: readonly string[]) =>
  (a: string, b: string): number =>
    order.indexOf(a) - order.indexOf(b);
const byNumber = (a: string, b: string): number => Number(a.slice(3)) - Number(b.slice(3));

const DEFINITIONS: readonly Definition[] = [
  { key: 'severity', title: 'Severity', of: (row) => [row.severity], order: by(SEVERITY_ORDER) },
  { key: 'status', title: 'Status', of: (row) => [row.status], order: by(STATUS_ORDER) },
  { key: 'nhi', title: 'OWASP NHI', of: (row) => nhiOf(row.controls), order: byNumber },
  { key: 'owner', title: 'Owner', of: (row) => [ownerOf(row)] },
  { key: 'environment', title: 'Environment', of: (row) => [row.known?.environment ?? 'not told'] },
  { key: 'surface', title: 'Source', of: (row) => row.surfaces },
  { key: 'confidence', title: 'Confidence', of: (row) => [row.confidence], order: by(['high', 'medium', 'low']) },
  { key: 'control', title: 'Framework', of: (row) => row.controls },
  { key: 'rule', title: 'Rule', of: (row) => [row.rule.id] },
  { key: 'judged', title: 'Judged at', of: (row) => row.judged },
];

export function ownerOf({ known }: Row): string {
  if (known === undefined) return 'no identity';
  if (known.owner === undefined) return 'unowned';
  return known.ownership === 'owner-left' ? `${known.owner} (left)` : known.owner;
}

export function makeFacets(rows: readonly Row[]): Facet[] {
  return DEFINITIONS.map(({ key, title, of, order }) => {
    const counts = new Map<string, number>();
    for (const row of rows) for (const value of of(row)) counts.set(value, (counts.get(value) ?? 0) + 1);
    const values = [...counts.keys()].sort(order ?? ((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || (a < b ? -1 : 1)));
    const places = new Map(values.map((value, index) => [value, index]));
    // Rows of one rule share the list of their controls; so they share the list of its places.
    const shared = new Map<string, readonly number[]>();
    return {
      key,
      title,
      values,
      order,
      rows: rows.map((row) => {
        const mine = of(row);
        const name = mine.length === 1 ? (mine[0] ?? '') : mine.join('\n');
        let list = shared.get(name);
        if (list === undefined) {
          list = mine.map((value) => places.get(value) ?? 0);
          shared.set(name, list);
        }
        return list;
      }),
    };
  });
}

export type Selection = ReadonlyMap<string, ReadonlySet<string>>;

export interface Filtered {
  readonly rows: readonly Row[];
  /** By facet: how many rows each value would leave, all other facets as they are. */
  readonly counts: ReadonlyMap<string, Int32Array>;
}

/** One pass over all rows: a row that only one facet keeps out still counts in that facet. */
export function filterRows(all: readonly Row[], facets: readonly Facet[], selection: Selection, query: string): Filtered {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = facets.map((facet) => {
    const values = selection.get(facet.key);
    return values === undefined || values.size === 0 ? undefined : facet.values.map((value) => values.has(value));
  });
  const counts = facets.map(({ values }) => new Int32Array(values.length));
  const rows: Row[] = [];
  for (let index = 0; index < all.length; index += 1) {
    const row = all[index] as Row;
    let missed = -1;
    let misses = 0;
    for (let f = 0; f < facets.length && misses < 2; f += 1) {
      const wanted = chosen[f];
      if (wanted === undefined) continue;
      const mine = facets[f]?.rows[index] ?? [];
      let hit = false;
      for (const place of mine) if (wanted[place] === true) hit = true;
      if (hit) continue;
      misses += 1;
      missed = f;
    }
    if (misses > 1) continue;
    if (words.length > 0) {
      const text = searchText(row);
      if (!words.every((word) => text.includes(word))) continue;
    }
    if (misses === 0) rows.push(row);
    for (let f = 0; f < facets.length; f += 1) {
      if (misses === 1 && f !== missed) continue;
      const tally = counts[f] as Int32Array;
      for (const place of facets[f]?.rows[index] ?? []) tally[place] = (tally[place] ?? 0) + 1;
    }
  }
  return { rows, counts: new Map(facets.map((facet, f) => [facet.key, counts[f] as Int32Array])) };
}

/** What a value is called: a control by its id and title, a source by its title. */
export function labelOf(key: string, value: string, data: PageData): string {
  if (key === 'surface' || key === 'judged') return data.surfaces[value] ?? value;
  if (key !== 'control') return value;
  const at = value.indexOf(':');
  const framework = data.frameworks.find(({ id }) => id === value.slice(0, at));
  const control = framework?.controls.find(({ id }) => id === value.slice(at + 1));
  return control === undefined ? value : `${control.id} ${control.title === control.id ? '' : control.title}`.trim();
}
