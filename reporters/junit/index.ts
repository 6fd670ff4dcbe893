import { z } from 'zod';
import type { CheckResult } from '../../src/contracts/check.ts';
import type { Finding } from '../../src/contracts/finding.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { defineReporter } from '../../src/contracts/reporter.ts';
import { acceptanceText } from '../../src/util/acceptance-text.ts';
import { checkCountsText } from '../../src/util/check-counts.ts';
import { judgedWithoutText } from '../../src/util/judged-without.ts';
import { primaryPlace } from '../../src/util/places.ts';
import { compare, controlLabel, count, openFindings, placeText, thousands } from '../../src/util/report-text.ts';
import { clip, xmlText } from '../../src/util/sanitize.ts';

const LINE_MAX = 400;
/** Findings told in one test case; servers show the text in a box, and some refuse a large file. */
const FINDINGS_MAX = 100;

const Options = z.strictObject({
  /** What is a test case: a check, or a control of the frameworks of the report. */
  by: z.enum(['checks', 'controls']).default('checks'),
  /** `true`: a file beside each failure, which GitLab links to. The schema of Jenkins knows no such attribute. */
  files: z.stringbool().or(z.boolean()).default(false),
});
type Options = z.infer<typeof Options>;

interface Case {
  readonly suite: string;
  readonly name: string;
  readonly file?: string | undefined;
  readonly failure?: { readonly message: string; readonly type: string; readonly lines: readonly string[] };
  readonly skipped?: string;
}

/** JUnit XML, as GitLab, Jenkins and Azure Pipelines show it. What was not assessed is skipped, never passed. */
export const junit = defineReporter<Options>({
  id: 'junit',
  title: 'JUnit XML: a test case a check or control',
  extension: 'xml',
  mediaType: 'application/xml',
  options: Options as z.ZodType<Options>,
  *render(report, { by, files }) {
    const suites = new Map<string, Case[]>();
    for (const one of by === 'checks' ? checkCases(report) : controlCases(report)) {
      const suite = suites.get(one.suite);
      if (suite === undefined) suites.set(one.suite, [one]);
      else suite.push(one);
    }
    const all = [...suites.values()].flat();
    const time = seconds(Date.parse(report.run.finishedAt) - Date.parse(report.run.startedAt));
    yield '<?xml version="1.0" encoding="UTF-8"?>\n';
    yield `<testsuites name="nhi-audit" ${tally(all)} time="${time}">\n`;
    for (const [name, cases] of suites) {
      yield `  <testsuite name="${xmlText(name)}" ${tally(cases)} skipped="${skippedIn(cases)}" time="0" timestamp="${report.run.startedAt.slice(0, 19)}">\n`;
      yield* propertyLines(report);
      for (const one of cases) yield* caseLines(files ? one : { ...one, file: undefined });
      yield '  </testsuite>\n';
    }
    yield '</testsuites>\n';
  },
});

/** What a reader of the numbers must know of the run: what is skipped here is more than what did not run. */
function* propertyLines({ checks, coverage }: Report): Iterable<string> {
  const without = judgedWithoutText(coverage);
  const told = [
    ['nhi-audit.run.checks', checkCountsText(checks)],
    ...(without === undefined ? [] : [['nhi-audit.run.judged-without', without]]),
  ];
  yield '    <properties>\n';
  for (const [name, value = ''] of told) yield `      <property name="${name}" value="${xmlText(clip(value, LINE_MAX))}"/>\n`;
  yield '    </properties>\n';
}

function* checkCases(report: Report): Iterable<Case> {
  const open = new Map<string, Finding[]>();
  for (const finding of openFindings(report.findings)) {
    const group = open.get(finding.rule);
    if (group === undefined) open.set(finding.rule, [finding]);
    else group.push(finding);
  }
  const accepted = Map.groupBy(report.accepted, ({ rule }) => rule);
  for (const check of report.checks) {
    const findings = open.get(check.rule) ?? [];
    open.delete(check.rule);
    yield {
      suite: check.meta.platforms[0] ?? `about ${check.meta.about.replace(/y$/, 'ie')}s`,
      name: `${check.rule}: ${check.meta.title}`,
      ...(findings.length > 0 ? failureOf(findings) : notFailed(check, accepted.get(check.rule) ?? [])),
    };
  }
  // A report over stored findings may hold some of rules that this version has no more.
  for (const [rule, findings] of open) yield { suite: 'other rules', name: rule, ...failureOf(findings) };
}

