const BACKSLASH = 92;
const PERCENT = 37;
const BRACKET = 91;

/** Places before a keyword at which a backslash begins an escape that ends there: `\n`, `\75`, `\x3d` or `\075`, `\u003d`. */
export const BACKSLASHES = [2, 3, 4, 6] as const;
/** And a percent sign: `%3D`, `%253D`. */
export const PERCENTS = [3, 5] as const;
/** No escape ends in a byte below `0`. */
export const LEAST = 48;
/** Colours end in `m`; some clear the line behind them by `K`. */
export const COLOURS = [109, 75] as const;

/**
 * May what stands right before `at` be the end of an escape, which a look-behind takes for a word? A kernel lets a keyword
 * through for it (the one in WebAssembly has the same written out); what it is exactly is seen to with the regex.
 */
export function mayEndEscape(bytes: Uint8Array, at: number): boolean {
  const last = bytes[at - 1];
  if (last === undefined || last < LEAST) return false;
  for (const back of BACKSLASHES) if (bytes[at - back] === BACKSLASH) return true;
  for (const back of PERCENTS) if (bytes[at - back] === PERCENT) return true;
  const before = bytes[at - 2] ?? 0;
  return (last === COLOURS[0] || last === COLOURS[1]) && (before === BRACKET || (before >= 48 && before <= 59));
}
