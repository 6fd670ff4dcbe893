import type { PolicyDocument, Statement } from './document.ts';
import { compilePattern, matches, type Pattern } from './pattern.ts';

/** Does the statement speak of this action? Actions are compared without case. */
export function coversAction(statement: Statement, action: string): boolean {
  const lower = action.toLowerCase();
  const hit = compiledActions(statement).some((pattern) => matches(pattern, lower));
  return statement.actions === undefined ? statement.notActions !== undefined && !hit : hit;
}

/**
 * Statements of a document, of either effect, that speak of the action; in their order. One document is asked about the
 * same action for every subject that has it and every resource in question.
 */
export function statementsOn(document: PolicyDocument, action: string): readonly Statement[] {
  let byAction = speaking.get(document);
  if (byAction === undefined) {
    byAction = new Map();
    speaking.set(document, byAction);
  }
  let found = byAction.get(action);
  if (found === undefined) {
    found = document.statements.filter((statement) => coversAction(statement, action));
    if (found.length === 0) found = NONE;
    byAction.set(action, found);
  }
  return found;
}

const NONE: readonly Statement[] = [];

const speaking = new WeakMap<PolicyDocument, Map<string, readonly Statement[]>>();
const actionPatterns = new WeakMap<Statement, readonly Pattern[]>();

function compiledActions(statement: Statement): readonly Pattern[] {
  let compiled = actionPatterns.get(statement);
  if (compiled === undefined) {
    compiled = (statement.actions ?? statement.notActions ?? []).map((action) => compilePattern(action.toLowerCase()));
    actionPatterns.set(statement, compiled);
  }
  return compiled;
}
