import type { Finding } from '../../src/contracts/finding.ts';
import type { ControlOutcome, ControlRule, ControlSource, RuleAtSource } from '../../src/contracts/framework.ts';
import type { Surface } from '../../src/contracts/observation.ts';
import { DECLARED_ABSENT, type Report } from '../../src/contracts/reporter.ts';
import { inReportOrder, isOpen, thousands } from '../../src/util/report-text.ts';
import { anchors, isAcceptedBy, linkTo, surfaceLink, wordLink } from './anchors.ts';
import type { Cell } from './markdown.ts';

/** So many findings are linked beside one check; the others are counted. */
const LINKS = 25;
/** And beside one source of a control, whose checks have them all. */
const SOURCE_LINKS = 5;
/** More sources than these are counted beside a check; where it is told how it ended, they are all named. */
const SOURCES_NAMED = 3;

/** What leads from a result to what it rests on. Every cell that it makes has at least one link. */
export class EvidenceLinks {
  readonly #byRule = new Map<string, Finding[]>();
  readonly #checks: ReadonlyMap<string, Report['checks'][number]>;
  readonly #counted: ReadonlySet<string>;
  readonly #absent: ReadonlySet<Surface>;
  readonly #report: Report;

  /** `told`: so many findings are in the document, the worst first. */
  constructor(report: Report, told: number) {
    this.#report = report;
    this.#checks = new Map(report.checks.map((check) => [check.rule, check]));
    this.#absent = new Set(report.declaredAbsent?.flatMap(({ surface, state }) => (state === 'believed' ? [surface] : [])));
    this.#counted = new Set(report.parts?.population?.map(({ surface }) => surface));
    const shown = [...report.findings, ...report.accepted].sort(inReportOrder).slice(0, told);
    for (const finding of shown) {
      const others = this.#byRule.get(finding.rule);
      if (others === undefined) this.#byRule.set(finding.rule, [finding]);
      else others.push(finding);
    }
  }

  /** What was read of a source, row by row; where nothing was, what scope says of it. */
  source(surface: Surface): Cell {
    return surfaceLink(surface, this.#counted.has(surface) ? anchors.population(surface) : anchors.source(surface));
  }

  ofRule(rule: ControlRule): Cell {
    const where = this.#where(rule, rule.sources);
    const looked = thousands(this.#checks.get(rule.rule)?.population ?? 0);
    switch (rule.outcome) {
      case 'fail':
      case 'excepted':
        return this.#found(rule);
      case 'pass':
        return `${looked} looked at, nothing found: ${where}`;
      case 'partial':
        return `${looked} looked at in ${where}; ${this.#why(rule, 'why that proves little')}`;
      case 'not-applicable':
        return this.#nothing(rule) ?? `0 of that kind in ${where}`;
      default:
        return `needs ${where}: ${this.#why(rule, 'what is missing, and how to collect it')}`;
    }
  }

  /** What there is said to be none of; `undefined` where it was looked for. */
  #nothing(rule: ControlRule): Cell | undefined {
    if (this.#checks.get(rule.rule)?.reason?.startsWith(DECLARED_ABSENT) !== true) return undefined;
    const absent = rule.sources.filter(({ surface }) => this.#absent.has(surface));
    const what = absent.length === 0 ? this.#why(rule, 'its source') : this.#where(rule, absent);
    return `declared absent: ${what}`;
  }

  /** The findings of a control at one of its sources. */
  ofSource({ surface, findings }: ControlSource, rules: readonly ControlRule[]): Cell {
    const failing = rules.filter(({ sources }) => sources.some((at) => at.surface === surface && at.findings > 0));
    const found = failing.flatMap(({ rule }) =>
      (this.#byRule.get(rule) ?? []).filter(
        (finding) => isOpen(finding) && (finding.surfaces.length === 0 || finding.surfaces.includes(surface)),
      ),
    );
    const links = found.sort(inReportOrder).slice(0, SOURCE_LINKS).map(findingLink);
    const more = Math.max(findings, found.length) - links.length;
    return [this.source(surface), ...links, ...(more > 0 ? [`${thousands(more)} more below`] : [])].join(', ');
  }

  #found(rule: ControlRule): Cell {
    const findings = this.#byRule.get(rule.rule) ?? [];
    const links = findings.slice(0, LINKS).map((finding) => {
      const link = findingLink(finding);
      return isOpen(finding) ? link : `${link} (${finding.status})`;
    });
    const listed = findings.filter(isOpen).length;
    const left = Math.max(rule.findings, listed) - findings.slice(0, LINKS).filter(isOpen).length;
    const more = left > 0 ? [`${thousands(left)} not listed here, counted with ${this.#why(rule, 'the check')}`] : [];
    const told = [...links, ...more, ...this.#register(rule)];
    const cell = told.length > 0 ? told.join(', ') : `counted with ${this.#why(rule, 'the check')}`;
    const silent = byOutcome(rule.sources.filter(({ findings: n }) => n === 0)).map(
      ([outcome, sources]) => `${WORDS[outcome]} ${this.#where(rule, sources)}`,
    );
    return silent.length === 0 ? cell : `${cell}; ${silent.join('; ')}`;
  }

  /** How a check ended at each of its sources: `fail: AWS IAM (2); pass: GCP IAM`. */
  ofCheck(sources: readonly RuleAtSource[]): Cell {
    return byOutcome(sources)
      .map(([outcome, some]) => {
        const names = some.map(
          ({ surface, findings }) => `${this.source(surface)}${findings > 0 ? ` (${thousands(findings)})` : ''}`,
        );
        return `${outcome}: ${names.join(', ')}`;
      })
      .join('; ');
  }

  /** The entries of the register that accept what this rule found. */
  #register({ rule }: ControlRule): string[] {
    const accepted = this.#report.accepted.filter((finding) => finding.rule === rule);
    if (accepted.length === 0) return [];
    const entries = [...this.#report.acceptances.entries()].filter(([, use]) =>
      accepted.some((finding) => isAcceptedBy(finding, use)),
    );
    return entries.map(([index]) => wordLink(`exception ${index + 1}`, anchors.exception(index)));
  }

  #why({ rule }: ControlRule, words: string): Cell {
    return wordLink(words, anchors.check(rule));
  }

  #where(rule: ControlRule, sources: readonly RuleAtSource[]): Cell {
    return sources.length > SOURCES_NAMED
      ? this.#why(rule, `${sources.length} sources`)
      : sources.map(({ surface }) => this.source(surface)).join(', ');
  }
}

const WORDS: { readonly [outcome in ControlOutcome]: string } = {
  pass: 'nothing found in',
  fail: 'fails in',
  partial: 'looked at in part:',
  'not-assessed': 'not assessed:',
  'not-applicable': 'nothing to judge in',
  excepted: 'accepted in',
};

function byOutcome(sources: readonly RuleAtSource[]): [ControlOutcome, RuleAtSource[]][] {
  const groups = new Map<ControlOutcome, RuleAtSource[]>();
  for (const at of sources) groups.set(at.outcome, [...(groups.get(at.outcome) ?? []), at]);
  return [...groups];
}

function findingLink(finding: Finding): Cell {
  return linkTo(finding.fingerprint.slice(0, 12), anchors.finding(finding));
}
