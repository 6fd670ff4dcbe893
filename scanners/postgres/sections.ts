import { z } from 'zod';
import { validUntil } from './dump.ts';
import { type Facts, type ObjectKind, roleIn } from './facts.ts';
import { MOST_ROWS, type SectionName } from './queries.ts';

/** Rows as `pg` gives them and as CSV has them: there all are texts, booleans are `t` and `f`, NULL is empty. */
const text = z.string().min(1);
const optional = z
  .string()
  .nullish()
  .transform((value) => (value === null || value === '' ? undefined : value));
const flag = z
  .union([z.boolean(), z.enum(['t', 'f', 'true', 'false'])])
  .transform((value) => value === true || value === 't' || value === 'true');
const optionalFlag = z
  .union([z.boolean(), z.string()])
  .nullish()
  .transform((value) =>
    value === null || value === undefined || value === '' ? undefined : value === true || value === 't' || value === 'true',
  );
const count = z.coerce.number().int();
const list = z
  .string()
  .nullish()
  .transform((value) => (value ?? '').split(',').filter((one) => one !== ''));
const kind = z
  .enum(['database', 'schema', 'table', 'sequence', 'function', 'server', 'language', 'type', 'parameter'])
  .transform((value): ObjectKind => value);

const Server = z.object({ version: count, reader: optional, sees_sessions: optionalFlag });
const Role = z.object({
  name: text,
  superuser: flag,
  create_role: flag,
  create_db: flag,
  replication: flag,
  bypass_rls: flag,
  login: flag,
  inherit: flag,
  connection_limit: count,
  valid_until: optional,
  bootstrap: optionalFlag,
  comment: optional,
});
const Member = z.object({ role: text, member: text, grantor: optional, admin: flag, inherit: optionalFlag, set: optionalFlag });
const Password = z.object({ role: text, method: z.enum(['scram-sha-256', 'md5', 'none', 'unknown']) });
const Rule = z.object({ line: count, type: text, databases: list, users: list, address: optional, method: text });
const Privilege = z.object({ grantee: text, kind, schema: text, privilege: text, objects: count, grantable: flag });
const Default = z.object({ creator: text, schema: optional, kind: text, grantee: text, privilege: text });
const Owner = z.object({ owner: text, kind, schema: text, objects: count });
const DefinerRow = z.object({ schema: text, name: text, owner: text, is_public: flag, has_search_path: flag });
const Session = z.object({
  role: text,
  database: optional,
  address: optional,
  application: optional,
  sessions: count,
  last_start: optional,
});

export interface SectionResult {
  readonly read: number;
  readonly problems: readonly string[];
  /** Said by the section of the server. */
  readonly seesSessions?: boolean;
}

/** Adds the rows of a section to the facts; those that cannot be read are named, field first. */
export function addSection(facts: Facts, section: SectionName, rows: readonly unknown[]): SectionResult {
  const problems: string[] = [];
  const kept = rows.slice(0, MOST_ROWS);
  let seesSessions: boolean | undefined;
  const take = takers(facts)[section];
  let read = 0;
  for (const [index, row] of kept.entries()) {
    const outcome = take(row);
    if (typeof outcome === 'string') problems.push(`${section}[${index}].${outcome}`);
    else {
      read += 1;
      seesSessions = outcome ?? seesSessions;
    }
  }
  if (rows.length > MOST_ROWS) problems.push(`${section}: only the first ${MOST_ROWS} rows were read`);
  return { read, problems, ...(seesSessions === undefined ? {} : { seesSessions }) };
}

function takers(facts: Facts): { readonly [section in SectionName]: (row: unknown) => boolean | string | undefined } {
  function parsed<S extends z.ZodType>(schema: S, use: (value: z.infer<S>) => unknown) {
    return (row: unknown): boolean | string | undefined => {
      const result = schema.safeParse(row);
      if (result.success) {
        const outcome = use(result.data);
        return typeof outcome === 'string' || typeof outcome === 'boolean' ? outcome : undefined;
      }
      const [issue] = result.error.issues;
      return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'cannot be read'}`;
    };
  }
  return {
    server: parsed(Server, (row) => {
      facts.major = Math.floor(row.version / 10_000);
      return row.sees_sessions;
    }),
    roles: parsed(Role, (row) => {
      const role = roleIn(facts, row.name);
      const until = row.valid_until === undefined ? undefined : validUntil(row.valid_until);
      if (row.valid_until !== undefined && until === undefined) return 'valid_until: not a time';
      Object.assign(role, {
        superuser: row.superuser,
        createRole: row.create_role,
        createDb: row.create_db,
        replication: row.replication,
        bypassRls: row.bypass_rls,
        login: row.login,
        inherit: row.inherit,
        ...(row.connection_limit < 0 ? {} : { connectionLimit: row.connection_limit }),
        ...(until === undefined ? {} : { validUntil: until }),
        ...(row.bootstrap === true ? { bootstrap: true } : {}),
        ...(row.comment === undefined ? {} : { comment: row.comment }),
      });
      return undefined;
    }),
    members: parsed(Member, ({ inherit, set, grantor, ...row }) => {
      facts.members.push({
        ...row,
        ...(grantor === undefined ? {} : { grantor }),
        ...(inherit === undefined ? {} : { inherit }),
        ...(set === undefined ? {} : { set }),
      });
    }),
    passwords: parsed(Password, (row) => {
      roleIn(facts, row.role).password = row.method;
    }),
    rules: parsed(Rule, ({ address, ...row }) => {
      facts.rules.push({ ...row, ...(address === undefined ? {} : { address }) });
    }),
    privileges: parsed(Privilege, (row) => {
      facts.privileges.push(row);
    }),
    defaults: parsed(Default, ({ schema, ...row }) => {
      facts.defaults.push({ ...row, ...(schema === undefined ? {} : { schema }) });
    }),
    owners: parsed(Owner, (row) => {
      facts.owners.push(row);
    }),
    definers: parsed(DefinerRow, (row) => {
      facts.definers.push({
        schema: row.schema,
        name: row.name,
        owner: row.owner,
        isPublic: row.is_public,
        hasSearchPath: row.has_search_path,
      });
    }),
    sessions: parsed(Session, ({ role, sessions, ...row }) => {
      const lastStart = validUntil(row.last_start);
      facts.sessions.push({
        role,
        sessions,
        ...(row.database === undefined ? {} : { database: row.database }),
        ...(row.address === undefined ? {} : { address: row.address }),
        ...(row.application === undefined ? {} : { application: row.application }),
        ...(lastStart === undefined || lastStart === 'infinity' ? {} : { lastStart }),
      });
    }),
  };
}
