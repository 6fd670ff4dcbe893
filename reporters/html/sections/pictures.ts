import type { Sessions, SessionView } from '../../../src/contracts/report-parts.ts';
import type { Report } from '../../../src/contracts/reporter.ts';
import { compare, count, list, thousands } from '../../../src/util/report-text.ts';
import { ageChart } from '../ages.ts';
import { shortName } from '../fixes.ts';
import { type Html, html, type Part } from '../html.ts';
import { figures, MARKS, named, section, table } from './section.ts';

const PATHS = 15;
const ROWS = 25;

/** Each picture stands beside the sentence it shows and a table of its numbers, which is what is left without a script. */
function figure(id: string, title: string, says: Part, numbers: Html | undefined, isEmpty: boolean): Html {
  return html`<figure id="${id}"><figcaption><h3>${title}</h3><p>${says}</p></figcaption>${!isEmpty && html`<div class="chart" data-chart="${id}" role="img" aria-label="${title}; the numbers are in the table below"></div>`}${numbers !== undefined && html`<details class="numbers-of"><summary>The numbers</summary>${numbers}</details>`}</figure>`;
}

export function lineageSection(report: Report): Html {
  const lineage = report.parts?.lineage;
  const nodes = lineage?.nodes ?? [];
  const omitted = lineage?.omitted.nodes ?? 0;
  const lead =
    nodes.length === 0
      ? 'No identity is joined to a credential, a place or a right in this run.'
      : html`Where keys lie, whose they are, and what a thief of one would reach. ${omitted > 0 && `${thousands(omitted)} further nodes were left out of the file. `}<span class="js">Click a node to see its paths.</span>`;
  return section({
    id: 'lineage',
    title: 'Identity lineage',
    lead,
    body:
      nodes.length > 0 &&
      html`<div class="lineage">
<div class="tools js"><label>Find <input type="search" id="lineage-search" placeholder="identity, key, file, owner" list="lineage-names" autocomplete="off"></label><datalist id="lineage-names"></datalist><button type="button" id="lineage-top">Top risk paths</button><output id="lineage-says"></output></div>
${legend()}
<div class="scroll"><div class="chart graph js" data-chart="lineage" role="img" aria-label="Graph of places, credentials, identities and what they reach; the paths are in the table below"></div></div>
<div id="lineage-path" class="path" aria-live="polite"></div>
${pathTable(report)}
</div>`,
    view: 'engineer',
  });
}

const SHAPES: readonly (readonly [mark: string, word: string])[] = [
  ['▮', 'place'],
  ['●', 'owner'],
  ['◆', 'credential'],
  ['▲', 'consumer, or who may become it'],
  ['■', 'identity'],
  ['•', 'may do'],
  ['□', 'resource'],
];
const LINES: readonly (readonly [kind: string, word: string])[] = [
  ['solid', 'leads to'],
  ['dotted', 'owns'],
  ['dashed', 'may become'],
];

/** What shapes, lines and colours stand for; beside a name its worst severity is told by a sign and a number as well. */
function legend(): Html {
  return html`<p class="legend js">${SHAPES.map(([mark, word]) => html`<span><i aria-hidden="true">${mark}</i>${word}</span>`)}${LINES.map(([kind, word]) => html`<span><i class="stroke ${kind}" aria-hidden="true"></i>${word}</span>`)}<span>behind a name the worst finding and how many: ${(['critical', 'high', 'medium', 'low'] as const).map((severity) => html`<b class="sev ${severity}">${MARKS[severity]} ${severity}</b> `)}</span></p>`;
}

/** The same in words: one row a leaked credential or an identity with findings. */
function pathTable(report: Report): Html | undefined {
  const lineage = report.parts?.lineage;
  if (lineage === undefined) return undefined;
  const labels = new Map(lineage.nodes.map((node) => [node.id, node]));
  const label = (id: string): string => named(labels.get(id)?.label ?? id, 70);
  const ends = (identity: string, kind: string, way: 'from' | 'to'): string[] =>
    lineage.edges
      .filter((edge) => edge.kind === kind && edge[way === 'from' ? 'to' : 'from'] === identity)
      .map((edge) => edge[way]);
  const several = (ids: readonly string[]): string =>
    ids.length === 0
      ? ''
      : ids.length > 2
        ? `${ids.slice(0, 2).map(label).join(', ')} and ${ids.length - 2} more`
        : ids.map(label).join(', ');
  const identities = lineage.nodes
    .filter(({ kind, findings }) => kind === 'identity' && findings > 0)
    .sort((a, b) => b.findings - a.findings || compare(a.id, b.id))
    .slice(0, PATHS);
  if (identities.length === 0) return undefined;
  return html`<details class="numbers-of"><summary>The paths in words</summary>${table(
    'Paths through the identities with most findings',
    ['Places', 'Credentials', 'Identity', 'Reaches', 'Owner'],
    identities.map(({ id }) => {
      const keys = ends(id, 'authenticates', 'from');
      const places = lineage.edges.filter((edge) => edge.kind === 'seen-at' && keys.includes(edge.from)).map((edge) => edge.to);
      const reach = [...ends(id, 'has', 'to'), ...ends(id, 'reaches', 'to'), ...ends(id, 'may-become', 'to')];
      return html`<tr><td>${several([...new Set(places)])}</td><td>${several(keys)}</td><th scope="row">${label(id)}</th><td>${several([...new Set(reach)])}</td><td>${several(ends(id, 'owns', 'from')) || html`<em>nobody known</em>`}</td></tr>`;
    }),
  )}</details>`;
}

export function chartsSection(report: Report): Html {
  return section({
    id: 'charts',
    title: 'Age, rights and use',
    body: html`<div class="figures">${agesFigure(report)}${grantedFigure(report)}</div>${sessionsFigure(report)}`,
    view: 'engineer',
  });
}

