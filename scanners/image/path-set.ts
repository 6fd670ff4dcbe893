/**
 * Paths of a layer, to tell which file lies over which: by a hash of 52 bits, for a layer may have a million of them. Two
 * that look alike would have one said to be replaced: at a million paths, with a chance of one in ten thousand.
 */
export class PathSet {
  readonly #hashes = new Set<number>();

  add(path: string): void {
    if (this.#hashes.size < MOST) this.#hashes.add(hashOf(path));
  }

  has(path: string): boolean {
    return this.#hashes.has(hashOf(path));
  }
}

const MOST = 4_000_000;

function hashOf(text: string): number {
  let [a, b] = [0x811c9dc5, 0x9e3779b9];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b) + 0x6b43a9b5;
  }
  return (a >>> 6) * 2 ** 26 + ((b ^ (b >>> 15)) >>> 6);
}
