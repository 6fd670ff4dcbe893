import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { LineIndex } from '../files/location.ts';
import { type Entry, pointerTo, type Tree } from './tree.ts';

export interface JsonFile {
  readonly root: Tree | undefined;
  /** What could not be read, with the line; empty when all of it was. */
  readonly problems: readonly string[];
  /** 1-based. */
  position(offset: number): { line: number; column: number };
}

const MAX_DEPTH = 200;

/** Reads JSON, with comments and trailing commas where they stand. Never throws: of a broken text what can be read is given. */
export function readJson(text: string): JsonFile {
  const lines = new LineIndex(text);
  const position = (offset: number) => lines.at(offset);
  if (isTooDeep(text)) return { root: undefined, problems: [`nested more than ${MAX_DEPTH} levels deep`], position };
  const errors: ParseError[] = [];
  const node = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  const first = errors[0];
  const problems =
    first === undefined ? [] : [`not valid JSON at line ${position(first.offset).line} (${printParseErrorCode(first.error)})`];
  return { root: node === undefined ? undefined : build(node, ''), problems, position };
}

/** The parser recurses. Brackets in strings count too: no file that people write comes near. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 123 || code === 91) depth += 1;
    else if (code === 125 || code === 93) depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

function build(node: Node, pointer: string): Tree {
  const [start, end] = [node.offset, node.offset + node.length];
  if (node.type === 'object') {
    const entries: Entry[] = [];
    for (const property of node.children ?? []) {
      const [key, value] = property.children ?? [];
      if (key === undefined || value === undefined) continue;
      const name = String(key.value);
      entries.push({ key: name, value: build(value, pointerTo(pointer, name)) });
    }
    return { type: 'mapping', entries, start, end, pointer };
  }
  if (node.type === 'array') {
    return {
      type: 'list',
      items: (node.children ?? []).map((item, index) => build(item, `${pointer}[${index}]`)),
      start,
      end,
      pointer,
    };
  }
  const value = node.value === null || node.value === undefined ? '' : String(node.value);
  return { type: 'scalar', value, quoted: node.type === 'string', start, end, pointer };
}
