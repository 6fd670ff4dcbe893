import type { LineageEdge, LineageKind, LineageNode } from '../../../src/contracts/report-parts.ts';
import type { PageData } from '../model.ts';
import { severity } from './detail.ts';
import { append, count, el, find, say, thousands } from './dom.ts';
import { base, drawChart, type EChartsOption, type EChartsType } from './echarts.ts';
import { updateRoute } from './route.ts';
import { MARKS } from './rows.ts';
import { colour } from './theme.ts';

const MAX_NODES = 60;
const ROW = 27;
/** The plane: four columns in units, each with room for its names. */
const X = [0, 1.3, 2.55, 3.9] as const;
const ROOM = [1.05, 1.0, 1.1, 0.9] as const;
const WIDE = 4.8;
const LEFT = 12;
const RIGHT = 4;
const HEADS = ['Where it lies, whose it is', 'What leads in', 'Identity', 'What it may do'];
const RANK = ['info', 'low', 'medium', 'high', 'critical'];
/** From left to right: where it lies and whose it is; what leads in; the identity; what it may do. */
const COLUMNS: { readonly [kind in LineageKind]: 0 | 1 | 2 | 3 } = {
  place: 0,
  person: 0,
  credential: 1,
  consumer: 1,
  principal: 1,
  identity: 2,
  capability: 3,
  resource: 3,
};
const LOOKS: {
  readonly [kind in LineageKind]: { readonly symbol: string; readonly size: number | [number, number]; readonly says: string };
} = {
  place: { symbol: 'rect', size: [9, 12], says: 'place' },
  person: { symbol: 'circle', size: 11, says: 'owner' },
  credential: { symbol: 'diamond', size: 14, says: 'credential' },
  consumer: { symbol: 'triangle', size: 11, says: 'consumer' },
  principal: { symbol: 'arrow', size: 12, says: 'may become it' },
  identity: { symbol: 'roundRect', size: 14, says: 'identity' },
  capability: { symbol: 'circle', size: 7, says: 'may' },
  resource: { symbol: 'rect', size: [9, 9], says: 'resource' },
};
/** How many of each kind stand beside an identity by default. */
const BESIDE: readonly (readonly [kind: LineageEdge['kind'], n: number])[] = [
  ['owns', 1],
  ['authenticates', 2],
  ['has', 2],
  ['reaches', 2],
  ['runs-as', 2],
  ['may-become', 2],
];
const PLACES = 3;

/** The graph: top risk paths at first, the whole way of one node when it is chosen or found. */
export class LineageGraph {
  readonly #nodes: ReadonlyMap<string, LineageNode>;
  readonly #edges: readonly LineageEdge[];
  readonly #out = new Map<string, LineageEdge[]>();
  readonly #in = new Map<string, LineageEdge[]>();
  readonly #host: HTMLElement | undefined;
  readonly #total: number;
  /** Sessions and other uses of an identity: who came in by it. */
  readonly #sessions = new Map<string, number>();
  #shown: readonly LineageNode[] = [];
  #chosen: string | undefined;
  #chart: EChartsType | undefined;

