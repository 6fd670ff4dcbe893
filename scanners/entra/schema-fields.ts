import { z } from 'zod';
import { GUID } from './guid.ts';

/** Fields that many answers have. */

export const optionalText = z
  .string()
  .nullish()
  .transform((text) => (text === null || text === undefined || text.trim() === '' ? undefined : text));

/** Ids are written in any case. */
export const guid = z
  .string()
  .regex(GUID, 'not an id')
  .transform((text) => text.toLowerCase());

export const optionalGuid = z
  .string()
  .nullish()
  .transform((text) => (text !== null && text !== undefined && GUID.test(text) ? text.toLowerCase() : undefined));

export const list = z
  .array(z.unknown())
  .nullish()
  .transform((items) => items ?? undefined);

/** The CLI prints times with an offset or without one, Graph in UTC; the year 0001 stands for none. */
export const optionalTime = z
  .string()
  .nullish()
  .transform((text) => {
    if (text === null || text === undefined) return undefined;
    const zoned = /(?:Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`;
    const time = Date.parse(zoned);
    return Number.isNaN(time) || time < 0 ? undefined : new Date(time).toISOString();
  });

/** `/subscriptions/S/providers/Microsoft.Authorization/roleDefinitions/ID` → `id`. */
export function lastPart(path: string | undefined): string | undefined {
  const part = path?.split('/').at(-1);
  return part === undefined || part === '' ? undefined : part.toLowerCase();
}
