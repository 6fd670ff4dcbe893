import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { buildProgram } from '../../src/cli.ts';
import { scanAndWrite } from '../../src/commands/scan.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { testIo } from '../helpers/io.ts';
import { SCAN_OPTIONS } from '../helpers/scan-options.ts';
import { openTempRepo, type TempRepo, tempDir, tempRepo, writeFile } from '../helpers/temp-repo.ts';

const ROOT = dirname(dirname(import.meta.dirname));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const PINNED = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/;

/** The YAML examples of a recipe. */
function examples(path: string): readonly string[] {
  return [...read(path).matchAll(/^```yaml\n(?<text>[\s\S]*?)^```$/gm)].map(({ groups }) => groups?.text ?? '');
}

async function audit(files: { readonly [path: string]: string }): Promise<Report> {
  const root = tempDir();
  for (const [path, text] of Object.entries(files)) writeFile(root, path, text);
  const { report } = await scanAndWrite(testIo(root), ['.'], { ...SCAN_OPTIONS, persona: 'auditor', quiet: true });
  return report;
}

const scriptsOfAction = (): readonly string[] =>
  (parse(read('action.yml')).runs.steps as { run?: string }[]).flatMap(({ run }) => run ?? []);

const told = ({ findings }: Report): readonly string[] =>
  findings.map(({ severity, rule, message }) => `${severity} ${rule}: ${message}`);

