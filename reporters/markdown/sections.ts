import type { Finding } from '../../src/contracts/finding.ts';
import type { ControlResult } from '../../src/contracts/framework.ts';
import { SURFACES } from '../../src/contracts/observation.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { acceptanceLines } from '../../src/util/acceptance-text.ts';
import { whereText } from '../../src/util/control-text.ts';
import { judgedWithoutText } from '../../src/util/judged-without.ts';
import {
  absentText,
  type CoverageSummary,
  controlLabel,
  count,
  hasPrevious,
  hiddenText,
  IN_FILES,
  isPremerge,
  isStdinOnly,
  openFindings,
  severityCounts,
  summariseCoverage,
  thousands,
} from '../../src/util/report-text.ts';
import { clip, markdown, markdownCode } from '../../src/util/sanitize.ts';

const TEXT_MAX = 300;
const GAPS_SHOWN = 10;
const DECLARED_SHOWN = 6;

export interface Section {
  /** Safe to print inside `<summary>`. */
  readonly title: string;
  /** Each one line of Markdown. */
  readonly lines: readonly string[];
}

/** How much of what was looked at was read. */
export function coverageText(report: Report): { readonly text: string; readonly whole: boolean } {
  const { looked, complete } = summariseCoverage(report.coverage);
  return {
    text: looked.length === 0 ? 'nothing was looked at' : `${complete} of ${count(looked.length, 'surface')} read completely`,
    whole: looked.length > 0 && complete === looked.length,
  };
}

/** What has become of findings since something that they are held against. */
export interface Since {
  readonly isNew: (finding: Finding) => boolean;
  /** `since the last push`; empty where the report's own words will do. */
  readonly since: string;
  /** `1 fixed`; empty when nothing is gone. */
  readonly gone: string;
}

/**
 * `**2 high new, 1 fixed**; coverage: 3 of 4 surfaces read completely.` A green line when there is nothing to do. What is
 * hidden stands in it too; "new" only where there is something to compare with.
 */
export function verdictLine(report: Report, since: Since | undefined = sinceRun(report)): string {
  const open = openFindings(report.findings);
  const coverage = coverageText(report);
  const hidden = hiddenText(report.hidden, report.persona).map(markdown).join('; ');
  const aside = hidden === '' ? '' : ` (not listed: ${hidden})`;
  const none = `No open findings${report.hidden.persona > 0 ? ` for persona ${report.persona}` : ''}`;
  const gone = since === undefined || since.gone === '' ? [] : [since.gone];
  if (open.length > 0)
    return `**${[...openCounts(open, since), ...gone].join(', ')}**${since?.since ?? ''}${aside}; coverage: ${coverage.text}.`;
  return coverage.whole
    ? `✅ **${[none, ...gone].join(', ')}**${aside}; ${coverage.text}.`
    : `⚠️ **${[none, ...gone].join(', ')}, but ${coverage.text}**: this proves little${aside}.`;
}

function openCounts(open: readonly Finding[], since: Since | undefined): string[] {
  if (since === undefined) return [`${severityCounts(open)} ${open.length === 1 ? 'finding' : 'findings'}`];
  const fresh = open.filter(since.isNew);
  return [
    ...(fresh.length > 0 ? [`${severityCounts(fresh).replace(/ and /g, ', ')} new`] : []),
    ...(open.length > fresh.length ? [`${thousands(open.length - fresh.length)} unchanged`] : []),
  ];
}

/** Held against the run before, as the findings themselves say. */
function sinceRun(report: Report): Since | undefined {
  const fixed = report.findings.filter((finding) => finding.status === 'fixed').length;
  if (!hasPrevious(report)) return undefined;
  return { isNew: ({ status }) => status === 'new', since: '', gone: fixed > 0 ? `${thousands(fixed)} fixed` : '' };
}

/** What somebody said not to report, what has run out first. */
export function acceptedSection(report: Report): Section | undefined {
  const rows = acceptanceLines(report);
  if (rows.length === 0) return undefined;
  const due = rows.filter((row) => row.isDue).length;
  return {
    title: `${count(report.accepted.length, 'accepted finding')}${due === 0 ? '' : `, ${thousands(due)} to look at`}`,
    lines: rows.map(({ text, isDue }) => `- ${isDue ? '⚠️ ' : ''}${markdown(clip(text, TEXT_MAX))}`),
  };
}

