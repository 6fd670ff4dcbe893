/** Three values: a condition may hang on a key of the request that nobody can know beforehand. */
export type Truth = 'true' | 'false' | 'unknown';

export interface Judgement {
  readonly truth: Truth;
  /** Condition keys (policy variables, titles of limits) that the unknown hangs on. */
  readonly keys: readonly string[];
}

export const TRUE: Judgement = { truth: 'true', keys: [] };
export const FALSE: Judgement = { truth: 'false', keys: [] };

export function unknown(...keys: readonly string[]): Judgement {
  return { truth: 'unknown', keys };
}

export function when(holds: boolean): Judgement {
  return holds ? TRUE : FALSE;
}

export function and(...parts: readonly Judgement[]): Judgement {
  if (parts.some((part) => part.truth === 'false')) return FALSE;
  const open = parts.filter((part) => part.truth === 'unknown');
  return open.length === 0 ? TRUE : unknown(...new Set(open.flatMap((part) => part.keys)));
}

export function or(...parts: readonly Judgement[]): Judgement {
  if (parts.some((part) => part.truth === 'true')) return TRUE;
  const open = parts.filter((part) => part.truth === 'unknown');
  return open.length === 0 ? FALSE : unknown(...new Set(open.flatMap((part) => part.keys)));
}

export function not(part: Judgement): Judgement {
  if (part.truth === 'unknown') return part;
  return part.truth === 'true' ? FALSE : TRUE;
}
