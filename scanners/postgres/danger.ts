/**
 * Roles that PostgreSQL makes itself, and what a member of one can do.
 * https://www.postgresql.org/docs/current/predefined-roles.html
 */
export interface Power {
  readonly capability: 'admin' | 'escalates' | 'reads-secrets' | 'reads-data' | 'writes-data' | 'manages-identities';
  readonly confidence: 'high' | 'medium';
  /** The way there, in a word that stays; absent where it is that outright. */
  readonly method?: string;
  readonly path: string;
}

const POWERS: { readonly [role: string]: readonly Power[] | undefined } = {
  pg_execute_server_program: [
    {
      capability: 'escalates',
      confidence: 'high',
      method: 'runs-server-programs',
      path: 'may run programs as the operating system account of the server (COPY … FROM PROGRAM): that is superuser',
    },
  ],
  pg_write_server_files: [
    {
      capability: 'escalates',
      confidence: 'high',
      method: 'writes-server-files',
      path: 'may write any file that the server can write, its configuration too: that is superuser',
    },
  ],
  pg_read_server_files: [
    {
      capability: 'reads-secrets',
      confidence: 'high',
      method: 'reads-server-files',
      path: 'may read any file that the server can read: data files with password verifiers, private keys',
    },
    { capability: 'reads-data', confidence: 'high', method: 'reads-server-files', path: 'may read the files of all tables' },
  ],
  pg_read_all_data: [
    { capability: 'reads-data', confidence: 'high', method: 'reads-all-data', path: 'may read all tables, views and sequences' },
  ],
  pg_write_all_data: [
    {
      capability: 'writes-data',
      confidence: 'high',
      method: 'writes-all-data',
      path: 'may change all tables, views and sequences',
    },
  ],
};

/** What the administrator of a managed service is called there, and what is the vendor's own. */
interface Service {
  readonly name: string;
  readonly administrator: string;
  readonly own: RegExp;
}

const SERVICES: readonly Service[] = [
  // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html
  { name: 'Amazon RDS', administrator: 'rds_superuser', own: /^rds(?:admin|topmgr|repladmin|writeforwarduser|_.*)$/ },
  // https://docs.cloud.google.com/sql/docs/postgres/users
  {
    name: 'Cloud SQL',
    administrator: 'cloudsqlsuperuser',
    own: /^cloudsql(?:admin|agent|superuser|replica|iam\w*|observability\w*|import\w*|logical\w*|connpool\w*|inactiveuser)$/,
  },
  // https://learn.microsoft.com/en-us/azure/postgresql/flexible-server/concepts-security#roles
  { name: 'Azure Database', administrator: 'azure_pg_admin', own: /^azure(?:su|_.*)$/ },
];

export function serviceOf(roles: readonly string[]): Service | undefined {
  return SERVICES.find(({ administrator }) => roles.includes(administrator));
}

export function isManaged(role: string, service: Service | undefined): boolean {
  return role.startsWith('pg_') || service?.own.test(role) === true;
}

export function powersOf(role: string, service: Service | undefined): readonly Power[] {
  if (service?.administrator === role) {
    const path = `is the administrator of ${service.name}: all roles but the vendor's own, and all that they have`;
    return [
      { capability: 'admin', confidence: 'medium', method: 'managed-administrator', path },
      { capability: 'manages-identities', confidence: 'high', method: 'managed-administrator', path },
    ];
  }
  return POWERS[role] ?? [];
}
