import type {
  CoverageObservation,
  Location,
  Observation,
  ObservationKind,
  ScanContext,
  ServiceTarget,
} from '../../src/contracts/index.ts';
import { newTally } from '../../src/iam/grants.ts';
import { accessKeyRow, KeyRing } from './access-keys.ts';
import { type Answers, newAnswers } from './answers.ts';
import { type IamApi, openIam } from './api.ts';
import { addPage, type Details, problemText } from './authorization-details.ts';
import { oidcCoverage, tallyDetail, tallyReasons } from './coverage.ts';
import { type ReportRow, readCredentialReport, reportObservations } from './credential-report.ts';
import { explainFailure, type Failure } from './failure.ts';
import { inParallel } from './parallel.ts';
import { readPrincipals } from './principals.ts';
import { AccessKeyLastUsed, AccessKeyMetadata, OidcProvider } from './schema.ts';
import { makeWorld } from './world.ts';

/** IAM throttles an account as a whole; more calls at a time gain nothing. */
const WIDTH = 4;
/** Denials in a row, without one success, after which the right is taken to be missing altogether. */
const GIVE_UP_AFTER = 5;

interface Session {
  readonly api: IamApi;
  readonly context: ScanContext;
  readonly at: Location;
  readonly subject: string;
  /** Set by the first failure that no other call can survive. */
  fatal: Failure | undefined;
}

export async function* scanAccount(target: ServiceTarget, context: ScanContext): AsyncIterable<Observation> {
  const api = await openIam(target.address, context);
  context.contacts(api.host);
  const session: Session = { api, context, at: { pointer: target.name }, subject: target.name, fatal: undefined };
  try {
    const answers = newAnswers();
    const { details } = answers;
    yield* scanDetails(session, answers);
    const report = await fetchReport(session);
    const users = await usersOf(session, details, report.rows);
    const keys = yield* scanKeys(session, users, details, report.rows);
    for (const row of report.rows) yield* reportObservations(row, session.at, { keys: !keys.has(row.arn) });
    yield report.coverage;
    yield* scanProviders(session);
  } finally {
    api.close();
    context.progress.end();
  }
}

async function* scanDetails(session: Session, answers: Answers): AsyncGenerator<Observation> {
  const { context } = session;
  const { details } = answers;
  context.progress.phase('AWS IAM: users, roles, policies');
  let pages = 0;
  let failure: Failure | undefined;
  try {
    for await (const page of session.api.authorizationDetails()) {
      addPage(details, page);
      pages++;
      context.progress.advance(1);
    }
  } catch (error) {
    failure = noteFailure(session, error, 'iam:GetAccountAuthorizationDetails');
  }
  const tally = newTally();
  yield* readPrincipals(details, makeWorld([answers], context.now()), session.at, tally);
  const why = [...details.problems, ...tallyReasons(tally)];
  if (failure !== undefined) why.unshift(pages === 0 ? failure.why : `page ${pages + 1} failed: ${failure.why}`);
  const read = details.users.size + details.groups.size + details.roles.size + details.policies.size;
  yield coverage(session, 'authorization details', ['identity', 'grant', 'trust'], {
    outcome: failure !== undefined && pages === 0 ? failure.outcome : why.length > 0 ? 'partial' : 'complete',
    why,
    seen: read + details.problems.length,
    failed: details.problems.length,
    detail: tallyDetail(tally),
  });
}

async function fetchReport(
  session: Session,
): Promise<{ readonly rows: readonly ReportRow[]; readonly coverage: CoverageObservation }> {
  const covers: readonly ObservationKind[] = ['identity', 'credential'];
  if (session.fatal !== undefined) return { rows: [], coverage: blocked(session, 'credential report', covers) };
  session.context.progress.phase('AWS IAM: credential report');
  try {
    const report = readCredentialReport(await session.api.credentialReport());
    const { problems, rows } = report;
    const outcome = problems.length > 0 ? 'partial' : 'complete';
    const counts = { seen: rows.length + problems.length, failed: problems.length };
    return { rows, coverage: coverage(session, 'credential report', covers, { outcome, why: problems, ...counts }) };
  } catch (error) {
    const failure = noteFailure(session, error, 'iam:GenerateCredentialReport and iam:GetCredentialReport');
    return {
      rows: [],
      coverage: coverage(session, 'credential report', covers, { outcome: failure.outcome, why: [failure.why] }),
    };
  }
}

