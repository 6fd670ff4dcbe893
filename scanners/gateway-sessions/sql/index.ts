import { isHarmless } from '../../../src/util/harmless.ts';
import { type Action, gravest, isGraver } from '../action.ts';
import { DEFAULT_DIALECT, type Dialect } from './dialect.ts';
import { lex, type Token } from './lex.ts';
import { GRAMMAR } from './parser.ts';
import { redact } from './redact.ts';
import { type Understood, understand } from './tree.ts';
import { hiddenVerbs, understandWords, type Word } from './words.ts';

export { dialectOf, UNTOLD } from './dialect.ts';

/** What a script of SQL does; nothing of its values, comments and data is in here. */
export interface SqlReading {
  /** That of the gravest statement. */
  readonly action: Action;
  readonly operation?: string;
  readonly objects: readonly string[];
  /** Statements with every value replaced by `?`; at most 2 kB. */
  readonly statement?: string;
  readonly statements: number;
  /** How many of them the grammar read. */
  readonly parsed: number;
}

const MAX_KEPT = 2048;
const MAX_OBJECTS = 50;
/** The tree of a statement is a hundred times its size. */
const MAX_PARSED = 64 * 1024;
/** Above this, statements are classified by their first words alone, and none is kept. */
const MAX_STATEMENTS = 5000;

/** A script, as its client reads it; of a list each text is what the server was sent. */
export function readSql(given: string | readonly string[], dialect: Dialect = DEFAULT_DIALECT): SqlReading {
  const tally = new Tally();
  for (const text of typeof given === 'string' ? [given] : given) tally.read(text, dialect, typeof given === 'string');
  return tally.reading();
}

class Tally {
  readonly #objects = new Set<string>();
  readonly #kept = new Set<string>();
  #room = MAX_KEPT;
  #operation: string | undefined;
  #worst: Action | undefined;
  #statements = 0;
  #parsed = 0;

