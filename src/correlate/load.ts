import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import type { Check } from '../contracts/check.ts';
import { CheckMeta } from '../contracts/check.ts';
import { ConfigError, codeOf, messageOf, RuleError } from '../util/errors.ts';
import { packageRoot } from '../util/package-root.ts';

/** Something wrong with a rule, for people: which file, which rule, what, and what to do. */
export interface Problem {
  readonly file: string;
  readonly rule?: string;
  readonly what: string;
  readonly hint: string;
}

export interface LoadedChecks {
  readonly checks: readonly Check[];
  readonly problems: readonly Problem[];
}

// `/*---` and `---*/` on lines of their own: YAML for us, a comment for DuckDB.
const HEAD = /^\s*\/\*---[ \t]*\r?\n(?<head>[\s\S]*?)\r?\n---\*\/[ \t]*(?:\r?\n|$)/;

/** The checks of this package and of the user's own directories. Throws `RuleError` for the first that cannot be used. */
export function loadChecks(directories: readonly string[] = []): readonly Check[] {
  const { checks, problems } = readChecks(directories);
  const first = problems[0];
  if (first !== undefined) {
    throw new RuleError(`${first.file}: ${first.what}`, { code: 'CHECK_INVALID', hint: first.hint });
  }
  return checks;
}

/** The same, with every problem told rather than the first one thrown: for `rules check`. */
export function readChecks(directories: readonly string[] = []): LoadedChecks {
  const checks: Check[] = [];
  const problems: Problem[] = [];
  for (const parsed of shippedChecks()) keep(parsed);
  for (const directory of directories) {
    for (const path of userFiles(directory)) keep(parseCheck(readFileSync(path, 'utf8'), slashed(path)));
  }
  checks.sort((a, b) => (a.meta.id < b.meta.id ? -1 : 1));
  return { checks, problems };

  function keep(parsed: Check | Problem): void {
    if ('what' in parsed) {
      problems.push(parsed);
      return;
    }
    const twin = checks.find((check) => check.meta.id === parsed.meta.id);
    if (twin === undefined) checks.push(parsed);
    else {
      problems.push({
        file: parsed.file,
        rule: parsed.meta.id,
        what: `id: ${parsed.meta.id} is taken by ${twin.file}`,
        hint: 'Give the check an id of its own, and its file the same name.',
      });
    }
  }
}

let shipped: readonly (Check | Problem)[] | undefined;

/** Those of this package do not change while it runs; their YAML takes a tenth of a second. */
function shippedChecks(): readonly (Check | Problem)[] {
  const root = packageRoot();
  shipped ??= sqlFiles(join(root, 'rules', 'checks')).map((path) =>
    parseCheck(readFileSync(path, 'utf8'), slashed(relative(root, path))),
  );
  return shipped;
}

/** One check from the text of its file. */
export function parseCheck(text: string, file: string): Check | Problem {
  const name = basename(file, '.sql');
  const match = HEAD.exec(text);
  if (match?.groups === undefined) {
    return {
      file,
      rule: name,
      what: 'has no head comment',
      hint: 'Start the file with a line `/*---`, the YAML metadata, and a line `---*/`.',
    };
  }
  let head: unknown;
  try {
    head = parse(match.groups.head ?? '');
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    return { file, rule: name, what: `head is not YAML: ${messageOf(error)}`, hint: 'Quote values that hold `: ` or `#`.' };
  }
  const meta = CheckMeta.safeParse(head);
  if (!meta.success) {
    const told = meta.error.issues.map((issue) => `${issue.path.join('.') || 'head'}: ${issue.message}`);
    return { file, rule: name, what: told.join('; '), hint: 'The fields of a head are described in src/contracts/check.ts.' };
  }
  if (meta.data.id !== name) {
    return {
      file,
      rule: name,
      what: `id: ${meta.data.id} is not the name of the file`,
      hint: `Rename the file to ${meta.data.id}.sql, or the id to ${name}.`,
    };
  }
  const sql = text.slice(match[0].length).trim().replace(/;\s*$/, '');
  if (sql === '') return { file, rule: name, what: 'has no SELECT', hint: 'Write the query below the head comment.' };
  return { meta: meta.data, sql, file };
}

function sqlFiles(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.sql'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function userFiles(directory: string): readonly string[] {
  try {
    return sqlFiles(directory);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    throw new ConfigError(`The directory of checks ${directory} cannot be read: ${messageOf(error)}`, {
      code: 'CHECKS_UNREADABLE',
      hint: 'Name an existing directory that holds .sql files.',
      cause: error,
    });
  }
}

function slashed(path: string): string {
  return sep === '/' ? path : path.split(sep).join('/');
}
