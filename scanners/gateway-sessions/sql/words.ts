import { type Action, gravest } from '../action.ts';
import type { Understood } from './tree.ts';

/** A token in upper case; literals are `?`, quoted names `"…"` as written. */
export interface Word {
  readonly text: string;
  readonly kind: 'word' | 'name' | 'value' | 'symbol';
}

/**
 * What a statement does by its first words: for what the grammar cannot read, which other dialects and broken scripts
 * hold. A word of doubt makes it graver, not milder.
 */
export function understandWords(tokens: readonly Word[]): Understood {
  const words = tokens.filter(({ kind }) => kind !== 'symbol').map(({ kind, text }) => (kind === 'word' ? text : '_'));
  return { action: actionOf(words, tokens), objects: objectsOf(tokens), operation: operationOf(words) };
}

/** T-SQL needs nothing between two statements: verbs that follow others count, too. */
export function hiddenVerbs(tokens: readonly Word[]): Action[] {
  const text = ` ${tokens
    .slice(1, 2000)
    .map(({ kind, text }) => (kind === 'word' ? text : kind === 'symbol' ? text : '_'))
    .join(' ')} `;
  return VERBS.flatMap(([pattern, action]) => (pattern.test(text) ? [action] : []));
}

const VERBS: readonly (readonly [RegExp, Action])[] = [
  [/ (?:INSERT INTO|DELETE FROM|MERGE INTO|TRUNCATE TABLE|BULK INSERT) | UPDATE (?:\S+ ){1,7}SET /, 'write'],
  [
    / (?:CREATE|ALTER|DROP) (?:OR REPLACE )?(?:TABLE|VIEW|INDEX|SCHEMA|DATABASE|PROCEDURE|FUNCTION|TRIGGER|TYPE|SEQUENCE) /,
    'ddl',
  ],
  [/ (?:CREATE|ALTER|DROP) (?:USER|LOGIN|ROLE) | (?:GRANT|DENY|REVOKE) (?:\S+ ){1,40}(?:TO|FROM) /, 'privilege'],
  [/ (?:XP_CMDSHELL|SP_CONFIGURE|SHUTDOWN|RECONFIGURE) /, 'admin'],
  [/ (?:EXEC|EXECUTE) /, 'unknown'],
];

function actionOf(words: readonly string[], tokens: readonly Word[]): Action | undefined {
  const [first = '', second = '', third = ''] = words;
  const statement = words.slice(0, 4000).join(' ');
  switch (first) {
    case 'EXPLAIN':
      return words.slice(1, 8).includes('ANALYZE') ? withoutExplain(words, tokens) : 'read';
    case 'SELECT':
    case 'TABLE':
    case 'VALUES':
      return / INTO\b/.test(statement) ? 'write' : 'read';
    case 'WITH':
      return /\b(?:INSERT|UPDATE|DELETE|MERGE)\b/.test(statement) ? 'write' : 'read';
    case 'COPY':
    case '\\COPY':
      return copies(tokens);
    case 'CREATE':
    case 'ALTER':
    case 'DROP':
      if (first === 'ALTER' && second === 'SYSTEM') return 'admin';
      return isPrivilege(second, third, statement) ? 'privilege' : 'ddl';
    case 'SET':
      return settingAction(second, third, statement);
    case 'EXEC':
    case 'EXECUTE':
      return procedureAction(second);
    case 'GO': {
      // Between two batches.
      const next = words.findIndex((word) => word !== 'GO');
      return next < 0 ? undefined : actionOf(words.slice(next), tokens);
    }
    case 'BEGIN':
    case 'DECLARE':
    case 'THEN':
    case 'ELSE':
    case 'LOOP':
      return inBlock(first, words, tokens);
  }
  if (Object.hasOwn(FIRST_WORDS, first)) return FIRST_WORDS[first];
  if (NEUTRAL.has(first)) return undefined;
  return gravest(['unknown', ...hiddenVerbs([{ kind: 'word', text: '' }, ...tokens])]);
}

