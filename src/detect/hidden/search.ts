import { hash } from 'node:crypto';
import type { Found } from '../match.ts';
import { asText, base64At, base64From, type Decoded, hexAt, hexFrom, isPrintable, wordOf64 } from './decode.ts';
import { joints, respelled, type Spelling } from './respell.ts';
import { secretValues } from './structures.ts';
import type { Trigger } from './triggers.ts';
import { type Run, type Stretch, View } from './view.ts';

/** What one file may still cost. */
export interface Budget {
  /** Bytes that may still be decoded and copied. */
  left: number;
  /** Runs that may still be decoded. */
  runs: number;
  /** Was something left out for it, or a run longer than is decoded? */
  isCut: boolean;
  /** Detector, place and digest of what was found already: pieces overlap, and one value may be met in two ways. */
  readonly seen: Set<string>;
  /** Copies made so far. */
  views: number;
}

export const MAX_DECODED = 2 * 1024 * 1024;
const MAX_RUNS = 4096;
/** What looks packed and is not costs as much as so many runs. */
const UNPACKED_IN_VAIN = 16;
const MAX_DEPTH = 3;
/** A stretch around a respelled character: a token may begin before it, and the longest is some thousand bytes. */
const BEFORE = 512;
const AFTER = 4096;
/** A key in several literals, a line each. */
const AFTER_JOINT = 8192;
const LONGEST_WORD = 64 * 1024;
/** What stands beside a run on its line may say what it is. */
const BESIDE = 256;
const SHORTEST_CALLED = 16;
const SHORTEST_WITHIN = 24;
/** From the name of a decoder to what it decodes. */
const REACH = 256;
const REACH_BACK = 1024;

export function openBudget(): Budget {
  return { left: MAX_DECODED, runs: MAX_RUNS, isCut: false, seen: new Set(), views: 0 };
}

/**
 * Credentials in decoded copies of what surrounds the triggers (ascending), with their places in the original: those whose
 * first hidden byte lies before `limit`.
 */
export function searchHidden(
  bytes: Buffer,
  triggers: readonly Trigger[],
  budget: Budget,
  limit: number,
  searchView: (view: View) => readonly Found[],
): Found[] {
  const found: Found[] = [];
  for (const stretches of stretchesOf(bytes, triggers, budget)) open(bytes, stretches, undefined);
  return found;

  function open(source: Buffer, stretches: readonly Stretch[], parent: View | undefined): void {
    const affordable = afford(stretches, budget);
    if (affordable.length === 0) return;
    const view = View.of(source, affordable, parent);
    budget.views++;
    for (const match of searchView(view)) {
      const placed = place(match, view, budget, limit);
      if (placed !== undefined) found.push(placed);
    }
    const within = stretchesWithin(view, budget);
    if (view.depth < MAX_DEPTH) for (const inner of within) open(view.bytes, inner, view);
    else if ((within[0] ?? []).length > 0) budget.isCut = true;
  }
}

/**
 * What is found as it stands stays so. But where a value is encoded as a whole, what it decodes to says more than what
 * says only that something stands there; and a guess about an encoded value is none.
 */
export function withHidden(plain: readonly Found[], hidden: readonly Found[]): Found[] {
  if (hidden.length === 0) return [...plain];
  const all = [...plain, ...hidden];
  const kept = all.filter((one) => !hidden.some((other) => isWithin(other, one) && saysMore(other, one)));
  return kept.filter((one) => !kept.some((other) => isWithin(one, other) && !other.rule.isGeneric));
}

/** Does `inner` stand in the place of `outer`, decoded? */
function isWithin(inner: Found, outer: Found): boolean {
  const isDeeper = (inner.hidden?.length ?? 0) > (outer.hidden?.length ?? 0);
  return isDeeper && outer.start <= inner.start && inner.end <= outer.end;
}

function saysMore(inner: Found, outer: Found): boolean {
  if (outer.rule.isGeneric) return true;
  return !inner.rule.isGeneric && 2 * (inner.end - inner.start) >= outer.end - outer.start;
}

function place(match: Found, view: View, budget: Budget, limit: number): Found | undefined {
  // Of a pair, either half may be hidden.
  const origin = view.originOf(match.matchStart, match.matchEnd) ?? view.originOf(match.start, match.end);
  if (origin === undefined || origin.first >= limit || (match.rule.isGeneric && !origin.isStructured)) return undefined;
  const start = view.startOf(match.start);
  const end = view.endOf(match.end - 1);
  // Of a packed value every byte has the same place.
  const key = `${match.rule.index} ${start} ${hash('sha256', match.secret)}`;
  if (budget.seen.has(key)) return undefined;
  budget.seen.add(key);
  const [matchStart, matchEnd] = [view.startOf(match.matchStart), view.endOf(match.matchEnd - 1)];
  const inner = { ...spansOf(match), view: budget.views };
  return { ...match, start, end, matchStart, matchEnd, hidden: origin.how, inner };
}

