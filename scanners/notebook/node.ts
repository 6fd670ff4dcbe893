import type { Node } from 'jsonc-parser';

/** Keys and values of an object; a repeated key more than once. */
export function entries(node: Node): [string, Node][] {
  const found: [string, Node][] = [];
  if (node.type !== 'object') return found;
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key !== undefined && value !== undefined) found.push([String(key.value), value]);
  }
  return found;
}

export function stringOf(node: Node, key: string): string | undefined {
  for (const [name, value] of entries(node)) if (name === key && value.type === 'string') return value.value;
  return undefined;
}
