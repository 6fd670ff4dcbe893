import type { SessionView } from '../../../src/contracts/report-parts.ts';
import type { PageData } from '../model.ts';
import { count, find, findAll, thousands } from './dom.ts';
import { axis, base, drawChart, type EChartsOption } from './echarts.ts';
import { splitName } from './rows.ts';
import { colour } from './theme.ts';

const LANES = 14;
const GRANTED = 18;

export function startCharts(data: PageData): void {
  for (const host of findAll('[data-spark]')) drawSpark(host, data.trends[host.dataset.spark ?? ''] ?? []);
  const ages = find('[data-chart="ages"]');
  if (ages !== undefined) drawChart(ages, () => agesOption(data));
  const granted = find('[data-chart="granted"]');
  if (granted !== undefined) {
    granted.style.height = `${72 + 26 * grantedRows(data).length}px`;
    drawChart(granted, () => grantedOption(data));
  }
  const sessions = find('[data-chart="sessions"]');
  if (sessions !== undefined) {
    const lanes = lanesOf(data.sessions.rows);
    sessions.style.height = `${(sessions.clientWidth < 700 ? 148 : 98) + 36 * lanes.length}px`;
    drawChart(sessions, () => sessionsOption(data, lanes, sessions.clientWidth));
  }
}

/** The last runs as a line behind the words that are there already. */
function drawSpark(host: HTMLElement, values: readonly number[]): void {
  if (values.length < 2) return;
  const line = document.createElement('div');
  line.className = 'line';
  line.setAttribute('aria-hidden', 'true');
  host.prepend(line);
  drawChart(line, () => ({
    animation: false,
    grid: { left: 2, right: 4, top: 4, bottom: 3 },
    xAxis: { type: 'category', show: false, boundaryGap: false },
    yAxis: { type: 'value', show: false, min: 0 },
    series: [
      {
        type: 'line',
        data: values.map((value, index) => ({ value, symbol: index === values.length - 1 ? 'circle' : 'none' })),
        symbolSize: 5,
        silent: true,
        lineStyle: { width: 1.5, color: colour('ink-2') },
        itemStyle: { color: colour('ink') },
      },
    ],
  }));
}

function agesOption({ ages }: PageData): EChartsOption {
  const series = (name: string, key: 'seen' | 'unseen', tint: string, decal: object): object => ({
    name,
    type: 'bar',
    stack: 'all',
    barCategoryGap: '12%',
    data: ages.bins.map((bin) => bin[key]),
    itemStyle: { color: tint, decal },
    emphasis: { disabled: true },
  });
  const policy = ages.policyDays === undefined ? undefined : ages.policyDays / 30 - 0.5;
  return {
    ...base(),
    tooltip: {
      ...(base().tooltip as object),
      trigger: 'axis',
      axisPointer: { type: 'none' },
      formatter: (given: unknown) => {
        const [{ dataIndex }] = given as [{ dataIndex: number }];
        const bin = ages.bins[dataIndex];
        if (bin === undefined) return '';
        return `${bin.to === undefined ? `${bin.from} days and more` : `${bin.from} to ${bin.to} days`}\n${count(bin.seen, 'credential')} seen in a place\n${count(bin.unseen, 'credential')} not seen`;
      },
    },
    legend: {
      bottom: 0,
      left: 0,
      itemWidth: 12,
      itemHeight: 12,
      textStyle: { color: colour('ink-2') },
      data: ['seen in a file or log', 'not seen'],
    },
    grid: { left: 34, right: 14, top: 34, bottom: 62 },
    xAxis: {
      ...axis(),
      type: 'category',
      data: ages.bins.map(({ from, to }) => (to === undefined ? `${Math.round(from / 365)}+ y` : ageText(from))),
      splitLine: { show: false },
      axisLabel: {
        color: colour('ink-2'),
        interval: (index: number) => index % 6 === 0 || ages.bins[index]?.to === undefined,
        hideOverlap: true,
      },
      name: 'age',
      nameLocation: 'end',
      nameGap: 2,
    },
    yAxis: { ...axis(), type: 'value', minInterval: 1 },
    series: [
      series('seen in a file or log', 'seen', colour('critical'), {
        symbol: 'rect',
        dashArrayX: [1, 0],
        dashArrayY: [2, 3],
        rotation: -Math.PI / 4,
        color: colour('paper'),
      }),
      series('not seen', 'unseen', colour('quiet'), { symbol: 'none' }),
      ...(policy === undefined
        ? []
        : [
            {
              type: 'line',
              data: [],
              silent: true,
              markLine: {
                symbol: 'none',
                animation: false,
                lineStyle: { color: colour('accent'), width: 2, type: 'solid' },
                label: {
                  formatter: `policy ${ages.policyDays} days`,
                  color: colour('accent'),
                  position: 'end',
                  align: 'left',
                  offset: [-4, 0],
                  fontWeight: 600,
                },
                data: [{ xAxis: policy }],
              },
            },
          ]),
    ],
  } as EChartsOption;
}

