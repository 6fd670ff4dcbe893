// Only the parts that are drawn: the whole library would be twice the size.
import { BarChart, CustomChart, GraphChart, LineChart, ScatterChart } from 'echarts/charts';
import {
  AriaComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TooltipComponent,
} from 'echarts/components';
import { type EChartsType, init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import type { EChartsOption } from 'echarts/types/dist/shared';
import { colour } from './theme.ts';

use([
  BarChart,
  CustomChart,
  GraphChart,
  LineChart,
  ScatterChart,
  AriaComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TooltipComponent,
  CanvasRenderer,
]);

export type { EChartsOption, EChartsType };

const charts = new Map<HTMLElement, { readonly chart: EChartsType; readonly draw: () => EChartsOption }>();

/** Draws a chart in an element, now and again when colours or widths change. Drawn when it first comes near the window. */
export function drawChart(host: HTMLElement, draw: () => EChartsOption, ready?: (chart: EChartsType) => void): void {
  const start = (): void => {
    if (charts.has(host)) return;
    const chart = init(host, undefined, { renderer: 'canvas' });
    charts.set(host, { chart, draw });
    chart.setOption(draw());
    ready?.(chart);
    new ResizeObserver(() => {
      // On the sheet the picture is scaled, and its element has no height of its own to draw for.
      if (host.clientWidth === 0 || host.clientWidth === chart.getWidth() || matchMedia('print').matches) return;
      chart.resize();
      chart.setOption(draw(), { notMerge: true });
    }).observe(host);
  };
  const watch = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      watch.disconnect();
      start();
    },
    { rootMargin: '600px' },
  );
  watch.observe(host);
  addEventListener('beforeprint', () => {
    watch.disconnect();
    start();
  });
}

export function redrawCharts(): void {
  for (const { chart, draw } of charts.values()) chart.setOption(draw(), { notMerge: true });
}

/** What all charts have in common: the type of the page, quiet axes, and tooltips that are drawn and never markup. */
export function base(): EChartsOption {
  return {
    animation: false,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12, color: colour('ink-2') },
    tooltip: {
      renderMode: 'richText',
      confine: true,
      backgroundColor: colour('raised'),
      borderColor: colour('line-2'),
      textStyle: { color: colour('ink'), fontSize: 12 },
      padding: [6, 10],
    },
  };
}

export function axis(): { readonly [name: string]: unknown } {
  return {
    axisLine: { lineStyle: { color: colour('line-2') } },
    axisTick: { show: false },
    axisLabel: { color: colour('ink-2') },
    splitLine: { lineStyle: { color: colour('line') } },
    nameTextStyle: { color: colour('ink-3') },
  };
}
