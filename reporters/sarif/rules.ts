import type { CheckMeta } from '../../src/contracts/check.ts';
import type { Finding, Severity } from '../../src/contracts/finding.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { compare } from '../../src/util/report-text.ts';
import { clip, markdown, markdownProse } from '../../src/util/sanitize.ts';
import { splitRef, type Taxonomies, tagsOf } from './taxonomies.ts';
import { message } from './text.ts';

/** Code scanning takes 20 tags a rule. */
const MAX_TAGS = 20;
const MAX_DESCRIPTION = 1024;

/** Bands of code scanning: above 9.0 critical, from 7.0 high, from 4.0 medium, below low. `info` gets none. */
const SECURITY_SEVERITY: { readonly [severity in Severity]: string | undefined } = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.0',
  info: undefined,
};

export function levelOf(severity: Severity): 'error' | 'warning' | 'note' {
  if (severity === 'critical' || severity === 'high') return 'error';
  return severity === 'medium' ? 'warning' : 'note';
}

export interface RuleSource {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly confidence: CheckMeta['confidence'];
  readonly controls: readonly string[];
  readonly fix: string;
  readonly why?: string;
  readonly limits?: string;
  readonly references?: readonly string[];
}

/** Every check of the run, and any rule that only a finding knows (a store written by a newer rule set). */
export function ruleSources(report: Report, findings: readonly Finding[]): RuleSource[] {
  const sources = new Map<string, RuleSource>();
  for (const { meta } of report.checks) sources.set(meta.id, { ...meta, limits: meta.limits ?? '' });
  for (const finding of findings) {
    if (!sources.has(finding.rule)) sources.set(finding.rule, { ...finding, id: finding.rule });
  }
  return [...sources.values()].sort((a, b) => compare(a.id, b.id));
}

/** One `reportingDescriptor`, with what code scanning asks for. */
export function ruleDescriptor(rule: RuleSource, taxonomies: Taxonomies): object {
  const score = SECURITY_SEVERITY[rule.severity];
  const url = rule.references?.find((reference) => /^https:\/\/[\x21-\x7e]+$/.test(reference));
  return {
    id: rule.id,
    name: clip(pascalCase(rule.id), 255),
    shortDescription: message(rule.title, MAX_DESCRIPTION),
    fullDescription: message(rule.why ?? rule.title, MAX_DESCRIPTION),
    ...(url === undefined ? {} : { helpUri: url }),
    help: { text: helpText(rule), markdown: helpMarkdown(rule) },
    defaultConfiguration: { level: levelOf(rule.severity) },
    relationships: taxonomies
      .targets(rule.controls)
      .map(({ id, index, toolComponent }) => ({ target: { id, index, toolComponent }, kinds: ['relevant'] })),
    properties: {
      tags: tagsOf(rule.controls, MAX_TAGS),
      precision: rule.confidence,
      ...(score === undefined ? {} : { 'security-severity': score }),
    },
  };
}

function helpText(rule: RuleSource): string {
  const parts = [rule.why ?? rule.title, `Fix: ${rule.fix}`];
  if (rule.limits) parts.push(`Limits: ${rule.limits}`);
  parts.push(`Controls: ${rule.controls.join(', ')}`);
  return parts
    .map((part) =>
      part
        .trim()
        .split('\n')
        .map((line) => message(line).text)
        .join('\n'),
    )
    .join('\n\n');
}

function helpMarkdown(rule: RuleSource): string {
  const parts = [
    markdown(rule.why ?? rule.title),
    `**Fix**${/^\s*(?:\d+\.|-)\s/.test(rule.fix) ? '\n\n' : ': '}${markdownLines(rule.fix)}`,
  ];
  if (rule.limits) parts.push(`**Limits**: ${markdownProse(rule.limits)}`);
  parts.push(`**Controls**: ${rule.controls.map((ref) => markdown(splitRef(ref).control)).join(', ')}`);
  const links = (rule.references ?? []).filter((reference) => /^https:\/\/[\x21-\x7e]+$/.test(reference));
  if (links.length > 0) parts.push(links.map((link) => `- <${link.replace(/[<>]/g, encodeURIComponent)}>`).join('\n'));
  return parts.join('\n\n');
}

/** Advice of several steps stays a list. */
function markdownLines(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const { mark, rest } = /^\s*(?<mark>\d+\.|-)\s+(?<rest>.*)$/.exec(line)?.groups ?? {};
      return mark === undefined || rest === undefined ? markdownProse(line) : `${mark} ${markdownProse(rest)}`;
    })
    .join('\n');
}

function pascalCase(id: string): string {
  return id.replace(/(^|-)([a-z0-9])/g, (_, __, letter: string) => letter.toUpperCase());
}
