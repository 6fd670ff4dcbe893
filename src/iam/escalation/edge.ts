import type { Confidence } from '../../contracts/index.ts';
import { confidenceOf } from '../capability.ts';
import type { Decision } from '../evaluate.ts';
import type { Subject } from '../subject.ts';
import type { Hub, Node } from './population.ts';

/** A right of one principal that leads on: into any member of a hub, or straight to every right. */
export interface Edge {
  readonly from: Node;
  /** Whose right it is, where `from` is somebody freed of a boundary: whoever that is with it. */
  readonly owner?: Node;
  /** Absent: it gives itself every right, or arms the one named in `armed`. */
  readonly to?: Hub;
  readonly armed?: Node;
  /** It makes a new one, who has every right. */
  readonly made?: 'user' | 'role';
  /** It changes the one named in `armed`, who is entered by another step. */
  readonly changes?: 'rights' | 'boundary';
  /** Ids of the catalogue; the first is the one told in words. */
  readonly methods: readonly string[];
  /** Calls of the first method. The first call is the right without which none of it works. */
  readonly actions: readonly [string, ...string[]];
  readonly decision: Decision;
  readonly confidence: Confidence;
}

/** A right to change any member of a hub, which is worth something to whoever gets into the member too. */
export interface Arm {
  readonly over: Hub;
  /** Without `to` and `armed`. */
  readonly edge: Edge;
  /** Ids of the pairs with a call that gets in. */
  readonly with: { readonly [enter: string]: string };
}

interface Found {
  readonly methods: readonly string[];
  readonly actions: Edge['actions'];
  readonly decision: Decision;
  readonly to?: Hub;
  readonly armed?: Node;
  readonly made?: 'user' | 'role';
  readonly changes?: Edge['changes'] & string;
  /** What it needs besides rights is not in the input. */
  readonly isProbable?: boolean;
}

export function edgeFrom(from: Node, subject: Subject, { isProbable, ...found }: Found): Edge {
  return { from, ...found, confidence: isProbable === true ? 'medium' : confidenceOf(found.decision, subject) };
}