function withoutExplain(words: readonly string[], tokens: readonly Word[]): Action | undefined {
  const from = words.findIndex((word, index) => index > 0 && EXPLAINED.has(word));
  return from < 0 ? 'unknown' : actionOf(words.slice(from), tokens);
}

const EXPLAINED = new Set(['SELECT', 'WITH', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'CREATE', 'VALUES', 'TABLE', 'EXECUTE']);

function copies(tokens: readonly Word[]): Action {
  let depth = 0;
  let action: Action = 'read';
  for (const { kind, text } of tokens) {
    if (text === '(') depth += 1;
    if (text === ')') depth -= 1;
    if (kind !== 'word' || depth > 0) continue;
    if (text === 'PROGRAM') return 'admin';
    if (text === 'FROM') action = 'write';
  }
  return action;
}

function isPrivilege(second: string, third: string, statement: string): boolean {
  if (['ROLE', 'USER', 'GROUP', 'LOGIN', 'POLICY', 'CREDENTIAL', 'AUTHORIZATION'].includes(second)) return true;
  if (second === 'DEFAULT' && third === 'PRIVILEGES') return true;
  return /\bOWNER TO\b/.test(statement);
}

function settingAction(second: string, third: string, statement: string): Action | undefined {
  if (['SESSION', 'LOCAL'].includes(second) && ['AUTHORIZATION', 'ROLE'].includes(third)) return 'privilege';
  if (second === 'ROLE' || second === 'PASSWORD' || statement.startsWith('SET DEFAULT ROLE')) return 'privilege';
  return second === 'GLOBAL' || second === 'PERSIST' ? 'admin' : undefined;
}

/** https://learn.microsoft.com/en-us/sql/relational-databases/system-stored-procedures/security-stored-procedures-transact-sql */
function procedureAction(name: string): Action {
  if (/^(?:XP_CMDSHELL|XP_REG|SP_CONFIGURE|SP_OA)/.test(name)) return 'admin';
  if (
    name === 'AS' ||
    /^SP_(?:ADD|CHANGE|DROP|GRANT|REVOKE|DENY)(?:SRV|APP)?(?:ROLE|LOGIN|USER|LINKEDSRVLOGIN|DBACCESS|ALIAS|OBJECTOWNER|DBOWNER)/.test(
      name,
    )
  )
    return 'privilege';
  return 'unknown';
}

/** A block of statements whose first one stands behind the word that opens it. */
function inBlock(first: string, words: readonly string[], tokens: readonly Word[]): Action | undefined {
  const rest = words.slice(1);
  while (rest[0] === 'TRANSACTION' || rest[0] === 'TRAN' || rest[0] === 'WORK' || rest[0] === 'BEGIN') rest.shift();
  if (
    rest.length > 0 &&
    (Object.hasOwn(FIRST_WORDS, rest[0] ?? '') || EXPLAINED.has(rest[0] ?? '') || /^(?:DROP|ALTER)$/.test(rest[0] ?? ''))
  ) {
    return actionOf(rest, tokens);
  }
  const found = hiddenVerbs(tokens);
  if (found.length > 0) return gravest(found);
  return first === 'BEGIN' || first === 'DECLARE' ? undefined : 'unknown';
}

const FIRST_WORDS: { readonly [word: string]: Action } = {
  SHOW: 'read',
  DESCRIBE: 'read',
  DESC: 'read',
  FETCH: 'read',
  UNLOAD: 'read',
  EXPORT: 'read',
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
  LOAD: 'write',
  BULK: 'write',
  REFRESH: 'write',
  RENAME: 'ddl',
  COMMENT: 'ddl',
  REINDEX: 'ddl',
  OPTIMIZE: 'ddl',
  GRANT: 'privilege',
  REVOKE: 'privilege',
  DENY: 'privilege',
  REASSIGN: 'privilege',
  KILL: 'admin',
  SHUTDOWN: 'admin',
  RECONFIGURE: 'admin',
  BACKUP: 'admin',
  RESTORE: 'admin',
  FLUSH: 'admin',
  PURGE: 'admin',
  INSTALL: 'admin',
  CHECKPOINT: 'admin',
};

