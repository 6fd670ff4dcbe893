import { z } from 'zod';

/** What readers of answers share: fields that a provider leaves out, or writes as null, and entries that are not as expected. */
export type Raw = { readonly [key: string]: unknown };

export const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? undefined);

export const texts = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);

export function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `AccessKeyMetadata[2].CreateDate: invalid input`: the field first, so that it is found. */
export function problemText(where: string, error: Pick<z.ZodError, 'issues'>): string {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `${where}${path}: ${issue?.message ?? 'not as expected'}`;
}

/** Where entries are counted, and those that cannot be read are named. */
export interface Count {
  seen: number;
  readonly problems: string[];
}

export function parseOne<T>(count: Count, schema: z.ZodType<T>, raw: unknown, where: string): T | undefined {
  count.seen++;
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  count.problems.push(problemText(where, parsed.error));
  return undefined;
}

export function fail(count: Count, problem: string): void {
  count.seen++;
  count.problems.push(problem);
}
