import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { initCommand } from '../../../src/commands/init.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { CI_FILES, CONFIG } from '../../../src/init/files.ts';
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

  it('overwrites nothing without --force', async () => {
    const root = tempDir();
    writeFile(root, CONFIG.path, 'failOn: low\n');

    await assert.rejects(initCommand(testIo(root), { ci: 'gitlab', yes: true }), { code: 'INIT_THERE', exit: 2 });
    const before = [readFileSync(join(root, CONFIG.path), 'utf8'), existsSync(join(root, '.gitlab-ci.yml'))];
    await initCommand(testIo(root), { ci: 'gitlab', yes: true, force: true });

    assert.deepEqual(before, ['failOn: low\n', false]);
    assert.equal(readFileSync(join(root, CONFIG.path), 'utf8'), CONFIG.text);
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
