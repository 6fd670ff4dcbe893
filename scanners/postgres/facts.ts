import type { IsoTime } from '../../src/contracts/index.ts';
import type { Secret } from '../../src/util/secret.ts';

/**
 * What a cluster says of its roles, whatever it was read from: a dump, the answers to our queries as CSV, or live. Absent
 * fields are those that the source does not tell.
 */
export interface Facts {
  readonly roles: Map<string, RoleFact>;
  readonly members: Membership[];
  readonly privileges: Privilege[];
  readonly defaults: DefaultPrivilege[];
  readonly owners: Ownership[];
  readonly definers: Definer[];
  readonly rules: HostRule[];
  readonly sessions: SessionFact[];
  /** Entries that could not be read, field first. */
  readonly problems: string[];
  /** Major version, as `server_version_num / 10000`. */
  major?: number;
  /** A dump may show no more than that it is of a server before 16, or of a later one. */
  isBefore16?: boolean;
}

/** How a role's password is kept: by its verifier, in clear, not at all; `unknown` where the source does not show it. */
export type PasswordMethod = 'scram-sha-256' | 'md5' | 'clear' | 'none' | 'unknown';

export interface RoleFact {
  readonly name: string;
  superuser?: boolean;
  createRole?: boolean;
  createDb?: boolean;
  replication?: boolean;
  bypassRls?: boolean;
  login?: boolean;
  inherit?: boolean;
  connectionLimit?: number;
  /** `infinity`: it was said that the password never ends. */
  validUntil?: IsoTime | 'infinity';
  /** The role that `initdb` made: it cannot be dropped. */
  bootstrap?: boolean;
  password?: PasswordMethod;
  /** In memory, until the run has held passwords against it. */
  verifier?: Secret;
  comment?: string;
  line?: number;
}

export interface Membership {
  readonly role: string;
  readonly member: string;
  readonly grantor?: string;
  readonly admin: boolean;
  /** Since PostgreSQL 16 said for each membership; before, the member's own INHERIT decides and SET is always there. */
  readonly inherit?: boolean;
  readonly set?: boolean;
  readonly line?: number;
}

export const PUBLIC = 'PUBLIC';

export type ObjectKind = 'database' | 'schema' | 'table' | 'sequence' | 'function' | 'server' | 'language' | 'type' | 'parameter';

/** One privilege of one role on the objects of one kind in one schema, summed up. */
export interface Privilege {
  readonly grantee: string;
  readonly kind: ObjectKind;
  /** Of a database or a schema: its name. */
  readonly schema: string;
  /** Where it is one object, and the source names it; `*` is all of the schema. */
  readonly name?: string | undefined;
  readonly privilege: string;
  readonly objects: number;
  readonly grantable: boolean;
  readonly line?: number;
}

/** What objects that are made later will grant. */
export interface DefaultPrivilege {
  readonly creator: string;
  readonly schema?: string;
  readonly kind: string;
  readonly grantee: string;
  readonly privilege: string;
  readonly line?: number;
}

export interface Ownership {
  readonly owner: string;
  readonly kind: ObjectKind;
  readonly schema: string;
  readonly name?: string | undefined;
  readonly objects: number;
  readonly line?: number;
}

/** A function that runs with the rights of its owner. */
export interface Definer {
  readonly name: string;
  readonly schema: string;
  owner?: string;
  /** May everybody call it? PostgreSQL grants that by itself. */
  isPublic: boolean;
  /** Has it a `search_path` of its own? Without one its caller chooses what its names mean. */
  hasSearchPath: boolean;
  readonly line?: number;
}

/** A line of pg_hba.conf. */
export interface HostRule {
  readonly line: number;
  readonly type: string;
  readonly databases: readonly string[];
  readonly users: readonly string[];
  readonly address?: string;
  readonly method: string;
}

export interface SessionFact {
  readonly role: string;
  readonly database?: string;
  readonly address?: string;
  readonly application?: string;
  readonly sessions: number;
  readonly lastStart?: IsoTime;
}

/** Where roles live: a cluster is known by its host; the database is the one that was looked at. */
export interface Place {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
}

export function newFacts(): Facts {
  return {
    roles: new Map(),
    members: [],
    privileges: [],
    defaults: [],
    owners: [],
    definers: [],
    rules: [],
    sessions: [],
    problems: [],
  };
}

export function roleIn(facts: Facts, name: string): RoleFact {
  const known = facts.roles.get(name);
  if (known !== undefined) return known;
  const role: RoleFact = { name };
  facts.roles.set(name, role);
  return role;
}

/** Adds up privileges by grantee, kind, schema and privilege: a database of ten thousand tables is a few rows a role. */
export class PrivilegeSums {
  readonly #sums = new Map<string, Privilege>();

  add(one: Privilege): void {
    const key = [one.grantee, one.kind, one.schema, one.privilege].join('\0');
    const known = this.#sums.get(key);
    this.#sums.set(
      key,
      known === undefined
        ? one
        : {
            ...known,
            name: [known.name, one.name].find((name) => name === '*'),
            objects: known.objects + one.objects,
            grantable: known.grantable || one.grantable,
          },
    );
  }

  all(): Iterable<Privilege> {
    return this.#sums.values();
  }
}
