import type { Evidence, Finding } from '../../src/contracts/finding.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { subjectName } from '../../src/util/report-names.ts';
import { count, inReportOrder, placeText, thousands } from '../../src/util/report-text.ts';
import { anchorOf, anchors } from './anchors.ts';
import { bullets, code, section, table, text } from './markdown.ts';

const EVIDENCE = 20;

/** What each control's evidence leads to. Accepted findings and those that are gone are told as well, by their status. */
export function* findingsSection(report: Report, most: number): Generator<string> {
  const all = [...report.findings, ...report.accepted].sort(inReportOrder);
  const left = all.length - most;
  yield section(
    '9. Findings and their evidence',
    `${count(all.length, 'finding')}, the worst first. Each fact has the id of the observation in the store: \`nhi-audit query "SELECT * FROM observations WHERE observation_id = 'ID'" --store FILE\` shows it.`,
    left > 0 &&
      `The first ${thousands(most)} are told; ${thousands(left)} more are in the CSV report (\`-o csv=findings.csv\`), or here with \`-o audit:findings=${all.length}=FILE\`.`,
  );
  for (const finding of all.slice(0, most)) yield findingText(finding);
}

function findingText(finding: Finding): string {
  const { fingerprint, rule, severity, confidence, status, firstSeen, lastSeen, controls, evidence, acceptedBy } = finding;
  const left = evidence.length - EVIDENCE;
  return `\n${anchorOf(anchors.finding(finding))}\n### ${text(finding.title)}\n\n${table(
    ['Finding', 'Status', 'Severity', 'Confidence', 'Check', 'About', 'First seen', 'Last seen'],
    [
      [
        code(fingerprint),
        status,
        severity,
        confidence,
        code(rule),
        code(finding.identity ?? finding.credential ?? subjectName(finding)),
        firstSeen,
        lastSeen,
      ],
    ],
  )}\n${text(finding.message, 2_000)}\n\n${controls.length === 0 ? '' : `Controls: ${controls.map((ref) => code(ref)).join(', ')}\n\n`}${
    acceptedBy === undefined
      ? ''
      : `Accepted by ${code(acceptedBy.entry)}${acceptedBy.reason === undefined ? '' : `: ${text(acceptedBy.reason)}`}\n\n`
  }${bullets([
    ...evidence.slice(0, EVIDENCE).map(evidenceText),
    ...(left > 0 ? [`and ${count(left, 'more fact')}; the JSON report has all`] : []),
  ])}`;
}

function evidenceText({ kind, summary, at, observation }: Evidence): string {
  const place = at === undefined ? '' : placeText(at);
  return `${kind} ${code(observation)}: ${text(summary)}${place === '' ? '' : ` (${code(place)})`}`;
}
