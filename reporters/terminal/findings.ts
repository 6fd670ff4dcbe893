import type { CheckMeta } from '../../src/contracts/check.ts';
import type { Evidence, Finding, Severity } from '../../src/contracts/finding.ts';
import type { IdentityView, Report } from '../../src/contracts/reporter.ts';
import type { Layout, Style } from '../../src/util/layout.ts';
import { count, firstSentence, firstStep, openFindings, placeText, thousands } from '../../src/util/report-text.ts';
import { clip, printable } from '../../src/util/sanitize.ts';

const SEVERITY_STYLE: { readonly [severity in Severity]: readonly Style[] } = {
  critical: ['bold', 'inverse', 'red'],
  high: ['bold', 'red'],
  medium: ['yellow'],
  low: ['cyan'],
  info: ['dim'],
};

const NAME_MAX = 160;
const TEXT_MAX = 600;
const SUBJECTS_SHOWN = 3;

export interface FindingLimits {
  readonly findings: number;
  readonly places: number;
}

/** Open findings: one group an identity (or credential), in it one entry a rule, in it what was found and where. */
export function* findingLines(report: Report, layout: Layout, limits: FindingLimits): Iterable<string> {
  const open = openFindings(report.findings);
  if (open.length === 0) return;
  yield* layout.heading('FINDINGS');
  const shown = open.slice(0, limits.findings);
  const identities = new Map(report.identities.map((identity) => [identity.id, identity]));
  const checks = new Map(report.checks.map((check) => [check.rule, check.meta]));
  let first = true;
  for (const [subject, findings] of groupBy(shown, (finding) => finding.identity ?? finding.credential ?? finding.subject)) {
    if (!first) yield '';
    first = false;
    yield* layout.block('', clip(findings[0]?.subject ?? subject, NAME_MAX), 'bold');
    const told = new Set<string>();
    const known = identities.get(subject);
    if (known !== undefined) yield* layout.block('  ', describe(known), 'dim');
    for (const [rule, same] of groupBy(findings, (finding) => finding.rule)) {
      yield* ruleLines(same, checks.get(rule), layout, limits.places, told);
    }
  }
  yield* restLines(open.slice(shown.length), layout);
}

/** What is not told in full: one line a rule. */
function* restLines(rest: readonly Finding[], layout: Layout): Iterable<string> {
  if (rest.length === 0) return;
  yield '';
  yield* layout.block(
    '',
    `${count(rest.length, 'more finding')} in short; -o json=FILE or -o csv=FILE has all of them in full.`,
    'bold',
  );
  for (const findings of groupBy(rest, (finding) => `${finding.severity} ${finding.rule}`).values()) {
    const [first] = findings;
    if (first === undefined) continue;
    const subjects = [...new Set(findings.map((finding) => clip(finding.subject, 60)))];
    const named =
      subjects.length > SUBJECTS_SHOWN
        ? `${subjects.slice(0, SUBJECTS_SHOWN).join(', ')} and ${subjects.length - SUBJECTS_SHOWN} more`
        : subjects.join(', ');
    const lead = `${first.severity.toUpperCase().padEnd(8)}  `;
    yield* layout.tagged(
      '  ',
      lead,
      SEVERITY_STYLE[first.severity],
      `${clip(first.rule, 60)} (${thousands(findings.length)}): ${named}`,
    );
  }
}