function ageText(days: number): string {
  if (days === 0) return '0';
  return days % 360 === 0 ? `${days / 360} y` : `${Math.round(days / 30)} mo`;
}

function grantedRows({ granted }: PageData): PageData['granted'] {
  return [...granted]
    .sort((a, b) => b.granted - b.used - (a.granted - a.used) || (a.identity < b.identity ? -1 : 1))
    .slice(0, GRANTED)
    .reverse();
}

function grantedOption(data: PageData): EChartsOption {
  const rows = grantedRows(data);
  const points = (key: 'granted' | 'used'): (number | string)[][] => rows.map((row, index) => [row[key], index]);
  return {
    ...base(),
    tooltip: {
      ...(base().tooltip as object),
      trigger: 'item',
      formatter: (given: unknown) => {
        const { data: point } = given as { data: readonly number[] };
        const row = rows[Number(point[1])];
        if (row === undefined) return '';
        const unused = row.unused.slice(0, 4).map((text) => `− ${text.slice(0, 60)}`);
        return [`${row.name}, ${row.side}`, `${thousands(row.used)} of ${thousands(row.granted)} used`, ...unused].join('\n');
      },
    },
    legend: {
      bottom: 0,
      left: 0,
      itemWidth: 12,
      itemHeight: 12,
      textStyle: { color: colour('ink-2') },
      data: ['used', 'granted'],
    },
    grid: { left: 8, right: 20, top: 8, bottom: 40, containLabel: true },
    xAxis: { ...axis(), type: 'value', min: 0, minInterval: 1 },
    yAxis: {
      ...axis(),
      type: 'category',
      data: rows.map(({ name, side }) => `${name.length > 26 ? `${name.slice(0, 24)}…` : name}, ${side}`),
      axisLine: { show: false },
      splitLine: { show: false },
      axisLabel: { color: colour('ink'), width: 190, overflow: 'truncate' },
    },
    series: [
      {
        type: 'custom',
        silent: true,
        data: rows.map((row, index) => [row.used, row.granted, index]),
        renderItem: (_: unknown, api: { value: (n: number) => number; coord: (point: number[]) => number[] }) => {
          const [x1 = 0, y = 0] = api.coord([api.value(0), api.value(2)]);
          const [x2 = 0] = api.coord([api.value(1), api.value(2)]);
          return {
            type: 'line',
            shape: { x1, y1: y, x2, y2: y },
            style: { stroke: colour('high'), lineWidth: 3, opacity: 0.45 },
          };
        },
      },
      {
        name: 'used',
        type: 'scatter',
        symbol: 'circle',
        symbolSize: 10,
        data: points('used'),
        itemStyle: { color: colour('accent') },
        z: 4,
      },
      {
        name: 'granted',
        type: 'scatter',
        symbol: 'circle',
        symbolSize: 11,
        data: points('granted'),
        itemStyle: { color: colour('paper'), borderColor: colour('high'), borderWidth: 2 },
        z: 3,
      },
    ],
  } as unknown as EChartsOption;
}

type Kind = 'machine' | 'person' | 'unknown';
interface Mark {
  readonly kind: Kind;
  readonly direct: boolean;
  readonly name: string;
  /** Above or below the middle of the lane, so that people do not hide behind machines. */
  readonly lift: number;
}
const MARKS: readonly Mark[] = [
  { kind: 'machine', direct: false, name: 'machine, gateway', lift: 0.12 },
  { kind: 'person', direct: false, name: 'person, gateway', lift: -0.22 },
  { kind: 'unknown', direct: false, name: 'not told who, gateway', lift: 0.12 },
  { kind: 'machine', direct: true, name: 'machine, around the gateway', lift: 0.12 },
  { kind: 'person', direct: true, name: 'person, around the gateway', lift: -0.22 },
  { kind: 'unknown', direct: true, name: 'not told who, around the gateway', lift: -0.08 },
];

function kindOf({ actorType }: SessionView): Kind {
  if (actorType === 'human') return 'person';
  return actorType === undefined || actorType === 'unknown' ? 'unknown' : 'machine';
}

function laneOf({ identity, target }: SessionView): string {
  return identity === undefined ? (target ?? 'not told') : splitName(identity).name;
}

/** The lanes with people in them come first: that is what the picture is for. */
function lanesOf(rows: readonly SessionView[]): string[] {
  const weights = new Map<string, number>();
  for (const row of rows) {
    const weight = kindOf(row) === 'person' ? 1_000 : row.via === 'gateway' ? 1 : 10;
    weights.set(laneOf(row), (weights.get(laneOf(row)) ?? 0) + weight);
  }
  return [...weights.entries()]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, LANES)
    .map(([lane]) => lane);
}

