import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { printable } from '../util/sanitize.ts';

/** One line of a `.gitleaksignore`: `file:rule:line`, or `commit:file:rule:line` for a place in the history. */
export interface IgnoreEntry {
  /** `.gitleaksignore:3`. */
  readonly place: string;
  readonly entry: string;
  readonly commit?: string;
  readonly path: string;
  readonly rule: string;
  readonly line: number;
}

export const IGNORE_FILES = ['.gitleaksignore', '.betterleaksignore'] as const;
const LARGEST = 8 * 1024 * 1024;

/**
 * Entries of the ignore files at the top of a repository, which lies `below` the target; lines that are none are told apart
 * by `malformed`.
 */
export function readIgnoreFiles(
  directory: string,
  below = '',
): { readonly entries: IgnoreEntry[]; readonly malformed: string[] } {
  const entries: IgnoreEntry[] = [];
  const malformed: string[] = [];
  for (const base of IGNORE_FILES) {
    const file = join(directory, base);
    const name = below === '' ? base : `${printable(below)}/${base}`;
    if (!existsSync(file)) continue;
    const stat = statSync(file);
    if (!stat.isFile() || stat.size > LARGEST) {
      malformed.push(`${name}: not a file of a readable size`);
      continue;
    }
    for (const [index, text] of readFileSync(file, 'utf8').split(/\r?\n/).entries()) {
      const line = text.trim();
      if (line === '' || line.startsWith('#')) continue;
      const entry = parseEntry(line, `${name}:${index + 1}`);
      if (entry === undefined) malformed.push(`${name}:${index + 1}`);
      else entries.push(entry);
    }
  }
  return { entries, malformed };
}

/** Reads from the right, for a path may hold colons: `[commit:]path:rule:line`. */
export function parseEntry(text: string, place: string): IgnoreEntry | undefined {
  const match = /^(?:(?<commit>[0-9a-f]{40}|[0-9a-f]{64}):)?(?<path>.+):(?<rule>[^:]+):(?<line>\d+)$/.exec(text);
  const { commit, path = '', rule = '', line = '' } = match?.groups ?? {};
  if (match === null) return undefined;
  return {
    place,
    entry: printable(text),
    ...(commit === undefined ? {} : { commit }),
    path: path.replace(/^\.\//, ''),
    rule,
    line: Number(line),
  };
}
