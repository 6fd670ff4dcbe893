// https://docs.gitlab.com/ci/jobs/job_rules/#cicd-variable-expressions

/** What a run knows of itself; a variable that is not in it may hold anything. `null`: it is not set. */
export type Situation = (name: string) => string | null | typeof SOMETHING | undefined;

/** A variable that is set, to nobody knows what. */
export const SOMETHING = Symbol('something');

/** Whether an `if` holds; `undefined` where that depends on what no file tells. */
export function holds(expression: string, situation: Situation): boolean | undefined {
  if (expression.length > MAX_LENGTH) return undefined;
  const tokens = expression.match(TOKEN) ?? [];
  const reader: Reader = { tokens, at: 0, situation };
  const result = readAny(reader, 0);
  return reader.at === tokens.length ? result : undefined;
}

const MAX_LENGTH = 5000;
const MAX_DEPTH = 50;
const TOKEN = /\$\{\w+\}|\$\w+|"[^"]*"|'[^']*'|\/(?:[^/\\\n]|\\.)*\/[a-zA-Z]*|&&|\|\||==|!=|=~|!~|[()]|[^\s()&|=!~"'/$]+|\S/g;
/** Whatever the name of a branch is, it fits. */
const FITS_ALL = /^\/\^?(?:\.[*+]?)?\$?\/[a-z]*$/;

interface Reader {
  readonly tokens: readonly string[];
  at: number;
  readonly situation: Situation;
}

function readAny(reader: Reader, depth: number): boolean | undefined {
  let result = readAll(reader, depth);
  while (reader.tokens[reader.at] === '||') {
    reader.at += 1;
    const other = readAll(reader, depth);
    result = result === true || other === true ? true : result === false && other === false ? false : undefined;
  }
  return result;
}

function readAll(reader: Reader, depth: number): boolean | undefined {
  let result = readTest(reader, depth);
  while (reader.tokens[reader.at] === '&&') {
    reader.at += 1;
    const other = readTest(reader, depth);
    result = result === false || other === false ? false : result === true && other === true ? true : undefined;
  }
  return result;
}

function readTest(reader: Reader, depth: number): boolean | undefined {
  if (reader.tokens[reader.at] === '(' && depth < MAX_DEPTH) {
    reader.at += 1;
    const result = readAny(reader, depth + 1);
    if (reader.tokens[reader.at] === ')') reader.at += 1;
    return result;
  }
  const left = readOperand(reader);
  const operator = reader.tokens[reader.at];
  if (operator === undefined || !/^[=!][=~]$/.test(operator))
    return left === undefined ? undefined : left !== null && left !== '';
  reader.at += 1;
  const pattern = reader.tokens[reader.at] ?? '';
  const right = readOperand(reader);
  const result = operator.endsWith('~') ? fits(left, pattern) : isEqual(left, right);
  return result === undefined || operator.startsWith('=') ? result : !result;
}

function readOperand(reader: Reader): ReturnType<Situation> {
  const token = reader.tokens[reader.at] ?? '';
  reader.at += 1;
  if (token.startsWith('$')) return reader.situation(token.replace(/[${}]/g, ''));
  if (/^["']/.test(token) && token.length > 1) return token.slice(1, -1);
  return token === 'null' ? null : undefined;
}

function isEqual(left: ReturnType<Situation>, right: ReturnType<Situation>): boolean | undefined {
  if (left === undefined || right === undefined) return undefined;
  if (left === SOMETHING || right === SOMETHING)
    return left === null || right === null || left === '' || right === '' ? false : undefined;
  return left === right;
}

/** The texts of a situation are names that nobody thought of when writing the pattern: only one that takes all fits. */
function fits(left: ReturnType<Situation>, pattern: string): boolean | undefined {
  if (left === undefined || left === SOMETHING || !pattern.startsWith('/')) return undefined;
  return left !== null && FITS_ALL.test(pattern);
}