function* ruleLines(
  findings: readonly Finding[],
  meta: CheckMeta | undefined,
  layout: Layout,
  max: number,
  told: Set<string>,
): Iterable<string> {
  const [first] = findings;
  if (first === undefined) return;
  const title = clip(first.title, TEXT_MAX);
  yield* layout.tagged('  ', `${first.severity.toUpperCase().padEnd(8)}  `, SEVERITY_STYLE[first.severity], title, ['bold']);
  const indent = '    ';
  yield indent + layout.paint(layout.link(printable(clip(first.rule, 60)), meta?.references[0]), 'dim');
  if (meta !== undefined) yield* layout.tagged(indent, '', [], clip(firstSentence(meta.why), TEXT_MAX), ['dim']);
  for (const [index, finding] of findings.entries()) {
    const status = finding.status === 'new' ? ' (new)' : '';
    yield* layout.tagged(indent, '- ', [], clip(finding.message, TEXT_MAX) + status);
    yield* placeLines(finding, layout, max, told);
    // The same advice under each of ten findings is noise: it stands under the last of those that share it.
    if (findings[index + 1]?.fix !== finding.fix) {
      yield* layout.tagged(`${indent}  `, 'fix: ', ['green'], clip(firstStep(finding.fix), TEXT_MAX));
    }
  }
}

/** Where the credential lies; where it lies nowhere, the facts. Places told once in a group are not told again. */
function* placeLines(finding: Finding, layout: Layout, max: number, told: Set<string>): Iterable<string> {
  const sightings = finding.evidence.filter((item) => item.kind === 'sighting');
  const shown = [...new Set((sightings.length > 0 ? sightings : finding.evidence).map(evidenceText))];
  const key = shown.join('\n');
  if (sightings.length > 0 && shown.length > 1 && told.has(key)) {
    yield* layout.tagged('      ', 'at ', ['dim'], `the same ${count(shown.length, 'place')} as above`);
  } else {
    told.add(key);
    for (const text of shown.slice(0, max)) {
      yield* layout.tagged('      ', sightings.length > 0 ? 'at ' : '', ['dim'], clip(text, NAME_MAX * 2));
    }
    if (shown.length > max) yield* layout.block('      ', `and ${thousands(shown.length - max)} more`, 'dim');
  }
  const facts = sightings.length === 0 ? 0 : finding.evidence.length - sightings.length;
  if (facts > 0) yield* layout.block('      ', `and ${count(facts, 'other fact')} it rests on`, 'dim');
}

/** A sighting is its place; any other fact says what it is, and which file told it. */
function evidenceText(evidence: Evidence): string {
  const { pointer, ...file } = evidence.at ?? {};
  if (evidence.kind === 'sighting') return (evidence.at === undefined ? '' : placeText(evidence.at)) || evidence.summary;
  const source = placeText(file) || pointer;
  return source === undefined ? evidence.summary : `${evidence.summary}, in ${source}`;
}

/** `owner jo@harbour.example has left; can: admin; 2 credentials, seen at 4 places; 7 gateway sessions; last used 2026-03-11` */
export function describe(identity: IdentityView): string {
  const parts = [ownership(identity)];
  if (identity.environment !== undefined) parts.push(clip(identity.environment, 40));
  if (identity.capabilities.length > 0) parts.push(`can: ${clip(identity.capabilities.join(', '), NAME_MAX)}`);
  if (identity.credentials > 0 || identity.sightings > 0) {
    const seen = identity.sightings > 0 ? `, seen at ${count(identity.sightings, 'place')}` : '';
    parts.push(`${count(identity.credentials, 'credential')}${seen}`);
  }
  if (identity.consumers > 0) parts.push(`used by ${count(identity.consumers, 'consumer')}`);
  if (identity.sessions > 0) parts.push(count(identity.sessions, 'session'));
  if (identity.lastUsedAt !== undefined) parts.push(`last used ${identity.lastUsedAt.slice(0, 10)}`);
  if (identity.enabled === false) parts.push('disabled');
  return parts.join('; ');
}

function ownership(identity: IdentityView): string {
  const owner = identity.owner === undefined ? 'owner' : `owner ${clip(identity.owner, 80)}`;
  switch (identity.ownership) {
    case 'owned':
      return owner;
    case 'owner-left':
      return `${owner} has left`;
    case 'unowned':
      return 'no owner known';
    default:
      return `${owner} (${identity.ownership})`;
  }
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}
