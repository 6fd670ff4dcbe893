import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError, messageOf } from '../util/errors.ts';

/** The pull request that a job or a user names. */
export interface Pull {
  readonly owner: string;
  readonly repo: string;
  readonly number: number;
  /** Commits: what is proposed, and the tip of what it is proposed to. */
  readonly head: string;
  readonly base: string;
  /** From another repository: its job gets a token that may only read. */
  readonly isFork: boolean;
}

const sha = z.string().regex(/^[0-9a-f]{40,64}$/);
const FullName = z.string().regex(/^[\w.-]+\/[\w.-]+$/);
const Repository = z.object({ full_name: FullName }).nullish();

/** The part of GitHub's answer and of the event that both have in common. */
const PullRequest = z
  .object({
    number: z.int().positive(),
    head: z.object({ sha, repo: Repository }),
    base: z.object({ sha, repo: z.object({ full_name: FullName }) }),
  })
  .transform(({ number, head, base }): Pull => {
    const [owner = '', repo = ''] = base.repo.full_name.split('/');
    const isFork = head.repo?.full_name.toLowerCase() !== base.repo.full_name.toLowerCase();
    return { owner, repo, number, head: head.sha, base: base.sha, isFork };
  });

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request */
const Event = z.object({ pull_request: PullRequest.nullish() });

const BY_HAND = 'Run it in a workflow on: pull_request, or name one: nhi-audit pr --repo OWNER/REPO --pull NUMBER';

/** The pull request of the job that runs. Throws `ConfigError` where there is none. */
export function pullOfEvent(env: { readonly [name: string]: string | undefined }): Pull {
  const file = env.GITHUB_EVENT_PATH ?? '';
  if (file === '') {
    throw new ConfigError('There is no pull request here: GITHUB_EVENT_PATH is not set', { code: 'PULL', hint: BY_HAND });
  }
  let event: unknown;
  try {
    event = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(`The event of the job (${file}) cannot be read: ${messageOf(error)}`, {
      code: 'PULL',
      hint: BY_HAND,
      cause: error,
    });
  }
  const parsed = Event.safeParse(event);
  if (parsed.success && parsed.data.pull_request != null) return parsed.data.pull_request;
  const name = env.GITHUB_EVENT_NAME ?? 'this';
  throw new ConfigError(`The event "${name}" is about no pull request`, { code: 'PULL', hint: BY_HAND });
}

/** `OWNER/REPO` and a number, as typed. */
export function pullNamed(repository: string | undefined, number: string | undefined): Pick<Pull, 'owner' | 'repo' | 'number'> {
  const [owner, repo] = /^[\w.-]+\/[\w.-]+$/.test(repository ?? '') ? (repository ?? '').split('/') : [];
  if (owner === undefined || repo === undefined || !/^[1-9]\d{0,8}$/.test(number ?? '')) {
    throw new ConfigError('--repo and --pull name a pull request together', {
      code: 'USAGE',
      hint: 'For example: nhi-audit pr --repo harbour/shop --pull 12',
    });
  }
  return { owner, repo, number: Number(number) };
}

/** GitHub's answer about a pull request. */
export function readPull(answer: unknown): Pull | undefined {
  const parsed = PullRequest.safeParse(answer);
  return parsed.success ? parsed.data : undefined;
}
