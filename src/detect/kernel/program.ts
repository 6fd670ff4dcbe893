import {
  add,
  againIf,
  and,
  assemble,
  bump,
  type Code,
  divide,
  get,
  give,
  int,
  isAtLeast,
  isEqual,
  isLess,
  isZero,
  leaveIf,
  load8,
  load16,
  load32,
  multiply,
  or,
  repeat,
  set,
  shiftLeft,
  shiftRight,
  store32,
  subtract,
  when,
} from './assembler.ts';
import { BACKSLASHES, COLOURS, LEAST, PERCENTS } from './escape.ts';
import { CLASSES, Slot, TRANSITIONS } from './tables.ts';

/** Below this many bytes one cursor is as fast as several. */
const SHORT = 512;
/** Eight no longer fit into the registers; with four a scan waits for memory: 1,490 MB/s, against 1,610. */
export const CURSORS = 6;
const NONE = int(0);

/** The next state of the cursor in `state`, which reads `byte`. */
function step(state: number, byte: Code): Code {
  return set(state, load32(add(get(state), load16(shiftLeft(byte, int(1)), CLASSES)), TRANSITIONS));
}

/** Where the state accepts, writes (place of the keyword's last byte, state) to the lane. */
function note(state: number, firstAccepting: number, place: Code, lane: number): Code {
  return when(
    isAtLeast(get(state), get(firstAccepting)),
    store32(get(lane), place),
    store32(get(lane), get(state), 4),
    bump(lane, 8),
  );
}

/**
 * `walk(from, to, state, lanes, stride)` runs the automaton over the bytes and gives the state it ends in. A scan is bound
 * by the latency of one table look-up a byte, so several cursors run through equal parts at once; all but the first begin a
 * little early, so that their states are right when their parts begin. What they meet is written to lanes that begin at
 * `lanes`, `stride` bytes apart; the ends of the lanes to `Slot.lanes`.
 */
function walk(): Code {
  const [from, to, first, lane, stride] = [0, 1, 2, 3, 4];
  const [part, at, end, accepting, early] = [5, 6, 7, 8, 9];
  const cursors = Array.from({ length: CURSORS }, (_, index) => ({
    state: index === 0 ? first : 10 + index,
    lane: index === 0 ? lane : 10 + CURSORS + index,
    /** Where its part begins, counted from the first. */
    begin: 10 + 2 * CURSORS + index,
    index,
  }));
  const last = cursors[CURSORS - 1] as (typeof cursors)[0];
  const size = subtract(get(to), get(from));
  const longest = load32(NONE, Slot.longest * 4);
  const placeOf = ({ index, begin }: (typeof cursors)[0]): Code => (index === 0 ? get(at) : add(get(at), get(begin)));
  /** Brings the cursor to the state in which its part begins. */
  const warmUp = ({ state, begin }: (typeof cursors)[0]): Code => [
    ...set(at, subtract(add(get(from), get(begin)), get(early))),
    ...set(end, add(get(from), get(begin))),
    ...repeat(leaveIf(isAtLeast(get(at), get(end))), step(state, load8(get(at))), bump(at, 1)),
  ];
  const together: Code = [
    ...set(part, divide(size, int(CURSORS))),
    ...set(early, subtract(longest, int(1))),
    ...cursors.slice(1).flatMap((cursor) => [...set(cursor.begin, multiply(get(part), int(cursor.index))), ...warmUp(cursor)]),
    ...set(at, get(from)),
    ...set(end, add(get(from), get(part))),
    ...repeat(
      ...cursors.map((cursor) => step(cursor.state, load8(placeOf(cursor)))),
      ...cursors.map((cursor) => note(cursor.state, accepting, placeOf(cursor), cursor.lane)),
      bump(at, 1),
      leaveIf(isAtLeast(get(at), get(end))),
    ),
    // The last cursor goes on to the end of the text, as the first does below when it is alone.
    ...set(from, add(get(at), get(last.begin))),
  ];
  const alone = ({ state, lane }: (typeof cursors)[0]): Code => [
    ...repeat(
      leaveIf(isAtLeast(get(from), get(to))),
      step(state, load8(get(from))),
      note(state, accepting, get(from), lane),
      bump(from, 1),
    ),
  ];
  const finish = ({ state }: (typeof cursors)[0]): Code => [
    ...cursors.flatMap(({ lane, index }) => store32(NONE, get(lane), (Slot.lanes + index) * 4)),
    ...give(get(state)),
  ];
  const only = cursors[0] as (typeof cursors)[0];
  return [
    ...set(accepting, load32(NONE, Slot.firstAccepting * 4)),
    ...cursors.slice(1).flatMap(({ lane: own, index }) => set(own, add(get(lane), multiply(get(stride), int(index))))),
    ...when(isLess(size, int(SHORT)), alone(only), finish(only)),
    ...when(isLess(size, shiftLeft(longest, int(3))), alone(only), finish(only)),
    ...together,
    ...alone(last),
    ...finish(last),
  ];
}

