import type { Report } from '../../src/contracts/reporter.ts';
import { checkCountsText } from '../../src/util/check-counts.ts';
import { compare, thousands } from '../../src/util/report-text.ts';
import { anchorOf, anchors } from './anchors.ts';
import type { EvidenceLinks } from './evidence.ts';
import { code, section, table, text } from './markdown.ts';

/** What was tested, with which numbers, and what of it could not be. */
export function checksSection(report: Report, links: EvidenceLinks): string {
  const { checks } = report;
  const sources = new Map(report.controls.flatMap(({ rules }) => rules.map((rule) => [rule.rule, rule.sources])));
  const sorted = checks.toSorted((a, b) => compare(a.rule, b.rule));
  return section(
    '6. Checks and their parameters',
    checks.length === 0 ? 'No check ran.' : `${checkCountsText(checks)}. Those that ran came to pass, fail or partial.`,
    table(
      ['Check', 'Severity', 'Outcome', 'Population', 'Findings', 'Excepted', 'By source', 'Parameters', 'Not assessed, because'],
      sorted.map(({ rule, meta, outcome, population, findings, excepted, reason }) => [
        `${anchorOf(anchors.check(rule))}${code(rule)}`,
        meta.severity,
        outcome,
        thousands(population),
        thousands(findings),
        thousands(excepted),
        links.ofCheck(sources.get(rule) ?? []),
        text(
          Object.entries(meta.parameters)
            .map(([name, value]) => `${name} ${value}`)
            .join(', '),
        ),
        text(reason),
      ]),
    ),
  );
}
