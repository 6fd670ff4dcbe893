import type { LiveCall, ObservationKind } from '../../src/contracts/index.ts';

/**
 * What is asked of a server: one query a section. They read catalogs only, need no superuser but where `right` says so, and
 * work on PostgreSQL 10 to 18: columns that newer versions have are read through `to_jsonb`, which gives NULL for others.
 */
export interface Query {
  readonly section: SectionName;
  /** The right it needs beyond CONNECT. */
  readonly right: string;
  readonly tells: string;
  readonly covers: readonly ObservationKind[];
  /** The catalogs that it reads. */
  readonly from: string;
  readonly columns: readonly string[];
  readonly sql: string;
}

export type SectionName =
  | 'server'
  | 'roles'
  | 'members'
  | 'passwords'
  | 'rules'
  | 'privileges'
  | 'defaults'
  | 'owners'
  | 'definers'
  | 'sessions';

/** Rows of one section at most; more are said. */
export const MOST_ROWS = 5000;

const OWN_SCHEMAS = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp%'`;
const GRANTEE = `CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END`;

function time(expression: string): string {
  return `to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
}

export const QUERIES: readonly Query[] = [
  {
    section: 'server',
    from: 'pg_roles',
    right: 'CONNECT',
    tells: 'the version of the server',
    covers: [],
    columns: ['version', 'reader', 'sees_sessions'],
    sql: `SELECT current_setting('server_version_num')::int AS version, current_user::text AS reader,
  (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) OR EXISTS (SELECT FROM pg_roles WHERE rolname = 'pg_read_all_stats' AND pg_has_role(oid, 'USAGE')) AS sees_sessions`,
  },
  {
    section: 'roles',
    from: 'pg_roles',
    right: 'SELECT on pg_roles',
    tells: 'roles and their attributes',
    covers: ['identity', 'grant'],
    columns: [
      'name',
      'superuser',
      'create_role',
      'create_db',
      'replication',
      'bypass_rls',
      'login',
      'inherit',
      'connection_limit',
      'valid_until',
      'bootstrap',
      'comment',
    ],
    sql: `SELECT rolname::text AS name, rolsuper AS superuser, rolcreaterole AS create_role, rolcreatedb AS create_db, rolreplication AS replication,
  rolbypassrls AS bypass_rls, rolcanlogin AS login, rolinherit AS inherit, rolconnlimit AS connection_limit,
  CASE WHEN rolvaliduntil = 'infinity' THEN 'infinity' ELSE ${time('rolvaliduntil')} END AS valid_until,
  oid = 10 AS bootstrap, shobj_description(oid, 'pg_authid') AS comment
FROM pg_roles ORDER BY rolname`,
  },
  {
    section: 'members',
    from: 'pg_auth_members',
    right: 'SELECT on pg_auth_members',
    tells: 'who may become which role',
    covers: ['trust'],
    columns: ['role', 'member', 'grantor', 'admin', 'inherit', 'set'],
    sql: `SELECT pg_get_userbyid(m.roleid)::text AS role, pg_get_userbyid(m.member)::text AS member, pg_get_userbyid(m.grantor)::text AS grantor, m.admin_option AS admin,
  (to_jsonb(m)->>'inherit_option')::boolean AS inherit, (to_jsonb(m)->>'set_option')::boolean AS set
FROM pg_auth_members m ORDER BY 1, 2, 3`,
  },
  {
    section: 'passwords',
    from: 'pg_authid',
    right: 'SELECT on pg_authid (superusers have it)',
    tells: 'how passwords are kept',
    covers: ['credential'],
    columns: ['role', 'method'],
    // The verifier itself stays in the server.
    sql: `SELECT rolname::text AS role, CASE WHEN rolpassword IS NULL THEN 'none' WHEN rolpassword LIKE 'SCRAM-SHA-256$%' THEN 'scram-sha-256' WHEN rolpassword LIKE 'md5%' THEN 'md5' ELSE 'unknown' END AS method
FROM pg_authid WHERE rolcanlogin ORDER BY rolname`,
  },
  {
    section: 'rules',
    from: 'pg_hba_file_rules',
    right: 'EXECUTE on pg_hba_file_rules() (superusers have it)',
    tells: 'how clients log in (pg_hba.conf)',
    covers: ['trust'],
    columns: ['line', 'type', 'databases', 'users', 'address', 'method'],
    sql: `SELECT line_number AS line, type, array_to_string(database, ',') AS databases, array_to_string(user_name, ',') AS users, address || coalesce('/' || netmask, '') AS address, auth_method AS method
FROM pg_hba_file_rules WHERE error IS NULL ORDER BY line_number`,
  },
  {
    section: 'privileges',
    from: 'pg_class, pg_namespace, pg_proc, pg_database',
    right: 'SELECT on pg_class, pg_namespace, pg_proc, pg_database',
    tells: 'what roles may do, by schema',
    covers: ['grant'],
    columns: ['grantee', 'kind', 'schema', 'privilege', 'objects', 'grantable'],
    sql: `SELECT ${GRANTEE} AS grantee, o.kind, o.schema, a.privilege_type AS privilege, count(*)::int AS objects, bool_or(a.is_grantable) AS grantable
FROM (
  SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind, n.nspname::text AS schema, c.relowner AS owner, c.relacl AS acl
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relacl IS NOT NULL AND ${OWN_SCHEMAS}
  UNION ALL
  SELECT 'schema', n.nspname::text, n.nspowner, n.nspacl FROM pg_namespace n WHERE n.nspacl IS NOT NULL AND ${OWN_SCHEMAS}
  UNION ALL
  SELECT 'function', n.nspname::text, p.proowner, p.proacl FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.proacl IS NOT NULL AND ${OWN_SCHEMAS}
  UNION ALL
  SELECT 'database', d.datname::text, d.datdba, d.datacl FROM pg_database d WHERE d.datacl IS NOT NULL AND NOT d.datistemplate
) AS o, aclexplode(o.acl) AS a
WHERE a.grantee <> o.owner
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4 LIMIT ${MOST_ROWS + 1}`,
  },
  {
    section: 'defaults',
    from: 'pg_default_acl',
    right: 'SELECT on pg_default_acl',
    tells: 'what new objects will grant',
    covers: ['grant'],
    columns: ['creator', 'schema', 'kind', 'grantee', 'privilege'],
    sql: `SELECT pg_get_userbyid(d.defaclrole)::text AS creator, n.nspname::text AS schema,
  CASE d.defaclobjtype WHEN 'r' THEN 'table' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'function' WHEN 'n' THEN 'schema' ELSE d.defaclobjtype::text END AS kind,
  ${GRANTEE} AS grantee, a.privilege_type AS privilege
FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) AS a
WHERE a.grantee <> d.defaclrole ORDER BY 1, 2, 3, 4, 5 LIMIT ${MOST_ROWS + 1}`,
  },
  {
    section: 'owners',
    from: 'pg_class, pg_namespace, pg_proc, pg_database',
    right: 'SELECT on pg_class, pg_namespace, pg_proc, pg_database',
    tells: 'what roles own',
    covers: ['grant'],
    columns: ['owner', 'kind', 'schema', 'objects'],
    sql: `SELECT pg_get_userbyid(o.owner)::text AS owner, o.kind, o.schema, count(*)::int AS objects