function spansOf({ start, end, matchStart, matchEnd }: Found): Pick<Found, 'start' | 'end' | 'matchStart' | 'matchEnd'> {
  return { start, end, matchStart, matchEnd };
}

function afford(stretches: readonly Stretch[], budget: Budget): Stretch[] {
  return stretches.filter(({ start, end, runs }) => {
    const cost = end - start + runs.reduce((sum, run) => sum + run.bytes.length, 0);
    if (cost > budget.left) {
      budget.isCut = true;
      return false;
    }
    budget.left -= cost;
    return true;
  });
}

/** For each way to hide, what is to be copied. */
function stretchesOf(bytes: Buffer, triggers: readonly Trigger[], budget: Budget): Stretch[][] {
  const spelled: Record<Spelling, number[]> = { escapes: [], entities: [], percent: [] };
  const joined: number[] = [];
  const runs: Run[] = [];
  /** Up to where runs were decoded, and Secrets looked for values. */
  let [done, looked] = [0, 0];
  /** Up to where what begins was seen to for a decoder nearby. */
  let called = 0;
  /** May another run be decoded? */
  function mayDecode(): boolean {
    if (budget.runs <= 0) budget.isCut = true;
    return budget.runs > 0;
  }
  function add(run: Decoded | undefined): void {
    if (run === undefined) return;
    if (run.isCut) budget.isCut = true;
    // What was decoded once is not decoded again.
    if (run.start < (runs.at(-1)?.end ?? 0)) {
      done = Math.max(done, run.end);
      return;
    }
    if (budget.runs-- <= 0) budget.isCut = true;
    else if (run.bytes.length > 0) runs.push(run);
    done = run.end;
  }
  for (const { anchor, at, end = at + anchor.text.length } of triggers) {
    switch (anchor.trick) {
      case 'escapes':
      case 'entities':
      case 'percent':
        spelled[anchor.trick].push(at);
        break;
      case 'concatenation':
      case 'interrupted':
        joined.push(at);
        break;
      case 'base64':
        if (at >= done && mayDecode()) add(base64At(bytes, at, anchor.phase, done));
        break;
      case 'gzip':
        if (at >= done && mayDecode()) {
          const run = base64From(bytes, at, bytes.length, false);
          add(run);
          if (run === undefined) budget.runs -= UNPACKED_IN_VAIN;
        }
        break;
      case 'hex':
        if (at >= done && mayDecode()) add(hexAt(bytes, at, done));
        break;
      case 'call':
        if (!mayDecode()) break;
        for (const run of runsBeside(bytes, at, anchor.text, Math.max(done, called))) add(run);
        if (anchor.text !== ';base64,') called = Math.max(called, Math.min(bytes.length, end + REACH));
        break;
      case 'value':
        if (!mayDecode()) break;
        for (const run of encodedRuns(bytes, at, Math.max(end, at + 1), SHORTEST_WITHIN, false)) add(run);
        break;
      case 'basic':
        if (!mayDecode()) break;
        for (const run of encodedRuns(bytes, end, end + 1, SHORTEST_CALLED, true)) add(run);
        break;
      case 'kubernetes':
        if (at >= looked && mayDecode()) {
          const values = secretValues(bytes, at, looked);
          for (const run of values.runs) add(run);
          looked = values.end;
        }
        break;
    }
  }
  return [
    around(bytes, runs),
    ...(['escapes', 'entities', 'percent'] as const).map((spelling) =>
      lines(bytes, spelled[spelling], AFTER, (start, end) => respelled(bytes, start, end, spelling)),
    ),
    lines(bytes, joined, AFTER_JOINT, (start, end) => joints(bytes, start, end), false),
  ];
}

/** Within a decoded text everything is looked for. */
function stretchesWithin(view: View, budget: Budget): Stretch[][] {
  const { bytes } = view;
  const isNew = (run: Run): boolean => view.isDecoded(run.start) || (run.end > run.start && view.isDecoded(run.end - 1));
  const encoded = encodedRuns(bytes, 0, bytes.length, SHORTEST_WITHIN, false).filter(isNew);
  if (encoded.some((run) => run.isCut)) budget.isCut = true;
  const runs = encoded.filter((run) => run.bytes.length > 0);
  const ways: Run[][] = [
    ...(['escapes', 'entities', 'percent'] as const).map((spelling) => respelled(bytes, 0, bytes.length, spelling).filter(isNew)),
    joints(bytes, 0, bytes.length).filter(isNew),
  ];
  return [around(bytes, runs), ...ways.map((way) => (way.length === 0 ? [] : [{ start: 0, end: bytes.length, runs: way }]))];
}

