import { known, type Value, type Where } from '../../src/iac/value.ts';
import { text } from './functions.ts';

/** What an operator makes of values, as far as they tell. */
export function operate(operator: string, operands: readonly (Value | undefined)[], where: Where): Value | undefined {
  const [one, other] = [known(operands[0]), known(operands[1])];
  const answer = (truth: boolean): Value => text(String(truth), where, []);
  if (operator === '!' && one !== undefined) return answer(one !== 'true');
  if (operator === '&&' || operator === '||') return logic(operator, operands, where);
  if (operands.length !== 2) return undefined;
  if (operator === '==' && one !== undefined && other !== undefined) return answer(one === other);
  if (operator === '!=' && one !== undefined && other !== undefined) return answer(one !== other);
  if (operator === '!=' && operands.includes(undefined) && (one ?? other) !== undefined) return answer(true);
  if (operator === '==' && operands.includes(undefined) && (one ?? other) !== undefined) return answer(false);
  return compare(operator, one, other, where);
}

function compare(operator: string, one: string | undefined, other: string | undefined, where: Where): Value | undefined {
  const [left, right] = [Number(one), Number(other)];
  if (one === undefined || other === undefined || Number.isNaN(left) || Number.isNaN(right)) return undefined;
  const answers: { readonly [operator: string]: boolean | number } = {
    '<': left < right,
    '<=': left <= right,
    '>': left > right,
    '>=': left >= right,
    '+': left + right,
    '-': left - right,
    '*': left * right,
  };
  const answer = Object.hasOwn(answers, operator) ? answers[operator] : undefined;
  return answer === undefined ? undefined : text(String(answer), where, []);
}

function logic(operator: string, operands: readonly (Value | undefined)[], where: Where): Value | undefined {
  const truths = operands.map((operand) => known(operand));
  const deciding = operator === '&&' ? 'false' : 'true';
  if (truths.includes(deciding)) return text(deciding, where, []);
  return truths.every((truth) => truth !== undefined) ? text(operator === '&&' ? 'true' : 'false', where, []) : undefined;
}
