import { isHarmless } from '../../../src/util/harmless.ts';
import type { Token } from './lex.ts';

/** A statement as it may be kept: words of the language and names, every value a `?`. */
export interface Redaction {
  readonly text: string;
  readonly tokens: readonly Token[];
  /** It was read by the grammar: a word that is no word of the language is a name. */
  readonly isParsed: boolean;
  /** What is a value and what not is not certain: nothing but words of the language stays. */
  readonly isUnsure: boolean;
}

/** Words of SQL in its dialects; what is one tells nothing of anybody. */
const LANGUAGE = new Set(
  `ABORT ADD ADMIN AFTER ALL ALTER ALWAYS ANALYZE AND ANY APPLY ARRAY AS ASC ASYMMETRIC AT ATOMIC ATTACH AUTHORIZATION AUTOCOMMIT AVG BEFORE BEGIN
  BETWEEN BIGINT BINARY BOOLEAN BOTH BY BYPASSRLS CALL CASCADE CASE CAST CHARACTER CHECK CHECKPOINT CLOSE CLUSTER COALESCE COLLATE COLUMN
  COMMENT COMMIT COMMITTED CONCURRENTLY CONFLICT CONNECTION CONSTRAINT COPY COUNT CREATE CREATEDB CREATEROLE CROSS CSV CUBE CURRENT
  CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER CURSOR DATABASE DATE DEALLOCATE DECLARE DEFAULT DEFERRABLE DELETE DELIMITER DENY
  DESC DESCRIBE DETACH DISABLE DISCARD DISTINCT DO DOMAIN DOUBLE DROP DUPLICATE EACH ELSE ENABLE END ESCAPE EXCEPT EXCLUDE EXEC EXECUTE EXISTS
  EXPLAIN EXTENSION FALSE FETCH FILTER FIRST FOLLOWING FOR FORCE FOREIGN FORMAT FROM FULL FUNCTION GENERATED GRANT GROUP HAVING HEADER IDENTIFIED
  IDENTITY IF IGNORE ILIKE IMMEDIATE IN INDEX INFILE INHERITS INNER INSERT INT INTEGER INTERSECT INTERVAL INTO IS ISOLATION JOIN JSON JSONB
  KEY LANGUAGE LAST LATERAL LEADING LEFT LEVEL LIKE LIMIT LISTEN LOAD LOCAL LOCK LOGIN MATCHED MATERIALIZED MAX MEMBER MERGE MIN MINUS MODIFY
  NATURAL NEXT NO NOT NOTHING NOTIFY NULL NULLIF NULLS NUMERIC OF OFF OFFSET ON ONLY OPTION OR ORDER OUTER OUTFILE OVER OVERLAPS OVERWRITE OWNED
  OWNER PARTITION PASSWORD PERFORM PLACING POLICY PRECEDING PRECISION PREPARE PRIMARY PRIVILEGES PROCEDURE PROGRAM PUBLIC PUBLICATION QUALIFY
  RANGE READ REAL REASSIGN RECURSIVE REFERENCES REFRESH REINDEX RELEASE RENAME REPLACE REPLICATION RESET RESTRICT RETURNING RETURNS REVOKE RIGHT
  ROLE ROLLBACK ROLLUP ROW ROWS SAVEPOINT SCHEMA SECURITY SELECT SEQUENCE SERIALIZABLE SERVER SESSION SESSION_USER SET SETS SHARE SHOW SIMILAR
  SKIP SMALLINT SOME START STDIN STDOUT SUBSCRIPTION SUM SUPERUSER SYMMETRIC SYSTEM TABLE TABLES TABLESAMPLE TABLESPACE TEMP TEMPORARY TEXT THEN
  TIME TIMESTAMP TIMESTAMPTZ TO TOP TRAILING TRANSACTION TRIGGER TRUE TRUNCATE TYPE UNBOUNDED UNCOMMITTED UNION UNIQUE UNKNOWN UNLOCK UNLOGGED
  UPDATE UPSERT USAGE USE USER USING UUID VACUUM VALID VALUES VARCHAR VARYING VERBOSE VIEW VOLATILE WHEN WHERE WINDOW WITH WITHIN WITHOUT WORK
  WRITE ZONE`
    .trim()
    .split(/\s+/),
);

/** Only these may stand in a name that was quoted: an address or a sentence in quotes is no name that we keep. */
const PLAIN_NAME = /^[\p{L}_][\p{L}\p{N}_$. -]{0,62}$/u;

/** More cannot stand in what is kept. */
const MAX_PARTS = 20_000;

