/** What of the global `WebAssembly` the kernel uses; the types of Node have it not, those of browsers have much else. */
export interface WasmHost {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => WasmMemory;
  readonly Instance: new (
    module: WasmModule,
    imports: { readonly env: { readonly memory: WasmMemory } },
  ) => {
    readonly exports: unknown;
  };
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
}

/** Opaque. */
export type WasmModule = object;

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/** Nothing where it is switched off. */
export function wasmHost(): WasmHost | undefined {
  return (globalThis as { readonly WebAssembly?: WasmHost }).WebAssembly;
}
