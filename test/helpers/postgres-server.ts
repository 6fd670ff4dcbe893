import { type ExecFileOptions, execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A PostgreSQL server of this machine, started for a test on a port of its own. */
export interface PostgresServer {
  readonly port: number;
  readonly major: number;
  /** As the superuser `postgres`, over the socket: for what tests set up. */
  sql(text: string, database?: string): Promise<string>;
  /** What a stock command prints. */
  command(name: 'pg_dumpall' | 'pg_dump' | 'psql', args: readonly string[], input?: string): Promise<string>;
  stop(): Promise<void>;
}

/** Where its programs are, if it is installed. */
export function findPostgres(): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    if (existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl')))
      return dirname(realpathSync(join(folder, 'initdb')));
  }
  return undefined;
}

/** It refuses to run as root. */
function asServerUser(): readonly string[] | undefined {
  if (process.getuid?.() !== 0) return [];
  try {
    execFileSync('id', ['-u', 'postgres'], { stdio: 'ignore' });
    return ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'];
  } catch {
    return undefined;
  }
}

export function canRunPostgres(): boolean {
  return findPostgres() !== undefined && asServerUser() !== undefined;
}

/** `hba`: lines before those that let the superuser in over the socket. */
export async function startPostgres({ hba = [] }: { readonly hba?: readonly string[] } = {}): Promise<PostgresServer> {
  const folder = findPostgres();
  const prefix = asServerUser();
  if (folder === undefined || prefix === undefined) throw new Error('no PostgreSQL server can be started here');
  const root = mkdtempSync(join(tmpdir(), 'nhi-pg-'));
  chmodSync(root, 0o777);
  const data = join(root, 'data');
  const execute = async (name: string, args: readonly string[], options: ExecFileOptions = {}): Promise<string> => {
    const [program = '', ...rest] = [...prefix, join(folder, name), ...args];
    const { stdout } = await run(program, rest, { cwd: root, maxBuffer: 64 * 1024 * 1024, ...options, encoding: 'utf8' });
    return stdout;
  };
  await execute('initdb', [
    '-D',
    data,
    '-U',
    'postgres',
    '--auth=trust',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ]);
  const major = Number(/\d+/.exec(await execute('postgres', ['--version']))?.[0]);
  const port = await freePort();
  const rules = [...hba, 'local all postgres trust', 'host all all 127.0.0.1/32 scram-sha-256', ''].join('\n');
  await writeAs(prefix, join(data, 'pg_hba.conf'), rules);
  const settings = `-c port=${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${root} -c fsync=off -c shared_buffers=16MB -c max_connections=20 -c log_statement=none`;
  await execute('pg_ctl', ['-D', data, '-w', '-t', '30', '-l', join(root, 'log'), '-o', settings, 'start']);
  const local = ['-h', root, '-p', String(port), '-U', 'postgres'];
  return {
    port,
    major,
    sql: async (text, database = 'postgres') =>
      await execute('psql', [...local, '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', database, '-c', text]),
    command: async (name, args, input) => {
      if (input === undefined) return await execute(name, [...local, ...args]);
      const [program = '', ...rest] = [...prefix, join(folder, name), ...local, ...args];
      const child = run(program, rest, { cwd: root, encoding: 'utf8' });
      child.child.stdin?.end(input);
      return (await child).stdout;
    },
    stop: async () => {
      await execute('pg_ctl', ['-D', data, '-m', 'immediate', 'stop']).catch(() => undefined);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function writeAs(prefix: readonly string[], path: string, text: string): Promise<void> {
  const [program = '', ...rest] = [...prefix, 'tee', path];
  const child = run(program, rest);
  child.child.stdin?.end(text);
  await child;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was free');
  return address.port;
}
