import { Secret } from '../../src/util/secret.ts';
import {
  type Definer,
  type Facts,
  newFacts,
  type ObjectKind,
  type PasswordMethod,
  type Place,
  PrivilegeSums,
  PUBLIC,
  type RoleFact,
  roleIn,
} from './facts.ts';
import { isWord, type ScriptEnd, type Statement, statements, TokenReader } from './sql.ts';

/** Where a verifier stands in the dump. */
export interface VerifierPlace {
  readonly role: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

export interface Dump {
  readonly facts: Facts;
  readonly place: Place;
  /** Roles are told: `pg_dumpall`; else only rights, as `pg_dump` does. */
  readonly hasRoles: boolean;
  readonly hasPasswords: boolean;
  readonly hasObjects: boolean;
  readonly verifiers: readonly VerifierPlace[];
  /** When it was begun, at the earliest; few dumps say so. */
  readonly startedAt?: string;
  readonly broken?: string;
}

/**
 * What a dump of roles (`pg_dumpall --roles-only`, with or without passwords) or of a schema (`pg_dump -s`) says.
 * https://www.postgresql.org/docs/current/app-pg-dumpall.html
 */
export function readDump(text: string): Dump {
  const reader = new DumpReader();
  const end: ScriptEnd = {};
  for (const statement of statements(text, end)) reader.read(statement);
  return reader.finish(text, end);
}

/** `CREATE TABLE shop.orders` … whose owners dumps tell by `ALTER … OWNER TO`. */
const KINDS: { readonly [word: string]: ObjectKind | undefined } = {
  TABLE: 'table',
  VIEW: 'table',
  SEQUENCE: 'sequence',
  FUNCTION: 'function',
  PROCEDURE: 'function',
  ROUTINE: 'function',
  AGGREGATE: 'function',
  SCHEMA: 'schema',
  DATABASE: 'database',
  TYPE: 'type',
  DOMAIN: 'type',
  SERVER: 'server',
  LANGUAGE: 'language',
  PARAMETER: 'parameter',
};

const EVERY: { readonly [kind in ObjectKind]?: readonly string[] } = {
  table: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'],
  sequence: ['SELECT', 'UPDATE', 'USAGE'],
  function: ['EXECUTE'],
  schema: ['USAGE', 'CREATE'],
  database: ['CONNECT', 'CREATE', 'TEMPORARY'],
};

class DumpReader {
  readonly #facts = newFacts();
  readonly #sums = new PrivilegeSums();
  readonly #owned = new Map<
    string,
    { owner: string; kind: ObjectKind; schema: string; name: string | undefined; objects: number; line: number }
  >();
  readonly #definers = new Map<string, Definer>();
  readonly #verifiers: VerifierPlace[] = [];
  #hasRoles = false;
  #hasPasswords = false;
  #hasObjects = false;
  #database: string | undefined;

  read(statement: Statement): void {
    if (statement.command !== undefined) {
      this.#connect(statement.command);
      return;
    }
    const tokens = new TokenReader(statement.tokens);
    const { line } = statement;
    if (tokens.take('CREATE')) this.#create(tokens, line);
    else if (tokens.take('ALTER')) this.#alter(tokens, line);
    else if (tokens.take('GRANT')) this.#grant(tokens, line);
    else if (tokens.take('REVOKE')) this.#revoke(tokens);
    else if (tokens.take('COMMENT', 'ON', 'ROLE')) this.#comment(tokens);
  }

