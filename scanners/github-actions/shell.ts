import { followMark, MARK, markVariables, type SecretHandling } from '../../src/ci/script.ts';
import { findExpressions, isCompared, secretsIn } from './expression.ts';

/** Follows one secret through a `run` script; `variables` are the environment variables that hold it. */
export function followSecret(script: string, name: string, variables: readonly string[]): SecretHandling {
  return followMark(markSecret(script, name, variables));
}

function markSecret(script: string, name: string, variables: readonly string[]): string {
  let marked = '';
  let from = 0;
  for (const { start, end, body } of findExpressions(script)) {
    const holds = secretsIn(body).some((reference) => reference.name === name && !isCompared(body, reference.offset));
    const variable = /^\s*env\.(?<variable>\w+)\s*$/.exec(body)?.groups?.variable;
    const isSecret = holds || (variable !== undefined && variables.includes(variable));
    marked += script.slice(from, start) + (isSecret ? MARK : script.slice(start, end));
    from = end;
  }
  return markVariables(marked + script.slice(from), variables);
}
