import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { json } from '../../reporters/json/index.ts';
import { type PrOptions, prCommand } from '../../src/commands/pr.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { expandExample } from '../../src/detect/examples.ts';
import { assertWell, type FakeGithub, type FakeOptions, fakeGithub } from './github-api.ts';
import { type TestIo, testIo } from './io.ts';
import { renderText } from './report.ts';
import { SCAN_OPTIONS } from './scan-options.ts';
import { type TempRepo, tempDir, tempRepo } from './temp-repo.ts';

/** A key that is found, told apart by its name. */
export const key = (name: string): string => expandExample('{{ghcrc:ghp_}}', name).text;

const { failOn: _, ...SCAN } = SCAN_OPTIONS;

export const DEFAULTS: PrOptions = {
  ...SCAN,
  format: 'terminal',
  name: 'nhi-audit',
  comment: true,
  check: true,
  quiet: true,
};

/** A repository with a branch of a pull request, and the job that would run for it. */
export class Job {
  repo: TempRepo = tempRepo();
  base: string;
  readonly #home = tempDir();
  summary = join(this.#home, 'summary.md');
  fork = false;
  /** Where in it the job runs. */
  directory = '.';

  constructor() {
    this.repo.write('README.md', '# Shop\n');
    this.base = this.repo.commit('begin');
    this.repo.git('checkout', '-q', '-b', 'change');
  }

  /** What is there before the change. */
  before(files: { readonly [path: string]: string }): void {
    this.repo.git('reset', '-q', '--hard', this.base);
    for (const [path, text] of Object.entries(files)) this.repo.write(path, text);
    this.base = this.repo.commit('before');
  }

  /** What the change brings, in a commit. */
  change(files: { readonly [path: string]: string }): void {
    for (const [path, text] of Object.entries(files)) this.repo.write(path, text);
    this.repo.commit('change');
  }

  /** The options for a report already made: nothing is scanned. */
  async report(report: Report): Promise<Partial<PrOptions>> {
    const file = join(this.#home, 'report.json');
    writeFileSync(file, await renderText(json, report));
    return { report: file };
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
    const io = testIo(join(this.repo.path, this.directory), {
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

export async function withGithub(options: FakeOptions, use: (github: FakeGithub) => Promise<void>): Promise<void> {
  await using github = await fakeGithub(options);
  await use(github);
  assertWell(github);
}
