import {
  credentialId,
  type GrantObservation,
  type IdentityId,
  type IdentityObservation,
  identityId,
  type JsonObject,
  type Location,
  type Observation,
  postgresRoleId,
  type ScanContext,
  type TrustObservation,
} from '../../src/contracts/index.ts';
import { environmentOf } from '../../src/util/environment.ts';
import { isManaged, type Power, powersOf, serviceOf } from './danger.ts';
import { type Facts, type Membership, type Place, type Privilege, PUBLIC, type RoleFact } from './facts.ts';

export interface Source {
  readonly place: Place;
  readonly at: Location;
  /** `dump`, `csv`, `live`: what tells an inventory from a role that code declares. */
  readonly catalog: string;
  readonly now: Date;
  readonly fingerprint: ScanContext['fingerprint'];
  /** Were passwords to be seen? Else how they are kept is not known. */
  readonly seesPasswords: boolean;
}

/** Turns what a cluster says into observations. */
export function* observe(facts: Facts, source: Source): Generator<Observation> {
  const writer = new Writer(facts, source);
  for (const role of facts.roles.values()) yield* writer.role(role);
  yield* writer.unlisted();
  if (facts.roles.size > 0) yield* writer.everybody();
  for (const one of facts.members) yield* writer.membership(one);
  yield* writer.privileges();
  yield* writer.defaults();
  yield* writer.definers();
  yield* writer.hostRules();
  yield* writer.sessions();
}

/** `HOST[:PORT]/DATABASE`; the default port is left out, as connection strings do. */
export function placeOf({ host, port, database }: Place): string | undefined {
  if (host === undefined) return undefined;
  const name = host.includes(':') ? `[${host}]` : host.toLowerCase().replace(/\.$/, '');
  const at = port === undefined || port === 5432 ? name : `${name}:${port}`;
  return database === undefined ? at : `${at}/${database}`;
}

