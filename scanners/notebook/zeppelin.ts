import type { Node } from 'jsonc-parser';
import type { RawText } from './decoded-text.ts';
import { namedValues } from './named-value.ts';
import { entries } from './node.ts';
import { addRendered, addText, type Notebook, type Reading } from './schema.ts';

/** https://zeppelin.apache.org/docs/latest/: `paragraphs` with `text` and `results.msg[].data` (before 0.8 `result.msg`). */
export function readZeppelin(root: Node | undefined, raw: RawText): Notebook {
  const reading: Reading = { raw, texts: [], media: 0 };
  const lists =
    root === undefined
      ? []
      : entries(root).flatMap(([key, value]) => (key === 'paragraphs' && value.type === 'array' ? [value] : []));
  let cells = 0;
  for (const list of lists) {
    for (const paragraph of list.children ?? []) {
      cells += 1;
      readParagraph(paragraph, cells, reading);
    }
  }
  if (root !== undefined) addRendered(root, new Set(lists), { part: 'metadata' }, reading);
  return { texts: reading.texts, cells, media: reading.media, hasCells: lists.length > 0 };
}

function readParagraph(node: Node, cell: number, reading: Reading): void {
  const known = new Set<Node>();
  for (const [key, value] of entries(node)) {
    if (key === 'text' && value.type === 'string') {
      known.add(value);
      const cellType = /^\s*%md\b/.test(String(value.value)) ? 'markdown' : 'code';
      addText(value, { cell, cellType, part: 'source' }, reading);
    }
    if (key === 'results' || key === 'result') {
      known.add(value);
      addRendered(value, new Set(), { cell, cellType: 'code', part: 'output' }, reading);
    }
  }
  addRendered(node, known, { cell, part: 'metadata' }, reading);
}

/**
 * `conf/interpreter.json` with the logins of databases and clusters that every note of a server runs with, and
 * `conf/credentials.json` with those of its users. https://zeppelin.apache.org/docs/latest/usage/interpreter/overview.html
 */
export function readZeppelinSettings(root: Node | undefined, raw: RawText): Notebook {
  const reading: Reading = { raw, texts: [], media: 0 };
  if (root !== undefined) addRendered(root, new Set(), { part: 'metadata' }, reading);
  const values = root === undefined ? [] : namedValues(root);
  return { texts: reading.texts, cells: 0, media: 0, hasCells: true, values };
}
