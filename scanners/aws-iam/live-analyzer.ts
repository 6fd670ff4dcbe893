import type { Observation } from '../../src/contracts/index.ts';
import { problemText } from '../../src/formats/answer.ts';
import { inParallel } from '../../src/live/index.ts';
import { AnalyzerFinding, analyzerRows, wantsDetails } from './analyzer.ts';
import { type AnalyzerApi, openAnalyzer } from './api-analyzer.ts';
import { hostOf, regionOf } from './client-config.ts';
import type { Failure } from './failure.ts';
import { attempt, blocked, coverage, type Session, WIDTH } from './session.ts';

/** Findings asked for one by one; a first scan of a neglected account has more, and the next one comes to them. */
const MAX_ASKED = 2_000;

/** Findings of the analyzers of one region. Analyzers of unused access are made once for an account or organisation, in one region. */
export async function* scanAnalyzers(session: Session): AsyncGenerator<Observation> {
  const { context, profile } = session;
  const what = `Access Analyzer (${regionOf(context.env)})`;
  if (session.fatal !== undefined) {
    yield blocked(session, what, []);
    return;
  }
  context.progress.phase('AWS IAM Access Analyzer');
  context.contacts(hostOf('access-analyzer', context.env));
  const api = await openAnalyzer(profile, context);
  try {
    const listed = await attempt(session, 'access-analyzer:ListAnalyzers', () => api.analyzers());
    if (!listed.ok) {
      yield coverage(session, what, [], { outcome: listed.failure.outcome, why: [listed.failure.why] });
      return;
    }
    for (const analyzer of listed.value) yield* scanAnalyzer(session, api, analyzer);
    if (listed.value.length === 0)
      yield coverage(session, what, [], { outcome: 'complete', why: [], seen: 0, detail: { analyzers: 0 } });
  } finally {
    api.close();
  }
}

async function* scanAnalyzer(session: Session, api: AnalyzerApi, analyzer: string): AsyncGenerator<Observation> {
  const what = `Access Analyzer ${analyzer}`;
  const listed = await attempt(session, 'access-analyzer:ListFindings', () => api.findings(analyzer));
  if (!listed.ok) {
    yield coverage(session, what, [], { outcome: listed.failure.outcome, why: [listed.failure.why] });
    return;
  }
  const problems: string[] = [];
  const findings = new Map<string, AnalyzerFinding>();
  const keep = (raw: unknown) => {
    const one = AnalyzerFinding.safeParse(raw);
    if (one.success) findings.set(one.data.id, one.data);
    else problems.push(problemText('findings', one.error));
  };
  for (const raw of listed.value) keep(raw);
  const asked = [...findings.values()].filter(wantsDetails);
  let failure: Failure | undefined;
  await inParallel(asked.slice(0, MAX_ASKED), WIDTH, async ({ id }) => {
    if (failure !== undefined) return;
    const got = await attempt(session, 'access-analyzer:GetFinding', () => api.finding(analyzer, id));
    if (got.ok) keep(got.value);
    else failure = got.failure;
  });
  for (const finding of findings.values()) yield* analyzerRows(finding, { ...session.at, pointer: analyzer });
  const why = [...(failure === undefined ? [] : [failure.why]), ...problems];
  if (asked.length > MAX_ASKED) why.push(`the details of ${asked.length - MAX_ASKED} findings were not asked for`);
  yield coverage(session, what, ['usage'], { outcome: why.length === 0 ? 'complete' : 'partial', why, seen: findings.size });
}