  read(script: string, dialect: Dialect, isScript: boolean): void {
    const text = script.replace(/^\ufeff/, '').replaceAll('\0', ' ');
    const { tokens, unsure } = lex(text, dialect, isScript);
    for (const part of split(text, tokens)) {
      this.#statements += 1;
      const { understood, isParsed } = readStatement(text, part, dialect, this.#statements <= MAX_STATEMENTS);
      if (isParsed) this.#parsed += 1;
      this.#add(understood);
      if (this.#room <= 0 || this.#statements > MAX_STATEMENTS || understood.operation === '') continue;
      const shown = redact({ text, tokens: part, isParsed, isUnsure: unsure });
      if (this.#kept.has(shown)) continue;
      this.#kept.add(shown);
      this.#room -= shown.length + 2;
    }
  }

  reading(): SqlReading {
    const statement = [...this.#kept].join('; ').slice(0, MAX_KEPT);
    return {
      action: this.#worst ?? 'unknown',
      ...(this.#operation === undefined ? {} : { operation: this.#operation }),
      objects: [...this.#objects].sort(),
      ...(statement === '' ? {} : { statement }),
      statements: this.#statements,
      parsed: this.#parsed,
    };
  }

  #add({ action, operation, objects }: Understood): void {
    const isWorse = action !== undefined && (this.#worst === undefined || isGraver(action, this.#worst));
    if (operation !== '' && (isWorse || this.#operation === undefined)) this.#operation = operation;
    if (isWorse) this.#worst = action;
    for (const name of objects) if (this.#objects.size < MAX_OBJECTS && isHarmless(name)) this.#objects.add(name);
  }
}

/** Statements without what ends them. A body of SQL (`BEGIN ATOMIC … END`) has ends of its own. */
function* split(text: string, tokens: readonly Token[]): Generator<readonly Token[]> {
  let part: Token[] = [];
  let isAtomic = false;
  for (const token of tokens) {
    const raw = token.kind === 'word' && token.end - token.start < 10 ? text.slice(token.start, token.end).toUpperCase() : '';
    if (raw === 'ATOMIC' && part.length > 0) isAtomic = true;
    if (raw === 'END') isAtomic = false;
    if (token.kind === 'end' && !isAtomic) {
      if (part.length > 0) yield part;
      part = [];
      continue;
    }
    // A command of psql ends what is before it, or stands alone.
    if (token.kind === 'meta') {
      if (part.length > 0) yield part;
      part = [];
      yield [token];
      continue;
    }
    part.push(token);
  }
  if (part.length > 0) yield part;
}

interface Read {
  readonly understood: Understood;
  readonly isParsed: boolean;
}

function readStatement(text: string, part: readonly Token[], dialect: Dialect, mayParse: boolean): Read {
  const plain = mayParse ? plainText(text, part, dialect) : undefined;
  const known = plain === undefined ? 'none' : grammar(plain);
  if (part[0]?.kind === 'meta')
    return { understood: { ...understandWords(metaWords(text, part)), objects: [], operation: '' }, isParsed: false };
  const read = known === 'none' ? understandWords(wordsOf(text, part)) : known;
  if (dialect.brackets) {
    // Without an end between them, two statements may read as one.
    const hidden = hiddenVerbs(wordsOf(text, part));
    if (hidden.length > 0)
      return { understood: { ...read, action: gravest([...hidden, read.action ?? 'connect']) }, isParsed: false };
  }
  if (known === 'none') return { understood: read, isParsed: false };
  if (known.operation === 'DO') return { understood: { ...known, ...block(text, part) }, isParsed: true };
  const setting = settingByFunction(text, part);
  return {
    understood: setting === undefined ? known : { ...known, action: gravest([setting, known.action ?? 'connect']) },
    isParsed: true,
  };
}

/** Scripts repeat themselves, but for their values: which are all the same here. */
const READ = new Map<string, Understood | 'none'>();
const MAX_READ = 2000;

function grammar(plain: string): Understood | 'none' {
  if (GRAMMAR === undefined) return 'none';
  const known = READ.get(plain);
  if (known !== undefined) return known;
  const found = parse(plain);
  if (READ.size >= MAX_READ) READ.clear();
  READ.set(plain, found);
  return found;
}

function parse(plain: string): Understood | 'none' {
  try {
    const [statement, ...more] = GRAMMAR?.parse(plain).stmts ?? [];
    const [[kind, node] = []] = Object.entries(statement?.stmt ?? {});
    if (kind === undefined || more.length > 0 || typeof node !== 'object' || node === null) return 'none';
    return understand(kind, node as { readonly [key: string]: unknown });
  } catch {
    // No SQL, another dialect's, or nested too deep.
    return 'none';
  }
}

/** For the grammar: values are one and the same, names are quoted its way. `undefined` for more than it should be given. */
function plainText(text: string, part: readonly Token[], dialect: Dialect): string | undefined {
  const pieces: string[] = [];
  let length = 0;
  for (const [index, token] of part.entries()) {
    const piece = pieceOf(text, token, part[index - 1], dialect);
    if (piece === undefined) continue;
    const spaced = token.spaced || needsSpace(pieces.at(-1), piece) ? ' ' : '';
    pieces.push(spaced + piece);
    length += piece.length + 1;
    if (length > MAX_PARSED) return undefined;
  }
  const plain = pieces.join('');
  return plain.trim() === '' ? undefined : plain;
}

function pieceOf(text: string, token: Token, before: Token | undefined, dialect: Dialect): string | undefined {
  switch (token.kind) {
    case 'string':
      // Two beside each other are one.
      return before?.kind === 'string' ? undefined : "'x'";
    case 'number':
      return '1';
    case 'parameter':
      return '$1';
    case 'name': {
      const raw = text.slice(token.start, token.end);
      if (raw.startsWith('"') && !dialect.doubleQuoted) return raw;
      if (/^u&/i.test(raw)) return '"x"';
      return `"${raw.slice(1, -1).replaceAll('"', '""')}"`;
    }
    case 'word':
    case 'symbol':
      return text.slice(token.start, token.end);
    default:
      return ';';
  }
}

/** What was one value may stand beside a word without space: `LIMIT'1'`. */
function needsSpace(before: string | undefined, piece: string): boolean {
  return before !== undefined && /[\w$'"]$/.test(before) && /^[\w$'"]/.test(piece);
}

function wordsOf(text: string, part: readonly Token[]): Word[] {
  return part.map((token) => {
    const raw = text.slice(token.start, token.end);
    if (token.kind === 'word') return { kind: 'word', text: raw.slice(0, 256).toUpperCase() };
    if (token.kind === 'name') return { kind: 'name', text: raw.slice(0, 256) };
    return token.kind === 'symbol' ? { kind: 'symbol', text: raw } : { kind: 'value', text: '?' };
  });
}

/** `\copy t from 'x.csv'` */
function metaWords(text: string, part: readonly Token[]): Word[] {
  const token = part[0];
  const raw = token === undefined ? '' : text.slice(token.start, Math.min(token.end, token.start + 1000));
  return [...raw.matchAll(/[()]|'[^']*'?|[^\s()']+/g)].map(([word], index) => ({
    kind: index === 0 || /^\w+$/.test(word) ? 'word' : /[()]/.test(word) ? 'symbol' : 'value',
    text: word.toUpperCase(),
  }));
}

/** `set_config('role', …)` is `SET ROLE`. */
function settingByFunction(text: string, part: readonly Token[]): Action | undefined {
  for (const [index, token] of part.entries()) {
    if (
      token.kind !== 'word' ||
      token.end - token.start !== 10 ||
      text.slice(token.start, token.end).toLowerCase() !== 'set_config'
    )
      continue;
    const name = part[index + 2];
    if (name !== undefined && /^'(?:role|session_authorization|row_security)'$/i.test(text.slice(name.start, name.end)))
      return 'privilege';
  }
  return undefined;
}

/** What a block of PL/pgSQL does; `unknown` where it makes statements at run time, or is in another language. */
function block(text: string, part: readonly Token[]): Pick<Understood, 'action' | 'objects'> {
  const token = part.find(({ kind }) => kind === 'string');
  const raw = token === undefined ? '' : text.slice(token.start, token.end);
  const unknown = { action: 'unknown', objects: [] } as const;
  const isOther = part.some(
    (each, index) =>
      part[index - 1]?.kind === 'word' &&
      /^language$/i.test(text.slice(part[index - 1]?.start, part[index - 1]?.end)) &&
      !/^'?plpgsql'?$/i.test(text.slice(each.start, each.end)),
  );
  if (raw.length > MAX_PARSED || isOther || GRAMMAR === undefined) return unknown;
  const quoted = /^'/.test(raw)
    ? raw.slice(1, -1).replaceAll("''", "'")
    : raw.replace(/^\$[^$]*\$/, '').replace(/\$[^$]*\$$/, '');
  try {
    const found = new Block();
    found.walk(GRAMMAR.block(`DO $nhi_block$${quoted}$nhi_block$`), 0);
    const read = found.queries.slice(0, 200).map((query) => readSql(query));
    const actions = [...(found.isDynamic ? (['unknown'] as const) : []), ...read.map(({ action }) => action)];
    return { action: gravest(['read', ...actions]), objects: read.flatMap(({ objects }) => objects) };
  } catch {
    return unknown;
  }
}

class Block {
  readonly queries: string[] = [];
  isDynamic = false;

  walk(value: unknown, depth: number): void {
    if (depth > 200 || typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (/^PLpgSQL_stmt_(?:dyn|call)/.test(key)) this.isDynamic = true;
      // Conditions and values are expressions; these are statements.
      if (key === 'PLpgSQL_expr' && isStatement(inner)) this.queries.push(inner.query);
      this.walk(inner, depth + 1);
    }
  }
}

function isStatement(value: unknown): value is { readonly query: string } {
  const expression = value as { readonly query?: unknown; readonly parseMode?: unknown };
  return typeof expression.query === 'string' && expression.parseMode === 0;
}
