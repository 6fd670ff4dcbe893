import type { Confidence } from '../../contracts/index.ts';
import { confidenceOf } from '../capability.ts';
import type { Decision } from '../evaluate.ts';
import type { Subject } from '../subject.ts';
import type { Hub, Node } from './population.ts';

/** A right of one principal that leads on: into any member of a hub, or straight to every right. */
export interface Edge {
  readonly from: Node;
  /** Absent: it gives itself every right, or arms the one named in `armed`. */
  readonly to?: Hub;
  readonly armed?: Node;
  /** It makes a new one, who has every right. */
  readonly made?: 'user' | 'role';
  /** Ids of the catalogue; the first is the one told in words. */
  readonly methods: readonly string[];
  /** Calls of the first method. The first call is the right without which none of it works. */
  readonly actions: readonly [string, ...string[]];
  readonly decision: Decision;
  readonly confidence: Confidence;
}

interface Found {
  readonly methods: readonly string[];
  readonly actions: Edge['actions'];
  readonly decision: Decision;
  readonly to?: Hub;
  readonly armed?: Node;
  readonly made?: 'user' | 'role';
  /** What it needs besides rights is not in the input. */
  readonly isProbable?: boolean;
}

export function edgeFrom(from: Node, subject: Subject, { isProbable, ...found }: Found): Edge {
  return { from, ...found, confidence: isProbable === true ? 'medium' : confidenceOf(found.decision, subject) };
}
