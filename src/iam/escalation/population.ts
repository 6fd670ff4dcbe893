import { ANY, COLON, matches, type Pattern } from '../pattern.ts';
import type { Subject } from '../subject.ts';

/** Principals by their number in the estate. */
export type Node = number;

/** Targets that one right reaches alike. Who can reach them is written once for all of them, not for each. */
export interface Hub {
  readonly members: readonly Node[];
}

/** Principals of one account among which only their ARNs tell: the users, the roles that a service may take, … */
export interface Population {
  readonly subjects: readonly Subject[];
  readonly whole: Hub;
  /** Last parts of the ARNs (`role/app/deploy`), sorted, and the members in that order. */
  readonly names: readonly string[];
  readonly sorted: readonly Node[];
  readonly hasColons: boolean;
  readonly found: Map<string, readonly Node[]>;
  /** By tag, or what else tells them apart, and value. */
  readonly traits: Map<string, ReadonlyMap<string, readonly Node[]>>;
  readonly partitions: Map<string, Partition>;
}

/** The parts into which patterns divide a population. */
export interface Partition {
  readonly parts: readonly Part[];
}

export interface Part {
  /** One or two of them: who asks may be one itself. */
  readonly examples: readonly Node[];
  readonly size: number;
  readonly hub: () => Hub;
}

export function createPopulation(subjects: readonly Subject[], members: readonly Node[]): Population {
  const named = members.map((node) => ({ node, name: lastPart(subjects[node]?.arn ?? '') }));
  named.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.node - b.node));
  return {
    subjects,
    whole: { members },
    names: named.map(({ name }) => name),
    sorted: named.map(({ node }) => node),
    hasColons: named.some(({ name }) => name.includes(':')),
    found: new Map(),
    traits: new Map(),
    partitions: new Map(),
  };
}

/** The same for equal patterns, whoever wrote them: a variable counts with its value. */
export function patternKey(pattern: Pattern): string {
  return pattern.source.includes('$') ? pattern.units.join() : pattern.source;
}

/** Members whose ARN the pattern matches. */
export function membersMatching(population: Population, pattern: Pattern): readonly Node[] {
  const key = patternKey(pattern);
  let found = population.found.get(key);
  if (found === undefined) {
    found = search(population, pattern);
    population.found.set(key, found);
  }
  return found;
}

/** Members that carry the tag, by its value. */
export function membersTagged(population: Population, tag: string): ReadonlyMap<string, readonly Node[]> {
  return membersBy(population, `tag ${tag}`, (subject) => tagOf(subject, tag));
}

/** Members by something of theirs; `name` stands for it. */
export function membersBy(
  population: Population,
  name: string,
  traitOf: (subject: Subject) => string | undefined,
): ReadonlyMap<string, readonly Node[]> {
  let byValue = population.traits.get(name);
  if (byValue === undefined) {
    const found = new Map<string, Node[]>();
    for (const node of population.whole.members) {
      const subject = population.subjects[node];
      const value = subject === undefined ? undefined : traitOf(subject);
      if (value !== undefined) push(found, value, node);
    }
    byValue = found;
    population.traits.set(name, byValue);
  }
  return byValue;
}

/** Keys of tags are compared without case in conditions. */
export function tagOf(subject: Subject | undefined, wanted: string): string | undefined {
  for (const [key, value] of Object.entries(subject?.tags ?? {})) if (key.toLowerCase() === wanted) return value;
  return undefined;
}

/** What tells some members from the others. */
export interface Splitter {
  readonly key: string;
  readonly members: readonly Node[];
}

/** Parts of the population that the splitters tell apart; those that none speaks of come last. */
export function partitionBy(population: Population, splitters: readonly Splitter[]): Partition {
  const key = splitters.map((one) => one.key).join('\n');
  let partition = population.partitions.get(key);
  if (partition === undefined) {
    partition = divide(population, splitters);
    population.partitions.set(key, partition);
  }
  return partition;
}

function divide(population: Population, splitters: readonly Splitter[]): Partition {
  const { members } = population.whole;
  const signs = new Map<Node, string>();
  for (const [index, splitter] of splitters.entries()) {
    for (const node of splitter.members) signs.set(node, `${signs.get(node) ?? ''},${index}`);
  }
  const bySign = new Map<string, Node[]>();
  for (const [node, sign] of signs) {
    const same = bySign.get(sign);
    if (same === undefined) bySign.set(sign, [node]);
    else same.push(node);
  }
  const parts: Part[] = [...bySign.values()].map((same) => partOf(same.slice(0, 2), same.length, () => same));
  const rest = members.length - signs.size;
  if (rest > 0) parts.push(partOf(firstTwo(members, signs), rest, () => members.filter((node) => !signs.has(node))));
  return { parts };
}

function firstTwo(members: readonly Node[], except: ReadonlyMap<Node, string>): Node[] {
  const found: Node[] = [];
  for (const node of members) {
    if (found.length === 2) break;
    if (!except.has(node)) found.push(node);
  }
  return found;
}

/** Most parts are of what is not allowed: their members are never listed. */
function partOf(examples: readonly Node[], size: number, list: () => readonly Node[]): Part {
  let hub: Hub | undefined;
  return {
    examples,
    size,
    hub: () => {
      hub ??= { members: list() };
      return hub;
    },
  };
}

function search(population: Population, pattern: Pattern): readonly Node[] {
  const { names, sorted, subjects } = population;
  const prefix = fixedPrefix(pattern, population);
  const found: Node[] = [];
  for (let place = lowerBound(names, prefix); place < names.length && names[place]?.startsWith(prefix); place++) {
    const node = sorted[place] ?? 0;
    if (matches(pattern, subjects[node]?.arn ?? '')) found.push(node);
  }
  return found.sort((a, b) => a - b);
}

/** What the last part of an ARN has to begin with; nothing where a wildcard may run over from the part before. */
function fixedPrefix({ units }: Pattern, { hasColons }: Population): string {
  if (hasColons || units.filter((unit) => unit === COLON).length !== 5) return '';
  let prefix = '';
  for (const unit of units.slice(units.lastIndexOf(COLON) + 1)) {
    if (unit < 0) break;
    prefix += String.fromCharCode(unit);
  }
  return prefix;
}

function lowerBound(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lastPart(arn: string): string {
  return arn.split(':').slice(5).join(':');
}

export function isEverything({ units }: Pattern): boolean {
  return units.length === 1 && units[0] === ANY;
}

export function push<K, T>(lists: Map<K, T[]>, key: K, item: T): void {
  const known = lists.get(key);
  if (known === undefined) lists.set(key, [item]);
  else known.push(item);
}
