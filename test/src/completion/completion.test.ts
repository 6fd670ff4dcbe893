import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Argument, Command, Option } from 'commander';
import { completionScript, SHELLS } from '../../../src/completion/scripts.ts';
import { completionTree } from '../../../src/completion/tree.ts';
import { cli } from '../../helpers/cli.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';

describe('completion', function () {
  this.timeout(30_000);

  it('completes commands, options and their words in a real bash', async () => {
    const { code, stdout, stderr } = await cli(['completion', 'bash']);
    const root = tempDir();
    writeFile(root, 'completion.bash', stdout);

    const lines = ask(root, [
      ['nhi-audit', 'sc'],
      ['nhi-audit', 'rules', 'ex'],
      ['nhi-audit', 'scan', '--stric'],
      ['nhi-audit', 'scan', '--fail-on', 'cr'],
      ['nhi-audit', 'scan', '-f', 'sar'],
      ['nhi-audit', 'scan', '-o', 'sar'],
      ['nhi-audit', 'diff', '-f', ''],
      ['nhi-audit', 'report', '--framework', 'pci'],
      ['nhi-audit', 'report', '--framework', 'al'],
      ['nhi-audit', 'demo', '-o', 'htm'],
      ['nhi-audit', 'completion', ''],
      ['nhi-audit', '--config', 'x.yml', 'rules', 'list', '--det'],
      ['nhi-audit', 'scan', '--store', ''],
      ['nhi-audit', 'scan', '--quie'],
    ]);

    assert.deepEqual([code, stderr], [0, '']);
    assert.deepEqual(lines, [
      'scan',
      'explain',
      '--strict-coverage',
      'critical',
      'sarif',
      'sarif=',
      'text json csv',
      'pci-dss-4.0.1',
      'all',
      'html=',
      'bash zsh fish',
      '--detectors',
      '',
      '--quiet',
    ]);
  });

  it('knows every command of the help', async () => {
    const [help, { stdout }] = await Promise.all([cli(['--help']), cli(['completion', 'fish'])]);

    const commands = [...help.stdout.matchAll(/^ {2}(?<name>[a-z]+) (?=.* {2}\S)/gm)].map((match) => match.groups?.name ?? '');
    assert(commands.length > 15, commands.join(' '));
    for (const command of commands.filter((name) => name !== 'nhi' && name !== 'help')) {
      assert(stdout.includes(`-f -a '${command}'`), command);
    }
  });

  it('refuses another shell, and says which there are', async () => {
    const { code, stderr } = await cli(['completion', 'tcsh']);

    assert.equal(code, 2);
    assert.match(stderr, /Allowed choices are bash, zsh, fish/);
  });

  for (const shell of SHELLS) {
    it(`puts no text of a description where ${shell} would run it`, () => {
      const program = new Command('nhi-audit');
      program
        .command('do')
        .description("it's `$(touch owned)` \\' ; touch owned #")
        .addArgument(new Argument('[what]').choices(['this', 'that']))
        .addOption(new Option('--how <way>', "'; touch owned; '").choices(['fast', 'slow']));

      const script = completionScript(shell, completionTree(program, {}));

      // All that is not between quotes, with what bash needs left out.
      const bare = script.replace(/'[^']*'/g, "''");
      assert.doesNotMatch(bare, /touch/);
      if (shell !== 'fish') {
        const root = tempDir();
        writeFile(root, 's', script);
        const ran = spawnSync('bash', ['-n', join(root, 's')], { encoding: 'utf8' });
        assert.deepEqual([ran.status, ran.stderr], [0, '']);
      }
    });
  }

  it('refuses a word that a shell would take apart', () => {
    const program = new Command('nhi-audit');
    program.addOption(new Option('--how <way>', 'how').choices(['$(id)']));

    assert.throws(() => completionScript('bash', completionTree(program, {})), /not a word for a shell/);
  });
});

describe('help and slips', function () {
  this.timeout(30_000);

  it('groups commands by what people come for', async () => {
    const { stdout } = await cli(['--help']);

    const headings = [...stdout.matchAll(/^(?<heading>[A-Z][a-z -]+):$/gm)].map((match) => match.groups?.heading);
    assert.deepEqual(headings.slice(0, 6), [
      'Options',
      'Scan and report',
      'Ask a store',
      'Evidence for an audit',
      'Rules and set-up',
      'Commands',
    ]);
  });

  for (const [typed, meant] of [
    ['explan', 'explain'],
    ['sacn', 'scan'],
    ['idenities', 'identities'],
  ] as const) {
    it(`suggests ${meant} for ${typed}`, async () => {
      const { code, stderr } = await cli([typed]);

      assert.equal(code, 2);
      assert.match(stderr, new RegExp(`Did you mean ${meant}\\?`));
    });
  }

  for (const command of ['diff', 'baseline', 'except', 'explain', 'completion', 'rules list', 'who']) {
    it(`tells exit codes and an example in the help of ${command}`, async () => {
      const { stdout } = await cli([...command.split(' '), '--help']);

      assert.match(stdout, /Examples?:\n/);
      assert.equal(stdout.match(/Exit codes:/g)?.length, 1);
    });
  }

  it('explains a control with the rules that bear on it', async () => {
    const [own, via, rule] = await Promise.all([
      cli(['explain', 'NHI2:2025']),
      cli(['explain', 'pci-dss-4.0.1:8.6.3']),
      cli(['explain', 'leaked-key-used-around-gateway']),
    ]);

    assert.match(
      own.stdout,
      /^owasp-nhi-2025:NHI2:2025\nSecret Leakage\n[\s\S]*\nChecks \(\d+\)\n[\s\S]*^ {2}critical leaked-key-used-around-gateway: /m,
    );
    assert.match(via.stdout, /by way of /);
    for (const field of [
      'Risk',
      'Fix',
      'NHI ids',
      'Identity types',
      'Environments',
      'Access',
      'Evidence',
      'Blind spots',
      'False positives',
      'Metadata handling',
      'Licence and upkeep',
      'Controls',
    ]) {
      assert.match(rule.stdout, new RegExp(`^${field}\n {2}\\S`, 'm'));
    }
  });
});

/** What bash would offer for each line of words, the last of which is being typed. */
function ask(directory: string, lines: readonly (readonly string[])[]): readonly string[] {
  const script = [
    'source ./completion.bash',
    ...lines.map((words) => {
      const quoted = words.map((word) => `'${word}'`).join(' ');
      return `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _nhi_audit; echo "\${COMPREPLY[*]}"`;
    }),
  ].join('\n');
  const ran = spawnSync('bash', ['-c', script], { cwd: directory, encoding: 'utf8' });
  assert.equal(ran.stderr, '');
  return ran.stdout.split('\n').slice(0, -1);
}
