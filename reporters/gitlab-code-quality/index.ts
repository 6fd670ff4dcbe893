import { z } from 'zod';
import type { Finding, Severity } from '../../src/contracts/finding.ts';
import { defineReporter } from '../../src/contracts/reporter.ts';
import { primaryPlace, relativeParts } from '../../src/util/places.ts';
import { openFindings } from '../../src/util/report-text.ts';
import { clip, jsonText, printable } from '../../src/util/sanitize.ts';

// https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
const SEVERITY: { readonly [severity in Severity]: string } = {
  critical: 'blocker',
  high: 'critical',
  medium: 'major',
  low: 'minor',
  info: 'info',
};
const TEXT_MAX = 1000;

const Options = z.strictObject({
  /** Findings that no file tells: `config` puts them on the configuration file, `omit` leaves them out. */
  unlocated: z.enum(['config', 'omit']).default('config'),
});
type Options = z.infer<typeof Options>;

/** For the widget of merge requests that every tier of GitLab has: a list of what is open, each at one line of a file. */
export const gitlabCodeQuality = defineReporter<Options>({
  id: 'gitlab-code-quality',
  title: 'GitLab Code Quality report',
  extension: 'json',
  mediaType: 'application/json',
  options: Options as z.ZodType<Options>,
  *render(report, { unlocated }) {
    const open = openFindings(report.findings).filter((finding) => unlocated === 'config' || primaryPlace(finding) !== undefined);
    yield '[';
    for (const [index, finding] of open.entries()) yield `${index === 0 ? '' : ','}\n  ${jsonText(issueOf(finding))}`;
    yield open.length === 0 ? ']\n' : '\n]\n';
  },
});

function issueOf(finding: Finding): object {
  const at = primaryPlace(finding)?.at;
  const path = at === undefined ? 'nhi-audit.config.yml' : clip(relativeParts(at.path).map(printable).join('/') || '-', TEXT_MAX);
  return {
    description: clip(printable(finding.message), TEXT_MAX) || finding.title,
    check_name: finding.rule,
    // Of one finding at all times, so that a merge request shows what it brings and what it mends.
    fingerprint: finding.fingerprint,
    severity: SEVERITY[finding.severity],
    location: { path, lines: { begin: Math.max(1, at?.line ?? 1) } },
  };
}
