import type { Search } from './file-scan.ts';
import { mayHide } from './hidden/triggers.ts';
import { beginPass, mayMatch } from './match.ts';

const ROOM = 4096;
const LONG_WORD = /[A-Za-z0-9_-]{16,}/;

/**
 * Could a detector that is no guess match in a short text? Told by the anchors alone, without a regex: of a name it takes
 * 0.3 µs, where a whole search takes ten. Once, to be kept.
 */
export function mayHoldTest({ imports, kernel, splits, uses }: Search): (text: string) => boolean {
  const room = Buffer.allocUnsafeSlow(ROOM);
  return (text) => {
    // Rules of other tools have anchors of their own.
    if (imports !== undefined && LONG_WORD.test(text)) return true;
    // No unit of UTF-16 takes more than three bytes.
    const bytes = text.length * 3 > ROOM ? Buffer.from(text, 'utf8') : room.subarray(0, room.write(text));
    const hits = kernel.scan(bytes, 0, bytes.length);
    if (hits.count === 0) return false;
    beginPass();
    splits.begin();
    for (let index = 0; index < hits.count; index++) {
      const at = hits.starts[index] as number;
      const use = uses[hits.anchors[index] as number];
      if (use?.kind === 'rule') {
        if (!use.rule.isGeneric && mayMatch(use.rule.rule, bytes, at, 0, bytes.length)) return true;
      } else if (use?.kind === 'hidden' && mayHide(use.anchor, bytes, at, splits)) return true;
    }
    return false;
  };
}
