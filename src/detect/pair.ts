import { LONGEST_WINDOW, type Rule } from './compile.ts';
import { entropyOf } from './entropy.ts';
import type { Span } from './match.ts';
import type { PlaceholderTest } from './placeholder.ts';

/** Is what stands before or behind the bytes at hand unseen? */
export interface Cuts {
  readonly isCutLeft: boolean;
  readonly isCutRight: boolean;
}

interface Item extends Span {
  readonly isId: boolean;
  readonly text: string;
  readonly isComment: boolean;
  /** What the name it is given to says beyond what every such name says: `dev` of `AWS_ACCESS_KEY_ID_DEV`. */
  readonly label: string;
}

interface Region extends Span {
  /** By the start of the id. */
  readonly secrets: ReadonlyMap<number, Span>;
}

/** How far apart a boundary between blocks puts what stands on its sides. */
const BLOCK = 100;
const COMMENT = 10;
/** A step into a list item or a deeper level. */
const STEP = 1;
/** Room for the names and quotes that tell what a value is. */
const MARGIN = 512;

/**
 * Joins public ids to the secrets that stand beside them, one to one: over a stretch of text at a time, since which
 * secret is an id's own depends on the ids around it. Where two readings are as good as each other nothing is joined.
 */
export class Pairs {
  readonly #bytes: Buffer;
  readonly #cuts: Cuts;
  readonly #isPlaceholder: PlaceholderTest;
  readonly #regions = new Map<Rule, Region[]>();

  constructor(bytes: Buffer, cuts: Cuts, isPlaceholder: PlaceholderTest) {
    this.#bytes = bytes;
    this.#cuts = cuts;
    this.#isPlaceholder = isPlaceholder;
  }

  /** The other half of the id that is matched at `id`. */
  secretOf(rule: Rule, id: Span): Span | undefined {
    const known = this.#regions.get(rule) ?? [];
    this.#regions.set(rule, known);
    let region = known.findLast((other) => other.start <= id.start && id.end <= other.end);
    if (region === undefined) {
      region = this.#read(rule, id);
      known.push(region);
    }
    return region.secrets.get(id.start);
  }

