import { setTimeout as sleep } from 'node:timers/promises';

const LONGEST_PAUSE_MS = 30_000;

/** Waits; a Ctrl-C ends it at once, as an error. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (milliseconds <= 0) return;
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** Twice as long each time, and by chance between half of that and all of it: clients that failed together do not come back together. */
export function backOff(attempt: number, first: number, random: () => number = Math.random): number {
  const whole = Math.min(first * 2 ** attempt, LONGEST_PAUSE_MS);
  return whole / 2 + (whole / 2) * random();
}

/**
 * How long the service asks to wait, in milliseconds. `Retry-After` is seconds or a date; a reset is seconds since 1970 with
 * GitHub and Okta, seconds from now with others. Dates are counted by the service's own clock where it tells it.
 */
export function askedWait(headers: Headers, now: number): number | undefined {
  const served = Date.parse(headers.get('date') ?? '');
  const clock = Number.isNaN(served) ? now : served;
  const after = headers.get('retry-after')?.trim();
  if (after !== undefined && after !== '') {
    if (/^\d+(?:\.\d+)?$/.test(after)) return Number(after) * 1000;
    const date = Date.parse(after);
    if (!Number.isNaN(date)) return Math.max(0, date - clock);
  }
  const reset = (headers.get('x-ratelimit-reset') ?? headers.get('x-rate-limit-reset') ?? headers.get('ratelimit-reset'))?.trim();
  if (reset === undefined || !/^\d+(?:\.\d+)?$/.test(reset)) return undefined;
  const seconds = Number(reset);
  // The year 2001 in seconds: no service lets one wait for thirty years.
  return seconds > 1e9 ? Math.max(0, seconds * 1000 - clock) : seconds * 1000;
}
