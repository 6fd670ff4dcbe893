import { isTarHeader } from './tar-header.ts';

/** Known by what they begin with, never by name. */
export type ArchiveKind = 'zip' | 'tar' | Compression | Unread;
/** One stream, in which a tar may be. */
export type Compression = 'gzip' | 'zstd';
/** Recognised, but not unpacked. */
export type Unread = 'bzip2' | 'xz' | '7z' | 'rar' | 'lz4' | 'zip part';

/** So much of the front tells the kind. */
export const HEAD = 512;

const MAGIC: readonly (readonly [ArchiveKind, readonly number[]])[] = [
  ['zip', [0x50, 0x4b, 3, 4]],
  ['zip', [0x50, 0x4b, 5, 6]],
  ['zip part', [0x50, 0x4b, 7, 8]],
  ['gzip', [0x1f, 0x8b, 8]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
  ['7z', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['rar', [0x52, 0x61, 0x72, 0x21, 0x1a, 7]],
  ['lz4', [4, 0x22, 0x4d, 0x18]],
];

export function archiveKind(head: Uint8Array): ArchiveKind | undefined {
  for (const [kind, magic] of MAGIC) {
    if (!magic.every((byte, index) => head[index] === byte)) continue;
    // `BZh` begins words too: a level, then the magic number of a block.
    if (kind === 'bzip2' && !(isDigit(head[3]) && head[4] === 0x31 && head[5] === 0x41)) continue;
    return kind;
  }
  return isTarHeader(head) ? 'tar' : undefined;
}

export function isUnread(kind: ArchiveKind): kind is Unread {
  return kind !== 'zip' && kind !== 'tar' && kind !== 'gzip' && kind !== 'zstd';
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x31 && byte <= 0x39;
}
