import type { Deciding, Decision } from './evaluate.ts';
import type { Subject } from './subject.ts';

/**
 * How much work the judging of a subject may take, in patterns looked at: policies of real accounts need some ten
 * thousand, a stranger's of 4 KB may be made to need billions. What is not settled within it is not known, and said so.
 */
export interface Effort {
  left: number;
  /** Something was not settled. */
  gaveUp: boolean;
  /** Of all subjects of the estate together. */
  readonly shared: { left: number };
}

/** About a second. */
const OF_SUBJECT = 2_000_000;
/** About half a minute, or what ordinary subjects of a large estate need. */
const OF_ESTATE = 50_000_000;
const OF_MANY = 100_000;

const efforts = new WeakMap<Subject, Effort>();

/** Subjects that are judged together have one more limit together. */
export function shareEffort(subjects: readonly Subject[]): void {
  const shared = { left: Math.max(OF_ESTATE, OF_MANY * subjects.length) };
  for (const subject of subjects) efforts.set(subject, { left: OF_SUBJECT, gaveUp: false, shared });
}

export function effortOf(subject: Subject): Effort {
  let effort = efforts.get(subject);
  if (effort === undefined) {
    effort = { left: OF_SUBJECT, gaveUp: false, shared: { left: OF_ESTATE } };
    efforts.set(subject, effort);
  }
  return effort;
}

export function spend(effort: Effort, steps: number): void {
  effort.left -= steps;
  effort.shared.left -= steps;
}

export function isSpent(effort: Effort): boolean {
  const none = effort.left < 0 || effort.shared.left < 0;
  effort.gaveUp ||= none;
  return none;
}

/** What a decision hangs on that was not reached. */
export const TOO_MUCH = 'policies too entangled to be judged in full';

export function unsettled(by: Deciding | undefined): Decision {
  return { outcome: 'unknown', explicit: false, by, keys: [TOO_MUCH] };
}

/** Not all that might be of the subject was looked at. */
export function giveUp(subject: Subject): void {
  effortOf(subject).gaveUp = true;
}

/** The same one, judged as something else. */
export function shareEffortWith(subject: Subject, other: Subject): Subject {
  efforts.set(other, effortOf(subject));
  return other;
}
