/** Runs `work` over the items, at most `width` at a time; results come in the order of the items. Stops at the first error. */
export async function inParallel<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  let stopped = false;
  async function worker(): Promise<void> {
    for (let index = next++; index < items.length && !stopped; index = next++) {
      try {
        results[index] = await work(items[index] as T);
      } catch (error) {
        stopped = true;
        throw error;
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}

/** Lets `width` at a time through; the rest wait in line. */
export function createGate(width: number): <T>(work: () => Promise<T>) => Promise<T> {
  const line: (() => void)[] = [];
  let inside = 0;
  return async (work) => {
    if (inside >= width) await new Promise<void>((enter) => line.push(enter));
    else inside++;
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next === undefined) inside--;
      else next();
    }
  };
}
