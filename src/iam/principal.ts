import { identityIdFromArn } from '../contracts/index.ts';
import type { Principal, Statement } from './document.ts';
import { FALSE, type Judgement, TRUE, unknown, when } from './judgement.ts';
import type { Subject } from './subject.ts';

/**
 * How a resource's policy names a caller: itself (the user, the session of a role, everybody), the role that the session
 * is of, or its account, which then decides by its own policies.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export type Naming = 'itself' | 'role' | 'account';

export interface Named {
  readonly judgement: Judgement;
  readonly how: Naming;
}

const NOBODY: Named = { judgement: FALSE, how: 'account' };

export function judgePrincipal(statement: Statement, subject: Subject): Named {
  if (statement.principals !== undefined) {
    const listed = namingsOf(statement.principals, subject);
    const how = closest(listed);
    if (how === undefined) return NOBODY;
    // Whoever takes the role chooses the name of the session: one that is let in it can have, one that is not it may avoid.
    const isHit = statement.effect === 'allow' || [...listed.values()].includes('in any case');
    return { judgement: isHit ? TRUE : BY_NAME, how };
  }
  if (statement.notPrincipals === undefined) return NOBODY;
  return { judgement: judgeExcept(statement, namingsOf(statement.notPrincipals, subject), subject), how: 'itself' };
}

const BY_NAME = unknown('the name of the session');

/**
 * A Deny with NotPrincipal spares a caller that is listed together with its account; listed alone, it hangs on the
 * service whether the account is refused. It hits everybody who has a permissions boundary.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
function judgeExcept(statement: Statement, listed: Listed, subject: Subject): Judgement {
  if (statement.effect === 'allow') return when(listed.size === 0);
  if (listed.size === 0 || subject.limits.some(({ kind = 'boundary' }) => kind === 'boundary')) return TRUE;
  const isNamed = listed.has('itself') || listed.has('role');
  return isNamed && listed.has('account') ? FALSE : unknown('NotPrincipal');
}

/** A session is named only where it has that name. */
type Listed = ReadonlyMap<Naming, 'in any case' | 'by its name'>;

function namingsOf(principals: readonly Principal[], subject: Subject): Listed {
  const found = new Map<Naming, 'in any case' | 'by its name'>();
  for (const { type, value } of principals) {
    if (type !== 'AWS' && type !== '*') continue;
    if (value === '*') {
      found.set('itself', 'in any case').set('account', 'in any case');
      continue;
    }
    const how = namingOf(value, subject);
    if (how === 'session') found.set('itself', found.get('itself') ?? 'by its name');
    else if (how !== undefined) found.set(how, 'in any case');
  }
  return found;
}

function closest(found: Listed): Naming | undefined {
  for (const how of ['itself', 'role', 'account'] as const) if (found.has(how)) return how;
  return undefined;
}

/** Wildcards within a principal mean nothing: it is named in full or not at all. No session is called `*`. */
function namingOf(value: string, subject: Subject): Naming | 'session' | undefined {
  if (value === subject.account || value === `arn:${subject.partition}:iam::${subject.account}:root`) return 'account';
  if (subject.type === 'user') return value === subject.arn ? 'itself' : undefined;
  if (value === subject.arn) return 'role';
  if (identityIdFromArn(value) !== identityIdFromArn(subject.arn)) return undefined;
  if (/^arn:[^:]+:sts::\d+:assumed-role\/.+\/[\w+=,.@-]+$/.test(value)) return 'session';
  return value.includes(':assumed-role/') ? undefined : 'role';
}
