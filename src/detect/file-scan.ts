import type { DetectHints } from '../contracts/scanner.ts';
import { AllowComments } from '../suppress/comment.ts';
import { LONGEST_WINDOW, type Rule, type RuleRef } from './compile.ts';
import type { HiddenAnchor } from './hidden/anchors.ts';
import { type Budget, openBudget, searchHidden, withHidden } from './hidden/search.ts';
import { mayHide, type Splits, startsEncoded, type Trigger, valueAt } from './hidden/triggers.ts';
import type { View } from './hidden/view.ts';
import type { ImportResultOfScan, ImportScan, ImportSearch } from './import/search.ts';
import type { Hits, Kernel } from './kernel/kernel.ts';
import { beginPass, type Found, mayMatch, resolveOverlaps, type Span, tryRule } from './match.ts';
import { Pairs } from './pair.ts';
import type { PlaceholderTest } from './placeholder.ts';
import { Cursor, type Encoding, foldUtf16, isBinary, sniffEncoding } from './text.ts';

/** What an anchor is for. */
export type Use =
  | { readonly kind: 'rule'; readonly rule: RuleRef }
  /** Lets a secretlint rule see the text, when `follows` matches behind the keyword of this length. */
  | { readonly kind: 'lint'; readonly name: string; readonly follows: RegExp; readonly length: number }
  /** Behind which a token may be hidden. */
  | { readonly kind: 'hidden'; readonly anchor: HiddenAnchor }
  /** A comment that may accept all that follows. */
  | { readonly kind: 'directive' };

export interface LintHit {
  readonly name: string;
  /** Offset of the anchor in the file. */
  readonly at: number;
}

/** What all scans of one engine share. */
export interface Search {
  readonly kernel: Kernel;
  /** Of the keywords of its anchors, the longest; and how many bytes of text must be left from the start of each on. */
  readonly longest: number;
  readonly leastLeft: Int32Array;
  readonly rules: readonly RuleRef[];
  /** Per anchor of the kernel. The kernel has seen to what may stand right before and after it. */
  readonly uses: readonly Use[];
  readonly splits: Splits;
  readonly isPlaceholder: PlaceholderTest;
  /** Rules of other tools. */
  readonly imports?: ImportSearch | undefined;
  /** Rules of the user's own that name no anchor: they see every text. */
  readonly lintsAlways?: boolean;
}

/** A found credential with its place: offsets in the bytes of the file, lines and columns for people. */
export interface Located extends Found {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** The comment beside it that asks not to report it. */
  readonly allowedBy: string | undefined;
}

export interface ScanResult {
  readonly found: readonly Located[];
  /** Matches left out because one rule hit too often in one file. */
  readonly dropped: number;
  /** Encoded values were left undecoded for their number or length. */
  readonly isHiddenCut: boolean;
  /** Detectors given up: their keywords stood so close that the same text would have been read again and again. */
  readonly exhausted?: readonly string[];
  /** Spans a detector matched and then refused: a wrong checksum, a placeholder. */
  readonly refused: readonly Span[];
  /** Anchors of secretlint rules that our own detectors neither reported nor refused. */
  readonly lints: readonly LintHit[];
  readonly encoding: Encoding;
  readonly isBinary: boolean;
  /** What rules of other tools found. */
  readonly imported?: ImportResultOfScan | undefined;
}

/** A piece keeps this much for the next one, so that whatever begins in it is seen whole. Even, for UTF-16. */
export const OVERLAP = LONGEST_WINDOW + 8192;
/** What stays before the first keyword of a next piece: pairs and look-behinds reach back. */
const KEEP_BEFORE = 8192;
/** One rule hitting more often than this in one file says nothing new: it is no longer tried. */
const MAX_PER_RULE = 1000;
/** So many matches of a rule may be refused in one file, and one more for so many bytes of it: each takes some 10 µs. */
const MOST_REFUSED = 2000;
const REFUSED_EVERY = 512;
/** Stands for an anchor where there is none. */
export const ANY_TEXT = '*';
/** So many refused matches of a rule may lie over one another: a run of keywords is refused from each of them anew. */
const MAX_REFUSALS = 16;
/** So many bytes of windows one rule may read in one file, in vain and in all, and so many more for each byte of it. */
const MOST_IN_VAIN = 4 * 1024 * 1024;
const MOST_READ = 48 * 1024 * 1024;
const READ_AGAIN = 8;
const READ_IN_VAIN = 4;
/** What follows an anchor is looked at so far before a secretlint rule is let run. */
const LINT_WINDOW = 320;

