import { judgeConnectionString, judgeGiven, judgeLogin } from './password.ts';
import type { CheckInput, Verdict } from './types.ts';

/** Who logs in where; what is not known is left out. */
interface Login {
  readonly provider: string;
  readonly host?: string | undefined;
  readonly database?: string | undefined;
  readonly user?: string | undefined;
}

/** Subprotocols of JDBC that we call otherwise. */
const CALLED: { readonly [subprotocol: string]: string } = {
  postgresql: 'postgres',
  pgsql: 'postgres',
  mariadb: 'mysql',
  jtds: 'sqlserver',
  microsoft: 'sqlserver',
};

/** `jdbc:mysql://host/db?user=…&password=…`, `jdbc:sqlserver://host;user=…;password=…`, `jdbc:db2://host/db:user=…;password=…;` */
export function judgeJdbc(input: CheckInput): Verdict {
  const text = stretchOf(input, /["'`\s<>]/);
  const named = /jdbc:(?<kind>[a-z0-9]{2,30}):/i.exec(text)?.groups?.kind?.toLowerCase() ?? '';
  const login = {
    provider: CALLED[named] ?? named,
    host: input.groups.host,
    database: /\/\/[^/?;]{1,200}\/(?<name>[\w-]{1,63})/.exec(text)?.groups?.name ?? option(text, 'database(?:name)?|db'),
    user: option(text, 'user(?:name)?|uid'),
  };
  return withLogin(judgeConnectionString(withGroups(input, login)), login);
}

/** `Server=…;User Id=…;Password=…` of ADO.NET and ODBC. */
export function judgeAdo(input: CheckInput): Verdict {
  const text = stretchOf(input, /["'`\r\n<>]/);
  const login = {
    provider: kindOf(text),
    host: input.groups.host,
    database: option(text, 'database|initial[ ]catalog|dbname'),
    user: option(text, 'user[ ]?id|uid|user[ ]?name|user'),
  };
  return withLogin(judgeConnectionString(withGroups(input, login)), login);
}

/** https://learn.microsoft.com/en-us/dotnet/framework/data/adonet/connection-string-syntax: each provider has words of its own. */
function kindOf(text: string): string {
  if (/postgres|npgsql|[:,=]5432\b|(?:^|;)\s*host\s*=[^;]*;.*username\s*=/i.test(text)) return 'postgres';
  if (/mysql|mariadb|[:,=]3306\b|sslmode=/i.test(text)) return 'mysql';
  if (/1433|initial catalog|database\.windows\.net|trustserver|multipleactive|encrypt\s*=|sql server|sqlncli|tcp:/i.test(text))
    return 'sqlserver';
  return 'database';
}

/** `host=… user=… password=…`: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE */
export function judgeLibpq(input: CheckInput): Verdict {
  const text = stretchOf(input, /["`\r\n<>]/);
  const login = {
    provider: 'postgres',
    host: option(text, 'host|hostaddr'),
    database: option(text, 'dbname'),
    user: option(text, 'user'),
  };
  return withLogin(judgeGiven(withGroups(input, login)), login);
}

/** `mysql -h HOST -u USER -pPASSWORD` */
export function judgeMysqlCommand(input: CheckInput): Verdict {
  const text = commandOf(input);
  const login = {
    provider: 'mysql',
    host: /\x20(?:-h\x20{0,4}|--host[= ])["']?(?<name>[\w.-]{1,253})/.exec(text)?.groups?.name,
    user: /\x20(?:-u\x20{0,4}|--user[= ])["']?(?<name>[\w.@-]{1,80})/.exec(text)?.groups?.name,
  };
  return withLogin(judgeGiven(withGroups(input, login)), login);
}

/** `sqlplus USER/PASSWORD@//HOST:1521/SERVICE` */
export function judgeSqlplus(input: CheckInput): Verdict {
  const host = /@(?:\/\/)?(?<name>[\w.-]{1,253})/.exec(commandOf(input).slice(matchOf(input).length - 1))?.groups?.name;
  const login = { provider: 'oracle', host, user: input.groups.user };
  return withLogin(judgeGiven(withGroups(input, login)), login);
}

/** `curl -u USER:PASSWORD https://HOST/…` */
export function judgeCurl(input: CheckInput): Verdict {
  const host = /\bhttps?:\/\/(?:[^\s/@]{1,100}@)?(?<name>[\w.-]{1,253})/i.exec(commandOf(input))?.groups?.name;
  const login = { provider: 'https', host, user: input.groups.user };
  return withLogin(judgeGiven(withGroups(input, login)), login);
}

/** Protocols over TLS are their plain ones, and what speaks HTTP is HTTPS. */
const SCHEMES: { readonly [scheme: string]: string } = {
  http: 'https',
  ws: 'https',
  wss: 'https',
  ftps: 'ftp',
  sftp: 'ssh',
  ldaps: 'ldap',
  smtps: 'smtp',
  mqtts: 'mqtt',
};

/** `https://USER:PASSWORD@HOST/…` */
export function judgeBasicAuth(input: CheckInput): Verdict {
  const scheme = /^[a-z]+/i.exec(matchOf(input))?.[0].toLowerCase() ?? '';
  const { host, user } = input.groups;
  return withLogin(judgeConnectionString(input), { provider: SCHEMES[scheme] ?? scheme, host, user });
}

/** `machine HOST login USER password PASSWORD` */
export function judgeNetrc(input: CheckInput): Verdict {
  const { host, user } = input.groups;
  return withLogin(judgeLogin(input), { provider: 'https', host, user });
}

/** `HOST:5432:DATABASE:USER:PASSWORD`, where a star is any. https://www.postgresql.org/docs/current/libpq-pgpass.html */
export function judgePgpass(input: CheckInput): Verdict {
  const host = /(?<name>[\w.*-]{1,253})$/.exec(input.around(253, 0).slice(0, -matchOf(input).length))?.groups?.name;
  const { database, user } = input.groups;
  const [place, base] = [host, database].map((name) => (name === '*' ? undefined : name));
  const login = { provider: 'postgres', host: place, database: base, user: user === '*' ? undefined : user };
  return withLogin(judgeLogin(withGroups(input, login)), login);
}

/** What such checks give for the identity. */
export const LOGIN = ['provider', 'scope', 'local'];

function withLogin(verdict: Verdict, { provider, host, database, user }: Login): Verdict {
  if (!verdict.valid || user === undefined || user === '' || !/^[a-z][a-z0-9-]*$/.test(provider)) return verdict;
  const place = host?.toLowerCase().replace(/\.$/, '') ?? '';
  const isPostgres = provider === 'postgres';
  // libpq takes the database that is called like the role where none is named.
  const scope = isPostgres && place !== '' ? `${place}/${database ?? user}` : place;
  const local = `${isPostgres ? 'role' : 'user'}/${user}`;
  return { ...verdict, groups: { ...verdict.groups, provider, scope, local, ...(place === '' ? {} : { host: place }), user } };
}

function withGroups(input: CheckInput, { host, user }: Login): CheckInput {
  const groups = {
    ...input.groups,
    ...(host === undefined ? {} : { host }),
    ...(user === undefined ? {} : { user }),
  };
  return { ...input, groups };
}

function matchOf(input: CheckInput): string {
  return input.around(0, 0);
}

/** What stands around a match up to a quote, a line's end or the like. */
function stretchOf(input: CheckInput, end: RegExp): string {
  const match = matchOf(input);
  const text = input.around(300, 300);
  const at = text.indexOf(match);
  const before = text.slice(0, at).split(end).at(-1) ?? '';
  const after = text.slice(at + match.length).split(end)[0] ?? '';
  return before + match + after;
}

/** A command from its name to its end. */
function commandOf(input: CheckInput): string {
  const match = matchOf(input);
  return (
    match +
    (input
      .around(0, 300)
      .slice(match.length)
      .split(/(?<!\\)[\r\n]|[|;]/)[0] ?? '')
  );
}

function option(text: string, names: string): string | undefined {
  const found = new RegExp(`(?:^|[;\\s?&:,(])(?:${names})[ ]?=[ ]?["']?(?<value>[^;&,\\s"'<>{}$%()]{1,100})`, 'i').exec(text);
  return found?.groups?.value;
}
