import { entriesOf, get, itemsOf, type Scalar, type Tree, textOf } from '../formats/tree.ts';
import type { CiJob, CiStep, CiVariable, Part, Position } from './model.ts';

/** A job of which only some is known. */
export function ciJob(known: Partial<CiJob> & { readonly id: string; readonly part: Part }): CiJob {
  return {
    parts: [],
    names: [],
    triggers: [],
    runsOn: [],
    selfHosted: false,
    oidcAvailable: false,
    steps: [],
    variables: [],
    references: [],
    components: [],
    logins: [],
    facts: [],
    ...known,
  };
}

export function ciStep(index: number, name: string, known: Partial<Omit<CiStep, 'index' | 'name'>> = {}): CiStep {
  return { index, name, scripts: [], variables: [], inputs: [], ...known };
}

/** Variables in all the forms they are written in: `NAME: value`, `- NAME=value`, `- name: NAME` with `value`. */
export function variablesOf(tree: Tree | undefined, position: Position): CiVariable[] {
  const found: CiVariable[] = [];
  for (const { key, value } of entriesOf(tree)) if (value.type === 'scalar') found.push({ name: key, value, position });
  for (const item of itemsOf(tree)) {
    if (item.type === 'scalar') found.push(...assignmentsOf(item, position));
    else if (item.type === 'mapping') {
      const name = textOf(get(item, 'name'));
      const value = get(item, 'value');
      if (name !== undefined && value?.type === 'scalar') found.push({ name, value, position });
      else if (name === undefined)
        for (const entry of item.entries)
          if (entry.value.type === 'scalar') found.push({ name: entry.key, value: entry.value, position });
    }
  }
  if (tree?.type === 'scalar' && tree.value.includes('=')) found.push(...assignmentsOf(tree, position));
  return found;
}

/** `A=1 B="2 3"` in one scalar, each value at its place. */
export function assignmentsOf(scalar: Scalar, position: Position): CiVariable[] {
  const found: CiVariable[] = [];
  const shift = scalar.quoted ? 1 : 0;
  for (const match of scalar.value.matchAll(/(?:^|\s)(?<name>[A-Za-z_][\w.]*)=(?<value>"[^"]*"|'[^']*'|\$\([^)]*\)|[^\s]*)/dg)) {
    const { name = '', value = '' } = match.groups ?? {};
    const [from, to] = match.indices?.groups?.value ?? [0, 0];
    const quoted = /^["']/.test(value);
    const start = Math.min(scalar.start + shift + from, scalar.end);
    const end = Math.min(scalar.start + shift + to, scalar.end);
    const text = quoted ? value.slice(1, -1) : value;
    found.push({ name, value: { type: 'scalar', value: text, quoted, start, end, pointer: scalar.pointer }, position });
  }
  return found;
}

/** The strings of a string or of lists in lists. */
export function stringsOf(tree: Tree | undefined, depth = 0): Scalar[] {
  if (tree === undefined || depth > 10) return [];
  if (tree.type === 'scalar') return tree.value === '' ? [] : [tree];
  return itemsOf(tree).flatMap((item) => stringsOf(item, depth + 1));
}

/** A scalar with other text at the same place: parameters put in. */
export function withText(scalar: Scalar, value: string): Scalar {
  return { ...scalar, value };
}

/** Names that are unique: the second `deploy` becomes `deploy-2`. */
export function uniqueNames(): (name: string) => string {
  const seen = new Map<string, number>();
  return (name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}-${count}`;
  };
}

/** A container image by digest. */
export function isDigest(image: string): boolean {
  return /@sha256:[0-9a-f]{64}$/.test(image);
}

/** Whose code a name such as `owner/thing` is: not the repository's owner. */
export function isOthers(owner: string, repository: string | undefined): boolean {
  return repository === undefined || owner.toLowerCase() !== repository.split('/', 1)[0]?.toLowerCase();
}

/** For the coverage: what a pipeline is made of beside its file, and nobody here can read. */
export function notRead(what: string, names: Iterable<string>): string[] {
  const all = [...new Set(names)];
  const more = all.length - MAX_NAMED;
  const named = all.slice(0, MAX_NAMED).map((name) => name.slice(0, 200));
  return all.length === 0 ? [] : [`${what} that were not read: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`];
}

const MAX_NAMED = 5;
