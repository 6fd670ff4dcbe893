import { messageOf, RuleError } from '../util/errors.ts';
import { CHECKSUMS } from './checksum.ts';
import type { Anchor } from './kernel/tables.ts';
import { type Outline, outlineOf, statesOf } from './outline.ts';
import type { PackedDetector } from './pack.ts';
import { ANYTHING, analysePattern, type ByteSet, has, type PatternFacts, parsePattern } from './pattern.ts';
import { type Reach, reachOf } from './reach.ts';

/** A detector made ready to be tried at a keyword hit. */
export interface Rule {
  readonly detector: PackedDetector;
  readonly index: number;
  readonly isGeneric: boolean;
  /** True when every match begins where an anchor does: the pattern is tried once, at the hit. Else it is searched around it. */
  readonly anchored: boolean;
  /** Anchors are not keywords: a match counts only when one of these is as near as if it had been searched for around one. */
  readonly mustSee: readonly string[] | undefined;
  /** Anchored: sticky. Else global. */
  readonly regex: RegExp;
  /** The same with the positions of groups; run only on what matched. */
  readonly indexed: RegExp;
  /** What searching by this rule has cost. */
  readonly tally: Tally;
  /** What the regex need not be asked. */
  readonly gate: Gate;
  /** Bytes to look at before and after the start of the hit. */
  readonly before: number;
  readonly after: number;
  readonly minLength: number;
  readonly path: RegExp | undefined;
  readonly allow: readonly RegExp[];
  readonly pair: RegExp | undefined;
  readonly groups: ReadonlySet<string>;
}

/** A window never grows beyond this many bytes: a private key of 16,384 bits in PEM has 13 KB. */
export const LONGEST_WINDOW = 32 * 1024;
const UNBOUNDED_WINDOW = 4096;
const CHECKED_PLACES = 24;
const UNGATED = 16;
const MUCH_AGAIN = 4096;
/** Beginnings of a pattern that serve as anchors. */
const SHORTEST_START = 3;
const START_LENGTH = 8;
const MAX_STARTS = 64;
/** Shorter ones are lengthened; by a digit, in decimal or hex. */
const TELLING = 4;
const MOST_FOLLOWERS = 16;
/** Every other line of some texts holds one of these. */
const URL = /^(?:https?|wss?):/;
/** What look-behinds and word boundaries may want to see before a hit. */
const MARGIN = 8;

/** A rule that is compiled when its keyword is first met: a small text meets few of them. */
export class RuleRef {
  readonly detector: PackedDetector;
  readonly index: number;
  readonly isGeneric: boolean;
  #shape: Shape | undefined;
  #rule: Rule | undefined;

  constructor(detector: PackedDetector, index: number) {
    this.detector = detector;
    this.index = index;
    this.isGeneric = detector.categories.includes('generic');
  }

  /** What it has cost, if it was met. */
  get tally(): Readonly<Tally> | undefined {
    return this.#rule?.tally;
  }

  /** What the build knew of it. */
  foresee(shape: Shape | undefined): void {
    this.#shape = shape;
  }

  get rule(): Rule {
    this.#rule ??= makeRule(this.detector, this.index, this.#shape ?? proveShape(this.detector));
    return this.#rule;
  }
}

/** What is worked out from the pattern of a detector that stands every proof: plain data, for the build to write down. */
export interface Shape {
  readonly anchored: boolean;
  /** Anchors are beginnings of the pattern, not keywords. */
  readonly hasOtherStarts: boolean;
  readonly minLength: number;
  /** Bytes to look at before and after the start of the hit. */
  readonly before: number;
  readonly after: number;
  /** As in `Pattern`, `null` for nothing; worked out with the first outline where it is not there. */
  readonly reach?: number | null;
}