/** Where the picture begins: one old session should not press all others into a corner. In percent of the time there is. */
function startOf(rows: readonly SessionView[]): number {
  const times = rows.map(({ startedAt }) => Date.parse(startedAt)).sort((a, b) => a - b);
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const early = times[Math.floor(times.length * 0.1)] ?? first;
  return last - early < (last - first) * 0.5 ? Math.max(0, ((early - first) / (last - first)) * 100 - 2) : 0;
}

function sessionsOption({ sessions }: PageData, lanes: readonly string[], width: number): EChartsOption {
  // In a narrow window the legend takes more lines and the names less room.
  const isNarrow = width < 700;
  const left = isNarrow ? 130 : 210;
  const looks: { readonly [kind in Kind]: { readonly symbol: string; readonly tint: string } } = {
    machine: { symbol: 'circle', tint: colour('quiet') },
    person: { symbol: 'triangle', tint: colour('critical') },
    unknown: { symbol: 'diamond', tint: colour('medium') },
  };
  const places = new Map(lanes.map((lane, index) => [lane, index]));
  const start = startOf(sessions.rows);
  const series = MARKS.map((mark) => ({
    ...mark,
    points: sessions.rows.flatMap((row, index) => {
      const lane = places.get(laneOf(row));
      return lane !== undefined && kindOf(row) === mark.kind && (row.via !== 'gateway') === mark.direct
        ? [[row.startedAt, lane + mark.lift, index] as const]
        : [];
    }),
  })).filter(({ points }) => points.length > 0);
  return {
    ...base(),
    tooltip: {
      ...(base().tooltip as object),
      trigger: 'item',
      formatter: (given: unknown) => {
        const { data: point } = given as { data: readonly [string, number, number] };
        const row = sessions.rows[point[2]];
        if (row === undefined) return '';
        return [
          `${row.startedAt.slice(0, 16).replace('T', ' ')} UTC`,
          `${row.actor ?? 'nobody known'}${row.actorType === undefined ? '' : ` (${row.actorType})`}`,
          `${row.action ?? 'used'}${row.target === undefined ? '' : ` on ${row.target}`}, ${row.via}`,
          ...(row.approval === undefined ? [] : [`approval: ${row.approval}`]),
          ...(row.job === undefined ? [] : [`job: ${row.job.slice(0, 60)}`]),
          ...(row.records > 1 ? [`${thousands(row.records)} records`] : []),
        ].join('\n');
      },
    },
    legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 12, itemGap: 18, textStyle: { color: colour('ink-2') } },
    grid: { left, right: 12, top: isNarrow ? 84 : 34, bottom: 56 },
    dataZoom: [
      {
        type: 'slider',
        start,
        end: 100,
        height: 16,
        bottom: 6,
        left,
        right: 12,
        showDetail: false,
        borderColor: colour('line'),
        fillerColor: colour('accent-soft'),
        handleStyle: { color: colour('paper'), borderColor: colour('accent') },
        moveHandleSize: 0,
        showDataShadow: false,
        brushSelect: false,
      },
    ],
    xAxis: {
      ...axis(),
      type: 'time',
      max: ({ min, max }: { readonly min: number; readonly max: number }) => max + (max - min) * (1 - start / 100) * 0.02,
      splitLine: { show: false },
      axisLabel: { color: colour('ink-2'), hideOverlap: true, formatter: '{yyyy}-{MM}-{dd}' },
    },
    yAxis: {
      ...axis(),
      type: 'value',
      min: -0.5,
      max: lanes.length - 0.5,
      inverse: true,
      interval: 1,
      axisLine: { show: false },
      splitLine: { show: false },
      axisLabel: { show: false },
    },
    series: [
      {
        type: 'scatter',
        silent: true,
        symbolSize: 0.1,
        data: lanes.map((_, index) => [sessions.rows.at(-1)?.startedAt ?? 0, index]),
        markLine: {
          silent: true,
          symbol: 'none',
          animation: false,
          label: {
            position: 'start',
            color: colour('ink'),
            width: left - 14,
            overflow: 'truncate',
            formatter: '{b}',
            distance: 10,
          },
          lineStyle: { color: colour('line'), type: 'solid', width: 1 },
          data: lanes.map((lane, index) => ({ yAxis: index, name: lane })),
        },
      },
      ...series.map(({ kind, direct, name, points }) => {
        const { symbol, tint } = looks[kind];
        return {
          name,
          type: 'scatter',
          symbol,
          symbolSize: kind === 'person' ? 12 : 9,
          data: points,
          itemStyle: direct ? { color: colour('paper'), borderColor: tint, borderWidth: 2 } : { color: tint, opacity: 0.85 },
        };
      }),
    ],
  } as unknown as EChartsOption;
}
