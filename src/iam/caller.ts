import { isKnownAction } from './actions.ts';
import type { RequestContext } from './condition.ts';
import { statementsOn } from './covers.ts';
import { commonText, compilePattern } from './pattern.ts';
import type { Subject } from './subject.ts';

/**
 * Keys that follow from who calls, and those that the caller chooses (it can always speak TLS, and calls by itself).
 * A role's session has a name of its own, and may have tags.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function knownContext(subject: Subject): RequestContext {
  return (key) => {
    if (key.startsWith('aws:principaltag/')) return tagOf(subject, key.slice('aws:principaltag/'.length));
    switch (key) {
      case 'aws:principalarn':
        return [subject.arn];
      case 'aws:principalaccount':
        return [subject.account];
      case 'aws:principaltype':
        return [subject.type === 'user' ? 'User' : 'AssumedRole'];
      case 'aws:username':
        return subject.type === 'user' ? [subject.name] : null;
      case 'aws:userid':
        return subject.type === 'user' && subject.uniqueId !== undefined ? [subject.uniqueId] : undefined;
      case 'aws:principalorgid':
        return typeof subject.organisation === 'string' ? [subject.organisation] : subject.organisation;
      case 'aws:principalorgpaths':
        return subject.organisation === null ? null : undefined;
      // Of a service that calls by itself.
      case 'aws:principalservicename':
      case 'aws:principalservicenameslist':
        return null;
      case 'aws:multifactorauthpresent':
        // Credentials of AssumeRole do not carry that somebody gave a second factor.
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
        return subject.type === 'role' ? ['false'] : undefined;
      case 'aws:multifactorauthage':
        return subject.type === 'role' ? null : undefined;
      case 'aws:principalisawsservice':
      case 'aws:viaawsservice':
        return ['false'];
      case 'aws:securetransport':
        return ['true'];
      default:
        return undefined;
    }
  };
}

/** What is known of a value that is not known in full, as a pattern. */
export function knownShape({ type, uniqueId, organisation }: Subject): (key: string) => string | undefined {
  return (key) => {
    // The rest is the name of the session, which whoever takes the role chooses.
    if (key === 'aws:userid') return type === 'role' && uniqueId !== undefined ? `${uniqueId}:*` : undefined;
    // The rest is the root and the units above the account.
    if (key === 'aws:principalorgpaths') return typeof organisation === 'string' ? `${organisation}/*` : undefined;
    return undefined;
  };
}

/** Does any of its policies allow an action of the service? Of one that is not in the catalogue nobody knows how its actions are called. */
export function mentionsService({ policies }: Subject, service: string): boolean {
  if (isKnownAction(`${service}:*`) !== true) return true;
  const all = compilePattern(`${service}:*`);
  return policies.some(({ document }) =>
    document.statements.some(({ effect, actions }) => {
      const isOfService = (action: string): boolean => commonText(compilePattern(action.toLowerCase()), all) !== undefined;
      return effect === 'allow' && (actions === undefined || actions.some(isOfService));
    }),
  );
}

/** Tag keys are compared without case in conditions. */
function tagOf(subject: Subject, wanted: string): readonly string[] | null | undefined {
  for (const [key, value] of Object.entries(subject.tags)) if (key.toLowerCase() === wanted) return [value];
  return takesTags(subject) ? undefined : null;
}

/**
 * Whoever takes the role may choose tags of the session where its trust admits `sts:TagSession`; of a trust that was not
 * read nobody knows.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 */
export function takesTags({ type, trust, tagsOpen }: Subject): boolean {
  if (tagsOpen === true) return true;
  if (type === 'user') return false;
  return trust === undefined || statementsOn(trust, 'sts:TagSession').some(({ effect }) => effect === 'allow');
}
