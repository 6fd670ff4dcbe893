// https://docs.github.com/en/actions/reference/workflows-and-actions/expressions

/** What the `if` of a job or step lets through. Read for what it proves: a condition that is not understood proves nothing. */
export interface Condition {
  /** Only these events; absent: no limit. */
  readonly only?: ReadonlySet<string>;
  readonly not: ReadonlySet<string>;
  /** Some branch or tag is asked for. */
  readonly ref: boolean;
  /** Pull requests of forks are kept out. */
  readonly sameRepository: boolean;
  /** Someone who belongs to the project must have started it, or must have set a label. */
  readonly trustedPerson: boolean;
  /** Bots that are told by who started the run: `github.actor == 'dependabot[bot]'`. */
  readonly bots: readonly { readonly context: string; readonly bot: string }[];
  /** The author of the pull request is asked for by name, which nobody can pretend to be. */
  readonly author: boolean;
}

const NONE: Condition = { not: new Set(), ref: false, sameRepository: false, trustedPerson: false, bots: [], author: false };

/** Forks start these with their own code or text. */
const FORK_EVENTS = ['pull_request_target', 'pull_request', 'workflow_run', 'issue_comment'];

export function readCondition(text: string | undefined): Condition {
  if (text === undefined || text.length > 20_000) return NONE;
  return read(text.replace(/^\s*\$\{\{|\}\}\s*$/g, ''), 0);
}

/** Events of `events` that get through. */
export function eventsThrough({ only, not }: Condition, events: readonly string[]): string[] {
  return events.filter((event) => (only === undefined || only.has(event)) && !not.has(event));
}

function read(text: string, depth: number): Condition {
  const body = withoutParentheses(text.trim());
  if (depth > 20) return NONE;
  const any = split(body, '||');
  if (any.length > 1) return either(any.map((part) => read(part, depth + 1)));
  const all = split(body, '&&');
  if (all.length > 1) return both(all.map((part) => read(part, depth + 1)));
  return readTest(body);
}

function both(parts: readonly Condition[]): Condition {
  const limits = parts.flatMap(({ only }) => (only === undefined ? [] : [only]));
  const only =
    limits.length === 0 ? undefined : new Set([...(limits[0] ?? [])].filter((event) => limits.every((one) => one.has(event))));
  return {
    ...(only === undefined ? {} : { only }),
    not: new Set(parts.flatMap(({ not }) => [...not])),
    ref: parts.some(({ ref }) => ref),
    sameRepository: parts.some(({ sameRepository }) => sameRepository),
    trustedPerson: parts.some(({ trustedPerson }) => trustedPerson),
    bots: parts.some(({ author }) => author) ? [] : parts.flatMap(({ bots }) => bots),
    author: parts.some(({ author }) => author),
  };
}

function either(parts: readonly Condition[]): Condition {
  const isLimited = parts.every(({ only }) => only !== undefined);
  return {
    ...(isLimited ? { only: new Set(parts.flatMap(({ only }) => [...(only ?? [])])) } : {}),
    not: new Set([...(parts[0]?.not ?? [])].filter((event) => parts.every(({ not }) => not.has(event)))),
    ref: parts.every(({ ref }) => ref),
    // `event != 'pull_request_target' || head.repo == this one`: each way keeps forks out.
    sameRepository: parts.some((one) => one.sameRepository) && parts.every((one) => one.sameRepository || keepsForksOut(one)),
    trustedPerson:
      parts.some((one) => one.trustedPerson) &&
      parts.every((one) => one.trustedPerson || one.sameRepository || keepsForksOut(one)),
    bots: parts.flatMap(({ bots }) => bots),
    author: parts.every(({ author }) => author),
  };
}

function keepsForksOut({ only, not }: Condition): boolean {
  if (only !== undefined) return ![...only].some((event) => FORK_EVENTS.includes(event));
  return not.has('pull_request_target') || not.has('pull_request') || not.has('issue_comment');
}

const EVENT =
  /^github\.event_name\s*(?<operator>[!=]=)\s*'(?<event>[\w-]+)'$|^'(?<first>[\w-]+)'\s*(?<mirrored>[!=]=)\s*github\.event_name$/;
const EVENTS = /^contains\(\s*fromJSON\(\s*'(?<list>\[[^']*\])'\s*\)\s*,\s*github\.event_name\s*\)$/i;
const REF =
  /\bgithub\.(?:ref|ref_name|ref_type|base_ref|event\.repository\.default_branch)\b|\bgithub\.event\.(?:workflow_run\.head_branch|release\.|pull_request\.(?:base\.ref|merged))/;
const SAME_REPOSITORY =
  /pull_request\.head\.repo\.(?:full_name|id|owner\.\w+)\s*==|==\s*github\.event\.pull_request\.head\.repo\.|!\s*github\.event\.pull_request\.head\.repo\.fork|pull_request\.head\.repo\.fork\s*==\s*false|workflow_run\.head_repository\.\w+(?:\.\w+)?\s*==|==\s*github\.event\.workflow_run\.head_repository\.|workflow_run\.event\s*==\s*'(?:push|schedule|release|workflow_dispatch)'|pull_request\.merged\s*(?:==\s*true)?\s*$/;
const PERSON =
  /author_association\s*==\s*'(?:OWNER|MEMBER|COLLABORATOR)'|contains\(.{0,200}?(?:OWNER|MEMBER|COLLABORATOR).{0,200}?author_association|event\.label\.name\s*==|contains\([^)]{0,200}pull_request\.labels/;
const AUTHOR = /pull_request\.user\.login\s*==\s*'[^']+'|'[^']+'\s*==\s*github\.event\.pull_request\.user\.login/;
const BOT =
  /(?<context>github\.(?:actor|triggering_actor|event\.sender\.login)|github\['actor'\])\s*==\s*'(?<bot>[\w-]+\[bot\])'|'(?<first>[\w-]+\[bot\])'\s*==\s*(?<mirrored>github\.(?:actor|triggering_actor|event\.sender\.login))/;

function readTest(text: string): Condition {
  const event = EVENT.exec(text)?.groups;
  if (event !== undefined) {
    const name = event.event ?? event.first ?? '';
    return (event.operator ?? event.mirrored) === '==' ? { ...NONE, only: new Set([name]) } : { ...NONE, not: new Set([name]) };
  }
  const list = EVENTS.exec(text)?.groups?.list;
  if (list !== undefined) return { ...NONE, only: new Set([...list.matchAll(/"([\w-]+)"/g)].map((match) => match[1] ?? '')) };
  const bot = BOT.exec(text)?.groups;
  return {
    ...NONE,
    ref: REF.test(text) && !/^!|!=/.test(text),
    sameRepository: SAME_REPOSITORY.test(text),
    trustedPerson: (PERSON.test(text) || AUTHOR.test(text)) && !/^!|!=/.test(text),
    author: AUTHOR.test(text),
    bots: bot === undefined ? [] : [{ context: bot.context ?? bot.mirrored ?? '', bot: bot.bot ?? bot.first ?? '' }],
  };
}

/** At the top level only: not inside parentheses, not inside strings. */
function split(text: string, operator: '||' | '&&'): string[] {
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

function withoutParentheses(text: string): string {
  let body = text;
  while (body.startsWith('(') && closes(body)) body = body.slice(1, -1).trim();
  return body;
}

/** Does the first parenthesis close at the very end? */
function closes(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (char === "'") inString = !inString;
    else if (inString) continue;
    else if (char === '(') depth += 1;
    else if (char === ')') {
      depth -= 1;
      if (depth === 0) return i === text.length - 1;
    }
  }
  return false;
}
