import type { CheckInput } from './types.ts';

/**
 * The public part that belongs to a secret: the group `id` of the nearest match of `pattern` (with flag `g`), before or
 * behind it. What stands in the same braces goes before what is merely near.
 */
export function nearestId(input: CheckInput, pattern: RegExp, reach: number): string | undefined {
  const size = input.around(0, 0).length;
  const before = input.around(reach, 0);
  const head = before.slice(0, before.length - size);
  const tail = input.around(0, reach).slice(size);
  const candidates: { readonly id: string; readonly distance: number }[] = [];
  const last = [...head.matchAll(pattern)].at(-1);
  if (last?.groups?.id !== undefined) {
    const gap = head.slice(last.index + last[0].length);
    candidates.push({ id: last.groups.id, distance: gap.length + penalty(gap) });
  }
  const next = tail.matchAll(pattern).next().value;
  if (next?.groups?.id !== undefined) {
    const gap = tail.slice(0, next.index);
    candidates.push({ id: next.groups.id, distance: gap.length + penalty(gap) });
  }
  return candidates.sort((a, b) => a.distance - b.distance)[0]?.id;
}

/** Another record, another block of lines. */
function penalty(gap: string): number {
  return (/[}]/.test(gap) ? 10_000 : 0) + (/\n[ \t]*\r?\n/.test(gap) ? 5000 : 0);
}
