import type { Evidence, Finding, FindingStatus } from '../../src/contracts/finding.ts';
import type { CoverageObservation } from '../../src/contracts/observation.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { some } from '../../src/util/json-pieces.ts';
import { relativeParts } from '../../src/util/places.ts';
import { placeText, thousands } from '../../src/util/report-text.ts';
import { uuidOf } from '../../src/util/uuid.ts';
import { NAMESPACE, plain, props, prose } from './words.ts';

const EVIDENCE_MAX = 50;
const GAPS_MAX = 1000;

/** A finding with the ids it has in this file. */
export interface Row {
  readonly finding: Finding;
  readonly observation: string;
  readonly risk: string;
}

/** An observation is of one run; the risk behind it is the same from run to run. */
export function rowsOf({ run }: Report, findings: readonly Finding[]): Row[] {
  return findings.map((finding) => ({
    finding,
    observation: uuidOf('oscal/observation', run.id, finding.fingerprint),
    risk: uuidOf('oscal/risk', finding.fingerprint),
  }));
}

export function identityUuid(id: string): string {
  return uuidOf('oscal/identity', id);
}

export function* observations(report: Report, rows: readonly Row[], tool: object): Generator<object> {
  const known = new Set(report.identities.map(({ id }) => id));
  for (const { finding, observation } of rows) {
    const { identity, status, evidence } = finding;
    const isGone = status === 'fixed' || status === 'not-observed';
    yield {
      uuid: observation,
      title: prose(finding.title, 500),
      description: prose(finding.message),
      ...props({ rule: finding.rule, status }),
      methods: ['EXAMINE'],
      types: [isGone ? 'historic' : 'finding'],
      origins: [tool],
      ...(identity !== undefined && known.has(identity)
        ? { subjects: [{ 'subject-uuid': identityUuid(identity), type: 'inventory-item' }] }
        : {}),
      ...some('relevant-evidence', evidence.slice(0, EVIDENCE_MAX).map(evidenceOf)),
      collected: finding.lastSeen,
      ...(evidence.length > EVIDENCE_MAX
        ? { remarks: `${thousands(evidence.length - EVIDENCE_MAX)} more pieces of evidence are in the store.` }
        : {}),
    };
  }
  const gaps = report.coverage.filter(({ outcome }) => outcome !== 'complete');
  // Two looks may tell the same; ids are unique all the same.
  for (const [index, gap] of gaps.slice(0, GAPS_MAX).entries()) yield gapObservation(report, gap, index, tool);
}

/** What could not be looked at is an observation, too: it is why controls are partial or not assessed. */
function gapObservation({ run }: Report, gap: CoverageObservation, index: number, tool: object): object {
  return {
    uuid: uuidOf('oscal/coverage', run.id, String(index)),
    title: prose(`Coverage of ${gap.surface}: ${gap.outcome}`, 500),
    description: prose(`${gap.subject}: ${gap.why ?? 'no reason given'}`),
    ...props({ coverage: gap.outcome, surface: gap.surface, seen: gap.seen, read: gap.read, failed: gap.failed }),
    methods: ['EXAMINE'],
    types: ['discovery'],
    origins: [tool],
    collected: run.finishedAt,
  };
}

function evidenceOf({ observation, kind, summary, at }: Evidence): object {
  const parts = at?.path === undefined ? [] : relativeParts(at.path);
  const place = at === undefined ? '' : placeText(at);
  return {
    ...(parts.length === 0 ? {} : { href: parts.map((part) => encodeURIComponent(plain(part, 1000))).join('/') }),
    description: prose(place === '' || summary.includes(place) ? summary : `${summary} (${place})`, 2000),
    ...props({
      observation,
      kind,
      repository: at?.repository,
      line: at?.line,
      commit: at?.commit,
      'at-head': at?.atHead,
      pointer: at?.pointer,
    }),
  };
}

/** `not-observed` is not `closed`: nobody knows that it is gone. */
const STATUS: { readonly [status in FindingStatus]: string } = {
  new: 'open',
  open: 'open',
  excepted: 'deviation-approved',
  fixed: 'closed',
  'not-observed': 'investigating',
};

export function* risks(report: Report, rows: readonly Row[], tool: object): Generator<object> {
  const why = new Map(report.checks.map(({ rule, meta }) => [rule, meta.why]));
  for (const { finding, observation, risk } of rows) {
    const { acceptedBy, fingerprint, severity, status } = finding;
    const deadline = status === 'excepted' ? endOfDay(acceptedBy?.expires) : undefined;
    yield {
      uuid: risk,
      title: prose(finding.title, 500),
      description: prose(finding.message),
      statement: prose(why.get(finding.rule) ?? finding.title),
      ...props({
        rule: finding.rule,
        fingerprint,
        status,
        severity,
        confidence: finding.confidence,
        subject: finding.subject === finding.identity ? undefined : finding.subject,
        identity: finding.identity,
        credential: finding.credential,
        'first-seen': finding.firstSeen,
        'accepted-by': acceptedBy?.source,
        'accepted-entry': acceptedBy?.entry,
        'accepted-at': acceptedBy?.place,
        'deviation-reason': acceptedBy?.reason,
        'deviation-justification': acceptedBy?.justification,
        'deviation-owner': acceptedBy?.owner,
        'deviation-approver': acceptedBy?.approver,
        'deviation-ticket': acceptedBy?.ticket,
        'deviation-expires': acceptedBy?.expires,
      }),
      status: STATUS[status],
      characterizations: [{ origin: tool, facets: [{ name: 'severity', system: NAMESPACE, value: severity }] }],
      ...(deadline === undefined ? {} : { deadline }),
      remediations: [
        {
          uuid: uuidOf('oscal/remediation', fingerprint),
          lifecycle: 'recommendation',
          title: 'What to do',
          description: prose(finding.fix),
        },
      ],
      'related-observations': [{ 'observation-uuid': observation }],
    };
  }
}

/** An exception holds through its last day, UTC. */
function endOfDay(day: string | undefined): string | undefined {
  if (day === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined;
  const time = `${day}T23:59:59Z`;
  return Number.isNaN(Date.parse(time)) ? undefined : time;
}
