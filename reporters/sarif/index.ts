import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Finding, FindingStatus } from '../../src/contracts/finding.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { defineReporter } from '../../src/contracts/reporter.ts';
import { acceptanceText } from '../../src/util/acceptance-text.ts';
import { EPHEMERAL } from '../../src/util/fingerprint.ts';
import { judgedWithoutText } from '../../src/util/judged-without.ts';
import { hiddenText, isOpen, openFindings, sortFindings, thousands, verdict } from '../../src/util/report-text.ts';
import { jsonText } from '../../src/util/sanitize.ts';
import { type Placed, placesOf, UNLOCATED } from './locations.ts';
import { levelOf, type RuleSource, ruleDescriptor, ruleSources } from './rules.ts';
import { Taxonomies } from './taxonomies.ts';
import { message } from './text.ts';

// What GitHub reads and where it stops: https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
const MAX_RESULTS = 25_000;
const MAX_NOTIFICATIONS = 1000;

const Options = z.strictObject({
  /** First part of `automationDetails.id`: keeps several analyses of one commit apart. */
  category: z
    .string()
    .regex(/^\w[\w.-]*(\/\w[\w.-]*)*$/)
    .default('nhi-audit'),
  /** Findings that no file tells: `config` puts them on the configuration file, `omit` leaves them out and says so. */
  unlocated: z.enum(['config', 'omit']).default('config'),
  /** `all`: what is accepted too, as suppressed, and what is gone, as absent. Code scanning knows neither, and shows both as open. */
  results: z.enum(['open', 'all']).default('open'),
});
type Options = z.infer<typeof Options>;

interface Result {
  readonly finding: Finding;
  readonly placed: Placed;
}

/** For code scanning: SARIF 2.1.0 within GitHub's limits. */
export const sarif = defineReporter<Options>({
  id: 'sarif',
  title: 'SARIF 2.1.0 for code scanning',
  extension: 'sarif',
  mediaType: 'application/sarif+json',
  options: Options as z.ZodType<Options>,
  *render(report, options) {
    const { results, left, dropped } = select(report, options);
    const rules = ruleSources(
      report,
      results.map((result) => result.finding),
    );
    const controls = new Set(rules.flatMap((rule) => rule.controls));
    const taxonomies = new Taxonomies(report, controls);
    const run = {
      tool: { driver: driver(report, rules, taxonomies) },
      automationDetails: { id: `${options.category}/${report.run.id}` },
      columnKind: 'utf16CodeUnits',
      originalUriBaseIds: { '%SRCROOT%': { description: message('The root of the scanned repository or directory.') } },
      invocations: [invocation(report, { ...left, dropped })],
      taxonomies: taxonomies.components(),
      properties: properties(report),
    };
    yield `${JSON.stringify({ $schema: SCHEMA, version: '2.1.0' }, undefined, 2).slice(0, -2)},\n  "runs": [\n`;
    yield `    ${nested(jsonText(run, 2)).slice(0, -'\n    }'.length)},\n      "results": [`;
    const ruleIndex = new Map(rules.map((rule, index) => [rule.id, index]));
    const seen = new Map<string, number>();
    const isKeyKept = report.run.fingerprintKeyId !== EPHEMERAL;
    for (const [index, result] of results.entries()) {
      const row = resultObject(result, ruleIndex.get(result.finding.rule) ?? 0, seen, isKeyKept);
      // One line each: indented, twenty-five thousand of them would double the file.
      yield `${index === 0 ? '' : ','}\n        ${jsonText(row)}`;
    }
    yield `${results.length === 0 ? '' : '\n      '}]\n    }\n  ]\n}\n`;
  },
});

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

interface Left {
  /** Results beyond the limit. */
  readonly over: number;
  /** Results without a file, left out on request. */
  readonly unlocated: number;
}

