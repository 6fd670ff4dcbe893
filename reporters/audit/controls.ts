import type { Finding } from '../../src/contracts/finding.ts';
import type { ControlResult, Framework } from '../../src/contracts/framework.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { count, inReportOrder, thousands } from '../../src/util/report-text.ts';
import { anchorOf, linkTo } from './findings.ts';
import { code, section, table, text } from './markdown.ts';

/** So many findings are linked beside one control; the others are told by their rule. */
const LINKS = 25;

/** Each control with its result, the checks it rests on, and links to the findings that decide it. */
export function* controlsSection(report: Report, told: number): Generator<string> {
  yield section(
    '3. Control results',
    report.frameworks.length === 0
      ? 'No framework was asked for.'
      : '**Population** is what the checks of a control looked at. Results are of all findings, whatever this report lists.',
  );
  const shown = [...report.findings, ...report.accepted].sort(inReportOrder);
  const byRule = new Map<string, Finding[]>();
  for (const finding of shown.slice(0, told)) byRule.set(finding.rule, [...(byRule.get(finding.rule) ?? []), finding]);
  for (const framework of report.frameworks) {
    const controls = report.controls.filter((control) => control.framework === framework.id);
    yield `\n### ${text(framework.title)} ${text(framework.version)}\n\n`;
    yield `${countsOf(controls)}${mappingOf(framework)}\n\n`;
    yield table(
      ['Control', 'Title', 'Result', 'Population', 'Findings', 'Excepted', 'Not assessed', 'Why'],
      controls.map((control) => [
        control.rules.length === 0 ? code(control.control) : linkTo(control.control, controlAnchor(control)),
        text(control.title),
        `**${control.outcome}**`,
        thousands(control.population),
        thousands(control.findings),
        thousands(exceptedOf(control, report)),
        `${thousands(control.rules.filter(({ outcome }) => outcome === 'not-assessed').length)} of ${count(control.rules.length, 'check')}`,
        `${text(control.reason)}${control.note === undefined ? '' : ` ${text(control.note)}`}`,
      ]),
    );
    for (const control of controls) if (control.rules.length > 0) yield evidenceOf(control, byRule);
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

function controlAnchor({ framework, control }: ControlResult): string {
  return `control-${framework}-${control}`.toLowerCase().replace(/[^a-z0-9-]+/g, '-');
}

/** The checks behind one control: not assessed ones too, for their silence proves nothing. */
function evidenceOf(control: ControlResult, byRule: ReadonlyMap<string, readonly Finding[]>): string {
  return `\n${anchorOf(controlAnchor(control))}\n#### ${text(control.control)}: ${text(control.title)}\n\n${table(
    ['Check', 'Outcome', 'Findings', 'Bears on', 'Evidence'],
    control.rules.map(({ rule, outcome, findings, relation, via }) => [
      code(rule),
      outcome,
      thousands(findings),
      `${relation === 'partial' ? 'a part' : 'all of it'}${via === undefined ? '' : `, by ${code(via)}`}`,
      linksOf(byRule.get(rule) ?? [], findings),
    ]),
  )}`;
}

function linksOf(findings: readonly Finding[], open: number): string {
  const links = findings.slice(0, LINKS).map(({ fingerprint, status }) => {
    const link = linkTo(fingerprint.slice(0, 12), `finding-${fingerprint}`);
    return status === 'new' || status === 'open' ? link : `${link} (${status})`;
  });
  const left = Math.max(open, findings.length) - links.length;
  return [...links, ...(left > 0 ? [`and ${count(left, 'more', 'more')}`] : [])].join(', ');
}
