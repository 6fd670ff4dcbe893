import type { Tree } from '../formats/tree.ts';
import type { MapValue, Source, Value } from './value.ts';

/** What JSON or YAML says, as values that stand where they are read. */
export function valueIn(tree: Tree, source: Source): Value {
  const where = { source, start: tree.start, end: tree.end, pointer: tree.pointer };
  if (tree.type === 'list') return { kind: 'list', items: tree.items.filter(isSet).map((item) => valueIn(item, source)), where };
  if (tree.type === 'scalar') return { kind: 'text', text: tree.value, isLiteral: true, where };
  return mapOf(tree, source);
}

export function mapOf(tree: Tree, source: Source): MapValue {
  const entries = tree.type === 'mapping' ? tree.entries : [];
  return {
    kind: 'map',
    entries: entries.filter(({ value }) => isSet(value)).map(({ key, value }) => ({ key, value: valueIn(value, source) })),
    where: { source, start: tree.start, end: tree.end, pointer: tree.pointer },
  };
}

/** Not `null`, which both readers give as an empty text without quotes. */
function isSet(tree: Tree): boolean {
  return tree.type !== 'scalar' || tree.quoted || tree.value !== '';
}
