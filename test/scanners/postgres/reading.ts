import { postgresFiles } from '../../../scanners/postgres/index.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import { sourceFile } from '../../../src/files/source-file.ts';
import { collect, type TestContext, testContext } from '../../helpers/scan-context.ts';

/** What the file scanner makes of a text. */
export async function read(path: string, text: string, context: TestContext = testContext()): Promise<Observation[]> {
  const file = sourceFile(path, Buffer.from(text), { path, repository: 'exports' }, 'file');
  return await collect(postgresFiles.scan(file, context));
}

export function recognises(path: string, text: string): boolean {
  return postgresFiles.recognises({ path, head: () => text.slice(0, 4096), size: text.length });
}

/** A dump of roles with these statements, as pg_dumpall writes it. */
export function rolesDump(...statements: readonly string[]): string {
  return ['--', '-- PostgreSQL database cluster dump', '--', '', "SET client_encoding = 'UTF8';", '', ...statements, ''].join(
    '\n',
  );
}

export function schemaDump(...statements: readonly string[]): string {
  return ['--', '-- PostgreSQL database dump', '--', '', '-- Dumped from database version 15.6', '', ...statements, ''].join(
    '\n',
  );
}