const NEUTRAL = new Set(
  'START COMMIT END ROLLBACK ABORT SAVEPOINT RELEASE RESET DISCARD USE CLOSE DEALLOCATE LISTEN UNLISTEN ANALYZE VACUUM LOCK UNLOCK PRINT GO \\SET \\C \\X \\TIMING \\PSET'.split(
    ' ',
  ),
);

function operationOf(words: readonly string[]): string {
  const [first = '', second = ''] = words;
  if (!/^[A-Z]{2,16}$/.test(first)) return '';
  const isKnown =
    Object.hasOwn(FIRST_WORDS, first) ||
    NEUTRAL.has(first) ||
    EXPLAINED.has(first) ||
    /^(?:EXPLAIN|COPY|CREATE|ALTER|DROP|SET|EXEC|CALL|DO|BEGIN|DECLARE)$/.test(first);
  if (!isKnown) return '';
  return /^(?:CREATE|ALTER|DROP)$/.test(first) && OBJECTS.has(second) ? `${first} ${second}` : first;
}

const OBJECTS = new Set(
  'TABLE VIEW INDEX SCHEMA DATABASE PROCEDURE FUNCTION TRIGGER TYPE SEQUENCE USER LOGIN ROLE GROUP POLICY EXTENSION SYSTEM CREDENTIAL'.split(
    ' ',
  ),
);

const BEFORE_TABLE = new Set(['FROM', 'JOIN', 'INTO', 'UPDATE', 'TABLE', 'TRUNCATE', 'VIEW', 'COPY', 'DATABASE', 'DESCRIBE']);
const NO_TABLE = new Set(
  'SELECT ONLY LATERAL IF EXISTS NOT VALUES WITH SET TABLE STDIN STDOUT UNNEST TOP OUTFILE DUMPFILE IGNORE LOW_PRIORITY OVERWRITE INTO FROM TO WHERE AS'.split(
    ' ',
  ),
);

/** What stands where the name of a table stands. */
function objectsOf(tokens: readonly Word[]): string[] {
  const found = new Set<string>();
  const limit = Math.min(tokens.length, 20_000);
  for (let at = 0; at < limit; at += 1) {
    const token = tokens[at];
    if (token?.kind !== 'word' || !BEFORE_TABLE.has(token.text)) continue;
    // `ON DUPLICATE KEY UPDATE a`, `FOR UPDATE OF`
    if (token.text === 'UPDATE' && /^(?:KEY|FOR|DO|ON)$/.test(tokens[at - 1]?.text ?? '')) continue;
    let next = at + 1;
    while (next < limit && tokens[next]?.kind === 'word' && NO_TABLE.has(tokens[next]?.text ?? '') && next < at + 6) next += 1;
    // `FROM a, b`
    for (;;) {
      const name = nameAt(tokens, next);
      if (name === undefined) break;
      // A function in the place of a table; but `INTO t (a, b)`.
      if (token.text === 'INTO' || token.text === 'TABLE' || token.text === 'COPY' || tokens[name.end]?.text !== '(')
        found.add(name.text);
      if (token.text !== 'FROM' || tokens[name.end]?.text !== ',') break;
      next = name.end + 1;
    }
  }
  return [...found].sort().slice(0, 100);
}

function nameAt(tokens: readonly Word[], from: number): { readonly text: string; readonly end: number } | undefined {
  const parts: string[] = [];
  let at = from;
  for (;;) {
    const token = tokens[at];
    if (
      token === undefined ||
      (token.kind !== 'word' && token.kind !== 'name') ||
      (token.kind === 'word' && NO_TABLE.has(token.text))
    )
      break;
    // Names without quotes are the same in any case.
    parts.push(token.kind === 'word' ? token.text.toLowerCase() : token.text.slice(1, -1));
    at += 1;
    if (tokens[at]?.text !== '.' || parts.length === 4) break;
    at += 1;
  }
  return parts.length === 0 ? undefined : { text: parts.join('.'), end: at };
}
