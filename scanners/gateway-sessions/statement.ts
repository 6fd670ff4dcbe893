import type { Action } from './action.ts';
import { classifyKubectl } from './kubectl.ts';
import { classifyMongo } from './mongo.ts';
import { dialectOf, readSql, type SqlReading, UNTOLD } from './sql/index.ts';

const KUBERNETES = new Set(['kubernetes', 'kubernetes-eks', 'k8s']);

/** What a script does, by the language that its connection speaks; `unknown` where that is not certain. */
export interface Understanding extends Partial<Omit<SqlReading, 'action'>> {
  readonly action: Action;
}

export function readScript(script: string, subtype: string | undefined, type: string | undefined): Understanding {
  if (subtype === 'mongodb') return { action: classifyMongo(script) };
  if (subtype !== undefined && KUBERNETES.has(subtype)) return { action: classifyKubectl(script) };
  const dialect = subtype === undefined && type === 'database' ? UNTOLD : dialectOf(subtype ?? sqlOf(type) ?? '');
  return dialect === undefined ? { action: 'unknown' } : readSql(script, dialect);
}

/** Old gateways named the database in the type alone. */
function sqlOf(type: string | undefined): string | undefined {
  return type === 'mysql' || type === 'mssql' || type === 'postgres' ? type : undefined;
}
