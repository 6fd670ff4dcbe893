import assert from 'node:assert/strict';
import type { Command } from 'commander';
import { buildProgram } from '../../../src/cli.ts';
import { SEVERITIES } from '../../../src/contracts/finding.ts';
import { loadFrameworks } from '../../../src/frameworks/load.ts';
import { REPORTER_IDS } from '../../../src/registry.ts';
import { JUSTIFICATIONS } from '../../../src/suppress/exceptions.ts';
import { testIo } from '../../helpers/io.ts';

describe('help', () => {
  const names = buildProgram(testIo('/'), () => undefined).commands.flatMap((command) => [
    command.name(),
    ...command.commands.map((below) => `${command.name()} ${below.name()}`),
  ]);

  it('is there for every command: a sentence, what each option and argument is, an example, the exit codes', () => {
    assert.ok(names.length > 25, names.join(', '));
    for (const name of names) {
      const { command, text } = helpOf(name);

      assert.ok(command.description().length > 15, name);
      for (const option of command.options) assert.ok(option.description.length >= 3, `${name} ${option.flags}`);
      for (const argument of command.registeredArguments)
        assert.ok(argument.description.length >= 3, `${name} ${argument.name()}`);
      if (command.commands.length === 0) assert.match(text, new RegExp(`Examples?:\\n(?:.*\\n)*? {2}.*nhi-audit ${name}`), name);
      assert.equal(text.match(/^Exit codes: (?:0|as for scan)/gm)?.length, 1, name);
      assert.match(text, /^Global Options:\n(?:.*\n)*? {2}--config <file> /m, name);
    }
  });

  it('says what must be given and what holds otherwise, and nothing of empty lists', () => {
    const { text } = helpOf('report');

    assert.match(text, / --store <file> +the store \(required\)\n/);
    assert.match(unwrapped(text), /--format <format> what stdout gets: .* \(default: terminal\)/);
    for (const name of names) assert.doesNotMatch(helpOf(name).text, /default: \[\]|undefined/, name);
  });

  it('names every format', () => {
    const told = /what stdout gets: (?<formats>[a-z, -]+) \(/.exec(unwrapped(helpOf('scan').text))?.groups?.formats ?? '';

    assert.deepEqual(told.split(', ').sort(), [...REPORTER_IDS].sort());
  });

  it('takes the words that an exception takes', () => {
    const choices = (flag: string) => helpOf('except').command.options.find(({ long }) => long === flag)?.argChoices;

    assert.deepEqual(choices('--justification'), [...JUSTIFICATIONS]);
    assert.deepEqual(choices('--severity'), [...SEVERITIES]);
  });

  it('names every framework, and that all can be asked for', async () => {
    const ids = [...(await loadFrameworks()).map(({ id }) => id), 'all'].sort();

    for (const name of ['scan', 'report', 'pack']) {
      const told =
        /--framework <id> .*?; repeatable: (?<ids>[a-z0-9., -]+?)(?: \(| -)/.exec(unwrapped(helpOf(name).text))?.groups?.ids ??
        '';
      assert.deepEqual(told.split(', ').sort(), ids, name);
    }
  });

  for (const columns of [60, 80, 100, 200]) {
    it(`keeps its sentences within ${columns} columns, and commands whole`, () => {
      for (const name of names) {
        for (const line of helpOf(name, columns).text.split('\n')) {
          // What is indented is a command or an option with its text; a word may be longer than its column.
          assert.ok(
            line.startsWith(' ') || line.startsWith('Usage') || line.length <= Math.min(columns, 110),
            `${name}: ${line}`,
          );
        }
      }
      assert.match(
        helpOf('who', columns).text,
        /\n {2}nhi-audit who --target pg-orders-prod --on .* --store audit\.duckdb -f csv\n/,
      );
    });
  }
});

function helpOf(name: string, columns = 100): { readonly command: Command; readonly text: string } {
  const { terminal } = testIo('/');
  const io = testIo('/', { terminal: { ...terminal, columns } });
  let command = buildProgram(io, () => undefined);
  for (const word of name.split(' ')) {
    const below = command.commands.find((each) => each.name() === word);
    assert.ok(below !== undefined, name);
    command = below;
  }
  command.outputHelp();
  return { command, text: io.out() };
}

function unwrapped(text: string): string {
  return text.replace(/\s+/g, ' ');
}
