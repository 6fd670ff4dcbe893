import { z } from 'zod';
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

type Field = 'email' | 'first' | 'last' | 'name' | 'handle' | 'team' | 'manager' | 'relation' | 'status' | 'active' | 'left';

/** Column names as people export them, folded to lower-case letters. */
const COLUMNS: { readonly [field in Field]: readonly string[] } = {
  email: [
    'email',
    'mail',
    'emailaddress',
    'workemail',
    'workemailaddress',
    'companyemail',
    'businessemail',
    'primaryemail',
    'emailwork',
  ],
  first: ['firstname', 'givenname', 'preferredname', 'forename'],
  last: ['lastname', 'surname', 'familyname'],
  name: ['name', 'fullname', 'displayname', 'employeename', 'employee'],
  handle: [
    'handle',
    'github',
    'githubhandle',
    'githublogin',
    'githubusername',
    'githubuser',
    'gitlab',
    'gitlabusername',
    'login',
  ],
  team: ['team', 'teamname', 'department', 'departmentname', 'squad', 'orgunit', 'organizationalunit', 'division', 'group'],
  manager: ['manager', 'manageremail', 'managername', 'supervisor', 'reportsto', 'linemanager'],
  relation: ['relation', 'relationship', 'employmenttype', 'employeetype', 'workertype', 'contracttype', 'type'],
  status: ['status', 'employmentstatus', 'employeestatus', 'accountstatus', 'state'],
  active: ['active', 'isactive', 'employed'],
  left: [
    'left',
    'leftat',
    'lefton',
    'leftdate',
    'dateleft',
    'leaver',
    'leaverdate',
    'leavedate',
    'leavingdate',
    'dateofleaving',
    'enddate',
    'employmentenddate',
    'contractenddate',
    'contractend',
    'termination',
    'terminationdate',
    'terminatedat',
    'terminatedon',
    'lastday',
    'lastworkingday',
    'exitdate',
    'departuredate',
    'departed',
    'offboarded',
    'offboardedat',
    'offboardingdate',
  ],
};

const FIELD_OF = new Map(
  Object.entries(COLUMNS).flatMap(([field, names]) => names.map((name): [string, Field] => [name, field as Field])),
);

/** Columns that, beside an e-mail address, make a table a roster. */
const TELLING: ReadonlySet<Field> = new Set(['left', 'status', 'active', 'team', 'manager']);

export function fieldOf(column: string): Field | undefined {
  if (column.length > 100) return undefined;
  // `Email Address [Required]` and `Status [READ ONLY]`, as Google Workspace exports them.
  const folded = column
    .replace(/\[[^\]]*\]|\([^)]*\)/g, '')
    .toLowerCase()
    .replace(/[^a-z]/g, '');
  return FIELD_OF.get(folded);
}

/** Are these the columns of a roster? */
export function isRoster(columns: readonly string[]): boolean {
  const fields = columns.map(fieldOf);
  return fields.includes('email') && fields.some((field) => field !== undefined && TELLING.has(field));
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