  #read(rule: Rule, id: Span): Region {
    const within = rule.detector.paired?.within ?? 0;
    const reach = 2 * within + MARGIN;
    let [start, end] = [id.start, id.end];
    for (let room = reach; ; room *= 2) {
      start = Math.max(0, id.start - room);
      if (start === 0 || !idsIn(rule, this.#text(start, id.start)).some((other) => other.start < reach)) break;
    }
    for (let room = reach; ; room *= 2) {
      end = Math.min(this.#bytes.length, id.end + room);
      if (end === this.#bytes.length) break;
      const size = end - id.end;
      if (!idsIn(rule, this.#text(id.end, end)).some((other) => other.end > size - reach)) break;
    }
    const text = this.#text(start, end);
    const items = this.#items(rule, text);
    const isOpen = (item: Item): boolean =>
      (this.#cuts.isCutLeft && start + item.start < reach) ||
      (this.#cuts.isCutRight && start + item.end > this.#bytes.length - reach);
    const secrets = new Map<number, Span>();
    for (const [owner, secret] of joinItems(items, text, within, isOpen)) {
      if (this.#isPlaceholder(secret.text.replaceAll('\\/', '/'), false)) continue;
      secrets.set(start + owner.start, { start: start + secret.start, end: start + secret.end });
    }
    // At its edges other ids may be unseen: only what lies well inside is known for good.
    const safe = { start: start === 0 ? 0 : start + reach, end: end === this.#bytes.length ? end : end - reach };
    return { start: Math.min(safe.start, id.start), end: Math.max(safe.end, id.end), secrets };
  }

  #items(rule: Rule, text: string): Item[] {
    const ids = idsIn(rule, text);
    const secrets = [...text.matchAll(rule.pair as RegExp)].flatMap((match) => {
      const span = match.indices?.groups?.secret;
      return span === undefined ? [] : [{ start: span[0], end: span[1] }];
    });
    const items = [
      ...ids.map((span) => toItem(span, true, text)),
      ...secrets
        .filter((span) => !ids.some((id) => span.start < id.end && id.start < span.end))
        .map((span) => toItem(span, false, text))
        // A placeholder stays: what stands in the place of one id's secret is no reason to give it the next one's.
        .filter((item) => mayBeSecret(item.text, () => false)),
    ];
    return items.sort((a, b) => a.start - b.start);
  }

  #text(start: number, end: number): string {
    return this.#bytes.toString('latin1', start, end);
  }
}

const globals = new WeakMap<Rule, RegExp>();

function idsIn(rule: Rule, text: string): Span[] {
  const regex = globals.get(rule) ?? new RegExp(rule.regex.source, `${rule.regex.flags.replace(/[gy]/g, '')}g`);
  globals.set(rule, regex);
  return [...text.matchAll(regex)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
}

function toItem({ start, end }: Span, isId: boolean, text: string): Item {
  const before = text.slice(Math.max(0, start - 200), start);
  const line = before.slice(before.lastIndexOf('\n') + 1);
  return {
    start,
    end,
    isId,
    text: text.slice(start, end),
    isComment: /^[ \t"]{0,40}(?:#|\/\/|--|;|\*|rem )/i.test(line),
    label: labelIn(line),
  };
}

/** What the names of both halves have in common. */
const COMMON = /^(?:aws|amazon|s3|access|key|keys|id|ids|secret|token|export|env|const|let|var|set|public|private|api|user)$/;

const LONGEST_NAME = 81;
/** From the back it is found in one go. */
const LAST_NAME = /(?<![\w.-])[\d_.-]*(?<name>[A-Za-z][\w.-]*)$/;

function labelIn(line: string): string {
  const given = /["'\x60]?[\])]?[ \t]{0,16}(?::=|=>|[:=])[ \t]{0,16}["'\x60]?$/.exec(line);
  const name =
    given === null ? undefined : LAST_NAME.exec(line.slice(Math.max(0, given.index - LONGEST_NAME), given.index))?.groups?.name;
  if (name === undefined) return '';
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[_.-]+/);
  return words.filter((word) => word !== '' && !COMMON.test(word)).join('_');
}

/** Could a text of the right form be the other half of a pair? */
export function mayBeSecret(text: string, isPlaceholder: PlaceholderTest): boolean {
  const secret = text.replaceAll('\\/', '/');
  if (secret.length <= LONGEST_WINDOW && isPathLike(secret)) return false;
  // Sixteen letters cannot be as varied as sixty-four.
  const least = /^[0-9a-f]+$/i.test(secret) ? 3 : 3.5;
  return entropyOf(secret) >= least && !isPlaceholder(secret, false);
}

/** `Users/deploy/Projects/config2/files`: words between slashes, which no generator makes. */
function isPathLike(text: string): boolean {
  return text.includes('/') && text.split('/').every((part) => /^(?:[A-Z]?[a-z]*|[A-Z]+)(?:[A-Z][a-z]+)*\d{0,4}$/.test(part));
}

interface Edge {
  readonly distance: number;
  /** Between an id and a secret. */
  readonly mayJoin: boolean;
  /** Two that are spelled alike are no rivals. */
  readonly isTwin: boolean;
}

/**
 * What stands in code is joined first, as if there were no comments: an old id in a comment takes no secret from the id in
 * use. What is left is then joined with what the comments tell.
 */
function joinItems(
  items: readonly Item[],
  text: string,
  within: number,
  isOpen: (item: Item) => boolean,
): (readonly [id: Item, secret: Item])[] {
  const named = joinLabelled(items, within, isOpen);
  const settled = new Set(named.flat());
  const open = items.filter((item) => !settled.has(item));
  const code = open.filter((item) => !item.isComment);
  const first = joinNeighbours(code, text, within, isOpen);
  if (code.length === open.length) return [...named, ...first.joined];
  const rest = open.filter((item) => !first.seen.has(item));
  return [...named, ...first.joined, ...joinNeighbours(rest, text, within, isOpen).joined];
}

/** `…_ID_DEV`, `…_ID_PROD`, `…_SECRET_DEV`, `…_SECRET_PROD`: a label of their own joins one id and one secret, wherever they stand. */
function joinLabelled(
  items: readonly Item[],
  within: number,
  isOpen: (item: Item) => boolean,
): (readonly [id: Item, secret: Item])[] {
  if (items.length < 4) return [];
  const byLabel = new Map<string, Item[]>();
  for (const item of items) {
    if (item.label === '') continue;
    const members = byLabel.get(item.label);
    if (members === undefined) byLabel.set(item.label, [item]);
    else members.push(item);
  }
  if (byLabel.size < 2 && items.every((item) => item.label !== '')) return [];
  return [...byLabel.values()].flatMap((members) => {
    const [left, right] = members;
    if (members.length !== 2 || left === undefined || right === undefined || left.isId === right.isId) return [];
    if (left.isComment !== right.isComment || right.start - left.end > within || members.some(isOpen)) return [];
    return [left.isId ? ([left, right] as const) : ([right, left] as const)];
  });
}

interface Joined {
  readonly joined: readonly (readonly [id: Item, secret: Item])[];
  /** Joined, or left since two readings were as good as each other. */
  readonly seen: ReadonlySet<Item>;
}

/**
 * Neighbours are joined from the nearest on. A stretch of neighbours as far from each other as the next ones (`id secret
 * id secret` on lines of their own) is joined two by two when it comes out even, else not at all.
 */
function joinNeighbours(items: readonly Item[], text: string, within: number, isOpen: (item: Item) => boolean): Joined {
  const edges = items.slice(1).map((right, index) => edgeOf(items[index] as Item, right, text, within));
  const spent = new Set<number>();
  const unclear = new Set<number>();
  const joined: (readonly [id: Item, secret: Item])[] = [];
  for (const run of runsOf(edges)) {
    let { first, last } = run;
    if (spent.has(first)) first++;
    if (spent.has(last)) last--;
    if (last <= first) continue;
    const members = items.slice(first, last + 1);
    const isVague =
      unclear.has(first) ||
      unclear.has(last) ||
      (members.length > 2 && members.some(isOpen)) ||
      hasRival(edges, first, last, run.distance) ||
      (members.length % 2 === 1 && !isEcho(members));
    for (let at = first; at + (isVague ? 0 : 1) <= last; at += isVague ? 1 : 2) {
      if (isVague) {
        unclear.add(at);
        continue;
      }
      const [left, right] = [items[at] as Item, items[at + 1] as Item];
      joined.push(left.isId ? [left, right] : [right, left]);
      spent.add(at).add(at + 1);
    }
  }
  return { joined, seen: new Set([...spent, ...unclear].map((at) => items[at] as Item)) };
}

interface Run {
  readonly first: number;
  readonly last: number;
  readonly distance: number;
}

/** Stretches of edges of one distance; the shortest distance first. */
function runsOf(edges: readonly Edge[]): Run[] {
  const runs: Run[] = [];
  for (let at = 0; at < edges.length; at++) {
    const { mayJoin, distance } = edges[at] as Edge;
    if (!mayJoin || distance === Infinity) continue;
    const first = at;
    while (edges[at + 1]?.mayJoin === true && edges[at + 1]?.distance === distance) at++;
    runs.push({ first, last: at + 1, distance });
  }
  return runs.sort((a, b) => a.distance - b.distance || a.first - b.first);
}

/** `id id secret` with both ids on one line, `id id secret secret`: whose is whose cannot be told. */
function hasRival(edges: readonly Edge[], first: number, last: number, distance: number): boolean {
  const [left, right] = [edges[first - 1], edges[last]].map((edge) =>
    edge === undefined || edge.mayJoin || edge.isTwin ? Infinity : edge.distance,
  ) as [number, number];
  return left < distance || right < distance || (left <= distance && right <= distance);
}

/** The same id or secret named once more. */
function isEcho(members: readonly Item[]): boolean {
  return new Set(members.map(({ text }) => text)).size === 2;
}

function edgeOf(left: Item, right: Item, text: string, within: number): Edge {
  const mayJoin = left.isId !== right.isId;
  const isTwin = !mayJoin && left.text === right.text;
  if (right.start - left.end > within) return { distance: Infinity, mayJoin, isTwin };
  const gap = text.slice(left.end, right.start);
  return { distance: stepsIn(gap) + (left.isComment === right.isComment ? 0 : COMMENT), mayJoin, isTwin };
}

/** Lines between two values, and far more where a block ends between them. */
function stepsIn(gap: string): number {
  const plain = gap
    .replace(/\r/g, '')
    .replace(/\\+r(?=\\+n)/g, '')
    .replace(/\\+n(?:",?\n[ \t]*"?)?/g, '\n');
  const lines = plain.split('\n');
  let steps = lines.length - 1;
  for (const line of lines.slice(1, -1)) if (/^[ \t"']*$/.test(line)) steps += BLOCK;
  for (const line of lines.slice(1)) {
    if (/^[ \t"']*(?:\[{1,2}[^\]]{1,80}\]{1,2}[ \t]*$|---)/.test(line)) steps += BLOCK;
    else if (/^[ \t]*-[ \t]/.test(line)) steps += STEP;
  }
  return steps + (leavesBlock(plain) ? BLOCK : 0);
}

/** Does a brace close that was open at the start? */
function leavesBlock(gap: string): boolean {
  let depth = 0;
  for (const c of gap) {
    if (c === '{') depth++;
    if (c === '}' && --depth < 0) return true;
  }
  return false;
}
