/**
 * Comments beside a credential that ask not to report it, in the dialects of the tools people come from. They are
 * honoured, counted and shown, never silent: a report says how many findings each of them accepts.
 */

const IGNORE = /nhi-audit: ?ignore\[[\w, -]{1,500}\][^\r\n]{0,300}/;

/** On the line itself, as written in the tools' own documentation. */
const ON_LINE: readonly RegExp[] = [
  /nhi-audit:allow\b/,
  // For the checks that it names, where it gives a reason: `src/suppress/accept.ts`.
  IGNORE,
  /gitleaks:allow\b/,
  /betterleaks:allow\b/,
  /trufflehog:ignore\b/,
  /kingfisher:ignore\b/,
  // detect-secrets; the older spelling is still taken by it.
  /pragma: ?(?:allow|white)list[ -]secret\b/i,
  /\bggignore\b/,
];

/** On the line before. kingfisher takes its comment on either neighbour. */
const BEFORE_LINE: readonly RegExp[] = [IGNORE, /pragma: ?(?:allow|white)list[ -]nextline[ -]secret\b/i, /kingfisher:ignore\b/];
const AFTER_LINE: readonly RegExp[] = [/kingfisher:ignore\b/];

/** secretlint's directives may name rules: `secretlint-disable-line @secretlint/secretlint-rule-aws -- reason`. */
const DIRECTIVE = /secretlint-(?<what>disable-next-line|disable-line|disable|enable)\b(?<rules>[^\r\n]*)/g;

const DISABLE = 'secretlint-disable';

/** A comment further along a line than this is not beside the secret: minified files are one line. */
const REACH = 4096;

/** The comments in one text. */
export class AllowComments {
  readonly #bytes: Buffer;
  /** Up to where no region begins. */
  #searched = 0;
  #directives: readonly { readonly at: number; readonly what: string; readonly rules: string }[] | undefined;

  /** `hasRegions`: may there be a `secretlint-disable`? A search of the text that is over knows. */
  constructor(bytes: Buffer, hasRegions = true) {
    this.#bytes = bytes;
    if (!hasRegions) this.#directives = [];
  }

  /**
   * The comment that covers the secret at `[start, end)`, as written; `undefined` when there is none. Lines that the
   * secret touches count, so that a key of several lines may be marked on any of them.
   */
  beside(start: number, end: number, detector: string): string | undefined {
    const bytes = this.#bytes;
    const from = lineStart(bytes, start);
    const to = lineEnd(bytes, end);
    const own = bytes.toString('latin1', from, to);
    const written = firstMatch(own, ON_LINE);
    if (written !== undefined) return written;
    const before = from > 0 ? bytes.toString('latin1', lineStart(bytes, from - 1), from - 1) : '';
    const after = to < bytes.length ? bytes.toString('latin1', to + 1, lineEnd(bytes, to + 1)) : '';
    return (
      firstMatch(before, BEFORE_LINE) ??
      firstMatch(after, AFTER_LINE) ??
      directiveOn(own, 'disable-line', detector) ??
      directiveOn(before, 'disable-next-line', detector) ??
      this.#openRegion(start, detector)
    );
  }

  /** Is there a `secretlint-disable` before the secret that no `secretlint-enable` has ended? */
  #openRegion(start: number, detector: string): string | undefined {
    let isOpen = false;
    for (const { at, what, rules } of this.#regions(start)) {
      if (at >= start) break;
      if (!concerns(rules, detector)) continue;
      if (what === 'disable') isOpen = true;
      if (what === 'enable') isOpen = false;
    }
    return isOpen ? 'secretlint-disable' : undefined;
  }

  /** Read once a text, and only where one begins before a secret. */
  #regions(before: number): readonly { readonly at: number; readonly what: string; readonly rules: string }[] {
    if (this.#directives !== undefined) return this.#directives;
    if (before <= this.#searched) return [];
    // Secrets are asked about by rising place: what stands before one is not gone through again for the next.
    const unseen = this.#bytes.subarray(Math.max(0, this.#searched - DISABLE.length), before + DISABLE.length);
    this.#searched = before;
    if (!unseen.includes(DISABLE)) return [];
    this.#directives = [...this.#bytes.toString('latin1').matchAll(DIRECTIVE)].map(({ index, groups }) => ({
      at: index,
      what: groups?.what ?? '',
      rules: groups?.rules ?? '',
    }));
    return this.#directives;
  }
}

function firstMatch(text: string, patterns: readonly RegExp[]): string | undefined {
  for (const pattern of patterns) {
    const match = pattern.exec(text);
    if (match !== null) return match[0];
  }
  return undefined;
}

function directiveOn(line: string, what: string, detector: string): string | undefined {
  for (const match of line.matchAll(DIRECTIVE)) {
    if (match.groups?.what === what && concerns(match.groups.rules ?? '', detector)) return `secretlint-${what}`;
  }
  return undefined;
}

/** A directive that names rules is for these alone; secretlint's ids and ours are both understood. */
function concerns(rules: string, detector: string): boolean {
  const named = (rules.split(' -- ')[0] ?? '').replace(/\*\/|-->/g, '').match(/[@\w][\w@/.-]*/g) ?? [];
  return named.length === 0 || named.some((name) => shortName(name) === shortName(detector));
}

/** `@secretlint/secretlint-rule-aws` and `secretlint/aws` are `aws`. */
function shortName(rule: string): string {
  return rule.replace(/^@?secretlint\/(?:secretlint-rule-)?/, '');
}

function lineStart(bytes: Buffer, at: number): number {
  const floor = Math.max(0, at - REACH);
  const feed = bytes.subarray(floor, at).lastIndexOf(10);
  return feed < 0 ? floor : floor + feed + 1;
}

function lineEnd(bytes: Buffer, at: number): number {
  const feed = bytes.subarray(at, at + REACH).indexOf(10);
  return feed < 0 ? Math.min(bytes.length, at + REACH) : at + feed;
}
