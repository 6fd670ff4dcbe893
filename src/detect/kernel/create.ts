import { wasmHost } from './host.ts';
import type { Hits, Kernel } from './kernel.ts';
import { createPlainKernel } from './plain.ts';
import type { Tables } from './tables.ts';
import { createWasmKernel } from './wasm.ts';

/** Before so many bytes are searched, WebAssembly takes longer to start than it saves. */
const WORTH_IT = 256 * 1024;
/** Lanes are made for keywords of a sensible length. */
const LONGEST = 1000;

/** The faster kernel, once there is enough to search; the plain one where there is no WebAssembly or `NHI_AUDIT_KERNEL=js`. */
export function createKernel(tables: Tables): Kernel {
  const isPlain = process.env.NHI_AUDIT_KERNEL === 'js' || wasmHost() === undefined || tables.longest > LONGEST;
  if (isPlain) return createPlainKernel(tables);
  /** What it takes to start; let go then, for the tables are large. */
  let waiting: { readonly tables: Tables; readonly plain: Kernel } | undefined = { tables, plain: createPlainKernel(tables) };
  let fast: Kernel | undefined;
  let searched = 0;

  function start(): Kernel {
    if (fast !== undefined || waiting === undefined) return fast as Kernel;
    try {
      fast = createWasmKernel(waiting.tables);
    } catch {
      // Forbidden (`--jitless`, a policy), or no memory for it.
      fast = waiting.plain;
    }
    waiting = undefined;
    return fast;
  }

  return {
    get name() {
      return fast?.name ?? 'js';
    },
    slab: (size) => start().slab(size),
    scan(bytes, begin, end): Hits {
      searched += end - begin;
      return (searched < WORTH_IT && waiting?.plain ? waiting.plain : start()).scan(bytes, begin, end);
    },
  };
}
