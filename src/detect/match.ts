import type { Confidence } from '../contracts/observation.ts';
import { CHECKSUMS, type CheckInput, type Verdict } from './checksum.ts';
import { LONGEST_WINDOW, type Rule } from './compile.ts';
import { entropyOf } from './entropy.ts';
import { escapeBefore } from './escape-before.ts';
import { mayBeSecret, type Pairs } from './pair.ts';
import type { PlaceholderTest } from './placeholder.ts';

/** A credential found in bytes, before positions are made human. Holds the secret: never leaves `src/detect`. */
export interface Found {
  readonly rule: Rule;
  /** Offsets of the secret. */
  readonly start: number;
  readonly end: number;
  /** Offsets of the whole match; the secret may lie beyond it, as the other half of a pair. */
  readonly matchStart: number;
  readonly matchEnd: number;
  readonly secret: string;
  readonly publicId: string | undefined;
  readonly groups: Readonly<Record<string, string>>;
  readonly confidence: Confidence;
  /** How it was hidden, outermost first. */
  readonly hidden?: readonly string[];
  /** Where in which decoded copy: what is packed as one has but one place in the file. */
  readonly inner?: Place & { readonly view: number };
}

/** Of a secret, and of the whole match. */
type Place = Pick<Found, 'start' | 'end' | 'matchStart' | 'matchEnd'>;

export interface Span {
  readonly start: number;
  readonly end: number;
}

interface RawMatch extends Span {
  readonly groups: Readonly<Record<string, Span>>;
}

/**
 * Runs one rule at a keyword hit, in a bounded window of `[from, to)`. The window is read as latin1, so that a
 * character is a byte and offsets are true; only the secret itself is decoded. What matched but is no secret is added to
 * `refused`.
 */
export function tryRule(
  rule: Rule,
  bytes: Buffer,
  hit: number,
  { from, to }: { readonly from: number; readonly to: number },
  about: { readonly isPlaceholder: PlaceholderTest; readonly pairs: Pairs },
  refused: Span[],
): Found[] {
  const raw = findRaw(rule, bytes, hit, from, to).filter((match) => isNearKeyword(rule, bytes, match, from, to));
  const found: Found[] = [];
  for (const match of raw) {
    const judged = judge(rule, bytes, match, from, to, about);
    if (judged !== undefined) found.push(judged);
    else refused.push({ start: match.start, end: match.end });
  }
  return found;
}

let pass = 0;

/** To be called before the hits of a text are gone through: what was learnt of another holds no more. */
export function beginPass(): void {
  pass++;
}

/** Could the rule match at this hit? Told without a regex; most hits end here. */
export function mayMatch(rule: Rule, bytes: Buffer, hit: number, from: number, to: number): boolean {
  rule.tally.hits++;
  const end = Math.min(to, hit + rule.after);
  return rule.gate.mayMatch(bytes, Math.max(from, hit - rule.before), hit, end, pass);
}

/** Does a keyword stand where the match would have been searched for around it? */
function isNearKeyword(rule: Rule, bytes: Buffer, match: Span, from: number, to: number): boolean {
  const { mustSee } = rule;
  if (mustSee === undefined) return true;
  const isExact = rule.detector.caseSensitive;
  const [first, last] = [Math.max(from, match.end - rule.after), Math.min(to, match.start + rule.before)];
  return mustSee.some((keyword) => {
    const text = bytes.toString('latin1', first, Math.min(to, last + keyword.length));
    return isExact ? text.includes(keyword) : text.toLowerCase().includes(keyword.toLowerCase());
  });
}

function findRaw(rule: Rule, bytes: Buffer, hit: number, from: number, to: number): RawMatch[] {
  let after = Math.min(rule.after, 512 + rule.minLength);
  for (;;) {
    const begin = Math.max(from, hit - rule.before);
    const end = Math.min(to, hit + after);
    const window = bytes.toString('latin1', begin, end);
    rule.tally.observe?.(window, rule.anchored ? hit - begin : undefined);
    const matches = searchWindow(rule, bytes, hit, window, hit - begin);
    rule.tally.windows++;
    rule.tally.bytes += end - begin;
    // A match that touches the window's end may have been cut by it: look again with more room.
    const isCut =
      end < to && (matches.length === 0 ? after < rule.after : matches.some((match) => match.end >= window.length - 1));
    if (!isCut || after >= LONGEST_WINDOW) {
      return matches.map((match) => shift(match, begin));
    }
    after = Math.min(LONGEST_WINDOW, matches.length === 0 ? rule.after : after * 8);
  }
}

/** Where an escape ends before the hit, its letters are no word: unless something matches as it stands, they are left out. */
function searchWindow(rule: Rule, bytes: Buffer, hit: number, window: string, at: number): RawMatch[] {
  const matches = rule.anchored ? matchAt(rule, window, at) : matchAll(rule, window);
  if (matches.some(({ start, end }) => start <= at && at < end)) return matches;
  const length = Math.min(escapeBefore(bytes, hit), at);
  if (length === 0) return matches;
  const blanked = window.slice(0, at - length) + ' '.repeat(length) + window.slice(at);
  const more = rule.anchored ? matchAt(rule, blanked, at) : matchAll(rule, blanked);
  return more.length > matches.length ? more : matches;
}

