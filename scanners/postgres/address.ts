import type { ScanContext } from '../../src/contracts/index.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly sslMode: SslMode;
}

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/**
 * `//user@host:port/database?sslmode=require`, the rest from the environment as libpq has it. A text says what is wrong.
 * https://www.postgresql.org/docs/current/libpq-envars.html
 */
export function parseAddress(text: string, env: ScanContext['env']): Address | string {
  let url: URL | undefined;
  if (text.replace(/^\/\//, '') !== '') {
    if (!text.startsWith('//') || !URL.canParse(`postgres:${text}`))
      return 'the address is not of the form //user@host:port/database';
    url = new URL(`postgres:${text}`);
    if (url.password !== '')
      return 'the address holds a password: it would stand in reports; give it in PGPASSWORD or in a password file';
  }
  const host = (decode(url?.hostname) || env.PGHOST || '').toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (host === '') return 'no host is named: postgres://HOST/DATABASE, or PGHOST';
  const port = Number(url?.port || env.PGPORT || 5432);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return `${JSON.stringify(env.PGPORT)} is no port`;
  const user = decode(url?.username) || env.PGUSER || env.USER || 'postgres';
  const database = decode(url?.pathname.slice(1)) || env.PGDATABASE || user;
  const asked = url?.searchParams.get('sslmode') ?? env.PGSSLMODE ?? 'prefer';
  const sslMode = SSL_MODES.find((mode) => mode === asked);
  if (sslMode === undefined) return `there is no sslmode ${JSON.stringify(asked)}: ${SSL_MODES.join(', ')}`;
  return { host, port, user, database, sslMode };
}

function decode(text: string | undefined): string {
  try {
    return decodeURIComponent(text ?? '');
  } catch {
    return text ?? '';
  }
}
