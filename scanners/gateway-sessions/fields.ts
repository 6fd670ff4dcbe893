import { z } from 'zod';

/** How the fields of a gateway's answer are read: no field may make a record unreadable. */
export const MAX_TEXT = 512;

/** Absent, null, empty and of the wrong type are all "not said". */
export const text = z
  .string()
  .nullish()
  .catch(undefined)
  .transform((value) => (value === null || value === undefined || value === '' ? undefined : value.slice(0, MAX_TEXT)));
/** RFC 3339; careless tools turn it into seconds, milliseconds … since 1970, which `readTime` tells apart. */
export const time = z
  .union([z.string(), z.number()])
  .nullish()
  .catch(undefined)
  .transform((value) => (value === null || value === undefined || value === '' ? undefined : String(value).slice(0, MAX_TEXT)));
export const number = z
  .number()
  .nullish()
  .catch(undefined)
  .transform((value) => value ?? undefined);
export const flag = z
  .boolean()
  .nullish()
  .catch(undefined)
  .transform((value) => value ?? undefined);
export const texts = z
  .array(z.unknown())
  .nullish()
  .catch(undefined)
  .transform((value) => (value ?? []).filter((item) => typeof item === 'string').map((item) => item.slice(0, MAX_TEXT)));
export const record = z.record(z.string(), z.unknown()).nullish().catch(undefined);
export const textMap = record.transform((value) => {
  const entries = Object.entries(value ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(entries.map(([key, item]) => [key.slice(0, MAX_TEXT), item.slice(0, MAX_TEXT)]));
});
export const countMap = record.transform((value) =>
  Object.fromEntries(
    Object.entries(value ?? {}).filter((entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] > 0),
  ),
);
export function list<T extends z.ZodType>(item: T) {
  return z
    .array(item.nullable().catch(null as never))
    .nullish()
    .catch(undefined)
    .transform((value) => (value ?? []).filter((entry): entry is NonNullable<typeof entry> => entry != null));
}
export function part<T extends z.ZodType>(item: T) {
  return item
    .nullish()
    .catch(undefined)
    .transform((value) => value ?? undefined);
}
