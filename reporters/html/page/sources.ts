import { SHORT_SURFACES } from '../../../src/util/surface-names.ts';
import type { CheckRow, ControlRow, PageData } from '../model.ts';
import { count, el, findAll } from './dom.ts';
import { labelOf } from './facets.ts';
import { outcome as mark, ORDER } from './outcome.ts';
import type { Row } from './rows.ts';

/** Open findings that are listed, by the rule and the source at which they count. */
export type Listed = ReadonlyMap<string, number>;

export function listedAt(rows: readonly Row[]): Listed {
  const counts = new Map<string, number>();
  for (const { rule, status, judged } of rows) {
    if (status !== 'new' && status !== 'open') continue;
    for (const surface of judged) {
      const name = `${rule.id}@${surface}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return counts;
}

/** How a control stands at each source: a small cell with a name, a sign and a word, and a number that says what of. */
export function drawSources(panel: HTMLElement, data: PageData, listed: Listed): void {
  const prefix = `${panel.dataset.framework}:`;
  const controls = new Map(data.controls.filter(({ ref }) => ref.startsWith(prefix)).map((control) => [control.ref, control]));
  const used = new Set([...controls.values()].flatMap(({ sources }) => sources.map(([surface]) => surface)));
  // Each source has its place in all rows, so that a column of cells is one source.
  const slots = Object.keys(data.surfaces).filter((surface) => used.has(surface));
  for (const list of findAll('ul[data-sources-of]', panel)) {
    const control = controls.get(list.dataset.sourcesOf ?? '');
    if (control === undefined || list.childElementCount > 0) continue;
    const last = control.sources.at(-1)?.[0];
    list.append(
      ...control.sources.map((source) => cell(control, source, slots.indexOf(source[0]) + 1, data, listed)),
      ...(last === slots.at(-1) ? [] : [el('li', { class: `s${slots.length}`, 'aria-hidden': 'true' })]),
    );
  }
}

function cell(
  { ref, checks }: ControlRow,
  [surface, outcome, findings]: ControlRow['sources'][number],
  slot: number,
  data: PageData,
  listed: Listed,
): HTMLElement {
  const mine = checks
    .flatMap((place) => data.checks[place] ?? [])
    .filter(({ sources }) => sources.some(([at]) => at === surface));
  const shown = mine.reduce((n, { id }) => n + (listed.get(`${id}@${surface}`) ?? 0), 0);
  const hidden = data.unlisted === '' ? 0 : Math.max(0, findings - shown);
  const name = encodeURIComponent(ref);
  const hasList = outcome === 'fail' && findings > hidden;
  const tally = tallyOf(mine, surface);
  // In a seventeenth of the width there is no room for both words; the title has them.
  const short =
    surface === 'google-workspace' ? 'Workspace' : (SHORT_SURFACES[surface as keyof typeof SHORT_SURFACES] ?? surface);
  return el(
    'li',
    { class: `s${slot} ${outcome}` },
    el(
      'a',
      {
        href: hasList ? `#control=${name}&judged=${surface}` : `#checks=${name}&at=${surface}`,
        title: `${labelOf('surface', surface, data)}: ${outcome.replace('-', ' ')}, ${tally.says}${hidden === 0 ? '' : `; of its findings ${hidden} ${data.unlisted}`}`,
      },
      el('b', {}, short.charAt(0).toUpperCase() + short.slice(1)),
      mark(outcome),
      el(
        'small',
        {},
        findings > 0 ? count(findings, 'finding') : tally.short,
        hidden === 0 ? undefined : `, ${hidden} not shown`,
      ),
    ),
  );
}

/** How many of the checks that have something to look at ran, and how all ended. */
function tallyOf(checks: readonly CheckRow[], surface: string): { readonly short: string; readonly says: string } {
  const ended = checks.map(({ sources }) => sources.find(([at]) => at === surface)?.[1] ?? '');
  const of = (kind: string): number => ended.filter((outcome) => outcome === kind).length;
  const parts = ORDER.flatMap((kind) => (of(kind) === 0 ? [] : [`${of(kind)} ${kind.replace('-', ' ')}`]));
  const all = checks.length - of('not-applicable');
  const ran = all - of('not-assessed');
  return {
    short: all === 0 || ran === all ? count(all === 0 ? checks.length : all, 'check') : `${ran} of ${all} ran`,
    says: `${count(checks.length, 'check')}: ${parts.join(', ')}`,
  };
}
