import type {
  CoverageObservation,
  JsonObject,
  LiveCall,
  Location,
  ObservationKind,
  Probed,
  ScanContext,
  ServiceTarget,
  Surface,
} from '../contracts/index.ts';
import { type Failure, failureOf, type LiveFailure, outcomeOf } from './failure.ts';

export interface SessionSettings {
  readonly context: Pick<ScanContext, 'signal' | 'log'>;
  readonly target: Pick<ServiceTarget, 'name'>;
  readonly surface: Surface;
  /** How messages name it: `AWS`, `Okta`. */
  readonly service: string;
  /** What an SDK's own error means; `undefined` leaves it to the general rules. */
  readonly explain?: (error: unknown, right: string) => LiveFailure | undefined;
}

/** What came of one part of a live scan: the users, the keys, one page of something. */
export interface Part {
  readonly what: string;
  readonly covers: readonly ObservationKind[];
  /** Of a call that failed; what was read before it stands. */
  readonly failure?: Failure | undefined;
  /** Entries that could not be read, field first. */
  readonly problems?: readonly string[];
  readonly read?: number;
  /** Of those met, not read. */
  readonly failed?: number;
  readonly detail?: JsonObject;
}

export interface Session {
  /** The first failure that no other call can survive. */
  readonly fatal: Failure | undefined;
  /** Runs a call; what it throws becomes a failure (an abort of the run goes on up). Once a fatal one came, nothing is asked any more. */
  attempt<T>(right: string, work: () => Promise<T>): Promise<Attempt<T>>;
  /** The coverage row of a part: complete, partial (some was read) or denied. */
  coverage(part: Part): CoverageObservation;
}

export type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** Reasons quoted in one coverage row. */
const QUOTED = 4;

export function openSession(settings: SessionSettings): Session {
  const { context, service, surface, target } = settings;
  const at: Location = { pointer: target.name };
  let fatal: Failure | undefined;
  let answered = false;
  return {
    get fatal() {
      return fatal;
    },
    async attempt(right, work) {
      if (fatal !== undefined) return { ok: false, failure: unasked(fatal) };
      try {
        const value = await work();
        answered = true;
        return { ok: true, value };
      } catch (error) {
        // Ctrl-C is not a failure of the scan.
        context.signal.throwIfAborted();
        const failure = settings.explain?.(error, right) ?? failureOf(error, { service, right });
        if (failure.fatal) fatal ??= failure;
        context.log.debug('a call failed', { service, right, outcome: failure.outcome });
        return { ok: false, failure };
      }
    },
    coverage: ({ what, covers, failure, problems = [], read = 0, failed = problems.length, detail }) => {
      const why = [...(failure === undefined ? [] : [failure.why]), ...problems];
      const outcome =
        why.length === 0 ? 'complete' : failure !== undefined && read === 0 ? outcomeOf(failure, answered) : 'partial';
      return {
        kind: 'coverage',
        surface,
        subject: `${target.name} ${what}`,
        outcome,
        ...(outcome === 'complete' ? {} : { why: quoted(why) }),
        covers,
        seen: read + failed,
        read,
        failed,
        at,
        ...(detail === undefined || Object.keys(detail).length === 0 ? {} : { detail }),
      };
    },
  };
}

/** What was not asked after a fatal failure says so, and why once more: the row stands alone in a report. */
function unasked(fatal: Failure): Failure {
  return { outcome: fatal.outcome, why: `not asked, since an earlier call failed: ${fatal.why}`, fatal: true };
}

function quoted(why: readonly string[]): string {
  const left = why.length > QUOTED ? [`${why.length - QUOTED} more like these`] : [];
  return [...why.slice(0, QUOTED), ...left].join('; ');
}

/**
 * For `ServiceScanner.probe`: tries each call with the smallest request there is. What `ask` throws is told as denied or failed;
 * after a failure that no call can survive the rest is told with it, unasked.
 */
export async function* probeCalls(
  session: Session,
  calls: readonly LiveCall[],
  ask: (call: LiveCall) => Promise<unknown>,
): AsyncGenerator<Probed> {
  for (const call of calls) {
    const attempt = await session.attempt(call.right, () => ask(call));
    if (attempt.ok) yield { call, outcome: 'ok' };
    else yield { call, outcome: attempt.failure.outcome === 'denied' ? 'denied' : 'failed', why: attempt.failure.why };
  }
}
