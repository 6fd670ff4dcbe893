import { z } from 'zod';
import type { Finding } from '../../src/contracts/finding.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { defineReporter } from '../../src/contracts/reporter.ts';
import { type Located, located, primaryPlace, relativeParts } from '../../src/util/places.ts';
import { hiddenText, openFindings, thousands } from '../../src/util/report-text.ts';
import { clip, jsonText, markdown, markdownProse, printable } from '../../src/util/sanitize.ts';

// https://gitlab.com/gitlab-org/security-products/security-report-schemas, secret-detection-report-format.json
const VERSION = '15.2.1';
const SCHEMA = `https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v${VERSION}/dist/secret-detection-report-format.json`;
const NAME_MAX = 255;
const TEXT_MAX = 4000;
/** The schema takes 7,000, and each sign may become a reference of several. */
const FIX_MAX = 1000;
const MESSAGES_MAX = 100;
/** What GitLab itself writes where no commit is known: the work tree. */
const NO_COMMIT = '0000000';

const Options = z.strictObject({});
type Options = z.infer<typeof Options>;

type Leak = { readonly finding: Finding; readonly place: Located };

/** For `artifacts: reports: secret_detection`: credentials that lie in files. What no file tells has no place in this format. */
export const gitlabSecretDetection = defineReporter<Options>({
  id: 'gitlab-secret-detection',
  title: `GitLab secret detection report ${VERSION}`,
  extension: 'json',
  mediaType: 'application/json',
  options: Options as z.ZodType<Options>,
  *render(report) {
    const open = openFindings(report.findings);
    const leaks = open.flatMap((finding): Leak[] => {
      const place = primaryPlace(finding);
      return place?.kind === 'sighting' ? [{ finding, place }] : [];
    });
    const head = { version: VERSION, schema: SCHEMA, scan: scanOf(report, open.length - leaks.length) };
    yield `${jsonText(head, 2).slice(0, -2)},\n  "vulnerabilities": [`;
    for (const [index, leak] of leaks.entries()) yield `${index === 0 ? '' : ','}\n    ${jsonText(vulnerability(leak))}`;
    yield leaks.length === 0 ? ']\n}\n' : '\n  ]\n}\n';
  },
});

function scanOf({ run, coverage, hidden, persona }: Report, elsewhere: number): object {
  const tool = { id: 'nhi-audit', name: 'nhi-audit', version: run.toolVersion, vendor: { name: 'nhi-audit' } };
  const gaps = coverage.filter(({ outcome }) => outcome !== 'complete');
  const messages = [
    ...(elsewhere === 0
      ? []
      : [
          note(
            'info',
            `${thousands(elsewhere)} open findings are about identities, not about a file, and stand in the other formats.`,
          ),
        ]),
    // GitLab would show what is accepted as open.
    ...hiddenText(hidden, persona).map((text) => note('info', `${text}.`)),
    ...gaps
      .slice(0, MESSAGES_MAX)
      .map(({ surface, subject, outcome, why }) =>
        note('warn', `${surface}: ${outcome}: ${subject}: ${why ?? 'no reason given'}`),
      ),
    ...(gaps.length > MESSAGES_MAX ? [note('warn', `${thousands(gaps.length - MESSAGES_MAX)} more gaps of coverage.`)] : []),
  ];
  return {
    analyzer: tool,
    scanner: tool,
    type: 'secret_detection',
    start_time: zoneless(run.startedAt),
    end_time: zoneless(run.finishedAt),
    status: 'success',
    ...(messages.length === 0 ? {} : { messages }),
  };
}

function note(level: 'info' | 'warn', text: string): object {
  return { level, value: clip(printable(text), TEXT_MAX) };
}

/** `raw_source_code_extract` is never written: it is where other tools put the secret. */
function vulnerability({ finding, place }: Leak): object {
  const { at } = place;
  const commit = at.atHead === false || at.commit !== undefined ? (at.commit ?? NO_COMMIT) : NO_COMMIT;
  const more = located(finding).length - 1;
  return {
    id: finding.fingerprint,
    category: 'secret_detection',
    name: clip(printable(finding.title), NAME_MAX),
    // GitLab shows these two as Markdown: https://docs.gitlab.com/user/application_security/vulnerabilities/
    description: markdown(clip(more > 0 ? `${finding.message} In ${thousands(more)} more places.` : finding.message, TEXT_MAX)),
    severity: `${finding.severity.charAt(0).toUpperCase()}${finding.severity.slice(1)}`,
    solution: markdownProse(clip(finding.fix, FIX_MAX)),
    identifiers: [
      { type: 'nhi_audit_rule', name: finding.rule, value: finding.rule },
      ...(finding.credential === undefined ? [] : [identifier('nhi_audit_credential', finding.credential)]),
    ],
    location: {
      file: clip(relativeParts(at.path).map(printable).join('/') || '-', TEXT_MAX),
      commit: {
        sha: printable(commit),
        ...(at.author === undefined ? {} : { author: clip(printable(at.author), NAME_MAX) }),
        ...(at.date === undefined ? {} : { date: at.date }),
      },
      ...(at.line === undefined ? {} : { start_line: Math.max(1, at.line), end_line: Math.max(1, at.endLine ?? at.line) }),
    },
  };
}

function identifier(type: string, id: string): object {
  const value = clip(printable(id), NAME_MAX);
  return { type, name: value, value };
}

/** `yyyy-mm-ddThh:mm:ss`, in UTC and without saying so. */
function zoneless(time: string): string {
  return time.slice(0, 'yyyy-mm-ddThh:mm:ss'.length);
}
