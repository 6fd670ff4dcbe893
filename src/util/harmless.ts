const MAX_NAME = 128;

/** Is a name one that people give, rather than a key in the place of one? */
export function isHarmless(name: string): boolean {
  if (name.length > MAX_NAME || /[@\p{C}\ufffd]/u.test(name)) return false;
  if (/A[KS]IA[A-Z0-9]{16}/.test(name)) return false;
  return name.split(/[^\p{L}\p{N}]+/u).every((run) => run.length < 16 || !isLikeKey(run));
}

/** Letters turn into digits and back, or into letters of the other case: in names seldom, in keys all along. */
function isLikeKey(run: string): boolean {
  let digits = 0;
  let cases = 0;
  for (let at = 1; at < run.length; at += 1) {
    const [left, right] = [kindOf(run[at - 1] ?? ''), kindOf(run[at] ?? '')];
    if (left === right) continue;
    if (left === 'digit' || right === 'digit') digits += 1;
    else if (right === 'upper') cases += 1;
  }
  return digits >= 4 || cases > run.length / 4;
}

function kindOf(char: string): 'digit' | 'upper' | 'lower' {
  if (/\p{N}/u.test(char)) return 'digit';
  return /\p{Lu}/u.test(char) ? 'upper' : 'lower';
}

/** A trace or a digest by itself, or with the words of a `traceparent`: made to tell runs apart, by machines. */
const TRACE = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})$/;

/**
 * The name of a run as it may be kept. What is no name (the address of a person, a sentence, a key) is told by its keyed digest
 * alone: the same run is still the same.
 */
export function jobName(text: string, digest: (text: string) => string): string {
  if (TRACE.test(text) || (text.trim() !== '' && isHarmless(text))) return text;
  return `hidden-${digest(text).slice(0, 12)}`;
}
