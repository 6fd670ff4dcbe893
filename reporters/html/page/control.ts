import type { CheckRow, ControlRow, PageData } from '../model.ts';
import { type Child, count, el, thousands } from './dom.ts';
import { labelOf } from './facets.ts';
import { ORDER, outcome } from './outcome.ts';
import type { Row } from './rows.ts';

const CHECKS = 150;
const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'];
const TITLES: { readonly [outcome: string]: string } = {
  fail: 'Failed',
  partial: 'Ran on part of what they need',
  'not-assessed': 'Could not run',
  excepted: 'Found what somebody accepts',
  pass: 'Passed',
  'not-applicable': 'Had nothing to look at',
};

/** How a check ended here: at the source that is looked at, else altogether. */
interface Ended {
  readonly check: CheckRow;
  readonly outcome: string;
  readonly findings: number;
  readonly isPart: boolean;
  /** The control of another catalogue that leads here; empty where the check names this one itself. */
  readonly via: string;
}

/** A control in the panel at the side; `undefined` where the report has none of that name, or no check of it. */
export function controlPanel(
  ref: string,
  surface: string | undefined,
  data: PageData,
  rows: readonly Row[],
): readonly Child[] | undefined {
  const control = data.controls.find((row) => row.ref === ref);
  if (control === undefined) return undefined;
  const framework = data.frameworks.find(({ id }) => ref.startsWith(`${id}:`));
  const known = framework?.controls.find(({ id }) => ref === `${framework.id}:${id}`);
  const at = surface === undefined ? undefined : control.sources.find(([name]) => name === surface);
  const ended = gravestFirst(checksOf(control, surface, data), data);
  return [
    el(
      'p',
      { class: 'kicker' },
      `${framework?.title ?? ''} · ${known?.id ?? ref}${known?.formerly === undefined ? '' : ` (formerly ${known.formerly})`}`,
    ),
    el(
      'h2',
      { tabindex: '-1' },
      known?.title ?? ref,
      surface === undefined ? undefined : ` · ${labelOf('surface', surface, data)}`,
    ),
    el(
      'p',
      { class: 'message' },
      outcome(at?.[1] ?? control.outcome),
      ' ',
      tally(ended, at === undefined ? control.population : undefined),
    ),
    surface === undefined ? el('p', {}, control.reason) : coverage(surface, data),
    findingsLinks(ref, surface, rows, ended, data),
    ...ORDER.flatMap((kind) =>
      group(
        kind,
        ended.filter((item) => item.outcome === kind),
      ),
    ),
    sources(control, surface, data),
  ];
}

function checksOf(control: ControlRow, surface: string | undefined, data: PageData): Ended[] {
  const parts = new Set(control.parts);
  return control.checks.flatMap((place, index) => {
    const via = control.vias?.[index] ?? '';
    const check = data.checks[place];
    if (check === undefined) return [];
    const isPart = parts.has(place);
    if (surface === undefined) return [{ check, outcome: check.outcome, findings: check.findings, isPart, via }];
    const here = check.sources.find(([name]) => name === surface);
    return here === undefined ? [] : [{ check, outcome: here[1], findings: here[2], isPart, via }];
  });
}

/** What they looked at each counts once, over all of its sources. */
/** Of those that failed the gravest come first, and those that found most. */
function gravestFirst(ended: readonly Ended[], data: PageData): Ended[] {
  const severities = new Map(data.rules.map(({ id, severity }) => [id, SEVERITIES.indexOf(severity)]));
  const rank = ({ check }: Ended): number => severities.get(check.id) ?? SEVERITIES.length;
  return [...ended].sort((a, b) => rank(a) - rank(b) || b.findings - a.findings || (a.check.id < b.check.id ? -1 : 1));
}

function tally(ended: readonly Ended[], population: number | undefined): string {
  const parts = ORDER.flatMap((kind) => {
    const n = ended.filter((item) => item.outcome === kind).length;
    return n === 0 ? [] : [`${thousands(n)} ${kind.replace('-', ' ')}`];
  });
  const looked = population === undefined ? '' : ` They looked at ${population === 0 ? 'nothing' : count(population, 'thing')}.`;
  return `${count(ended.length, 'check')}: ${parts.join(', ')}.${looked}`;
}