/** May an escape end right before `at`? As `mayEndEscape`; `place` is `at - 1`, and within the text. */
function endsEscape(at: number, place: number, start: number): Code {
  const last = load8(get(place));
  const isAt = (back: number, byte: string): Code =>
    and(isAtLeast(get(at), add(get(start), int(back))), isEqual(load8(subtract(get(at), int(back))), int(byte.charCodeAt(0))));
  const before = load8(subtract(get(at), int(2)));
  const isColour = COLOURS.map((byte) => isEqual(last, int(byte))).reduce(or);
  const isNumber = and(isAtLeast(before, int(48)), isLess(before, int(60)));
  const colour = and(and(isColour, isAtLeast(get(at), add(get(start), int(2)))), or(isAt(2, '['), isNumber));
  const begins = [...BACKSLASHES.map((back) => isAt(back, '\\')), ...PERCENTS.map((back) => isAt(back, '%'))];
  return and(isAtLeast(last, int(LEAST)), [...begins, colour].reduce(or));
}

/**
 * `sift(note, notes, out, outs, start, limit)` goes through the notes of a lane and writes (place, number) of each anchor
 * whose checks hold to `out`, and the end of these to `Slot.out`. Gives the first note for which there was no room left.
 * The text is `[start, limit)`.
 */
function sift(): Code {
  const [entry, entries, out, outs, start, limit] = [0, 1, 2, 3, 4, 5];
  const [list, anchor, at, check, checks, place, byte] = [6, 7, 8, 9, 10, 11, 12];
  const rowEnd = add(load32(get(entry), 4), load32(NONE, Slot.lastColumn * 4));
  const word = load8(add(load32(get(check), 4), shiftRight(get(byte), int(3))));
  const bit = and(shiftRight(word, and(get(byte), int(7))), int(1));
  return [
    ...repeat(
      leaveIf(isAtLeast(get(entry), get(entries))),
      leaveIf(isAtLeast(get(out), get(outs))),
      set(list, load32(rowEnd, TRANSITIONS)),
      repeat(
        set(anchor, load32(get(list))),
        leaveIf(isZero(get(anchor))),
        bump(list, 4),
        set(at, subtract(add(load32(get(entry)), int(1)), load32(get(anchor), 4))),
        againIf(isLess(get(limit), add(get(at), load32(get(anchor), 8)))),
        set(check, add(get(anchor), int(16))),
        set(checks, add(get(check), shiftLeft(load32(get(anchor), 12), int(3)))),
        repeat(
          leaveIf(isAtLeast(get(check), get(checks))),
          set(place, add(get(at), load32(get(check)))),
          // Out of the checks, to the next anchor. What stands before the text is not looked at.
          when(
            isAtLeast(get(place), get(start)),
            set(byte, load8(get(place))),
            when(
              isZero(bit),
              againIf(isZero(isEqual(load32(get(check)), int(-1))), 4),
              againIf(isZero(endsEscape(at, place, start)), 4),
            ),
          ),
          bump(check, 8),
        ),
        store32(get(out), get(at)),
        store32(get(out), load32(get(anchor)), 4),
        bump(out, 8),
      ),
      bump(entry, 8),
    ),
    ...store32(NONE, get(out), Slot.out * 4),
    ...give(get(entry)),
  ];
}

/** The kernel as a WebAssembly module: about a kilobyte. */
export function assembleKernel(): Uint8Array<ArrayBuffer> {
  return assemble([
    { name: 'walk', params: 5, locals: 5 + 3 * CURSORS, hasResult: true, body: walk() },
    { name: 'sift', params: 6, locals: 7, hasResult: true, body: sift() },
  ]);
}