interface NamedUser {
  readonly name: string;
  readonly account: string | undefined;
  readonly arn: string | undefined;
}

/** Names from the details, else from the report, else by a call of its own. */
async function usersOf(session: Session, details: Details, rows: readonly ReportRow[]): Promise<NamedUser[] | Failure> {
  if (details.users.size > 0) return [...details.users.values()].map(({ name, arn }) => ({ name, arn, account: accountIn(arn) }));
  const reported = rows.filter((row) => row.arn.includes(':user/'));
  if (reported.length > 0) return reported.map(({ arn, user }) => ({ name: user, arn, account: accountIn(arn) }));
  if (session.fatal !== undefined) return session.fatal;
  try {
    const users: NamedUser[] = [];
    for await (const name of session.api.userNames()) users.push({ name, account: undefined, arn: undefined });
    return users;
  } catch (error) {
    return noteFailure(session, error, 'iam:ListUsers');
  }
}

/** Yields the keys; returns the ARNs of users whose keys, with their last use, are known in full. */
async function* scanKeys(
  session: Session,
  users: NamedUser[] | Failure,
  details: Details,
  rows: readonly ReportRow[],
): AsyncGenerator<Observation, ReadonlySet<string>> {
  const covers: readonly ObservationKind[] = ['credential'];
  const whole = new Set<string>();
  if (!Array.isArray(users)) {
    yield coverage(session, 'access keys', covers, { outcome: users.outcome, why: [users.why] });
    return whole;
  }
  if (session.fatal !== undefined) {
    yield blocked(session, 'access keys', covers);
    return whole;
  }
  session.context.progress.phase('AWS IAM: access keys', users.length);
  const reader = new KeyReader(session);
  const found = await inParallel(users, WIDTH, (user) => reader.read(user));
  for (const [index, result] of found.entries()) {
    const user = users[index];
    if (user === undefined || result === undefined) continue;
    for (const key of result.keys) yield accessKeyRow(key, session.at, () => user.account ?? soleAccount(details, rows));
    if (result.whole && user.arn !== undefined) whole.add(user.arn);
  }
  yield* reader.coverage(users.length);
  return whole;
}

