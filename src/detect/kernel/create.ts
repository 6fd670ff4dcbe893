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
  const plain = createPlainKernel(tables);
  const isPlain = process.env.NHI_AUDIT_KERNEL === 'js' || wasmHost() === undefined || tables.longest > LONGEST;
  if (isPlain) return plain;
  let fast: Kernel | undefined;
  let searched = 0;

  function start(): Kernel {
    try {
      return createWasmKernel(tables);
    } catch {
      // Forbidden (`--jitless`, a policy), or no memory for it.
      return plain;
    }
  }

  return {
    get name() {
      return fast?.name ?? 'js';
    },
    slab(size) {
      fast ??= start();
      return fast.slab(size);
    },
    scan(bytes, begin, end): Hits {
      searched += end - begin;
      if (fast === undefined && searched < WORTH_IT) return plain.scan(bytes, begin, end);
      fast ??= start();
      return fast.scan(bytes, begin, end);
    },
  };
}