function matchAt(rule: Rule, window: string, at: number): RawMatch[] {
  rule.regex.lastIndex = at;
  if (!rule.regex.test(window)) return [];
  rule.indexed.lastIndex = at;
  const match = rule.indexed.exec(window);
  return match === null ? [] : [toRaw(match)];
}

function matchAll(rule: Rule, window: string): RawMatch[] {
  rule.regex.lastIndex = 0;
  if (!rule.regex.test(window)) return [];
  return [...window.matchAll(rule.indexed)].map(toRaw);
}

function toRaw(match: RegExpExecArray): RawMatch {
  const groups: Record<string, Span> = {};
  for (const [name, span] of Object.entries(match.indices?.groups ?? {})) {
    if (span !== undefined) groups[name] = { start: span[0], end: span[1] };
  }
  return { start: match.index, end: match.index + match[0].length, groups };
}

function shift(match: RawMatch, by: number): RawMatch {
  const groups = Object.fromEntries(
    Object.entries(match.groups).map(([name, span]) => [name, { start: span.start + by, end: span.end + by }]),
  );
  return { start: match.start + by, end: match.end + by, groups };
}

function judge(
  rule: Rule,
  bytes: Buffer,
  match: RawMatch,
  from: number,
  to: number,
  { isPlaceholder, pairs }: { readonly isPlaceholder: PlaceholderTest; readonly pairs: Pairs },
): Found | undefined {
  const { detector } = rule;
  const groups: Record<string, string> = {};
  for (const [name, span] of Object.entries(match.groups)) groups[name] = decode(bytes, span);
  const own = match.groups.secret ?? match.groups.publicId ?? match;
  const paired = otherHalf(rule, bytes, match, from, to, isPlaceholder, pairs);
  // A pattern that only says where to look is nothing without what it looks for.
  if (rule.pair !== undefined && paired === undefined && !rule.groups.has('secret') && !rule.groups.has('publicId'))
    return undefined;
  const span = paired ?? own;
  const isConnection = detector.type === 'connection-string';
  const written = decode(bytes, span).replaceAll('\\/', '/');
  const secret = isConnection ? decodePercent(written) : written;
  if (isPlaceholder(secret, rule.isGeneric, detector.acceptsWeak === true) || isPlaceholder(groups.publicId ?? '', false))
    return undefined;
  if (rule.allow.some((pattern) => pattern.test(secret))) return undefined;
  if (paired === undefined && detector.entropy !== undefined && entropyOf(secret) < detector.entropy) return undefined;
  const verdict = runCheck(
    rule,
    bytes,
    match,
    { secret, groups, isPaired: paired !== undefined, isPlaceholder: (value) => isPlaceholder(value, false) },
    from,
    to,
  );
  if (!verdict.valid) return undefined;
  const isHalf = rule.pair !== undefined && paired === undefined && match.groups.secret === undefined;
  const confidence = verdict.confidence ?? detector.confidence;
  return {
    rule,
    start: span.start,
    end: span.end,
    matchStart: match.start,
    matchEnd: match.end,
    secret: verdict.secret ?? secret,
    publicId: verdict.publicId ?? groups.publicId,
    groups: { ...groups, ...verdict.groups },
    confidence: isHalf ? lower(confidence) : confidence,
  };
}

function runCheck(
  rule: Rule,
  bytes: Buffer,
  match: RawMatch,
  about: Omit<CheckInput, 'around'>,
  from: number,
  to: number,
): Verdict {
  const { checksum } = rule.detector;
  const check = checksum === undefined ? undefined : CHECKSUMS[checksum];
  if (check === undefined) return { valid: true };
  return check.judge({
    ...about,
    around: (before, after) => bytes.toString('latin1', Math.max(from, match.start - before), Math.min(to, match.end + after)),
  });
}

function otherHalf(
  rule: Rule,
  bytes: Buffer,
  match: RawMatch,
  from: number,
  to: number,
  isPlaceholder: PlaceholderTest,
  pairs: Pairs,
): Span | undefined {
  if (rule.pair === undefined || match.groups.secret !== undefined) return undefined;
  if (rule.groups.has('publicId')) return pairs.secretOf(rule, match);
  return nearestKey(rule, bytes, match, from, to, isPlaceholder);
}