export function redact({ text, tokens, isParsed, isUnsure }: Redaction): string {
  const isStrict = isUnsure || (!isParsed && isAboutAccounts(text, tokens));
  const isSetting = settingOf(text, tokens);
  const parts: string[] = [];
  for (const [index, token] of tokens.entries()) {
    if (parts.length === MAX_PARTS) break;
    const isBare = isSetting(index) || (!isParsed && isPassword(text, tokens, index));
    const shown = show(token, text.slice(token.start, token.end), isStrict, isBare);
    // A hundred thousand values of a list take the place of one.
    if (shown === '?' && parts.at(-1)?.trim() === ',' && parts.at(-2)?.trim() === '?') {
      parts.pop();
      continue;
    }
    parts.push(token.spaced && parts.length > 0 ? ` ${shown}` : shown);
  }
  return collapse(parts.join(''));
}

function show(token: Token, raw: string, isStrict: boolean, isBare: boolean): string {
  switch (token.kind) {
    case 'symbol':
    case 'end':
      return raw;
    case 'word':
      if (LANGUAGE.has(raw.toUpperCase())) return raw;
      return isStrict || isBare || !isHarmless(raw) ? '?' : raw;
    case 'name': {
      const inner = raw.slice(raw.startsWith('U') || raw.startsWith('u') ? 3 : 1, -1);
      return isStrict || isBare || !PLAIN_NAME.test(inner) || !isHarmless(inner) ? '?' : raw;
    }
    case 'meta':
      return /^\\[a-z!?]+/i.exec(raw)?.[0] ?? '';
    default:
      return '?';
  }
}

const DATA = new Set(['SELECT', 'WITH', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'VALUES', 'TABLE', 'EXPLAIN']);

/**
 * Which tokens stand in the place of a value that needs no quotes: `SET app.user = bob`, `ALTER ROLE r SET x TO y`,
 * `WITH (secret = word)`.
 */
function settingOf(text: string, tokens: readonly Token[]): (index: number) => boolean {
  if (DATA.has(wordAt(text, tokens, 0))) return () => false;
  let from = Number.POSITIVE_INFINITY;
  const set = tokens.findIndex((_, at) => wordAt(text, tokens, at) === 'SET');
  const next = wordAt(text, tokens, set + 1);
  const isRole =
    next === 'ROLE' || next === 'SCHEMA' || (next === 'SESSION' && wordAt(text, tokens, set + 2) === 'AUTHORIZATION');
  if (set >= 0 && !isRole) {
    const to = tokens.findIndex((_, at) => at > set + 1 && /^(?:=|TO)$/i.test(rawAt(text, tokens, at)));
    if (to >= 0) from = to;
  }
  return (index) => index > from || rawAt(text, tokens, index - 1) === '=';
}

function isPassword(text: string, tokens: readonly Token[], index: number): boolean {
  const before = wordAt(text, tokens, index - 1);
  return before === 'PASSWORD' || (before === 'BY' && wordAt(text, tokens, index - 2) === 'IDENTIFIED');
}

/** Accounts and their passwords: where the grammar did not read it, any word may be one. */
function isAboutAccounts(text: string, tokens: readonly Token[]): boolean {
  const words = tokens.slice(0, 400).map((_, at) => wordAt(text, tokens, at));
  if (words.some((word) => word === 'IDENTIFIED' || word === 'PASSWORD' || word === 'CREDENTIALS' || word === 'CREDENTIAL'))
    return true;
  if (['CREATE', 'ALTER', 'DROP'].includes(words[0] ?? ''))
    return words.slice(1, 5).some((word) => word === 'USER' || word === 'LOGIN' || word === 'ROLE');
  // Of T-SQL, arguments of a procedure need no quotes.
  return words.includes('EXEC') || words.includes('EXECUTE') || words[0] === 'SET';
}

function wordAt(text: string, tokens: readonly Token[], index: number): string {
  return tokens[index]?.kind === 'word' ? rawAt(text, tokens, index).toUpperCase() : '';
}

function rawAt(text: string, tokens: readonly Token[], index: number): string {
  const token = tokens[index];
  return token === undefined ? '' : text.slice(token.start, token.end);
}

/** Values in a row, and rows of them, are one. */
function collapse(text: string): string {
  return text
    .replace(/\?(?:\s*\?)+/g, '?')
    .replace(/\?(?:\s*,\s*\?)+/g, '?')
    .replace(/\(\?\)(?:\s*,\s*\(\?\))+/g, '(?)')
    .trim();
}
