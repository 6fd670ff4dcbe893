// https://docs.github.com/en/actions/reference/workflows-and-actions/expressions

import { STRANGERS } from './triggers.ts';

/** What the `if` of a job or step lets through. Read for what it proves: a condition that is not understood proves nothing. */
export interface Condition {
  /** Events of the workflow that get through. */
  readonly events: readonly string[];
  /** A push gets through, whatever starts the workflow. */
  readonly push: boolean;
  /** Some branch or tag is asked for. */
  readonly ref: boolean;
  /** Pull requests of forks are kept out. */
  readonly sameRepository: boolean;
  /** Someone who belongs to the project must have started it, or must have set a label. */
  readonly trustedPerson: boolean;
  /** Bots that are told by who started the run: `github.actor == 'dependabot[bot]'`. */
  readonly bots: readonly { readonly context: string; readonly bot: string }[];
}

/** The condition of a job or step in a workflow that these events start. */
export function readCondition(text: string | undefined, events: readonly string[]): Condition {
  const known = new Set([...events.slice(0, MAX_EVENTS), 'push']);
  const nothing: Proof = {
    through: known,
    forks: known,
    outsiders: known,
    ref: false,
    same: false,
    person: false,
    bots: [],
    author: false,
  };
  const isReadable = text !== undefined && text.length <= MAX_LENGTH && events.length <= MAX_EVENTS;
  const expression = isReadable ? expressionOf(text) : undefined;
  const proof = expression === undefined ? nothing : read(expression, false, nothing, 0);
  // Where strangers are given more than a run of their own pull request, that is what counts.
  const given = STRANGERS.filter((event) => events.includes(event));
  const strangers = given.length === 0 && events.includes('pull_request') ? ['pull_request'] : given;
  return {
    events: events.filter((event) => !known.has(event) || proof.through.has(event)),
    push: proof.through.has('push'),
    ref: proof.ref,
    sameRepository: proof.same && strangers.length > 0 && !strangers.some((event) => proof.forks.has(event)),
    trustedPerson: proof.person && strangers.length > 0 && !strangers.some((event) => proof.outsiders.has(event)),
    bots: proof.author ? [] : proof.bots,
  };
}

const MAX_LENGTH = 20_000;
/** GitHub has fewer. */
const MAX_EVENTS = 60;

const WHOLE = /^\$\{\{(?<expression>(?:[^'}]|'[^']*'|\}(?!\}))*)\}\}$/;

/**
 * With anything beside `${{ }}`, even the line break at the end of a block, it is a text; one that is not empty is true.
 * https://docs.zizmor.sh/audits/#unsound-condition
 */
function expressionOf(text: string): string | undefined {
  return text.includes('${{') ? WHOLE.exec(text)?.groups?.expression : text;
}

/** What is known where a condition holds. */
interface Proof {
  /** Events that may have started the run. */
  readonly through: ReadonlySet<string>;
  /** Of these: where it may be a fork that did. */
  readonly forks: ReadonlySet<string>;
  /** Of these: where it may be somebody who does not belong to the project. */
  readonly outsiders: ReadonlySet<string>;
  readonly ref: boolean;
  /** The repository of the pull request, or the person, is asked for somewhere. */
  readonly same: boolean;
  readonly person: boolean;
  readonly bots: Condition['bots'];
  /** The author of the pull request is asked for by name, which nobody can pretend to be. */
  readonly author: boolean;
}

