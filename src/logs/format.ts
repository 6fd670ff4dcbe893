import { z } from 'zod';
import { SURFACES, type Surface } from '../contracts/index.ts';

function isRegExp(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/** A DuckDB type, as `read_json` and `read_csv` take it in `columns`. */
const Columns = z.record(z.string(), z.string().min(1));
const Texts = z.array(z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])).min(1);

const Recognises = z
  .strictObject({
    head: Texts.optional().describe('Texts that must all stand in the first 4 KiB; of a list, one of them'),
    paths: z.array(z.string().min(1)).min(1).optional().describe('Globs (gitignore syntax), one of which must match the path'),
    minSize: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('Bytes: smaller files are left to the scanners; of packed ones an eighth'),
  })
  .refine(({ head, paths }) => head !== undefined || paths !== undefined, 'head or paths is needed');

const surfaces = Object.keys(SURFACES) as [Surface, ...Surface[]];

/** The head of `rules/logs/<id>.sql`; rules/logs/README.md says it for people. */
export const LogFormatMeta = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  title: z.string().min(3),
  surface: z.enum(surfaces),
  /** What its files let a check look at, for needs like `usage:session-list@gateway`. */
  types: z.array(z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)).default([]),
  via: z.enum(['gateway', 'cloud', 'direct']),
  as: z.enum(['json', 'jsonl', 'csv', 'text']),
  /** Of a document: where the list of records is. */
  records: z
    .string()
    .regex(/^\w+(?:\.\w+)*$/)
    .optional(),
  /** Of `csv`: does the first line name the columns? Else `columns` does, in order. */
  header: z.boolean().default(true),
  recognises: Recognises,
  columns: Columns.default({}),
  /** Two formats of one source name records alike: an event in both is one. Absent: the id of the format. */
  ids: z.string().optional(),
  /** Its SELECT gives, from `source`, the records of another format, whose SELECTs follow: one source in two wrappings. */
  like: z.string().optional(),
  /** Each record stays a row of its own, as sessions do; what a log tells of is summed up. */
  single: z.boolean().default(false),
  /** Its files tell the hashes of those of another format: the SELECT gives `file`, `name` and `sha256` (hex, of the file unpacked). */
  digests: z.string().optional(),
  /** A regular expression: a file with such a path is written once. What it lacks later did not go by rotation. */
  sealed: z.string().refine(isRegExp, 'is no regular expression').optional(),
  /** Seconds after which a record may reach its file. */
  delay: z.number().int().min(0).default(0),
  /** What somebody made, from the second SELECT: it runs on files that have a record of one of these operations. */
  made: z.strictObject({ when: z.array(z.string()).min(1), columns: Columns }).optional(),
  references: z.array(z.url()).default([]),
});
export type LogFormatMeta = z.infer<typeof LogFormatMeta>;

export interface LogFormat {
  readonly meta: LogFormatMeta;
  /** Selects from `records`. */
  readonly sql: string;
  /** Selects what the others take as `records`, from `source`. */
  readonly unwrapSql?: string;
  /** Selects who made what, from `records` too. */
  readonly madeSql?: string;
  /** Names everything that decides what is read: two imports with the same can be compared. */
  readonly digest: string;
  readonly file: string;
}

/** What a format's SELECT may give, with its type; `file`, `record_id` and `used_at` it must. */
export const FIELDS = {
  identity_id: 'VARCHAR',
  credential_id: 'VARCHAR',
  session_id: 'VARCHAR',
  target: 'VARCHAR',
  action: 'VARCHAR',
  objects: 'VARCHAR[]',
  actor: 'VARCHAR',
  actor_type: 'VARCHAR',
  actor_confidence: 'VARCHAR',
  actor_identity_id: 'VARCHAR',
  job: 'VARCHAR',
  approval: 'VARCHAR',
  masked: 'BOOLEAN',
  recorded: 'VARCHAR',
  environment: 'VARCHAR',
  bookkeeping: 'BOOLEAN',
  source_ip: 'VARCHAR',
  user_agent: 'VARCHAR',
  operation: 'VARCHAR',
  outcome: 'VARCHAR',
  info_types: 'VARCHAR[]',
  detail: 'JSON',
} as const;
export type Field = keyof typeof FIELDS;

/** These are no part of what records are summed up by. */
export const MEASURES = { ended_at: 'TIMESTAMP', row_count: 'BIGINT' } as const;

export const NEEDED = { file: 'INTEGER', record_id: 'VARCHAR', used_at: 'TIMESTAMP' } as const;

/** What the second SELECT gives: `identity_id` and `created_at`, and the rest where it is told. */
export const MADE_FIELDS = {
  record_id: 'VARCHAR',
  identity_id: 'VARCHAR',
  credential_id: 'VARCHAR',
  made_at: 'TIMESTAMP',
  made_by: 'VARCHAR',
  person: 'VARCHAR',
  gone: 'BOOLEAN',
} as const;
