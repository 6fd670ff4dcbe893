import { type Caller, combinations, type Door, fitting, judgeAny, testsOf, textsLike, valuesFor } from './admission.ts';
import type { RequestContext } from './condition.ts';
import type { ConditionTest } from './document.ts';
import { type Judgement, TRUE, unknown } from './judgement.ts';
import { FRESH } from './pattern.ts';

/** Who stands before the door, as far as that is settled. */
export interface Outsider {
  /**
   * `stranger`: of an account of his own, with nobody else's help; `customer`: of an account that the trust names, without an
   * agreed external id; `colleague`: of the role's account, of which nothing else is known.
   */
  readonly kind: 'stranger' | 'customer' | 'colleague';
  readonly account: string;
  /** ARN of the role or user, where the trust names one. */
  readonly arn?: string;
  readonly partition: string;
  /** Of the role's account; `null`: none. */
  readonly organisation: string | null | undefined;
  readonly roleAccount: string;
}

type Choice = Caller['given'] & { readonly value: readonly string[] | null | undefined };

function choice(value: string | null, given: Judgement = TRUE): Choice {
  return { ...given, value: value === null ? null : [value] };
}

/**
 * What a caller of an account of its own fills in as it likes: names, tags, sessions. Where it calls from it does not choose; nor
 * does it have a service that speaks for a source.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
const CHOSEN = new RegExp(
  [
    '^aws:(?:principaltag/.+|requesttag/.+|tagkeys|useragent|referer|requestedregion)$',
    '^sts:(?:rolesessionname|sourceidentity|durationseconds|transitivetagkeys|requestcontext/.+|requestcontextproviders)$',
  ].join('|'),
);

/** An organisation of the caller's own, and one of the role's where that is not told. */
const ORGANISATION = 'o-nhi0probe0';
const OWN_ORGANISATION = 'o-nhi0owner0';

/** Does the door let in any such caller, at its freest? */
export function judgeOutsider(door: Door, outsider: Outsider): Judgement {
  return judgeAny(door, callersOf(outsider, door));
}

function* callersOf(outsider: Outsider, door: Door): Generator<Caller> {
  const tests = testsOf(door);
  for (const type of ['role', 'user'] as const) {
    if (outsider.arn !== undefined && outsider.arn.includes(':user/') !== (type === 'user')) continue;
    const choices = new Map<string, Choice[]>();
    for (const [key, mine] of tests) {
      const found = choicesOf(key, mine, outsider, type);
      if (found !== undefined)
        choices.set(
          key,
          fitting(door, key, found, ({ value }) => value),
        );
    }
    const fixed = fixedContext(outsider, type);
    for (const chosen of combinations(choices)) {
      const context: RequestContext = (key) => {
        const one = chosen.get(key);
        return one === undefined ? fixed(key) : one.value;
      };
      const open = [...chosen.values()].flatMap(({ truth, keys }) => (truth === 'unknown' ? keys : []));
      yield { context, given: open.length === 0 ? TRUE : unknown(...open) };
    }
  }
}

function choicesOf(
  key: string,
  tests: readonly ConditionTest[],
  { kind, account, arn, partition }: Outsider,
  type: 'role' | 'user',
): Choice[] | undefined {
  const named = (prefix: string): Choice[] => [prefix + FRESH, ...textsLike(tests, `${prefix}*`)].map((text) => choice(text));
  if (key === 'sts:externalid') {
    const values = valuesFor(tests);
    const isOwn = (value: string | null): boolean => value === null || value.includes(FRESH);
    // The agreed one is a password that the stranger may have heard of.
    if (kind === 'customer') return values.filter(isOwn).map((value) => choice(value));
    return values.map((value) => choice(value, isOwn(value) ? TRUE : unknown('sts:ExternalId')));
  }
  if (kind === 'colleague') {
    if (key === 'aws:principalarn') return [choice(`arn:${partition}:iam::${account}:${type}/${FRESH}`)];
    return key === 'aws:username' ? [choice(type === 'role' ? null : FRESH)] : undefined;
  }
  if (key === 'aws:principalarn') {
    return arn === undefined ? named(`arn:${partition}:iam::${account}:${type}/`) : [choice(arn)];
  }
  if (key === 'aws:userid') return type === 'role' ? named('AROA0NHI0PROBE000000:') : [choice('AIDA0NHI0PROBE000000')];
  if (key === 'aws:username') return type === 'role' ? [choice(null)] : named('');
  if (key === 'aws:principalorgid') return [choice(null), choice(ORGANISATION)];
  if (key === 'aws:principalorgpaths') return [choice(null), choice(`${ORGANISATION}/r-nhi0/ou-nhi0-probe000/`)];
  if (key === 'aws:multifactorauthpresent' && type === 'user') return [choice('true'), choice('false')];
  if (key === 'aws:multifactorauthage' && type === 'user') return [choice(null), choice('1')];
  return CHOSEN.test(key) ? valuesFor(tests).map((value) => choice(value)) : undefined;
}

