import canonicalize from 'canonicalize';

/**
 * RFC 8785 text of a value: the same content is the same bytes, here and in any other language. It has no lone surrogates; what
 * a stranger's name has of them becomes U+FFFD, as it does in a file.
 */
export function canonicalText(value: object): string {
  const text = canonicalize(wellFormed(value));
  if (text === undefined) throw new TypeError('there is no JSON of it');
  return text;
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toWellFormed(), wellFormed(member)]));
}
