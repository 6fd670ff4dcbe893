import type { Observation } from '../../src/contracts/index.ts';
import { problemText } from '../../src/formats/answer.ts';
import type { Answers } from './answers.ts';
import { isServiceLinked } from './estate.ts';
import { ServiceLastAccessed } from './last-accessed.ts';
import type { FetchedDetails } from './live-details.ts';
import { askEach, blocked, coverage, type Session } from './session.ts';

/** Each principal is a job of AWS that takes a second: more are asked for by `NHI_AUDIT_AWS_LAST_ACCESSED`. */
const MOST = 500;
const YOUNG_DAYS = 90;
const DAY_MS = 86_400_000;

/** What each principal used of what it may. The young are left out: nothing could be said of them. */
export async function* scanLastAccessed(
  session: Session,
  answers: Answers,
  { pages, failure: unread }: FetchedDetails,
): AsyncGenerator<Observation> {
  const { context } = session;
  const what = 'service last accessed';
  if (session.fatal !== undefined) {
    yield blocked(session, what, ['usage']);
    return;
  }
  if (pages === 0 && unread !== undefined) {
    yield coverage(session, what, ['usage'], { outcome: unread.outcome, why: [`whom to ask about is not known: ${unread.why}`] });
    return;
  }
  const most = Number(context.env.NHI_AUDIT_AWS_LAST_ACCESSED ?? MOST);
  const wanted = principals(answers, context.now());
  const asked = wanted.slice(0, Number.isFinite(most) ? Math.max(0, most) : MOST);
  const problems: string[] = [];
  const { read, failure } = await askEach(session, {
    title: 'AWS IAM: last use of services',
    right: 'iam:GenerateServiceLastAccessedDetails and iam:GetServiceLastAccessedDetails',
    items: asked,
    ask: async (arn) => {
      const answer = ServiceLastAccessed.safeParse(await session.api.lastAccessed(arn));
      if (answer.success) answers.lastAccessed.set(arn, answer.data);
      else problems.push(problemText(`last access of ${arn}`, answer.error));
    },
  });
  const why = failure === undefined ? problems : [failure.why, ...problems];
  if (asked.length < wanted.length) {
    why.push(
      `${wanted.length - asked.length} of ${wanted.length} principals were not asked about: set NHI_AUDIT_AWS_LAST_ACCESSED to more`,
    );
  }
  yield coverage(session, what, ['usage'], {
    outcome: failure !== undefined && read === 0 ? failure.outcome : why.length === 0 ? 'complete' : 'partial',
    why,
    seen: wanted.length,
    failed: wanted.length - read,
  });
}

function principals({ details }: Answers, now: Date): string[] {
  const before = new Date(now.getTime() - YOUNG_DAYS * DAY_MS).toISOString();
  const isGrown = (createdAt: string | undefined) => createdAt === undefined || createdAt < before;
  const users = [...details.users.values()].filter((user) => isGrown(user.createdAt));
  const roles = [...details.roles.values()].filter(
    (role) => isGrown(role.createdAt) && !isServiceLinked(role.path) && !role.path.startsWith('/aws-reserved/'),
  );
  // Of a role that was never used nothing more is to be learnt: users first, then by how lately.
  roles.sort((one, other) => (other.lastUsedAt ?? '').localeCompare(one.lastUsedAt ?? ''));
  return [...users, ...roles].map((one) => one.arn);
}
