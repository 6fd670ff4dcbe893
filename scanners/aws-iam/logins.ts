import { awsAccountOf } from '../../src/iam/index.ts';
import type { Answers } from './answers.ts';
import { type ReportRow, reportRows } from './credential-report.ts';

/** What a user has to sign in with: one with a password is given no first one, one with two keys no third. */
export interface Login {
  readonly hasPassword?: boolean;
  readonly accessKeys?: number;
}

/** By ARN, as credential reports have it. */
type Logins = ReadonlyMap<string, Login>;

const kept = new WeakMap<Answers, Logins>();

/** Those of the credential reports among the answers; read once. */
export function reportedLogins(answers: Answers): Logins {
  let logins = kept.get(answers);
  if (logins === undefined) {
    const found = new Map<string, Login>();
    for (const text of answers.reports) for (const row of reportRows(text, [])) found.set(row.arn, loginOf(row));
    logins = found;
    kept.set(answers, logins);
  }
  return logins;
}

function loginOf({ cell }: ReportRow): Login {
  const password = cell('password_enabled')?.toLowerCase();
  const slots = [1, 2].filter((slot) => {
    // A key that was switched off takes its place all the same.
    return cell(`access_key_${slot}_active`)?.toLowerCase() === 'true' || cell(`access_key_${slot}_last_rotated`) !== undefined;
  });
  const isTold = cell('access_key_1_active') !== undefined && cell('access_key_2_active') !== undefined;
  return {
    ...(password === 'true' || password === 'false' ? { hasPassword: password === 'true' } : {}),
    ...(isTold ? { accessKeys: slots.length } : {}),
  };
}

/**
 * What each user signs in with. The first answers that speak of a user count: its own, then the newest. Where no report
 * does, the keys that are listed are counted.
 */
export function mergeLogins(all: readonly Answers[], users: Iterable<{ readonly arn: string; readonly name: string }>): Logins {
  const found = new Map<string, Login>();
  for (const answers of all) for (const [arn, login] of reportedLogins(answers)) if (!found.has(arn)) found.set(arn, login);
  const listed = listedKeys(all);
  if (listed.size === 0) return found;
  for (const { arn, name } of users) {
    const accessKeys = listed.get(`${arn.split(':')[4]}/${name}`)?.size;
    const known = found.get(arn);
    if (accessKeys !== undefined && known?.accessKeys === undefined) found.set(arn, { ...known, accessKeys });
  }
  return found;
}

/** Lists name users without their account: the ids of keys tell it, but for old ones. */
function listedKeys(all: readonly Answers[]): Map<string, Set<string>> {
  const listed = new Map<string, Set<string>>();
  for (const { keys } of all) {
    for (const { id, user, status } of keys) {
      const account = awsAccountOf(id);
      if (user === undefined || status === undefined || account === undefined) continue;
      const name = `${account}/${user}`;
      listed.set(name, (listed.get(name) ?? new Set()).add(id));
    }
  }
  return listed;
}
