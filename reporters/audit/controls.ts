import type { ControlOutcome, ControlResult, ControlSource, Framework } from '../../src/contracts/framework.ts';
import { SURFACES, type Surface } from '../../src/contracts/observation.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { checkCountsText } from '../../src/util/check-counts.ts';
import { count, thousands } from '../../src/util/report-text.ts';
import { SHORT_SURFACES } from '../../src/util/surface-names.ts';
import { anchorOf, anchors, linkTo, wordLink } from './anchors.ts';
import type { EvidenceLinks } from './evidence.ts';
import { type Cell, code, section, table, text } from './markdown.ts';

/** Each control with its result, where it holds and where it fails, the checks it rests on, and what leads to their evidence. */
export function* controlsSection(report: Report, links: EvidenceLinks): Generator<string> {
  yield section(
    '3. Control results',
    report.frameworks.length === 0
      ? 'No framework was asked for.'
      : '**Population** is what the checks of a control looked at. Results are of all findings, whatever this report lists.',
    report.frameworks.length > 0 &&
      'By source, each control is judged by the checks that need that source. What a check joins from several sources counts at each of them, and so does a finding that rests on several: sums over sources mean nothing. A control fails where, and only where, it fails at one of its sources.',
  );
  for (const framework of report.frameworks) {
    const controls = report.controls.filter((control) => control.framework === framework.id);
    yield `\n### ${text(framework.title)} ${text(framework.version)}\n\n`;
    yield `${countsOf(controls)}${mappingOf(framework)}\n\n`;
    yield table(
      ['Control', 'Title', 'Result', 'Population', 'Findings', 'Excepted', 'Checks', 'Why'],
      controls.map((control) => [
        control.rules.length === 0 ? code(control.control) : linkTo(control.control, anchors.control(control)),
        text(control.title),
        `**${control.outcome}**`,
        thousands(control.population),
        thousands(control.findings),
        thousands(exceptedOf(control, report)),
        control.rules.length === 0 ? 'none' : checkCountsText(control.rules),
        `${text(control.reason)}${control.note === undefined ? '' : ` ${text(control.note)}`}`,
      ]),
    );
    yield bySourceTable(controls);
    for (const control of controls) if (control.rules.length > 0) yield evidenceOf(control, links);
  }
}

function countsOf(controls: readonly ControlResult[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of controls) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return `${count(controls.length, 'control')}: ${[...counts].map(([outcome, n]) => `${thousands(n)} ${outcome}`).join(', ')}.`;
}

function mappingOf({ mapping }: Framework): string {
  if (mapping === undefined) return '';
  const whose = mapping.basis === 'official' ? 'published by who keeps the catalogue' : "this project's own judgement";
  return ` Mapped from ${code(mapping.from)}, ${whose}, as of ${text(mapping.since)}.`;
}

function exceptedOf({ rules }: ControlResult, { checks }: Report): number {
  const names = new Set(rules.map(({ rule }) => rule));
  return checks.reduce((sum, { rule, excepted }) => sum + (names.has(rule) ? excepted : 0), 0);
}

/** Where each control fails, holds, and was not looked at. Controls that no check maps to have no row. */
function bySourceTable(all: readonly ControlResult[]): string {
  const controls = all.filter(({ sources }) => sources.length > 0);
  if (controls.length === 0) return '';
  const used = new Set(controls.flatMap(({ sources }) => sources.map(({ surface }) => surface)));
  const columns = (Object.keys(SURFACES) as Surface[]).filter((surface) => used.has(surface));
  return `**By source**\n\n${table(
    ['Control', ...columns.map((surface) => wordLink(SHORT_SURFACES[surface], anchors.source(surface)))],
    controls.map((control) => {
      const at = new Map(control.sources.map((source) => [source.surface, source]));
      return [
        linkTo(control.control, anchors.control(control)),
        ...columns.map((surface) => sourceCell(at.get(surface), control)),
      ];
    }),
  )}`;
}

const SHORT: { readonly [outcome in ControlOutcome]: string } = {
  pass: 'pass',
  fail: 'fail',
  partial: 'partial',
  'not-assessed': 'not assessed',
  'not-applicable': 'n/a',
  excepted: 'excepted',
};

function sourceCell(source: ControlSource | undefined, control: ControlResult): Cell {
  if (source === undefined) return '-';
  const { outcome, findings } = source;
  return wordLink(findings === 0 ? SHORT[outcome] : `${SHORT[outcome]} ${thousands(findings)}`, anchors.control(control));
}

/** The sources and the checks behind one control: not assessed ones too, for their silence proves nothing. */
function evidenceOf(control: ControlResult, links: EvidenceLinks): string {
  const { rules, sources } = control;
  const head = `${anchorOf(anchors.control(control))}\n#### ${text(control.control)}: ${text(control.title)}\n\n`;
  const places = table(
    ['Source', 'Outcome', 'Checks', 'Findings', 'Evidence'],
    sources.map((source) => {
      const { surface, outcome, checks, findings, worst } = source;
      return [
        SURFACES[surface],
        outcome,
        tallyOf(checks),
        worst === undefined ? thousands(findings) : `${thousands(findings)}, the worst ${worst}`,
        links.ofSource(source, rules),
      ];
    }),
  );
  return `${head}${places}${table(
    ['Check', 'Outcome', 'Findings', 'Bears on', 'Evidence'],
    rules.map((rule) => [
      linkTo(rule.rule, anchors.check(rule.rule)),
      rule.outcome,
      thousands(rule.findings),
      `${rule.relation === 'partial' ? 'a part' : 'all of it'}${rule.via === undefined ? '' : `, by ${code(rule.via)}`}`,
      links.ofRule(rule),
    ]),
  )}`;
}

function tallyOf({ fail, pass, partial, notAssessed, notApplicable, excepted }: ControlSource['checks']): string {
  const counts: readonly (readonly [number, string])[] = [
    [fail, 'fail'],
    [pass, 'pass'],
    [excepted, 'excepted'],
    [partial, 'partial'],
    [notAssessed, 'not assessed'],
    [notApplicable, 'n/a'],
  ];
  return counts.flatMap(([n, word]) => (n === 0 ? [] : [`${thousands(n)} ${word}`])).join(', ');
}
