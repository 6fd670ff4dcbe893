/**
 * Does a provider's condition (CEL) keep no stranger out? It is always true, or says only what a claim must not be: whoever has a
 * token of the issuer meets that. What cannot be read counts as a condition.
 * https://cloud.google.com/iam/docs/workload-identity-federation#conditions
 */
export function isIdle(condition: string): boolean {
  // Google takes none that is longer.
  if (condition.length > 4096) return false;
  const text = bare(condition);
  if (text === '') return true;
  const either = parted(text, '||');
  if (either.length > 1) return either.some(isIdle);
  const all = parted(text, '&&');
  return all.length > 1 ? all.every(isIdle) : isIdleTest(text);
}

const CLAIM = String.raw`(?:assertion|attribute|google)(?:\.\w+|\[(?:"[^"\\]*"|'[^'\\]*')\])+`;
const TEXT = String.raw`(?:"[^"\\]*"|'[^'\\]*')`;

const IDLE = [
  /^true$/,
  /^!\s*false$/,
  new RegExp(`^${CLAIM}\\s*!=\\s*(?:${TEXT}|null)$`, 's'),
  new RegExp(`^(?:${TEXT}|null)\\s*!=\\s*${CLAIM}$`, 's'),
  new RegExp(`^has\\(\\s*${CLAIM}\\s*\\)$`, 's'),
  new RegExp(`^(?:size\\(\\s*${CLAIM}\\s*\\)|${CLAIM}\\.size\\(\\))\\s*(?:>\\s*0|>=\\s*[01]|!=\\s*0)$`, 's'),
  new RegExp(`^${CLAIM}\\.(?:startsWith|endsWith|contains)\\(\\s*(?:""|'')\\s*\\)$`, 's'),
  new RegExp(`^${CLAIM}\\.matches\\(\\s*r?(["'])\\^?\\.[*+]\\$?\\1\\s*\\)$`, 's'),
];

function isIdleTest(text: string): boolean {
  const [left, right, ...more] = parted(text, '==');
  if (right !== undefined && more.length === 0 && left?.trim() === right.trim()) return true;
  return IDLE.some((test) => test.test(text));
}

/** Without the brackets around the whole. */
function bare(text: string): string {
  let inner = text.trim();
  while (inner.startsWith('(') && closesAt(inner) === inner.length - 1) inner = inner.slice(1, -1).trim();
  return inner;
}

function closesAt(text: string): number {
  let depth = 0;
  for (const { at, character } of outside(text)) {
    if (character === '(') depth++;
    else if (character === ')' && --depth === 0) return at;
  }
  return -1;
}

/** At an operator that stands in no brackets and no text. */
function parted(text: string, operator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { at, character } of outside(text)) {
    if (/[([{]/.test(character)) depth++;
    else if (/[)\]}]/.test(character)) depth--;
    else if (depth === 0 && at >= start && text.startsWith(operator, at)) {
      parts.push(text.slice(start, at));
      start = at + operator.length;
    }
  }
  return [...parts, text.slice(start)];
}

/** Characters that are in no text. */
function* outside(text: string): Generator<{ readonly at: number; readonly character: string }> {
  let quote: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (quote === undefined) {
      if (character === '"' || character === "'") quote = character;
      else yield { at, character };
    } else if (character === '\\') at++;
    else if (character === quote) quote = undefined;
  }
}
