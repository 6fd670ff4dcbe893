import type { Hub, Node } from './population.ts';

const sets = new WeakMap<Hub, ReadonlySet<Node>>();
const meetings = new WeakMap<Hub, WeakMap<Hub, readonly Node[]>>();

/** Up to here a list is looked through as fast as a set is made. */
const FEW = 16;

/** A member of both, other than the one. Hubs are shared, so each pair of large ones is compared once. */
export function firstBetween(a: Hub, b: Hub, except: Node): Node | undefined {
  const [small, large] = a.members.length <= b.members.length ? [a, b] : [b, a];
  if (small.members.length <= FEW) return common(small, large, 2).find((node) => node !== except);
  const known = meetings.get(small) ?? new WeakMap<Hub, readonly Node[]>();
  meetings.set(small, known);
  const found = known.get(large) ?? common(small, large, 2);
  known.set(large, found);
  return found.find((node) => node !== except);
}

export function allBetween(a: Hub, b: Hub): readonly Node[] {
  const [small, large] = a.members.length <= b.members.length ? [a, b] : [b, a];
  return common(small, large, Number.POSITIVE_INFINITY);
}

function common(small: Hub, large: Hub, most: number): readonly Node[] {
  if (small === large) return small.members.slice(0, most);
  const found: Node[] = [];
  const isIn = membership(large);
  for (const node of small.members) {
    if (!isIn(node)) continue;
    found.push(node);
    if (found.length === most) break;
  }
  return found;
}

function membership(hub: Hub): (node: Node) => boolean {
  if (hub.members.length <= FEW) return (node) => hub.members.includes(node);
  const members = sets.get(hub) ?? new Set(hub.members);
  sets.set(hub, members);
  return (node) => members.has(node);
}
