import { ConfigError } from '../util/errors.ts';
import { didYouMean } from '../util/suggest.ts';

export interface StoredRun {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
}

/**
 * The run that a person means: `newest`, `previous` (the one before it), an id or the beginning of one, or a day in UTC, which
 * is the last run of that day. `runs` are the complete ones, oldest first. Throws `ConfigError`.
 */
export function chooseRun(runs: readonly StoredRun[], text: string): StoredRun {
  const wanted = text.trim().toLowerCase();
  const newest = runs.at(-1);
  if (wanted === 'newest' && newest !== undefined) return newest;
  if (wanted === 'previous') {
    const previous = runs.at(-2);
    if (previous !== undefined) return previous;
    throw unknown(
      'The store holds one complete run: there is no previous one',
      'Scan again with the same --store, then compare.',
    );
  }
  const exact = runs.find(({ id }) => id.toLowerCase() === wanted);
  if (exact !== undefined) return exact;
  if (/^\d{4}-\d\d-\d\d$/.test(wanted)) {
    const ofDay = runs.findLast(({ startedAt }) => startedAt.startsWith(wanted));
    if (ofDay !== undefined) return ofDay;
    throw unknown(`No complete run began on ${wanted} (UTC)`, `Days with runs: ${daysNear(runs, wanted).join(', ') || 'none'}.`);
  }
  const begun = wanted === '' ? [] : runs.filter(({ id }) => id.toLowerCase().startsWith(wanted));
  const [only, second] = begun;
  if (only !== undefined && second === undefined) return only;
  if (only !== undefined) {
    const ids = begun.slice(-5).map(({ id }) => id);
    throw unknown(`${begun.length} runs begin with "${text}"`, `Name one by more of its id: ${ids.join(', ')}`);
  }
  const ids = runs.map(({ id }) => id);
  const newestIds = ids.slice(-5).toReversed().join(', ');
  throw unknown(
    `The store has no run "${text}"`,
    didYouMean(wanted, ids, `Newest: ${newestIds}; or: newest, previous, a day such as 2026-11-01.`),
  );
}

function daysNear(runs: readonly StoredRun[], day: string): readonly string[] {
  const days = [...new Set(runs.map(({ startedAt }) => startedAt.slice(0, 10)))];
  return [...days.filter((each) => each < day).slice(-2), ...days.filter((each) => each > day).slice(0, 2)];
}

function unknown(message: string, hint: string): ConfigError {
  return new ConfigError(message, { code: 'RUN_UNKNOWN', hint });
}
