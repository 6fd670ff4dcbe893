import type { FindingStatus, Severity } from '../../../src/contracts/finding.ts';
import type { Confidence } from '../../../src/contracts/observation.ts';
import type { IdentityView } from '../../../src/contracts/reporter.ts';
import type { EvidenceTuple, FindingTuple, PageData, RuleRow } from '../model.ts';

const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const satisfies readonly Severity[];
const CONFIDENCES = ['low', 'medium', 'high'] as const satisfies readonly Confidence[];
const STATUSES = ['new', 'open', 'not-observed', 'fixed', 'excepted'] as const satisfies readonly FindingStatus[];
export const MARKS: { readonly [severity in Severity]: string } = { critical: '◆', high: '▲', medium: '●', low: '○', info: '·' };

/** A finding as the page works with it. */
export interface Row {
  readonly fingerprint: string;
  readonly rule: RuleRow;
  readonly severity: Severity;
  /** 4: critical. */
  readonly rank: number;
  readonly confidence: Confidence;
  readonly status: FindingStatus;
  readonly identity: string | undefined;
  readonly known: IdentityView | undefined;
  readonly credential: string | undefined;
  readonly subject: string;
  readonly message: string;
  readonly fix: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly controls: readonly string[];
  readonly surfaces: readonly string[];
  /** The sources at which it counts against its controls: of those that its check needs, the ones it rests on. */
  readonly judged: readonly string[];
  readonly evidence: readonly EvidenceTuple[];
  readonly evidenceTotal: number;
  /** All that search looks at, in lower case; made when it is first asked for. */
  text: string | undefined;
}

export function toRows(
  tuples: readonly FindingTuple[],
  { rules, checks }: PageData,
  identities: ReadonlyMap<string, IdentityView>,
): Row[] {
  const needed = new Map(checks.map(({ id, sources }) => [id, sources.map(([surface]) => surface)]));
  return tuples.map((tuple) => {
    const [
      fingerprint,
      index,
      rank,
      confidence,
      status,
      identity,
      credential,
      subject,
      message,
      fix,
      firstSeen,
      lastSeen,
      controls,
      surfaces,
      evidence,
      evidenceTotal,
    ] = tuple;
    const rule = rules[index] as RuleRow;
    return {
      fingerprint,
      rule,
      severity: SEVERITIES[rank] ?? 'info',
      rank,
      confidence: CONFIDENCES[confidence] ?? 'low',
      status: STATUSES[status] ?? 'open',
      identity: identity === 0 ? undefined : identity,
      known: identity === 0 ? undefined : identities.get(identity),
      credential: credential === 0 ? undefined : credential,
      subject,
      message,
      fix: fix === 0 ? rule.fix : fix,
      firstSeen,
      lastSeen,
      controls: controls === 0 ? rule.controls : [...controls, ...rule.controls.slice(rule.own)],
      surfaces,
      judged: judgedAt(surfaces, needed.get(rule.id)),
      evidence,
      evidenceTotal,
      text: undefined,
    };
  });
}

/** As the table of controls counts it: one that rests on none of the sources of its check counts at all of them. */
function judgedAt(surfaces: readonly string[], needed: readonly string[] | undefined): readonly string[] {
  if (needed === undefined) return surfaces;
  const both = needed.filter((surface) => surfaces.includes(surface));
  return both.length > 0 ? both : needed;
}

export function searchText(row: Row): string {
  row.text ??= [
    row.subject,
    row.message,
    row.rule.id,
    row.rule.title,
    row.known?.owner ?? '',
    row.known?.environment ?? '',
    row.fingerprint,
    row.credential ?? '',
    ...row.evidence.map(([, summary, place]) => `${summary} ${place}`),
  ]
    .join('\n')
    .toLowerCase();
  return row.text;
}

export function nhiOf(controls: readonly string[]): string[] {
  return controls.flatMap((ref) => (ref.startsWith('owasp-nhi-2025:') ? [ref.slice(15).replace(/:2025$/, '')] : []));
}

/** `aws:2194…:user/ml-batch` → `user/ml-batch`, and what stands before it. */
export function splitName(id: string): { readonly name: string; readonly scope: string } {
  const parts = /^(?<scope>[a-z0-9-]+:[^:]*):(?<name>.+)$/.exec(id)?.groups;
  return parts === undefined
    ? { name: id, scope: '' }
    : { name: parts.name ?? id, scope: (parts.scope ?? '').replace(/:-$/, '') };
}
