import { type Action, gravest } from './action.ts';

// https://www.mongodb.com/docs/manual/reference/method/ and https://www.mongodb.com/docs/manual/reference/command/

const ACCOUNTS =
  /^(?:create|update|drop|grant|revoke)(?:User|Role|AllUsers|AllRoles|Privileges)\w*$|^(?:changeUserPassword|auth)$/;
const SERVER =
  /^(?:shutdown|shutdownServer|fsync|fsyncLock|fsyncUnlock|setParameter|killOp|killSessions|killAllSessions\w*|logRotate|rotateCertificates|replSet\w+|initiate|reconfig|stepDown|addShard|removeShard|setFeatureCompatibilityVersion|setDefaultRWConcern|setProfilingLevel|setLogLevel)$/;
const SHAPE =
  /^(?:drop|dropDatabase|dropIndex\w*|create|createIndex\w*|createCollection|createView|createSearchIndex\w*|renameCollection|collMod|convertToCapped|cloneCollectionAsCapped|reIndex|compact|shardCollection|enableSharding|hideIndex|unhideIndex)$/;
const DATA = /^(?:insert|update|delete|replace|bulkWrite|remove|save|findOneAnd|findAndModify)\w*$/;
const READ =
  /^(?:find|findOne|aggregate|count|countDocuments|distinct|estimatedDocumentCount|stats|explain|watch|listCollections|listDatabases|listIndexes|dbStats|collStats|serverStatus|ping|hello|isMaster|buildInfo|connectionStatus|currentOp|usersInfo|rolesInfo|getUsers?|getRoles?|getIndexes|getCollectionNames|getCollectionInfos)$/;
/** What they run is not in the script, or is put together there. */
const ELSEWHERE = /(?<![\w.$])(?:load|eval|Function|require)\s*\(|\]\s*\(|\$\{|\.(?:mapReduce|eval)\s*\(/;

/** What a script of the shell does: by its methods and commands, not by what stands in its strings and comments. */
export function classifyMongo(script: string): Action {
  const code = withoutTexts(script);
  const said: Action[] = [];
  for (const { groups } of code.matchAll(/\.(?<method>[a-zA-Z]+)\s*\(\s*(?:\{\s*)?(?<first>[\w$]*)/g)) {
    const { method = '', first = '' } = groups ?? {};
    const isCommand = method === 'runCommand' || method === 'adminCommand' || method === '_adminCommand';
    const action = isCommand ? (actionOf(first) ?? 'unknown') : actionOf(method);
    if (action !== undefined) said.push(action);
  }
  if (/^\s*show\s+\w+\s*;?\s*$/m.test(code)) said.push('read');
  // These stages of a pipeline write what the others read.
  if (/[{,]\s*\$(?:out|merge)\s*:/.test(code)) said.push('write');
  if (ELSEWHERE.test(code)) said.push('unknown');
  return said.length === 0 ? 'unknown' : gravest(said);
}

function actionOf(name: string): Action | undefined {
  if (ACCOUNTS.test(name)) return 'privilege';
  if (SERVER.test(name)) return 'admin';
  if (SHAPE.test(name)) return 'ddl';
  if (DATA.test(name)) return 'write';
  return READ.test(name) ? 'read' : undefined;
}

const TEXTS =
  /\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*|(?<quote>["'`])(?<inner>(?:\\[\s\S]|(?!\k<quote>)[^\\])*)(?:\k<quote>|$)(?<colon>\s*:)?/g;
const REGEX = /(?<=[(,:=[]\s{0,20})\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/g;

/** Strings that name a member or a command stay, without their quotes; of a template what it puts in. */
function withoutTexts(script: string): string {
  const isCommand = (at: number) => /\.(?:_?adminCommand|runCommand)\s*\(\s*$/.test(script.slice(Math.max(0, at - 80), at));
  const code = script.replace(TEXTS, (_, quote: string | undefined, inner = '', colon: string | undefined, at: number) => {
    if (quote === undefined) return ' ';
    if (quote === '`' && inner.includes('${')) return ' ${ ';
    if (/^[\w$]+$/.test(inner) && (colon !== undefined || isCommand(at))) return `${inner}${colon ?? ''}`;
    return `"" ${colon ?? ''}`;
  });
  return code.replace(REGEX, '""');
}
