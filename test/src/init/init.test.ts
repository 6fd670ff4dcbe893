import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { initCommand } from '../../../src/commands/init.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { CI_FILES, CONFIG, SCHEMA, WRITTEN } from '../../../src/init/files.ts';
import { lookAround } from '../../../src/init/look.ts';
import { packageRoot } from '../../../src/util/package-root.ts';
import { testIo } from '../../helpers/io.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';

describe('init command', () => {
  it('shows what it would write, and writes nothing unasked', async () => {
    const root = tempDir();
    const io = testIo(root);

    await initCommand(io, { ci: 'github' });

    assert(io.out().includes(CONFIG.text) && io.out().includes(CI_FILES.github.text));
    assert.match(io.err(), /Nothing was written\. With --yes it is/);
    assert.equal(existsSync(join(root, CONFIG.path)), false);
  });

  it('writes what it has shown, with --yes', async () => {
    const root = tempDir();
    const io = testIo(root);
    writeFile(root, 'main.tf', '');

    await initCommand(io, { ci: 'github', yes: true });

    assert.equal(parseConfig(readFileSync(join(root, CONFIG.path), 'utf8'), 'f').failOn, 'high');
    assert.equal(readFileSync(join(root, CI_FILES.github.path), 'utf8'), CI_FILES.github.text);
    assert.match(io.err(), /aws iam get-account-authorization-details[\s\S]*terraform show -json/);
    assert.doesNotMatch(io.err(), /kubectl/);
  });

  it('writes what is missing, and leaves what is there', async () => {
    const root = tempDir();
    const io = testIo(root);
    writeFile(root, CONFIG.path, 'failOn: low\n');

    await initCommand(io, { ci: 'pre-commit', yes: true });

    assert.equal(readFileSync(join(root, CONFIG.path), 'utf8'), 'failOn: low\n');
    assert.equal(readFileSync(join(root, CI_FILES['pre-commit'].path), 'utf8'), CI_FILES['pre-commit'].text);
    assert.match(io.err(), /Left as it is, for it is there already: nhi-audit\.config\.yml/);
  });

  it('says so where nothing is missing', async () => {
    const [root, other] = [tempDir(), tempDir()];
    const again = testIo(root);
    writeFile(other, CONFIG.path, 'failOn: low\n');
    await initCommand(testIo(root), { ci: 'gitlab', yes: true });

    const code = await initCommand(again, { ci: 'gitlab', yes: true });

    assert.equal(code, 0);
    assert.match(again.err(), /All of it is there already, as it would be written/);
    await assert.rejects(initCommand(testIo(other), { ci: 'none', yes: true }), { code: 'INIT_THERE', exit: 2 });
  });

  for (const [ci, text, isReplaced] of [
    ['github', `${WRITTEN} An earlier version.\n`, true],
    ['github', 'name: mine\n', false],
    ['gitlab', `${WRITTEN} And a job of mine.\n`, false],
    ['pre-commit', 'repos: []\n', false],
  ] as const) {
    it(`with --force ${isReplaced ? 'replaces' : 'does not replace'} ${CI_FILES[ci].path} that begins: ${text.trim()}`, async () => {
      const root = tempDir();
      const io = testIo(root);
      const { path } = CI_FILES[ci];
      writeFile(root, CONFIG.path, 'failOn: low\n');
      writeFile(root, path, text);

      await initCommand(io, { ci, yes: true, force: true });

      assert.equal(readFileSync(join(root, path), 'utf8'), isReplaced ? CI_FILES[ci].text : text);
      assert.equal(readFileSync(join(root, CONFIG.path), 'utf8'), CONFIG.text);
      assert.equal(io.err().includes(`Left as it is, for it is there already: ${path}`), !isReplaced);
    });
  }

  it('names a schema only where there is one', async () => {
    const [bare, dependent] = [tempDir(), tempDir()];
    writeFile(dependent, SCHEMA, '{}');

    for (const root of [bare, dependent]) await initCommand(testIo(root), { ci: 'none', yes: true });

    assert.doesNotMatch(readFileSync(join(bare, CONFIG.path), 'utf8'), /schema/);
    const [, named = ''] = /\$schema=(\S+)/.exec(readFileSync(join(dependent, CONFIG.path), 'utf8')) ?? [];
    assert.ok(existsSync(join(dependent, named)), named);
  });

  it('says in the file itself what is left to do', () => {
    for (const { path, text } of Object.values(CI_FILES)) {
      const [first = ''] = text.split('\n');
      for (const placeholder of ['OWNER', 'GROUP', '1111'])
        assert.equal(first.includes(placeholder), text.includes(placeholder), `${path}: ${placeholder}`);
      assert.ok(first.startsWith(WRITTEN), path);
    }
  });

  it('brings a scope in comments that the configuration takes', () => {
    const text = CONFIG.text.replace(/^# (scope:| {2,}.*)$/gm, '$1');

    const { scope } = parseConfig(text, CONFIG.path);

    assert.deepEqual(
      scope.absent.map(({ surface }) => surface),
      ['okta'],
    );
  });

  for (const [answers, isWritten] of [
    ['pre-commit\ny\n', true],
    ['pre-commit\n\n', false],
    ['', false],
  ] as const) {
    it(`asks on a terminal, and takes ${JSON.stringify(answers)} for ${isWritten ? 'yes' : 'no'}`, async () => {
      const root = tempDir();
      const io = testIo(root, {
        stdin: {
          isTTY: true,
          chunks: async function* () {
            yield Buffer.from(answers);
          },
        },
        terminal: { stdoutIsTTY: true, stderrIsTTY: true, columns: 100, color: false, links: false },
      });

      await initCommand(io, {});

      assert.match(io.err(), /Which CI file: .*\[none\]/);
      assert.equal(existsSync(join(root, CI_FILES['pre-commit'].path)), isWritten);
    });
  }

  it('refuses a CI system that it has no file for', async () => {
    await assert.rejects(initCommand(testIo(tempDir()), { ci: 'githib' }), { code: 'USAGE', hint: /Did you mean "github"/ });
  });

  it('sees what is there', () => {
    const root = tempDir();
    for (const file of ['.github/workflows/a.yml', 'a/b/x.ipynb', 'deploy/Chart.yaml', 'node_modules/x/main.tf'])
      writeFile(root, file, '');

    assert.deepEqual(lookAround(root), {
      git: false,
      github: true,
      gitlab: false,
      preCommit: false,
      notebooks: true,
      terraform: false,
      kubernetes: true,
      exports: [],
    });
  });

  it('suggests the exports that it does not see, with their stock commands', async () => {
    const [bare, some] = [testIo(tempDir()), testIo(tempDir())];
    for (const file of ['exports/authorization-details.json', 'exports/hoop/sessions.json']) writeFile(some.directory, file, '');

    await initCommand(bare, { ci: 'none' });
    await initCommand(some, { ci: 'none' });

    for (const command of [/ aws iam get-account-/, / gcloud asset /, / az ad app list /, / gh api /, / curl .*HOOP_URL/]) {
      assert.match(bare.err(), command);
    }
    assert.deepEqual(lookAround(some.directory).exports, ['aws', 'hoop']);
    assert.doesNotMatch(some.err(), / aws iam |HOOP_URL/);
    assert.match(some.err(), / gcloud asset /);
    for (const [page = ''] of bare.err().matchAll(/scanners\/\S+\/README\.md/g)) {
      assert.ok(existsSync(join(packageRoot(), page)), page);
    }
  });

  it('writes what the recipes show', () => {
    const text = ['docs/recipes/pre-merge.md', 'README.md']
      .map((file) => readFileSync(join(packageRoot(), file), 'utf8'))
      .join('\n');

    for (const file of Object.values(CI_FILES)) assert(text.includes(file.text), file.path);
  });
});