/** Counted through the life of a rule, for budgets: a count does not depend on how busy the machine is. */
export interface Tally {
  /** Places that the kernel let through. */
  hits: number;
  /** Bytes that its outline has read. */
  read: number;
  /** Stretches of text that the regex was run on, and their bytes. */
  windows: number;
  bytes: number;
  /** Told of each window before the regex is run, and where it is tried; sought everywhere when that is nothing. */
  observe?: (window: string, at: number | undefined) => void;
}

/** The outline of a pattern, made when the pattern has been tried a few times: a small text does not pay for it. */
export class Gate {
  readonly #make: () => Pattern;
  readonly #tally: Tally;
  #tries = 0;
  #pattern: Pattern | undefined;
  /** Up to where a stretch of this pass was read, and how many bytes more than once. */
  #pass = -1;
  #read = 0;
  #again = 0;
  /** What the last refusal rests on: the bytes in `[first, reached)`, and that the text ends there if it does. */
  first = 0;
  reached = 0;

  constructor(make: () => Pattern, tally: Tally) {
    this.#make = make;
    this.#tally = tally;
  }

  /**
   * False where no match can begin at `hit`; or if the pattern is sought around a keyword, where none begins from `from` on
   * that holds the keyword.
   */
  mayMatch(bytes: Uint8Array, from: number, hit: number, to: number, pass: number): boolean {
    if (this.#pattern === undefined) {
      if (this.#tries++ < UNGATED) return true;
      this.#pattern = this.#make();
    }
    const { outline, reach } = this.#pattern;
    if (reach === undefined) {
      const before = outline.work;
      const may = outline.mayMatch(bytes, from, to, to, pass);
      this.#tally.read += outline.work - before;
      this.first = from;
      this.reached = outline.reached;
      return may;
    }
    const first = Math.max(from, hit - reach);
    const { sought } = this.#pattern;
    if (this.#isDense(first, pass)) {
      const all = sought();
      const before = all.work;
      const may = all.mayMatch(bytes, first, to, to, pass);
      this.#tally.read += all.work - before;
      this.first = first;
      this.reached = all.reached;
      if (!may) return false;
    }
    const before = outline.work;
    const may = outline.mayMatch(bytes, first, to, hit);
    this.first = first;
    this.reached = outline.reached;
    this.#tally.read += outline.work - before;
    this.#again += Math.max(0, Math.min(this.#read, outline.reached) - first);
    this.#read = Math.max(this.#read, outline.reached);
    return may;
  }

  /** Do keywords stand so close that the same bytes are read again from each? Then all beginnings are sought in one go. */
  #isDense(first: number, pass: number): boolean {
    if (pass !== this.#pass || first >= this.#read) {
      this.#pass = pass;
      this.#read = first;
      this.#again = 0;
    }
    return this.#again > MUCH_AGAIN;
  }
}

interface Pattern {
  readonly outline: Outline;
  /** The outline that tells of many beginnings in one go. */
  readonly sought: () => Outline;
  /** A match begins so far before a keyword in it at most; nothing when it may hold none. */
  readonly reach: number | undefined;
}

function gateOf(detector: PackedDetector, source: string, flags: string, shape: Shape, tally: Tally): Gate {
  return new Gate(() => {
    const node = parsePattern(source, flags === 'i');
    if (shape.anchored) {
      let sought: Outline | undefined;
      return { outline: outlineOf(node), sought: () => (sought ??= outlineOf(node, true)), reach: 0 };
    }
    const reach = shape.reach === undefined ? keywordsIn(detector)?.before : (shape.reach ?? undefined);
    const outline = outlineOf(node, true);
    return { outline, sought: () => outline, reach };
  }, tally);
}

const reaches = new WeakMap<PackedDetector, { readonly reach: Reach | undefined }>();

/** Where keywords stand in matches of a pattern that is sought around them. */
function keywordsIn(detector: PackedDetector): Reach | undefined {
  const known = reaches.get(detector);
  if (known !== undefined) return known.reach;
  const { source, flags } = readPattern(detector);
  const states = statesOf(parsePattern(source, flags === 'i'));
  const reach = states && reachOf(states, detector.keywords, detector.caseSensitive);
  reaches.set(detector, { reach });
  return reach;
}