function* controlCases(report: Report): Iterable<Case> {
  const titles = new Map(report.frameworks.map(({ id, title, version }) => [id, `${title} ${version}`]));
  for (const control of report.controls) {
    const { outcome, reason, rules } = control;
    const failing = rules.filter(({ findings }) => findings > 0);
    const failure = {
      message: reason,
      type: control.worst ?? 'fail',
      lines: failing.map(({ rule, findings }) => `${rule}: ${count(findings, 'open finding')}`),
    };
    yield {
      suite: titles.get(control.framework) ?? control.framework,
      name: controlLabel(control),
      ...(outcome === 'fail' || control.findings > 0 ? { failure } : skippedOf(outcome, reason)),
    };
  }
}

function failureOf(findings: readonly Finding[]): Pick<Case, 'failure' | 'file'> {
  const [first] = findings;
  const lines = findings.slice(0, FINDINGS_MAX).map((finding) => {
    const place = primaryPlace(finding);
    return `${finding.severity}: ${finding.message}${place === undefined ? '' : ` [${placeText(place.at)}]`} Fix: ${finding.fix}`;
  });
  if (findings.length > FINDINGS_MAX) lines.push(`and ${thousands(findings.length - FINDINGS_MAX)} more`);
  const file = first === undefined ? undefined : primaryPlace(first)?.at.path;
  return {
    failure: { message: count(findings.length, 'open finding'), type: first?.severity ?? 'fail', lines },
    ...(file === undefined ? {} : { file }),
  };
}

/** A check of which nothing is open here. It passed only if it found nothing: not if somebody accepts it, or if it is not shown. */
function notFailed({ outcome, reason, excepted, findings }: CheckResult, accepted: readonly Finding[]): Pick<Case, 'skipped'> {
  if (outcome !== 'pass' && outcome !== 'fail') return skippedOf(outcome, reason);
  if (findings > 0) {
    return { skipped: `fail: ${count(findings, 'open finding')} not shown in this report, for its persona or baseline` };
  }
  const told = [...new Set(accepted.flatMap(({ acceptedBy }) => (acceptedBy === undefined ? [] : [acceptanceText(acceptedBy)])))];
  const number = Math.max(accepted.length, excepted);
  if (number > 0) return { skipped: [`excepted: ${count(number, 'finding')}, all accepted`, ...told.sort(compare)].join('. ') };
  return outcome === 'pass' ? {} : { skipped: 'fail: what it found is not in this report' };
}

/** Everything but a pass is no proof, and is shown as none. */
function skippedOf(outcome: string, reason: string | undefined): Pick<Case, 'skipped'> {
  if (outcome === 'pass') return {};
  return { skipped: `${outcome.replaceAll('-', ' ')}${reason === undefined ? '' : `: ${reason}`}` };
}

function* caseLines({ suite, name, file, failure, skipped }: Case): Iterable<string> {
  const head = `    <testcase classname="${attribute(suite)}" name="${attribute(name)}"${file === undefined ? '' : ` file="${attribute(file)}"`} time="0"`;
  if (failure !== undefined) {
    const lines = failure.lines.map((line) => xmlText(clip(line, LINE_MAX * 4))).join('\n');
    yield `${head}>\n      <failure message="${attribute(failure.message)}" type="${attribute(failure.type)}">${lines}</failure>\n    </testcase>\n`;
  } else if (skipped !== undefined) {
    yield `${head}>\n      <skipped message="${attribute(skipped)}"/>\n    </testcase>\n`;
  } else yield `${head}/>\n`;
}

function attribute(text: string): string {
  return xmlText(clip(text, LINE_MAX));
}

function tally(cases: readonly Case[]): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  return `tests="${cases.length}" failures="${failures}" errors="0"`;
}

function skippedIn(cases: readonly Case[]): number {
  return cases.filter(({ failure, skipped }) => failure === undefined && skipped !== undefined).length;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}
