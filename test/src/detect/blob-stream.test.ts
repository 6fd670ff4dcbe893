import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { BlobStream } from '../../../src/detect/blob-stream.ts';
import { createEngine } from '../../../src/detect/engine.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { DEFAULT_MAX_BYTES, type ItemOutcome, PIECE, withoutSecret } from '../../../src/detect/outcome.ts';
import { unpackPortion } from '../../../src/detect/protocol.ts';
import { LARGE_SLAB, Slabs, SMALL_SLAB } from '../../../src/detect/slabs.ts';

const pack = await loadPack();
const engine = createEngine({ pack, fingerprintKey: 'stream' });
const slabs = new Slabs((size) => engine.slab(size));
const TOKEN = expandExample('{{ghcrc:ghp_}}', 'stream').text;
const ID = 'a1'.repeat(20);

type Answer = { readonly kind: 'blob' | 'tree'; readonly content: Buffer } | { readonly kind: 'missing' };

function said(answers: readonly Answer[]): Buffer {
  const parts = answers.flatMap((answer) =>
    answer.kind === 'missing'
      ? [Buffer.from(`${ID} missing\n`)]
      : [Buffer.from(`${ID} ${answer.kind} ${answer.content.length}\n`), answer.content, Buffer.from('\n')],
  );
  return Buffer.concat(parts);
}

/** Everything that becomes of a stream which arrives in pieces of the given lengths, again and again. */
async function search(
  bytes: Buffer,
  total: number,
  {
    lengths = [200_000],
    maxBytes = DEFAULT_MAX_BYTES,
  }: { readonly lengths?: readonly number[]; readonly maxBytes?: number } = {},
): Promise<{ readonly outcomes: ItemOutcome[]; readonly stream: BlobStream }> {
  const stream = new BlobStream({ engine, slabs, maxBytes, idBytes: 20, total, onReady: () => undefined });
  const outcomes: ItemOutcome[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const room = stream.room();
    assert.ok(room.length > 0, 'there is always room');
    const count = Math.min(room.length, bytes.length - at, lengths[turn % lengths.length] ?? 1);
    room.set(bytes.subarray(at, at + count));
    at += count;
    stream.filled(count);
    for (let full = stream.take(); full !== undefined; full = stream.take()) outcomes.push(...unpackPortion(await full.finish()));
  }
  outcomes.push(...unpackPortion(await stream.end().finish()));
  return { outcomes, stream };
}

async function alone(content: Buffer): Promise<unknown[]> {
  return sorted((await engine.detectAll(content, { unplaced: true })).map(withoutSecret));
}

function sorted(matches: readonly { readonly start: number; readonly detector: string }[]): unknown[] {
  return matches.toSorted((a, b) => a.start - b.start || a.detector.localeCompare(b.detector));
}

/** Bytes that differ from place to place. */
function noise(size: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0, state = seed + 1; at < size; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

function digest(bytes: Buffer): string {
  return createHash('sha1').update(bytes).digest('hex');
}

/** Stands for a scan: notes the digest of what it was fed. */
function digester(digests: string[]) {
  const hash = createHash('sha1');
  return {
    feed(bytes: Buffer, isLast: boolean): number {
      const done = isLast ? bytes.length : bytes.length - 50_000;
      hash.update(bytes.subarray(0, done));
      return done;
    },
    finish() {
      digests.push(hash.digest('hex'));
      return { found: [], dropped: 0, refused: [], lints: [], encoding: 'bytes', isBinary: true };
    },
  };
}

const someText = fc.constantFrom(
  TOKEN,
  TOKEN.slice(0, 20),
  TOKEN.slice(20),
  `aws_secret_access_key = "${'Zm9vYmFy'.repeat(5)}"`,
  `DB_PASSWORD=q8Vw-t2LmZ7x\n`,
  `${ID} blob 12\n`,
  `${ID} missing\n`,
  '\n',
  '\u0000',
  'lorem ipsum '.repeat(40),
  'é',
);
const content = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.array(fc.oneof(someText, fc.string()), { maxLength: 6 }).map((parts) => Buffer.from(parts.join(''))),
  },
  { weight: 1, arbitrary: fc.constant(Buffer.from(`\ufeffkey ${TOKEN}\r\n`, 'utf16le')) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: SMALL_SLAB - 200, max: SMALL_SLAB + 200 })
      .map((size) => Buffer.concat([Buffer.from(TOKEN), Buffer.alloc(size, 'dolor sit\n'), Buffer.from(`\n${TOKEN}`)])),
  },
);
const answer = fc.oneof(
  { weight: 10, arbitrary: content.map((bytes): Answer => ({ kind: 'blob', content: bytes })) },
  { weight: 1, arbitrary: content.map((bytes): Answer => ({ kind: 'tree', content: bytes })) },
  { weight: 1, arbitrary: fc.constant<Answer>({ kind: 'missing' }) },
);

