import { type Command, CommanderError, type Option } from 'commander';
import { buildProgram } from '../../src/cli.ts';
import { knownValues } from '../../src/commands/completion.ts';
import type { KnownValues } from '../../src/completion/tree.ts';
import { parseTarget } from '../../src/config/target.ts';
import type { Scanner } from '../../src/contracts/index.ts';
import { parseOutput } from '../../src/output.ts';
import { loadScanners } from '../../src/registry.ts';
import { messageOf } from '../../src/util/errors.ts';
import { testIo } from './io.ts';
import type { ShownCommand } from './shown-commands.ts';

const REPORTING: ReadonlySet<string> = new Set(['scan', 'report', 'pr']);

export interface Words {
  readonly known: KnownValues;
  readonly schemes: readonly string[];
}

export async function loadWords(): Promise<Words> {
  const scanners: readonly Scanner[] = await loadScanners();
  return { known: await knownValues(), schemes: scanners.flatMap((scanner) => ('scheme' in scanner ? [scanner.scheme] : [])) };
}

/** Parses a shown command with the commands as they are, running nothing. What is wrong with it, or `undefined`. */
export async function wrongIn(shown: ShownCommand, words: Words): Promise<string | undefined> {
  const program = buildProgram(testIo('/'), () => undefined);
  let called: Command | undefined;
  for (const command of commandsBelow(program)) {
    if (command.commands.length > 0) continue;
    // Of what a sentence names, the rest may be left out.
    if (shown.named) for (const option of command.options) option.mandatory = false;
    command.action((...args: readonly unknown[]) => {
      called = args.at(-1) as Command;
    });
  }
  try {
    if (shown.argv.length > 0 && shown.argv[0] !== '…') await program.parseAsync([...shown.argv], { from: 'user' });
    return called === undefined ? undefined : await wrongValue(called, words);
  } catch (error) {
    if (!(error instanceof CommanderError)) return messageOf(error);
    if (error.exitCode === 0 || error.code === 'commander.help') return undefined;
    return shown.named && error.code === 'commander.missingArgument' ? undefined : error.message;
  }
}

function commandsBelow(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(commandsBelow)];
}

/** Values that commander takes as they are, and that only a run would refuse. */
async function wrongValue(command: Command, { known, schemes }: Words): Promise<string | undefined> {
  const path = command.name();
  const given = command.opts() as { readonly [name: string]: unknown };
  for (const option of command.options) {
    for (const value of textsOf(given[option.attributeName()])) {
      if (/[$<]|^[A-Z_]+$/.test(value)) continue;
      const reporting = REPORTING.has(path) && (option.long === '--format' || option.long === '--output');
      if (reporting) await parseOutput(value, option.long === '--format' ? 'stdout' : 'file', '/');
      else if (!allowed(option, path, known).includes(value) && allowed(option, path, known).length > 0) {
        return `${option.long} ${value}: none of ${allowed(option, path, known).join(', ')}`;
      }
    }
  }
  if (path === 'scan' || path === 'doctor') {
    for (const target of command.args.filter((text) => /^[a-z][a-z0-9-]+:/.test(text))) parseTarget(target, '/', schemes);
  }
  return undefined;
}

function textsOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((each): each is string => typeof each === 'string');
}

function allowed(option: Option, path: string, known: KnownValues): readonly string[] {
  if (option.argChoices !== undefined) return option.argChoices;
  // `trace` and its like name their formats in words.
  if (option.long === '--format') return option.description.match(/[a-z]+/g) ?? [];
  return option.long === '--output' ? [] : (known[option.long ?? '']?.(path) ?? []);
}