/** How far a rule has come in a piece. */
interface Progress {
  /** The end of its last match. */
  end: number;
  refusedEnd: number;
  /** Refused matches that overlap. */
  refusals: number;
}

/** What a rule has cost in a file. */
interface Spent {
  found: number;
  refused: number;
  /** Bytes of windows that it has read, and those in which nothing was found. */
  inAll: number;
  inVain: number;
}

/** Searches one file, given whole or in pieces. */
export class FileScan {
  readonly #search: Search;
  readonly #hints: DetectHints;
  readonly #found: Located[] = [];
  readonly #refused: Span[] = [];
  readonly #lintHits: LintHit[] = [];
  readonly #spent = new Map<Rule, Spent>();
  readonly #exhausted = new Set<string>();
  /** Of the rules for some files only: is it for this one? */
  readonly #onPath = new Map<Rule, boolean>();
  readonly #cursor = new Cursor();
  readonly #imports: ImportScan | undefined;
  #hidden: Budget | undefined;
  #hasDirective = false;
  #dropped = 0;
  #encoding: Encoding | undefined;
  #isBinary = false;
  /** Offset, in searched bytes, of the piece at hand. */
  #base = 0;
  /** Keywords that begin before this offset were seen to. */
  #done = 0;

  constructor(search: Search, hints: DetectHints = {}) {
    this.#search = search;
    this.#hints = hints;
    this.#imports = search.imports?.open(hints.path === undefined ? undefined : { path: hints.path });
  }

