import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Finding } from '../../src/contracts/finding.ts';
import type { Location } from '../../src/contracts/observation.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { defineReporter } from '../../src/contracts/reporter.ts';
import { acceptanceLines } from '../../src/util/acceptance-text.ts';
import { commentMark, knownMark, MARK_NAME } from '../../src/util/comment-marks.ts';
import { EPHEMERAL } from '../../src/util/fingerprint.ts';
import { placeGlob } from '../../src/util/place-glob.ts';
import { primaryPlace, relativeParts } from '../../src/util/places.ts';
import { count, hasPrevious, isPremerge, list, openFindings, thousands } from '../../src/util/report-text.ts';
import { clip, markdown as safe } from '../../src/util/sanitize.ts';
import { Budget, details, END } from './budget.ts';
import { acceptedSection, coverageLines, coverageText, type Section, type Since, silentChecks, verdictLine } from './sections.ts';
import { row, spansRepositories } from './table.ts';

const Options = z.strictObject({
  /** Rows of the first table; the rest is folded. */
  rows: z.coerce.number().int().min(1).max(100).default(10),
  /** Characters; GitHub refuses a body of 65,536 and more. */
  limit: z.coerce.number().int().min(6000).max(65_535).default(65_000),
  /** Tells several comments on one pull request apart. */
  name: z.string().regex(MARK_NAME).default('nhi-audit'),
  /** `owner/repo` and commit that places lead to. */
  repository: z
    .string()
    .regex(/^[\w.-]+\/[\w.-]+$/)
    .optional(),
  sha: z
    .string()
    .regex(/^[0-9a-f]{40,64}$/)
    .optional(),
  server: z.url({ protocol: /^https?$/ }).default('https://github.com'),
  /** Address of the CI run, where the log and kept reports are. */
  run: z.url({ protocol: /^https?$/ }).optional(),
  /** Keys of what the comment said before this push; absent: there was none. */
  known: z.array(z.string()).optional(),
  /** What a reviewer is to know of what judged the change. */
  notes: z.array(z.string()).default([]),
  /** Which of the acceptances stand in the change itself. */
  own: z.array(z.int().min(0)).default([]),
});
type Options = z.infer<typeof Options>;

const EXCEPTION_DAYS = 90;

/** One comment on a pull request, edited in place from push to push; `nhi-audit pr` gives it the options. */
export const pullRequest = defineReporter<Options>({
  id: 'pull-request',
  title: 'Comment on a pull request',
  extension: 'md',
  mediaType: 'text/markdown; charset=utf-8; variant=GFM',
  options: Options as z.ZodType<Options>,
  *render(report, options) {
    yield body(report, options);
  },
});

/** What must be there first; the long parts share what room is left, and say what did not fit. */
function body(report: Report, options: Options): string {
  const all = openFindings(report.findings);
  const since = sincePush(report, all, options.known);
  const isNew = since?.isNew ?? (hasPrevious(report) ? ({ status }: Finding) => status === 'new' : undefined);
  const open = isNew === undefined ? all : [...all.filter(isNew), ...all.filter((finding) => !isNew(finding))];
  const style = {
    several: spansRepositories(report),
    reach: reachOf(report),
    link: linkTo(options),
    ...(isNew === undefined ? {} : { isNew }),
  };
  const isForReview = options.own.length > 0 || options.notes.length > 0;
  // What a change says of itself is no reason for a green sign.
  const verdict = isForReview ? verdictLine(report, since).replace(/^✅/, '⚠️') : verdictLine(report, since);
  const known = knownMark(all.map((finding) => keyOf(finding, report)));
  const foot = `\n${footLine(report, options)}\n`;
  const budget = new Budget(options.limit - foot.length);
  budget.add(
    `${commentMark(options.name)}\n${known === '' ? '' : `${known}\n`}### nhi-audit\n\n${reviewText(report, options)}${verdict}\n`,
  );
  const rows = open.map((finding) => row(finding, style));
  if (rows.length > 0) budget.table('\n', rows.slice(0, options.rows), '');
  // In a clean change there is nothing that these would put in doubt: a comment of one line.
  const sections =
    rows.length === 0 && coverageText(report).whole
      ? [acceptedSection(report)]
      : [exceptionSection(open, report), coverageSection(report, options), notAssessed(report), acceptedSection(report)];
  // The rest of the rows may be long: what explains them keeps its place.
  const after = new Budget(Math.floor(options.limit / 3));
  for (const section of sections) if (section !== undefined) after.fold(section.title, section.lines);
  budget.reserve(after.text().length);
  const rest = rows.slice(options.rows);
  if (rest.length > 0) budget.table(details(count(rest.length, 'more finding')), rest, END);
  budget.addReserved(after.text());
  return budget.text() + foot;
}

