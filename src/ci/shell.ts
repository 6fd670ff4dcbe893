import { derivedVariables, followMark, MARK, pipelinesOf, type SecretHandling } from './script.ts';

/** One command of a script, with the stages of its pipeline. */
export interface Command {
  readonly stages: readonly string[];
  /** Line of the script, from 0, on which its text begins. */
  readonly line: number;
  /** Variables it reads. */
  readonly reads: ReadonlySet<string>;
}

export interface Script {
  readonly text: string;
  readonly commands: readonly Command[];
  /** Variables that it sets itself, with their text as written: what comes later is no longer the job's. */
  readonly assigned: ReadonlyMap<string, string>;
}

/**
 * `$X`, `${X}`, `$env:X`, `%X%`, `$$X` (where `$` itself must be written twice). What only tells whether or how long it is
 * (`${#X}`, `${X:+…}`) does not read it. `$(X)` is for Azure. `--build-arg X` and `--secret id=x,env=X` take the value of `X`.
 */
const REFERENCE =
  /\$(?:env:)?(?<plain>[A-Za-z_]\w*)|\$\{(?:env:)?(?<braced>[A-Za-z_]\w*)(?![\w])(?!:?\+)[^}]{0,200}\}|%(?<batch>[A-Za-z_]\w*)%|\$\((?<macro>[A-Za-z_][\w.-]*)\)|(?<=--build-arg[=\s]{1,3})(?<passed>[A-Za-z_]\w*)(?=\s|$)|--secret[=\s][^\s$]{0,200}?\benv=(?<handed>[A-Za-z_]\w*)/g;

/** Names of the variables that a text reads, with the offset of each. */
export function variablesIn(
  text: string,
  macros = false,
): { readonly name: string; readonly offset: number; readonly end: number }[] {
  const found: { name: string; offset: number; end: number }[] = [];
  for (const match of text.matchAll(REFERENCE)) {
    const { plain, braced, batch, macro, passed, handed } = match.groups ?? {};
    const name = plain ?? braced ?? batch ?? passed ?? handed ?? (macros ? macro : undefined);
    const end = match.index + match[0].length;
    if (name !== undefined) found.push({ name, offset: handed === undefined ? match.index : end - handed.length, end });
  }
  return found;
}

const ASSIGNED =
  /(?:^|[\s;&|({])(?:export\s+|readonly\s+|local\s+|declare\s+(?:-\w+\s+)*|set\s+|\$env:)?(?<name>[A-Za-z_]\w*)\s?=\s?(?<value>"(?:[^"\\]|\\.){0,2000}"|'[^']{0,2000}'|[^\s;&|]{0,2000})/g;
const READ = /(?:^|[\s;&|])(?:read\s+(?:-\w+\s+)*|for\s+)(?<name>[A-Za-z_]\w*)/g;

const NEWLINE = 10;

export function readScript(text: string, macros = false): Script {
  let line = 0;
  let counted = 0;
  const commands = pipelinesOf(text).map(({ stages, start }): Command => {
    for (; counted < start; counted += 1) if (text.charCodeAt(counted) === NEWLINE) line += 1;
    const reads = new Set(stages.flatMap((stage) => variablesIn(stage, macros).map(({ name }) => name)));
    return { stages, line, reads };
  });
  const assigned = new Map<string, string>();
  for (const match of text.matchAll(ASSIGNED)) {
    const { name, value } = match.groups ?? {};
    if (name !== undefined && value !== undefined) assigned.set(name, value.replace(/^(["'])(.*)\1$/s, '$2'));
  }
  for (const match of text.matchAll(READ)) assigned.set(match.groups?.name ?? '', '');
  return { text, commands, assigned };
}

/** Follows one secret through a script; `variables` hold it. `read`: characters that this took; `derived`: others that come to hold it. */
export function followVariables(
  script: Script,
  variables: ReadonlySet<string>,
  macros = false,
): SecretHandling & { readonly read: number; readonly derived: readonly string[] } {
  let chosen = markedCommands(script, variables, macros);
  // Commands that read what the secret was put into matter, too.
  const derived = chosen.marked.includes('=') ? derivedVariables(chosen.marked) : [];
  if (derived.length > 0) chosen = markedCommands(script, new Set([...variables, ...derived]), macros);
  const told = followMark(chosen.marked);
  const linesOf = (found: readonly number[]) => [...new Set(found.map((line) => chosen.lines[line] ?? 0))];
  const buildArguments = told.buildArguments.map((each) => ({ ...each, line: chosen.lines[each.line] ?? 0 }));
  return {
    ...told,
    printedAt: linesOf(told.printedAt),
    argumentAt: linesOf(told.argumentAt),
    buildArguments,
    read: chosen.marked.length,
    derived,
  };
}

/** The commands that matter, and the line of the script that each of their lines is. */
function markedCommands(
  script: Script,
  variables: ReadonlySet<string>,
  macros: boolean,
): { readonly marked: string; readonly lines: readonly number[] } {
  let marked = '';
  const lines: number[] = [];
  for (const { stages, line, reads } of script.commands) {
    // Only the commands that matter: a job may have a hundred secrets.
    const isRead = [...reads].some((name) => variables.has(name));
    if (!isRead && !/^\s*set\s/.test(stages[0] ?? '')) continue;
    const command = stages.map((stage) => (isRead ? mark(stage, variables, macros) : stage)).join('|');
    marked += `${command}\n`;
    for (let nth = 0, at = -1; nth === 0 || at >= 0; nth += 1) {
      lines.push(line + nth);
      at = command.indexOf('\n', at + 1);
    }
  }
  return { marked, lines };
}

function mark(stage: string, variables: ReadonlySet<string>, macros: boolean): string {
  let marked = '';
  let from = 0;
  for (const { name, offset, end } of variablesIn(stage, macros)) {
    if (!variables.has(name)) continue;
    marked += stage.slice(from, offset) + MARK;
    from = end;
  }
  return marked + stage.slice(from);
}