/** Compiles and checks one detector. Throws `RuleError` that names file, rule and field. */
export function compileRule(detector: PackedDetector, index = 0): Rule {
  return makeRule(detector, index, proveShape(detector));
}

function proveShape(detector: PackedDetector): Shape {
  const { source, flags } = readPattern(detector);
  const facts = inField(detector, 'pattern', () => {
    new RegExp(source, flags);
    return factsOf(detector);
  });
  if (facts.minLength < 4) fail(detector, 'pattern', 'a match may be shorter than 4 characters');
  if (detector.checksum !== undefined && CHECKSUMS[detector.checksum] === undefined) {
    fail(detector, 'checksum', `no check is named ${detector.checksum}; known: ${Object.keys(CHECKSUMS).join(', ')}`);
  }
  checkIdentity(detector, groupsOf(source));
  const starts = startsOf(facts, detector.keywords);
  const anchored = starts !== undefined;
  const hasOtherStarts = anchored && starts !== detector.keywords;
  const [back, reach] = [windowOf(facts.looksBack), windowOf(facts.maxLength)];
  return {
    anchored,
    hasOtherStarts,
    minLength: facts.minLength,
    before: anchored && !hasOtherStarts ? MARGIN + back : Math.max(reach, back),
    after: reach + MARGIN,
  };
}

/** All that can be known of a shipped detector before it is met. */
export function wholeShape(detector: PackedDetector): Shape {
  const shape = proveShape(detector);
  if (shape.anchored) return shape;
  return { ...shape, reach: keywordsIn(detector)?.before ?? null };
}

function makeRule(detector: PackedDetector, index: number, shape: Shape): Rule {
  const { source, flags } = readPattern(detector);
  const where = shape.anchored ? 'y' : 'g';
  let indexed: RegExp | undefined;
  const tally: Tally = { hits: 0, read: 0, windows: 0, bytes: 0 };
  return {
    detector,
    index,
    isGeneric: detector.categories.includes('generic'),
    anchored: shape.anchored,
    mustSee: shape.hasOtherStarts ? detector.keywords : undefined,
    regex: new RegExp(source, flags + where),
    get indexed() {
      indexed ??= new RegExp(source, `${flags}d${where}`);
      return indexed;
    },
    tally,
    gate: gateOf(detector, source, flags, shape, tally),
    before: shape.before,
    after: shape.after,
    minLength: shape.minLength,
    path: detector.path === undefined ? undefined : inField(detector, 'path', () => new RegExp(detector.path ?? '')),
    allow: detector.allow.map((pattern) => inField(detector, 'allow', () => new RegExp(pattern))),
    pair: detector.paired === undefined ? undefined : compilePair(detector, detector.paired.pattern),
    groups: groupsOf(source),
  };
}

function groupsOf(source: string): ReadonlySet<string> {
  return new Set([...source.matchAll(/\(\?<([A-Za-z]\w*)>/g)].map((match) => match[1] ?? ''));
}

function windowOf(length: number): number {
  return Math.min(LONGEST_WINDOW, Number.isFinite(length) ? length : UNBOUNDED_WINDOW);
}

/** What the automaton looks for: where a match may begin, with what must surround it; else just the keywords. */
export function anchorsOf(detector: PackedDetector): Anchor[] {
  const facts = inField(detector, 'pattern', () => factsOf(detector));
  const { caseSensitive: isExact, keywords } = detector;
  const starts = startsOf(facts, keywords);
  if (starts === undefined) {
    const followers = keywordsIn(detector)?.followers ?? [];
    return keywords.map((text, index) => followedBy(text, isExact, followers[index] ?? []));
  }
  const { minLength, notBefore } = facts;
  const first = facts.first.slice(0, CHECKED_PLACES);
  const texts = starts.flatMap((start) => lengthened(start, first));
  return texts.map((text) => ({ text, isExact: isExact && starts === keywords, minLength, notBefore, first }));
}

/** The kernel looks at what stands behind a keyword, as far as the pattern must go on there. */
function followedBy(text: string, isExact: boolean, followers: readonly ByteSet[]): Anchor {
  const first = [...Array.from(text, () => ANYTHING), ...followers];
  return { text, isExact, minLength: first.length, first };
}

/** Two or three letters are met at every turn: with what may follow them, where that is a digit or little more, they are rarer. */
function lengthened(start: string, first: readonly ByteSet[]): string[] {
  let texts = [start];
  for (let place = start.length; place < TELLING && place < first.length; place++) {
    const set = first[place] as ByteSet;
    const bytes = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => has(set, byte));
    if (bytes.length > MOST_FOLLOWERS) break;
    texts = texts.flatMap((text) => bytes.map((byte) => text + String.fromCharCode(byte)));
  }
  return texts;
}

