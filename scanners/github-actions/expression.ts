// https://docs.github.com/en/actions/reference/workflows-and-actions/expressions

/** One `${{ … }}` in a text. */
export interface Expression {
  readonly start: number;
  readonly end: number;
  readonly body: string;
}

/** What an expression takes from the `secrets` and `github` contexts. */
export interface SecretReference {
  /** Upper case: GitHub's secret names know no case. `*` for all of them, or for one that is chosen at run time. */
  readonly name: string;
  /** Offset in the expression's body. */
  readonly offset: number;
}

export const ALL_SECRETS = '*';
export const JOB_TOKEN = 'GITHUB_TOKEN';

export function findExpressions(text: string): Expression[] {
  const found: Expression[] = [];
  for (let start = text.indexOf('${{'); start >= 0; ) {
    const close = endOfExpression(text, start + 3);
    if (close < 0) break;
    found.push({ start, end: close + 2, body: text.slice(start + 3, close) });
    start = text.indexOf('${{', close + 2);
  }
  return found;
}

/** Offset of the closing braces; those inside a string do not count. */
function endOfExpression(text: string, from: number): number {
  const close = text.indexOf('}}', from);
  if (close < 0) return -1;
  let inString = false;
  for (let i = from; i < text.length; i += 1) {
    if (text[i] === "'") inString = !inString;
    else if (!inString && text.startsWith('}}', i)) return i;
    else if (text[i] === '\n' && i > close) break;
  }
  // An odd quote: the first braces it is.
  return close;
}

/** The same text with every expression turned to blanks, so that `${{ secrets.X }}` is never taken for a value. */
export function blankExpressions(text: string): string {
  let out = '';
  let from = 0;
  for (const { start, end } of findExpressions(text)) {
    out += text.slice(from, start) + text.slice(start, end).replace(/[^\r\n]/g, ' ');
    from = end;
  }
  return from === 0 ? text : out + text.slice(from);
}

const REFERENCE =
  /(?<string>'(?:[^']|'')*')|(?<![\w.-])(?:secrets\s*(?:\.\s*(?<dotted>[A-Za-z_]\w*)|\[\s*'{1,2}(?<quoted>[A-Za-z_]\w*)'{1,2}\s*\]|(?<all>\.\s*\*|\[|(?=\s*(?:[),]|$))))|github\s*(?:\.\s*token\b|\[\s*'{1,2}token'{1,2}\s*\])(?<token>))/gi;

/** Secrets named in the body of an expression, in order. Names inside strings are text, not references. */
export function secretsIn(body: string): SecretReference[] {
  const found: SecretReference[] = [];
  for (const match of body.matchAll(REFERENCE)) {
    const { string, dotted, quoted, token } = match.groups ?? {};
    if (string !== undefined) continue;
    const name = token !== undefined ? JOB_TOKEN : (dotted ?? quoted)?.toUpperCase();
    found.push({ name: name ?? ALL_SECRETS, offset: match.index });
  }
  return found;
}

/** `secrets.X != ''` tells whether it is set, and hands nobody its value. */
export function isCompared(body: string, offset: number): boolean {
  return (
    /^secrets\s*(?:\.\s*\w+|\[[^\]]{0,200}\])\s*[!=]=/i.test(body.slice(offset)) || /(?:[!=]=|!)\s*$/.test(body.slice(0, offset))
  );
}

/** Puts known variables in place of `${{ env.NAME }}`; `undefined` when something else remains to be worked out. */
export function resolveEnv(value: string, env: ReadonlyMap<string, string>, depth = 0): string | undefined {
  let out = '';
  let from = 0;
  for (const { start, end, body } of findExpressions(value)) {
    const name = /^\s*env\.(?<name>\w+)\s*$/.exec(body)?.groups?.name;
    const raw = name === undefined ? undefined : env.get(name);
    const known = raw === undefined || depth > 3 ? undefined : resolveEnv(raw, env, depth + 1);
    if (known === undefined) return undefined;
    out += value.slice(from, start) + known;
    from = end;
  }
  return out + value.slice(from);
}
