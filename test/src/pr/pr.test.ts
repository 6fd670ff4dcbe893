import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { prCommand } from '../../../src/commands/pr.ts';
import { testIo } from '../../helpers/io.ts';
import { DEFAULTS, Job, key, withGithub } from '../../helpers/pull-request-job.ts';
import { hostileReport, leakReport, sampleReport } from '../../helpers/report.ts';
import { git, openTempRepo, tempDir } from '../../helpers/temp-repo.ts';

const COMMENTS = '/repos/harbour/shop/issues/7/comments';
const CHECKS = '/repos/harbour/shop/check-runs';

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

  it('reads a change of any size from the checkout, and asks GitHub for none of it', async () => {
    await withGithub({}, async (github) => {
      const job = new Job();
      for (let n = 0; n < 320; n++) job.repo.write(`src/part${n % 40}/file${n}.txt`, `part ${n}\n`);
      job.repo.write('src/zz-last.py', `TOKEN = "${key('large')}"\n`);
      job.repo.commit('a large change');

      const { code } = await job.run(github);

      assert.equal(code, 1);
      assert.match(github.comments[0]?.body ?? '', /src\/zz-last\.py:1/);
      assert.deepEqual(github.calls(), [`GET ${COMMENTS}`, `POST ${COMMENTS}`, `POST ${CHECKS}`]);
    });
  });

  it('falls back to the summary of the job where rights are missing, names them, and shows findings beside the code', async () => {
    const headers = { 'x-accepted-github-permissions': 'issues=write; pull_requests=write' };
    const refuse = (call: string) =>
      call.startsWith('POST') ? { status: 403, body: { message: 'Resource not accessible by integration' }, headers } : undefined;
    await withGithub({ refuse }, async (github) => {
      const job = new Job();

      const { code, io } = await job.run(github, { ...(await job.report(leakReport(12))), sarif: true });

      const summary = readFileSync(job.summary, 'utf8');
      assert.equal(code, 1);
      assert.match(
        io.err(),
        /Comment: not written: the token may not \(HTTP 403\): give the job "permissions: pull-requests: write"; GitHub asks for issues=write/,
      );
      assert.match(io.err(), /Check run: not written: .*"permissions: checks: write"/);
      assert.match(io.err(), /SARIF: not written: .*"permissions: security-events: write"/);
      assert.match(io.err(), /The job summary has it instead\./);
      assert.match(summary, /\*\*12 high findings\*\*/);
      assert.match(summary, /> Comment not written: .*pull-requests: write/);
      assert.equal(io.err().match(/^::error file=config\/app\d+\.py,line=\d+,title=high%3A .*::Token /gm)?.length, 10);
      assert.match(io.err(), /2 more findings are not shown beside the code/);
    });
  });

  it('says of a fork that its job may only read, and of an invisible repository what is missing', async () => {
    const refuse = (call: string) => (call === `GET ${COMMENTS}` ? undefined : { status: 403 });
    await withGithub({ refuse }, async (github) => {
      const job = new Job();
      job.fork = true;

      const { code, io } = await job.run(github, await job.report(leakReport(1)));

      assert.equal(code, 1);
      assert.match(io.err(), /the pull request comes from a fork and its job may only read: that is as it should be/);
      assert.match(readFileSync(job.summary, 'utf8'), /1 high finding/);
    });
    await withGithub({ refuse: () => ({ status: 404 }) }, async (github) => {
      const job = new Job();

      const { io } = await job.run(github, await job.report(leakReport(1)));

      assert.match(io.err(), /HTTP 404\): give the job "permissions: pull-requests: write"/);
    });
  });

  it('writes the summary where there is no token, and contacts nobody', async () => {
    await withGithub({}, async (github) => {
      const job = new Job();

      const { code, io } = await job.run(github, await job.report(leakReport(1)), { GITHUB_TOKEN: '' });

      assert.equal(code, 1);
      assert.match(io.err(), /GITHUB_TOKEN is not set: give the step "env: GITHUB_TOKEN: \$\{\{ github\.token \}\}"/);
      assert.match(readFileSync(job.summary, 'utf8'), /1 high finding/);
      assert.equal(github.asked.length, 0);
      assert.doesNotMatch(io.err(), /Contacts/);
    });
  });

  it("edits nobody else's comment, and believes none, whatever mark it carries", async () => {
    await withGithub({}, async (github) => {
      const job = new Job();
      const options = await job.report(leakReport(2));
      await job.run(github, options);
      const mark = github.comments[0]?.body ?? '';
      const others = [
        { id: 1, body: mark, user: { login: 'mallory', type: 'User' } },
        { id: 2, body: mark, user: { login: 'other-app[bot]', type: 'Bot' } },
        { id: 3, body: `> ${mark}`, user: { login: 'github-actions[bot]', type: 'Bot' } },
      ];
      github.comments.splice(0, 1, ...others.map((other) => ({ ...other })));

      const { io } = await job.run(github, options);

      assert.deepEqual(github.comments.slice(0, 3), others);
      assert.equal(github.comments.length, 4);
      assert.doesNotMatch(github.comments[3]?.body ?? '', /since the last push/);
      assert.match(io.err(), /Comment: made: https:/);
    });
  });

  it('asks whose a personal token is, and takes --author for that of another app', async () => {
    await withGithub({ login: 'ada' }, async (github) => {
      const job = new Job();
      const options = await job.report(leakReport(1));
      const env = { GITHUB_TOKEN: 'github_pat_of-ada' };

      await job.run(github, options, env);
      await job.run(github, options, env);

      assert.equal(github.comments.length, 1);
      assert.equal(github.calls().filter((call) => call === 'GET /user').length, 2);
    });
    await withGithub({ login: 'harbour-audit[bot]' }, async (github) => {
      const job = new Job();
      const options = { ...(await job.report(leakReport(1))), author: 'harbour-audit[bot]' };

      await job.run(github, options);
      await job.run(github, options);

      assert.equal(github.comments.length, 1);
      assert.match(github.comments[0]?.body ?? '', /1 unchanged/);
    });
  });

  it('finds its comment behind a hundred others, and makes it anew when somebody took it away', async () => {
    let gone = false;
    const refuse = (call: string) => (gone && call.startsWith('PATCH /repos/harbour/shop/issues') ? { status: 404 } : undefined);
    await withGithub({ refuse }, async (github) => {
      const job = new Job();
      const options = await job.report(leakReport(1));
      for (let id = 0; id < 130; id++) github.comments.push({ id, body: 'looks good', user: { login: 'ada', type: 'User' } });
      await job.run(github, options);

      const second = await job.run(github, options);
      gone = true;
      const third = await job.run(github, options);

      assert.match(second.io.err(), /Comment: edited/);
      assert.match(third.io.err(), /Comment: made/);
      assert.equal(github.comments.length, 132);
    });
  });

  it('keeps one comment for each --name', async () => {
    await withGithub({}, async (github) => {
      const job = new Job();
      const options = await job.report(leakReport(1));

      for (const name of ['web', 'api', 'web']) await job.run(github, { ...options, name });

      assert.deepEqual(
        github.comments.map(({ body }) => body.split('\n')[0]),
        ['<!-- nhi-audit:pull-request web -->', '<!-- nhi-audit:pull-request api -->'],
      );
      assert.equal(github.checkRuns[1]?.name, 'api');
    });
  });

  it('tries again where GitHub fails or asks for a rest, and gives up where it goes on', async () => {
    const refuse = (call: string, before: number) => {
      if (call === `POST ${COMMENTS}` && before === 0) return { status: 502 };
      if (call === `POST ${CHECKS}` && before === 0) return { status: 429, headers: { 'retry-after': '1' } };
      return undefined;
    };
    await withGithub({ refuse }, async (github) => {
      const job = new Job();

      const { io } = await job.run(github, await job.report(leakReport(1)));

      assert.deepEqual([github.comments.length, github.checkRuns.length], [1, 1], io.err());
    });
    await withGithub({ refuse: () => ({ status: 503 }) }, async (github) => {
      const job = new Job();

      const { code, io } = await job.run(github, { ...(await job.report(leakReport(1))), check: false });

      assert.equal(code, 1);
      assert.match(io.err(), /Comment: not written: GitHub answers HTTP 503/);
      assert.equal(github.asked.length, 4);
    });
  });

  it('leaves no second comment where the first was made, though its answer failed', async () => {
    await withGithub({ lose: (call, before) => call === `POST ${COMMENTS}` && before === 0 }, async (github) => {
      const job = new Job();

      const { io } = await job.run(github, { ...(await job.report(leakReport(1))), check: false });

      assert.equal(github.comments.length, 1);
      assert.match(io.err(), /Comment: made: https:/);
    });
  });

  it('sends annotations fifty at a time', async () => {
    await withGithub({}, async (github) => {
      const job = new Job();

      const { io } = await job.run(github, await job.report(leakReport(130)));

      const sizes = github.asked
        .filter(({ url }) => url.startsWith(CHECKS))
        .map(({ body }) => JSON.parse(body).output.annotations.length);
      assert.deepEqual(sizes, [50, 50, 30]);
      assert.equal(new Set(github.checkRuns[0]?.annotations.map(({ path }) => path)).size, 130);
      assert.match(io.err(), /Check run: made, with 130 annotations/);
    });
  });

  it('keeps within what GitHub takes for hostile names, and says when it takes an annotation not', async () => {
    const report = { ...hostileReport(), accepted: [] };
    const own = report.findings.map((finding) => ({
      ...finding,
      evidence: finding.evidence.map(({ at, ...item }) => ({ ...item, at: { path: at?.path ?? '', line: 3 } })),
    }));
    await withGithub({}, async (github) => {
      const job = new Job();

      const { io } = await job.run(github, await job.report({ ...report, findings: own }));

      assert.equal(github.comments.length, 1, io.err());
      assert.equal(github.checkRuns[0]?.annotations.length, own.length);
      for (const { path, message } of github.checkRuns[0]?.annotations ?? []) {
        assert.doesNotMatch(path, /^\/|(^|\/)\.\.(\/|$)/);
        assert.doesNotMatch(message, /[\p{Cc}\p{Cf}\p{Cs}]/u);
      }
    });
  });

  for (const refusedOnes of [['config/app3.py'], ['config/app3.py', 'config/app77.py', 'config/app119.py']]) {
    it(`shows all annotations but the ${refusedOnes.length} that GitHub refuses`, async () => {
      const refuse = (call: string, _: number, body: string) =>
        call.includes('check-runs') && refusedOnes.some((path) => body.includes(`"path":"${path}"`))
          ? { status: 422 }
          : undefined;
      await withGithub({ refuse }, async (github) => {
        const job = new Job();

        const { io } = await job.run(github, await job.report(leakReport(130)));

        const shown = new Set(github.checkRuns[0]?.annotations.map(({ path }) => path));
        assert.equal(github.checkRuns.length, 1);
        assert.equal(shown.size, 130 - refusedOnes.length);
        for (const path of refusedOnes) assert(!shown.has(path));
        const told = `made, with ${shown.size} of 130 annotations: GitHub refuses ${refusedOnes.length} \\(HTTP 422\\)`;
        assert.match(io.err(), new RegExp(told));
      });
    });
  }

  it('gives up on annotations where GitHub refuses all of them', async () => {
    const refuse = (_: string, __: number, body: string) => (body.includes('"annotation_level"') ? { status: 422 } : undefined);
    await withGithub({ refuse }, async (github) => {
      const job = new Job();

      const { io } = await job.run(github, await job.report(leakReport(500)));

      assert.equal(github.checkRuns.length, 1);
      assert(github.asked.length < 90, `${github.asked.length} requests`);
      assert.match(io.err(), /made, with 0 of 500 annotations: GitHub refuses 500 \(HTTP 422\)/);
    });
  });

  it('refuses to run on pull_request_target, unless it is told to', async () => {
    await withGithub({}, async (github) => {
      const job = new Job();
      const env = { GITHUB_EVENT_NAME: 'pull_request_target' };
      const report = await job.report(leakReport(1));

      await assert.rejects(job.run(github, report, env), /with the rights of the repository beside the code of strangers/);
      assert.equal(github.asked.length, 0);
      const { code } = await job.run(github, { ...report, allowPullRequestTarget: true }, env);

      assert.equal(code, 1);
      assert.equal(github.comments.length, 1);
    });
  });

  it("prints no workflow command of a stranger's making", async () => {
    await withGithub({ refuse: () => ({ status: 403 }) }, async (github) => {
      const job = new Job();
      const [base] = leakReport(1).findings;
      assert(base !== undefined);
      const name = 'a,line=9::x\n::stop-commands::x\r%0A::error::y';
      const finding = { ...base, message: name, evidence: [{ ...base.evidence[0], at: { path: name, line: 2 } }] } as typeof base;

      const { io } = await job.run(github, await job.report({ ...leakReport(0), findings: [finding] }));

      const commands = io
        .err()
        .split('\n')
        .filter((line) => line.trimStart().startsWith('::'));
      assert.equal(commands.length, 1, io.err());
      assert.match(commands[0] ?? '', /^::error file=a%2Cline=9%3A%3Ax \\u\{3a\}%3Astop-commands[^:,]*,line=2,title=/);
    });
  });

  it('hands SARIF in for the head of the pull request', async () => {
    await withGithub({}, async (github) => {
      const job = new Job();

      const { io } = await job.run(github, { ...(await job.report(sampleReport())), sarif: true, comment: false, check: false });

      const [{ body } = { body: '' }] = github.asked;
      const { ref, commit_sha, sarif } = JSON.parse(body);
      const log = JSON.parse(gunzipSync(Buffer.from(sarif, 'base64')).toString('utf8'));
      assert.deepEqual([ref, commit_sha], ['refs/pull/7/head', job.repo.git('rev-parse', 'change')]);
      assert.equal(log.version, '2.1.0');
      assert.match(io.err(), /SARIF: handed in to code scanning/);
      assert.equal(github.asked.length, 1);
    });
  });

  it('is told a pull request by hand, and asks GitHub what it is made of', async () => {
    const job = new Job();
    const head = job.repo.git('rev-parse', 'change');
    const repo = { full_name: 'harbour/shop' };
    await withGithub({ pull: { number: 7, head: { sha: head, repo }, base: { sha: job.base, repo } } }, async (github) => {
      const io = testIo(tempDir(), { env: { GITHUB_API_URL: github.url, GITHUB_TOKEN: 'ghs_x' } });
      const options = { ...DEFAULTS, ...(await job.report(leakReport(1))), repo: 'harbour/shop', pull: '7' };

      const code = await prCommand(io, options, { second: 5 });

      assert.equal(code, 1);
      assert.equal(github.calls()[0], 'GET /repos/harbour/shop/pulls/7');
      assert.equal(github.checkRuns[0]?.head_sha, head);
      assert.equal(github.comments.length, 1);
    });
  });

  it('says what is missing: the event, the history, a report that is one', async () => {
    await withGithub({}, async (github) => {
      const job = new Job();
      job.repo.write('a.txt', 'a\n');
      job.repo.commit('a');
      const shallow = tempDir();
      git(shallow, ['clone', '-q', '--depth', '1', `file://${job.repo.path}`, '.']);
      const broken = join(tempDir(), 'broken.json');
      writeFileSync(broken, '{"schemaVersion":"2.0"}');

      await assert.rejects(job.run(github, {}, { GITHUB_EVENT_PATH: '' }), /There is no pull request here/);
      await assert.rejects(
        job.run(github, {}, { GITHUB_API_URL: 'http://github.harbour.example' }),
        /GITHUB_API_URL is no https address/,
      );
      await assert.rejects(
        job.run(github, {}, { GITHUB_API_URL: 'https://:hidden-word@github.harbour.example' }),
        (error: Error) => /is no https address/.test(error.message) && !error.message.includes('hidden-word'),
      );
      await assert.rejects(job.run(github, { repo: 'harbour' }), /--repo and --pull name a pull request together/);
      await assert.rejects(
        job.run(github, { report: broken }),
        /is no JSON report of nhi-audit: schemaVersion: a report of version 1/,
      );
      job.repo = openTempRepo(shallow);
      await assert.rejects(job.run(github), /does not hold the history/);
      assert.equal(github.asked.length, 0);
    });
  });
});
