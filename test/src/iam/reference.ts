import type { RawStatement } from './build.ts';

/**
 * The rules of the vendor's page read literally and slowly, on the raw JSON, for one fully known request: what the
 * evaluator is compared with. Shares nothing with it.
 */
export interface World {
  readonly action: string;
  readonly resource: string;
  /** Lower-case key to its value; a key that is not here is absent. */
  readonly context: ReadonlyMap<string, string>;
}

export interface Rights {
  readonly policies: readonly (readonly RawStatement[])[];
  readonly limits: readonly (readonly RawStatement[])[];
}

export function allowedIn(world: World, rights: Rights): boolean {
  const all = [...rights.policies, ...rights.limits].flat();
  if (all.some((one) => one.Effect === 'Deny' && appliesTo(one, world))) return false;
  const some = (statements: readonly RawStatement[]) => statements.some((one) => one.Effect === 'Allow' && appliesTo(one, world));
  return some(rights.policies.flat()) && rights.limits.every(some);
}

function appliesTo(statement: RawStatement, world: World): boolean {
  return actionApplies(statement, world) && resourceApplies(statement, world) && conditionHolds(statement, world);
}

function actionApplies(statement: RawStatement, { action }: World): boolean {
  if ('Action' in statement) return listOf(statement.Action).some((one) => toRegExp(one, 'is').test(action));
  return !listOf(statement.NotAction).some((one) => toRegExp(one, 'is').test(action));
}

function resourceApplies(statement: RawStatement, { resource }: World): boolean {
  if ('Resource' in statement) return listOf(statement.Resource).some((one) => toRegExp(one, 's').test(resource));
  return !listOf(statement.NotResource).some((one) => toRegExp(one, 's').test(resource));
}

function conditionHolds(statement: RawStatement, { context }: World): boolean {
  for (const [operator, keys] of Object.entries(
    (statement.Condition ?? {}) as { [operator: string]: { [key: string]: unknown } },
  )) {
    for (const [key, wanted] of Object.entries(keys)) {
      if (!testHolds(operator, context.get(key.toLowerCase()), listOf(wanted))) return false;
    }
  }
  return true;
}

function testHolds(operator: string, actual: string | undefined, wanted: readonly string[]): boolean {
  if (operator === 'Null') return wanted.some((one) => one === String(actual === undefined));
  if (operator.endsWith('IfExists')) return actual === undefined || testHolds(operator.slice(0, -8), actual, wanted);
  if (operator === 'StringNotEquals') return actual === undefined || !wanted.includes(actual);
  if (operator === 'StringNotLike') return actual === undefined || !wanted.some((one) => toRegExp(one, 's').test(actual));
  if (actual === undefined) return false;
  if (operator === 'StringEquals' || operator === 'Bool') return wanted.includes(actual);
  if (operator === 'StringLike') return wanted.some((one) => toRegExp(one, 's').test(actual));
  throw new Error(`the reference does not know ${operator}`);
}

function listOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}

function toRegExp(pattern: string, flags: string): RegExp {
  const body = pattern
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${body}$`, flags);
}