FROM (
  SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind, n.nspname::text AS schema, c.relowner AS owner
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${OWN_SCHEMAS}
  UNION ALL SELECT 'schema', n.nspname::text, n.nspowner FROM pg_namespace n WHERE ${OWN_SCHEMAS}
  UNION ALL SELECT 'function', n.nspname::text, p.proowner FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${OWN_SCHEMAS}
  UNION ALL SELECT 'database', d.datname::text, d.datdba FROM pg_database d WHERE NOT d.datistemplate
) AS o
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 LIMIT ${MOST_ROWS + 1}`,
  },
  {
    section: 'definers',
    from: 'pg_proc',
    right: 'SELECT on pg_proc',
    tells: 'functions that run with the rights of their owner',
    covers: ['grant'],
    columns: ['schema', 'name', 'owner', 'is_public', 'has_search_path'],
    sql: `SELECT n.nspname::text AS schema, p.proname::text AS name, pg_get_userbyid(p.proowner)::text AS owner,
  p.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(p.proacl) a WHERE a.grantee = 0 AND a.privilege_type = 'EXECUTE') AS is_public,
  coalesce(p.proconfig::text LIKE '%search_path=%', false) AS has_search_path
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.prosecdef AND ${OWN_SCHEMAS} ORDER BY 1, 2 LIMIT ${MOST_ROWS + 1}`,
  },
  {
    section: 'sessions',
    from: 'pg_stat_activity',
    right: 'pg_monitor',
    tells: 'which clients are connected now',
    covers: ['consumer', 'usage'],
    columns: ['role', 'database', 'address', 'application', 'sessions', 'last_start'],
    sql: `SELECT usename::text AS role, datname::text AS database, host(client_addr) AS address, nullif(application_name, '') AS application, count(*)::int AS sessions,
  ${time('max(backend_start)')} AS last_start
FROM pg_stat_activity WHERE usename IS NOT NULL AND pid <> pg_backend_pid()
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4 LIMIT ${MOST_ROWS + 1}`,
  },
];

/** For `psql --csv`: the same queries, each row with what it belongs to. psql fills in HOST and PORT. */
export function psqlScript(): string {
  const all = QUERIES.map(
    ({ section, sql }) =>
      `SELECT '${section}' AS nhi_audit, :'HOST' AS host, :'PORT' AS port, current_database() AS database, q.* FROM (\n${sql}\n) AS q;`,
  );
  return `BEGIN TRANSACTION READ ONLY;\n\\set ON_ERROR_ROLLBACK on\nSET LOCAL search_path = pg_catalog;\nSET LOCAL statement_timeout = '30s';\n${all.join('\n')}\nCOMMIT;\n`;
}

export function callsTo(host: string): readonly LiveCall[] {
  return QUERIES.map(({ right, tells, from }) => ({ host, operation: `SELECT … FROM ${from}`, right, tells }));
}
