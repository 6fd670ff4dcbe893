import { messageOf, RuleError } from '../util/errors.ts';
import { CHECKSUMS } from './checksum.ts';
import type { Anchor } from './kernel/tables.ts';
import { type Outline, outlineOf } from './outline.ts';
import type { PackedDetector } from './pack.ts';
import { analysePattern, type PatternFacts, parsePattern } from './pattern.ts';

/** A detector made ready to be tried at a keyword hit. */
export interface Rule {
  readonly detector: PackedDetector;
  readonly index: number;
  readonly isGeneric: boolean;
  /** True when every match begins with a keyword: the pattern is tried once, at the hit. Else it is searched around it. */
  readonly anchored: boolean;
  /** Anchored: sticky. Else global. */
  readonly regex: RegExp;
  /** The same with the positions of groups; run only on what matched. */
  readonly indexed: RegExp;
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
/** What look-behinds and word boundaries may want to see before a hit. */
const MARGIN = 8;

/** A rule that is compiled when its keyword is first met: a small text meets few of them. */
export class RuleRef {
  readonly detector: PackedDetector;
  readonly index: number;
  readonly isGeneric: boolean;
  #rule: Rule | undefined;

  constructor(detector: PackedDetector, index: number) {
    this.detector = detector;
    this.index = index;
    this.isGeneric = detector.categories.includes('generic');
  }

  get rule(): Rule {
    this.#rule ??= compileRule(this.detector, this.index);
    return this.#rule;
  }
}

/** The outline of a pattern, made when the pattern has been tried a few times: a small text does not pay for it. */
export class Gate {
  readonly #make: () => Outline;
  #tries = 0;
  #outline: Outline | undefined;

  constructor(make: () => Outline) {
    this.#make = make;
  }

  /** False where no match can begin at `at`. */
  mayMatch(bytes: Uint8Array, at: number, to: number): boolean {
    if (this.#outline === undefined) {
      if (this.#tries++ < UNGATED) return true;
      this.#outline = this.#make();
    }
    return this.#outline.mayMatch(bytes, at, to);
  }
}

/** Compiles and checks one detector. Throws `RuleError` that names file, rule and field. */
export function compileRule(detector: PackedDetector, index = 0): Rule {
  const { source, flags } = readPattern(detector);
  const facts = inField(detector, 'pattern', () => {
    new RegExp(source, flags);
    return factsOf(detector);
  });
  if (facts.minLength < 4) fail(detector, 'pattern', 'a match may be shorter than 4 characters');
  const anchored = beginsWithKeyword(facts, detector.keywords);
  const reach = Math.min(LONGEST_WINDOW, Number.isFinite(facts.maxLength) ? facts.maxLength : UNBOUNDED_WINDOW);
  const groups = new Set([...source.matchAll(/\(\?<([A-Za-z]\w*)>/g)].map((match) => match[1] ?? ''));
  if (detector.checksum !== undefined && CHECKSUMS[detector.checksum] === undefined) {
    fail(detector, 'checksum', `no check is named ${detector.checksum}; known: ${Object.keys(CHECKSUMS).join(', ')}`);
  }
  checkIdentity(detector, groups);
  return {
    detector,
    index,
    isGeneric: detector.categories.includes('generic'),
    anchored,
    regex: new RegExp(source, flags + (anchored ? 'y' : 'g')),
    indexed: new RegExp(source, `${flags}d${anchored ? 'y' : 'g'}`),
    gate: new Gate(() => outlineOf(parsePattern(source, flags === 'i'))),
    before: anchored ? MARGIN : reach,
    after: reach + MARGIN,
    minLength: facts.minLength,
    path: detector.path === undefined ? undefined : inField(detector, 'path', () => new RegExp(detector.path ?? '')),
    allow: detector.allow.map((pattern) => inField(detector, 'allow', () => new RegExp(pattern))),
    pair: detector.paired === undefined ? undefined : compilePair(detector, detector.paired.pattern),
    groups,
  };
}

/** What the automaton looks for: each keyword, and what must surround it for a match to begin there. */
export function anchorsOf(detector: PackedDetector): Anchor[] {
  const facts = inField(detector, 'pattern', () => factsOf(detector));
  const { caseSensitive: isExact, keywords } = detector;
  if (!beginsWithKeyword(facts, keywords)) return keywords.map((text) => ({ text, isExact }));
  const { minLength, notBefore } = facts;
  const first = facts.first.slice(0, CHECKED_PLACES);
  return keywords.map((text) => ({ text, isExact, minLength, notBefore, first }));
}

function readPattern({ pattern }: PackedDetector): { readonly source: string; readonly flags: string } {
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
