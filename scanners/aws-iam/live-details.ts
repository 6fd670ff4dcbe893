import type { Answers } from './answers.ts';
import { addPage } from './authorization-details.ts';
import type { Failure } from './failure.ts';
import { accountIn } from './live-keys.ts';
import { noteFailure, type Session } from './session.ts';

export interface FetchedDetails {
  readonly pages: number;
  readonly failure: Failure | undefined;
}

/** All pages; what was read before a failure stands. */
export async function fetchDetails(session: Session, answers: Answers): Promise<FetchedDetails> {
  const { context } = session;
  const { details } = answers;
  context.progress.phase('AWS IAM: users, roles, policies');
  let pages = 0;
  if (session.fatal !== undefined) return { pages, failure: session.fatal };
  let failure: Failure | undefined;
  try {
    for await (const page of session.api.authorizationDetails()) {
      addPage(details, page);
      pages++;
      context.progress.advance(1);
    }
  } catch (error) {
    failure = noteFailure(session, error, 'iam:GetAccountAuthorizationDetails');
  }
  const arn = details.roles.keys().next().value ?? details.users.keys().next().value;
  if (arn !== undefined) session.account ??= accountIn(arn);
  return { pages, failure };
}
