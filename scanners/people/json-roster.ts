import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { isWrapper } from './json-header.ts';
import type { Problem, Row, Table } from './table.ts';

/** People of a JSON file: a list of objects, or an object with one such list (`{"employees": [...]}`). */
export function readJsonRoster(text: string): Table {
  const errors: ParseError[] = [];
  const problems: Problem[] = [];
  const lineOf = lineCounter(text);
  let root: Node | undefined;
  try {
    root = parseTree(text, errors, { disallowComments: true });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { rows: [], problems: [{ line: 1, why: 'it is nested too deeply' }] };
  }
  const rows: Row[] = [];
  for (const node of listOf(root)?.children ?? []) {
    const line = lineOf(node.offset);
    if (node.type === 'object') rows.push({ line, cells: cellsOf(node) });
    else problems.push({ line, why: 'it is no object' });
  }
  const first = errors[0];
  if (first !== undefined) {
    problems.push({ line: lineOf(first.offset), why: `it is not valid JSON (${printParseErrorCode(first.error)})` });
  }
  return { rows, problems };
}

function listOf(root: Node | undefined): Node | undefined {
  if (root?.type === 'array') return root;
  for (const property of root?.type === 'object' ? (root.children ?? []) : []) {
    const [key, value] = property.children ?? [];
    if (isWrapper(String(key?.value)) && value?.type === 'array') return value;
  }
  return undefined;
}

/** Flat cells; of `{"manager": {"email": …}}` and the like only the scalar fields are of use. */
function cellsOf(node: Node): [string, unknown][] {
  const cells: [string, unknown][] = [];
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key === undefined) continue;
    const isScalar = value !== undefined && value.type !== 'object' && value.type !== 'array';
    cells.push([String(key.value), isScalar ? value.value : undefined]);
  }
  return cells;
}

/** 1-based line of an offset; offsets are asked in rising order. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let at = 0;
  return (offset) => {
    if (offset < at) {
      line = 1;
      at = 0;
    }
    for (let next = text.indexOf('\n', at); next >= 0 && next < offset; next = text.indexOf('\n', at)) {
      line += 1;
      at = next + 1;
    }
    return line;
  };
}
