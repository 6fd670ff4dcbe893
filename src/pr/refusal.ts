import { z } from 'zod';
import { isUnreachable, networkCode } from '../live/failure.ts';
import { messageOf } from '../util/errors.ts';
import { clip, printable } from '../util/sanitize.ts';
import type { Pull } from './event.ts';

/** What `@octokit/request-error` throws, as far as it is read here. */
const Refused = z.object({
  status: z.number(),
  message: z.string().catch(''),
  response: z.object({ headers: z.record(z.string(), z.unknown()).catch({}) }).optional(),
});

export function statusOf(error: unknown): number | undefined {
  const refused = Refused.safeParse(error);
  return refused.success && !isUnreachable(error) ? refused.data.status : undefined;
}

/** Why a call gave nothing and what to do, in a clause. `right` is what the job's `permissions` lack, if it is that. */
export function whyRefused(error: unknown, { right, pull }: { readonly right: string; readonly pull: Pull }): string {
  if (isUnreachable(error)) return `GitHub cannot be reached (${networkCode(error)})`;
  const refused = Refused.safeParse(error);
  if (!refused.success) return `the call failed (${said(messageOf(error))})`;
  const { status, message, response } = refused.data;
  if (status === 401) return 'GitHub does not accept the token (HTTP 401): is it expired?';
  if (status === 429 || (status === 403 && /rate limit/i.test(message))) return `GitHub asks for a longer rest (HTTP ${status})`;
  if (status === 403 || status === 404) {
    const accepted = response?.headers['x-accepted-github-permissions'];
    const wants = typeof accepted === 'string' && accepted !== '' ? `; GitHub asks for ${said(accepted)}` : '';
    return pull.isFork
      ? `the token may not (HTTP ${status}), for the pull request comes from a fork and its job may only read: that is as it should be${wants}`
      : `the token may not (HTTP ${status}): give the job "permissions: ${right}"${wants}`;
  }
  return `GitHub answers HTTP ${status}${message === '' ? '' : ` (${said(message)})`}`;
}

function said(text: string): string {
  return clip(printable(text), 160);
}
