/** Exactly this file, in gitignore syntax: what means something there is escaped, for what cannot be written any sign will do. */
export function placeGlob(path: string): string {
  const inside = path.replace(/^(?:\.\.?\/|\/)+/, '');
  const escaped = inside
    .replace(/[\\*?[\]]/g, '\\$&')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (sign) => '?'.repeat(sign.length));
  return `/${escaped.replace(/ +$/, (blanks) => '?'.repeat(blanks.length))}`;
}
