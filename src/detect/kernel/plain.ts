import { mayEndEscape } from './escape.ts';
import { HitList, type Hits, type Kernel } from './kernel.ts';
import { CLASSES, Slot, type Tables, TRANSITIONS } from './tables.ts';

/** Below this many bytes one cursor is as fast as four. */
const SHORT = 512;

/** The kernel in plain JavaScript: for short texts, for where there is no WebAssembly, and to test the other against. */
export function createPlainKernel({ words, longest }: Tables): Kernel {
  const next = words.subarray(TRANSITIONS / 4, words.length);
  const classes = new Uint16Array(words.buffer, words.byteOffset + CLASSES, 256);
  const firstAccepting = words[Slot.firstAccepting] as number;
  const lastColumn = words[Slot.lastColumn] as number;
  /** Per lane: pairs of (position after the keyword, state). */
  const lanes: Int32Array[] = [new Int32Array(1024), new Int32Array(1024), new Int32Array(1024), new Int32Array(1024)];
  const counts = new Int32Array(4);
  const hits = new HitList();

  function note(lane: number, position: number, state: number): void {
    const used = counts[lane] ?? 0;
    let buffer = lanes[lane] as Int32Array;
    if (used + 2 > buffer.length) {
      const larger = new Int32Array(buffer.length * 2);
      larger.set(buffer);
      buffer = larger;
      lanes[lane] = buffer;
    }
    buffer[used] = position;
    buffer[used + 1] = state;
    counts[lane] = used + 2;
  }

  function walkOne(bytes: Uint8Array, from: number, to: number, lane: number, begin: number): void {
    let state = begin;
    for (let at = from; at < to; at++) {
      state = next[(state + (classes[bytes[at] as number] as number)) >> 2] as number;
      if (state >= firstAccepting) note(lane, at + 1, state);
    }
  }

  function walkFour(bytes: Uint8Array, start: number, lane: number, end: number): void {
    let [a, b, c, d] = [0, 0, 0, 0];
    const second = start + lane;
    const third = second + lane;
    const fourth = third + lane;
    for (let at = 0; at < lane; at++) {
      a = next[(a + (classes[bytes[start + at] as number] as number)) >> 2] as number;
      b = next[(b + (classes[bytes[second + at] as number] as number)) >> 2] as number;
      c = next[(c + (classes[bytes[third + at] as number] as number)) >> 2] as number;
      d = next[(d + (classes[bytes[fourth + at] as number] as number)) >> 2] as number;
      if (a >= firstAccepting) note(0, start + at + 1, a);
      if (b >= firstAccepting) note(1, second + at + 1, b);
      if (c >= firstAccepting) note(2, third + at + 1, c);
      if (d >= firstAccepting) note(3, fourth + at + 1, d);
    }
    // Each lane runs on for as long as a keyword that began in it may last.
    walkOne(bytes, second, Math.min(end, second + longest - 1), 0, a);
    walkOne(bytes, third, Math.min(end, third + longest - 1), 1, b);
    walkOne(bytes, fourth, Math.min(end, fourth + longest - 1), 2, c);
    walkOne(bytes, start + 4 * lane, end, 3, d);
  }

  /** A keyword belongs to the lane in which it begins. */
  function collect(bytes: Uint8Array, lane: number, limit: number): void {
    const buffer = lanes[lane] as Int32Array;
    const used = counts[lane] as number;
    for (let at = 0; at < used; at += 2) {
      const state = buffer[at + 1] as number;
      for (let list = (next[(state + lastColumn) >> 2] as number) >> 2; words[list] !== 0; list++) {
        const record = (words[list] as number) >> 2;
        const begin = (buffer[at] as number) - (words[record + 1] as number);
        if (begin < limit && isPlausible(bytes, begin, record)) hits.add(begin, words[record] as number);
      }
    }
  }

  function isPlausible(bytes: Uint8Array, begin: number, record: number): boolean {
    if (begin + (words[record + 2] as number) > bytes.length) return false;
    const last = record + 4 + 2 * (words[record + 3] as number);
    for (let check = record + 4; check < last; check += 2) {
      const at = begin + (words[check] as number);
      if (at < 0) continue;
      const byte = bytes[at] as number;
      const word = words[((words[check + 1] as number) >> 2) + (byte >> 5)] as number;
      if (((word >>> (byte & 31)) & 1) === 0 && !(at === begin - 1 && mayEndEscape(bytes, begin))) return false;
    }
    return true;
  }

  return {
    name: 'js',
    slab: (size) => Buffer.allocUnsafeSlow(size),
    scan(bytes, start, end): Hits {
      counts.fill(0);
      hits.clear();
      const size = end - start;
      if (size < SHORT || size < 8 * longest) {
        walkOne(bytes, start, end, 0, 0);
        collect(bytes, 0, end);
        return hits;
      }
      const lane = Math.floor(size / 4);
      walkFour(bytes, start, lane, end);
      for (let index = 0; index < 4; index++) collect(bytes, index, index === 3 ? end : start + (index + 1) * lane);
      return hits;
    },
  };
}
