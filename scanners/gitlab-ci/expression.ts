// https://docs.gitlab.com/ci/jobs/job_rules/#cicd-variable-expressions

/** What a run knows of itself; a variable that is not in it may hold anything. `null`: it is not set. */
export type Situation = (name: string) => string | null | typeof SOMETHING | undefined;

/** A variable that is set, to nobody knows what. */
export const SOMETHING = Symbol('something');

/** A name that no rule has in mind. */
export const ANY_BRANCH = '(any branch)';
/** Known by this name only. */
export const DEFAULT_BRANCH = '(default branch)';

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

/** Only words are matched against what is known; a pattern that may take longer, or that RE2 reads otherwise, is not run. */
const WORDS = /^\/(?<words>\^?\((?:\?:)?[\w-]+(?:\|[\w-]+)*\)\$?|\^?[\w-]+\$?(?:\|\^?[\w-]+\$?)*)\/(?<flags>i?)$/;

function fits(left: ReturnType<Situation>, pattern: string): boolean | undefined {
  if (left === undefined || left === SOMETHING || !pattern.startsWith('/')) return undefined;
  if (left === null) return false;
  if (left === ANY_BRANCH) return fitsAnyBranch(pattern);
  if (FITS_ALL.test(pattern)) return true;
  const { words, flags } = WORDS.exec(pattern)?.groups ?? {};
  if (words === undefined || left === DEFAULT_BRANCH) return undefined;
  return new RegExp(words, flags).test(left);
}

/** No, where it asks for some word; perhaps, where it asks for no more than a kind of character: anybody can find such a name. */
export function fitsAnyBranch(pattern: string): boolean | undefined {
  if (FITS_ALL.test(pattern)) return true;
  return pattern.length <= MAX_LENGTH && asksForWord(pattern.slice(1, pattern.lastIndexOf('/'))) ? false : undefined;
}

const GROUP = /\((?:\?[a-zA-Z-]*:|\?P?<\w+>)?(?<inside>[^()]*)\)/g;
const OPTIONAL = /.(?:[?*]|\{0?,[^}]*\}|\{0\})/g;

/** A letter or digit stands in each of its alternatives, where it cannot be left out. */
function asksForWord(pattern: string): boolean {
  // What stands for a character of a kind becomes a point; of a group, no more is kept than whether it asks for a word.
  let rest = pattern.replace(/\\(?:[pP](?:\{[^}]*\}|.)|.)|\[\^?\]?(?:[^\]\\]|\\.)*\]/g, '.');
  for (let depth = 0; depth < MAX_DEPTH && rest.includes('('); depth += 1)
    rest = rest.replace(GROUP, (_, inside: string) => (!inside.startsWith('?') && asks(inside) ? 'x' : '.'));
  return !rest.includes('(') && asks(rest);
}

function asks(pattern: string): boolean {
  return pattern.split('|').every((each) => /[A-Za-z0-9]/.test(each.replace(OPTIONAL, '').replace(/\{[^}]*\}/g, '')));
}
