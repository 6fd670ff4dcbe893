import type { Finding } from '../contracts/index.ts';
import { primaryPlace } from '../util/places.ts';
import { subjectName } from '../util/report-names.ts';
import { count, firstStep, placeText, severityCounts, thousands } from '../util/report-text.ts';
import { clip, printable } from '../util/sanitize.ts';
import type { Changes, Lost } from './changes.ts';

/** Rows of each list; the report has all. */
const ROWS = 10;
const JSON_ROWS = 200;
/** https://api.slack.com/reference/block-kit/blocks: a section's text, a header's, blocks of a message. */
const SECTION_MAX = 2900;

/** `2 new (1 critical and 1 high), 1 fixed, 3 not observed, coverage lost in 1 place`. No name in it: it goes into a subject, too. */
export function headline(changes: Changes): string {
  const { before, fresh, reopened, raised, fixed, unseen, lost, open } = changes;
  if (before === undefined) return `first run: ${open.length === 0 ? 'no open findings' : `${severityCounts(open)} open`}`;
  const parts = [
    ...(fresh.length > 0 ? [`${thousands(fresh.length)} new (${severityCounts(fresh)})`] : []),
    ...(reopened.length > 0 ? [`${thousands(reopened.length)} open again`] : []),
    ...(raised.length > 0 ? [`${thousands(raised.length)} graver than before`] : []),
    ...(fixed.length > 0 ? [`${thousands(fixed.length)} fixed`] : []),
    ...(unseen.length > 0 ? [`${thousands(unseen.length)} not observed`] : []),
    ...(lost.length > 0 ? [`coverage lost in ${count(lost.length, 'place')}`] : []),
  ];
  return parts.length === 0 ? 'nothing changed' : parts.join(', ');
}

interface Part {
  readonly title: string;
  readonly rows: readonly string[];
  readonly more: number;
}

function partsOf(
  changes: Changes,
  show: {
    readonly finding: (finding: Finding) => string;
    readonly gone: (finding: Finding) => string;
    readonly lost: (lost: Lost) => string;
  },
): Part[] {
  const part = <T>(title: string, items: readonly T[], one: (item: T) => string): Part => ({
    title: `${title} (${thousands(items.length)})`,
    rows: items.slice(0, ROWS).map(one),
    more: Math.max(0, items.length - ROWS),
  });
  const { before, fresh, reopened, raised, fixed, unseen, lost, open } = changes;
  const parts = [
    before === undefined ? part('Open', open, show.finding) : part('New', fresh, show.finding),
    part('Open again: what accepted it is gone or has expired', reopened, show.finding),
    part('Graver than before', raised, show.finding),
    part('Coverage lost: silence there proves nothing', lost, show.lost),
    part('Not observed, and not known to be fixed', unseen, show.gone),
    part('Fixed', fixed, show.gone),
  ];
  return parts.filter(({ rows }) => rows.length > 0);
}

function footOf({ run, before, open }: Changes): string {
  const since = before === undefined ? '' : `, compared with ${before.startedAt.slice(0, 16).replace('T', ' ')} UTC`;
  return `${count(open.length, 'finding')} open in all. Run ${run.id} of ${run.startedAt.slice(0, 16).replace('T', ' ')} UTC${since}; nhi-audit ${run.toolVersion}.`;
}

function placeOf(finding: Finding): string {
  const at = primaryPlace(finding)?.at;
  if (at === undefined) return '';
  // Nobody is blamed in a channel: places are told without authors, which they hold too.
  return clip(placeText(at), 160);
}

