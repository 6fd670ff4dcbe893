import type { Evidence, Finding, Severity } from '../../src/contracts/finding.ts';
import type { IdentityView } from '../../src/contracts/reporter.ts';
import { rankFixes, shortName } from '../../src/util/fixes.ts';
import { cutTo, displayWidth, type Layout, type Style } from '../../src/util/layout.ts';
import { subjectName } from '../../src/util/report-names.ts';
import { count, firstSentence, firstStep, list, SEVERITIES_DOWN, thousands } from '../../src/util/report-text.ts';
import { clip, clipAdvice, printable } from '../../src/util/sanitize.ts';
import type { Block } from './blocks.ts';
import { graveWords, ownerAndUse } from './identity.ts';
import { groupBy } from './order.ts';
import { isPlaces, placesOf, sourcesOf } from './places.ts';
import { SEVERITY_STYLE } from './styles.ts';
import type { Telling } from './telling.ts';

const NAME_MAX = 120;
const PLACE_MAX = 90;
const TEXT_MAX = 300;
/** Rules told of one identity; the rest is counted. */
const RULES_SHOWN = 4;
/** Credentials or places told of one rule; the rest is counted. */
const SUBJECTS_SHOWN = 10;
/** Places that would have less room stand behind the name, not beside it. */
const PLACES_MIN = 30;
/** A title that has less room is told whole, and the rule below it. */
const TITLE_MIN = 44;
/** From so many columns on a sentence that is cut still says something. */
const WIDE = 80;
/** `CRITICAL  `, and the labels below it. */
const LEAD = 10;

/** One identity, credential or rule: what it is and why it is grave, where, what it reaches, whose it is, what is wrong, one fix. */
export function* blockLines(block: Block, telling: Telling): Iterable<string> {
  if (block.kind === 'rule') yield* ruleBlock(block, telling);
  else yield* subjectBlock(block, telling);
}

function* subjectBlock({ findings }: Block, telling: Telling): Iterable<string> {
  const { layout, identities } = telling;
  const [first] = findings;
  const identity = first.identity === undefined ? undefined : identities.get(first.identity);
  yield* head(first, graveWords(findings, identity), telling);
  const rules = groupBy(findings, ({ severity, rule }) => `${severity} ${rule}`);
  yield* placeLines(findings, telling);
  yield* reachLine(findings, identity, layout);
  const whose = identity === undefined ? '' : ownerAndUse(identity);
  if (whose !== '') yield* label('owner', whose, layout);
  const shown = rules.size > RULES_SHOWN + 1 ? RULES_SHOWN : rules.size;
  for (const same of [...rules.values()].slice(0, shown)) {
    yield* titleLine('  ', same, telling);
    // Where one thing is wrong, it is told in its own words; what those would repeat of the places is the risk instead.
    if (rules.size === 1) yield* ownWords(first, identity, telling);
  }
  const rest = [...rules.values()].slice(shown).flat();
  if (rest.length > 0)
    yield* layout.block('            ', `and ${thousands(rest.length)} more: ${countedBySeverity(rest)}`, 'dim');
  yield* bestFix(findings, telling);
}

/** One rule at several places or credentials that belong to nobody known: a line each. */
function* ruleBlock({ findings }: Block, telling: Telling): Iterable<string> {
  const { layout, checks } = telling;
  const [first] = findings;
  yield* titleLine('', findings, telling, ['bold']);
  yield* risk(' '.repeat(LEAD), first.rule, telling);
  const shown = findings.slice(0, SUBJECTS_SHOWN);
  const names = shown.map((finding) => (isPlaces(finding) ? printable(clip(subjectName(finding), 60)) : ''));
  const column = Math.max(...names.map((name) => displayWidth(name))) + 2;
  const isTable = layout.width - 2 - column >= PLACES_MIN;
  for (const [index, finding] of shown.entries()) {
    const name = names[index] ?? '';
    if (name === '') yield* layout.tagged('  ', '- ', [], messageLine(finding, telling));
    else if (isTable) yield* layout.tagged('  ', padTo(name, column), ['bold'], placeList(finding, telling));
    else yield* layout.tagged('  ', '- ', [], `${name}: ${placeList(finding, telling)}`);
  }
  if (findings.length > shown.length) {
    yield* layout.block('  ', `and ${thousands(findings.length - shown.length)} more`, 'dim');
  }
  // One advice for all of them: where each has its own (the provider's command), the rule's.
  const isShared = findings.every(({ fix }) => fix === first.fix);
  yield* fixLines('  ', 'fix     ', firstStep(isShared ? first.fix : (checks.get(first.rule)?.fix ?? first.fix)), '', layout);
}

