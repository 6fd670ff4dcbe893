/** How a language writes strings, names and comments. What differs decides what is a literal and what is not. */
export interface Dialect {
  /** `"…"` is a string, not a name. */
  readonly doubleQuoted: boolean;
  /** `"…"` is the one or the other, as the session is set: sqlcmd takes it for a string, other clients for a name. */
  readonly doubleUnsure: boolean;
  /** `\'` inside `'…'`: an escape, not, or as the server is set. */
  readonly backslash: 'yes' | 'no' | 'unsure';
  readonly backtick: boolean;
  readonly brackets: boolean;
  readonly hash: boolean;
  readonly dollar: boolean;
  /** A comment of slash and star may hold another. */
  readonly nested: boolean;
  /** `--` needs a space after it. */
  readonly dashSpace: boolean;
  /** Three quotes of one kind open a string that three end. */
  readonly triple: boolean;
  /** `q'[…]'` */
  readonly q: boolean;
  /** Its own grammar is PostgreSQL's: what that cannot read is an error there, too. */
  readonly postgres: boolean;
}

const BASE: Dialect = {
  doubleQuoted: false,
  doubleUnsure: false,
  backslash: 'no',
  backtick: false,
  brackets: false,
  hash: false,
  dollar: false,
  nested: false,
  dashSpace: false,
  triple: false,
  q: false,
  postgres: false,
};
const POSTGRES: Dialect = { ...BASE, backslash: 'unsure', dollar: true, nested: true, postgres: true };
const MYSQL: Dialect = { ...BASE, doubleQuoted: true, backslash: 'yes', backtick: true, hash: true, dashSpace: true };
const ORACLE: Dialect = { ...BASE, q: true };

const DIALECTS: ReadonlyMap<string, Dialect> = new Map([
  ['postgres', POSTGRES],
  ['redshift', POSTGRES],
  ['mysql', MYSQL],
  ['mariadb', MYSQL],
  ['mssql', { ...BASE, doubleUnsure: true, brackets: true, nested: true }],
  ['oracledb', ORACLE],
  ['oracle', ORACLE],
  ['bigquery', { ...BASE, doubleQuoted: true, backslash: 'yes', backtick: true, hash: true, triple: true }],
  ['snowflake', { ...BASE, backslash: 'yes', dollar: true }],
]);

/** Of a connection's kind; `undefined` for what speaks no SQL. */
export function dialectOf(kind: string): Dialect | undefined {
  return DIALECTS.get(kind);
}

export const DEFAULT_DIALECT: Dialect = POSTGRES;
/** Of a database that does not say which it is. */
export const UNTOLD: Dialect = { ...POSTGRES, doubleUnsure: true };