/** Whether the source was read at all says what silence of it is worth. */
function coverage(surface: string, data: PageData): Node {
  const row = data.coverage.find((item) => item.surface === surface);
  const declared = data.declaredAbsent.find((item) => item.surface === surface);
  if (row === undefined && declared === undefined)
    return el('p', { class: 'missing' }, 'This source was not looked at: none was given.');
  if (row === undefined)
    return el(
      'p',
      { class: 'missing' },
      `This source is declared absent by ${declared?.declaredBy}: ${declared?.reason}. `,
      declared?.why === undefined ? undefined : [el('b', {}, 'Not believed: '), declared.why],
    );
  const figures = row.figures === '' ? '' : ` (${row.figures})`;
  if (row.gaps.length === 0) return el('p', {}, `The source was read completely${figures}.`);
  return el(
    'div',
    { class: 'missing' },
    el('p', {}, `The source was not read completely${figures}:`),
    el('ul', {}, ...row.gaps.map(([subject, how, why]) => el('li', {}, el('b', {}, subject), `: ${how}. ${why}`))),
  );
}

function findingsLinks(
  ref: string,
  surface: string | undefined,
  rows: readonly Row[],
  ended: readonly Ended[],
  data: PageData,
): Node | undefined {
  const mine = rows.filter((row) => row.controls.includes(ref) && (surface === undefined || row.judged.includes(surface)));
  const open = mine.filter(({ status }) => status === 'new' || status === 'open').length;
  const excepted = mine.filter(({ status }) => status === 'excepted').length;
  const all = ended.reduce((n, { findings }) => n + findings, 0);
  const hidden = data.unlisted === '' ? 0 : Math.max(0, all - open);
  if (open + excepted + hidden === 0) return undefined;
  const base = `#control=${encodeURIComponent(ref)}${surface === undefined ? '' : `&judged=${surface}`}`;
  return el(
    'p',
    { class: 'links' },
    open === 0 ? undefined : el('a', { href: base }, `Show ${count(open, 'open finding')}`),
    excepted === 0 ? undefined : el('a', { href: `${base}&status=excepted` }, `Show ${count(excepted, 'excepted finding')}`),
    hidden === 0
      ? undefined
      : el(
          'span',
          {},
          `${count(hidden, open === 0 ? 'finding is' : 'more is', open === 0 ? 'findings are' : 'more are')} ${data.unlisted}.`,
        ),
  );
}

function group(kind: string, items: readonly Ended[]): Node[] {
  if (items.length === 0) return [];
  const list = el(
    'ul',
    { class: 'plain checks' },
    ...items
      .slice(0, CHECKS)
      .map(({ check, findings, isPart, via }) =>
        el(
          'li',
          {},
          outcome(kind, true),
          el('span', {}, check.title, isPart ? el('small', {}, ' (bears on a part of it)') : undefined),
          el(
            'small',
            {},
            el('a', { href: `#method-${check.id}` }, check.id),
            kind === 'not-assessed' ? '' : `, looked at ${thousands(check.population)}`,
            findings === 0 ? '' : `, ${count(findings, 'finding')}`,
            via === '' ? '' : `, by way of ${via}`,
            whyOf(check, kind),
          ),
        ),
      ),
  );
  const more = items.length - CHECKS;
  return [
    el('h3', {}, `${TITLES[kind] ?? kind}: ${count(items.length, 'check')}`),
    list,
    ...(more > 0 ? [el('p', {}, `and ${thousands(more)} more; the table of checks under "Method" has all.`)] : []),
  ];
}

/** Where it found something elsewhere, its own reason is not about this place. */
function whyOf({ reason, outcome: all }: CheckRow, kind: string): string {
  if (kind === 'partial' && all === 'fail')
    return '. That it found nothing here proves little: not all it needs was read, or told';
  return reason === undefined || kind === 'pass' || kind === 'fail'
    ? ''
    : `. ${reason.charAt(0).toUpperCase()}${reason.slice(1)}`;
}

function sources(control: ControlRow, surface: string | undefined, data: PageData): Node[] {
  return [
    el('h3', {}, 'By source'),
    el(
      'ul',
      { class: 'plain' },
      ...control.sources.map(([name, how, findings]) =>
        el(
          'li',
          {},
          name === surface
            ? el('b', {}, labelOf('surface', name, data))
            : el('a', { href: `#checks=${encodeURIComponent(control.ref)}&at=${name}` }, labelOf('surface', name, data)),
          ' ',
          outcome(how),
          findings === 0 ? '' : `, ${count(findings, 'finding')}`,
        ),
      ),
      surface === undefined
        ? undefined
        : el('li', {}, el('a', { href: `#checks=${encodeURIComponent(control.ref)}` }, 'All sources together')),
    ),
  ];
}
