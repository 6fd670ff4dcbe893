import type { CiVariable, Position } from '../../src/ci/model.ts';
import { entriesOf, get, type Tree } from '../../src/formats/tree.ts';

/** `NAME: value` and `NAME: {value: …, description: …}`. */
export function variablesOf(tree: Tree | undefined, position: Position): CiVariable[] {
  return entriesOf(tree).flatMap(({ key, value }): CiVariable[] => {
    const scalar = value.type === 'mapping' ? get(value, 'value') : value;
    return scalar?.type === 'scalar' ? [{ name: key, value: scalar, position }] : [];
  });
}
