import type { FindingTuple, PageData, View } from '../model.ts';
import { startCharts } from './charts.ts';
import { Detail } from './detail.ts';
import { findAll, say } from './dom.ts';
import { redrawCharts } from './echarts.ts';
import { Findings } from './findings.ts';
import { Identities } from './identities.ts';
import { LineageGraph } from './lineage.ts';
import { loadBlock } from './load.ts';
import { readRoute, updateRoute } from './route.ts';
import { type Row, toRows } from './rows.ts';
import { drawSources, listedAt } from './sources.ts';
import { startTabs } from './tabs.ts';
import { startTheme } from './theme.ts';

/** Filters of the findings that a link may name. */
const FILTERS = ['q', 'severity', 'status', 'nhi', 'owner', 'environment', 'surface', 'confidence', 'control', 'rule', 'judged'];

allowNoMarkup();
document.documentElement.classList.add('js');
void start();

/**
 * The policy asks for trusted types: nothing on this page may make markup of a text. The charts' library empties its element
 * that way, and nothing else may pass.
 */
function allowNoMarkup(): void {
  const { trustedTypes } = window as { trustedTypes?: { createPolicy(name: string, rules: object): unknown } };
  trustedTypes?.createPolicy('default', { createHTML: (text: string) => (text === '' ? '' : null) });
}

async function start(): Promise<void> {
  startTheme(redrawCharts);
  const tabs = startTabs();
  const data = await loadBlock<PageData>('data');
  if (data === undefined) return;
  viewChanged = () => tabs?.fill();
  setView(viewOf(data.view));
  forPaper(() => tabs?.fill(true));
  const identities = new Map(data.identities.map((identity) => [identity.id, identity]));
  const rows: Row[] = [];
  const detail = new Detail(data, () => rows);
  const inventory = new Identities(data, detail);
  startCharts(data);
  const graph = new LineageGraph(data);
  for (let index = 0; index < data.blocks; index += 1) {
    rows.push(...toRows((await loadBlock<readonly FindingTuple[]>(`findings-${index}`)) ?? [], data, identities));
  }
  const findings = data.findings === 0 ? undefined : new Findings(data, detail);
  findings?.fill(rows);
  const listed = listedAt(rows);
  tabs?.fillWith((panel) => drawSources(panel, data, listed));
  const byFingerprint = new Map(rows.map((row) => [row.fingerprint, row]));

  const follow = (isFirst: boolean): void => {
    const route = readRoute();
    const section = route.get('section');
    if (route.has('view') || location.hash === '') setView(viewOf(data.view));
    if (isFirst || section === undefined) {
      findings?.fromRoute();
      inventory.apply();
    }
    if (section !== undefined) {
      const framework = /^control-(.+?):/.exec(section)?.[1];
      if (framework !== undefined) tabs?.open(framework);
      goTo(section);
      return;
    }
    const checks = route.get('checks');
    if (checks !== undefined) {
      if (isFirst) {
        tabs?.open(checks.slice(0, checks.indexOf(':')));
        goTo(`control-${checks}`);
      }
      detail.showControl(checks, route.get('at'));
      return;
    }
    const finding = route.get('finding');
    const identity = route.get('identity');
    const known = identity === undefined ? undefined : identities.get(identity);
    const row =
      finding === undefined
        ? undefined
        : (byFingerprint.get(finding) ?? rows.find(({ fingerprint }) => finding.length >= 8 && fingerprint.startsWith(finding)));
    if (row !== undefined) {
      reveal('findings');
      findings?.reveal(row);
      detail.showFinding(row);
    } else if (known !== undefined) detail.showIdentity(known);
    else if (finding !== undefined || identity !== undefined) say('What the link names is not in this report.');
    const lineage = route.get('lineage');
    if (lineage !== undefined) {
      reveal('lineage');
      detail.close();
      graph.show(lineage);
    } else if (row === undefined && FILTERS.some((name) => route.has(name)) && known === undefined) reveal('findings');
    else if (route.has('ownership') || route.has('unused')) reveal('identities');
  };
  follow(true);
  rememberPlaces(() => follow(false));
  for (const button of findAll('[data-set-view]')) {
    button.addEventListener('click', () => {
      const view = asView(button.dataset.setView) ?? 'engineer';
      updateRoute({ view });
      setView(view);
      scrollTo({ top: 0 });
    });
  }
  addEventListener('keydown', (event) => {
    const at = event.target as HTMLElement;
    if (event.key !== '/' || at.closest('input, textarea, select') !== null) return;
    event.preventDefault();
    reveal('findings');
    findings?.focusSearch();
  });
  for (const event of ['beforeprint', 'afterprint']) addEventListener(event, redrawCharts);
  performance.mark('ready');
  document.documentElement.dataset.ready = 'true';
}

/** A step back leads to the view and the place where the link was: a browser restores the place before the view is there again. */
function rememberPlaces(follow: () => void): void {
  const places = new Map<string, number>();
  let isLink = false;
  addEventListener('click', (event) => {
    const link = (event.target as Element).closest('a[href^="#"]');
    if (link === null) return;
    places.set(location.hash, scrollY);
    // What leads to where one is changes nothing, and tells nobody.
    isLink = link.getAttribute('href') !== location.hash;
  });
  addEventListener('hashchange', () => {
    follow();
    const place = isLink ? undefined : places.get(location.hash);
    isLink = false;
    if (place !== undefined) scrollTo({ top: place, behavior: 'instant' });
  });
}

function viewOf(otherwise: View): View {
  return asView(readRoute().get('view')) ?? otherwise;
}

function asView(name: string | undefined): View | undefined {
  return name === 'engineer' || name === 'audit' || name === 'all' ? name : undefined;
}

let viewChanged: () => void = () => undefined;

function setView(view: View): void {
  document.body.dataset.shows = view;
  for (const button of findAll('[data-set-view]')) button.setAttribute('aria-pressed', String(button.dataset.setView === view));
  viewChanged();
}

/** A link to a section of the other view takes one there. */
function goTo(id: string): void {
  const target = document.getElementById(id);
  if (target === null) return;
  for (let details = target.closest('details'); details !== null; details = details.parentElement?.closest('details') ?? null)
    details.open = true;
  const section = target.closest<HTMLElement>('section[data-view]');
  if (section !== null && document.body.dataset.shows !== 'all') setView(asView(section.dataset.view) ?? 'engineer');
  target.scrollIntoView({ block: 'start' });
}

function reveal(id: string): void {
  goTo(id);
}

/**
 * On paper is what the page shows: the engineer's view, the audit's, or all. Everything of it stands open, in dark ink; what was
 * folded is folded again after it. Asked for before the charts are, so that they are drawn in the colours of paper.
 */
function forPaper(fill: () => void): void {
  let opened: HTMLDetailsElement[] = [];
  let theme: string | undefined;
  addEventListener('beforeprint', () => {
    opened = findAll<HTMLDetailsElement>('main details:not([open])');
    for (const details of opened) details.open = true;
    theme = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = 'light';
    fill();
  });
  addEventListener('afterprint', () => {
    for (const details of opened) details.open = false;
    if (theme === undefined) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  });
}
