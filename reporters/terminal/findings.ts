import type { Finding } from '../../src/contracts/finding.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { displayWidth, type Layout } from '../../src/util/layout.ts';
import { subjectName } from '../../src/util/report-names.ts';
import { count, firstSentence, firstStep, openFindings, thousands } from '../../src/util/report-text.ts';
import { clip, printable } from '../../src/util/sanitize.ts';
import { describe } from './identity.ts';
import { type Group, groupBy, groupsOf } from './order.ts';
import { isPlaces, placesOf, sourcesOf, untoldPlaces } from './places.ts';
import { SEVERITY_STYLE } from './styles.ts';
import { type Telling, tellingOf } from './telling.ts';

const NAME_MAX = 160;
const TEXT_MAX = 600;
/** Advices of one rule, of as many platforms or providers, that are told each with what they are for. */
const ADVICES_MAX = 4;
/** A longer name stands before its places instead of in a column. */
const COLUMN_MAX = 48;
const PLACES_MIN = 30;

/**
 * Open findings, the most severe first: what is known of an identity in one group, in it one entry a rule; what is
 * about nobody known (a token in a file) in one group a rule, in it one line a credential.
 */
export function* findingLines(report: Report, layout: Layout, limits: { readonly places: number }): Iterable<string> {
  const open = openFindings(report.findings);
  if (open.length === 0) return;
  yield* layout.heading('FINDINGS');
  const telling = tellingOf(report, layout, limits.places);
  const { identities } = telling;
  const groups = groupsOf(open);
  const mixed = groups.some((group) => group.identity !== undefined);
  for (const [index, group] of groups.entries()) {
    if (index > 0) yield '';
    if (group.identity === undefined) {
      // Below the paragraph of an identity it would read as part of it.
      if (mixed && (index === 0 || groups[index - 1]?.identity !== undefined)) {
        yield* layout.block('', 'Of no known identity', 'bold');
      }
      yield* ruleGroup(group, telling);
      continue;
    }
    yield* layout.block('', clip(group.findings[0]?.subject ?? group.identity, NAME_MAX), 'bold');
    const known = identities.get(group.identity);
    if (known !== undefined) yield* layout.block('  ', describe(known), 'dim');
    const placesTold = new Set<string>();
    for (const same of groupBy(group.findings, (finding) => `${finding.severity} ${finding.rule}`).values()) {
      yield* ruleEntry(same, telling, placesTold);
    }
  }
}

/** One rule, and all credentials and places it is about: a line each. */
function* ruleGroup({ findings }: Group, telling: Telling): Iterable<string> {
  yield* ruleHead(findings, telling);
  const [first] = findings;
  if (first === undefined) return;
  const advices = groupBy(findings, (finding) => finding.fix);
  if (advices.size > 1 && advices.size <= ADVICES_MAX && advices.size < findings.length) {
    for (const same of advices.values()) yield* groupLines(same, telling);
    return;
  }
  // One advice for all of them: where each has its own (the provider's command), the rule's.
  const shared = advices.size === 1 ? undefined : telling.checks.get(first.rule)?.fix;
  yield* groupLines(findings, telling, shared);
}

/** What shares an advice, below it. */
function* groupLines(findings: readonly Finding[], telling: Telling, shared?: string): Iterable<string> {
  const { layout } = telling;
  const [first] = findings;
  if (first === undefined) return;
  yield* fixLines({ rule: first.rule, fix: shared ?? first.fix }, telling, '    ');
  const names = new Map(findings.map((finding) => [finding, printable(clip(subjectName(finding), 60))]));
  const widths = findings.map((finding) => (isPlaces(finding) ? displayWidth(names.get(finding) ?? '') : 0));
  const column = Math.max(0, ...widths.filter((width) => width <= COLUMN_MAX)) + 2;
  for (const finding of findings) {
    if (!isPlaces(finding)) {
      yield* findingEntry(finding, telling, new Set());
    } else {
      const name = names.get(finding) ?? '';
      const gap = ' '.repeat(Math.max(0, column - displayWidth(name)));
      const text = `${placeList(finding, telling)}${mark(finding, telling)}`;
      if (gap !== '' && layout.width - 4 - column >= PLACES_MIN) yield* layout.tagged('    ', name + gap, ['bold'], text);
      else yield* layout.tagged('    ', '- ', [], `${name}: ${text}`);
    }
  }
}