  /**
   * Searches the next piece. Unless it is the last, returns how many bytes of its front are done with; the caller keeps
   * the rest and appends what it reads next. A piece must be longer than `2 * OVERLAP`. `hits`: of the anchors in a text
   * given whole, those of which something may come (`./versions.ts`).
   */
  feed(raw: Buffer, isLast: boolean, hits?: Hits): number {
    if (this.#encoding === undefined) this.#begin(raw);
    const bytes = this.#encoding === 'utf16le' || this.#encoding === 'utf16be' ? foldUtf16(raw, this.#encoding) : raw;
    const limit = isLast ? bytes.length : bytes.length - OVERLAP;
    const pairs = new Pairs(bytes, { isCutLeft: this.#base > 0, isCutRight: !isLast }, this.#search.isPlaceholder);
    const fresh = this.#collect(bytes, this.#done - this.#base, limit, pairs, hits);
    this.#locate(bytes, fresh);
    const piece = {
      from: this.#done - this.#base,
      limit,
      base: this.#base,
      scale: this.#scale,
      cursor: this.#cursor,
      isBinary: this.#isBinary,
    };
    this.#imports?.feed(bytes, piece);
    this.#done = this.#base + limit;
    if (isLast) return raw.length;
    const drop = (limit - KEEP_BEFORE) & ~1;
    this.#cursor.advance(bytes, drop);
    this.#cursor.rebase(drop);
    this.#base += drop;
    return bytes === raw ? drop : drop * 2;
  }

  finish(): ScanResult {
    return {
      found: this.#hints.unplaced === true ? this.#resolveUnplaced() : resolveOverlaps(this.#found),
      dropped: this.#dropped,
      isHiddenCut: this.#hidden?.isCut === true,
      exhausted: [...this.#exhausted],
      refused: this.#refused,
      lints: this.#search.lintsAlways === true ? [...this.#openLints(), { name: ANY_TEXT, at: 0 }] : this.#openLints(),
      encoding: this.#encoding ?? 'bytes',
      isBinary: this.#isBinary,
      imported: this.#imports?.finish(),
    };
  }

  /** What a detector bound to paths has found may be discarded when they are known: it pushes nothing out till then. */
  #resolveUnplaced(): Located[] {
    const bound = this.#found.filter(({ rule }) => rule.path !== undefined);
    if (bound.length === 0) return resolveOverlaps(this.#found);
    const free = this.#found.filter(({ rule }) => rule.path === undefined);
    return [...resolveOverlaps(free), ...resolveOverlaps(bound)].sort((a, b) => a.start - b.start);
  }

  /** Bytes of the file for one that is searched. */
  get #scale(): number {
    return this.#encoding === 'bytes' ? 1 : 2;
  }

  #begin(raw: Buffer): void {
    this.#encoding = sniffEncoding(raw);
    this.#isBinary = this.#encoding === 'bytes' && isBinary(raw);
    const hasUtf8Mark = raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf;
    if (hasUtf8Mark) this.#cursor.at = 3;
    const hasUtf16Mark = this.#encoding !== 'bytes' && (raw[0] === 0xff || raw[0] === 0xfe);
    if (hasUtf16Mark) this.#cursor.at = 1;
  }

  #collect(bytes: Buffer, from: number, limit: number, pairs: Pairs, known: Hits | undefined): Found[] {
    const { kernel, uses, splits } = this.#search;
    const triggers: Trigger[] = [];
    beginPass();
    splits.begin();
    const hits = known ?? kernel.scan(bytes, from, bytes.length);
    const fresh: Found[] = [];
    if (from + this.#base === 0 && startsEncoded(bytes)) triggers.push(valueAt({ start: 0, end: 1 }));
    if (hits.count === 0 && triggers.length === 0) return fresh;
    const progress = new Map<Rule, Progress>();
    // `hits` lives in the kernel's own buffers: nothing below may scan again before the loop is done.
    for (let index = 0; index < hits.count; index++) {
      const at = hits.starts[index] as number;
      if (at >= limit) break;
      const use = uses[hits.anchors[index] as number] as Use;
      if (use.kind === 'rule') {
        const { rule } = use.rule;
        if (!this.#applies(rule) || !mayMatch(rule, bytes, at, 0, bytes.length)) continue;
        this.#try(rule, bytes, at, progress, fresh, pairs, (span) => {
          this.#refuse(span);
          if (use.rule.isGeneric) triggers.push(valueAt(span));
        });
      } else if (use.kind === 'lint') this.#noteLint(use, bytes, at);
      else if (use.kind === 'directive') this.#hasDirective = true;
      else if (mayHide(use.anchor, bytes, at, splits)) triggers.push({ anchor: use.anchor, at });
    }
    for (const found of fresh) if (found.rule.isGeneric) triggers.push(valueAt(found));
    if (triggers.length > 0) {
      this.#hidden ??= openBudget();
      triggers.sort((a, b) => a.at - b.at);
      const hidden = searchHidden(bytes, triggers, this.#hidden, limit, (view) => this.#collectHidden(view));
      return withHidden(fresh, hidden);
    }
    return fresh;
  }

  /** What shows only in a decoded copy, with places in the copy. */
  #collectHidden(view: View): Found[] {
    const { kernel, uses } = this.#search;
    const { bytes } = view;
    beginPass();
    const hits = kernel.scan(bytes, 0, bytes.length);
    const fresh: Found[] = [];
    const progress = new Map<Rule, Progress>();
    const pairs = new Pairs(bytes, { isCutLeft: false, isCutRight: false }, this.#search.isPlaceholder);
    for (let index = 0; index < hits.count; index++) {
      const use = uses[hits.anchors[index] as number] as Use;
      const at = hits.starts[index] as number;
      // Pairs whose id is plain see to their own escapes.
      if (use.kind !== 'rule' || (use.rule.detector.paired !== undefined && !view.isDecoded(at))) continue;
      const { rule } = use.rule;
      if (this.#applies(rule) && mayMatch(rule, bytes, at, 0, bytes.length))
        this.#try(rule, bytes, at, progress, fresh, pairs, () => undefined);
    }
    return fresh;
  }

  #try(
    rule: Rule,
    bytes: Buffer,
    at: number,
    progress: Map<Rule, Progress>,
    fresh: Found[],
    pairs: Pairs,
    refuse: (span: Span) => void,
  ): void {
    const done = progress.get(rule) ?? { end: 0, refusedEnd: 0, refusals: 0 };
    if (at < done.end || (at < done.refusedEnd && done.refusals >= MAX_REFUSALS)) return;
    const spent = this.#spent.get(rule) ?? { found: 0, refused: 0, inAll: 0, inVain: 0 };
    if (spent.found >= MAX_PER_RULE) {
      this.#dropped++;
      return;
    }
    const place = this.#base + at;
    const isOverRead = spent.inAll > MOST_READ + READ_AGAIN * place || spent.inVain > MOST_IN_VAIN + READ_IN_VAIN * place;
    if (isOverRead || spent.refused > MOST_REFUSED + place / REFUSED_EVERY) {
      this.#exhausted.add(rule.detector.id);
      return;
    }
    const { bytes: before } = rule.tally;
    const refused: Span[] = [];
    const about = { isPlaceholder: this.#search.isPlaceholder, pairs };
    const result = tryRule(rule, bytes, at, { from: 0, to: bytes.length }, about, refused);
    const cost = rule.tally.bytes - before;
    spent.inAll += cost;
    if (result.length === 0) spent.inVain += cost;
    spent.refused += refused.length;
    this.#spent.set(rule, spent);
    if (result.length > 0 || refused.length > 0) progress.set(rule, done);
    for (const span of refused) {
      done.refusals = span.start < done.refusedEnd ? done.refusals + 1 : 1;
      done.refusedEnd = Math.max(done.refusedEnd, span.end);
      refuse(span);
    }
    for (const found of result) {
      if (found.matchEnd <= done.end) continue;
      done.end = found.matchEnd;
      if (++spent.found > MAX_PER_RULE) this.#dropped++;
      else fresh.push(found);
    }
  }

  #noteLint({ name, follows, length }: Extract<Use, { readonly kind: 'lint' }>, bytes: Buffer, at: number): void {
    if (this.#lintHits.length >= MAX_PER_RULE) return;
    follows.lastIndex = 0;
    if (!follows.test(bytes.toString('latin1', at + length, at + length + LINT_WINDOW))) return;
    this.#lintHits.push({ name, at: (this.#base + at) * this.#scale });
  }

  /** Where our own detectors reported or refused something, a secretlint rule has nothing to add. */
  #openLints(): LintHit[] {
    const known = [...this.#found.map(({ matchStart, matchEnd }) => ({ start: matchStart, end: matchEnd })), ...this.#refused];
    return this.#lintHits.filter(({ at }) => !known.some(({ start, end }) => start <= at && at < end));
  }

  #refuse(span: Span): void {
    if (this.#refused.length >= MAX_PER_RULE) return;
    this.#refused.push({ start: (this.#base + span.start) * this.#scale, end: (this.#base + span.end) * this.#scale });
  }

  #applies(rule: Rule): boolean {
    if (rule.isGeneric && (this.#isBinary || this.#hints.specificOnly === true)) return false;
    const { path, unplaced } = this.#hints;
    if (rule.path === undefined || unplaced === true) return true;
    if (path === undefined) return false;
    const known = this.#onPath.get(rule);
    if (known !== undefined) return known;
    const applies = rule.path.test(path);
    this.#onPath.set(rule, applies);
    return applies;
  }

  #locate(bytes: Buffer, fresh: Found[]): void {
    if (fresh.length === 0) return;
    const scale = this.#scale;
    const cursor = this.#cursor.clone();
    const comments = new AllowComments(bytes, this.#hasDirective);
    for (const found of fresh.sort((a, b) => a.start - b.start)) {
      // Two secrets may overlap or nest: each end is counted from its own start.
      if (found.start > cursor.at) cursor.advance(bytes, found.start);
      const end = cursor.clone();
      end.advance(bytes, found.end);
      this.#found.push({
        ...found,
        start: (this.#base + found.start) * scale,
        end: (this.#base + found.end) * scale,
        matchStart: (this.#base + found.matchStart) * scale,
        matchEnd: (this.#base + found.matchEnd) * scale,
        line: cursor.line,
        column: cursor.column,
        endLine: end.line,
        endColumn: end.column,
        allowedBy: comments.beside(found.start, found.end, found.rule.detector.id),
      });
    }
  }
}
