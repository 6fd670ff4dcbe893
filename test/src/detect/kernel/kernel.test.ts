import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createKernel } from '../../../../src/detect/kernel/create.ts';
import { mayEndEscape } from '../../../../src/detect/kernel/escape.ts';
import { wasmHost } from '../../../../src/detect/kernel/host.ts';
import type { Kernel } from '../../../../src/detect/kernel/kernel.ts';
import { createPlainKernel } from '../../../../src/detect/kernel/plain.ts';
import { assembleKernel } from '../../../../src/detect/kernel/program.ts';
import { type Anchor, layTables, readTables } from '../../../../src/detect/kernel/tables.ts';
import { createWasmKernel } from '../../../../src/detect/kernel/wasm.ts';
import { type ByteSet, has } from '../../../../src/detect/pattern.ts';

type Hit = readonly [start: number, anchor: number];

/** All anchors whose checks hold, found the slow way. */
function searchNaively(bytes: Buffer, anchors: readonly Anchor[], start = 0, end = bytes.length): Hit[] {
  const hits: Hit[] = [];
  const folded = bytes.toString('latin1').replace(/[A-Z]/g, (c) => c.toLowerCase());
  for (let at = start; at < end; at++) {
    for (const [index, { text, isExact, minLength = 0, notBefore, first = [] }] of anchors.entries()) {
      if (at + text.length > end || at + minLength > bytes.length) continue;
      if (!folded.startsWith(text.toLowerCase(), at)) continue;
      if (isExact === true && bytes.toString('latin1', at, at + text.length) !== text) continue;
      if (at > 0 && notBefore?.[bytes[at - 1] ?? 0] === 1 && !mayEndEscape(bytes, at)) continue;
      if (first.every((set, place) => has(set, bytes[at + place] ?? 0))) hits.push([at, index]);
    }
  }
  return hits;
}

function search(kernel: Kernel, bytes: Buffer, start = 0, end = bytes.length): Hit[] {
  const { starts, anchors, count } = kernel.scan(bytes, start, end);
  return Array.from({ length: count }, (_, index) => [starts[index] ?? -1, anchors[index] ?? -1]);
}

function kernelsOf(anchors: readonly Anchor[]): readonly Kernel[] {
  const tables = layTables(anchors);
  return [createPlainKernel(tables), createWasmKernel(tables)];
}

function tableOf(characters: string): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (characters.includes(String.fromCharCode(byte)) ? 1 : 0));
}

function setOf(characters: string): ByteSet {
  const set = new Uint32Array(8);
  for (const byte of Buffer.from(characters, 'latin1')) set[byte >> 5] = (set[byte >> 5] ?? 0) | (1 << (byte & 31));
  return set;
}

const KEYWORD = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'B', '-'), minLength: 1, maxLength: 5 });
const TABLE = fc.subarray(['a', 'b', 'A', 'B', '-', 'c'], { minLength: 2 }).map((some) => tableOf(some.join('')));
const SET = fc.subarray(['a', 'b', 'A', 'B', '-', 'c'], { minLength: 2 }).map((some) => setOf(some.join('')));
const ANCHOR: fc.Arbitrary<Anchor> = fc
  .record({
    text: KEYWORD,
    isExact: fc.boolean(),
    notBefore: fc.option(TABLE, { nil: undefined }),
    after: fc.array(SET, { maxLength: 3 }),
  })
  .map(({ text, isExact, notBefore, after }) => {
    const own = [...text].map((character) => setOf(`${character.toLowerCase()}${character.toUpperCase()}`));
    return { text, isExact, notBefore, first: [...own, ...after], minLength: text.length + after.length };
  });
const TEXT = fc
  .tuple(
    fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'B', '-', 'c', '\u00e9'), maxLength: 4000 }),
    fc.integer({ min: 1, max: 8 }),
  )
  .map(([text, times]) => Buffer.from(text.repeat(times), 'latin1'));