function placeList(finding: Finding, { places, oneRepository }: Telling): string {
  const all = placesOf(finding, oneRepository);
  const more = all.length > places ? ` (+${thousands(all.length - places)} more)` : '';
  return (
    all
      .slice(0, places)
      .map((place) => clip(place, NAME_MAX))
      .join(', ') + more
  );
}

function* ruleEntry(findings: readonly Finding[], telling: Telling, placesTold: Set<string>): Iterable<string> {
  yield* ruleHead(findings, telling);
  for (const [index, finding] of findings.entries()) {
    yield* findingEntry(finding, telling, placesTold);
    // The same advice under each of ten findings is noise: it stands under the last of those that share it.
    if (findings[index + 1]?.fix !== finding.fix) yield* fixLines(finding, telling, '      ');
  }
}

/** Severity, title, and the rule with its risk; the risk only where the rule is met first. */
function* ruleHead(findings: readonly Finding[], { layout, checks, told }: Telling): Iterable<string> {
  const [first] = findings;
  if (first === undefined) return;
  const number = findings.length === 1 ? '' : ` (${thousands(findings.length)})`;
  const again = told.has(first.rule);
  const rule = printable(clip(first.rule, 60));
  const title = `${clip(first.title, TEXT_MAX)}${number}${again ? ` [${rule}]` : ''}`;
  yield* layout.tagged('  ', `${first.severity.toUpperCase().padEnd(8)}  `, SEVERITY_STYLE[first.severity], title, ['bold']);
  if (again) return;
  const meta = checks.get(first.rule);
  const why = meta === undefined ? '' : clip(firstSentence(meta.why), TEXT_MAX);
  told.add(first.rule);
  const word = why === '' ? rule : `${rule}:`;
  const linked = layout.link(rule, meta?.references[0]) + word.slice(rule.length);
  yield* layout.flow('    ', word, layout.paint(linked, 'dim'), why, 'dim');
}

function* findingEntry(finding: Finding, telling: Telling, placesTold: Set<string>): Iterable<string> {
  const { layout, places } = telling;
  const message = clip(messageOf(finding, telling), TEXT_MAX);
  yield* layout.tagged('    ', '- ', [], message + mark(finding, telling));
  if (!finding.evidence.some((item) => item.kind === 'sighting')) {
    const sources = sourcesOf(finding, telling.oneRepository);
    const more = sources.length > places ? ` (+${thousands(sources.length - places)} more)` : '';
    const text = sources.slice(0, places).map((source) => clip(source, NAME_MAX));
    if (text.length > 0) yield* layout.tagged('      ', 'from ', ['dim'], text.join(', ') + more, ['dim']);
    return;
  }
  const lines = untoldPlaces(finding, message);
  const key = lines.join('\n');
  if (lines.length > 1 && placesTold.has(key)) {
    yield* layout.tagged('      ', 'at ', ['dim'], `the same ${count(lines.length, 'place')} as above`);
    return;
  }
  placesTold.add(key);
  for (const text of lines.slice(0, places)) yield* layout.tagged('      ', 'at ', ['dim'], clip(text, NAME_MAX * 2));
  if (lines.length > places) yield* layout.block('      ', `and ${thousands(lines.length - places)} more`, 'dim');
}

/** Under its own heading an identity needs no full name. */
function messageOf({ identity, message }: Finding, { identities }: Telling): string {
  const name = identity === undefined ? undefined : identities.get(identity)?.name;
  if (identity === undefined || name === undefined || identity.length > NAME_MAX) return message;
  const whole = `${identity.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}(?=$|[\\s,;:)]|\\.(?:\\s|$))`;
  return message.replace(new RegExp(` of ${whole}`, 'g'), '').replace(new RegExp(whole, 'g'), () => name);
}

function* fixLines(finding: Pick<Finding, 'rule' | 'fix'>, { layout, told }: Telling, indent: string): Iterable<string> {
  const fix = clip(firstStep(finding.fix), TEXT_MAX);
  if (told.has(`${finding.rule} ${fix}`)) return;
  told.add(`${finding.rule} ${fix}`);
  yield* layout.tagged(indent, 'fix: ', ['green'], fix);
}

function mark(finding: Finding, { marksNew }: Telling): string {
  return marksNew && finding.status === 'new' ? ' (new)' : '';
}
