import { secretKind } from '../formats/plain-value.ts';
import { commandsOf, MARK, markVariables } from './script.ts';

const NO_SINK = /^(?:echo|printf|test|\[|\[\[|if|export|set|unset|case|:)$/;

/** Names of secret variables that a script puts on the command line of a program. */
export function secretsInArguments(script: string): string[] {
  const names = new Set([...script.matchAll(/(?<!\\)\$\{?(?<name>[A-Za-z_]\w*)/g)].map((match) => match.groups?.name ?? ''));
  return [...names].filter((name) => secretKind(name) !== undefined && isArgument(script, name));
}

function isArgument(script: string, name: string): boolean {
  return commandsOf(markVariables(script, [name])).some(
    ([program = '', ...rest]) => !NO_SINK.test(program) && rest.some((word) => word.includes(MARK)),
  );
}