/** Open findings, the most severe first, then, where they are asked for, those that are not: code scanning would show them as open. */
function select(report: Report, options: Options): { results: Result[]; left: Left; dropped: number } {
  const others = options.results === 'open' ? [] : [...report.findings.filter((one) => !isOpen(one)), ...report.accepted];
  const all = [...openFindings(report.findings), ...sortFindings(others)].map((finding) => ({
    finding,
    placed: placesOf(finding),
  }));
  const wanted = options.unlocated === 'omit' ? all.filter((result) => !result.placed.unlocated) : all;
  const results = wanted.slice(0, MAX_RESULTS);
  let dropped = 0;
  for (const result of results) dropped += result.placed.dropped;
  return { results, left: { over: wanted.length - results.length, unlocated: all.length - wanted.length }, dropped };
}

function driver(report: Report, rules: readonly RuleSource[], taxonomies: Taxonomies): object {
  const { toolVersion } = report.run;
  return {
    name: 'nhi-audit',
    version: toolVersion,
    ...(/^\d+\.\d+\.\d+/.test(toolVersion) ? { semanticVersion: toolVersion } : {}),
    rules: rules.map((rule) => ruleDescriptor(rule, taxonomies)),
    notifications: NOTIFICATIONS.map(({ id, text }) => ({ id, shortDescription: message(text) })),
    supportedTaxonomies: taxonomies.references(),
  };
}

const NOTIFICATIONS = [
  { id: 'coverage', text: 'Something could not be looked at, or not completely.' },
  { id: 'not-assessed', text: 'A check could not run.' },
  { id: 'truncated', text: 'Something was left out of this file because of a limit.' },
  { id: 'hidden', text: 'Findings were left out on request.' },
] as const;

function invocation(report: Report, left: Left & { readonly dropped: number }): object {
  const notes = [
    ...limitNotes(left),
    ...hiddenText(report.hidden, report.persona).map((text) => notification('hidden', 'note', text)),
  ];
  const gaps = report.coverage
    .filter((row) => row.outcome !== 'complete')
    .map((row) =>
      notification(
        'coverage',
        row.outcome === 'unsupported' ? 'note' : 'warning',
        `${row.surface}: ${row.outcome}: ${row.subject}: ${row.why ?? 'no reason given'}`,
      ),
    );
  const without = judgedWithoutText(report.coverage);
  if (without !== undefined) gaps.push(notification('coverage', 'warning', `Judged without ${without}.`));
  const silent = report.checks
    .filter((check) => check.outcome === 'not-assessed' || check.outcome === 'partial')
    .map((check) => ({
      ...notification(
        'not-assessed',
        'note',
        `${check.rule}: ${check.outcome.replace('-', ' ')}: ${check.reason ?? 'no reason given'}`,
      ),
      associatedRule: { id: check.rule },
    }));
  const all = [...notes, ...gaps, ...silent];
  const shown = all.slice(0, MAX_NOTIFICATIONS);
  if (all.length > shown.length) {
    shown[MAX_NOTIFICATIONS - 1] = notification(
      'truncated',
      'warning',
      `${thousands(all.length - MAX_NOTIFICATIONS + 1)} more notifications are left out.`,
    );
  }
  return {
    executionSuccessful: true,
    startTimeUtc: report.run.startedAt,
    endTimeUtc: report.run.finishedAt,
    toolExecutionNotifications: shown,
  };
}

function limitNotes(left: Left & { readonly dropped: number }): object[] {
  const notes: object[] = [];
  if (left.over > 0) {
    notes.push(
      notification(
        'truncated',
        'warning',
        `${thousands(left.over)} less severe results are left out: code scanning takes ${thousands(MAX_RESULTS)} a run.`,
      ),
    );
  }
  if (left.dropped > 0)
    notes.push(notification('truncated', 'warning', `${thousands(left.dropped)} further places of results are left out.`));
  if (left.unlocated > 0) {
    notes.push(
      notification('hidden', 'note', `${thousands(left.unlocated)} results without a file are left out (unlocated=omit).`),
    );
  }
  return notes;
}

