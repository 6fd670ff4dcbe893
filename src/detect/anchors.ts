import { createHash } from 'node:crypto';
import { anchorsOf, type RuleRef } from './compile.ts';
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

const LETTERS = Uint8Array.from({ length: 256 }, (_, byte) => (/[A-Za-z]/.test(String.fromCharCode(byte)) ? 1 : 0));

/** Plans the search for a pack. The tables come from the image that was built with the package, where it was made of the same. */
export function planSearch(pack: Pack, rules: readonly RuleRef[], withSecretlint: boolean, image?: string): SearchPlan {
  const strong = strongAnchors(pack.detectors);
  const read = readImage(keyOf(pack, withSecretlint), image);
  if (read !== undefined) {
    const hidden = JSON.parse(read.notes) as HiddenAnchor[];
    return { uses: usesOf(rules, withSecretlint, hidden), strong, tables: read };
  }
  const hidden = hiddenAnchors(strong);
  return { uses: usesOf(rules, withSecretlint, hidden), strong, tables: layTables(allAnchors(pack, withSecretlint, hidden)) };
}

/** The tables of a pack as the build writes them. */
export function searchImage(pack: Pack): Buffer {
  const hidden = hiddenAnchors(strongAnchors(pack.detectors));
  const tables = layTables(allAnchors(pack, true, hidden));
  const notes = hidden.map(({ text, trick, phase }) => ({ text, trick, phase }));
  return writeImage(tables, keyOf(pack, true), JSON.stringify(notes));
}

/** What the tables are made from: the pack and, as the image is built with it, this code. */
function keyOf(pack: Pack, withSecretlint: boolean): Buffer {
  const key = createHash('sha256').update(JSON.stringify([FORMAT, pack.hash, withSecretlint]));
  for (const { keywords } of pack.detectors) key.update(`${keywords.join('\0')}\n`);
  return key.digest();
}

/** In the order of `usesOf`. */
function allAnchors(pack: Pack, withSecretlint: boolean, hidden: readonly HiddenAnchor[]): Anchor[] {
  const anchors = pack.detectors.flatMap(anchorsOf);
  for (const lints of withSecretlint ? lintAnchors().values() : []) {
    for (const { text, isToken } of lints) anchors.push(isToken ? { text, isExact: true, notBefore: LETTERS } : { text });
  }
  return [...anchors, ...hidden];
}

function usesOf(rules: readonly RuleRef[], withSecretlint: boolean, hidden: readonly HiddenAnchor[]): Use[] {
  const uses: Use[] = [];
  for (const rule of rules) for (const _ of rule.detector.keywords) uses.push({ kind: 'rule', rule });
  for (const [name, lints] of withSecretlint ? lintAnchors() : []) {
    for (const { text, follows } of lints) uses.push({ kind: 'lint', name, follows, length: text.length });
  }
  for (const anchor of hidden) uses.push({ kind: 'hidden', anchor });
  return uses;
}