/** What a place (a host, say) is opened with: the nearest after it, else the nearest before it. */
function nearestKey(
  rule: Rule,
  bytes: Buffer,
  match: RawMatch,
  from: number,
  to: number,
  isPlaceholder: PlaceholderTest,
): Span | undefined {
  const within = rule.detector.paired?.within ?? 0;
  // The window begins and ends a little further out, so that look-arounds see what stands there.
  const afterEnd = Math.min(to, match.end + within);
  const after = pairsIn(rule, bytes, match.end, afterEnd).filter((span) => span.end < afterEnd || afterEnd === to);
  const next = after.find((span) => mayBeSecret(decode(bytes, span), isPlaceholder));
  if (next !== undefined) return next;
  const beforeStart = Math.max(from, match.start - within);
  const before = pairsIn(rule, bytes, beforeStart, match.start).filter(
    (span) => span.start > beforeStart || beforeStart === from,
  );
  return before.findLast((span) => mayBeSecret(decode(bytes, span), isPlaceholder));
}

function pairsIn(rule: Rule, bytes: Buffer, start: number, end: number): Span[] {
  const window = bytes.toString('latin1', start, end);
  const spans: Span[] = [];
  for (const match of window.matchAll(rule.pair as RegExp)) {
    const span = match.indices?.groups?.secret;
    if (span !== undefined) spans.push({ start: start + span[0], end: start + span[1] });
  }
  return spans;
}

function decode(bytes: Buffer, span: Span): string {
  return bytes.toString('utf8', span.start, span.end);
}

function decodePercent(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function lower(confidence: Confidence): Confidence {
  return confidence === 'high' ? 'medium' : 'low';
}

/**
 * Where secrets overlap, the more telling detector keeps the place. The place of a pair is that of its id, which is never
 * lost to another; its secret is left to no lesser detector. Sorted by start.
 */
export function resolveOverlaps<T extends Found>(found: readonly T[]): T[] {
  const kept: T[] = [];
  for (const cluster of clustersOf(found)) {
    const byRank = cluster.sort(
      (a, b) => rank(b) - rank(a) || lengthOf(placeOf(b)) - lengthOf(placeOf(a)) || a.rule.index - b.rule.index,
    );
    const chosen: T[] = [];
    for (const candidate of byRank) {
      if (!chosen.some((other) => compete(candidate, other, placeOf, placeOf))) chosen.push(candidate);
    }
    kept.push(...chosen);
  }
  return withoutEchoes(withoutHalves(kept)).sort((a, b) => a.start - b.start);
}

/** What is the secret of a pair is not reported once more by itself. */
function withoutHalves<T extends Found>(found: readonly T[]): T[] {
  const pairs = found.filter(isPair);
  if (pairs.length === 0) return [...found];
  return found.filter(
    (other) => isPair(other) || !pairs.some((pair) => compete(pair, other, secretOf, secretOf) && rank(other) <= rank(pair)),
  );
}

function isPair({ rule, inner, ...found }: Found): boolean {
  const { start, end, matchStart, matchEnd } = inner ?? found;
  return rule.pair !== undefined && rule.groups.has('publicId') && (end <= matchStart || start >= matchEnd);
}

function placeOf(found: Found, place: Place = found): Span {
  return isPair(found) ? matchOf(found, place) : place;
}

function secretOf(_: Found, place: Place = _): Span {
  return place;
}

function matchOf(found: Found, { matchStart, matchEnd }: Place = found): Span {
  return { start: matchStart, end: matchEnd };
}

type SpanOf = (found: Found, place?: Place) => Span;

/** Do they overlap? Told where they were found, if that is one copy. */
function compete(one: Found, other: Found, spanOfOne: SpanOf, spanOfOther: SpanOf): boolean {
  const isSameView = one.inner !== undefined && one.inner.view === other.inner?.view;
  return isSameView
    ? overlap(spanOfOne(one, one.inner), spanOfOther(other, other.inner))
    : overlap(spanOfOne(one), spanOfOther(other));
}

function lengthOf({ start, end }: Span): number {
  return end - start;
}

function overlap(one: Span, other: Span): boolean {
  return one.start < other.end && other.start < one.end;
}

/** A guess about what a provider's detector has already named (the id of a pair, say) adds nothing. */
function withoutEchoes<T extends Found>(found: readonly T[]): T[] {
  const named = found.filter(({ rule }) => !rule.isGeneric);
  return found.filter((guess) => !guess.rule.isGeneric || !named.some((other) => compete(guess, other, secretOf, matchOf)));
}

/** Groups of which each member overlaps another: only within one can there be a quarrel. */
function clustersOf<T extends Found>(found: readonly T[]): T[][] {
  const clusters: T[][] = [];
  let reach = -1;
  for (const item of [...found].sort((a, b) => placeOf(a).start - placeOf(b).start)) {
    const { start, end } = placeOf(item);
    if (start >= reach) clusters.push([]);
    clusters.at(-1)?.push(item);
    reach = Math.max(reach, end);
  }
  return clusters;
}

function rank({ rule, confidence, publicId }: Found): number {
  if (rule.isGeneric) return 0;
  const trust = confidence === 'high' ? 3 : confidence === 'medium' ? 2 : 1;
  return trust + (publicId === undefined ? 0 : 4);
}