function agesFigure(report: Report): Html {
  const ages = ageChart(report);
  const all = ages.bins.reduce((sum, { seen, unseen }) => sum + seen + unseen, 0);
  const over = ages.bins.filter(({ from }) => ages.policyDays !== undefined && from >= ages.policyDays);
  const old = over.reduce((sum, { seen, unseen }) => sum + seen + unseen, 0);
  const leaked = over.reduce((sum, { seen }) => sum + seen, 0);
  const says =
    all === 0
      ? 'No credential of a known age is in use.'
      : html`${ages.policyDays === undefined ? `${count(all, 'credential')} in use with a known age` : `${thousands(old)} of ${count(all, 'credential')} in use are older than the ${ages.policyDays} days allowed`}${leaked > 0 && `; ${thousands(leaked)} of those also lie in files or logs`}.${ages.unknown > 0 && ` The age of ${thousands(ages.unknown)} more is not known.`}`;
  const rows = ages.bins.filter(({ seen, unseen }) => seen + unseen > 0);
  return figure(
    'ages',
    'Age of credentials',
    says,
    all === 0
      ? undefined
      : table(
          'Credentials in use by age',
          ['Days', figures('Seen in a place'), figures('Not seen')],
          rows.map(
            ({ from, to, seen, unseen }) =>
              html`<tr><th scope="row">${to === undefined ? `${from} and more` : `${from} to ${to}`}</th><td class="n">${seen}</td><td class="n">${unseen}</td></tr>`,
          ),
        ),
    all === 0,
  );
}

function grantedFigure(report: Report): Html {
  const rows = [...(report.parts?.granted ?? [])].sort(
    (a, b) => b.granted - b.used - (a.granted - a.used) || compare(a.identity, b.identity) || compare(a.side, b.side),
  );
  const granted = rows.reduce((sum, row) => sum + row.granted, 0);
  const used = rows.reduce((sum, row) => sum + row.used, 0);
  const says =
    rows.length === 0
      ? 'For no identity are both its rights and its use known.'
      : `${thousands(granted - used)} of ${count(granted, 'right')} of ${count(new Set(rows.map(({ identity }) => identity)).size, 'identity', 'identities')} were not used in the days that were looked at.`;
  return figure(
    'granted',
    'Granted against used',
    says,
    rows.length === 0
      ? undefined
      : table(
          'Rights granted and used',
          ['Identity', 'Where', figures('Granted'), figures('Used'), 'Unused, for example'],
          rows
            .slice(0, ROWS)
            .map(
              (row) =>
                html`<tr><th scope="row">${named(row.name, 60)}</th><td class="one-line">${row.side}</td><td class="n">${row.granted}</td><td class="n">${row.used}</td><td>${named(row.unused.slice(0, 3).join(', '), 160)}</td></tr>`,
            ),
        ),
    rows.length === 0,
  );
}

export function laneOf({ actorType, via }: Pick<SessionView, 'actorType' | 'via'>): string {
  const who = actorType === 'human' ? 'person' : actorType === undefined || actorType === 'unknown' ? 'unknown' : 'machine';
  return `${who}, ${via === 'gateway' ? 'through the gateway' : 'direct'}`;
}

/** What was asked of a gateway and never ran is no session, and told beside them. */
function requestsText(sessions: Sessions | undefined): string {
  const { refused, waiting } = sessions?.requests ?? { refused: 0, waiting: 0 };
  if (refused + waiting === 0) return '';
  const parts = [
    ...(refused === 0 ? [] : [`${thousands(refused)} refused`]),
    ...(waiting === 0 ? [] : [`${thousands(waiting)} waiting for approval`]),
  ];
  return ` ${count(refused + waiting, 'request')} that never ran ${refused + waiting === 1 ? 'is' : 'are'} not among them: ${list(parts)}.`;
}

function sessionsFigure(report: Report): Html {
  const sessions = report.parts?.sessions;
  const rows = sessions?.rows ?? [];
  const people = rows.filter(({ actorType }) => actorType === 'human').length;
  const direct = rows.filter(({ via }) => via !== 'gateway').length;
  const lanes = new Map<string, Map<string, number>>();
  for (const row of rows) {
    const name = shortName(row.identity ?? row.target ?? 'not told');
    const kinds = lanes.get(name) ?? new Map<string, number>();
    kinds.set(laneOf(row), (kinds.get(laneOf(row)) ?? 0) + 1);
    lanes.set(name, kinds);
  }
  const says =
    rows.length === 0
      ? `No session or use is known one by one.${requestsText(sessions)}`
      : html`${sessions !== undefined && sessions.total > rows.length ? `The newest ${thousands(rows.length)} of ${count(sessions.total, 'session')}` : count(rows.length, 'session')}: ${thousands(people)} by people, ${thousands(direct)} around the gateway. A lane is an account; people in the lane of a machine fall under NHI10.${requestsText(sessions)}`;
  return figure(
    'sessions',
    'Sessions',
    says,
    rows.length === 0
      ? undefined
      : table(
          'Sessions by account',
          ['Account', 'Who and how', figures('Sessions')],
          [...lanes.entries()]
            .sort(([a], [b]) => compare(a, b))
            .slice(0, ROWS)
            .flatMap(([name, kinds]) =>
              [...kinds.entries()]
                .sort(([a], [b]) => compare(a, b))
                .map(
                  ([kind, n]) => html`<tr><th scope="row">${named(name, 70)}</th><td>${kind}</td><td class="n">${n}</td></tr>`,
                ),
            ),
        ),
    rows.length === 0,
  );
}
