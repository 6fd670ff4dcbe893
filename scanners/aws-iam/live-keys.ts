import type { Observation, ObservationKind } from '../../src/contracts/index.ts';
import { problemText } from '../../src/formats/answer.ts';
import { inParallel } from '../../src/live/index.ts';
import { accessKeyRow, KeyRing } from './access-keys.ts';
import type { Details } from './authorization-details.ts';
import type { ReportRow } from './credential-report.ts';
import type { Failure } from './failure.ts';
import { AccessKeyLastUsed, AccessKeyMetadata } from './schema.ts';
import { blocked, coverage, GIVE_UP_AFTER, noteFailure, type Session, WIDTH } from './session.ts';

export interface NamedUser {
  readonly name: string;
  readonly account: string | undefined;
  readonly arn: string | undefined;
}

/** Names from the details, else from the report, else by a call of its own. */
export async function usersOf(session: Session, details: Details, rows: readonly ReportRow[]): Promise<NamedUser[] | Failure> {
  if (details.users.size > 0) return [...details.users.values()].map(({ name, arn }) => ({ name, arn, account: accountIn(arn) }));
  const reported = rows.filter((row) => row.arn.includes(':user/'));
  if (reported.length > 0) return reported.map(({ arn, user }) => ({ name: user, arn, account: accountIn(arn) }));
  if (session.fatal !== undefined) return session.fatal;
  try {
    const users: NamedUser[] = [];
    for await (const name of session.api.userNames()) users.push({ name, account: undefined, arn: undefined });
    return users;
  } catch (error) {
    return noteFailure(session, error, 'iam:ListUsers');
  }
}

/** Yields the keys; returns the ARNs of users whose keys, with their last use, are known in full. */
export async function* scanKeys(
  session: Session,
  users: NamedUser[] | Failure,
): AsyncGenerator<Observation, ReadonlySet<string>> {
  const covers: readonly ObservationKind[] = ['credential'];
  const whole = new Set<string>();
  if (!Array.isArray(users)) {
    yield coverage(session, 'access keys', covers, { outcome: users.outcome, why: [users.why] });
    return whole;
  }
  if (session.fatal !== undefined) {
    yield blocked(session, 'access keys', covers);
    return whole;
  }
  session.context.progress.phase('AWS IAM: access keys', users.length);
  const reader = new KeyReader(session);
  const found = await inParallel(users, WIDTH, (user) => reader.read(user));
  for (const [index, result] of found.entries()) {
    const user = users[index];
    if (user === undefined || result === undefined) continue;
    for (const key of result.keys) yield accessKeyRow(key, session.at, () => user.account ?? session.account);
    if (result.whole && user.arn !== undefined) whole.add(user.arn);
  }
  yield* reader.coverage(users.length);
  return whole;
}

/** Lists one user's keys and asks for their last use, and remembers what failed over all users. */
class KeyReader {
  readonly #session: Session;
  readonly #problems: string[] = [];
  #listed = 0;
  #listDenied = 0;
  #usedRead = 0;
  #usedDenied = 0;
  #listFailure: Failure | undefined;
  #usedFailure: Failure | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  async read(user: NamedUser): Promise<{ readonly keys: KeyRing; readonly whole: boolean } | undefined> {
    const { api, context, fatal } = this.#session;
    if (fatal !== undefined || (this.#listed === 0 && this.#listDenied >= GIVE_UP_AFTER)) return undefined;
    const keys = new KeyRing();
    try {
      for (const raw of await api.accessKeys(user.name)) {
        const key = AccessKeyMetadata.safeParse(raw);
        if (key.success) keys.list(key.data);
        else this.#problems.push(problemText(`AccessKeyMetadata of ${user.name}`, key.error));
      }
      this.#listed++;
    } catch (error) {
      this.#listFailure = noteFailure(this.#session, error, 'iam:ListAccessKeys');
      this.#listDenied++;
      return undefined;
    } finally {
      context.progress.advance(1);
    }
    let whole = true;
    for (const key of keys) if (!(await this.#lastUse(keys, key.id))) whole = false;
    return { keys, whole };
  }

  async #lastUse(keys: KeyRing, id: string): Promise<boolean> {
    if (this.#session.fatal !== undefined || (this.#usedRead === 0 && this.#usedDenied >= GIVE_UP_AFTER)) return false;
    try {
      const used = AccessKeyLastUsed.safeParse(await this.#session.api.keyLastUsed(id));
      if (used.success) keys.used(id, used.data);
      else this.#problems.push(problemText(`AccessKeyLastUsed of ${id}`, used.error));
      this.#usedRead++;
      return used.success;
    } catch (error) {
      this.#usedFailure = noteFailure(this.#session, error, 'iam:GetAccessKeyLastUsed');
      this.#usedDenied++;
      return false;
    }
  }

  *coverage(users: number): Generator<Observation> {
    const session = this.#session;
    const why = [...this.#problems];
    if (this.#listFailure !== undefined) {
      why.unshift(`keys of ${users - this.#listed} of ${users} users were not read: ${this.#listFailure.why}`);
    }
    const nothing = this.#listFailure !== undefined && this.#listed === 0;
    yield coverage(session, 'access keys', ['credential'], {
      outcome: nothing ? (this.#listFailure?.outcome ?? 'denied') : why.length > 0 ? 'partial' : 'complete',
      why,
      seen: users,
      failed: users - this.#listed,
    });
    if (nothing) return;
    const failure = this.#usedFailure;
    yield coverage(session, 'last use of access keys', ['credential'], {
      outcome: failure === undefined ? 'complete' : this.#usedRead === 0 ? failure.outcome : 'partial',
      why: failure === undefined ? [] : [failure.why],
      seen: this.#usedRead + this.#usedDenied,
      failed: this.#usedDenied,
    });
  }
}

export function accountIn(arn: string): string | undefined {
  return arn.split(':')[4];
}
