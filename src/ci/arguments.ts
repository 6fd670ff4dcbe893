import { secretKind } from '../formats/plain-value.ts';
import { commandsOf, MARK, markVariables } from './script.ts';

const NO_SINK = /^(?:echo|printf|test|\[|\[\[|if|export|set|unset|case|:)$/;

/** Commands of containers are short; each name has the script read anew. */
const MAX_SCRIPT = 50_000;
const MAX_NAMES = 50;

/** Names of secret variables that a script puts on the command line of a program. */
export function secretsInArguments(text: string): string[] {
  const script = text.slice(0, MAX_SCRIPT);
  const names = new Set([...script.matchAll(/(?<!\\)\$\{?(?<name>[A-Za-z_]\w*)/g)].map((match) => match.groups?.name ?? ''));
  const secrets = [...names].filter((name) => secretKind(name) !== undefined);
  return secrets.slice(0, MAX_NAMES).filter((name) => isArgument(script, name));
}

function isArgument(script: string, name: string): boolean {
  return commandsOf(markVariables(script, [name])).some(
    ([program = '', ...rest]) => !NO_SINK.test(program) && rest.some((word) => word.includes(MARK)),
  );
}