/** What an owner is called in a comment on a role: `owner: data@harbour.example`, or an address alone. */
function ownerIn(comment: string | undefined): string | undefined {
  const named = /(?:^|[\s;,(])owner\s*[:=]\s*(?<owner>[\w.+@/-]{2,100})/i.exec(comment ?? '')?.groups?.owner;
  return named ?? /(?<owner>[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+)/.exec(comment ?? '')?.groups?.owner;
}

const HAS_PASSWORD = new Set<RoleFact['password']>(['scram-sha-256', 'md5', 'clear']);
const READS = new Set(['SELECT']);
const WRITES = new Set(['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']);

type DataCapability = 'reads-data' | 'writes-data';

interface DataRight {
  readonly role: string;
  readonly capability: DataCapability;
  readonly resource: string;
  readonly permissions: string[];
  readonly line: number | undefined;
}

/** Who gets at which tables, and by what; a right to one table is not one to all. */
class DataRights {
  readonly #rights = new Map<string, DataRight>();
  readonly #counts = new Map<string, number>();

  add(role: string, capability: DataCapability, permission: string, of: TablesOf): void {
    const resource = tablesText(of);
    const key = [role, capability, resource].join('\0');
    const known = this.#rights.get(key);
    if (known !== undefined) {
      known.permissions.push(permission);
      return;
    }
    this.#rights.set(key, { role, capability, resource, permissions: [permission], line: of.line });
    const counted = `${role}\0${capability}`;
    this.#counts.set(counted, (this.#counts.get(counted) ?? 0) + 1);
  }

  *all(): Generator<DataRight & { readonly more: number }> {
    for (const right of this.#rights.values())
      yield { ...right, more: (this.#counts.get(`${right.role}\0${right.capability}`) ?? 1) - 1 };
  }
}

type TablesOf = Pick<Privilege, 'schema' | 'name' | 'objects' | 'line'>;

/** `table shop.orders`, `3 tables of shop`. A dump of rights names tables, a server is asked for their number. */
function tablesText({ schema, name, objects }: TablesOf): string {
  if (name === '*') return `all tables of ${schema}`;
  if (objects === 1 && name !== undefined) return `table ${schema}.${name}`;
  return objects === 1 ? `1 table of ${schema}` : `${objects} tables of ${schema}`;
}

class Writer {
  readonly #facts: Facts;
  readonly #source: Source;
  readonly #place: string | undefined;
  readonly #service: ReturnType<typeof serviceOf>;

  constructor(facts: Facts, source: Source) {
    this.#facts = facts;
    this.#source = source;
    this.#place = placeOf(source.place);
    this.#service = serviceOf([...facts.roles.keys(), ...facts.members.map(({ role }) => role)]);
  }

  #id(role: string): IdentityId {
    return postgresRoleId(this.#place, role);
  }

  #at(line: number | undefined): Location {
    return line === undefined ? this.#source.at : { ...this.#source.at, line };
  }

  *role(role: RoleFact): Generator<Observation> {
    const { name } = role;
    const { place } = this.#source;
    const environment = environmentOf(name, place.database, place.host);
    const owner = ownerIn(role.comment);
    const lastUsedAt = this.#lastSession(name);
    const managed = isManaged(name, this.#service);
    const identity: IdentityObservation = {
      kind: 'identity',
      id: this.#id(name),
      provider: 'postgres',
      type: 'database-role',
      name,
      ...(this.#place === undefined ? {} : { scope: this.#place }),
      ...(environment === undefined ? {} : { environment }),
      ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
      ...(owner === undefined ? {} : { owner, ownerBasis: 'description' }),
      // A role without LOGIN is a group of rights; one that has a password all the same is a login that was switched off.
      ...(role.login === false && HAS_PASSWORD.has(role.password) ? { enabled: false } : {}),
      ...(managed ? { managed } : {}),
      at: this.#at(role.line),
      detail: this.#roleDetail(role),
    };
    yield identity;
    yield* this.#credential(role, managed);
    yield* this.#attributes(role);
    for (const power of powersOf(name, this.#service)) yield this.#power(name, name, power, role.line);
  }

  /** A dump of roles names the predefined ones only where somebody is a member of them. */
  *unlisted(): Generator<Observation> {
    const named = new Set(this.#facts.members.flatMap(({ role, member }) => [role, member]));
    for (const name of named) {
      if (!this.#facts.roles.has(name) && isManaged(name, this.#service)) yield* this.role({ name });
    }
  }

  #roleDetail(role: RoleFact): JsonObject {
    const { superuser, createRole, createDb, replication, bypassRls, login, inherit, connectionLimit, bootstrap, password } =
      role;
    const known = { superuser, createRole, createDb, replication, bypassRls, login, inherit, connectionLimit, bootstrap };
    return {
      catalog: this.#source.catalog,
      ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
      ...(role.validUntil === undefined ? {} : { validUntil: role.validUntil }),
      ...(password === undefined ? {} : { password }),
      ...(this.#service === undefined ? {} : { service: this.#service.name }),
      ...(this.#facts.major === undefined ? {} : { version: this.#facts.major }),
      ...(this.#source.place.database === undefined ? {} : { database: this.#source.place.database }),
    };
  }

  /** A role that logs in has a password at most; how it is kept, only who may see it knows. */
  *#credential(role: RoleFact, managed: boolean): Generator<Observation> {
    if (role.login !== true || managed) return;
    const method = role.password ?? (this.#source.seesPasswords ? 'none' : 'unknown');
    if (method === 'none') return;
    const { repository = '', path = '' } = this.#source.at;
    const place = this.#place ?? `-@${repository}/${path}`;
    const until = role.validUntil;
    const isOver = until !== undefined && until !== 'infinity' && Date.parse(until) <= this.#source.now.getTime();
    yield {
      kind: 'credential',
      id: credentialId('postgres', 'password', `${place}:${role.name}`),
      identity: this.#id(role.name),
      provider: 'postgres',
      type: 'password',
      ...(until === undefined || until === 'infinity' ? { neverExpires: true } : { expiresAt: until }),
      status: isOver ? 'expired' : 'active',
      at: this.#at(role.line),
      detail: {
        method,
        catalog: this.#source.catalog,
        ...(role.verifier === undefined ? {} : { verifier: this.#source.fingerprint(role.verifier) }),
      },
    };
  }

  *#attributes(role: RoleFact): Generator<Observation> {
    const { name, line } = role;
    if (role.superuser === true) {
      const path = 'is a superuser: all tables, all files of the server, programs on it';
      yield this.#grant(name, 'SUPERUSER', '*', { viaKind: 'attribute', line });
      yield this.#power(name, 'SUPERUSER', { capability: 'admin', confidence: 'high', path }, line);
      return;
    }
    if (role.createRole === true) {
      yield this.#grant(name, 'CREATEROLE', '*', { viaKind: 'attribute', line });
      // Since 16 it reaches only roles that it has ADMIN on. https://www.postgresql.org/docs/16/release-16.html
      const isBefore16 = this.#facts.isBefore16 ?? (this.#facts.major === undefined ? undefined : this.#facts.major < 16);
      if (isBefore16 !== false) {
        const reach = 'may give itself any role that is no superuser, those that run programs on the server too';
        const path = isBefore16
          ? reach
          : `${reach}, if the server is older than PostgreSQL 16: which version it is, is not known`;
        const confidence = isBefore16 ? 'high' : 'medium';
        yield this.#power(
          name,
          'CREATEROLE',
          { capability: 'escalates', confidence, method: 'createrole-before-16', path },
          line,
        );
      }
      const path = 'may make roles, and change those it administers';
      yield this.#power(
        name,
        'CREATEROLE',
        { capability: 'manages-identities', confidence: 'high', method: 'createrole', path },
        line,
      );
    }
    if (role.replication === true) {
      yield this.#grant(name, 'REPLICATION', '*', { viaKind: 'attribute', line });
      const path = 'may copy the whole cluster, tables and password verifiers';
      for (const capability of ['reads-data', 'reads-secrets'] as const)
        yield this.#power(name, 'REPLICATION', { capability, confidence: 'high', method: 'replication', path }, line);
    }
    if (role.bypassRls === true) yield this.#grant(name, 'BYPASSRLS', '*', { viaKind: 'attribute', line });
    if (role.createDb === true) yield this.#grant(name, 'CREATEDB', '*', { viaKind: 'attribute', line });
  }

  /** PUBLIC is no role of the catalogs, but rights are given to it: every role has them. */
  *everybody(): Generator<Observation> {
    yield {
      kind: 'identity',
      id: this.#id(PUBLIC),
      provider: 'postgres',
      type: 'everybody',
      name: PUBLIC,
      ...(this.#place === undefined ? {} : { scope: this.#place }),
      managed: true,
      at: this.#source.at,
      detail: { catalog: this.#source.catalog },
    };
  }

  /**
   * What is granted with neither INHERIT nor SET is of no use but to hand it on: ADMIN gives it back to who has it.
   * https://www.postgresql.org/docs/current/role-membership.html
   */
  *membership(one: Membership): Generator<Observation> {
    const { role, member, admin, inherit, set, grantor, line } = one;
    const options = { admin, ...(inherit === undefined ? {} : { inherit }), ...(set === undefined ? {} : { set }) };
    const mayUse = inherit !== false || set !== false;
    yield this.#grant(member, `ROLE ${role}`, role, {
      viaKind: 'membership',
      line,
      detail: { ...options, ...(grantor === undefined ? {} : { grantor }) },
    });
    if (!mayUse && !admin) return;
    const trust: TrustObservation = {
      kind: 'trust',
      identity: this.#id(role),
      effect: 'allow',
      principal: this.#id(member),
      principalType: 'identity',
      at: this.#at(line),
      detail: { basis: mayUse ? 'member of the role' : 'may grant itself the role', ...options },
    };
    yield trust;
  }

  *privileges(): Generator<Observation> {
    const data = new DataRights();
    for (const one of this.#facts.privileges) {
      const { grantee, kind, schema, privilege, objects, grantable, line } = one;
      const resource = kind === 'schema' || kind === 'database' ? `${kind} ${schema}` : `${kind} ${schema}.*`;
      yield this.#grant(grantee, privilege, resource, {
        viaKind: 'acl',
        line,
        detail: { objects, ...(grantable ? { grantable } : {}) },
      });
      if (kind !== 'table') continue;
      if (READS.has(privilege)) data.add(grantee, 'reads-data', privilege, one);
      if (WRITES.has(privilege)) data.add(grantee, 'writes-data', privilege, one);
    }
    for (const one of this.#facts.owners) {
      const { owner, kind, schema, objects, line } = one;
      const resource = kind === 'schema' || kind === 'database' ? `${kind} ${schema}` : `${kind} ${schema}.*`;
      yield this.#grant(owner, 'OWNER', resource, { viaKind: 'owner', line, detail: { objects } });
      if (kind !== 'table') continue;
      data.add(owner, 'reads-data', 'OWNER', one);
      data.add(owner, 'writes-data', 'OWNER', one);
    }
    for (const { role, capability, resource, permissions, line, more } of data.all()) {
      if (this.#facts.roles.get(role)?.superuser === true) continue;
      const what = permissions.includes('OWNER') ? `owns ${resource}` : `has ${permissions.join(', ')} on ${resource}`;
      const path = more > 0 ? `${what}, and ${more} more like it` : what;
      const [permission = ''] = permissions;
      yield { ...this.#power(role, permission, { capability, confidence: 'high', method: 'granted', path }, line), resource };
    }
  }

  *defaults(): Generator<Observation> {
    for (const { creator, schema, kind, grantee, privilege, line } of this.#facts.defaults) {
      yield this.#grant(grantee, privilege, `new ${kind} ${schema ?? '*'}.*`, {
        via: creator === '' ? 'default privileges' : `default privileges of ${creator}`,
        viaKind: 'default',
        line,
      });
    }
  }

  *definers(): Generator<Observation> {
    for (const { schema, name, owner, isPublic, hasSearchPath, line } of this.#facts.definers) {
      if (owner === undefined) continue;
      const isSuperuser = this.#facts.roles.get(owner)?.superuser;
      yield this.#grant(isPublic ? PUBLIC : owner, 'EXECUTE', `function ${schema}.${name}`, {
        via: `SECURITY DEFINER of ${owner}`,
        viaKind: 'definer',
        line,
        detail: {
          owner,
          schema,
          function: name,
          isPublic,
          hasSearchPath,
          ...(isSuperuser === undefined ? {} : { ownerIsSuperuser: isSuperuser }),
        },
      });
    }
  }

  /** Lines that let somebody in; `reject` lets nobody. */
  *hostRules(): Generator<Observation> {
    for (const { line, type, databases, users, address, method } of this.#facts.rules) {
      if (method === 'reject') continue;
      for (const role of this.#rolesOfRule(users)) {
        yield {
          kind: 'trust',
          identity: this.#id(role),
          effect: 'allow',
          principal: address === undefined ? type : address,
          principalType: method === 'trust' ? 'any' : 'unknown',
          condition: { type, databases, users, ...(address === undefined ? {} : { address }) },
          at: { ...this.#source.at, pointer: `pg_hba.conf:${line}` },
          detail: { basis: 'pg_hba.conf', method, type, hbaLine: line, isLocal: type === 'local' || isLoopback(address) },
        };
      }
    }
  }

  /** Names, `all`, `+group`, `/expression`; a name that no role has lets nobody in. */
  #rolesOfRule(users: readonly string[]): readonly string[] {
    if (users.some((user) => user === 'all' || user.startsWith('/'))) return [PUBLIC];
    return users.map((user) => user.replace(/^\+/, '')).filter((user) => this.#facts.roles.has(user));
  }

  /** A snapshot: who is connected now. */
  *sessions(): Generator<Observation> {
    for (const { role, database, address, application, sessions, lastStart } of this.#facts.sessions) {
      const client = [application ?? 'a client', address].filter((part) => part !== undefined).join('@');
      const id = this.#id(role);
      yield {
        kind: 'consumer',
        consumer: identityId('postgres', this.#place, `client/${client}`),
        type: 'code',
        identity: id,
        how: 'secret',
        at: this.#source.at,
        detail: { fact: 'database-client', sessions, ...(database === undefined ? {} : { database }) },
      };
      if (lastStart === undefined) continue;
      yield {
        kind: 'usage',
        identity: id,
        usedAt: lastStart,
        via: 'direct',
        action: 'connect',
        ...(database === undefined ? {} : { target: database }),
        ...(application === undefined ? {} : { actor: application }),
        ...(address === undefined ? {} : { sourceIp: address }),
        at: this.#source.at,
        detail: { snapshot: 'pg_stat_activity', sessions },
      };
    }
  }

  #lastSession(role: string): string | undefined {
    return (
      this.#facts.sessions
        .filter((session) => session.role === role)
        .map(({ lastStart }) => lastStart ?? '')
        .sort()
        .at(-1) || undefined
    );
  }

  #grant(
    role: string,
    permission: string,
    resource: string,
    rest: { via?: string; viaKind: string; line: number | undefined; detail?: JsonObject },
  ): GrantObservation {
    const { line, ...others } = rest;
    return { kind: 'grant', identity: this.#id(role), effect: 'allow', permission, resource, ...others, at: this.#at(line) };
  }

  #power(role: string, permission: string, power: Power, line: number | undefined): GrantObservation {
    const { capability, confidence, method, path } = power;
    return {
      ...this.#grant(role, permission, '*', {
        viaKind: 'derived',
        line,
        detail: { path: `${role} ${path}`, ...(method === undefined ? {} : { method }) },
      }),
      capability,
      confidence,
    };
  }
}

function isLoopback(address: string | undefined): boolean {
  return address === 'samehost' || /^(?:127\.|::1(?:\/|$))/.test(address ?? '');
}
