import type { Match, ScanContext } from '../contracts/index.ts';

/**
 * Keys in the text and, apart from them, inside what an expression is (`${{ inputs.token || 'ghp_…' }}`): so that no expression is
 * taken for the value of what stands before it, and no key hides in one. `blanked` is the text with blanks for expressions.
 */
export function detectBesideExpressions(
  text: string,
  blanked: string,
  path: string,
  context: Pick<ScanContext, 'detect'>,
): readonly Match[] {
  const outside = context.detect(blanked, { path });
  if (blanked === text) return outside;
  return [...outside, ...context.detect(onlyBlanked(text, blanked), { path })];
}

function onlyBlanked(text: string, blanked: string): string {
  let out = '';
  let from = 0;
  while (from < text.length) {
    let to = from;
    while (to < text.length && text[to] === blanked[to]) to += 1;
    out += text.slice(from, to).replace(/[^\r\n]/g, ' ');
    from = to;
    while (to < text.length && text[to] !== blanked[to]) to += 1;
    out += text.slice(from, to);
    from = to;
  }
  return out;
}