/**
 * Texts, one of which begins every match: the keywords, or else what the pattern itself begins with, when that is telling
 * enough. Nothing when matches begin in too many ways.
 */
function startsOf(facts: PatternFacts, keywords: readonly string[]): readonly string[] | undefined {
  if (beginsWithKeyword(facts, keywords)) return keywords;
  const cut = [...new Set(facts.prefixes.map((prefix) => prefix.slice(0, START_LENGTH)))];
  const starts = cut.filter((prefix) => !cut.some((other) => other !== prefix && prefix.startsWith(other)));
  const isTelling = starts.length <= MAX_STARTS && starts.every((start) => start.length >= SHORTEST_START && !URL.test(start));
  return isTelling ? starts : undefined;
}

/** What of a detector's pattern goes into a `RegExp`. */
export function readPattern({ pattern }: PackedDetector): { readonly source: string; readonly flags: string } {
  return pattern.startsWith('(?i)') ? { source: pattern.slice(4), flags: 'i' } : { source: pattern, flags: '' };
}

const analysed = new WeakMap<PackedDetector, PatternFacts>();

function factsOf(detector: PackedDetector): PatternFacts {
  const { source, flags } = readPattern(detector);
  const facts = analysed.get(detector) ?? analysePattern(source, flags === 'i');
  analysed.set(detector, facts);
  return facts;
}

function compilePair(detector: PackedDetector, pattern: string): RegExp {
  if (!pattern.includes('(?<secret>')) fail(detector, 'paired.pattern', 'needs a group named secret');
  return inField(detector, 'paired.pattern', () => new RegExp(pattern, 'dg'));
}

function beginsWithKeyword(facts: PatternFacts, keywords: readonly string[]): boolean {
  const folded = keywords.map((keyword) => keyword.toLowerCase());
  return facts.prefixes.every((prefix) => folded.some((keyword) => prefix.startsWith(keyword)));
}

/** Names in `{…}` must be groups of the pattern, or come from the offline check. */
function checkIdentity(detector: PackedDetector, groups: ReadonlySet<string>): void {
  for (const [, name] of (detector.identity ?? '').matchAll(/\{(\w+)\}/g)) {
    if (name === undefined || groups.has(name)) continue;
    const given = detector.checksum === undefined ? [] : (CHECKSUMS[detector.checksum]?.gives ?? []);
    if (!given.includes(name)) fail(detector, 'identity', `{${name}} is neither a group of the pattern nor given by the check`);
  }
}

function inField<T>(detector: PackedDetector, field: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof RuleError) throw error;
    return fail(detector, field, messageOf(error), error);
  }
}

function fail(detector: PackedDetector, field: string, what: string, cause?: unknown): never {
  throw new RuleError(`${detector.file}: detector ${detector.id}: ${field}: ${what}`, {
    code: 'RULE_PATTERN',
    hint: 'mend the field; `nhi-audit rules check` proves all detectors',
    ...(cause === undefined ? {} : { cause }),
  });
}
