import { type Capability, deriveCapabilities } from './capability.ts';
import { findEscalations, isDirect, type JudgedEstate, judgeEstate } from './escalation.ts';
import type { Estate, Subject } from './subject.ts';

/** Judges subjects of one estate; what is known of the estate is worked out once. */
export interface Judge {
  capabilities(subject: Subject): Capability[];
}

export function createJudge(estate: Estate, now: Date): Judge {
  let judged: JudgedEstate | undefined;
  return {
    capabilities(subject) {
      judged ??= judgeEstate(estate, now);
      return judgeSubject(subject, judged, now);
    },
  };
}

/**
 * Its own capabilities, and the ways to become administrator. One that can give itself any right is an administrator
 * but for one call, so it gets an `admin` row too, of medium confidence, which names that call.
 */
function judgeSubject(subject: Subject, estate: JudgedEstate, now: Date): Capability[] {
  const own = deriveCapabilities(subject, now);
  if (own.some((one) => one.capability === 'admin' && one.confidence === 'high')) return own;
  const ways = findEscalations(subject, estate, now);
  const direct = ways.find(isDirect);
  if (direct !== undefined && !own.some((one) => one.capability === 'admin')) {
    own.unshift({ ...direct, capability: 'admin', confidence: 'medium' });
  }
  return [...own, ...ways];
}
