import { crc32, deflateRawSync } from 'node:zlib';

/** Archives made for tests, well formed or hostile on purpose. */
export interface ZipPart {
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly method?: 0 | 8 | 14;
  readonly isEncrypted?: boolean;
  /** Unix mode, for links. */
  readonly mode?: number;
  /** What the directory says of the unpacked size. */
  readonly claimedSize?: number;
  /** Sizes stand behind the content, as a writer does that streams. */
  readonly hasDescriptor?: boolean;
  /** Its content is that of the first part. */
  readonly isOverlapping?: boolean;
  /** Sizes and offset in a zip64 extra field. */
  readonly isZip64?: boolean;
}

export function makeZip(parts: readonly ZipPart[]): Buffer {
  const pieces: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  let first = 0;
  for (const [index, part] of parts.entries()) {
    const raw = Buffer.from(part.content);
    const method = part.method ?? 8;
    const packed = method === 8 ? deflateRawSync(raw) : raw;
    const name = Buffer.from(part.name);
    const flags = (part.isEncrypted === true ? 1 : 0) | (part.hasDescriptor === true ? 8 : 0) | 0x800;
    const start = part.isOverlapping === true ? first : at;
    const size = part.claimedSize ?? raw.length;
    if (index === 0) first = at;
    if (part.isOverlapping !== true) {
      const inHeader = part.hasDescriptor === true ? [0, 0, 0] : [crc32(raw), packed.length, raw.length];
      const header = words('4 2 2 2 4 4 4 4 2 2', [0x04034b50, 20, flags, method, 0, ...inHeader, name.length, 0]);
      const descriptor =
        part.hasDescriptor === true ? words('4 4 4 4', [0x08074b50, crc32(raw), packed.length, raw.length]) : Buffer.alloc(0);
      const piece = Buffer.concat([header, name, packed, descriptor]);
      pieces.push(piece);
      at += piece.length;
    }
    const isZip64 = part.isZip64 === true;
    const extra = isZip64
      ? Buffer.concat([words('2 2', [1, 24]), ...[size, packed.length, start].map((value) => words('4 4', [value, 0]))])
      : Buffer.alloc(0);
    const shown = isZip64 ? [0xffffffff, 0xffffffff] : [packed.length, size];
    directory.push(
      words('4 2 2 2 2 4 4 4 4 2 2 2 2 2 4 4', [
        ...[0x02014b50, 0x0314, 20, flags, method, 0, crc32(raw), ...shown, name.length, extra.length],
        ...[0, 0, 0, ((part.mode ?? 0o100644) << 16) >>> 0, isZip64 ? 0xffffffff : start],
      ]),
      name,
      extra,
    );
  }
  const listing = Buffer.concat(directory);
  return Buffer.concat([
    ...pieces,
    listing,
    words('4 2 2 2 2 4 4 2', [0x06054b50, 0, 0, parts.length, parts.length, listing.length, at, 0]),
  ]);
}

/** Numbers, least byte first, each of so many bytes. */
function words(sizes: string, values: readonly number[]): Buffer {
  return Buffer.concat(
    sizes.split(' ').map((size, index) => {
      const bytes = Buffer.alloc(Number(size));
      bytes.writeUIntLE(values[index] ?? 0, 0, Number(size));
      return bytes;
    }),
  );
}

export interface TarPart {
  readonly name: string;
  readonly content?: string | Uint8Array;
  readonly type?: string;
  readonly linkName?: string;
  readonly claimedSize?: number;
}

export function makeTar(parts: readonly TarPart[]): Buffer {
  const pieces = parts.flatMap((part) => tarMember(part));
  return Buffer.concat([...pieces, Buffer.alloc(1024)]);
}

/** A member whose name stands in a pax header, or in GNU's long name. */
export function withLongName(kind: 'pax' | 'gnu', name: string, content: string): Buffer[] {
  const record = ` path=${name}\n`;
  let length = Buffer.byteLength(record) + 1;
  while (`${length}`.length + Buffer.byteLength(record) !== length) length++;
  const head =
    kind === 'pax'
      ? tarMember({ name: 'PaxHeaders/x', type: 'x', content: `${length}${record}` })
      : tarMember({ name: '././@LongLink', type: 'L', content: `${name}\0` });
  return [...head, ...tarMember({ name: name.slice(0, 90), content })];
}

export function tarMember({ name, content = '', type = '0', linkName = '', claimedSize }: TarPart): Buffer[] {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(512);
  header.write(name.slice(0, 100), 0);
  header.write('0000644\0', 100);
  header.write(`${(claimedSize ?? bytes.length).toString(8).padStart(11, '0')}\0`, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(linkName, 157);
  header.write('ustar\x0000', 257);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
}