const OWN_SHOWN = 8;
const NOTES_SHOWN = 5;

/** First of all: what only looks well because the change itself says so. */
function reviewText(report: Report, { own, notes, limit }: Options): string {
  const uses = own.flatMap((index) => report.acceptances[index] ?? []);
  const lines = acceptanceLines({ ...report, acceptances: uses }).map(
    ({ text }) => `- ${safe(clip(text, Math.min(300, limit / 50)))}`,
  );
  const left = lines.length - OWN_SHOWN;
  const more = left > 0 ? [`- and ${count(left, 'more', 'more')}: the end of this comment has all`] : [];
  const head = "⚠️ **Accepted by this very change: needs a reviewer's eye**";
  const accepted = lines.length === 0 ? '' : `${[head, '', ...lines.slice(0, OWN_SHOWN), ...more].join('\n')}\n\n`;
  const told = notes.slice(0, NOTES_SHOWN).map((note) => `⚠️ ${safe(clip(note, Math.min(300, limit / 30)))}\n\n`);
  return accepted + told.join('');
}

/** Against what the comment said before; a report that knows an earlier run says it by itself. */
function sincePush(report: Report, open: readonly Finding[], known: readonly string[] | undefined): Since | undefined {
  if (known === undefined || hasPrevious(report)) return undefined;
  const before = new Set(known);
  const now = new Set(open.map((finding) => keyOf(finding, report)));
  const gone = [...before].filter((key) => !now.has(key)).length;
  // What was not read this time is not mended.
  const word = coverageText(report).whole ? 'fixed' : 'not seen any more';
  return {
    isNew: (finding) => !before.has(keyOf(finding, report)),
    since: ' since the last push',
    gone: gone === 0 ? '' : `${thousands(gone)} ${word}`,
  };
}

/** The same from push to push, though each job makes its own key for fingerprints of secrets. */
function keyOf(finding: Finding, report: Report): string {
  const isNamed = report.run.fingerprintKeyId !== EPHEMERAL || finding.credential?.startsWith('secret:') !== true;
  const about = isNamed ? finding.fingerprint : `${finding.subject}\u0000${primaryPlace(finding)?.at.path ?? ''}`;
  return createHash('sha256').update(`${finding.rule}\u0000${about}`).digest('hex').slice(0, 12);
}

/** What whoever holds the key can do, where it is known. */
function reachOf(report: Report): (finding: Finding) => string {
  const identities = new Map(report.identities.map((identity) => [identity.id as string, identity]));
  return (finding) => {
    const can = identities.get(finding.identity ?? '')?.capabilities ?? [];
    if (can.length === 0) return '';
    const shown = can.slice(0, 4).map((capability) => safe(clip(capability, 60)));
    return `**Can:** ${list([...shown, ...(can.length > 4 ? [`${can.length - 4} more`] : [])])}.`;
  };
}