/** The name, and what makes it grave: in one line where it has room. */
function* head(finding: Finding, words: readonly string[], { layout }: Telling): Iterable<string> {
  const { severity } = finding;
  const whole = printable(nameOf(finding));
  const name = LEAD + displayWidth(whole) <= layout.width ? whole : printable(shortNameOf(finding));
  const grave = words.join(' · ');
  if (LEAD + displayWidth(name) + 2 + displayWidth(grave) <= layout.width) {
    const aside = grave === '' ? '' : `  ${layout.paint(grave, 'red')}`;
    yield `${severityLead(severity, layout)}${layout.paint(name, 'bold')}${aside}`;
    return;
  }
  yield* layout.tagged('', severity.toUpperCase().padEnd(LEAD), SEVERITY_STYLE[severity], name, ['bold']);
  if (grave !== '') yield* layout.block(' '.repeat(LEAD), grave, 'red');
}

/** The word alone is painted, not what aligns it. */
export function severityLead(severity: Severity, layout: Layout): string {
  return layout.paint(severity.toUpperCase(), ...SEVERITY_STYLE[severity]) + ' '.repeat(LEAD - severity.length);
}

/** Severity, title and the rule, which terminals that can make clickable: one line where there is room, which a long title gives up. */
function* titleLine(
  indent: string,
  same: readonly Finding[],
  telling: Telling,
  titleStyle: readonly Style[] = [],
): Iterable<string> {
  const { layout, checks } = telling;
  const [{ severity, title, rule }] = same as unknown as readonly [Finding];
  const number = same.length === 1 ? '' : ` (${thousands(same.length)})`;
  const text = printable(
    `${clip(title, NAME_MAX)}${number}${same.every((finding) => isMarked(finding, telling)) ? ' (new)' : ''}`,
  );
  const id = printable(clip(rule, 60));
  const linked = layout.paint(layout.link(id, checks.get(rule)?.references[0]), 'dim');
  const room = layout.width - indent.length - LEAD;
  if (room - displayWidth(id) - 2 >= TITLE_MIN) {
    const shown = cutTo(text, room - displayWidth(id) - 2);
    yield `${indent}${severityLead(severity, layout)}${layout.paint(shown, ...titleStyle)}  ${linked}`;
    return;
  }
  yield* layout.tagged(indent, severity.toUpperCase().padEnd(LEAD), SEVERITY_STYLE[severity], text, titleStyle);
  const below = indent + ' '.repeat(LEAD);
  // Whole, even where it cannot stand below the title: half an id is neither clicked nor copied.
  if (displayWidth(id) <= room) yield below + linked;
  else if (displayWidth(id) + 2 <= layout.width) yield `  ${linked}`;
  else yield* layout.block('  ', id, 'dim');
}

/** Where the credentials lie, each place once; else what the facts come from. */
function* placeLines(findings: readonly Finding[], { layout, places, oneRepository }: Telling): Iterable<string> {
  const lies = [...new Set(findings.flatMap((finding) => placesOf(finding, oneRepository)))];
  if (lies.length > 0) return yield* label('lies in', someOf(lies, places), layout);
  // What an inventory says has no line to go to.
  const sources = [...new Set(findings.flatMap((finding) => sourcesOf(finding, oneRepository, hasLine)))];
  if (sources.length > 0) yield* label('from', cutTo(someOf(sources, places), layout.width - LEAD), layout, ['dim']);
}

function hasLine({ kind, at }: Evidence): boolean {
  return at?.line !== undefined && kind !== 'usage';
}

const REACH = /^(?:admin|escalates): (?<path>.+)/s;

/** What an administrator may do need not be told; how it became one is worth more. */
function* reachLine(findings: readonly Finding[], identity: IdentityView | undefined, layout: Layout): Iterable<string> {
  const grants = findings.flatMap(({ evidence }) => evidence.filter(({ kind }) => kind === 'grant'));
  const path = grants.map(({ summary }) => REACH.exec(summary)?.groups?.path).find((text) => text !== undefined);
  const can = identity?.capabilities ?? [];
  const what = can.includes('admin') ? '' : clip(can.join(', '), NAME_MAX);
  const how = path === undefined ? '' : clip(path, TEXT_MAX);
  if (what !== '' || how !== '') yield* label('reaches', [what, how].filter((part) => part !== '').join('; '), layout);
}

function* ownWords(finding: Finding, identity: IdentityView | undefined, telling: Telling): Iterable<string> {
  if (isPlaces(finding)) yield* risk('            ', finding.rule, telling);
  else yield* telling.layout.block('            ', message(finding, identity), 'dim');
}

