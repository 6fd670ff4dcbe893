import type { Command, Option } from 'commander';

/** What shells are told of a command. */
export interface CompletionNode {
  /** Words behind the name of the program: ``, `scan`, `rules list`. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletionOption[];
  /** Words that its first argument may be, where they are few. */
  readonly words: readonly string[];
}

export interface CompletionOption {
  readonly short?: string;
  readonly long?: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** Words that its value may be; none: a file, or whatever the user has in mind. */
  readonly values: readonly string[];
}

/** Values by option name, where the option itself does not name them. A function chooses by the path of the command. */
export type KnownValues = { readonly [long: string]: (path: string) => readonly string[] };

/** Every command below `program`, the program itself first. */
export function completionTree(program: Command, known: KnownValues): readonly CompletionNode[] {
  const nodes: CompletionNode[] = [];
  const visit = (command: Command, path: string): void => {
    const commands = command.commands.map((child) => ({ name: child.name(), description: child.description() }));
    const options = path === '' ? command.options : [...command.options, ...program.options];
    nodes.push({
      path,
      commands,
      options: options.map((option) => optionOf(option, path, known)),
      words: command.registeredArguments[0]?.argChoices ?? [],
    });
    for (const child of command.commands) visit(child, path === '' ? child.name() : `${path} ${child.name()}`);
  };
  visit(program, '');
  return nodes;
}

function optionOf(option: Option, path: string, known: KnownValues): CompletionOption {
  const { short, long, description, required, optional, argChoices } = option;
  return {
    ...(short === undefined ? {} : { short }),
    ...(long === undefined ? {} : { long }),
    description,
    takesValue: required || optional,
    values: argChoices ?? (required || optional ? (known[long ?? '']?.(path) ?? []) : []),
  };
}
