import type { ScanContext } from '../contracts/index.ts';
import { type Failure, LiveFailure } from './failure.ts';
import { inParallel } from './parallel.ts';
import type { Part, Session } from './session.ts';

export interface EachSettings<T> {
  readonly context: Pick<ScanContext, 'progress'>;
  readonly session: Pick<Session, 'attempt'>;
  readonly right: string;
  /** For the bar of progress: `Okta: client secrets`. */
  readonly title: string;
  readonly items: readonly T[];
  readonly width: number;
  ask(item: T): Promise<void>;
  /** That there is nothing for any of them is no sign of a call that is not there. */
  readonly mayBeMissing?: boolean;
  /** Any failure is as good a sign as a refusal that all will fail: the client has waited and tried again before it gave up. */
  readonly anyFailureCounts?: boolean;
}

export interface EachResult {
  readonly read: number;
  readonly failed: number;
  /** The first, a refusal before all others. */
  readonly failure?: Failure;
}

/** Refusals without one success after which the right is missing, and not only for some. */
const ENOUGH = 5;

/** One call for each of many: a refusal or failure of one goes on with the next. One that was deleted meanwhile is no failure. */
export async function readEach<T>(settings: EachSettings<T>): Promise<EachResult> {
  const { context, items, right, session } = settings;
  let read = 0;
  let failed = 0;
  let refusals = 0;
  let first: Failure | undefined;
  let missing: Failure | undefined;
  let isOver = false;
  context.progress.phase(settings.title, items.length);
  await inParallel(items, settings.width, async (item) => {
    if (isOver) return;
    const got = await session.attempt(right, () => settings.ask(item));
    context.progress.advance(1);
    if (got.ok) {
      read++;
      return;
    }
    const { failure } = got;
    if (failure instanceof LiveFailure && failure.kind === 'missing') {
      missing ??= failure;
      return;
    }
    failed++;
    if (failure.outcome === 'denied' || settings.anyFailureCounts === true) refusals++;
    if (first === undefined || (first.outcome !== 'denied' && failure.outcome === 'denied')) first = failure;
    isOver ||= failure.fatal || (refusals >= ENOUGH && read === 0);
  });
  context.progress.end();
  if (read === 0 && settings.mayBeMissing !== true) first ??= missing;
  return { read, failed, ...(first === undefined ? {} : { failure: first }) };
}

/** What was asked for each of a list that is not whole is not whole either. */
export function restingOn(part: Part, ...bases: readonly Part[]): Part {
  const basis = bases.find(({ failure }) => failure !== undefined);
  if (basis?.failure === undefined || part.failure !== undefined) return part;
  const { outcome, fatal, why } = basis.failure;
  return { ...part, failure: { outcome, fatal, why: `not all that is to be asked for is known: ${why}` } };
}