/** Stretches of one line each around places (ascending), or of several lines. */
function lines(
  bytes: Buffer,
  places: readonly number[],
  after: number,
  runsIn: (start: number, end: number) => Run[],
  isOneLine = true,
): Stretch[] {
  const stretches: Stretch[] = [];
  let done = 0;
  for (const at of places) {
    if (at < done) continue;
    const least = Math.max(done, at - BEFORE, 0);
    const start = isOneLine ? lineStart(bytes, least, at) : least;
    const lineEnd = isOneLine ? bytes.subarray(at, at + after).indexOf(NEWLINE) : -1;
    const end = lineEnd < 0 ? wordEnd(bytes, Math.min(bytes.length, at + after)) : at + lineEnd;
    const runs = runsIn(start, end);
    done = end;
    if (runs.length > 0) stretches.push({ start, end, runs });
  }
  return stretches;
}

/** Where the line of `at` begins, and not before `least`: a file may be a single line. */
function lineStart(bytes: Buffer, least: number, at: number): number {
  return least + bytes.subarray(least, at + 1).lastIndexOf(NEWLINE) + 1;
}

/** A value that is spelled at length is not cut. */
function wordEnd(bytes: Buffer, at: number): number {
  let end = at;
  while (end < bytes.length && end < at + LONGEST_WORD && !BREAKS.includes(bytes[end] as number)) end++;
  return end;
}

/** Stretches around runs, with what stands beside them on their lines. */
function around(bytes: Buffer, runs: readonly Run[]): Stretch[] {
  const stretches: { start: number; end: number; runs: Run[] }[] = [];
  for (const run of [...runs].sort((a, b) => a.start - b.start)) {
    const start = lineStart(bytes, Math.max(0, run.start - BESIDE), run.start - 1);
    const lineEnd = bytes.subarray(run.end, run.end + BESIDE).indexOf(NEWLINE);
    const end = lineEnd < 0 ? Math.min(bytes.length, run.end + BESIDE) : run.end + lineEnd;
    const last = stretches.at(-1);
    if (last !== undefined && run.start < (last.runs.at(-1)?.end ?? 0)) continue;
    if (last !== undefined && start <= last.end) {
      last.end = Math.max(last.end, end);
      last.runs.push(run);
    } else {
      stretches.push({ start, end, runs: [run] });
    }
  }
  return stretches;
}

/** What a decoder named at `at` may decode: after it, or before it on the same line. */
function runsBeside(bytes: Buffer, at: number, text: string, done: number): Decoded[] {
  const end = at + text.length;
  if (text === ';base64,') return end < done ? [] : encodedRuns(bytes, end, end + 1, SHORTEST_CALLED, false);
  const start = lineStart(bytes, Math.max(done, at - REACH_BACK, 0), at);
  return encodedRuns(bytes, start, Math.min(bytes.length, end + REACH), SHORTEST_CALLED, false);
}

/** Runs that begin in `[from, to)` and say something. */
function encodedRuns(bytes: Buffer, from: number, to: number, shortest: number, isStructured: boolean): Decoded[] {
  const runs: Decoded[] = [];
  for (let at = from; at < to; at++) {
    const end = wordOf64(bytes, at);
    if (end - at >= shortest) {
      const run = runAt(bytes, at, end, isStructured);
      if (run !== undefined) runs.push(run);
      at = Math.max(end, run?.end ?? 0);
    } else {
      at = end;
    }
  }
  return runs;
}

function runAt(bytes: Buffer, start: number, end: number, isStructured: boolean): Decoded | undefined {
  const hex = hexFrom(bytes, start, bytes.length);
  const said = hex === undefined || hex.end < end ? undefined : asText(hex);
  const run =
    hex !== undefined && said !== undefined
      ? { ...said, how: ['hex', ...said.how], isStructured, isCut: hex.isCut || said.isCut === true }
      : base64From(bytes, start, bytes.length, isStructured);
  return run !== undefined && (run.bytes.length === 0 || isPrintable(run.bytes)) ? run : undefined;
}

const NEWLINE = 10;
/** White space and quotes. */
const BREAKS: readonly number[] = [9, 10, 13, 32, 34, 39, 96];
