/** As much of the Common Expression Language as IAM conditions use. https://github.com/google/cel-spec/blob/master/doc/langdef.md */
export type CelNode =
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'list'; readonly items: readonly CelNode[] }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'not'; readonly of: CelNode }
  | { readonly kind: 'and' | 'or'; readonly left: CelNode; readonly right: CelNode }
  | { readonly kind: 'choice'; readonly test: CelNode; readonly yes: CelNode; readonly no: CelNode }
  | {
      readonly kind: 'compare';
      readonly operator: '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in';
      readonly left: CelNode;
      readonly right: CelNode;
    }
  | { readonly kind: 'call'; readonly name: string; readonly receiver?: CelNode; readonly args: readonly CelNode[] };

/** It is not an expression that is read here. */
export class CelError extends Error {}

const TOKEN =
  /\s+|(?<string>r?"(?:[^"\\\n]|\\.)*"|r?'(?:[^'\\\n]|\\.)*')|(?<number>\d+(?:\.\d+)?)|(?<word>[A-Za-z_]\w*)|(?<sign>&&|\|\||[=!<>]=|[<>!()[\],.?:+-])/y;

interface Token {
  readonly kind: 'string' | 'number' | 'word' | 'sign';
  readonly text: string;
}

/** Deeper nesting is nobody's condition. */
const MAX_DEPTH = 60;
/** IAM takes no longer ones (12 operators and a few kilobytes). */
const MAX_LENGTH = 20_000;

/** A chain of `||` or of calls nests as deep as it is long. */
const MAX_TOKENS = 2000;

export function parseCel(text: string): CelNode {
  if (text.length > MAX_LENGTH) throw new CelError('too long');
  const parser = { tokens: tokensOf(text), at: 0, depth: 0 };
  if (parser.tokens.length > MAX_TOKENS) throw new CelError('too many parts');
  const node = choice(parser);
  if (parser.at < parser.tokens.length) throw new CelError(`unexpected ${parser.tokens[parser.at]?.text}`);
  return node;
}

/** All parts, the outer before the inner. */
export function* nodesOf(node: CelNode): Generator<CelNode> {
  const open = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    yield next;
    open.push(...partsOf(next));
  }
}

function partsOf(node: CelNode): readonly CelNode[] {
  switch (node.kind) {
    case 'list':
      return node.items;
    case 'not':
      return [node.of];
    case 'and':
    case 'or':
    case 'compare':
      return [node.left, node.right];
    case 'choice':
      return [node.test, node.yes, node.no];
    case 'call':
      return node.receiver === undefined ? node.args : [node.receiver, ...node.args];
    default:
      return [];
  }
}

interface Parser {
  readonly tokens: readonly Token[];
  at: number;
  depth: number;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) throw new CelError(`not readable at ${from}`);
    for (const kind of ['string', 'number', 'word', 'sign'] as const) {
      const part = groups[kind];
      if (part !== undefined) tokens.push({ kind, text: part });
    }
  }
  return tokens;
}

function takes(parser: Parser, ...signs: readonly string[]): string | undefined {
  const token = parser.tokens[parser.at];
  if (token === undefined || token.kind === 'string' || !signs.includes(token.text)) return undefined;
  parser.at++;
  return token.text;
}

function need(parser: Parser, sign: string): void {
  if (takes(parser, sign) === undefined) throw new CelError(`${sign} expected`);
}

function choice(parser: Parser): CelNode {
  parser.depth++;
  if (parser.depth > MAX_DEPTH) throw new CelError('nested too deeply');
  const test = either(parser);
  let node = test;
  if (takes(parser, '?') !== undefined) {
    const yes = choice(parser);
    need(parser, ':');
    node = { kind: 'choice', test, yes, no: choice(parser) };
  }
  parser.depth--;
  return node;
}

function either(parser: Parser): CelNode {
  let left = both(parser);
  while (takes(parser, '||') !== undefined) left = { kind: 'or', left, right: both(parser) };
  return left;
}

function both(parser: Parser): CelNode {
  let left = relation(parser);
  while (takes(parser, '&&') !== undefined) left = { kind: 'and', left, right: relation(parser) };
  return left;
}

function relation(parser: Parser): CelNode {
  const left = unary(parser);
  const operator = takes(parser, '==', '!=', '<', '<=', '>', '>=', 'in');
  if (operator === undefined) return left;
  return { kind: 'compare', operator: operator as '==', left, right: unary(parser) };
}

function unary(parser: Parser): CelNode {
  let negations = 0;
  while (takes(parser, '!') !== undefined) negations++;
  const node = member(parser);
  return negations % 2 === 0 ? node : { kind: 'not', of: node };
}

function member(parser: Parser): CelNode {
  let node = primary(parser);
  while (takes(parser, '.') !== undefined) {
    const name = parser.tokens[parser.at];
    if (name?.kind !== 'word') throw new CelError('a name expected');
    parser.at++;
    const args = argumentsOf(parser);
    if (args !== undefined) {
      const isFunction = node.kind === 'path' && node.path === 'api';
      node = isFunction
        ? { kind: 'call', name: `api.${name.text}`, args }
        : { kind: 'call', name: name.text, receiver: node, args };
    } else if (node.kind === 'path') node = { kind: 'path', path: `${node.path}.${name.text}` };
    else throw new CelError('a field of a value');
  }
  return node;
}

function argumentsOf(parser: Parser): CelNode[] | undefined {
  return takes(parser, '(') === undefined ? undefined : items(parser, ')');
}

function items(parser: Parser, end: string): CelNode[] {
  const list: CelNode[] = [];
  if (takes(parser, end) !== undefined) return list;
  do {
    list.push(choice(parser));
  } while (takes(parser, ',') !== undefined);
  need(parser, end);
  return list;
}

function primary(parser: Parser): CelNode {
  if (takes(parser, '(') !== undefined) {
    const node = choice(parser);
    need(parser, ')');
    return node;
  }
  if (takes(parser, '[') !== undefined) return { kind: 'list', items: items(parser, ']') };
  const token = parser.tokens[parser.at];
  parser.at++;
  if (token?.kind === 'string') return { kind: 'literal', value: unquoted(token.text) };
  if (token?.kind === 'number') return { kind: 'literal', value: Number(token.text) };
  if (token?.kind !== 'word') throw new CelError('a value expected');
  if (token.text === 'true' || token.text === 'false') return { kind: 'literal', value: token.text === 'true' };
  const args = argumentsOf(parser);
  return args === undefined ? { kind: 'path', path: token.text } : { kind: 'call', name: token.text, args };
}

function unquoted(text: string): string {
  if (text.startsWith('r')) return text.slice(2, -1);
  return text.slice(1, -1).replace(/\\(.)/g, (_, one: string) => ({ n: '\n', t: '\t' })[one] ?? one);
}
