import { z } from 'zod';
import { commentMark } from '../util/comment-marks.ts';
import type { Api } from './api.ts';
import type { Pull } from './event.ts';
import { statusOf } from './refusal.ts';

const Comment = z.object({
  id: z.number(),
  body: z.string().nullish(),
  user: z.object({ login: z.string(), type: z.string() }).nullish(),
});

export interface OwnComment {
  readonly id: number;
  readonly body: string;
}

/** Who the comments of a job's own token are from. */
const ACTIONS = 'github-actions[bot]';

/** Who the token writes as. A token of an app cannot ask for its own name: https://docs.github.com/en/rest/users/users#get-the-authenticated-user */
export async function ownLogin({ octokit, isInstallation }: Api, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  if (isInstallation) return ACTIONS;
  try {
    const { data } = await octokit.rest.users.getAuthenticated();
    return data.login;
  } catch (error) {
    if (statusOf(error) !== 403) throw error;
    return ACTIONS;
  }
}

/**
 * The comment of an earlier push. Whoever may comment can write its mark: only what the token's own author wrote is edited,
 * and believed.
 */
export async function findComment({ octokit }: Api, pull: Pull, name: string, login: string): Promise<OwnComment | undefined> {
  const mark = commentMark(name);
  const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, {
    ...addressOf(pull),
    issue_number: pull.number,
    per_page: 100,
  });
  for await (const { data } of pages) {
    for (const row of data) {
      const { success, data: comment } = Comment.safeParse(row);
      if (!success || comment.body?.startsWith(mark) !== true) continue;
      const isOurs = comment.user?.login.toLowerCase() === login.toLowerCase();
      const isKind = !login.endsWith('[bot]') || comment.user?.type === 'Bot';
      if (isOurs && isKind) return { id: comment.id, body: comment.body };
    }
  }
  return undefined;
}

/** Edits the comment where it is, or makes it. Gives its address. `again` looks for it once more. */
export async function writeComment(
  api: Api,
  pull: Pull,
  body: string,
  before: OwnComment | undefined,
  again: () => Promise<OwnComment | undefined>,
): Promise<{ readonly url: string; readonly isNew: boolean }> {
  if (before !== undefined) {
    const url = await editComment(api, pull, body, before);
    if (url !== undefined) return { url, isNew: false };
  }
  const comment = { ...addressOf(pull), issue_number: pull.number, body };
  try {
    const { data } = await api.octokit.rest.issues.createComment({ ...comment, request: { retries: 0 } });
    return { url: data.html_url, isNew: true };
  } catch (error) {
    if ((statusOf(error) ?? 0) < 500) throw error;
    // An answer that failed says not that nothing was made: a second try would leave two.
    const made = await again();
    const url = made === undefined ? undefined : await editComment(api, pull, body, made);
    if (url !== undefined) return { url, isNew: true };
    const { data } = await api.octokit.rest.issues.createComment(comment);
    return { url: data.html_url, isNew: true };
  }
}

/** `undefined`: somebody took it away meanwhile. */
async function editComment({ octokit }: Api, pull: Pull, body: string, { id }: OwnComment): Promise<string | undefined> {
  try {
    const { data } = await octokit.rest.issues.updateComment({ ...addressOf(pull), comment_id: id, body });
    return data.html_url;
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    return undefined;
  }
}

export function addressOf({ owner, repo }: Pick<Pull, 'owner' | 'repo'>): { owner: string; repo: string } {
  return { owner, repo };
}
