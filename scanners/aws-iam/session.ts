import type { CoverageObservation, JsonObject, Location, ObservationKind, ScanContext } from '../../src/contracts/index.ts';
import { type EachResult, type EachSettings, readEach } from '../../src/live/index.ts';
import type { IamApi } from './api.ts';
import { typesOf } from './coverage.ts';
import { explainFailure, type Failure } from './failure.ts';

/** IAM throttles an account as a whole; more calls at a time gain nothing. */
export const WIDTH = 4;
/** Failures without one success after which the right is taken to be missing altogether. */
export const GIVE_UP_AFTER = 5;

export interface Session {
  readonly api: IamApi;
  readonly context: ScanContext;
  readonly profile: string;
  readonly at: Location;
  readonly subject: string;
  /** Set by the first failure that no other call can survive. */
  fatal: Failure | undefined;
  /** Did any call give an answer? */
  isAnswered?: boolean;
  /** The account that the credentials are of, once something told it. */
  account: string | undefined;
}

export type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** Runs one call; what it throws becomes a failure. After a fatal one nothing is asked any more. */
export async function attempt<T>(session: Session, right: string, ask: () => Promise<T>): Promise<Attempt<T>> {
  if (session.fatal !== undefined) return { ok: false, failure: session.fatal };
  try {
    const value = await ask();
    session.isAnswered = true;
    return { ok: true, value };
  } catch (error) {
    return { ok: false, failure: noteFailure(session, error, right) };
  }
}

/** One call for each of many. What no call was made for, since all failed before, is not read either. */
export async function askEach<T>(
  session: Session,
  { title, right, items, ask }: Pick<EachSettings<T>, 'title' | 'right' | 'items' | 'ask'>,
): Promise<EachResult> {
  const { context } = session;
  const asking = { attempt: <R>(of: string, work: () => Promise<R>) => attempt(session, of, work) };
  return await readEach({ context, session: asking, right, title, items, width: WIDTH, ask, anyFailureCounts: true });
}

/** Ctrl-C is not a failure of the scan: it goes on up. */
export function noteFailure(session: Session, error: unknown, right: string): Failure {
  session.context.signal.throwIfAborted();
  const failure = explainFailure(error, right);
  if (failure.fatal) session.fatal ??= failure;
  session.context.log.debug('an IAM call failed', { right, outcome: failure.outcome });
  return failure;
}

export interface Told {
  readonly outcome: CoverageObservation['outcome'];
  readonly why: readonly string[];
  readonly seen?: number;
  readonly failed?: number;
  readonly detail?: JsonObject;
}

/** Reasons quoted in one coverage row. */
const QUOTED = 4;

export function coverage(session: Session, what: string, covers: readonly ObservationKind[], told: Told): CoverageObservation {
  const { why, seen, failed = 0, detail } = told;
  // Where AWS never answered, no part of anything was read.
  const isUnanswered = session.fatal !== undefined && session.isAnswered !== true;
  const outcome = isUnanswered && told.outcome === 'partial' ? 'denied' : told.outcome;
  const left = why.length > QUOTED ? [`${why.length - QUOTED} more like these`] : [];
  const all = { ...typesOf([what]), ...detail };
  return {
    kind: 'coverage',
    surface: 'aws',
    subject: `${session.subject} ${what}`,
    outcome,
    ...(outcome === 'complete' ? {} : { why: [...why.slice(0, QUOTED), ...left].join('; ') }),
    covers,
    ...(seen === undefined ? {} : { seen, read: seen - failed, failed }),
    at: session.at,
    ...(Object.keys(all).length === 0 ? {} : { detail: all }),
  };
}

export function blocked(session: Session, what: string, covers: readonly ObservationKind[]): CoverageObservation {
  const failure = session.fatal;
  return coverage(session, what, covers, {
    outcome: failure?.outcome ?? 'partial',
    why: [failure?.why ?? 'an earlier call failed'],
  });
}