describe('blob stream', () => {
  it('finds in each blob what a search of that blob alone finds, however the stream is cut', async function () {
    this.timeout(60_000);
    const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300_000 })), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { maxLength: 25 }), lengths, async (answers, cuts) => {
        // A stream of megabytes in single bytes would take all day.
        const bytes = said(answers);
        const faster = bytes.length > 100_000 ? cuts.map((length) => length + 5000) : cuts;

        const { outcomes } = await search(bytes, answers.length, { lengths: faster });

        assert.equal(outcomes.length, answers.length);
        for (const [index, item] of answers.entries()) {
          const outcome = outcomes[index];
          if (item.kind === 'missing') assert.match(`${outcome?.outcome} ${outcome?.why}`, /^failed the object is missing/);
          else if (item.kind === 'tree') assert.equal(outcome?.outcome, 'skipped');
          else {
            assert.deepEqual([outcome?.outcome, outcome?.bytes], ['read', item.content.length]);
            assert.deepEqual(sorted(outcome?.matches ?? []), await alone(item.content));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('searches a blob that is longer than all its memory, and one of a single line', async function () {
    this.timeout(60_000);
    const size = 3 * PIECE + 777;
    const long = Buffer.alloc(size, 'x');
    const places = [5, PIECE - 10, PIECE + 90_000, 2 * PIECE, size - 100];
    for (const place of places) long.write(` ${TOKEN} `, place, 'latin1');
    const answers: Answer[] = ['before', long, 'behind'].map((text) => ({ kind: 'blob', content: Buffer.from(text) }));

    const { outcomes } = await search(said(answers), 3);

    assert.deepEqual(
      outcomes.map(({ outcome, bytes }) => [outcome, bytes]),
      [
        ['read', 6],
        ['read', size],
        ['read', 6],
      ],
    );
    assert.deepEqual(
      outcomes[1]?.matches.map(({ start }) => start),
      places.map((place) => place + 1),
    );
  });

  it('hands every byte of every blob to the search, once and in order', async function () {
    this.timeout(60_000);
    const sizes = [
      ...Array.from({ length: 150 }, (_, index) => (index * 7919) % 20_011),
      SMALL_SLAB + 5,
      3,
      2 * PIECE + 4321,
      70_000,
    ];
    const contents = sizes.map((size, index) => noise(size, index));
    const bytes = said(contents.map((content): Answer => ({ kind: 'blob', content })));
    for (const length of [200_000, 65_536, 999_983]) {
      const digests: string[] = [];
      const digesting = { ...engine, open: () => digester(digests) } as unknown as typeof engine;
      const stream = new BlobStream({
        engine: digesting,
        slabs: new Slabs((size) => Buffer.alloc(size)),
        maxBytes: DEFAULT_MAX_BYTES,
        idBytes: 20,
        total: contents.length,
        onReady: () => undefined,
      });

      for (let at = 0; at < bytes.length; ) {
        const room = stream.room();
        const count = Math.min(room.length, length, bytes.length - at);
        room.set(bytes.subarray(at, at + count));
        at += count;
        stream.filled(count);
        stream.take();
      }

      assert.deepEqual(digests, contents.map(digest));
    }
  });

  it('goes back to little memory after a large blob', async () => {
    const answers: Answer[] = [SMALL_SLAB * 3, 100].map((size) => ({ kind: 'blob', content: Buffer.alloc(size, 'y\n') }));
    const bytes = said([...answers, { kind: 'missing' }]);
    const stream = new BlobStream({ engine, slabs, maxBytes: 1e9, idBytes: 20, total: 3, onReady: () => undefined });
    const rooms: number[] = [];

    for (let at = 0; at < bytes.length - 4; ) {
      const room = stream.room();
      rooms.push(room.length);
      const count = Math.min(room.length, 100_000, bytes.length - 4 - at);
      room.set(bytes.subarray(at, at + count));
      at += count;
      stream.filled(count);
    }

    assert.ok(Math.max(...rooms) > LARGE_SLAB / 2);
    assert.ok(stream.room().length <= SMALL_SLAB);
    assert.equal(stream.delivered, 2);
    stream.end();
  });

  it('searches up to the limit, says so, and goes on behind', async () => {
    const sizes = [5000, PIECE + 5000, 10];
    const answers = sizes.map((size): Answer => {
      const bytes = Buffer.alloc(size, 'z\n');
      for (const place of [0, 2000]) if (place + 60 < size) bytes.write(` ${TOKEN} `, place, 'latin1');
      return { kind: 'blob', content: bytes };
    });

    const { outcomes } = await search(said(answers), 3, { maxBytes: 1000 });

    assert.deepEqual(
      outcomes.map(({ outcome, bytes, matches }) => [outcome, bytes, matches.length]),
      [
        ['partial', 1000, 1],
        ['partial', 1000, 1],
        ['read', 10, 0],
      ],
    );
  });

  it('passes over a tree of any size', async () => {
    const tree = Buffer.alloc(PIECE + 10, TOKEN);

    const { outcomes } = await search(said([{ kind: 'tree', content: tree }, { kind: 'missing' }]), 2);

    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ['skipped', 'failed'],
    );
  });

  it('gives up at what is no answer', async () => {
    const { outcomes, stream } = await search(Buffer.alloc(50_000, 'no line feed here '), 5);

    assert.deepEqual([outcomes.length, stream.delivered], [0, 0]);
    assert.match(stream.nonsense ?? '', /cannot be read/);
  });

  it('takes no more than was asked for', async () => {
    const { outcomes } = await search(said([{ kind: 'missing' }, { kind: 'missing' }]), 1);

    assert.equal(outcomes.length, 1);
  });

  it('fails one blob when the search of it fails', async () => {
    const faulty = {
      ...engine,
      open: () => {
        const scan = engine.open();
        return Object.assign(Object.create(scan), {
          feed(bytes: Buffer, isLast: boolean): number {
            if (bytes.includes('fault')) throw new Error('a fault');
            return scan.feed(bytes, isLast);
          },
          finish: () => scan.finish(),
        });
      },
    } as typeof engine;
    const contents = ['good', 'fault', Buffer.alloc(PIECE + 100, 'fault '), `x ${TOKEN}`];
    const bytes = said(contents.map((text): Answer => ({ kind: 'blob', content: Buffer.from(text) })));
    const stream = new BlobStream({ engine: faulty, slabs, maxBytes: 1e9, idBytes: 20, total: 4, onReady: () => undefined });
    const outcomes: ItemOutcome[] = [];

    for (let at = 0; at < bytes.length; ) {
      const room = stream.room();
      const count = Math.min(room.length, bytes.length - at);
      room.set(bytes.subarray(at, at + count));
      at += count;
      stream.filled(count);
      for (let full = stream.take(); full !== undefined; full = stream.take())
        outcomes.push(...unpackPortion(await full.finish()));
    }
    outcomes.push(...unpackPortion(await stream.end().finish()));

    assert.deepEqual(
      outcomes.map(({ outcome, why, matches }) => [outcome, why, matches.length]),
      [
        ['read', undefined, 0],
        ['failed', 'a fault', 0],
        ['failed', 'a fault', 0],
        ['read', undefined, 1],
      ],
    );
  });
});