  constructor({ lineage, identities }: PageData) {
    for (const { id, sessions } of identities) if (sessions > 0) this.#sessions.set(`identity:${id}`, sessions);
    this.#nodes = new Map(lineage.nodes.map((node) => [node.id, node]));
    this.#edges = lineage.edges.filter(({ from, to }) => this.#nodes.has(from) && this.#nodes.has(to));
    this.#total = lineage.nodes.length + lineage.omitted.nodes;
    for (const edge of this.#edges) {
      push(this.#out, edge.from, edge);
      push(this.#in, edge.to, edge);
    }
    this.#host = find('[data-chart="lineage"]');
    if (this.#host === undefined || lineage.nodes.length === 0) return;
    const search = find<HTMLInputElement>('#lineage-search');
    search?.addEventListener('focus', () => this.#names(), { once: true });
    search?.addEventListener('change', () => this.#search(search.value));
    search?.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.#search(search.value);
    });
    find('#lineage-top')?.addEventListener('click', () => {
      if (search !== undefined) search.value = '';
      this.top();
    });
    this.#shown = this.#topNodes();
    this.#size();
    drawChart(
      this.#host,
      () => this.#option(),
      (chart) => {
        this.#chart = chart;
        chart.on('click', (event) => {
          if (event.dataType === 'node') this.choose((event.data as { readonly id: string }).id);
        });
        chart.getZr().on('click', (event) => {
          if (event.target === undefined && this.#chosen !== undefined) this.choose(undefined);
        });
      },
    );
    this.#tell();
  }

  /** Draws what leads most easily to most harm. */
  top(): void {
    this.#shown = this.#topNodes();
    this.#chosen = undefined;
    updateRoute({ lineage: undefined });
    this.#redraw();
  }

  /** Shows the way of one node, drawn anew if it is not there yet. `undefined`: none. */
  choose(id: string | undefined): void {
    this.#chosen = id;
    if (id !== undefined && !this.#shown.some((node) => node.id === id)) this.#shown = this.#around(id);
    this.#redraw();
  }

  /** As a link names it: the node's id, or the identity's. */
  show(name: string): void {
    const id = this.#nodes.has(name) ? name : `identity:${name}`;
    if (!this.#nodes.has(id)) {
      say('It is not in the graph.');
      return;
    }
    this.#shown = this.#around(id);
    this.choose(id);
  }

  #names(): void {
    const list = find('#lineage-names');
    const nodes = [...this.#nodes.values()].sort((a, b) => b.findings - a.findings).slice(0, 500);
    list?.replaceChildren(...nodes.map((node) => el('option', { value: node.label }, LOOKS[node.kind].says)));
  }

  #search(text: string): void {
    const wanted = text.trim().toLowerCase();
    if (wanted === '') return;
    const hits = [...this.#nodes.values()].filter(
      (node) => node.label.toLowerCase().includes(wanted) || node.id.toLowerCase().includes(wanted),
    );
    const best =
      hits.find(({ label }) => label.toLowerCase() === wanted) ?? hits.find(({ kind }) => kind === 'identity') ?? hits[0];
    if (best === undefined) {
      const output = find('#lineage-says');
      if (output !== undefined) output.textContent = 'nothing of that name';
      return;
    }
    this.show(best.id);
  }

  #redraw(): void {
    this.#size();
    this.#chart?.resize();
    this.#chart?.setOption(this.#option(), { notMerge: true });
    this.#tell();
  }

  #tell(): void {
    const output = find('#lineage-says');
    if (output !== undefined) output.textContent = `${thousands(this.#shown.length)} of ${count(this.#total, 'node')}`;
    const path = find('#lineage-path');
    if (path === undefined) return;
    const node = this.#chosen === undefined ? undefined : this.#nodes.get(this.#chosen);
    path.replaceChildren();
    if (node === undefined) return;
    const way = this.#way(node.id);
    const kinds: readonly (readonly [kind: LineageKind, title: string])[] = [
      ['place', 'Seen in'],
      ['credential', 'Credential'],
      ['person', 'Owner'],
      ['consumer', 'Used by'],
      ['principal', 'May become it'],
      ['identity', 'Identity'],
      ['capability', 'May'],
      ['resource', 'Reaches'],
    ];
    append(path, [
      el(
        'h3',
        {},
        node.label,
        ' ',
        el('small', {}, [LOOKS[node.kind].says, node.about].filter(Boolean).join(', ')),
        node.worst === undefined ? undefined : [' ', severity(node.worst), ` ${count(node.findings, 'finding')}`],
      ),
      el(
        'dl',
        {},
        ...kinds.flatMap(([kind, title]) => {
          const mine = [...way].flatMap((id) => this.#nodes.get(id) ?? []).filter((other) => other.kind === kind);
          return mine.length === 0
            ? []
            : [
                el(
                  'div',
                  {},
                  el('dt', {}, title),
                  el(
                    'dd',
                    {},
                    ...mine.slice(0, 12).map((other) => this.#name(other)),
                    mine.length > 12 ? `and ${thousands(mine.length - 12)} more` : undefined,
                  ),
                ),
              ];
        }),
        this.#sessionsOf(way),
      ),
    ]);
  }

  #sessionsOf(way: ReadonlySet<string>): Node | undefined {
    const used = [...way].flatMap((id) => {
      const node = this.#nodes.get(id);
      const n = this.#sessions.get(id);
      return node === undefined || n === undefined ? [] : [el('span', {}, `${node.label} `, el('small', {}, thousands(n)))];
    });
    if (used.length === 0) return undefined;
    return el('div', {}, el('dt', {}, 'Recorded uses'), el('dd', {}, ...used.slice(0, 12)));
  }

  #name(node: LineageNode): Node {
    const text =
      node.kind === 'identity'
        ? el('a', { href: `#identity=${encodeURIComponent(node.id.slice('identity:'.length))}` }, node.label)
        : el('button', { type: 'button', onclick: () => this.choose(node.id) }, node.label);
    return el('span', {}, text, node.about === undefined ? undefined : el('small', {}, ` ${node.about}`));
  }

  #score(id: string): number {
    const node = this.#nodes.get(id);
    if (node === undefined) return 0;
    const keys = (this.#in.get(id) ?? []).filter(({ kind }) => kind === 'authenticates');
    const leaked = keys.filter(({ from }) => (this.#out.get(from) ?? []).some(({ kind }) => kind === 'seen-at')).length;
    const reach = (this.#out.get(id) ?? []).filter(({ kind }) => kind === 'has' || kind === 'reaches').length;
    const grave = RANK.indexOf(node.worst ?? '') + 1;
    return grave * grave * 4 + Math.min(leaked, 3) * 40 + Math.min(reach, 4) * 6 + Math.min(node.findings, 20);
  }

  #topNodes(): LineageNode[] {
    const identities = [...this.#nodes.values()]
      .filter(({ kind, findings }) => kind === 'identity' && findings > 0)
      .map((node) => ({ node, score: this.#score(node.id) }))
      .sort((a, b) => b.score - a.score || (a.node.id < b.node.id ? -1 : 1));
    const ids = new Set<string>();
    for (const { node } of identities) {
      const mine = this.#beside(node.id).filter((id) => !ids.has(id));
      if (ids.size + mine.length > MAX_NODES) {
        if (ids.size > MAX_NODES * 0.75) break;
        continue;
      }
      for (const id of mine) ids.add(id);
    }
    if (ids.size === 0) for (const id of [...this.#nodes.keys()].slice(0, MAX_NODES)) ids.add(id);
    return [...ids].flatMap((id) => this.#nodes.get(id) ?? []);
  }

  #beside(identity: string): string[] {
    const ids = [identity];
    for (const [kind, n] of BESIDE) {
      const near = [
        ...(this.#in.get(identity) ?? []).map((edge) => ({ edge, other: edge.from })),
        ...(this.#out.get(identity) ?? []).map((edge) => ({ edge, other: edge.to })),
      ]
        .filter(({ edge }) => edge.kind === kind)
        .map(({ other }) => other)
        .sort((a, b) => (this.#nodes.get(b)?.findings ?? 0) - (this.#nodes.get(a)?.findings ?? 0));
      for (const id of near.slice(0, n)) {
        ids.push(id);
        if (kind === 'authenticates')
          ids.push(
            ...(this.#out.get(id) ?? [])
              .filter((edge) => edge.kind === 'seen-at')
              .slice(0, PLACES)
              .map(({ to }) => to),
          );
      }
    }
    return [...new Set(ids)];
  }

  /** Everything that leads to a node, and everything it leads to. A place is where a key lies, so it leads to the key. */
  #way(id: string): Set<string> {
    const way = new Set([id]);
    const walk = (from: string, next: (at: string) => readonly string[]): void => {
      const queue = [from];
      for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
        for (const other of next(at)) {
          if (way.has(other)) continue;
          way.add(other);
          queue.push(other);
        }
      }
    };
    walk(id, (at) => [
      ...(this.#out.get(at) ?? []).filter(({ kind }) => kind !== 'seen-at').map(({ to }) => to),
      ...(this.#in.get(at) ?? []).filter(({ kind }) => kind === 'seen-at').map(({ from }) => from),
    ]);
    walk(id, (at) => [
      ...(this.#in.get(at) ?? []).filter(({ kind }) => kind !== 'seen-at').map(({ from }) => from),
      ...(this.#out.get(at) ?? []).filter(({ kind }) => kind === 'seen-at').map(({ to }) => to),
    ]);
    return way;
  }

  #around(id: string): LineageNode[] {
    const way = [...this.#way(id)].flatMap((other) => this.#nodes.get(other) ?? []);
    return way.slice(0, MAX_NODES);
  }

  #size(): void {
    if (this.#host === undefined) return;
    const columns = [0, 1, 2, 3].map((column) => this.#shown.filter(({ kind }) => COLUMNS[kind] === column).length);
    this.#host.style.height = `${Math.max(220, Math.max(...columns) * ROW + 46)}px`;
  }

  /** Each column in the order of what it is joined to, so that few lines cross. */
  #places(): Map<string, readonly [x: number, y: number]> {
    const shown = new Set(this.#shown.map(({ id }) => id));
    const height = new Map<string, number>();
    const columns = [2, 1, 3, 0];
    const members = (column: number): LineageNode[] => this.#shown.filter(({ kind }) => COLUMNS[kind] === column);
    const spread = (nodes: readonly LineageNode[]): void => {
      for (const [index, node] of nodes.entries()) height.set(node.id, (index + 0.5) / nodes.length);
    };
    spread(members(2));
    for (let round = 0; round < 3; round += 1) {
      for (const column of columns.slice(1)) {
        const mean = new Map(
          members(column).map((node) => {
            const near = [
              ...(this.#in.get(node.id) ?? []).map(({ from }) => from),
              ...(this.#out.get(node.id) ?? []).map(({ to }) => to),
            ].filter((id) => shown.has(id) && height.has(id) && COLUMNS[this.#nodes.get(id)?.kind ?? 'place'] !== column);
            return [
              node.id,
              near.length === 0 ? 0.5 : near.reduce((sum, id) => sum + (height.get(id) ?? 0), 0) / near.length,
            ] as const;
          }),
        );
        spread(
          members(column).sort(
            (a, b) =>
              (mean.get(a.id) ?? 0) - (mean.get(b.id) ?? 0) ||
              COLUMNS[a.kind] - COLUMNS[b.kind] ||
              (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0) ||
              (a.id < b.id ? -1 : 1),
          ),
        );
      }
    }
    return new Map(this.#shown.map((node) => [node.id, [X[COLUMNS[node.kind]], height.get(node.id) ?? 0.5]]));
  }

  #option(): EChartsOption {
    const places = this.#places();
    const way = this.#chosen === undefined ? undefined : this.#way(this.#chosen);
    const lit = (id: string): boolean => way === undefined || way.has(id);
    const ids = new Set(places.keys());
    const unit = Math.max(1, (this.#host?.clientWidth ?? 1_100) - LEFT - RIGHT) / WIDE;
    const labels = new Map(this.#shown.map((node) => [node.id, labelOf(node, ROOM[COLUMNS[node.kind]] * unit - 34)]));
    // An edge leaves where its node's text ends, so that no line runs through a name.
    const port = (id: string): string => `port ${id}`;
    return {
      ...base(),
      tooltip: {
        ...(base().tooltip as object),
        formatter: (given: unknown) => {
          const { dataType, data } = given as { dataType: string; data: { id: string; says?: string } };
          if (dataType === 'edge') return data.says ?? '';
          const node = this.#nodes.get(data.id);
          if (node === undefined) return '';
          const lines = [
            node.label,
            [LOOKS[node.kind].says, node.about].filter(Boolean).join(', '),
            ...(node.findings === 0 ? [] : [`${count(node.findings, 'finding')}, worst ${node.worst ?? 'info'}`]),
          ];
          return lines.map((line) => wrapped(line)).join('\n');
        },
      },
      grid: { left: LEFT, right: RIGHT, top: 30, bottom: 4 },
      xAxis: { type: 'value', min: 0, max: WIDE, show: false },
      yAxis: { type: 'value', min: 0, max: 1, inverse: true, show: false },
      series: [
        {
          type: 'scatter',
          silent: true,
          symbolSize: 0.1,
          data: HEADS.map((text, column) => [X[column], 0, text]),
          label: {
            show: true,
            position: 'right',
            offset: [-8, -16],
            color: colour('ink-3'),
            fontSize: 11,
            fontWeight: 600,
            formatter: (given: unknown) => String((given as { data: unknown[] }).data[2]),
          },
        },
        {
          type: 'graph',
          coordinateSystem: 'cartesian2d',
          symbolKeepAspect: true,
          cursor: 'pointer',
          edgeSymbol: ['none', 'arrow'],
          edgeSymbolSize: [0, 6],
          data: this.#shown.flatMap((node) => {
            const look = LOOKS[node.kind];
            const isMain = node.kind === 'identity' || node.kind === 'credential';
            const tint = colour(node.worst ?? (isMain ? 'ink-2' : 'ink-3'));
            const [x, y] = places.get(node.id) ?? [0, 0.5];
            const label = labels.get(node.id) ?? { text: '', width: 0 };
            return [
              {
                id: node.id,
                name: node.id,
                value: [x, y],
                symbol: look.symbol,
                symbolSize: look.size,
                itemStyle: {
                  color: node.kind === 'resource' ? colour('paper') : tint,
                  opacity: lit(node.id) ? 1 : 0.15,
                  ...border(node, this.#chosen, tint),
                },
                label: {
                  show: true,
                  position: 'right',
                  distance: 6,
                  formatter: () => label.text,
                  fontSize: 12,
                  fontWeight: node.kind === 'identity' ? 600 : 400,
                  color: colour(node.kind === 'identity' ? 'ink' : 'ink-2'),
                  opacity: lit(node.id) ? 1 : 0.25,
                  backgroundColor: colour('paper'),
                  padding: [1, 3],
                },
              },
              {
                id: port(node.id),
                name: port(node.id),
                value: [x + (label.width + 24) / unit, y],
                symbolSize: 0.1,
                silent: true,
              },
            ];
          }),
          links: this.#edges
            .filter(({ from, to }) => ids.has(from) && ids.has(to))
            .map((edge) => {
              const onWay = way?.has(edge.from) === true && way.has(edge.to);
              // Drawn in the direction of the attack: from the place to the key that lies there.
              const [source, target] = edge.kind === 'seen-at' ? [edge.to, edge.from] : [edge.from, edge.to];
              const inside = this.#column(source) === this.#column(target);
              return {
                source: inside ? source : port(source),
                target,
                says: [edge.kind.replace('-', ' '), edge.label].filter(Boolean).join(': '),
                lineStyle: {
                  color: onWay ? colour('accent') : colour('line-3'),
                  width: onWay ? 2 : 1,
                  opacity: way === undefined ? 0.9 : onWay ? 1 : 0.12,
                  curveness: inside ? -0.4 : 0,
                  type: edge.kind === 'owns' ? 'dotted' : edge.kind === 'may-become' ? 'dashed' : 'solid',
                },
              };
            }),
          emphasis: { disabled: true },
        },
      ],
    } as unknown as EChartsOption;
  }

  #column(id: string): number {
    return COLUMNS[this.#nodes.get(id)?.kind ?? 'place'];
  }
}

/** A resource is an empty square; what is chosen has a rim. */
function border({ id, kind }: LineageNode, chosen: string | undefined, tint: string): object {
  if (id === chosen) return { borderColor: colour('accent'), borderWidth: 3 };
  return kind === 'resource' ? { borderColor: tint, borderWidth: 2 } : { borderColor: 'transparent', borderWidth: 0 };
}

let pen: CanvasRenderingContext2D | null | undefined;

/** What stands beside a node, cut to the room there is, and its width; the end of a path is what tells it apart. */
function labelOf(node: LineageNode, room: number): { readonly text: string; readonly width: number } {
  pen ??= document.createElement('canvas').getContext('2d');
  if (pen !== null) pen.font = `${node.kind === 'identity' ? '600 ' : ''}12px ${getComputedStyle(document.body).fontFamily}`;
  const measure = (text: string): number => pen?.measureText(text).width ?? text.length * 7;
  const marks = node.worst === undefined || node.findings === 0 ? '' : `  ${MARKS[node.worst]}${node.findings}`;
  const about = node.kind === 'person' && /\bleft\b/.test(node.about ?? '') ? ' (left)' : '';
  const tail = about + marks;
  let name = nameOf(node);
  if (measure(name + tail) > room) {
    const keepsEnd = node.kind === 'place' || node.kind === 'consumer' || node.kind === 'resource';
    while (name.length > 4 && measure(`…${name}${tail}`) > room) name = keepsEnd ? name.slice(1) : name.slice(0, -1);
    name = keepsEnd ? `…${name}` : `${name}…`;
  }
  return { text: name + tail, width: measure(name + tail) };
}

/** What a masked form is of, since `wo…(28)` alone says nothing; of a long key id the ends. */
function nameOf({ kind, label, about }: LineageNode): string {
  if (kind !== 'credential') return label.slice(0, 200);
  const type = about?.split(' ')[1];
  if (type !== undefined && /…\(\d+\)$/.test(label)) return `${type} ${label}`;
  const plain = label.replace(/^SHA256:/, '');
  return /^[A-Za-z0-9+/_-]{16,}$/.test(plain) ? `${plain.slice(0, 4)}…${plain.slice(-4)}` : label.slice(0, 200);
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function wrapped(text: string): string {
  return text.length > 90 ? `${text.slice(0, 60)}…${text.slice(-28)}` : text;
}
