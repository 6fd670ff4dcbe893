import { coversAction } from './covers.ts';
import type { PolicyDocument } from './document.ts';
import { CATALOGUE } from './escalation/catalogue/index.ts';
import { PROBED_ACTIONS } from './probes.ts';
import type { Policy, Subject } from './subject.ts';

/** Every action that anybody is asked about. */
const ASKED: readonly string[] = [
  ...new Set(['iam:PassRole', ...CATALOGUE.flatMap(({ actions }) => [...actions]), ...PROBED_ACTIONS]),
];

const byDocument = new WeakMap<PolicyDocument, ReadonlySet<string>>();
const bySubject = new WeakMap<readonly Policy[], ReadonlySet<string>>();

/**
 * Actions in question that some Allow of the subject names: of all others it is not asked. Documents are read once,
 * whoever has them.
 */
export function mentionedCalls({ policies }: Subject): ReadonlySet<string> {
  let calls = bySubject.get(policies);
  if (calls === undefined) {
    const all = new Set<string>();
    for (const { document } of policies) for (const call of callsAllowedBy(document)) all.add(call);
    calls = all;
    bySubject.set(policies, calls);
  }
  return calls;
}

/** All policies that may allow, deny or limit. */
export function policiesAround(subject: Subject): readonly Policy[] {
  if (subject.limits.length === 0) return subject.policies;
  return [...subject.policies, ...subject.limits.flatMap(({ policies }) => policies)];
}

function callsAllowedBy(document: PolicyDocument): ReadonlySet<string> {
  let calls = byDocument.get(document);
  if (calls === undefined) {
    const allows = document.statements.filter(({ effect }) => effect === 'allow');
    calls = new Set(ASKED.filter((call) => allows.some((statement) => coversAction(statement, call))));
    byDocument.set(document, calls);
  }
  return calls;
}
