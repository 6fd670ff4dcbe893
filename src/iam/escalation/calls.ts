import type { PolicyDocument, Statement } from '../document.ts';
import { coversAction } from '../evaluate.ts';
import type { Policy, Subject } from '../subject.ts';
import { CATALOGUE } from './catalogue/index.ts';

/** Every call of the catalogue. */
const CALLS: readonly string[] = [...new Set(['iam:PassRole', ...CATALOGUE.flatMap(({ actions }) => [...actions])])];

const allowed = new WeakMap<PolicyDocument, ReadonlySet<string>>();
const speaking = new WeakMap<PolicyDocument, Map<string, readonly Statement[]>>();

/**
 * Calls of the catalogue that some Allow of the subject names: all others need not be asked about. Documents are read
 * once, whoever has them.
 */
export function mentionedCalls(subject: Subject): ReadonlySet<string> {
  const [only, ...more] = subject.policies;
  if (only === undefined) return NONE;
  if (more.length === 0) return callsAllowedBy(only.document);
  const calls = new Set<string>();
  for (const { document } of subject.policies) for (const call of callsAllowedBy(document)) calls.add(call);
  return calls;
}

const NONE: ReadonlySet<string> = new Set();

/** Statements of a document, of either effect, that speak of the call. */
export function statementsOn(document: PolicyDocument, call: string): readonly Statement[] {
  let byCall = speaking.get(document);
  if (byCall === undefined) {
    byCall = new Map();
    speaking.set(document, byCall);
  }
  let found = byCall.get(call);
  if (found === undefined) {
    found = document.statements.filter((statement) => coversAction(statement, call));
    byCall.set(call, found);
  }
  return found;
}

/** All policies that may allow, deny or limit. */
export function policiesAround(subject: Subject): readonly Policy[] {
  if (subject.limits.length === 0) return subject.policies;
  return [...subject.policies, ...subject.limits.flatMap(({ policies }) => policies)];
}

function callsAllowedBy(document: PolicyDocument): ReadonlySet<string> {
  let calls = allowed.get(document);
  if (calls === undefined) {
    const allows = document.statements.filter(({ effect }) => effect === 'allow');
    calls = new Set(CALLS.filter((call) => allows.some((statement) => coversAction(statement, call))));
    allowed.set(document, calls);
  }
  return calls;
}
