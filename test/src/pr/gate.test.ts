import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Job, key, withGithub } from '../../helpers/pull-request-job.ts';
import { leakReport } from '../../helpers/report.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';

const CONFIG = 'nhi-audit.config.yml';
const EXCEPTIONS = 'nhi-audit.exceptions.yml';
const LEAK = { 'leak.py': `TOKEN = "${key('leak')}"\n` };

const exception = (path: string): string =>
  `  - path: ${path}\n    reason: a test account\n    owner: ada@harbour.example\n    expires: 2026-08-01\n`;

interface Told {
  readonly code: number;
  readonly comment: string;
  readonly conclusion: string | undefined;
  readonly log: string;
}

/** What a pull request comes to that brings these files. */
async function judge(
  job: Job,
  files: { readonly [path: string]: string },
  options: Parameters<Job['run']>[1] = {},
): Promise<Told> {
  let told: Told | undefined;
  job.change(files);
  await withGithub({}, async (github) => {
    const { code, io } = await job.run(github, options);
    told = { code, comment: github.comments[0]?.body ?? '', conclusion: github.checkRuns[0]?.conclusion, log: io.err() };
  });
  assert(told !== undefined);
  return told;
}

describe('nhi-audit pr and a change that would open its own gate', function () {
  this.timeout(20_000);

  for (const [what, config] of [
    ['leaves the file out', 'exclude: ["leak.py"]\n'],
    ['lets no severity fail', 'failOn: none\n'],
    ['switches the detector off', 'detectors: { disabled: [github-classic-token] }\n'],
    ['names exceptions elsewhere', 'accept: { exceptions: mine.yml }\n'],
    ['is no configuration', 'exclude: 7\n'],
  ]) {
    it(`is judged without its own configuration, which ${what}`, async () => {
      const told = await judge(new Job(), {
        ...LEAK,
        [CONFIG]: config ?? '',
        'mine.yml': `exceptions:\n${exception('leak.py')}`,
      });

      assert.equal(told.code, 1);
      assert.equal(told.conclusion, 'failure');
      assert.match(told.comment, /leak\.py:1/);
      assert.match(
        told.comment,
        /^⚠️ This change touches nhi-audit\.config\.yml\. It was judged by that file as it is before the change/m,
      );
      assert.equal(/It is not valid any more/.test(told.comment), config === 'exclude: 7\n');
    });
  }

  it('is judged by the configuration that is there before it, also when it takes it away or runs further down', async () => {
    const job = new Job();
    job.before({ [CONFIG]: 'exclude: ["leak.py"]\n', 'svc/a.txt': 'a\n' });

    const kept = await judge(job, LEAK);
    job.repo.git('rm', '-q', CONFIG);
    job.directory = 'svc';
    const gone = await judge(job, { 'other.py': `TOKEN = "${key('other')}"\n` });

    assert.deepEqual([kept.code, kept.conclusion], [0, 'neutral']);
    assert.doesNotMatch(kept.comment, /This change touches/);
    assert.equal(gone.code, 1);
    assert.match(gone.comment, /other\.py:1/);
    assert.doesNotMatch(gone.comment, /leak\.py:1/);
    assert.match(gone.comment, /touches nhi-audit\.config\.yml\..* It is not there any more\./);
  });

  it('finds no gate in a directory of its own, either', async () => {
    const job = new Job();
    job.before({ [CONFIG]: 'failOn: high\n', 'svc/a.txt': 'a\n' });
    job.directory = 'svc';

    const told = await judge(job, { ...LEAK, [`svc/${CONFIG}`]: 'exclude: ["leak.py"]\n' });

    assert.equal(told.code, 1);
    assert.match(told.comment, /touches svc\/nhi-audit\.config\.yml/);
  });

  it('believes a configuration that is named and lies outside, and of one inside only what was there before', async () => {
    const outside = join(tempDir(), 'own.yml');
    writeFile(join(outside, '..'), 'own.yml', 'exclude: ["leak.py"]\n');
    const job = new Job();
    job.before({ 'audit.yml': 'failOn: low\n' });

    const loose = await judge(job, { ...LEAK, 'audit.yml': 'exclude: ["leak.py"]\n' }, { config: outside });
    const strict = await judge(job, { 'b.txt': 'b\n' }, { config: 'audit.yml' });

    assert.deepEqual([loose.code, strict.code], [0, 1]);
    await assert.rejects(judge(job, { 'new.yml': 'failOn: none\n' }, { config: 'new.yml' }), /is not there before this change/);
  });

  it('lets an exception hold that the change adds, says so first, and leaves the last word to a reviewer', async () => {
    const job = new Job();
    job.before({ [EXCEPTIONS]: `exceptions:\n${exception('old.py')}` });

    const told = await judge(job, {
      ...LEAK,
      'old.py': `TOKEN = "${key('old')}"\n`,
      [EXCEPTIONS]: `exceptions:\n${exception('leak.py')}${exception('old.py')}`,
    });

    const [first = ''] = told.comment.split('### nhi-audit\n\n')[1]?.split('\n\n⚠️ **No open') ?? [];
    assert.deepEqual([told.code, told.conclusion], [0, 'neutral']);
    assert.match(first, /^⚠️ \*\*Accepted by this very change: needs a reviewer's eye\*\*\n\n- 1 finding by the exception /);
    assert.match(first, /path leak\.py.*a test account, owner ada/);
    assert.doesNotMatch(first, /old\.py/);
    assert.match(told.log, /comes with this very change: 1 entry\./);
    assert.doesNotMatch(told.comment, /✅/);
  });

  it('says nothing of exceptions that were there before, wherever they stand now', async () => {
    const job = new Job();
    job.before({ [EXCEPTIONS]: `exceptions:\n${exception('leak.py')}` });

    const told = await judge(job, { ...LEAK, [EXCEPTIONS]: `exceptions:\n${exception('unused.py')}${exception('leak.py')}` });

    assert.deepEqual([told.code, told.conclusion], [0, 'success']);
    assert.doesNotMatch(told.comment, /very change/);
  });

  it('takes an exception that is made longer for a new one', async () => {
    const job = new Job();
    job.before({ [EXCEPTIONS]: `exceptions:\n${exception('leak.py').replace('2026-08-01', '2026-05-01')}` });

    const told = await judge(job, { ...LEAK, [EXCEPTIONS]: `exceptions:\n${exception('leak.py')}` });

    assert.deepEqual([told.code, told.conclusion], [0, 'neutral']);
    assert.match(told.comment, /very change/);
  });

  it('tells comments and lines of an ignore file that come with the change', async () => {
    const job = new Job();

    const told = await judge(job, {
      'leak.py': `TOKEN = "${key('leak')}" # nhi-audit:allow\n`,
      'more.py': `TOKEN = "${key('more')}"\n`,
      '.gitleaksignore': 'more.py:github-pat:1\n',
    });

    assert.deepEqual([told.code, told.conclusion], [0, 'neutral']);
    assert.match(
      told.comment,
      /very change.*\n\n- 1 finding by the comment leak\.py:1 nhi-audit:allow\n- 1 finding by \.gitleaksignore:1/,
    );
  });

  it('knows comments that were there before, in files of any name, and refuses a link that would judge', async () => {
    const name = '.github/workflows/:(top) [a]*.yml';
    const workflow = (token: string, why: string): string =>
      `on: push\njobs:\n  a:\n    runs-on: x\n    env:\n      # nhi-audit: ignore[credential-in-work-tree, credential-in-ci-config] ${why}\n      TOKEN: "${token}"\n`;
    const job = new Job();
    job.before({ [name]: workflow('none', 'a fixture') });

    const told = await judge(job, { [name]: workflow(key('one'), 'a fixture') });
    const added = await judge(job, { [name]: workflow(key('one'), 'another word') });
    symlinkSync('elsewhere.yml', join(job.repo.path, CONFIG));
    job.base = job.repo.commit('link');

    assert.match(told.comment, /1 finding by the comment/);
    assert.doesNotMatch(told.comment, /very change/);
    assert.match(added.comment, /very change/);
    await assert.rejects(judge(job, LEAK), /nhi-audit\.config\.yml is a symbolic link before this change/);
  });

  it('holds a report that was made before to the same', async () => {
    const job = new Job();
    job.change({ [CONFIG]: 'failOn: none\n' });

    const told = await judge(job, { 'b.txt': 'b\n' }, await job.report(leakReport(1)));

    assert.equal(told.code, 1);
    assert.match(told.comment, /touches nhi-audit\.config\.yml, and the scan of this report may have gone by what it says now/);
  });
});
