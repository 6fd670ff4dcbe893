import { createHash } from 'node:crypto';
import { anchorsOf, type RuleRef, type Shape, wholeShape } from './compile.ts';
import type { Use } from './file-scan.ts';
import { type HiddenAnchor, hiddenAnchors, strongAnchors } from './hidden/anchors.ts';
import { readImage, writeImage } from './kernel/image.ts';
import { type Anchor, FORMAT, layTables, type Tables } from './kernel/tables.ts';
import type { Pack } from './pack.ts';
import { lintAnchors } from './secretlint.ts';

/** All there is to look for in one pass, and what each anchor is for. */
export interface SearchPlan {
  /** Per anchor. */
  readonly uses: readonly Use[];
  /** Beginnings of tokens that are looked for in other spellings too. */
  readonly strong: readonly string[];
  readonly tables: Tables;
}

/** Tells of comments that accept what follows; regions of a text are looked for only where it stands. */
const DIRECTIVE: Anchor = { text: 'secretlint-disable', isExact: true };
const LETTERS = Uint8Array.from({ length: 256 }, (_, byte) => (/[A-Za-z]/.test(String.fromCharCode(byte)) ? 1 : 0));

/** Plans the search for a pack. The tables come from the image that was built with the package, where it was made of the same. */
export function planSearch(pack: Pack, rules: readonly RuleRef[], withSecretlint: boolean, image?: string): SearchPlan {
  const read = readImage(keyOf(pack, withSecretlint), image);
  if (read !== undefined) {
    const { perRule, shapes, hidden, strong } = JSON.parse(read.notes) as Notes;
    for (const rule of rules) rule.foresee(shapes[rule.index]);
    return { uses: usesOf(rules, perRule, withSecretlint, hidden), strong, tables: read };
  }
  const anchors = pack.detectors.map(anchorsOf);
  const strong = strongAnchors(pack.detectors);
  const hidden = hiddenAnchors(strong);
  const perRule = anchors.map(({ length }) => length);
  const tables = layTables([...anchors.flat(), ...lintsOf(withSecretlint), ...hidden, DIRECTIVE]);
  return { uses: usesOf(rules, perRule, withSecretlint, hidden), strong, tables };
}

/** The tables of a pack as the build writes them. */
export function searchImage(pack: Pack): Buffer {
  const anchors = pack.detectors.map(anchorsOf);
  const strong = strongAnchors(pack.detectors);
  const hidden = hiddenAnchors(strong);
  const notes: Notes = {
    perRule: anchors.map(({ length }) => length),
    shapes: pack.detectors.map(wholeShape),
    strong,
    hidden: hidden.map(({ text, trick, phase }) => ({ text, trick, phase })),
  };
  const tables = layTables([...anchors.flat(), ...lintsOf(true), ...hidden, DIRECTIVE]);
  return writeImage(tables, keyOf(pack, true), JSON.stringify(notes));
}

/** What a start would have to work out from patterns. */
interface Notes {
  /** Number of anchors of each rule. */
  readonly perRule: readonly number[];
  readonly shapes: readonly Shape[];
  readonly strong: readonly string[];
  readonly hidden: readonly HiddenAnchor[];
}

/** What the tables are made from: the pack and, as the image is built with it, this code. */
function keyOf(pack: Pack, withSecretlint: boolean): Buffer {
  const key = createHash('sha256').update(JSON.stringify([FORMAT, pack.hash, withSecretlint]));
  const texts = pack.detectors.map(({ keywords, pattern }) => [pattern, ...keywords].join('\0'));
  return key.update(texts.join('\n')).digest();
}

function lintsOf(withSecretlint: boolean): Anchor[] {
  if (!withSecretlint) return [];
  return [...lintAnchors().values()].flatMap((lints) =>
    lints.map(({ text, isToken }) => (isToken ? { text, isExact: true, notBefore: LETTERS } : { text })),
  );
}

/** In the order of the anchors: of rules, of lints, hidden ones, the directive. */
function usesOf(
  rules: readonly RuleRef[],
  perRule: readonly number[],
  withSecretlint: boolean,
  hidden: readonly HiddenAnchor[],
): Use[] {
  const uses: Use[] = [];
  for (const rule of rules) {
    const use: Use = { kind: 'rule', rule };
    for (let count = perRule[rule.index] ?? 0; count > 0; count--) uses.push(use);
  }
  for (const [name, lints] of withSecretlint ? lintAnchors() : []) {
    for (const { text, follows } of lints) uses.push({ kind: 'lint', name, follows, length: text.length });
  }
  for (const anchor of hidden) uses.push({ kind: 'hidden', anchor });
  uses.push({ kind: 'directive' });
  return uses;
}
