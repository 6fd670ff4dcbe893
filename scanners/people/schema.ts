import { z } from 'zod';
import { type Field, fieldOf } from './columns.ts';
import { type DateReading, isAway, readDate } from './date.ts';

/** One row of a roster under whatever names its columns have. Empty cells count as missing. */
export interface RosterRow {
  readonly email: string;
  readonly name?: string;
  readonly handle?: string;
  readonly team?: string;
  readonly manager?: string;
  readonly relation?: string;
  readonly status?: string;
  readonly left: DateReading;
  /** The status says that the person is gone, whatever the date. */
  readonly gone: boolean;
}

const Cell = z.union([z.string(), z.number(), z.boolean()]).nullish().catch(undefined);
const Email = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[^\s@<>,;"]+@[^\s@<>,;"]+$/);

/** A row as pairs of column and cell: names such as `__proto__` stay harmless. The first filled column of a field wins. */
export const RosterRow = z.array(z.tuple([z.string(), z.unknown()])).transform((cells, context): RosterRow => {
  const fields = new Map<Field, string>();
  for (const [column, cell] of cells) {
    const field = fieldOf(column);
    if (field === undefined || fields.has(field)) continue;
    const text = String(Cell.parse(cell) ?? '').trim();
    if (text !== '') fields.set(field, text);
  }
  const email = Email.safeParse(fields.get('email') ?? '');
  if (!email.success) {
    const message = fields.has('email') ? 'its e-mail address is not one' : 'it has no e-mail address';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
  const name = fields.get('name') ?? [fields.get('first'), fields.get('last')].filter((part) => part !== undefined).join(' ');
  const handle = fields.get('handle')?.replace(/^@|^https?:\/\/[^/]+\//, '');
  return {
    email: email.data,
    ...(name === '' ? {} : { name }),
    ...(handle === undefined || handle === '' ? {} : { handle }),
    ...optional('team', fields.get('team')),
    ...optional('manager', fields.get('manager')),
    ...optional('relation', fields.get('relation')?.toLowerCase()),
    ...optional('status', fields.get('status')?.toLowerCase()),
    left: readDate(fields.get('left') ?? ''),
    gone: isAway(fields.get('status')) || /^(?:false|no|n|0|inactive)$/i.test(fields.get('active') ?? ''),
  };
});

function optional<K extends string>(key: K, value: string | undefined): { readonly [key in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: string });
}
