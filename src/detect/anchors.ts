import { createHash } from 'node:crypto';
import { anchorsOf, type RuleRef } from './compile.ts';
import type { Use } from './file-scan.ts';
import { hiddenAnchors, strongAnchors } from './hidden/anchors.ts';
import { readImage } from './kernel/image.ts';
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
  /** Names what the tables were made from: 32 bytes. */
  readonly key: Buffer;
}

const LETTERS = Uint8Array.from({ length: 256 }, (_, byte) => (/[A-Za-z]/.test(String.fromCharCode(byte)) ? 1 : 0));

/** Plans the search for a pack. The tables come from the image that was built with the package, where it was made of the same. */
export function planSearch(pack: Pack, rules: readonly RuleRef[], withSecretlint: boolean): SearchPlan {
  const uses: Use[] = [];
  /** Made only when the tables must be laid: what may surround a keyword is read from its pattern. */
  const later: (() => readonly Anchor[])[] = [];
  const key = createHash('sha256').update(JSON.stringify([FORMAT, pack.hash, withSecretlint]));
  for (const rule of rules) {
    for (const text of rule.detector.keywords) {
      key.update(`${text}\0`);
      uses.push({ kind: 'rule', rule });
    }
    later.push(() => anchorsOf(rule.detector));
  }
  for (const [name, lints] of withSecretlint ? lintAnchors() : []) {
    for (const { text, isToken, follows } of lints) {
      key.update(`${text}\0`);
      uses.push({ kind: 'lint', name, follows, length: text.length });
      later.push(() => [isToken ? { text, isExact: true, notBefore: LETTERS } : { text }]);
    }
  }
  const strong = strongAnchors(rules.map(({ detector }) => detector));
  for (const anchor of hiddenAnchors(strong)) {
    key.update(`${anchor.trick}${anchor.text}\0`);
    uses.push({ kind: 'hidden', anchor });
    later.push(() => [anchor]);
  }
  const name = key.digest();
  const tables = readImage(name) ?? layTables(later.flatMap((anchors) => anchors()));
  return { uses, strong, tables, key: name };
}