  #connect(command: string): void {
    const name = /^c(?:onnect)?\s+(?:-reuse-previous=\w+\s+)?(?<name>"(?:[^"]|"")+"|[^\s"]+)/.exec(command)?.groups?.name;
    const inner = name?.replace(/^"(.*)"$/s, '$1').replaceAll('""', '"');
    if (inner === undefined || /^(?:template[01]|postgres)$/.test(inner)) return;
    this.#database = /^dbname='(?<name>[^']+)'/.exec(inner)?.groups?.name ?? inner;
  }

  #create(tokens: TokenReader, line: number): void {
    if (tokens.take('ROLE') || tokens.take('USER') || tokens.take('GROUP')) {
      const isUser = isWord(tokens.peek(-1), 'USER');
      // `CREATE USER MAPPING` is about a foreign server.
      if (isUser && tokens.take('MAPPING')) return;
      const name = tokens.name();
      if (name === undefined) return;
      this.#hasRoles = true;
      const role = roleIn(this.#facts, name);
      role.line ??= line;
      if (isUser) role.login = true;
      this.#options(role, tokens, line);
      return;
    }
    tokens.take('OR', 'REPLACE');
    if (tokens.take('FUNCTION') || tokens.take('PROCEDURE')) this.#function(tokens, line);
    else if (isWord(tokens.peek(), 'TABLE') || isWord(tokens.peek(), 'SCHEMA') || isWord(tokens.peek(), 'VIEW'))
      this.#hasObjects = true;
  }

  #alter(tokens: TokenReader, line: number): void {
    if (tokens.take('ROLE') || tokens.take('USER') || tokens.take('GROUP')) {
      const name = tokens.name();
      // `ALTER ROLE x IN DATABASE d SET …` and `ALTER ROLE x SET …` are settings.
      if (name === undefined || isWord(tokens.peek(), 'SET') || isWord(tokens.peek(), 'IN') || isWord(tokens.peek(), 'RENAME'))
        return;
      const role = roleIn(this.#facts, name);
      role.line ??= line;
      this.#options(role, tokens, line);
      return;
    }
    if (tokens.take('DEFAULT', 'PRIVILEGES')) this.#defaults(tokens, line);
    else this.#ownerOf(tokens, line);
  }

  #options(role: RoleFact, tokens: TokenReader, line: number): void {
    for (;;) {
      const token = tokens.next();
      if (token === undefined) return;
      if (token.kind !== 'word') continue;
      const word = token.text.toUpperCase();
      const attribute = ATTRIBUTES[word.replace(/^NO(?=SUPER|CREATE|INHERIT|LOGIN|REPL|BYPASS)/, '')];
      if (attribute !== undefined) role[attribute] = !word.startsWith('NO');
      else if (word === 'CONNECTION' && tokens.take('LIMIT')) {
        const isNegative = tokens.takeSign('-');
        const limit = Number(tokens.name());
        if (Number.isInteger(limit) && !isNegative) role.connectionLimit = limit;
      } else if (word === 'PASSWORD') this.#password(role, tokens, line);
      else if (word === 'VALID' && tokens.take('UNTIL')) {
        const until = validUntil(tokens.string()?.text);
        if (until === undefined) this.#facts.problems.push(`line ${line}: VALID UNTIL of ${role.name} is no time`);
        else role.validUntil = until;
      }
    }
  }

  #password(role: RoleFact, tokens: TokenReader, line: number): void {
    if (tokens.take('NULL')) {
      role.password = 'none';
      return;
    }
    const value = tokens.string();
    if (value === undefined) return;
    this.#hasPasswords = true;
    role.password = passwordMethod(value.text);
    if (role.password !== 'scram-sha-256' && role.password !== 'md5') return;
    role.verifier = new Secret(value.text);
    this.#verifiers.push({ role: role.name, line, start: value.start, end: value.end });
  }

  #comment(tokens: TokenReader): void {
    const name = tokens.name();
    if (name === undefined || !tokens.take('IS')) return;
    const text = tokens.string()?.text;
    if (text !== undefined && text !== '') roleIn(this.#facts, name).comment = text;
  }

  #function(tokens: TokenReader, line: number): void {
    this.#hasObjects = true;
    const path = tokens.qualified();
    const name = path.at(-1);
    if (name === undefined) return;
    tokens.skipParentheses();
    let isDefiner = false;
    let hasSearchPath = false;
    while (!tokens.isAtEnd) {
      if (tokens.take('SECURITY', 'DEFINER')) isDefiner = true;
      else if (tokens.take('SET', 'SEARCH_PATH')) hasSearchPath = true;
      else tokens.next();
    }
    if (!isDefiner) return;
    const schema = path.length > 1 ? (path[0] as string) : 'public';
    this.#definers.set(`${schema}\0${name}`, { name, schema, isPublic: true, hasSearchPath, line });
  }

  #ownerOf(tokens: TokenReader, line: number): void {
    const words: string[] = [];
    while (tokens.peek()?.kind === 'word' && KINDS[words.at(-1) ?? ''] === undefined)
      words.push((tokens.next() as { readonly text: string }).text.toUpperCase());
    const kind = KINDS[words.at(-1) ?? ''];
    if (kind === undefined) return;
    tokens.take('ONLY');
    const path = tokens.qualified();
    const name = path.at(-1);
    if (name === undefined || !tokens.skipTo('OWNER') || !tokens.take('TO')) return;
    const owner = tokens.name();
    if (owner === undefined) return;
    this.#hasObjects = true;
    const schema = kind === 'schema' || kind === 'database' ? name : path.length > 1 ? (path[0] as string) : 'public';
    const definer = kind === 'function' ? this.#definers.get(`${schema}\0${name}`) : undefined;
    if (definer !== undefined) definer.owner = owner;
    const key = [owner, kind, schema].join('\0');
    const known = this.#owned.get(key);
    if (known === undefined) this.#owned.set(key, { owner, kind, schema, name, objects: 1, line });
    else {
      known.objects += 1;
      known.name = undefined;
    }
  }

  #grant(tokens: TokenReader, line: number): void {
    const privileges: string[] = [];
    while (!tokens.isAtEnd && !isWord(tokens.peek(), 'ON') && !isWord(tokens.peek(), 'TO')) {
      const name = tokens.name();
      if (name !== undefined) privileges.push(name);
      else if (!tokens.skipParentheses()) tokens.next();
    }
    if (tokens.take('TO')) this.#membership(privileges, tokens, line);
    else if (tokens.take('ON')) this.#privileges(privileges, tokens, line);
  }

  #membership(roles: readonly string[], tokens: TokenReader, line: number): void {
    const members = names(tokens);
    let admin = false;
    let inherit: boolean | undefined;
    let set: boolean | undefined;
    let grantor: string | undefined;
    while (!tokens.isAtEnd) {
      if (tokens.take('ADMIN')) admin = option(tokens);
      else if (tokens.take('INHERIT')) inherit = option(tokens);
      else if (tokens.take('SET')) set = option(tokens);
      else if (tokens.take('GRANTED', 'BY')) grantor = tokens.name();
      else tokens.next();
    }
    this.#hasRoles = true;
    for (const role of roles) {
      for (const member of members) {
        this.#facts.members.push({
          role,
          member,
          admin,
          line,
          ...(inherit === undefined ? {} : { inherit }),
          ...(set === undefined ? {} : { set }),
          ...(grantor === undefined ? {} : { grantor }),
        });
      }
    }
  }

  #privileges(words: readonly string[], tokens: TokenReader, line: number): void {
    const target = targetOf(tokens);
    if (target === undefined || !tokens.skipTo('TO')) return;
    this.#hasObjects = true;
    const grantees = names(tokens);
    const grantable = tokens.take('WITH', 'GRANT', 'OPTION');
    const { kind, objects } = target;
    const privileges =
      words[0] === 'all'
        ? (EVERY[kind] ?? ['ALL'])
        : words.map((word) => word.toUpperCase()).filter((word) => word !== 'PRIVILEGES');
    for (const grantee of grantees) {
      for (const [schema, name] of objects) {
        for (const privilege of privileges)
          this.#sums.add({ grantee, kind, schema, name, privilege, objects: 1, grantable, line });
        const definer = kind === 'function' ? this.#definers.get(`${schema}\0${name}`) : undefined;
        if (definer !== undefined && grantee === PUBLIC) definer.isPublic = true;
      }
    }
  }

  /** What PUBLIC has by itself, dumps take away first: `REVOKE ALL ON FUNCTION f() FROM PUBLIC`. */
  #revoke(tokens: TokenReader): void {
    if (!tokens.skipTo('ON')) return;
    const target = targetOf(tokens);
    if (target?.kind !== 'function' || !tokens.skipTo('FROM')) return;
    if (!names(tokens).some((name) => name === PUBLIC)) return;
    for (const [schema, name] of target.objects) {
      const definer = this.#definers.get(`${schema}\0${name}`);
      if (definer !== undefined) definer.isPublic = false;
    }
  }

  /** `ALTER DEFAULT PRIVILEGES FOR ROLE r IN SCHEMA s GRANT SELECT ON TABLES TO m` */
  #defaults(tokens: TokenReader, line: number): void {
    let creator = '';
    let schema: string | undefined;
    while (!tokens.isAtEnd && !isWord(tokens.peek(), 'GRANT') && !isWord(tokens.peek(), 'REVOKE')) {
      if (tokens.take('FOR', 'ROLE') || tokens.take('FOR', 'USER')) creator = tokens.name() ?? '';
      else if (tokens.take('IN', 'SCHEMA')) schema = tokens.name();
      else tokens.next();
    }
    if (!tokens.take('GRANT')) return;
    const privileges: string[] = [];
    while (!tokens.isAtEnd && !isWord(tokens.peek(), 'ON')) {
      const name = tokens.name();
      if (name !== undefined && name !== 'privileges') privileges.push(name.toUpperCase());
      else if (name === undefined) tokens.next();
    }
    tokens.take('ON');
    const kind = (tokens.name() ?? '').replace(/s$/, '').replace('routine', 'function');
    if (!tokens.take('TO')) return;
    const every = EVERY[kind as ObjectKind] ?? ['ALL'];
    for (const grantee of names(tokens)) {
      for (const privilege of privileges[0] === 'ALL' ? every : privileges) {
        this.#facts.defaults.push({
          creator,
          kind,
          grantee,
          privilege,
          line,
          ...(schema === undefined ? {} : { schema }),
        });
      }
    }
  }

  finish(text: string, { broken }: ScriptEnd): Dump {
    const facts = this.#facts;
    facts.privileges.push(...this.#sums.all());
    facts.owners.push(...this.#owned.values());
    facts.definers.push(...this.#definers.values());
    const { server, client } = versionsOf(text);
    const startedAt = startOf(text);
    const before = server ?? client;
    if (server !== undefined) facts.major = server;
    // Since 16 dumps of roles say for each membership what it brings. A client reads no server that is newer than itself.
    if (facts.members.some(({ inherit }) => inherit !== undefined)) facts.isBefore16 = false;
    else if (server !== undefined || (before ?? 16) < 16) facts.isBefore16 = (before ?? 16) < 16;
    else if (facts.members.length > 0) facts.isBefore16 = true;
    for (const role of facts.roles.values()) {
      if (this.#hasPasswords) role.password ??= 'none';
      // `initdb` names nobody else so; a dump does not tell the number 10 that it gives.
      if (role.name === 'postgres' && role.superuser === true) role.bootstrap = true;
    }
    const place = placeComment(text);
    return {
      facts,
      place: { ...(this.#database === undefined ? {} : { database: this.#database }), ...place },
      hasRoles: this.#hasRoles,
      hasPasswords: this.#hasPasswords,
      hasObjects: this.#hasObjects,
      verifiers: this.#verifiers,
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(broken === undefined ? {} : { broken }),
    };
  }
}

const ATTRIBUTES: {
  readonly [word: string]:
    | 'superuser'
    | 'createRole'
    | 'createDb'
    | 'replication'
    | 'bypassRls'
    | 'login'
    | 'inherit'
    | undefined;
} = {
  SUPERUSER: 'superuser',
  CREATEROLE: 'createRole',
  CREATEDB: 'createDb',
  REPLICATION: 'replication',
  BYPASSRLS: 'bypassRls',
  LOGIN: 'login',
  INHERIT: 'inherit',
};

/** https://www.postgresql.org/docs/current/catalog-pg-authid.html */
export function passwordMethod(stored: string): PasswordMethod {
  if (stored.startsWith('SCRAM-SHA-256$')) return 'scram-sha-256';
  if (/^md5[0-9a-f]{32}$/.test(stored)) return 'md5';
  return stored === '' ? 'none' : 'clear';
}

export function validUntil(text: string | undefined): RoleFact['validUntil'] {
  if (text === undefined || text === '') return undefined;
  if (text === 'infinity') return 'infinity';
  const time = new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

function names(tokens: TokenReader): string[] {
  const found: string[] = [];
  do {
    tokens.take('GROUP');
    const isQuoted = tokens.peek()?.kind === 'name';
    const name = tokens.name();
    if (name !== undefined) found.push(!isQuoted && name === 'public' ? PUBLIC : name);
  } while (tokens.takeSign(','));
  return found;
}

/** Which server a dump is of, and by which version of the command it was made; a dump of roles alone tells neither. */
function versionsOf(text: string): { readonly server: number | undefined; readonly client: number | undefined } {
  const head = text.slice(0, 4096);
  const server = /^-- Dumped from database version (?<major>\d+)/m.exec(head)?.groups?.major;
  const client = /^-- Dumped by pg_dump(?:all)? version (?<major>\d+)/m.exec(head)?.groups?.major;
  return { server: server === undefined ? undefined : Number(server), client: client === undefined ? undefined : Number(client) };
}

/**
 * When the dump was begun, at the earliest: `--verbose` says so, by the clock and the zone of the machine. Of a zone's name
 * nobody knows the hour. https://www.postgresql.org/docs/current/app-pgdump.html
 */
function startOf(text: string): string | undefined {
  const { day, time, zone } =
    /^-- Started on (?<day>\d{4}-\d\d-\d\d) (?<time>\d\d:\d\d:\d\d)(?: (?<zone>\S+))?/m.exec(text.slice(0, 4096))?.groups ?? {};
  const at = Date.parse(`${day}T${time}Z`);
  if (Number.isNaN(at)) return undefined;
  return new Date(zone === 'UTC' || zone === 'GMT' ? at : at - MOST_AHEAD_MS).toISOString();
}

/** `Pacific/Kiritimati` */
const MOST_AHEAD_MS = 14 * 3_600_000;

/** `ADMIN OPTION`, `ADMIN TRUE`, `SET FALSE` */
function option(tokens: TokenReader): boolean {
  if (tokens.take('FALSE')) return false;
  if (!tokens.take('OPTION')) tokens.take('TRUE');
  return true;
}

interface GrantTarget {
  readonly kind: ObjectKind;
  /** Schema and name of each. */
  readonly objects: readonly (readonly [schema: string, name: string])[];
}

function targetOf(tokens: TokenReader): GrantTarget | undefined {
  if (tokens.take('ALL')) {
    const kind = KINDS[(tokens.name() ?? '').toUpperCase().replace(/S$/, '')];
    if (kind === undefined || !tokens.take('IN', 'SCHEMA')) return undefined;
    return { kind, objects: names(tokens).map((schema) => [schema, '*'] as const) };
  }
  if (tokens.take('FOREIGN')) tokens.take('DATA', 'WRAPPER');
  const token = tokens.peek();
  const kind = token?.kind === 'word' ? KINDS[token.text.toUpperCase()] : undefined;
  if (kind !== undefined) tokens.next();
  const objects: (readonly [string, string])[] = [];
  do {
    const path = tokens.qualified();
    const name = path.at(-1);
    tokens.skipParentheses();
    if (name === undefined) break;
    objects.push([kind === 'schema' || kind === 'database' ? name : path.length > 1 ? (path[0] as string) : 'public', name]);
  } while (tokens.takeSign(','));
  return { kind: kind ?? 'table', objects };
}

/**
 * Dumps do not tell which host they are of; whoever makes one may write it above: `-- host: db.harbour.internal/orders`.
 */
function placeComment(text: string): Place {
  const line = /^-- host: *(?<host>[A-Za-z0-9._-]{1,253})(?::(?<port>\d{1,5}))?(?:\/(?<database>[^\s/]{1,63}))? *\r?$/m.exec(
    text.slice(0, 4096),
  )?.groups;
  if (line?.host === undefined) return {};
  return {
    host: line.host.toLowerCase(),
    ...(line.port === undefined ? {} : { port: Number(line.port) }),
    ...(line.database === undefined ? {} : { database: line.database }),
  };
}
