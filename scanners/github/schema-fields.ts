import { z } from 'zod';
import type { IsoTime } from '../../src/contracts/index.ts';

/**
 * Fields that many answers have.
 *
 * Answers of the REST API: the fields that are used, and no secret among them (`secret` of an alert and of a webhook is dropped
 * here). Records are plain JSON, so that a cut-off scan can keep them. https://docs.github.com/en/rest
 */
export const text = z.string().min(1);

export const optionalText = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

export const id = z.union([z.number().int().nonnegative(), z.string().regex(/^\d{1,20}$/)]).transform(String);

export const optionalId = id.nullish().transform((value) => value ?? undefined);

/** ISO text, or milliseconds since 1970 (audit log); what is no time is no fact. */
export const time = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value): IsoTime | undefined => {
    if (value === null || value === undefined || value === '') return undefined;
    const date = new Date(typeof value === 'string' && /^\d{12,14}$/.test(value) ? Number(value) : value);
    return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
  });

export const login = z
  .object({ login: optionalText })
  .nullish()
  .transform((value) => value?.login);

export const Permissions = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((all) => textsOf(all ?? {}));

export function isoOf(value: string | null | undefined): IsoTime | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  // `2023-04-26 20:57:16 -0700` and `2011-10-18T12:00:00Z` are both found.
  const date = new Date(
    value.replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ?([+-]\d\d):?(\d\d)$/, '$1T$2$3:$4').replace(/ UTC$/, 'Z'),
  );
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

export function textsOf(all: { readonly [name: string]: unknown }): { [name: string]: string } {
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** The host alone: paths of chat services hold the secret that lets one post. */
export function hostOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).host : undefined;
}

export function filled(value: string | undefined): string | undefined {
  return value === undefined || value === '' || value === '-' ? undefined : value;
}
