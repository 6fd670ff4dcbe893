import type { UsageObservation } from '../../src/contracts/index.ts';

export type Action = NonNullable<UsageObservation['action']>;

/** Mild to grave: a script is as grave as its gravest statement; one we cannot read outweighs a read. */
const GRAVITY: readonly Action[] = ['connect', 'read', 'unknown', 'write', 'ddl', 'privilege', 'admin'];

const SQL = new Set(['postgres', 'mysql', 'mssql', 'oracledb', 'oracle', 'bigquery', 'snowflake', 'redshift', 'mariadb']);
const KUBERNETES = new Set(['kubernetes', 'kubernetes-eks', 'k8s']);

/** What a one-off script does, by the language that its connection speaks; `unknown` where that is not certain. */
export function classifyScript(script: string, subtype: string | undefined, type: string | undefined): Action {
  if (subtype === 'mongodb') return classifyMongo(script);
  if (subtype !== undefined && KUBERNETES.has(subtype)) return classifyKubectl(script);
  if ((subtype !== undefined && SQL.has(subtype)) || (subtype === undefined && isSqlType(type))) return classifySql(script);
  return 'unknown';
}

function isSqlType(type: string | undefined): boolean {
  return type === 'database' || type === 'postgres' || type === 'mysql' || type === 'mssql';
}

export function classifySql(script: string): Action {
  const actions = splitSql(script).map(classifyStatement);
  const said = actions.filter((action) => action !== undefined);
  return said.length === 0 ? 'unknown' : gravest(said);
}

function gravest(actions: readonly Action[]): Action {
  let worst: Action = 'connect';
  for (const action of actions) if (GRAVITY.indexOf(action) > GRAVITY.indexOf(worst)) worst = action;
  return worst;
}

/**
 * One statement, without comments and literals, in upper case. `undefined` for what neither reads nor changes anything.
 */
function classifyStatement(statement: string): Action | undefined {
  const words = statement.match(/\\?[A-Z_]+/g) ?? [];
  const [first = '', second = '', third = ''] = words;
  if (first === 'EXPLAIN') return words.slice(1, 8).includes('ANALYZE') ? withoutExplain(statement) : 'read';
  if (first === 'SELECT' || first === 'TABLE' || first === 'VALUES') return / INTO\b/.test(statement) ? 'write' : 'read';
  if (first === 'WITH') return /\b(?:INSERT|UPDATE|DELETE|MERGE)\b/.test(statement) ? 'write' : 'read';
  if (first === 'COPY' || first === '\\COPY') return /\bFROM\b/.test(statement.replace(/\([^)]*\)/g, ' ')) ? 'write' : 'read';
  if (['CREATE', 'ALTER', 'DROP'].includes(first)) return isPrivilege(second, third, statement) ? 'privilege' : 'ddl';
  if (first === 'SET' && (second === 'ROLE' || (second === 'SESSION' && third === 'AUTHORIZATION'))) return 'privilege';
  if (Object.hasOwn(FIRST_WORDS, first)) return FIRST_WORDS[first];
  return NEUTRAL.has(first) ? undefined : 'unknown';
}

function withoutExplain(statement: string): Action | undefined {
  const inner = /\b(?:SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|CREATE|VALUES|TABLE|EXECUTE)\b.*/s.exec(statement)?.[0];
  return inner === undefined ? 'unknown' : classifyStatement(inner);
}

function isPrivilege(second: string, third: string, statement: string): boolean {
  if (['ROLE', 'USER', 'GROUP', 'LOGIN', 'POLICY'].includes(second)) return true;
  if (second === 'DEFAULT' && third === 'PRIVILEGES') return true;
  return /\bOWNER TO\b/.test(statement);
}

const FIRST_WORDS: { readonly [word: string]: Action } = {
  SHOW: 'read',
  DESCRIBE: 'read',
  DESC: 'read',
  FETCH: 'read',
  '\\D': 'read',
  '\\DT': 'read',
  '\\L': 'read',
  INSERT: 'write',
  UPDATE: 'write',
  DELETE: 'write',
  MERGE: 'write',
  REPLACE: 'write',
  UPSERT: 'write',
  TRUNCATE: 'write',
  RENAME: 'ddl',
  COMMENT: 'ddl',
  REINDEX: 'ddl',
  GRANT: 'privilege',
  REVOKE: 'privilege',
  REASSIGN: 'privilege',
};

const NEUTRAL = new Set(
  'BEGIN START COMMIT END ROLLBACK ABORT SAVEPOINT RELEASE SET RESET DISCARD USE DECLARE CLOSE DEALLOCATE LISTEN UNLISTEN ANALYZE \\SET \\C \\X \\TIMING \\PSET'.split(
    ' ',
  ),
);

/** Statements in upper case; comments go, literals and quoted names are blanked, so that their words do not count. */
function splitSql(script: string): string[] {
  const plain = script.replace(
    /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|`[^`]*(?:`|$)|\$(?<tag>\w*)\$[\s\S]*?(?:\$\k<tag>\$|$)/g,
    (found) => (found.startsWith('-') || found.startsWith('/') ? ' ' : ' _ '),
  );
  return plain
    .toUpperCase()
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
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