describe('search kernels', () => {
  it('give the same hits as a naive search, in WebAssembly and without, in place and copied', () => {
    fc.assert(
      fc.property(fc.array(ANCHOR, { minLength: 1, maxLength: 8 }), TEXT, fc.nat(), fc.nat(), (anchors, bytes, a, b) => {
        const [start = 0, end = 0] = [a % (bytes.length + 1), b % (bytes.length + 1)].sort((x, y) => x - y);
        const expected = searchNaively(bytes, anchors, start, end);

        for (const kernel of kernelsOf(anchors)) {
          const slab = kernel.slab(bytes.length + 7);
          bytes.copy(slab, 7);

          assert.deepEqual(search(kernel, bytes, start, end), expected, kernel.name);
          assert.deepEqual(search(kernel, slab.subarray(7), start, end), expected, `${kernel.name}, in a slab`);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('tell capitals where a keyword must end in one, and only there', () => {
    const anchors = [
      { text: 'DI', isExact: true },
      { text: 'xdi' },
      { text: 'gI', isExact: true },
      { text: 'ai', isExact: true },
    ];

    for (const kernel of kernelsOf(anchors)) {
      assert.deepEqual(search(kernel, Buffer.from('di DI dI xdi XDI gi gI ai aI')), [
        [3, 0],
        [9, 1],
        [13, 1],
        [14, 0],
        [20, 2],
        [23, 3],
      ]);
    }
  });

  it('let a keyword through behind what may be an escape, and never look before the text for one', () => {
    const unit = fc.constantFrom('a', 'b', 'A', '\\', '%', 'm', 'K', '[', ';', '3', '.');
    const text = fc.string({ unit, maxLength: 600 }).map((some) => Buffer.from(some, 'latin1'));
    const table = tableOf('aAbBmKK3');
    fc.assert(
      fc.property(fc.array(KEYWORD, { minLength: 1, maxLength: 3 }), text, (keywords, bytes) => {
        const anchors = keywords.map((keyword) => ({ text: keyword, notBefore: table }));
        const expected = searchNaively(bytes, anchors);

        for (const kernel of kernelsOf(anchors)) {
          const slab = kernel.slab(bytes.length + 8).fill('\\');
          bytes.copy(slab, 8);

          assert.deepEqual(search(kernel, bytes), expected, kernel.name);
          assert.deepEqual(search(kernel, slab.subarray(8)), expected, `${kernel.name}, in a slab`);
        }
      }),
      { numRuns: 300 },
    );
  });

  for (const size of [1200, 61_000]) {
    it(`find a keyword at every border of lanes and pieces in ${size} bytes, once`, () => {
      const anchors = [{ text: 'secret' }, { text: 'cr' }];
      const kernels = kernelsOf(anchors);
      const bytes = Buffer.alloc(size, '.');
      const borders =
        size < 2000 ? [size / 2] : [15_000, 30_000, ...[1, 2, 3, 4, 5, 6].map((part) => 10_000 * part), 60_167, 60_334, 60_500];
      for (const border of borders) {
        const reach = size < 2000 ? size / 2 : 8;
        for (let at = Math.max(0, border - reach); at <= Math.min(size - 6, border + reach); at++) {
          bytes.write('secret', at);

          for (const kernel of kernels) {
            assert.deepEqual(search(kernel, bytes), [
              [at, 0],
              [at + 2, 1],
            ]);
          }
          bytes.fill('.', at, at + 6);
        }
      }
    });
  }

  it('keep keywords to the range they are given, and look around them beyond it', () => {
    const text = Buffer.from(`xkey!${'.'.repeat(1000)}key!`);
    const anchors = [
      { text: 'key', notBefore: tableOf('x') },
      { text: 'key', first: [...'key!'].map(setOf), minLength: 4 },
    ];

    for (const kernel of kernelsOf(anchors)) {
      assert.deepEqual(search(kernel, text, 1, 5), [[1, 1]]);
      assert.deepEqual(search(kernel, text, 2, text.length - 1), [
        [1005, 0],
        [1005, 1],
      ]);
      assert.deepEqual(search(kernel, text, 2, text.length - 2), []);
      assert.deepEqual(search(kernel, text.subarray(0, text.length - 1), 2), [[1005, 0]]);
    }
  });

  it('take bytes above ASCII as they are', () => {
    for (const kernel of kernelsOf([{ text: '\u00c9y' }])) {
      assert.deepEqual(search(kernel, Buffer.from('x\u00c9y\u00e9y', 'latin1')), [[1, 0]]);
    }
  });

  it('hold more hits than any of their buffers', () => {
    const bytes = Buffer.from('ab'.repeat(150_000));
    for (const kernel of kernelsOf([{ text: 'ab' }, { text: 'b' }, { text: 'ab', isExact: true }])) {
      assert.equal(search(kernel, bytes).length, 450_000);
    }
  });

  it('search a slab where it stands, whatever stands around the text', () => {
    const kernel = createWasmKernel(layTables([{ text: 'key', first: [...'key!'].map(setOf), minLength: 4 }]));
    const slab = kernel.slab(200_000);
    slab.fill('.').write('key!', 100_000);
    const [other] = [kernel.slab(100)];
    other?.fill('key!');

    assert.deepEqual(search(kernel, slab), [[100_000, 0]]);
    assert.deepEqual(search(kernel, slab.subarray(99_999, 100_004)), [[1, 0]]);
    assert.deepEqual(search(kernel, slab.subarray(99_999, 100_003)), []);
    assert.equal(search(kernel, other as Buffer).length, 25);
  });

  it('are one to the caller: short texts first, then WebAssembly', () => {
    const kernel = createKernel(layTables([{ text: 'secret' }]));
    const bytes = Buffer.from(`${'.'.repeat(100_000)}secret`);
    const names = Array.from({ length: 6 }, () => {
      assert.deepEqual(search(kernel, bytes), [[100_000, 0]]);
      return kernel.name;
    });

    assert.deepEqual([names[0], names.at(-1)], ['js', 'wasm']);
  });

  it('do without WebAssembly when told so', () => {
    process.env.NHI_AUDIT_KERNEL = 'js';
    try {
      const kernel = createKernel(layTables([{ text: 'secret' }]));
      const slab = kernel.slab(1_000_000).fill('.');
      slab.write('secret', 999_000);

      assert.deepEqual(search(kernel, slab), [[999_000, 0]]);
      assert.equal(kernel.name, 'js');
    } finally {
      delete process.env.NHI_AUDIT_KERNEL;
    }
  });

  it('read their tables from an image, and no damaged one', () => {
    const anchors = [
      { text: 'secret', minLength: 8 },
      { text: 'key', isExact: true },
    ];
    const { words } = layTables(anchors);
    const image = Buffer.concat([Buffer.from('x'), Buffer.from(words.buffer)]).subarray(1);
    const bytes = Buffer.from('a Key, a key, a SECRET: 1');

    const read = readTables(image);

    assert.ok(read !== undefined);
    assert.deepEqual(search(createWasmKernel(read), bytes), searchNaively(bytes, anchors));
    assert.equal(readTables(image.subarray(0, image.length - 4)), undefined);
    assert.equal(readTables(Buffer.alloc(4096)), undefined);
  });

  it('are small: the module fits in 2 KB', () => {
    assert.ok(wasmHost()?.validate(assembleKernel()));
    assert.ok(assembleKernel().length < 2048);
  });
});