/** Why a rule matters, where it is met first. */
function* risk(indent: string, rule: string, { layout, checks, told }: Telling): Iterable<string> {
  const why = firstSentence(checks.get(rule)?.why ?? '');
  if (why === '' || told.has(why)) return;
  told.add(why);
  // In one line where that says something: `explain` has the rest.
  const text = layout.width < WIDE ? clip(why, TEXT_MAX) : cutTo(why, layout.width - indent.length);
  yield* layout.block(indent, text, 'dim');
}

function message({ message: text, identity }: Finding, known: IdentityView | undefined): string {
  const short =
    identity === undefined || known === undefined || identity.length > NAME_MAX ? text : text.replaceAll(identity, known.name);
  return clipAdvice(short, TEXT_MAX);
}

/** What happened, and where to go if the sentence does not say it. */
function messageLine(finding: Finding, telling: Telling): string {
  const [place] = sourcesOf(finding, telling.oneRepository);
  const aside = place === undefined || finding.message.includes(place) ? '' : ` (${clip(place, PLACE_MAX)})`;
  return `${message(finding, undefined)}${aside}${mark(finding, telling)}`;
}

function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

function placeList(finding: Finding, telling: Telling): string {
  return `${someOf(placesOf(finding, telling.oneRepository), telling.places)}${mark(finding, telling)}`;
}

/** One fix: what removes most of the block. */
function* bestFix(findings: readonly Finding[], { layout, report }: Telling): Iterable<string> {
  const [best] = rankFixes(findings, report);
  if (best === undefined) return;
  const ends =
    best.findings.length < findings.length ? `${thousands(best.findings.length)} of ${count(findings.length, 'finding')}` : '';
  yield* fixLines('  ', 'fix     ', best.how, ends, layout);
}

/**
 * A command that is run as it stands: it is not wrapped, for a broken line cannot be pasted. One with anything in it that a
 * shell might take for more than words is left in its sentence.
 */
const COMMAND = /: `(?<command>[a-z][a-z0-9-]* [\w ./:@%+=,~'"{}-]{12,240})`\.?/;
const STEPS = / \((?<steps>(?:first|one) of \d+ (?:steps|ways))\)$/;

export function commandIn(how: string): string | undefined {
  const command = COMMAND.exec(how)?.groups?.command;
  return command !== undefined && printable(command) === command ? command : undefined;
}

export function* fixLines(indent: string, lead: string, how: string, ends: string, layout: Layout): Iterable<string> {
  const steps = STEPS.exec(how)?.groups?.steps ?? '';
  const asides = [steps, ends].filter((part) => part !== '').join('; ');
  const text = clipAdvice(how.replace(STEPS, ''), TEXT_MAX);
  const command = commandIn(text);
  const hasRoom = (line: string): boolean => indent.length + lead.length + displayWidth(printable(line)) <= layout.width;
  // That there are more steps is worth no line of its own.
  const aside = asides === '' || (ends === '' && hasRoom(text) && !hasRoom(`${text} (${asides})`)) ? '' : ` (${asides})`;
  const fits = hasRoom(text + aside);
  if (command === undefined || fits) {
    yield* layout.tagged(indent, lead, ['green'], text + aside);
    return;
  }
  yield* layout.tagged(indent, lead, ['green'], text.replace(COMMAND, `${aside}:`));
  yield `${indent}${' '.repeat(lead.length)}${layout.paint(command, 'cyan')}`;
}

function* label(word: string, text: string, layout: Layout, styles: readonly Style[] = []): Iterable<string> {
  yield* layout.tagged('  ', word.padEnd(LEAD - 2), ['dim'], text, styles);
}

function someOf(texts: readonly string[], most: number): string {
  const more = texts.length > most ? ` (+${thousands(texts.length - most)} more)` : '';
  return (
    texts
      .slice(0, most)
      .map((text) => clip(text, PLACE_MAX))
      .join(', ') + more
  );
}

export function countedBySeverity(findings: readonly Finding[]): string {
  const counts = SEVERITIES_DOWN.flatMap((severity) => {
    const n = findings.filter((finding) => finding.severity === severity).length;
    return n === 0 ? [] : [`${thousands(n)} ${severity}`];
  });
  return list(counts);
}

export function nameOf(finding: Finding): string {
  return clip(subjectName(finding), NAME_MAX);
}

/** Without what every id of a provider begins with: `aws user/ml-batch`. */
export function shortNameOf(finding: Finding): string {
  const name = nameOf(finding);
  const short = shortName(name);
  return short === name ? name : `${name.slice(0, name.indexOf(':'))} ${short}`;
}

function mark(finding: Finding, telling: Telling): string {
  return isMarked(finding, telling) ? ' (new)' : '';
}

function isMarked({ status }: Finding, { marksNew }: Telling): boolean {
  return marksNew && status === 'new';
}
