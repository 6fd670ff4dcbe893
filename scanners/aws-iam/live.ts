import type { CoverageObservation, Observation, ObservationKind, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import { newTally } from '../../src/iam/grants.ts';
import { type Answers, newAnswers } from './answers.ts';
import { openIam } from './api.ts';
import { askCaller } from './api-account.ts';
import { hostOf } from './client-config.ts';
import { tallyDetail, tallyReasons } from './coverage.ts';
import { type ReportRow, readCredentialReport, reportObservations } from './credential-report.ts';
import { scanAnalyzers } from './live-analyzer.ts';
import { scanCredentials } from './live-credentials.ts';
import { type FetchedDetails, fetchDetails } from './live-details.ts';
import { accountIn, scanKeys, usersOf } from './live-keys.ts';
import { scanLastAccessed } from './live-last-accessed.ts';
import { scanOrganisation } from './live-organisation.ts';
import { scanProviders } from './live-providers.ts';
import { tellUnread } from './live-unread.ts';
import { readPrincipals } from './principals.ts';
import { attempt, blocked, coverage, type Session } from './session.ts';
import { makeWorld } from './world.ts';

/**
 * One account. What principals are judged by (the organisation, what they used) is asked for before they are told of; what
 * is denied becomes a coverage row that names the right, and the rest goes on.
 */
export async function* scanAccount(target: ServiceTarget, context: ScanContext): AsyncIterable<Observation> {
  const api = await openIam(target.address, context);
  context.contacts(hostOf('iam', context.env));
  const session: Session = {
    api,
    context,
    profile: target.address,
    at: { pointer: target.name },
    subject: target.name,
    fatal: undefined,
    account: undefined,
  };
  try {
    yield* scanCaller(session);
    const answers = newAnswers();
    const details = await fetchDetails(session, answers);
    yield* scanOrganisation(session, answers);
    yield* scanLastAccessed(session, answers, details);
    const report = await fetchReport(session, answers);
    yield* tellPrincipals(session, answers, details);
    session.account ??= report.rows[0] === undefined ? undefined : accountIn(report.rows[0].arn);
    const users = await usersOf(session, answers.details, report.rows);
    const keys = yield* scanKeys(session, users);
    for (const row of report.rows) yield* reportObservations(row, session.at, { keys: !keys.has(row.arn) });
    yield report.coverage;
    yield* scanCredentials(session, users, report.rows);
    yield* scanProviders(session);
    yield* scanAnalyzers(session);
    yield* tellUnread(session, answers.details);
  } finally {
    api.close();
    context.progress.end();
  }
}

/** Ages are counted by the clock of this machine, so it is said when that of AWS is another. */
async function* scanCaller(session: Session): AsyncGenerator<Observation> {
  const { context, profile } = session;
  context.contacts(hostOf('sts', context.env));
  const caller = await attempt(session, 'sts:GetCallerIdentity', () => askCaller(profile, context));
  if (!caller.ok) {
    // Nothing hangs on it: IAM tells the account too.
    if (session.fatal === undefined) context.log.debug('who asks is not known', { why: caller.failure.why });
    return;
  }
  const { account, arn, clockSkewMs } = caller.value;
  session.account = account;
  const minutes = Math.round(clockSkewMs / 60_000);
  if (minutes !== 0) {
    context.log.warn('The clock of this machine is not that of AWS: ages and expiries are off by as much', { minutes });
  }
  yield coverage(session, 'account', [], {
    outcome: 'complete',
    why: [],
    detail: {
      ...(account === undefined ? {} : { account }),
      ...(arn === undefined ? {} : { caller: arn }),
      ...(minutes === 0 ? {} : { clockSkewMinutes: minutes }),
    },
  });
}

function* tellPrincipals(session: Session, answers: Answers, { pages, failure }: FetchedDetails): Generator<Observation> {
  const { context } = session;
  const { details } = answers;
  const tally = newTally();
  const world = makeWorld([answers], context.now());
  yield* readPrincipals(details, world, session.at, tally);
  const without = [...new Set([...world.compiled.without.values()].flat())].sort();
  const why = [...details.problems, ...tallyReasons(tally)];
  if (failure !== undefined) why.unshift(pages === 0 ? failure.why : `page ${pages + 1} failed: ${failure.why}`);
  const read = details.users.size + details.groups.size + details.roles.size + details.policies.size;
  yield coverage(session, 'authorization details', ['identity', 'grant', 'trust'], {
    outcome: failure !== undefined && pages === 0 ? failure.outcome : why.length > 0 ? 'partial' : 'complete',
    why,
    seen: read + details.problems.length,
    failed: details.problems.length,
    detail: { ...tallyDetail(tally), ...(without.length === 0 ? {} : { judgedWithout: without }) },
  });
}

/** Asked for before principals are told of: what a user signs in with decides how others may become it. */
async function fetchReport(
  session: Session,
  answers: Answers,
): Promise<{ readonly rows: readonly ReportRow[]; readonly coverage: CoverageObservation }> {
  const covers: readonly ObservationKind[] = ['identity', 'credential'];
  if (session.fatal !== undefined) return { rows: [], coverage: blocked(session, 'credential report', covers) };
  session.context.progress.phase('AWS IAM: credential report');
  const right = 'iam:GenerateCredentialReport and iam:GetCredentialReport';
  const got = await attempt(session, right, () => session.api.credentialReport());
  if (!got.ok) {
    const { outcome, why } = got.failure;
    return { rows: [], coverage: coverage(session, 'credential report', covers, { outcome, why: [why] }) };
  }
  answers.reports.push(got.value);
  const { problems, rows } = readCredentialReport(got.value);
  const outcome = problems.length > 0 ? 'partial' : 'complete';
  const counts = { seen: rows.length + problems.length, failed: problems.length };
  return { rows, coverage: coverage(session, 'credential report', covers, { outcome, why: problems, ...counts }) };
}
