import { planSearch } from '../src/detect/anchors.ts';
import { RuleRef } from '../src/detect/compile.ts';
import { createEngine, type Engine, type RuleCost } from '../src/detect/engine.ts';
import type { Kernel } from '../src/detect/kernel/kernel.ts';
import { createPlainKernel } from '../src/detect/kernel/plain.ts';
import { createWasmKernel } from '../src/detect/kernel/wasm.ts';
import { loadPack } from '../src/detect/load.ts';
import type { Pack } from '../src/detect/pack.ts';
import { readCorpus } from './corpus.ts';
import { type Measurement, median, perSecond } from './measure.ts';

const ROUNDS = 3;
const SLAB = 1024 * 1024;
/** MB a second and core. */
const FAST_ENOUGH = 600;

/** Windows that a rule's regex may be run on, in a MB of text. */
const WINDOWS = 5;
/** Guesses look at more, and are paid for by being the only ones. */
const WINDOWS_OF: { readonly [rule: string]: number } = {
  'generic-secret': 25,
  'generic-password': 15,
};
const SHOWN = 8;

interface Contender {
  readonly name: string;
  readonly run: (text: Buffer) => number;
  readonly times: number[];
  found: number;
}

/** The engine alone, one thread, over real texts that are in memory already; by CPU time, for the machine may be busy. */
export async function measureEngine(tree: string): Promise<readonly Measurement[]> {
  const { name, texts, bytes } = readCorpus(tree);
  const pack = await loadPack();
  const engine = createEngine({ pack, fingerprintKey: 'bench' });
  const contenders: readonly Contender[] = [
    contender('sum of the bytes', sumOf),
    contender(
      `engine, ${pack.detectors.length} rules`,
      inSlab(engine.slab(SLAB), (text) => search(engine, text)),
    ),
    contender('engine without WebAssembly', withoutWasm(pack)),
    ...kernelsOf(pack).map((kernel) =>
      contender(`keywords alone, ${kernel.name}`, inSlab(kernel.slab(SLAB), keywordsIn(kernel))),
    ),
  ];
  let before: readonly RuleCost[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    // The first round compiles; of the last one the windows are counted.
    if (round === ROUNDS) before = engine.costs();
    for (const one of contenders) {
      const started = process.cpuUsage();
      one.found = texts.reduce((sum, text) => sum + one.run(text), 0);
      const { user, system } = process.cpuUsage(started);
      if (round > 0) one.times.push((user + system) / 1000);
    }
  }
  const reference = median(contenders[0]?.times ?? []);
  const about = `${texts.length.toLocaleString('en')} texts, ${(bytes / 1e6).toFixed(0)} MB: ${name}`;
  const speeds = contenders.slice(1).map((one, index): Measurement => {
    const took = median(one.times);
    const kept = bytes / 1000 / took >= FAST_ENOUGH;
    return {
      what: index === 0 ? `${one.name} (${one.found} matches; ${about})` : `${one.name} (${one.found.toLocaleString('en')} hits)`,
      value: `${perSecond(bytes, took)} a core`,
      reference: `${perSecond(bytes, reference)} (a sum of the bytes)`,
      ratio: took / reference,
      ...(index === 0 ? { budget: { text: `≥ ${FAST_ENOUGH} MB/s`, kept } } : {}),
    };
  });
  return [...speeds, ...worstRules(before, engine.costs(), bytes / 1e6)];
}

/** The rules whose regexes are run most often; every rule that is over its budget. */
function worstRules(before: readonly RuleCost[], after: readonly RuleCost[], megabytes: number): Measurement[] {
  const earlier = new Map(before.map((cost) => [cost.id, cost]));
  const costs = after.map(({ id, hits, windows, bytes }) => {
    const old = earlier.get(id);
    const perMegabyte = (now: number, then = 0): number => (now - then) / megabytes;
    const limit = WINDOWS_OF[id] ?? WINDOWS;
    const ran = perMegabyte(windows, old?.windows);
    return {
      id,
      hits: perMegabyte(hits, old?.hits),
      windows: ran,
      bytes: perMegabyte(bytes, old?.bytes),
      limit,
      kept: ran <= limit,
    };
  });
  const sum = costs.reduce((all, { windows }) => all + windows, 0);
  return [
    { what: 'all rules', value: `${sum.toFixed(1)} windows a MB` },
    ...costs
      .sort((a, b) => b.windows - a.windows)
      .filter(({ kept }, index) => !kept || index < SHOWN)
      .map(({ id, hits, windows, bytes, limit, kept }) => ({
        what: `rule ${id}`,
        value: `${windows.toFixed(1)} windows a MB`,
        reference: `${hits.toFixed(0)} hits, ${(bytes / 1000).toFixed(1)} kB read again`,
        budget: { text: `≤ ${limit} windows`, kept },
      })),
  ];
}

function contender(name: string, run: (text: Buffer) => number): Contender {
  return { name, run, times: [], found: 0 };
}

function search(engine: Engine, text: Buffer): number {
  const scan = engine.open();
  scan.feed(text, true);
  return scan.finish().found.length;
}

/** As a reader does: the text stands in the kernel's own memory. */
function inSlab(slab: Buffer, run: (text: Buffer) => number): (text: Buffer) => number {
  return (text) => {
    if (text.length > slab.length) return run(text);
    text.copy(slab);
    return run(slab.subarray(0, text.length));
  };
}

function withoutWasm(pack: Pack): (text: Buffer) => number {
  const before = process.env.NHI_AUDIT_KERNEL;
  process.env.NHI_AUDIT_KERNEL = 'js';
  // Another pack by identity: engines of one share their kernel.
  const engine = createEngine({ pack: { ...pack }, fingerprintKey: 'bench' });
  if (before === undefined) delete process.env.NHI_AUDIT_KERNEL;
  else process.env.NHI_AUDIT_KERNEL = before;
  return (text) => search(engine, text);
}

function kernelsOf(pack: Pack): readonly Kernel[] {
  const { tables } = planSearch(
    pack,
    pack.detectors.map((detector, index) => new RuleRef(detector, index)),
    true,
  );
  return [createWasmKernel(tables), createPlainKernel(tables)];
}

function keywordsIn(kernel: Kernel): (text: Buffer) => number {
  return (text) => kernel.scan(text, 0, text.length).count;
}

function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 1) sum = (sum + (bytes[at] as number)) | 0;
  return sum;
}
