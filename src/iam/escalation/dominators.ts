/**
 * For every place the nearest other that all ways from it to the goal pass; the goal's own is the goal. Places from
 * which the goal cannot be reached have -1.
 * Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm (2001), on the graph turned round.
 */
export function dominators(next: readonly (readonly number[])[], goal: number): Int32Array {
  const order = backwardsOrder(next, goal);
  const rank = new Int32Array(next.length).fill(-1);
  for (const [index, place] of order.entries()) rank[place] = index;
  const above = new Int32Array(next.length).fill(-1);
  above[goal] = goal;
  const meet = (a: number, b: number): number => {
    while (a !== b) {
      while ((rank[a] ?? 0) > (rank[b] ?? 0)) a = above[a] ?? goal;
      while ((rank[b] ?? 0) > (rank[a] ?? 0)) b = above[b] ?? goal;
    }
    return a;
  };
  let hasChanged = true;
  while (hasChanged) {
    hasChanged = false;
    for (const place of order) {
      if (place === goal) continue;
      let best = -1;
      for (const to of next[place] ?? []) {
        if ((above[to] ?? -1) < 0) continue;
        best = best < 0 ? to : meet(best, to);
      }
      if (best === above[place]) continue;
      above[place] = best;
      hasChanged = true;
    }
  }
  return above;
}

/** Reverse postorder of a walk from the goal against the edges, without recursion: chains may be long. */
function backwardsOrder(next: readonly (readonly number[])[], goal: number): number[] {
  const before: number[][] = next.map(() => []);
  for (const [place, list] of next.entries()) for (const to of list) before[to]?.push(place);
  const seen = new Uint8Array(next.length);
  const done: number[] = [];
  const stack = [{ place: goal, at: 0 }];
  seen[goal] = 1;
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    if (top === undefined) break;
    const to = before[top.place]?.[top.at++];
    if (to === undefined) {
      done.push(top.place);
      stack.pop();
    } else if (seen[to] === 0) {
      seen[to] = 1;
      stack.push({ place: to, at: 0 });
    }
  }
  return done.reverse();
}