function notification(id: (typeof NOTIFICATIONS)[number]['id'], level: 'note' | 'warning', text: string): object {
  return { descriptor: { id }, level, message: message(text) };
}

/** `absent`: what an earlier run had and this one has not; whether it is fixed or was merely not seen again says `properties.status`. */
const BASELINE_STATE: { readonly [status in FindingStatus]: string } = {
  new: 'new',
  open: 'unchanged',
  excepted: 'unchanged',
  fixed: 'absent',
  'not-observed': 'absent',
};

function suppressions({ acceptedBy, status }: Finding): object {
  if (status !== 'excepted') return {};
  const kind = acceptedBy?.source === 'comment' ? 'inSource' : 'external';
  const justification = acceptedBy === undefined ? {} : { justification: message(acceptanceText(acceptedBy), 2000).text };
  return { suppressions: [{ kind, status: 'accepted', ...justification }] };
}

function resultObject({ finding, placed }: Result, ruleIndex: number, seen: Map<string, number>, isKeyKept: boolean): object {
  const { uri, unlocated, locations, relatedLocations } = placed;
  return {
    ruleId: finding.rule,
    ruleIndex,
    level: levelOf(finding.severity),
    message: message(unlocated ? `${finding.message} (Told by no file; listed on ${UNLOCATED}.)` : finding.message),
    locations,
    ...(relatedLocations.length === 0 ? {} : { relatedLocations }),
    partialFingerprints: {
      primaryLocationLineHash: lineHash(finding, uri, seen, isKeyKept),
      'nhiAuditFinding/v1': message(finding.fingerprint, 256).text,
    },
    baselineState: BASELINE_STATE[finding.status],
    ...suppressions(finding),
    properties: {
      severity: finding.severity,
      confidence: finding.confidence,
      persona: finding.persona,
      ...(isOpen(finding) ? {} : { status: finding.status }),
      subject: message(finding.subject, 500).text,
      ...(finding.identity === undefined ? {} : { identity: message(finding.identity, 500).text }),
      ...(finding.credential === undefined ? {} : { credential: message(finding.credential, 500).text }),
      firstSeen: finding.firstSeen,
      lastSeen: finding.lastSeen,
      fix: message(finding.fix, 2000).text,
      ...(unlocated ? { unlocated: true } : {}),
    },
  };
}

/**
 * The one fingerprint that code scanning compares, together with path and rule: what the finding is about, not the line
 * it stands on. Where several findings of a rule share credential and file, the number behind the colon tells them apart.
 */
function lineHash(finding: Finding, uri: string, seen: Map<string, number>, isKeyKept: boolean): string {
  // Fingerprints of a key that is made anew for each run would make each alert new each time: the masked form and the
  // place stand in.
  const isNamed = isKeyKept || finding.credential?.startsWith('secret:') !== true;
  const about = isNamed ? (finding.credential ?? finding.fingerprint) : `${finding.subject}\u0000${uri}`;
  const hash = createHash('sha256').update(`${finding.rule}\u0000${about}`).digest('hex').slice(0, 16);
  const key = `${hash} ${uri}`;
  const nth = (seen.get(key) ?? 0) + 1;
  seen.set(key, nth);
  return `${hash}:${nth}`;
}

function properties(report: Report): object {
  const { findings, coverage } = verdict(report);
  const { run } = report;
  return {
    verdict: findings,
    coverage,
    persona: report.persona,
    targets: run.targets.slice(0, 100).map((target) => message(target, 500).text),
    engine: run.engine,
    rulesDigest: run.rulesDigest,
    fingerprintKeyId: run.fingerprintKeyId,
    hosts: run.hosts.slice(0, 100).map((host) => message(host, 300).text),
  };
}

function nested(text: string): string {
  return text.replaceAll('\n', '\n    ');
}
