import { type Action, gravest } from './action.ts';
import { dialectOf, readSql, type SqlReading } from './sql/index.ts';

const KUBERNETES = new Set(['kubernetes', 'kubernetes-eks', 'k8s']);

/** What a script does, by the language that its connection speaks; `unknown` where that is not certain. */
export interface Understanding extends Partial<Omit<SqlReading, 'action'>> {
  readonly action: Action;
}

export function readScript(script: string, subtype: string | undefined, type: string | undefined): Understanding {
  if (subtype === 'mongodb') return { action: classifyMongo(script) };
  if (subtype !== undefined && KUBERNETES.has(subtype)) return { action: classifyKubectl(script) };
  const dialect = dialectOf(subtype ?? sqlOf(type) ?? '');
  return dialect === undefined ? { action: 'unknown' } : readSql(script, dialect);
}

/** Old gateways named the database in the type alone. */
function sqlOf(type: string | undefined): string | undefined {
  return type === 'mysql' || type === 'mssql' ? type : type === 'database' || type === 'postgres' ? 'postgres' : undefined;
}

/** https://www.mongodb.com/docs/manual/reference/method/js-collection/ */
function classifyMongo(script: string): Action {
  const calls = [...script.matchAll(/\.(?<method>[a-zA-Z]+)\s*\(/g)].map((match) => match.groups?.method ?? '');
  const said = calls.map(mongoAction).filter((action) => action !== undefined);
  return said.length === 0 ? 'unknown' : gravest(said);
}

function mongoAction(method: string): Action | undefined {
  if (/^(?:create|update|drop|grant|revoke)(?:User|Role|Roles\w*|Privileges\w*)$/.test(method)) return 'privilege';
  if (/^(?:drop|dropDatabase|dropIndex\w*|createIndex\w*|createCollection|renameCollection)$/.test(method)) return 'ddl';
  if (/^(?:insert|update|delete|replace|bulkWrite|remove|save|findOneAnd|findAndModify)/.test(method)) return 'write';
  if (/^(?:find|findOne|aggregate|count|countDocuments|distinct|estimatedDocumentCount)$/.test(method)) return 'read';
  return undefined;
}

function classifyKubectl(script: string): Action {
  const said: Action[] = [];
  for (const line of script.split(/\n|&&|\|\||;|\|/)) {
    const words = line.trim().split(/\s+/);
    if (words[0] !== 'kubectl') {
      if (line.trim() !== '' && !line.trim().startsWith('#')) said.push('unknown');
      continue;
    }
    said.push(kubectlAction(words.slice(1).filter((word) => !word.startsWith('-'))));
  }
  return said.length === 0 ? 'unknown' : gravest(said);
}

function kubectlAction(words: readonly string[]): Action {
  const [verb = '', what = ''] = words;
  if (verb === 'rollout') return what === 'status' || what === 'history' ? 'read' : 'write';
  if (/^(?:get|describe|logs|top|explain|version|api-resources|cluster-info|diff|wait)$/.test(verb)) return 'read';
  if (
    /^(?:create|apply|delete|patch|edit|replace|scale|set|label|annotate|cordon|drain|run|expose|autoscale|taint)$/.test(verb)
  ) {
    return words.slice(1).some((word) => /^(?:cluster)?role(?:binding)?s?(?:\/|$)/i.test(word)) ? 'privilege' : 'write';
  }
  return 'unknown';
}