/** `isNot`: what is known where it does not hold. */
function read(text: string, isNot: boolean, nothing: Proof, depth: number): Proof {
  if (depth > 20) return nothing;
  const body = withoutParentheses(text.trim());
  const any = split(body, '||');
  const all = any.length > 1 ? any : split(body, '&&');
  if (all.length > 1) {
    const parts = all.map((part) => read(part, isNot, nothing, depth + 1));
    return any.length > 1 === isNot ? parts.reduce(both) : parts.reduce(either);
  }
  if (body.startsWith('!') && body[1] !== '=' && split(body, '==').length + split(body, '!=').length === 2)
    return read(body.slice(1), !isNot, nothing, depth + 1);
  for (const operator of ['==', '!='] as const) {
    const sides = split(body, operator).map((side) => withoutParentheses(side.trim()));
    const [left = '', right = ''] = sides;
    if (sides.length !== 2) continue;
    const isOther = isNot !== (operator === '!=');
    const literal = [left, right].find((side) => /^(?:true|false)$/i.test(side))?.toLowerCase();
    // `X == false` is `!X`, as long as X is no text or number.
    if (literal !== undefined)
      return read(literal === left.toLowerCase() ? right : left, isOther !== (literal === 'false'), nothing, depth + 1);
    return readTest(`${left} == ${right}`, isOther, nothing);
  }
  return readTest(body, isNot, nothing);
}

function both(one: Proof, other: Proof): Proof {
  return {
    through: intersection(one.through, other.through),
    forks: intersection(one.forks, other.forks),
    outsiders: intersection(one.outsiders, other.outsiders),
    ref: one.ref || other.ref,
    same: one.same || other.same,
    person: one.person || other.person,
    bots: [...one.bots, ...other.bots],
    author: one.author || other.author,
  };
}

function either(one: Proof, other: Proof): Proof {
  return {
    through: union(one.through, other.through),
    forks: union(one.forks, other.forks),
    outsiders: union(one.outsiders, other.outsiders),
    ref: one.ref && other.ref,
    same: one.same || other.same,
    person: one.person || other.person,
    bots: [...(one.author ? [] : one.bots), ...(other.author ? [] : other.bots)],
    author: one.author && other.author,
  };
}

const intersection = (one: ReadonlySet<string>, other: ReadonlySet<string>) =>
  new Set([...one].filter((each) => other.has(each)));
const union = (one: ReadonlySet<string>, other: ReadonlySet<string>) => new Set([...one, ...other]);

const EVENT = /^github\.event_name == '(?<event>[\w-]+)'$|^'(?<mirrored>[\w-]+)' == github\.event_name$/;
const EVENTS = /^contains\(\s*fromJSON\(\s*'(?<list>\[[^']*\])'\s*\)\s*,\s*github\.event_name\s*\)$/i;
const REF =
  /\bgithub\.(?:ref|ref_name|ref_type|base_ref|event\.repository\.default_branch)\b|\bgithub\.event\.(?:workflow_run\.head_branch|release\.|pull_request\.(?:base\.ref|merged))/;
const FORK = /^github\.event\.pull_request\.head\.repo\.fork$/;
/** Not true where there is no such pull request or run. */
const SAME_REPOSITORY =
  /workflow_run\.event == '(?:push|schedule|release|workflow_dispatch)'|^github\.event\.pull_request\.merged$/;
const HEAD =
  /^github\.event\.(?:pull_request\.head\.repo|workflow_run\.head_repository)\.(?:full_name|id|node_id|url|html_url|owner\.\w+)$/;
/** What the project says of itself. The actor is no such thing: a fork belongs to whoever opens the pull request. */
const PROJECT =
  /^github\.repository(?:_id|_owner|_owner_id)?$|^github\.event\.(?:repository|pull_request\.base\.repo|workflow_run\.repository)\.[\w.]+$|^vars\.\w+$|^'[^']+'$|^\d+$/;
