import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ScanContext } from '../../src/contracts/index.ts';
import { Secret } from '../../src/util/secret.ts';
import type { Address } from './address.ts';

/** From PGPASSWORD, else from the password file, as libpq does. https://www.postgresql.org/docs/current/libpq-pgpass.html */
export function findPassword(address: Address, env: ScanContext['env']): Secret | undefined {
  if (env.PGPASSWORD !== undefined && env.PGPASSWORD !== '') return new Secret(env.PGPASSWORD);
  const path = env.PGPASSFILE || passwordFile(env);
  if (path === undefined) return undefined;
  let text: string;
  try {
    // libpq passes over a file that others may read.
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) return undefined;
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const wanted = [address.host, String(address.port), address.database, address.user];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const fields = fieldsOf(line);
    if (fields.length === 5 && wanted.every((value, index) => fields[index] === '*' || fields[index] === value))
      return new Secret(fields[4] as string);
  }
  return undefined;
}

function passwordFile(env: ScanContext['env']): string | undefined {
  if (process.platform === 'win32') return env.APPDATA === undefined ? undefined : join(env.APPDATA, 'postgresql', 'pgpass.conf');
  return env.HOME === undefined ? undefined : join(env.HOME, '.pgpass');
}

/** Colons and backslashes in a field stand behind a backslash. */
function fieldsOf(line: string): string[] {
  const fields: string[] = [];
  let field = '';
  for (let at = 0; at < line.length; at++) {
    const c = line[at] ?? '';
    if (c === '\\' && at + 1 < line.length) field += line[++at] ?? '';
    else if (c === ':' && fields.length < 4) {
      fields.push(field);
      field = '';
    } else field += c;
  }
  return [...fields, field];
}
