import type { Observation } from '../../src/contracts/index.ts';
import { type Failure, inParallel } from '../../src/live/index.ts';
import { type Got, joined, keepWhole, type Run, type Told } from './live-run.ts';
import { DAY_MS, daysOf, dayText, type Window } from './live-target.ts';

/** No window of an approval is longer; until it has passed a session may get a review, or lose it. */
const LONGEST_REVIEW_MS = 48 * 60 * 60 * 1000;
/** Days that are read at a time, and held until they are told. */
const AT_A_TIME = 4;

export interface Day extends Got {
  readonly failure?: Failure | undefined;
  /** Nothing in it will change any more. */
  readonly isSettled: boolean;
}

export interface DayLog {
  /** Names the steps and parts of the store. */
  readonly name: string;
  readonly title: string;
  /** All that decides what is read of a day, beside the target and the key. */
  readonly content: string;
  /** That it is whole is known only of who is shown all. */
  readonly isShownAll: boolean;
  readDay(window: Window): Promise<Day>;
}

interface Tally {
  readonly read: number;
  readonly problems: readonly string[];
  readonly failure?: Failure;
  readonly detail: NonNullable<Told['detail']>;
}

/**
 * A log, day by day, the newest first. A day that is over and was read whole is kept for a run that goes on; one that is
 * settled stands in the store for later runs, which do not ask for it again.
 */
export async function* readDays(run: Run, log: DayLog): AsyncGenerator<Observation, Tally> {
  const { context } = run;
  const now = context.now().getTime();
  const days = daysOf(run.window);
  const told: Day[] = [];
  const unread = new Set(days.map(({ from }) => dayText(from)));
  let known = 0;
  let failure: Failure | undefined;
  let isLost = false;
  context.progress.phase(log.title, days.length);
  for (let first = 0; first < days.length && !isLost; first += AT_A_TIME) {
    const group = await inParallel(days.slice(first, first + AT_A_TIME), AT_A_TIME, async (day) => {
      const taken = await takeDay(run, log, day, now);
      context.progress.advance(1);
      return { ...taken, from: day.from };
    });
    for (const { day, isKnown, isAdded, from } of group) {
      if (isKnown) known += 1;
      if (day?.failure === undefined) unread.delete(dayText(from));
      if (day === undefined) continue;
      if (!isAdded) yield* day.observations;
      told.push({ ...day, observations: [] });
      failure ??= day.failure;
    }
    // Who is refused a day is refused all, and a gateway that fails so often is left alone.
    isLost = failure?.fatal === true || failure?.outcome === 'denied' || group.every(({ day }) => day?.failure !== undefined);
  }
  context.progress.end();
  const { read, problems } = joined(told);
  const from = dayText(run.window.from);
  const until = new Date(run.window.until).toISOString();
  return {
    read,
    problems,
    ...(failure === undefined ? {} : { failure }),
    detail: {
      from,
      until,
      days: days.length,
      ...(known === 0 ? {} : { daysOfEarlierRuns: known }),
      ...(unread.size === 0 ? {} : { unread: [...unread].sort() }),
    },
  };
}

interface Taken {
  readonly day?: Day;
  /** As an earlier run of the store read it. */
  readonly isKnown: boolean;
  /** In a part of the store of its own. */
  readonly isAdded: boolean;
}

async function takeDay(run: Run, log: DayLog, window: Window, now: number): Promise<Taken> {
  const name = `${log.name} ${dayText(window.from)}`;
  const isWhole = window.until - window.from === DAY_MS && window.until <= now;
  const make = async (): Promise<Day> => await keepWhole(run, isWhole ? name : undefined, () => log.readDay(window));
  const isOld = isWhole && now - window.until >= LONGEST_REVIEW_MS;
  if (run.context.settled === undefined || !isOld || !log.isShownAll) {
    return { day: await make(), isKnown: false, isAdded: false };
  }
  let day: Day | undefined;
  const came = await run.context.settled(name, `${log.content} ${run.keyId}`, async () => {
    day = await make();
    const isDone = day.failure === undefined && day.problems.length === 0 && day.isSettled;
    return isDone ? day.observations : undefined;
  });
  return { ...(day === undefined ? {} : { day }), isKnown: came === 'kept', isAdded: came === 'added' };
}
