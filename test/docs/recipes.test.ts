import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { scanAndWrite } from '../../src/commands/scan.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { testIo } from '../helpers/io.ts';
import { SCAN_OPTIONS } from '../helpers/scan-options.ts';
import { tempDir, writeFile } from '../helpers/temp-repo.ts';

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
    assert.deepEqual(Object.keys(head.spec.inputs), ['stage', 'version', 'fail-on', 'image']);
    assert.deepEqual(Object.keys(job), ['nhi-audit']);
    for (const { id, name, entry, language } of hooks) {
      assert(id !== '' && name !== '' && language === 'node');
      assert.match(entry, /nhi-audit scan /);
    }
  });
});