describe('what is offered for CI', function () {
  this.timeout(20_000);

  it('stands up to our own checks: the action, the component, the hooks and the examples', async () => {
    const workflows = ['docs/recipes/pre-merge.md', 'docs/recipes/nightly.md']
      .flatMap(examples)
      .filter((text) => /^jobs:/m.test(text));
    const [, job = ''] = read('templates/nhi-audit/template.yml').split(/^---$/m);

    const report = await audit({
      'action.yml': read('action.yml'),
      '.pre-commit-config.yaml': read('.pre-commit-hooks.yaml'),
      '.gitlab-ci.yml': job
        .replace('$[[ inputs.stage ]]', 'test')
        .replace(/\$\[\[ inputs\.[\w-]+ \]\]/g, 'node:24@sha256:'.padEnd(79, 'a')),
      ...Object.fromEntries(workflows.map((text, index) => [`.github/workflows/example${index}.yml`, text])),
    });

    assert.equal(workflows.length, 2);
    assert.deepEqual(told(report), []);
    const ci = report.coverage.filter(({ surface }) => surface === 'ci').map(({ at }) => at?.path);
    assert.deepEqual(ci.sort(), [
      '.github/workflows/example0.yml',
      '.github/workflows/example1.yml',
      '.gitlab-ci.yml',
      'action.yml',
    ]);
  });

  it('would be found wrong if it were careless', async () => {
    const [workflow = ''] = examples('docs/recipes/pre-merge.md');

    const report = await audit({
      '.github/workflows/careless.yml': workflow
        .replace('on: pull_request', 'on: pull_request_target')
        .replace('fetch-depth: 0', 'ref: $' + '{{ github.event.pull_request.head.sha }}'),
    });

    assert.notDeepEqual(told(report), []);
  });

  it('pins every step to a commit', () => {
    const { runs } = parse(read('action.yml'));
    const steps = ['docs/recipes/pre-merge.md', 'docs/recipes/nightly.md']
      .flatMap(examples)
      .flatMap((text) => Object.values((parse(text) as { jobs?: { [job: string]: { steps: { uses?: string }[] } } }).jobs ?? {}))
      .flatMap((job) => job.steps);
    const used = [...runs.steps, ...steps].flatMap(({ uses }: { uses?: string }) => (uses === undefined ? [] : [uses]));

    assert(used.length > 6);
    for (const uses of used) assert.match(uses, PINNED);
  });

  it('puts no input into a script but by the environment', () => {
    const { runs } = parse(read('action.yml'));

    for (const { run } of runs.steps) assert.doesNotMatch(run ?? '', /\$\{\{/);
    const [, job = ''] = read('templates/nhi-audit/template.yml').split(/^---$/m);
    for (const line of (parse(job)['nhi-audit'] as { script: string[] }).script) assert.doesNotMatch(line, /\$\[\[/);
  });

  it('has the parts that GitHub, GitLab and pre-commit ask for', () => {
    const action = parse(read('action.yml'));
    const [head, job] = parseAllDocuments(read('templates/nhi-audit/template.yml')).map((document) => document.toJS());
    const hooks = parse(read('.pre-commit-hooks.yaml')) as { id: string; name: string; entry: string; language: string }[];

    assert.equal(action.runs.using, 'composite');
    for (const step of action.runs.steps) assert(step.uses !== undefined || step.shell === 'bash');
    for (const [name, { description, default: value }] of Object.entries<{ description: string; default: string }>(
      action.inputs,
    )) {
      assert(description.length > 10, name);
      assert.equal(typeof value, 'string', name);
      assert(read('action.yml').includes(`inputs.${name}`), `${name} is used`);
    }
    assert.deepEqual(Object.keys(head.spec.inputs), ['project', 'commit', 'stage', 'fail-on', 'image']);
    assert.deepEqual(Object.keys(job), ['nhi-audit']);
    for (const { id, name, entry, language } of hooks) {
      assert(id !== '' && name !== '' && language === 'node');
      assert.match(entry, /nhi-audit scan /);
    }
  });

  describe('run as their systems run them, in a shell, with npm out of the way', () => {
    /** A repository in place of ours, whose program tells what it was called with. */
    function stand(): { readonly repo: TempRepo; readonly commit: string; readonly env: { readonly [name: string]: string } } {
      const place = join(tempDir(), 'nhi-audit.git');
      mkdirSync(place);
      const repo = tempRepo([], place);
      repo.write(
        'bin/nhi-audit.js',
        'process.stdout.write(JSON.stringify({ file: __filename, arguments: process.argv.slice(2) }));\n',
      );
      const commit = repo.commit('first');
      repo.write('bin/nhi-audit.js', 'throw new Error("not the commit that was asked for");\n');
      repo.commit('second');
      const tools = tempDir();
      writeFile(tools, 'npm', '#!/bin/sh\nexit 0\n');
      chmodSync(join(tools, 'npm'), 0o755);
      return { repo, commit, env: { ...process.env, PATH: `${tools}:${process.env.PATH ?? ''}` } as { [name: string]: string } };
    }

    it('the component installs the commit that is named, and scans what the merge request brings', () => {
      const { commit, env, repo } = stand();
      const [, text = ''] = read('templates/nhi-audit/template.yml').split(/^---$/m);
      const { script } = parse(text)['nhi-audit'] as { script: string[] };
      const out = execFileSync('sh', ['-e', '-c', script.join('\n')], {
        cwd: tempDir(),
        encoding: 'utf8',
        env: {
          ...env,
          CI_SERVER_URL: `file://${dirname(repo.path)}`,
          CI_JOB_TOKEN: 'not-a-token',
          NHI_AUDIT_PROJECT: basename(repo.path, '.git'),
          NHI_AUDIT_COMMIT: commit,
          NHI_AUDIT_FAIL_ON: 'high; touch pwned',
          CI_MERGE_REQUEST_DIFF_BASE_SHA: 'a'.repeat(40),
          CI_COMMIT_SHA: 'b'.repeat(40),
        },
      });

      const { arguments: given } = JSON.parse(out) as { arguments: string[] };
      assert.deepEqual(given.slice(0, 5), [
        'scan',
        '--diff',
        `${'a'.repeat(40)}...${'b'.repeat(40)}`,
        '--fail-on',
        'high; touch pwned',
      ]);
    });

    describe('the hook before a push', () => {
      const hooks = parse(read('.pre-commit-hooks.yaml')) as { id: string; entry: string }[];
      const entry = hooks.find(({ id }) => id === 'nhi-audit-push')?.entry ?? '';

      /** A clone with a commit that is not pushed, and what the hook calls our program with in it. */
      function push(env: { readonly [name: string]: string }, ...before: string[][]): readonly string[] {
        const clone = tempDir();
        const away = tempRepo();
        away.write('a.txt', 'a\n');
        away.commit('first');
        const here = openTempRepo(clone);
        here.git('clone', '-q', `file://${away.path}`, '.');
        here.write('b.txt', 'b\n');
        here.commit('second');
        for (const words of before) here.git(...words);
        const tools = tempDir();
        writeFile(tools, 'nhi-audit', '#!/bin/sh\nfor word; do printf "%s\\n" "$word"; done\n');
        chmodSync(join(tools, 'nhi-audit'), 0o755);
        // pre-commit takes the entry apart as a shell would, and runs it without one.
        const out = execFileSync('sh', ['-c', entry], {
          cwd: clone,
          encoding: 'utf8',
          env: { PATH: `${tools}:${process.env.PATH ?? ''}`, ...env },
        });
        const upstream = here.git('rev-parse', 'HEAD~1');
        return out
          .split('\n')
          .filter((word) => word !== '')
          .map((word) => word.replace(upstream, 'UPSTREAM'));
      }

      it('looks at what pre-commit names', () => {
        const [from, to] = ['a'.repeat(40), 'b'.repeat(40)];

        const told = push({ PRE_COMMIT_FROM_REF: from, PRE_COMMIT_TO_REF: to });

        assert.deepEqual(told, ['scan', '--quiet', '--diff', `${from}...${to}`]);
      });

      it('looks at what the upstream lacks, by hand', () => {
        assert.deepEqual(push({}), ['scan', '--quiet', '--diff', 'UPSTREAM...HEAD']);
      });

      it('looks at all of it where there is no upstream, or nothing that a name could be for', () => {
        assert.deepEqual(push({}, ['checkout', '-q', '-b', 'mine']), ['scan', '--quiet']);
        assert.deepEqual(push({}, ['checkout', '-q', '--detach']), ['scan', '--quiet']);
        assert.deepEqual(push({ PRE_COMMIT_FROM_REF: '' }, ['checkout', '-q', '-b', 'mine']), ['scan', '--quiet']);
      });
    });

    it('the action runs its own commit, with what it was given and no more', () => {
      const { env, repo } = stand();
      repo.git('checkout', '-q', 'HEAD~1');
      const [, install = '', tell = ''] = scriptsOfAction();
      const place = join(tempDir(), 'nhi-audit');
      const run = (script: string, more: { readonly [name: string]: string }): string =>
        execFileSync('bash', ['-e', '-c', script], { cwd: tempDir(), encoding: 'utf8', env: { ...env, PLACE: place, ...more } });

      // Twice, as in a job that uses it twice.
      for (let n = 0; n < 2; n++) run(install, { GITHUB_ACTION_PATH: repo.path });
      assert.deepEqual(readdirSync(place).sort(), ['.git', 'bin']);
      const given = {
        FAIL_ON: '$(touch pwned)',
        PERSONA: 'dev',
        NAME: '"; exit 1',
        CHECK: 'true',
        SARIF: 'true',
        STORE: 'false',
        AUTHOR: 'my-app[bot] $(touch pwned)',
        TARGET: 'false',
      };
      const { file, arguments: told } = JSON.parse(run(tell, { ...given, COMMENT: 'false' }));

      assert.equal(file, join(place, 'bin', 'nhi-audit.js'));
      const options = ['--fail-on', '$(touch pwned)', '--persona', 'dev', '--name', '"; exit 1', '--no-comment', '--sarif'];
      assert.deepEqual(told, ['pr', ...options, '--author', 'my-app[bot] $(touch pwned)']);
      const more = JSON.parse(run(tell, { ...given, AUTHOR: '', COMMENT: 'true', TARGET: 'true' })) as { arguments: string[] };
      assert.deepEqual(more.arguments.slice(-2), ['--sarif', '--allow-pull-request-target']);
    });

    it('the action gives the program only options that it has, and refuses pull_request_target before anything is installed', () => {
      const { steps } = parse(read('action.yml')).runs as { steps: { if?: string; run?: string; uses?: string }[] };
      const [refuse, , tell = ''] = scriptsOfAction();
      const pr = buildProgram(testIo(tempDir()), () => undefined).commands.find((command) => command.name() === 'pr');
      const known = new Set(pr?.options.map(({ long }) => long));

      for (const [option] of tell.matchAll(/--[a-z-]+/g)) assert(known.has(option), option);
      assert.equal(steps[0]?.run, refuse);
      assert.match(steps[0]?.if ?? '', /^github\.event_name == 'pull_request_target' && /);
      assert.throws(() => execFileSync('bash', ['-e', '-c', refuse ?? ''], { stdio: 'pipe' }), { status: 2 });
    });
  });
});
