import { type Capability, deriveCapabilities } from './capability.ts';
import { type Escalations, escalationsOf, findEscalations, isDirect } from './escalation/index.ts';
import type { Estate, Subject } from './subject.ts';

/** Judges subjects of one estate; what is known of the estate is worked out once. */
export interface Judge {
  capabilities(subject: Subject): Capability[];
  /** Limits that there may be but of which the input tells nothing. */
  readonly unheard: readonly string[];
}

export function createJudge(estate: Estate, now: Date): Judge {
  const hasControls = estate.subjects.some(({ limits }) => limits.some(({ kind }) => kind === 'scp'));
  let judged: Escalations | undefined;
  return {
    unheard: hasControls ? [] : ['without service control policies'],
    capabilities(subject) {
      judged ??= findEscalations(estate, now);
      return judgeSubject(subject, judged, now);
    },
  };
}

/**
 * Its own capabilities, and the ways to become administrator. One that can give itself any right is an administrator
 * but for one call, so it gets an `admin` row too, of medium confidence, which names that call.
 */
function judgeSubject(subject: Subject, estate: Escalations, now: Date): Capability[] {
  const own = deriveCapabilities(subject, now);
  if (own.some((one) => one.capability === 'admin' && one.confidence === 'high')) return own;
  const ways = escalationsOf(subject, estate);
  const direct = ways.find(isDirect);
  if (direct !== undefined && !own.some((one) => one.capability === 'admin')) {
    own.unshift({ ...direct, capability: 'admin', confidence: 'medium' });
  }
  return [...own, ...ways];
}