/** What was not read, and why; then what was. Shortened until it fits. */
export function coverageLines(report: Report, max: number): string[] {
  const { looked, notLooked } = summariseCoverage(report.coverage, report.declaredAbsent);
  const gaps = looked.flatMap((row) => row.gaps.map((gap) => ({ title: row.title, gap })));
  const lines = gaps
    .slice(0, GAPS_SHOWN)
    .map(
      ({ title, gap }) =>
        `- ${title}: **${gap.outcome}**: ${markdown(clip(gap.subject, 120))}: ${markdown(clip(gap.why ?? 'no reason given', TEXT_MAX))}`,
    );
  while (lines.join('\n').length > max) lines.pop();
  if (gaps.length > lines.length) lines.push(`- and ${count(gaps.length - lines.length, 'more gap')}`);
  const read = looked.filter((row) => row.gaps.length === 0).map((row) => row.title);
  if (lines.length > 0) lines.push('');
  if (read.length > 0) lines.push(`Read completely: ${read.join(', ')}.`);
  lines.push(...notLookedLines(report, looked, notLooked));
  const without = judgedWithoutText(report.coverage);
  if (without !== undefined) lines.push(`⚠️ Judged without ${markdown(clip(without, TEXT_MAX))}.`);
  const declared = report.declaredAbsent ?? [];
  if (lines.length > 0 && declared.length > 0) lines.push('');
  for (const one of declared.slice(0, DECLARED_SHOWN)) {
    const lead = one.state === 'believed' ? 'Declared absent' : '⚠️ Not believed';
    lines.push(`- ${lead}: ${SURFACES[one.surface]}: ${markdown(clip(absentText(one), TEXT_MAX))}`);
  }
  const left = declared.slice(DECLARED_SHOWN).map(({ surface }) => SURFACES[surface]);
  if (left.length > 0) lines.push(`- and ${left.join(', ')}`);
  return lines;
}

/** Why there is nothing of it: a change did not touch it, the files that were read have none, or nobody gave it. */
function notLookedLines(report: Report, looked: CoverageSummary['looked'], notLooked: CoverageSummary['notLooked']): string[] {
  if (isPremerge(report)) {
    const rest = isStdinOnly(report) ? 'anything but standard input' : 'what did not change';
    return [`Not looked at: ${rest}; a full scan reads the rest.`];
  }
  const { only, skip } = report.run.parameters;
  const isSearched = only === undefined && skip === undefined && looked.some((row) => row.surface === 'work-tree');
  const isNone = (row: (typeof notLooked)[number]): boolean => isSearched && IN_FILES.has(row.surface);
  return (
    [
      ['None found', notLooked.filter(isNone)],
      ['Not looked at, for none was given', notLooked.filter((row) => !isNone(row))],
    ] as const
  ).flatMap(([lead, rows]) => (rows.length === 0 ? [] : [`${lead}: ${rows.map((row) => row.title).join(', ')}.`]));
}

/** Checks that could not run: their silence is no news. */
export function silentChecks(report: Report): Report['checks'] {
  return report.checks.filter((check) => check.outcome === 'not-assessed' || check.outcome === 'partial');
}

export function notAssessedSection(report: Report): Section | undefined {
  const silent = silentChecks(report);
  if (silent.length === 0) return undefined;
  return {
    title: `${count(silent.length, 'check')} not or only partly assessed`,
    lines: silent.map(
      (check) =>
        `- ${markdownCode(clip(check.rule, 80))} ${check.outcome === 'partial' ? 'partly' : 'not assessed'}: ${markdown(clip(check.reason ?? 'no reason given', TEXT_MAX))}`,
    ),
  };
}

/** Controls that fail or are only partly assessed, and how many did what. */
export function controlSection(report: Report): Section | undefined {
  const told = report.controls.filter((control) => control.outcome === 'fail' || control.outcome === 'partial');
  if (told.length === 0) return undefined;
  const titles = new Map(report.frameworks.map((framework) => [framework.id, `${framework.title} ${framework.version}`]));
  return {
    title: `${count(told.length, 'control')} failed or partly assessed`,
    lines: told.map(
      (control) =>
        `- **${control.outcome}** ${markdown(clip(titles.get(control.framework) ?? control.framework, 80))}: ${markdown(clip(controlLabel(control), 160))}: ${markdown(clip(control.reason, TEXT_MAX))}${whereAside(control)}`,
    ),
  };
}

/** Where it fails, in our own words. */
function whereAside(control: ControlResult): string {
  const where = whereText(control, 'fail');
  return where === '' ? '' : ` It ${where}.`;
}

/** What to put into the configuration when a rule does not fit here. Only what the configuration really knows. */
export function exceptSection(open: readonly Finding[]): Section | undefined {
  const [first] = open;
  if (first === undefined || !/^[a-z0-9-]{1,80}$/.test(first.rule)) return undefined;
  return {
    title: 'Not a problem here?',
    lines: [
      'Switch a check off in `nhi-audit.config.yml`; its controls are then reported as not assessed. Say why, who decided, and until when:',
      '',
      '```yaml',
      'checks:',
      `  ${first.rule}:`,
      '    enabled: false # reason, owner, review on YYYY-MM-DD',
      '```',
    ],
  };
}
