import type { Finding } from '../../src/contracts/finding.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { rankFixes } from '../../src/util/fixes.ts';
import { cutTo, type Layout } from '../../src/util/layout.ts';
import { count, openFindings, thousands } from '../../src/util/report-text.ts';
import { clip } from '../../src/util/sanitize.ts';
import { blockLines, commandIn, countedBySeverity, fixLines, severityLead, shortNameOf } from './block-lines.ts';
import { type Block, blocksOf, shapeOf } from './blocks.ts';
import { graveWords } from './identity.ts';
import { groupBy } from './order.ts';
import { type Telling, tellingOf } from './telling.ts';

export interface SummaryLimits {
  /** Identities, credentials and rules told in full. */
  readonly blocks: number;
  /** Lines for those that are not. */
  readonly lines: number;
  /** Places printed of each. */
  readonly places: number;
}

/** So many actions at most, and none where everything was read in a moment. */
const FIXES = 4;
const FIXES_FROM = 4;
/** From so many of one shape on they share a line. */
const SHARED_FROM = 3;
const NAMES_MAX = 600;

/** The gravest in full, the rest in a line each, then what to do first. */
export function* summaryLines(report: Report, layout: Layout, limits: SummaryLimits): Iterable<string> {
  const open = openFindings(report.findings);
  if (open.length === 0) return;
  yield* layout.heading('FINDINGS');
  const telling = tellingOf(report, layout, limits.places);
  const blocks = blocksOf(open);
  for (const [index, block] of blocks.slice(0, limits.blocks).entries()) {
    if (index > 0) yield '';
    yield* blockLines(block, telling);
  }
  yield* restLines(blocks.slice(limits.blocks), telling, limits);
  if (blocks.length >= FIXES_FROM) yield* fixFirst(report, open, layout);
}

/** What is not told in full: a line for each, or for several that read alike. */
function* restLines(rest: readonly Block[], telling: Telling, limits: SummaryLimits): Iterable<string> {
  if (rest.length === 0) return;
  const { layout } = telling;
  yield '';
  yield* layout.block('', `${thousands(rest.length)} more`, 'bold');
  const shapes = [...groupBy(rest, shapeOf).values()];
  const rows = shapes.flatMap((same) => (same.length < SHARED_FROM ? same.map((one) => [one]) : [same]));
  for (const row of rows.slice(0, limits.lines)) yield* restLine(row, telling);
  const left = rows.slice(limits.lines).flat();
  if (left.length > 0) {
    const findings = left.flatMap((block) => block.findings);
    yield* layout.block(
      '',
      `and ${count(findings.length, 'finding')} about ${count(left.length, 'other')}: ${countedBySeverity(findings)}`,
      'dim',
    );
  }
}

/** In one line: what does not fit is cut, for each has its page elsewhere. */
function* restLine(row: readonly Block[], { layout, identities }: Telling): Iterable<string> {
  const [first] = row as readonly [Block];
  const [finding] = first.findings;
  const rules = [...new Set(first.findings.map(({ rule }) => rule))];
  const number = first.findings.length > 1 ? ` (${thousands(first.findings.length)})` : '';
  const what =
    first.kind === 'rule'
      ? `${rules[0]}${number}: ${namesOf(first.findings)}`
      : row.length > 1
        ? `${rules.join(', ')} (${thousands(row.length)}): ${namesOf(row.map(({ findings }) => findings[0]))}`
        : `${shortNameOf(finding)}${number}: ${[...graveWords(first.findings, identities.get(finding.identity ?? '')), ...rules].join(' · ')}`;
  yield `${severityLead(finding.severity, layout)}${cutTo(clip(what, NAMES_MAX), layout.width - 10)}`;
}

function namesOf(findings: readonly Finding[]): string {
  return [...new Set(findings.map(shortNameOf))].join(', ');
}

/** The few actions that take away most, over all identities. */
function* fixFirst(report: Report, open: readonly Finding[], layout: Layout): Iterable<string> {
  const fixes = rankFixes(open, report)
    .filter(({ share }) => share > 0)
    .slice(0, FIXES);
  if (fixes.length < 2) return;
  yield* layout.heading('FIX FIRST');
  for (const [index, { action, how, findings, share, owner }] of fixes.entries()) {
    const worth = `${count(findings.length, 'finding')}, ${percent(share)} of the risk`;
    const who = owner.isMissing ? '' : `; ask ${clip(owner.name, 60)}`;
    yield* layout.tagged('  ', `${index + 1}. `, ['bold'], `${clip(action, 70)}: ${worth}${who}`);
    const command = commandIn(how);
    if (command === undefined) yield* fixLines('     ', '', how, '', layout);
    else yield `     ${layout.paint(command, 'cyan')}`;
  }
}

function percent(share: number): string {
  return share < 0.01 ? 'under 1 %' : `${Math.round(share * 100)} %`;
}
