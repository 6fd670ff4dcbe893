import { runFor } from './guard.ts';
import { type Node, parseRe2 } from './re2-parse.ts';
import { pairsOf, type Runes } from './runes.ts';

/** What a regex that backtracks without end cannot do with a text of a few hundred characters. */
const LIMIT = 300;
const TURNS = 60;
const MOST_TEXTS = 12;

/**
 * Tries a regex with repeats in repeats on texts made for it: what leads to the repeat, the repeat many times over, and
 * something that cannot follow. The text on which it does not end, if there is one.
 */
export function findEndless(pattern: string, source: string): string | undefined {
  const texts = new Set<string>();
  collect(parseRe2(pattern).root, '', texts);
  const regex = new RegExp(source, 'u');
  for (const text of [...texts].slice(0, MOST_TEXTS)) {
    const isDone = runFor(LIMIT, () => {
      regex.test(text);
    });
    if (!isDone) return text;
  }
  return undefined;
}

function collect(node: Node, prefix: string, texts: Set<string>): void {
  switch (node.kind) {
    case 'repeat': {
      for (const body of samples(node.item))
        texts.add(`${prefix}${body.repeat(Math.ceil(TURNS / Math.max(1, body.length)))}\u0001`);
      collect(node.item, prefix, texts);
      return;
    }
    case 'group':
      collect(node.item, prefix, texts);
      return;
    case 'either':
      for (const item of node.items) collect(item, prefix, texts);
      return;
    case 'sequence': {
      let lead = prefix;
      for (const item of node.items) {
        collect(item, lead, texts);
        lead += samples(item)[0] ?? '';
      }
      return;
    }
  }
}

/** A few short texts that a node matches. */
function samples(node: Node): readonly string[] {
  switch (node.kind) {
    case 'set':
      return [sampleOf(node.runes)];
    case 'group':
      return samples(node.item);
    case 'either':
      return node.items.slice(0, 4).map((item) => samples(item)[0] ?? '');
    case 'sequence':
      return [node.items.map((item) => samples(item)[0] ?? '').join('')];
    case 'repeat':
      return samples(node.item).map((text) => text.repeat(Math.min(1000, Math.max(1, node.min))));
    default:
      return [''];
  }
}

function sampleOf(runes: Runes): string {
  const pairs = pairsOf(runes);
  // A letter rather than a control character: other classes are likelier to hold it too.
  const [from] = pairs.find(([low, high]) => low <= 97 && 97 <= high) === undefined ? (pairs[0] ?? [0]) : [97];
  return runes.length === 0 ? '' : String.fromCodePoint(from);
}