/** Lists one user's keys and asks for their last use, and remembers what failed over all users. */
class KeyReader {
  readonly #session: Session;
  readonly #problems: string[] = [];
  #listed = 0;
  #listDenied = 0;
  #usedRead = 0;
  #usedDenied = 0;
  #listFailure: Failure | undefined;
  #usedFailure: Failure | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  async read(user: NamedUser): Promise<{ readonly keys: KeyRing; readonly whole: boolean } | undefined> {
    const { api, context, fatal } = this.#session;
    if (fatal !== undefined || (this.#listed === 0 && this.#listDenied >= GIVE_UP_AFTER)) return undefined;
    const keys = new KeyRing();
    try {
      for (const raw of await api.accessKeys(user.name)) {
        const key = AccessKeyMetadata.safeParse(raw);
        if (key.success) keys.list(key.data);
        else this.#problems.push(problemText(`AccessKeyMetadata of ${user.name}`, key.error));
      }
      this.#listed++;
    } catch (error) {
      this.#listFailure = noteFailure(this.#session, error, 'iam:ListAccessKeys');
      this.#listDenied++;
      return undefined;
    } finally {
      context.progress.advance(1);
    }
    let whole = true;
    for (const key of keys) if (!(await this.#lastUse(keys, key.id))) whole = false;
    return { keys, whole };
  }

  async #lastUse(keys: KeyRing, id: string): Promise<boolean> {
    if (this.#session.fatal !== undefined || (this.#usedRead === 0 && this.#usedDenied >= GIVE_UP_AFTER)) return false;
    try {
      const used = AccessKeyLastUsed.safeParse(await this.#session.api.keyLastUsed(id));
      if (used.success) keys.used(id, used.data);
      else this.#problems.push(problemText(`AccessKeyLastUsed of ${id}`, used.error));
      this.#usedRead++;
      return used.success;
    } catch (error) {
      this.#usedFailure = noteFailure(this.#session, error, 'iam:GetAccessKeyLastUsed');
      this.#usedDenied++;
      return false;
    }
  }

  *coverage(users: number): Generator<Observation> {
    const session = this.#session;
    const why = [...this.#problems];
    if (this.#listFailure !== undefined) {
      why.unshift(`keys of ${users - this.#listed} of ${users} users were not read: ${this.#listFailure.why}`);
    }
    const nothing = this.#listFailure !== undefined && this.#listed === 0;
    yield coverage(session, 'access keys', ['credential'], {
      outcome: nothing ? (this.#listFailure?.outcome ?? 'denied') : why.length > 0 ? 'partial' : 'complete',
      why,
      seen: users,
      failed: users - this.#listed,
    });
    if (nothing) return;
    const failure = this.#usedFailure;
    yield coverage(session, 'last use of access keys', ['credential'], {
      outcome: failure === undefined ? 'complete' : this.#usedRead === 0 ? failure.outcome : 'partial',
      why: failure === undefined ? [] : [failure.why],
      seen: this.#usedRead + this.#usedDenied,
      failed: this.#usedDenied,
    });
  }
}

async function* scanProviders(session: Session): AsyncGenerator<Observation> {
  const covers: readonly ObservationKind[] = ['trust'];
  if (session.fatal !== undefined) {
    yield blocked(session, 'OIDC providers', covers);
    return;
  }
  let right = 'iam:ListOpenIDConnectProviders';
  let read = 0;
  try {
    const arns = await session.api.oidcProviderArns();
    right = 'iam:GetOpenIDConnectProvider';
    for (const arn of arns) {
      const provider = OidcProvider.safeParse(await session.api.oidcProvider(arn));
      if (provider.success) yield oidcCoverage(provider.data, { pointer: arn });
      read++;
    }
    yield coverage(session, 'OIDC providers', covers, { outcome: 'complete', why: [], seen: arns.length });
  } catch (error) {
    const failure = noteFailure(session, error, right);
    yield coverage(session, 'OIDC providers', covers, {
      outcome: read > 0 ? 'partial' : failure.outcome,
      why: [failure.why],
      seen: read,
    });
  }
}

/** Ctrl-C is not a failure of the scan: it goes on up. */
function noteFailure(session: Session, error: unknown, right: string): Failure {
  session.context.signal.throwIfAborted();
  const failure = explainFailure(error, right);
  if (failure.fatal) session.fatal ??= failure;
  session.context.log.debug('an IAM call failed', { right, outcome: failure.outcome });
  return failure;
}

interface Told {
  readonly outcome: CoverageObservation['outcome'];
  readonly why: readonly string[];
  readonly seen?: number;
  readonly failed?: number;
  readonly detail?: { readonly grantRowsNotListed?: number };
}

/** Reasons quoted in one coverage row. */
const QUOTED = 4;

function coverage(session: Session, what: string, covers: readonly ObservationKind[], told: Told): CoverageObservation {
  const { outcome, why, seen, failed = 0, detail } = told;
  const left = why.length > QUOTED ? [`${why.length - QUOTED} more like these`] : [];
  return {
    kind: 'coverage',
    surface: 'aws',
    subject: `${session.subject} ${what}`,
    outcome,
    ...(outcome === 'complete' ? {} : { why: [...why.slice(0, QUOTED), ...left].join('; ') }),
    covers,
    ...(seen === undefined ? {} : { seen, read: seen - failed, failed }),
    at: session.at,
    ...(detail === undefined || Object.keys(detail).length === 0 ? {} : { detail }),
  };
}

function blocked(session: Session, what: string, covers: readonly ObservationKind[]): CoverageObservation {
  const failure = session.fatal;
  return coverage(session, what, covers, {
    outcome: failure?.outcome ?? 'partial',
    why: [failure?.why ?? 'an earlier call failed'],
  });
}

function accountIn(arn: string): string | undefined {
  return arn.split(':')[4];
}

/** All that one set of credentials sees is one account. */
function soleAccount(details: Details, rows: readonly ReportRow[]): string | undefined {
  const arn = details.roles.keys().next().value ?? rows[0]?.arn;
  return arn === undefined ? undefined : accountIn(arn);
}