/** Text of an e-mail, with its subject; a mail program or `sendmail -t` does the rest. */
export function emailText(changes: Changes): string {
  const line = (text: string, max = 400): string => printable(clip(text, max));
  const lines = [`Subject: nhi-audit: ${headline(changes)}`, 'Content-Type: text/plain; charset=utf-8', ''];
  const parts = partsOf(changes, {
    finding: (finding) =>
      [
        `  [${finding.severity}] ${line(subjectName(finding), 160)}`,
        `    ${line(finding.message)}`,
        ...(placeOf(finding) === '' ? [] : [`    at  ${line(placeOf(finding))}`]),
        `    fix ${line(firstStep(finding.fix))}`,
      ].join('\n'),
    gone: (finding) => `  [${finding.severity}] ${line(subjectName(finding), 160)}: ${line(finding.title, 160)}`,
    lost: ({ what, why }) => `  ${line(what, 200)}: ${line(why)}`,
  });
  if (parts.length === 0) lines.push('Nothing changed since the run before.', '');
  for (const { title, rows, more } of parts) {
    lines.push(title, '', ...rows, ...(more > 0 ? [`  and ${thousands(more)} more`] : []), '');
  }
  lines.push(line(footOf(changes)), '');
  return lines.join('\n');
}

/** A message for an incoming webhook of Slack, or of whatever takes the same. */
export function slackMessage(changes: Changes): object {
  const parts = partsOf(changes, {
    finding: (finding) => {
      const at = placeOf(finding);
      const where = at === '' ? '' : ` (${slackText(at)})`;
      return `• *${finding.severity}* ${slackText(clip(finding.message, 400))}${where}\n   Fix: ${slackText(clip(firstStep(finding.fix), 200))}`;
    },
    gone: (finding) => `• *${finding.severity}* ${slackText(clip(`${subjectName(finding)}: ${finding.title}`, 240))}`,
    lost: ({ what, why }) => `• ${slackText(clip(what, 160))}: ${slackText(clip(why, 240))}`,
  });
  const text = `nhi-audit: ${headline(changes)}`;
  return {
    text,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: clip(text, 150), emoji: false } },
      ...parts.flatMap(sections),
      { type: 'context', elements: [{ type: 'mrkdwn', text: slackText(footOf(changes)), verbatim: true }] },
    ],
  };
}

/** As many rows a section as fit. `verbatim`: no link, channel or mention is made of what stands there. */
function sections({ title, rows, more }: Part): object[] {
  const texts: string[] = [];
  let text = `*${title}*`;
  for (const row of [...rows, ...(more > 0 ? [`and ${thousands(more)} more`] : [])]) {
    if (text.length + row.length + 1 > SECTION_MAX) {
      texts.push(text);
      text = row;
    } else text += `\n${row}`;
  }
  return [...texts, text].map((one) => ({ type: 'section', text: { type: 'mrkdwn', text: one, verbatim: true } }));
}

/** https://api.slack.com/reference/surfaces/formatting#escaping; signs that make bold, struck and code are shown as their like. */
function slackText(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('*', '∗')
    .replaceAll('`', 'ˋ')
    .replaceAll('~', '∼')
    .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '＿');
}

/** For programs. Fields may be added; readers ignore what they do not know. */
export function webhookBody(changes: Changes): object {
  const row = (finding: Finding): object => {
    const { fingerprint, rule, severity, status, title, message, subject, identity, credential, controls, fix } = finding;
    const place = placeOf(finding);
    return {
      fingerprint,
      rule,
      severity,
      status,
      title,
      message,
      subject,
      identity,
      credential,
      controls,
      fix,
      ...(place === '' ? {} : { place }),
    };
  };
  const { run, before, fresh, reopened, raised, fixed, unseen, lost, open } = changes;
  const lists = { new: fresh, reopened, raised, fixed, notObserved: unseen };
  return {
    schemaVersion: '1.0',
    event: 'nhi-audit.changes',
    summary: headline(changes),
    run: { id: run.id, startedAt: run.startedAt, toolVersion: run.toolVersion },
    ...(before === undefined ? {} : { before }),
    counts: {
      ...Object.fromEntries(Object.entries(lists).map(([name, findings]) => [name, findings.length])),
      coverageLost: lost.length,
      open: open.length,
    },
    ...Object.fromEntries(Object.entries(lists).map(([name, findings]) => [name, findings.slice(0, JSON_ROWS).map(row)])),
    coverageLost: lost.slice(0, JSON_ROWS),
  };
}