/** Places of this repository lead to the line in the commit that was read. */
function linkTo({ repository, sha, server }: Options): (at: Location) => string | undefined {
  return (at) => {
    if (repository === undefined || sha === undefined || at.path === undefined || at.path.includes('!')) return undefined;
    if (at.directory !== undefined || (at.repository?.includes('/') && !isSame(at.repository, repository))) return undefined;
    const path = relativeParts(at.path).map(urlPart).join('/');
    const commit = at.atHead === false ? at.commit : sha;
    if (path === '' || commit === undefined || !/^[0-9a-f]{40,64}$/.test(commit)) return undefined;
    const line = at.line === undefined || at.cell !== undefined ? '' : `#L${at.line}`;
    const url = `${server.replace(/\/+$/, '')}/${repository}/blob/${commit}/${path}${line}`;
    return url.length > 1000 ? undefined : url;
  };
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** As `encodeURIComponent`, and what means something in Markdown. */
function urlPart(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*_~]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

function coverageSection(report: Report, options: Options): Section {
  return { title: `Coverage: ${coverageText(report).text}`, lines: coverageLines(report, options.limit / 8) };
}

const REASONS_SHOWN = 8;
const RULES_SHOWN = 3;

/** Checks whose silence is no news, by what was missing. What to give for it is told by a scan's own report. */
function notAssessed(report: Report): Section | undefined {
  const silent = silentChecks(report);
  if (silent.length === 0) return undefined;
  const isOfChange = isPremerge(report);
  const byReason = Map.groupBy(silent, (check) => missingOf(check.reason ?? 'no reason given', isOfChange));
  const groups = [...byReason].sort((a, b) => b[1].length - a[1].length);
  const lines = groups.slice(0, REASONS_SHOWN).map(([reason, checks]) => {
    const ids = checks.slice(0, RULES_SHOWN).map(({ rule }) => safe(clip(rule, 80)));
    const more = checks.length > RULES_SHOWN ? ` and ${thousands(checks.length - RULES_SHOWN)} more` : '';
    return `- ${safe(clip(reason, 200))}: ${ids.join(', ')}${more}`;
  });
  const rest = groups.slice(REASONS_SHOWN).reduce((sum, [, checks]) => sum + checks.length, 0);
  if (rest > 0) lines.push(`- and ${count(rest, 'check')} for other reasons`);
  const why = isOfChange ? ': a change shows no more than it brings' : '';
  return { title: `${count(silent.length, 'check')} not or only partly assessed${why}`, lines };
}

/** `gateway sessions were not collected` of `gateway sessions were not collected: give an export of …; …`. */
function missingOf(reason: string, isOfChange: boolean): string {
  const missing = /^(?<what>[^:]*) (?:was|were) not collected(?=:)/.exec(reason);
  if (missing === null) return reason;
  // Nothing was withheld that could be given: it did not change.
  return isOfChange ? `${missing.groups?.what}: not in this change` : missing[0];
}

/** Copied and filled in, it lets the first finding stand for a time. */
function exceptionSection(open: readonly Finding[], report: Report): Section | undefined {
  const [first] = open;
  if (first === undefined || !/^[a-z0-9-]{1,80}$/.test(first.rule)) return undefined;
  const title = 'Not a problem here?';
  const selector = selectorLines(first, report);
  if (selector === undefined) {
    return {
      title,
      lines: [
        'An exception names a finding by its fingerprint, and that of a secret is another in each run while its key is not kept: keep it with `--store`, or in `NHI_AUDIT_FINGERPRINT_KEY`.',
      ],
    };
  }
  return {
    title,
    lines: [
      'Put this into `nhi-audit.exceptions.yml` with the change, and say why, who answers for it, and until when. It is counted in every report.',
      '',
      '```yaml',
      'exceptions:',
      ...selector,
      '    reason: why it may stand',
      '    owner: address or team that answers for it',
      `    expires: ${inDays(report.run.startedAt, EXCEPTION_DAYS)}`,
      '```',
    ],
  };
}

const MOST_PLACES = 20;
const LONGEST_PLACE = 400;

/**
 * Fingerprints hold where their key is kept. Elsewhere the rule and all places do, for an exception covers no finding that also lies
 * outside; a fingerprint then only where no secret is in it.
 */
function selectorLines(finding: Finding, report: Report): readonly string[] | undefined {
  const byFingerprint = /^[0-9a-f]{12,64}$/.test(finding.fingerprint) ? [`  - finding: ${finding.fingerprint}`] : undefined;
  if (report.run.fingerprintKeyId !== EPHEMERAL && byFingerprint !== undefined) return byFingerprint;
  const places = [...new Set(finding.evidence.flatMap(({ at }) => (at?.path === undefined ? [] : [placeGlob(at.path)])))];
  if (places.length > 0 && places.length <= MOST_PLACES && places.every((place) => place.length <= LONGEST_PLACE)) {
    const [place = ''] = places;
    const rule = `  - rule: ${finding.rule}`;
    if (places.length > 1) return [rule, '    path: |-', ...places.map((glob) => `      ${glob}`)];
    return [rule, `    path: ${/^[\w./-]+$/.test(place) ? place : JSON.stringify(place)}`];
  }
  const names = [finding.credential, finding.identity].filter((name) => name !== undefined);
  return names.length === 0 || names.some((name) => name.includes('secret:')) ? undefined : byFingerprint;
}

function inDays(from: string, days: number): string {
  return new Date(Date.parse(from) + days * 86_400_000).toISOString().slice(0, 10);
}

function footLine({ run }: Report, options: Options): string {
  const link = options.run === undefined ? '' : `, [log and reports](${options.run.replace(/[()\s<>|]/g, encodeURIComponent)})`;
  return `<sub>nhi-audit ${safe(clip(run.toolVersion, 40))}, run ${safe(clip(run.id, 60))}${link}</sub>`;
}
