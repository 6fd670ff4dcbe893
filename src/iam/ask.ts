import { type Decision, decide, type Request } from './evaluate.ts';
import { commonText, compilePattern, type Pattern } from './pattern.ts';
import { allCells } from './region.ts';
import { targetOf } from './resources.ts';
import type { Subject } from './subject.ts';
import { somewhere } from './ways.ts';

/** Which of the subjects may, or may under conditions; in their order. */
export function whoCan(
  subjects: Iterable<Subject>,
  request: Request,
  now: Date,
): { readonly subject: Subject; readonly decision: Decision }[] {
  const able: { subject: Subject; decision: Decision }[] = [];
  for (const subject of subjects) {
    const target = request.target ?? targetOf(subject, request, now);
    const decision = decide(subject, target === undefined ? request : { ...request, target }, now);
    if (decision.outcome !== 'deny') able.push({ subject, decision });
  }
  return able;
}

export interface AnyCall {
  /** An action, or a pattern of them: `s3:*`. */
  readonly actions: string;
  /** A pattern of resources; `{partition}` and `{account}` are the subject's. */
  readonly resources: string;
  readonly context?: Request['context'];
}

/** Can the subject do any of these on any of those? The surest decision; `undefined` when it cannot. */
export function decideAny(subject: Subject, { actions, resources, context }: AnyCall, now: Date): Decision | undefined {
  let best: Decision | undefined;
  for (const action of actionsToAsk(subject, compilePattern(actions.toLowerCase()))) {
    const decision = somewhere(subject, action, resources, now, context);
    if (decision?.outcome === 'allow') return decision;
    best ??= decision;
  }
  return best;
}

/** One action of every part of the pattern that the policies tell apart. */
function actionsToAsk(subject: Subject, wanted: Pattern): readonly string[] {
  if (wanted.literal !== undefined) return [wanted.literal];
  const told = new Map<string, Pattern>();
  for (const policy of [...subject.policies, ...subject.limits.flatMap((limit) => limit.policies)]) {
    for (const { actions, notActions } of policy.document.statements) {
      for (const action of actions ?? notActions ?? []) {
        const lower = action.toLowerCase();
        if (!told.has(lower)) told.set(lower, compilePattern(lower));
      }
    }
  }
  const splitters = [...told.values()].filter((pattern) => pattern.source !== '*' && commonText(pattern, wanted) !== undefined);
  // Too many to tell apart: what each of them has in common with the question is asked.
  return allCells([wanted], splitters) ?? splitters.flatMap((pattern) => commonText(pattern, wanted) ?? []);
}
