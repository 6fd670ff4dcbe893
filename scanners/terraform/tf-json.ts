import type { HclFile } from '../../src/formats/hcl/read.ts';
import { readTemplate } from '../../src/formats/hcl/read.ts';
import type { Attribute, Block, Body, Expression } from '../../src/formats/hcl/syntax.ts';
import { readJson } from '../../src/formats/json.ts';
import { type Entry, entriesOf, type Tree } from '../../src/formats/tree.ts';

/** How many keys of a block type are its labels. https://developer.hashicorp.com/terraform/language/syntax/json */
const LABELS: { readonly [type: string]: number } = {
  resource: 2,
  data: 2,
  ephemeral: 2,
  module: 1,
  variable: 1,
  output: 1,
  provider: 1,
  locals: 0,
  terraform: 0,
};

/** Terraform's JSON syntax as the same blocks. Nested blocks are objects there, and stay attributes. */
export function readTfJson(text: string, isValues: boolean): HclFile {
  const { root, problems, position } = readJson(text);
  const attributes: Attribute[] = [];
  const blocks: Block[] = [];
  for (const entry of entriesOf(root)) {
    const labels = isValues ? undefined : LABELS[entry.key];
    if (labels === undefined) attributes.push(attributeOf(entry));
    else blocks.push(...blocksOf(entry.key, entry.value, labels, []));
  }
  return { body: { attributes, blocks }, problems, position };
}

function blocksOf(type: string, tree: Tree, left: number, labels: readonly string[]): Block[] {
  if (tree.type === 'list') return tree.items.flatMap((item) => blocksOf(type, item, left, labels));
  if (tree.type !== 'mapping') return [];
  if (left > 0) return tree.entries.flatMap(({ key, value }) => blocksOf(type, value, left - 1, [...labels, key]));
  const body: Body = { attributes: tree.entries.map(attributeOf), blocks: [] };
  return [{ type, labels, body, start: tree.start, end: tree.end }];
}

function attributeOf({ key, value }: Entry): Attribute {
  return { name: key, value: expressionOf(value), start: value.start, end: value.end };
}

function expressionOf(tree: Tree): Expression {
  const { start, end } = tree;
  if (tree.type === 'list') return { kind: 'list', items: tree.items.map(expressionOf), start, end };
  if (tree.type === 'mapping') {
    const entries = tree.entries.map(({ key, value }) => ({
      key: { kind: 'literal' as const, value: key, start: value.start, end: value.start },
      value: expressionOf(value),
    }));
    return { kind: 'object', entries, start, end };
  }
  if (!tree.quoted) {
    const value = tree.value === 'true' ? true : tree.value === 'false' ? false : tree.value === '' ? null : Number(tree.value);
    return { kind: 'literal', value, start, end };
  }
  if (!/[$%]\{/.test(tree.value)) return { kind: 'literal', value: tree.value, start, end };
  const read = readTemplate(tree.value, start);
  return read === undefined ? { kind: 'literal', value: tree.value, start, end } : { ...moved(read, start, end), start, end };
}

/** Offsets in the template become those of the JSON; escapes before them make them a little early, never past its end. */
function moved(node: Expression, start: number, end: number): Expression {
  return JSON.parse(JSON.stringify(node), (key, value) =>
    key === 'start' || key === 'end' ? Math.min(end, start + 1 + Number(value)) : value,
  );
}
