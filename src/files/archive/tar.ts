import { BLOCK, isZeroBlock, readPax, readTarHeader, type TarHeader } from './tar-header.ts';

/** One entry of a tar. Its content is read, or left, before the next one is asked for. */
export interface TarEntry {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'link' | 'special';
  /** Bytes of content in the archive; of a sparse file, without its holes. */
  readonly size: number;
  /** Where a link leads. */
  readonly linkPath?: string;
  readonly content: AsyncIterable<Buffer>;
}

/** The archive is not what it says: what came before is good. */
export class BrokenTar extends Error {}

/** Long names and pax headers beyond this are no names. */
const MAX_EXTRA = 1024 * 1024;

/** Reads a tar as it comes, holding no more than a block and a header at a time. Throws `BrokenTar`. */
export async function* readTar(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<TarEntry> {
  const input = new BlockReader(chunks);
  let global = new Map<string, string>();
  let own = new Map<string, string>();
  let isBehindEnd = false;
  let [longName, longLink]: (string | undefined)[] = [];
  for (;;) {
    const block = await input.take(BLOCK);
    if (block.length === 0) return;
    // Behind the end another tar may follow: `cat`, and `tar --append` on what was cut short, make such.
    if (isZeroBlock(block)) {
      isBehindEnd = true;
      continue;
    }
    const broken = isBehindEnd ? 'what follows its end is no tar' : undefined;
    if (block.length < BLOCK) throw new BrokenTar(broken ?? 'it ends within a header');
    const header = readTarHeader(block);
    if (header === undefined) throw new BrokenTar(broken ?? 'a header is damaged');
    isBehindEnd = false;
    if (header.type === 'x' || header.type === 'g' || header.type === 'L' || header.type === 'K') {
      const extra = await readExtra(input, header);
      if (header.type === 'x') own = readPax(extra);
      else if (header.type === 'g') global = new Map([...global, ...readPax(extra)]);
      else if (header.type === 'L') longName = nulEnded(extra);
      else longLink = nulEnded(extra);
      continue;
    }
    if (header.hasMoreMap) await passMap(input);
    const said = (key: string): string | undefined => own.get(key) ?? global.get(key);
    const size = Number(said('size') ?? header.size);
    if (!Number.isSafeInteger(size) || size < 0) throw new BrokenTar('a size is damaged');
    const path = said('GNU.sparse.name') ?? said('path') ?? longName ?? header.name;
    const linkPath = said('linkpath') ?? longLink ?? header.linkName;
    const type = typeOf(header.type);
    // Of links and directories the size says nothing, but for those that list their files.
    const content = new Content(input, type === 'link' || header.type === '5' ? 0 : size);
    yield { path, type, size: content.size, ...(linkPath === '' ? {} : { linkPath }), content };
    await content.pass();
    [longName, longLink] = [undefined, undefined];
    own = new Map();
  }
}

function typeOf(flag: string): TarEntry['type'] {
  if (flag === '5' || flag === 'D') return 'directory';
  if (flag === '1' || flag === '2') return 'link';
  if (flag === '3' || flag === '4' || flag === '6') return 'special';
  // Also of types that are not known: POSIX has them taken for plain files.
  return 'file';
}

async function readExtra(input: BlockReader, { size }: TarHeader): Promise<Buffer> {
  if (size > MAX_EXTRA) throw new BrokenTar('a name is longer than any name');
  const padded = Math.ceil(size / BLOCK) * BLOCK;
  const bytes = await input.take(padded);
  if (bytes.length < size) throw new BrokenTar('it ends within a header');
  return bytes.subarray(0, size);
}

/** Blocks of GNU's sparse map: each says whether another follows. */
async function passMap(input: BlockReader): Promise<void> {
  for (;;) {
    const block = await input.take(BLOCK);
    if (block.length < BLOCK) throw new BrokenTar('it ends within a header');
    if (block[504] !== 1) return;
  }
}

function nulEnded(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

/** The content of one entry: pieces as they come. */
class Content implements AsyncIterable<Buffer> {
  readonly size: number;
  readonly #input: BlockReader;
  #left: number;
  #padding: number;

  constructor(input: BlockReader, size: number) {
    this.size = size;
    this.#input = input;
    this.#left = size;
    this.#padding = (BLOCK - (size % BLOCK)) % BLOCK;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    while (this.#left > 0) {
      const chunk = await this.#input.some(this.#left);
      if (chunk.length === 0) throw new BrokenTar('it ends within a member');
      this.#left -= chunk.length;
      yield chunk;
    }
  }

  /** Leaves what was not read. */
  async pass(): Promise<void> {
    for await (const chunk of this) void chunk;
    // The padding of the last member is often left out.
    await this.#input.take(this.#padding);
    this.#padding = 0;
  }
}

/** Takes chunks of any length apart into what is asked for. */
class BlockReader {
  readonly #chunks: AsyncIterator<Buffer> | Iterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer> | Iterable<Buffer>) {
    this.#chunks = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  /** Exactly `count` bytes, fewer at the end. */
  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let missing = count;
    while (missing > 0) {
      const part = await this.some(missing);
      if (part.length === 0) break;
      parts.push(part);
      missing -= part.length;
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  /** Between one and `most` bytes; none at the end. */
  async some(most: number): Promise<Buffer> {
    while (this.#held.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done === true) return this.#held;
      this.#held = value;
    }
    const part = this.#held.subarray(0, most);
    this.#held = this.#held.subarray(part.length);
    return part;
  }
}
