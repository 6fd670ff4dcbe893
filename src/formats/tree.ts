/** A document (YAML, JSON, TOML …) as plain nodes that know where they stand. Keys stay in lists: `__proto__` is a key like any other. */
export type Tree = Scalar | Mapping | List;

interface Placed {
  /** Offsets in the text; of the anchor's node where an alias stands. */
  readonly start: number;
  readonly end: number;
  /** `jobs.deploy.steps[2].env.AWS_KEY` */
  readonly pointer: string;
  /** A tag of the document's own, as written: `!Ref`, `!reference`, `!vault`. */
  readonly tag?: string;
}

export interface Scalar extends Placed {
  readonly type: 'scalar';
  readonly value: string;
  readonly quoted: boolean;
}

export interface Mapping extends Placed {
  readonly type: 'mapping';
  readonly entries: readonly Entry[];
}

export interface List extends Placed {
  readonly type: 'list';
  readonly items: readonly Tree[];
}

export interface Entry {
  readonly key: string;
  readonly value: Tree;
}

export function entriesOf(tree: Tree | undefined): readonly Entry[] {
  return tree?.type === 'mapping' ? tree.entries : [];
}

export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  return tree?.type === 'list' ? tree.items : [];
}

/** The value of a key; of a repeated one the last, as most readers have it. */
export function get(tree: Tree | undefined, key: string): Tree | undefined {
  return entriesOf(tree).findLast((entry) => entry.key === key)?.value;
}

export function textOf(tree: Tree | undefined): string | undefined {
  return tree?.type === 'scalar' ? tree.value : undefined;
}

/** A string, or a list of strings. */
export function textsOf(tree: Tree | undefined): string[] {
  const single = textOf(tree);
  if (single !== undefined) return single === '' ? [] : [single];
  return itemsOf(tree).flatMap((item) => (item.type === 'scalar' && item.value !== '' ? [item.value] : []));
}

/** Every scalar below, with the key it stands under. Recursion is bounded by `MAX_DEPTH`. */
export function* scalarsOf(tree: Tree | undefined, key = ''): Generator<{ readonly key: string; readonly scalar: Scalar }> {
  if (tree === undefined) return;
  if (tree.type === 'scalar') yield { key, scalar: tree };
  else if (tree.type === 'list') for (const item of tree.items) yield* scalarsOf(item, key);
  else for (const entry of tree.entries) yield* scalarsOf(entry.value, entry.key);
}

export function pointerTo(pointer: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${pointer}[${JSON.stringify(key)}]`;
  return pointer === '' ? key : `${pointer}.${key}`;
}

/** Every scalar below, in the order of the text: for `scalarAt`. */
export function sortedScalars(tree: Tree | undefined): Scalar[] {
  return [...scalarsOf(tree)].map(({ scalar }) => scalar).sort((a, b) => a.start - b.start);
}

/** The scalar that an offset stands in; `scalars` are sorted by their start. */
export function scalarAt(scalars: readonly Scalar[], offset: number): Scalar | undefined {
  let [low, high] = [0, scalars.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((scalars[middle]?.start ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const scalar = scalars[low];
  return scalar !== undefined && offset >= scalar.start && offset < scalar.end ? scalar : undefined;
}
