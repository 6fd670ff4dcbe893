import { LiveFailure } from '../../src/live/index.ts';
import { type CallName, callNamed } from './calls.ts';
import type { Run } from './connection.ts';
import { coversOf } from './export-file.ts';
import { itemsOf, pagesOf, type Told } from './lists.ts';

export async function readSubscriptions(run: Run): Promise<{ readonly part: Told; readonly seen: number | undefined }> {
  const { right, what } = callNamed('subscriptions');
  let seen = 0;
  const got = await run.armSession.attempt(right, async () => {
    for await (const page of pagesOf(run, 'subscriptions')) seen += itemsOf(page).length;
  });
  if (!got.ok) return { part: { what, covers: [], failure: got.failure }, seen: undefined };
  // An empty answer is how Resource Graph refuses.
  if (seen === 0) return { part: { what, covers: ['grant'], failure: noSubscription() }, seen };
  return { part: { what, covers: [], read: seen, detail: { subscriptions: seen } }, seen };
}

export function noSubscription(): LiveFailure {
  return new LiveFailure('no subscription can be seen: give Reader at the root management group, or at each subscription', {
    kind: 'denied',
  });
}

export function unseen(name: CallName): Told {
  const { what, kinds } = callNamed(name);
  return { what, ...coversOf(kinds), failure: noSubscription() };
}
