import {
  add,
  and,
  assemble,
  bump,
  type Code,
  get,
  give,
  int,
  isAtLeast,
  isEqual,
  isLess,
  isZero,
  leaveIf,
  load8,
  load32,
  or,
  repeat,
  set,
  shiftLeft,
  store32,
  subtract,
  when,
} from './kernel/assembler.ts';
import { type WasmMemory, type WasmModule, wasmHost } from './kernel/host.ts';

/**
 * Makes one version of a text from another by the instructions of a git delta
 * (https://git-scm.com/docs/gitformat-pack#_deltified_representation), in the memory that the search works in, and tells
 * which stretches it has in common with the base. A pack has tens of millions of instructions, of 250 bytes on average:
 * with `copyWithin` they took four times as long.
 */
export interface Patch {
  /**
   * Addresses all: instructions, base and target must lie in the memory, apart from one another, and `SLACK` bytes behind
   * each may be read or overwritten. `out` has room for `outs - out` bytes of records: `from`, `to` in the target, and how
   * much further they are in the base; three words each, by rising place. Gives the end of these; 0 where the delta is
   * not one that makes just this target from this base.
   */
  patch(
    delta: number,
    deltaEnd: number,
    base: number,
    baseEnd: number,
    target: number,
    targetEnd: number,
    out: number,
    outs: number,
    before: number,
    after: number,
    last: number,
    least: number,
  ): number;
}

export const SLACK = 16;
export const RECORD = 12;

/** Below so many bytes a loop of words is faster than `memory.copy`. */
const FEW = 64;
const FAIL = give(int(0));

const [delta, deltaEnd, base, baseEnd, target, targetEnd, out, outs, before, after, last, least] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
];
const [op, from, size, to, run, runTo, runEnd, low, high, other, at] = [12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22];

function memoryCopy(where: Code, what: Code, length: Code): Code {
  return [...where, ...what, ...length, 0xfc, 0x0a, 0x00, 0x00];
}

/** Copies `size` bytes from `from` to `to`; a few more may be written. */
function copy(): Code {
  return [
    ...when(
      isLess(get(size), int(FEW)),
      set(at, int(0)),
      repeat(
        leaveIf(isAtLeast(get(at), get(size))),
        store32(add(get(to), get(at)), load32(add(get(from), get(at)))),
        bump(at, 4),
      ),
    ),
    ...when(isAtLeast(get(size), int(FEW)), memoryCopy(get(to), get(from), get(size))),
    ...set(to, add(get(to), get(size))),
  ];
}

/** `when(value < local) local = value`. */
function atMost(local: number, value: Code): Code {
  return [...set(other, value), ...when(isLess(get(other), get(local)), set(local, get(other)))];
}

/**
 * Writes down what of the run `[runTo, to)`, which stands from `run` to `runEnd` in the base, is far enough from its ends. Where
 * it begins or ends as both texts do, nothing is cut off; where only one of them ends near, `last` bytes before that end are.
 */
function flush(): Code {
  return when(
    get(runEnd),
    set(low, add(get(runTo), get(before))),
    when(and(isEqual(get(run), get(base)), isEqual(get(runTo), get(target))), set(low, get(runTo))),
    set(high, subtract(get(to), get(after))),
    atMost(high, subtract(get(targetEnd), get(last))),
    atMost(high, add(subtract(get(baseEnd), get(last)), subtract(get(runTo), get(run)))),
    when(and(isEqual(get(runEnd), get(baseEnd)), isEqual(get(to), get(targetEnd))), set(high, get(to))),
    when(
      and(isLess(add(get(low), get(least)), get(high)), isLess(get(out), get(outs))),
      store32(get(out), subtract(get(low), get(target))),
      store32(get(out), subtract(get(high), get(target)), 4),
      store32(get(out), subtract(subtract(get(run), get(base)), subtract(get(runTo), get(target))), 8),
      bump(out, RECORD),
    ),
    set(runEnd, int(0)),
  );
}

/** Reads the bytes of a number whose presence the bits of `op` from `bit` on tell. */
function number(local: number, bit: number, bytes: number): Code {
  return Array.from({ length: bytes }, (_, index) =>
    when(
      and(get(op), int(1 << (bit + index))),
      set(local, or(get(local), shiftLeft(load8(get(delta)), int(8 * index)))),
      bump(delta, 1),
    ),
  ).flat();
}

function body(): Code {
  return [
    ...set(to, get(target)),
    ...repeat(
      leaveIf(isAtLeast(get(delta), get(deltaEnd))),
      set(op, load8(get(delta))),
      bump(delta, 1),
      when(
        isAtLeast(get(op), int(128)),
        set(from, int(0)),
        set(size, int(0)),
        number(from, 0, 4),
        number(size, 4, 3),
        when(isZero(get(size)), set(size, int(0x10000))),
        when(isLess(get(deltaEnd), get(delta)), FAIL),
        when(isLess(subtract(get(baseEnd), get(base)), get(from)), FAIL),
        set(from, add(get(from), get(base))),
        when(isLess(subtract(get(baseEnd), get(from)), get(size)), FAIL),
        when(isLess(subtract(get(targetEnd), get(to)), get(size)), FAIL),
        // Long runs are written in pieces.
        when(isZero(isEqual(get(from), get(runEnd))), flush(), set(run, get(from)), set(runTo, get(to))),
        set(runEnd, add(get(from), get(size))),
        copy(),
      ),
      when(
        isLess(get(op), int(128)),
        when(isZero(get(op)), FAIL),
        when(isLess(subtract(get(deltaEnd), get(delta)), get(op)), FAIL),
        when(isLess(subtract(get(targetEnd), get(to)), get(op)), FAIL),
        flush(),
        set(from, get(delta)),
        set(size, get(op)),
        copy(),
        set(delta, add(get(delta), get(op))),
      ),
    ),
    ...when(isZero(isEqual(get(to), get(targetEnd))), FAIL),
    ...flush(),
    ...give(get(out)),
  ];
}

let compiled: WasmModule | undefined;

/** For one memory. Throws where there is no WebAssembly. */
export function createPatch(memory: WasmMemory): Patch {
  const host = wasmHost();
  if (host === undefined) throw new Error('there is no WebAssembly');
  compiled ??= new host.Module(assemble([{ name: 'patch', params: 12, locals: 11, hasResult: true, body: body() }]));
  return new host.Instance(compiled, { env: { memory } }).exports as Patch;
}
