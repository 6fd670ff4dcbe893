import { statementsOn } from '../covers.ts';
import { type Decision, decide } from '../evaluate.ts';
import { policiesAround } from '../mentions.ts';
import type { Estate, Subject } from '../subject.ts';
import type { Given } from './catalogue/index.ts';
import type { Targets } from './estate.ts';
import { type Context, withoutTags } from './target-tags.ts';

export interface Search {
  readonly subject: Subject;
  readonly estate: Estate;
  readonly targets: Targets;
  readonly now: Date;
}

export const BOUNDARY_KEY = 'iam:permissionsboundary';

/** Keys that a call does not carry unless it is one of those that do. */
export const ABSENT: Context = { [BOUNDARY_KEY]: null, 'iam:policyarn': null };

/**
 * Calls whose `iam:PermissionsBoundary` is the boundary that the target has now. To put a boundary and to create somebody
 * it is the one of the call; no other call carries the key.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 */
const HEEDS_BOUNDARY: ReadonlySet<string> = new Set(
  ['User', 'Role'].flatMap((type) =>
    [
      `Attach${type}Policy`,
      `Put${type}Policy`,
      `Detach${type}Policy`,
      `Delete${type}Policy`,
      `Delete${type}PermissionsBoundary`,
    ].map((call) => `iam:${call}`),
  ),
);

export function heedsBoundary(action: string): boolean {
  return HEEDS_BOUNDARY.has(action);
}

/** One call, with what is known of its target; where it gives something, the best of what there is to give. */
export function decideCall(
  { subject, targets, now }: Pick<Search, 'subject' | 'targets' | 'now'>,
  action: string,
  resource: string,
  context: Context = {},
  gives?: Given,
): Decision {
  const { [BOUNDARY_KEY]: boundary, ...others } = action === 'iam:PassRole' ? withoutTags(context) : context;
  const heeded = HEEDS_BOUNDARY.has(action)
    ? boundary === undefined
      ? {}
      : { [BOUNDARY_KEY]: boundary }
    : { [BOUNDARY_KEY]: null };
  const known = { ...others, 'iam:policyarn': null, ...heeded };
  if (gives === undefined) return decide(subject, { action, resource, context: known }, now);
  const key = gives === 'policy-arn' ? 'iam:policyarn' : BOUNDARY_KEY;
  let best: Decision | undefined;
  for (const arn of targets.offers(subject)) {
    const decision = decide(subject, { action, resource, context: { ...known, [key]: [arn] } }, now);
    if (best === undefined || (best.outcome === 'deny' && decision.outcome !== 'deny') || decision.outcome === 'allow')
      best = decision;
    if (best.outcome === 'allow' || !asksFor(subject, action, key)) break;
  }
  return best ?? decide(subject, { action, resource, context: known }, now);
}

function asksFor(subject: Subject, action: string, key: string): boolean {
  return policiesAround(subject).some(({ document }) =>
    statementsOn(document, action).some(({ tests }) => tests.some((test) => test.key.toLowerCase() === key)),
  );
}

/** The boundary that a target has: its ARN, `null` for none, nothing where that is not told. */
export function boundaryContext(target: Subject): Context {
  const arn = boundaryOf(target);
  return arn === undefined ? {} : { [BOUNDARY_KEY]: arn === null ? null : [arn] };
}

export function boundaryOf({ limits }: Subject): string | null | undefined {
  const limit = limits.find(({ kind = 'boundary' }) => kind === 'boundary');
  if (limit === undefined) return null;
  return /arn:[^ ]+$/.exec(limit.title)?.[0];
}
