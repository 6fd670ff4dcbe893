import type { Finding, Method, ReportPart, ReportParts, RunInfo, Severity } from '../../contracts/index.ts';
import { SEVERITIES } from '../../contracts/index.ts';

/** Of a run that kept no method: one of an earlier version. */
export const EMPTY_METHOD: Method = {
  configDigest: 'not kept with this run',
  config: '',
  rules: [],
  catalogues: [],
  platform: 'not kept with this run',
};

/** The parts of a run that had no store, for it observed nothing. */
export function emptyParts(
  wanted: readonly ReportPart[],
  { run, method }: { readonly run: RunInfo; readonly method?: Method },
): Partial<ReportParts> {
  const all: ReportParts = {
    credentials: [],
    lineage: { nodes: [], edges: [], omitted: { nodes: 0, edges: 0 } },
    granted: [],
    sessions: { rows: [], total: 0 },
    history: [{ ...runPoint(run, []), isThis: true }],
    population: [],
    extent: { sources: [], periods: [], credentialsOnlySeen: 0 },
    method: method ?? EMPTY_METHOD,
  };
  return Object.fromEntries(wanted.map((part) => [part, all[part]]));
}

export function runPoint(run: RunInfo, findings: readonly Finding[]): Omit<ReportParts['history'][number], 'isThis'> {
  const open = countSeverities();
  const controls = new Map<string, number>();
  for (const { status, severity, controls: refs } of findings) {
    if (status !== 'new' && status !== 'open') continue;
    open[severity] += 1;
    for (const ref of refs) controls.set(ref, (controls.get(ref) ?? 0) + 1);
  }
  return {
    run: run.id,
    startedAt: run.startedAt,
    open,
    fixed: findings.filter(({ status }) => status === 'fixed').length,
    excepted: findings.filter(({ status }) => status === 'excepted').length,
    identities: run.counts.identity ?? 0,
    controls: Object.fromEntries([...controls].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

export function countSeverities(): { [severity in Severity]: number } {
  return Object.fromEntries(SEVERITIES.map((severity) => [severity, 0])) as { [severity in Severity]: number };
}
