import { type Entry, get, itemsOf, type Tree, textOf } from '../../src/formats/tree.ts';

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-transform.html

/** Parts of a template that its loops make, together. */
const MAX_MADE = 2000;
const MAX_NODES = 200_000;
const MAX_DEPTH = 60;

/** Transforms that make nothing that is not read: loops are, and what SAM makes of functions. */
const READ =
  /^AWS::(?:LanguageExtensions|Serverless-2016-10-31|SecretsManager-2020-07-23|SecretsManager-2024-09-16|CodeDeployBlueGreen)$/;

export interface Expanded {
  readonly root: Tree | undefined;
  /** `User${Name}` of the key `Usera` that was made of it. */
  readonly writtenAs: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
}

/** A template with its loops over known names put out in full; what macros and includes may add is said. */
export function expandLoops(root: Tree | undefined, text: string): Expanded {
  const writtenAs = new Map<string, string>();
  const problems = new Set<string>();
  for (const name of transformsOf(get(root, 'Transform')))
    if (!READ.test(name)) problems.add(`${name.slice(0, 80)} may make more than the template shows`);
  if (!/Fn::(?:ForEach|Transform)|!Transform/.test(text)) return { root, writtenAs, problems: [...problems] };

  let [made, nodes] = [0, 0];
  const parameters = get(root, 'Parameters');

  function expand(tree: Tree, names: ReadonlyMap<string, string>, depth: number): Tree {
    nodes += 1;
    if (nodes > MAX_NODES || depth > MAX_DEPTH) {
      problems.add('its loops make too much: not all of it was read');
      return tree;
    }
    if (tree.tag === '!Transform') include(tree);
    if (tree.type === 'scalar') {
      const named = tree.tag === '!Ref' ? names.get(tree.value) : undefined;
      if (named !== undefined) return plain(tree, named);
      return tree.value.includes('{') ? { ...tree, value: filled(tree.value, names) } : tree;
    }
    if (tree.type === 'list') return { ...tree, items: tree.items.map((item) => expand(item, names, depth + 1)) };
    const [only] = tree.entries;
    const referred = tree.entries.length === 1 && only?.key === 'Ref' ? names.get(textOf(only.value) ?? '') : undefined;
    if (referred !== undefined) return plain(tree, referred);
    return { ...tree, entries: tree.entries.flatMap((entry) => expandEntry(entry, names, depth)) };
  }

  function expandEntry({ key, value }: Entry, names: ReadonlyMap<string, string>, depth: number): Entry[] {
    if (key === 'Fn::Transform') include(value);
    if (!key.startsWith('Fn::ForEach::')) {
      const name = filled(key, names);
      if (name !== key) writtenAs.set(name, key);
      return [{ key: name, value: expand(value, names, depth + 1) }];
    }
    const [name, over, body] = itemsOf(value);
    const all = valuesOf(over, names);
    const loop = textOf(name);
    if (loop === undefined || all === undefined || body?.type !== 'mapping') {
      problems.add(`what ${key.slice(0, 80)} goes over is not known: what it makes was not read`);
      return [];
    }
    const entries: Entry[] = [];
    for (const each of all) {
      made += body.entries.length;
      if (made > MAX_MADE) {
        problems.add('its loops make too much: not all of it was read');
        break;
      }
      const inner = new Map([...names, [loop, each]]);
      for (const entry of body.entries) entries.push(...expandEntry(entry, inner, depth + 1));
    }
    return entries;
  }

  /** A list of words, or a parameter with such a list as its default. */
  function valuesOf(tree: Tree | undefined, names: ReadonlyMap<string, string>): string[] | undefined {
    const referred = tree?.tag === '!Ref' ? textOf(tree) : textOf(get(tree, 'Ref'));
    if (referred !== undefined) {
      const byDefault = textOf(get(get(parameters, referred), 'Default'));
      return byDefault?.split(',').map((one) => one.trim());
    }
    if (tree?.type !== 'list') return undefined;
    const all = tree.items.map((item) => {
      const worked = expand(item, names, MAX_DEPTH - 2);
      return worked.tag === undefined && !textOf(worked)?.includes('${') ? textOf(worked) : undefined;
    });
    return all.some((one) => one === undefined) ? undefined : all.filter((one) => one !== undefined);
  }

  function include(tree: Tree): void {
    const name = textOf(get(tree, 'Name')) ?? 'a macro';
    problems.add(`what ${name.slice(0, 80)} brings in was not read`);
  }

  return { root: root === undefined ? undefined : expand(root, new Map(), 0), writtenAs, problems: [...problems] };
}

/** `AWS::Include`, or `{Name: AWS::Include, …}`, or a list of them. */
function transformsOf(tree: Tree | undefined): string[] {
  const all = tree?.type === 'list' ? itemsOf(tree) : tree === undefined ? [] : [tree];
  return all.flatMap((one) => textOf(one) ?? textOf(get(one, 'Name')) ?? []);
}

/** `${Name}`, or `&{Name}` for what is to be letters and digits alone. */
function filled(text: string, names: ReadonlyMap<string, string>): string {
  if (names.size === 0) return text;
  return text.replace(/(?<sign>[$&])\{(?<name>\w+)\}/g, (whole, sign: string, name: string) => {
    const value = names.get(name);
    if (value === undefined) return whole;
    return sign === '&' ? value.replace(/[^A-Za-z0-9]/g, '') : value;
  });
}

function plain({ start, end, pointer }: Tree, value: string): Tree {
  return { type: 'scalar', value, quoted: true, start, end, pointer };
}