const PERSON =
  /author_association == '(?:OWNER|MEMBER|COLLABORATOR)'|^contains\(.{0,200}?(?:OWNER|MEMBER|COLLABORATOR).{0,200}?author_association|event\.label\.name ==|^contains\([^)]{0,200}pull_request\.labels/;
const AUTHOR = /pull_request\.user\.login == '[^']+'|'[^']+' == github\.event\.pull_request\.user\.login/;
const BOT =
  /(?<context>github\.(?:actor|triggering_actor|event\.sender\.login)|github\['actor'\]) == '(?<bot>[\w-]+\[bot\])'|'(?<first>[\w-]+\[bot\])' == (?<mirrored>github\.(?:actor|triggering_actor|event\.sender\.login))/;

/** One test, or the contrary of one. */
function readTest(text: string, isNot: boolean, nothing: Proof): Proof {
  const event = EVENT.exec(text)?.groups;
  const list = EVENTS.exec(text)?.groups?.list;
  if (event !== undefined || list !== undefined) {
    const named = new Set([
      event?.event ?? event?.mirrored,
      ...[...(list ?? '').matchAll(/"([\w-]+)"/g)].map((match) => match[1]),
    ]);
    // A called workflow sees the event that started its caller.
    const through = new Set([...nothing.through].filter((each) => each === 'workflow_call' || named.has(each) !== isNot));
    return { ...nothing, through, forks: through, outsiders: through };
  }
  if (isNot) {
    if (!FORK.test(text)) return nothing;
    // Of an event that has no pull request, nothing is asked.
    const forks = new Set([...nothing.through].filter((each) => !each.startsWith('pull_request')));
    return { ...nothing, forks, outsiders: forks, same: true };
  }
  const isSame = SAME_REPOSITORY.test(text) || isOfProject(text);
  const isAuthor = AUTHOR.test(text);
  const isPerson = isAuthor || PERSON.test(text);
  const bot = BOT.exec(text)?.groups;
  return {
    ...nothing,
    ...(isSame ? { forks: NONE, same: true } : {}),
    ...(isSame || isPerson ? { outsiders: NONE } : {}),
    ref: REF.test(text),
    person: isPerson,
    author: isAuthor,
    bots: bot === undefined ? [] : [{ context: bot.context ?? bot.mirrored ?? '', bot: bot.bot ?? bot.first ?? '' }],
  };
}

const NONE: ReadonlySet<string> = new Set();

/** The repository of the change is compared with what the project says of itself. */
function isOfProject(text: string): boolean {
  const [left = '', right = '', ...more] = split(text, '==').map((side) => side.trim());
  if (more.length > 0) return false;
  return (HEAD.test(left) && PROJECT.test(right)) || (PROJECT.test(left) && HEAD.test(right));
}

/** At the top level only: not inside parentheses, not inside strings. */
function split(text: string, operator: '||' | '&&' | '==' | '!='): string[] {
  const parts: string[] = [];
  let depth = 0;
  let inString = false;
  let from = 0;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (char === "'") inString = !inString;
    else if (inString) continue;
    else if (char === '(' || char === '[') depth += 1;
    else if (char === ')' || char === ']') depth -= 1;
    else if (depth === 0 && char === operator[0] && text[i + 1] === operator[1]) {
      parts.push(text.slice(from, i));
      i += 1;
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

/** Each pair around the whole is matched once, however many there are. */
function withoutParentheses(text: string): string {
  if (!text.startsWith('(')) return text;
  const closing = closingParentheses(text);
  let [from, to] = [0, text.length];
  while (text[from] === '(' && closing.get(from) === to - 1) {
    from += 1;
    to -= 1;
    while (from < to && isSpace(text[from])) from += 1;
    while (from < to && isSpace(text[to - 1])) to -= 1;
  }
  return text.slice(from, to);
}

const isSpace = (char = '') => char.trim() === '';

/** Where each parenthesis that opens closes. */
function closingParentheses(text: string): Map<number, number> {
  const closing = new Map<number, number>();
  const open: number[] = [];
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (char === "'") inString = !inString;
    else if (inString) continue;
    else if (char === '(') open.push(i);
    else if (char === ')') {
      const at = open.pop();
      if (at === undefined) break;
      closing.set(at, i);
    }
  }
  return closing;
}
