import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PrOptions, prCommand } from '../../../src/commands/pr.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { assertWell, type FakeGithub, type FakeOptions, fakeGithub } from '../../helpers/github-api.ts';
import { type TestIo, testIo } from '../../helpers/io.ts';
import { type TempRepo, tempDir, tempRepo } from '../../helpers/temp-repo.ts';

const COMMENTS = '/repos/harbour/shop/issues/7/comments';
const CHECKS = '/repos/harbour/shop/check-runs';
const key = (name: string): string => expandExample('{{ghcrc:ghp_}}', name).text;

const DEFAULTS: PrOptions = {
  format: 'terminal',
  output: [],
  framework: [],
  history: true,
  exclude: [],
  only: [],
  skip: [],
  exitCode: true,
  name: 'nhi-audit',
  comment: true,
  check: true,
  quiet: true,
};

/** A repository with a branch of a pull request, and the job that would run for it. */
class Job {
  readonly repo: TempRepo = tempRepo();
  readonly base: string;
  readonly #home = tempDir();
  summary = join(this.#home, 'summary.md');
  fork = false;

  constructor() {
    this.repo.write('README.md', '# Shop\n');
    this.base = this.repo.commit('begin');
    this.repo.git('checkout', '-q', '-b', 'change');
  }

  async run(
    github: FakeGithub,
    options: Partial<PrOptions> = {},
    env: { readonly [name: string]: string } = {},
  ): Promise<{ code: number; io: TestIo }> {
    const head = this.repo.git('rev-parse', 'change');
    const event = join(this.#home, 'event.json');
    const full_name = this.fork ? 'mallory/shop' : 'harbour/shop';
    writeFileSync(
      event,
      JSON.stringify({
        action: 'synchronize',
        pull_request: {
          number: 7,
          head: { sha: head, repo: { full_name } },
          base: { sha: this.base, repo: { full_name: 'harbour/shop' } },
        },
      }),
    );
    const io = testIo(this.repo.path, {
      env: {
        GITHUB_ACTIONS: 'true',
        GITHUB_EVENT_NAME: 'pull_request',
        GITHUB_EVENT_PATH: event,
        GITHUB_API_URL: github.url,
        GITHUB_SERVER_URL: 'https://github.com',
        GITHUB_REPOSITORY: 'harbour/shop',
        GITHUB_RUN_ID: '99',
        GITHUB_STEP_SUMMARY: this.summary,
        GITHUB_TOKEN: 'ghs_of-the-job',
        ...env,
      },
    });
    const code = await prCommand(io, { ...DEFAULTS, ...options }, { second: 5 });
    return { code, io };
  }
}

async function withGithub(options: FakeOptions, use: (github: FakeGithub) => Promise<void>): Promise<void> {
  await using github = await fakeGithub(options);
  await use(github);
  assertWell(github);
}

describe('nhi-audit pr', function () {
  this.timeout(20_000);

  it('comments at the first push, edits the comment at the second, and fixed findings disappear from it', async () => {
    await withGithub({}, async (github) => {
      const job = new Job();
      job.repo.write('config/app.py', `TOKEN = "${key('first')}"\n`);
      job.repo.commit('add a key');

      const first = await job.run(github);
      const [after = { id: 0, body: '' }] = github.comments.map((comment) => ({ ...comment }));
      job.repo.git('reset', '-q', '--hard', job.base);
      job.repo.write('deploy.sh', `export T=${key('second')}\n`);
      job.repo.commit('another key instead');
      const second = await job.run(github);
      const edited = github.comments[0]?.body ?? '';
      job.repo.git('reset', '-q', '--hard', job.base);
      job.repo.write('deploy.sh', 'echo none\n');
      job.repo.commit('clean');
      const third = await job.run(github);

      assert.deepEqual([first.code, second.code, third.code], [1, 1, 0]);
      assert.equal(github.comments.length, 1);
      assert.match(after.body, /^<!-- nhi-audit:pull-request nhi-audit -->\n/);
      assert.match(
        after.body,
        /config\/app\.py:1<\/code>\]\(https:\/\/github\.com\/harbour\/shop\/blob\/[0-9a-f]{40}\/config\/app\.py#L1\)/,
      );
      assert.match(after.body, /\[log and reports\]\(https:\/\/github\.com\/harbour\/shop\/actions\/runs\/99\)/);
      assert.match(edited, /\*\*1 \w+ new, 1 fixed\*\* since the last push/);
      assert.match(edited, /deploy\.sh:1/);
      assert.doesNotMatch(edited, /config\/app\.py/);
      assert.match(github.comments[0]?.body ?? '', /✅ \*\*No open findings, 1 fixed\*\*/);
      assert.equal(
        github.asked.some(({ body }) => body.includes(key('first')) || body.includes(key('second'))),
        false,
      );
      const writes = github.calls().filter((call) => call.includes('comments') && !call.startsWith('GET'));
      assert.deepEqual(writes, [
        `POST ${COMMENTS}`,
        'PATCH /repos/harbour/shop/issues/comments/1000',
        'PATCH /repos/harbour/shop/issues/comments/1000',
      ]);
      assert.deepEqual(
        github.checkRuns.map(({ conclusion }) => conclusion),
        ['failure', 'failure', 'success'],
      );
      const annotation = github.checkRuns[0]?.annotations[0];
      assert.deepEqual([annotation?.path, annotation?.start_line, annotation?.annotation_level], ['config/app.py', 1, 'failure']);
      assert.match(first.io.err(), /Contacts 127\.0\.0\.1:\d+/);
      assert.equal(existsSync(job.summary), false);
    });
  });
});