function fixedContext({ kind, account, organisation, roleAccount }: Outsider, type: 'role' | 'user'): RequestContext {
  return (key) => {
    switch (key) {
      case 'aws:principalaccount':
        return [account];
      case 'aws:principaltype':
        return [type === 'user' ? 'User' : 'AssumedRole'];
      case 'aws:principalorgid':
        // A colleague's: the role's own.
        return kind === 'colleague' ? (organisation === null ? null : [organisation ?? OWN_ORGANISATION]) : undefined;
      case 'aws:resourceaccount':
        return [roleAccount];
      case 'aws:resourceorgid':
        return organisation === null ? null : [organisation ?? OWN_ORGANISATION];
      case 'aws:securetransport':
        return ['true'];
      case 'aws:principalisawsservice':
      case 'aws:viaawsservice':
        return ['false'];
      case 'aws:multifactorauthpresent':
        return type === 'role' ? ['false'] : undefined;
      case 'aws:multifactorauthage':
        return type === 'role' ? null : undefined;
      default:
        return /^aws:(?:source(?:arn|account|orgid|orgpaths)|principalservicename(?:slist)?|calledvia(?:first|last)?)$/.test(key)
          ? null
          : undefined;
    }
  };
}

/**
 * Does the door let the service in for something of a stranger's? The service says whose it works for; a thing without an account
 * in its name is a stranger's where its name is left open.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
 */
export function judgeForeignSource(
  door: Door,
  service: string,
  { account, partition, organisation, roleAccount }: Pick<Outsider, 'account' | 'partition' | 'organisation' | 'roleAccount'>,
): Judgement {
  const tests = testsOf(door);
  const choices = new Map<string, (readonly string[] | null)[]>();
  const arns = tests.get('aws:sourcearn');
  if (arns !== undefined) {
    const own = textsLike(arns, `arn:${partition}:*:*:${account}:*`);
    const withoutAccount = textsLike(arns, `arn:${partition}:s3:::*`).filter((text) => text.includes(FRESH));
    const name = service.split('.')[0] ?? service;
    const any = `arn:${partition}:${name}:us-east-1:${account}:${FRESH}`;
    choices.set(
      'aws:sourcearn',
      [any, ...own, ...withoutAccount].map((text) => [text]),
    );
  }
  if (tests.has('aws:sourceorgid')) choices.set('aws:sourceorgid', [null, [ORGANISATION]]);
  if (tests.has('aws:sourceorgpaths')) choices.set('aws:sourceorgpaths', [null, [`${ORGANISATION}/r-nhi0/ou-nhi0-probe000/`]]);
  function* callers(): Generator<Caller> {
    for (const chosen of combinations(choices)) {
      const context: RequestContext = (key) => {
        if (chosen.has(key)) return chosen.get(key);
        switch (key) {
          case 'aws:sourceaccount':
            return [account];
          case 'aws:principalisawsservice':
          case 'aws:securetransport':
            return ['true'];
          case 'aws:principalservicename':
            return [service];
          case 'aws:viaawsservice':
            return ['false'];
          case 'aws:resourceaccount':
            return [roleAccount];
          case 'aws:resourceorgid':
            return organisation === null ? null : [organisation ?? OWN_ORGANISATION];
          case 'sts:externalid':
            // What services hand on of a customer's settings, nobody knows.
            return undefined;
          default:
            return /^aws:principal(?:arn|account|orgid|orgpaths|tag\/.*)$|^aws:(?:userid|username)$/.test(key) ? null : undefined;
        }
      };
      yield { context, given: TRUE };
    }
  }
  return judgeAny(door, callers());
}
