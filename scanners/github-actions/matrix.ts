import { entriesOf, get, itemsOf, type Tree, textsOf } from '../../src/formats/tree.ts';
import { findExpressions } from './expression.ts';

/** Values of a job's matrix by name, as far as they stand in the file. */
export type Matrix = ReadonlyMap<string, readonly string[]>;

const MAX_VALUES = 50;

export function readMatrix(job: Tree): Matrix {
  const matrix = get(get(job, 'strategy'), 'matrix');
  const values = new Map<string, string[]>();
  const add = (name: string, found: readonly string[]) => {
    if (found.length > 0) values.set(name, [...new Set([...(values.get(name) ?? []), ...found])].slice(0, MAX_VALUES));
  };
  for (const { key, value } of entriesOf(matrix)) {
    if (key === 'exclude') continue;
    if (key !== 'include') add(key, textsOf(value));
    else for (const item of itemsOf(value)) for (const entry of entriesOf(item)) add(entry.key, textsOf(entry.value));
  }
  return values;
}

/** Every text that `${{ matrix.X }}` and `${{ inputs.X }}` can make of this one; none where something else must be worked out. */
export function possibleTexts(text: string, matrix: Matrix, choices: Matrix): string[] {
  let texts = [''];
  let from = 0;
  for (const { start, end, body } of findExpressions(text)) {
    const { name, input } =
      /^\s*(?:matrix\.(?<name>[\w-]+)|(?:github\.event\.)?inputs\.(?<input>[\w-]+))\s*$/.exec(body)?.groups ?? {};
    const values = name !== undefined ? matrix.get(name) : input !== undefined ? choices.get(input) : undefined;
    if (values === undefined || values.length === 0 || values.some((value) => value.includes('${{'))) return [];
    const before = text.slice(from, start);
    texts = texts.flatMap((known) => values.map((value) => known + before + value)).slice(0, MAX_VALUES);
    from = end;
  }
  return texts.map((known) => known + text.slice(from));
}

/** The input of `workflow_dispatch` or of the caller that a text is made of. */
export function inputIn(text: string): string | undefined {
  for (const { body } of findExpressions(text)) {
    const name = /\b(?:github\.event\.)?inputs\.(?<name>[\w-]+)/.exec(body)?.groups?.name;
    if (name !== undefined) return name;
  }
  return undefined;
}
