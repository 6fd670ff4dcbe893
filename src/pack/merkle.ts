import { createHash } from 'node:crypto';

/**
 * The tree of RFC 9162 (2.1): a leaf is SHA-256(0x00 ‖ text), a node SHA-256(0x01 ‖ left ‖ right), and the left side of `n` leaves
 * has the largest power of two below `n`. So no node passes for a leaf, and one leaf can be shown to be in a tree without the
 * others. https://www.rfc-editor.org/rfc/rfc9162#section-2.1
 */
export function leafHash(text: string | Uint8Array): Buffer {
  return createHash('sha256').update(LEAF).update(text).digest();
}

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(NODE).update(left).update(right).digest();
}

export function merkleRoot(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return createHash('sha256').digest();
  if (leaves.length === 1) return only;
  const split = largestPowerBelow(leaves.length);
  return nodeHash(merkleRoot(leaves.slice(0, split)), merkleRoot(leaves.slice(split)));
}

/** Hashes beside the way from a leaf to the root, nearest first. */
export function merklePath(leaves: readonly Buffer[], index: number): readonly Buffer[] {
  if (leaves.length <= 1) return [];
  const split = largestPowerBelow(leaves.length);
  return index < split
    ? [...merklePath(leaves.slice(0, split), index), merkleRoot(leaves.slice(split))]
    : [...merklePath(leaves.slice(split), index - split), merkleRoot(leaves.slice(0, split))];
}

/** The root to which a leaf at `index` of `size` leads by a path; `undefined` where the path is not of that place. RFC 9162, 2.1.3.2. */
export function rootOf(leaf: Buffer, index: number, size: number, path: readonly Buffer[]): Buffer | undefined {
  if (index >= size) return undefined;
  let [at, last, hash] = [index, size - 1, leaf];
  for (const beside of path) {
    if (last === 0) return undefined;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(beside, hash);
      while (at % 2 === 0 && at !== 0) {
        at = Math.floor(at / 2);
        last = Math.floor(last / 2);
      }
    } else hash = nodeHash(hash, beside);
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? hash : undefined;
}

function largestPowerBelow(n: number): number {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
}
