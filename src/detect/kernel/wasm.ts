import { type WasmMemory, type WasmModule, wasmHost } from './host.ts';
import { HitList, type Hits, type Kernel } from './kernel.ts';
import { assembleKernel, CURSORS } from './program.ts';
import { MAX_LOOK, MAX_LOOK_BACK, Slot, type Tables } from './tables.ts';

/** So much is searched in one go. No power of two: the parts should not compete for the same cache lines. */
const PIECE = 60_000;
/** Bytes of a lane: a note of eight bytes for each byte of a part, and the few that are left over. */
const STRIDE = (PIECE / CURSORS + CURSORS) * 8;
/** Room for sifted hits. */
const OUT = 32 * 1024;
const PAGE = 64 * 1024;

interface Exports {
  walk(from: number, to: number, state: number, lanes: number, stride: number): number;
  sift(entry: number, entries: number, out: number, outs: number, start: number, limit: number): number;
}

/** One memory with its own tables; texts from elsewhere are copied to `at`, what is read into it stands behind. */
interface Machine extends Exports {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly words: Int32Array<ArrayBuffer>;
  readonly lanes: number;
  readonly out: number;
  readonly at: number;
}

let compiled: WasmModule | undefined;
const memories = new WeakMap<ArrayBufferLike, WasmMemory>();

/** The memory that a slab lies in, for other programs to work in; nothing when it is ordinary memory. */
export function memoryOf(slab: Uint8Array): WasmMemory | undefined {
  return memories.get(slab.buffer);
}

/** The kernel in WebAssembly. Throws where there is none. */
export function createWasmKernel(tables: Tables): Kernel {
  const host = wasmHost();
  if (host === undefined) throw new Error('there is no WebAssembly');
  const { Instance, Memory, Module } = host;
  compiled ??= new Module(assembleKernel());
  const module = compiled;
  /** A text elsewhere is copied in pieces, with as much around each as checks may look at. */
  const before = tables.longest + MAX_LOOK_BACK;
  const after = MAX_LOOK + 1;
  const scratch = (before + PIECE + after + 63) & ~63;
  const most = tables.words[Slot.most] as number;
  /** Five megabytes: once they stand in a memory they are taken from there, and what was given may go. */
  let given: Int32Array = tables.words;
  const machines = new WeakMap<ArrayBufferLike, Machine>();
  const hits = new HitList();
  let own: Machine | undefined;

  function start(room: number): Machine {
    const lanes = (given.byteLength + 15) & ~15;
    const out = lanes + CURSORS * STRIDE;
    const at = (out + OUT + most * 8 + 63) & ~63;
    const pages = Math.ceil((at + room) / PAGE);
    const memory = new Memory({ initial: pages, maximum: pages });
    memories.set(memory.buffer, memory);
    const { walk, sift } = new Instance(module, { env: { memory } }).exports as unknown as Exports;
    const words = new Int32Array(memory.buffer);
    words.set(given);
    given = words.subarray(0, given.length);
    return { walk, sift, words, bytes: new Uint8Array(words.buffer), lanes, out, at };
  }

  /** Searches what stands at `[from, to)` of a text that stands at `[first, limit)`; `shift` makes addresses places in it. */
  function run(machine: Machine, from: number, to: number, state: number, first: number, limit: number, shift: number): number {
    const { words, lanes, out } = machine;
    const last = machine.walk(from, to, state, lanes, STRIDE);
    for (let lane = 0; lane < CURSORS; lane++) {
      const end = words[Slot.lanes + lane] as number;
      let entry = lanes + lane * STRIDE;
      while (entry < end) {
        entry = machine.sift(entry, end, out, out + OUT, first, limit);
        const stop = (words[Slot.out] as number) >> 2;
        for (let at = out >> 2; at < stop; at += 2) hits.add((words[at] as number) + shift, words[at + 1] as number);
      }
    }
    return last;
  }

  function scanInPlace(machine: Machine, bytes: Uint8Array, begin: number, end: number): void {
    const base = bytes.byteOffset;
    let state = 0;
    for (let from = begin; from < end; from += PIECE) {
      const to = Math.min(end, from + PIECE);
      state = run(machine, base + from, base + to, state, base, base + bytes.length, -base);
    }
  }

  function scanCopied(machine: Machine, bytes: Uint8Array, begin: number, end: number): void {
    let state = 0;
    for (let from = begin; from < end; from += PIECE) {
      const to = Math.min(end, from + PIECE);
      const head = Math.max(0, from - before);
      machine.bytes.set(bytes.subarray(head, Math.min(bytes.length, to + after)), machine.at);
      const shift = head - machine.at;
      state = run(machine, from - shift, to - shift, state, machine.at, bytes.length - shift, shift);
    }
  }

  return {
    name: 'wasm',
    slab(size) {
      const machine = start(scratch + size);
      own ??= machine;
      machines.set(machine.bytes.buffer, machine);
      return Buffer.from(machine.bytes.buffer, machine.at + scratch, size);
    },
    scan(bytes, begin, end): Hits {
      hits.clear();
      const machine = machines.get(bytes.buffer);
      if (machine !== undefined) {
        scanInPlace(machine, bytes, begin, end);
        return hits;
      }
      own ??= start(scratch);
      scanCopied(own, bytes, begin, end);
      return hits;
    },
  };
}
