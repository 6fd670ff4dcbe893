import type { Problem } from './table.ts';

// https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
// https://docs.gitlab.com/user/project/codeowners/reference/ (sections, roles, default owners)

export interface CodeOwner {
  readonly kind: 'email' | 'handle' | 'team' | 'role';
  /** Lower-case e-mail, `handle`, `org/team` or role; without `@`. */
  readonly name: string;
  /** First line that names them. */
  readonly line: number;
  readonly column: number;
  /** Patterns and the lines they stand in, in step: the last rule that matches a file decides, which takes the line. */
  readonly patterns: string[];
  readonly lines: number[];
}

export interface CodeOwners {
  readonly owners: readonly CodeOwner[];
  /** Rules that name nobody: what they match has no owner. */
  readonly unowned: Pick<CodeOwner, 'patterns' | 'lines'>;
  readonly rules: number;
  readonly problems: readonly Problem[];
}

/** Reads a CODEOWNERS file. Which of several rules wins for a file is not worked out: each owner has the patterns that name them. */
export function readCodeOwners(text: string): CodeOwners {
  const owners = new Map<string, CodeOwner>();
  const unowned: Pick<CodeOwner, 'patterns' | 'lines'> = { patterns: [], lines: [] };
  const problems: Problem[] = [];
  let rules = 0;
  let sectionOwners: readonly Token[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    const line = index + 1;
    const [first, ...others] = tokensOf(content);
    if (first === undefined) continue;
    const section = /^\s*\^?\[[^\]]+\](?:\[\d+\])?/.exec(content);
    if (section !== null) {
      sectionOwners = tokensOf(content, section[0].length);
      for (const token of sectionOwners) if (ownerOf(token.text) === undefined) problems.push(problemOf(line, token));
      continue;
    }
    rules += 1;
    const named = others.length === 0 ? sectionOwners : others;
    if (named.length === 0) {
      unowned.patterns.push(first.text);
      unowned.lines.push(line);
    }
    for (const token of named) {
      const owner = ownerOf(token.text);
      if (owner === undefined) {
        if (others.length > 0) problems.push(problemOf(line, token));
        continue;
      }
      const key = `${owner.kind} ${owner.name.toLowerCase()}`;
      const known = owners.get(key) ?? { ...owner, line, column: token.column, patterns: [], lines: [] };
      owners.set(key, known);
      if (known.lines.at(-1) === line) continue;
      known.patterns.push(first.text);
      known.lines.push(line);
    }
  }
  return { owners: [...owners.values()], unowned, rules, problems };
}

interface Token {
  readonly text: string;
  readonly column: number;
}

/** Words of a line up to a comment; `\ ` and `\#` belong to the word. */
function tokensOf(content: string, from = 0): Token[] {
  const tokens: Token[] = [];
  for (const match of content.slice(from).matchAll(/(?:\\.|[^\s\\])+/g)) {
    if (match[0].startsWith('#')) break;
    tokens.push({ text: match[0].replace(/\\(.)/g, '$1'), column: from + match.index + 1 });
  }
  return tokens;
}

function ownerOf(text: string): Pick<CodeOwner, 'kind' | 'name'> | undefined {
  if (/^@@[a-z-]+$/.test(text)) return { kind: 'role', name: text.slice(2) };
  if (/^@[\w.-]+(?:\/[\w.-]+)+$/.test(text)) return { kind: 'team', name: text.slice(1) };
  if (/^@[A-Za-z0-9_][\w.-]*$/.test(text)) return { kind: 'handle', name: text.slice(1) };
  if (/^[^\s@]+@[^\s@/]+\.[^\s@/]+$/.test(text)) return { kind: 'email', name: text.toLowerCase() };
  return undefined;
}

function problemOf(line: number, { column }: Token): Problem {
  return { line, why: `what stands at column ${column} is neither @handle, @org/team nor an e-mail address` };
}
