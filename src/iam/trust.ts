import { identityIdFromArn, type Json, type JsonObject, type TrustObservation } from '../contracts/index.ts';
import { judgeCondition, type RequestContext } from './condition.ts';
import { coversAction } from './covers.ts';
import type { ConditionTest, PolicyDocument, Principal, Statement } from './document.ts';
import { and, FALSE, type Judgement, not, or } from './judgement.ts';

/** One way into a role: a principal and, for tokens of an issuer, the subject it must carry. */
export type TrustEntry = Pick<
  TrustObservation,
  'effect' | 'principal' | 'principalType' | 'issuer' | 'subject' | 'audience' | 'condition'
> & {
  readonly statement: Statement;
  readonly detail: JsonObject;
};

/** Subjects of one statement beyond which rows say nothing more. */
const MAX_SUBJECTS = 50;

const ASSUME = ['sts:AssumeRole', 'sts:AssumeRoleWithWebIdentity', 'sts:AssumeRoleWithSAML'] as const;

/** Providers that AWS knows by name, without a registered OIDC provider. */
const WEB_IDENTITY_PROVIDERS = ['cognito-identity.amazonaws.com', 'accounts.google.com', 'graph.facebook.com', 'www.amazon.com'];

/** Who may become the role. Statements that let nobody in (only `sts:TagSession`) give nothing. */
export function readTrust(document: PolicyDocument, account: string): TrustEntry[] {
  const entries: TrustEntry[] = [];
  for (const statement of document.statements) {
    if (!ASSUME.some((action) => coversAction(statement, action))) continue;
    if (statement.notPrincipals !== undefined) {
      const except = statement.notPrincipals.map((principal) => principal.value);
      entries.push(entryOf(statement, { principal: '*', principalType: 'any' }, { notPrincipal: except }));
    }
    for (const principal of statement.principals ?? []) entries.push(...principalEntries(statement, principal, account));
  }
  return entries;
}

/**
 * Does the trust policy let this AWS service (`lambda.amazonaws.com`) take the role for something in that account?
 * A service calls over TLS and for the account that owns the thing; which thing it is, nobody knows beforehand.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
 */
export function judgeServiceAdmission(
  trust: PolicyDocument,
  service: string,
  account: string,
  now: Date,
  context: RequestContext = serviceContext(service, account),
): Judgement {
  let allow = FALSE;
  let deny = FALSE;
  for (const statement of trust.statements) {
    if (!coversAction(statement, 'sts:AssumeRole') || !namesService(statement, service)) continue;
    const held = judgeCondition(statement.tests, { context, variables: undefined, now });
    if (statement.effect === 'allow') allow = or(allow, held);
    else deny = or(deny, held);
  }
  return and(allow, not(deny));
}

/** What is known of any call of a service, for a caller that knows more of it. */
export function serviceContext(service: string, account: string): RequestContext {
  const known: { readonly [key: string]: readonly string[] } = {
    'aws:principalisawsservice': ['true'],
    'aws:principalservicename': [service],
    'aws:securetransport': ['true'],
    'aws:sourceaccount': [account],
  };
  return (key) => (key.startsWith('aws:principaltag/') ? null : known[key]);
}

function namesService({ effect, principals, notPrincipals }: Statement, service: string): boolean {
  const names = (principal: Principal): boolean =>
    principal.value === '*' || (principal.type === 'Service' && sameService(principal.value, service));
  if (principals !== undefined) return principals.some(names);
  return effect === 'deny' && notPrincipals !== undefined && !notPrincipals.some(names);
}

/** Some services are written with the region, or with the suffix of China. */
function sameService(written: string, service: string): boolean {
  return shortService(written) === shortService(service);
}

function shortService(service: string): string {
  return service.toLowerCase().replace(/(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?:\.cn)?$/, '');
}

function principalEntries(statement: Statement, principal: Principal, account: string): TrustEntry[] {
  if (principal.type === 'Service') {
    return [entryOf(statement, { principal: principal.value, principalType: 'service' }, {})];
  }
  if (principal.type === 'Federated') return federatedEntries(statement, principal.value, account);
  if (principal.value === '*') return [entryOf(statement, { principal: '*', principalType: 'any' }, {})];
  if (principal.type === 'AWS') return [awsEntry(statement, principal.value, account)];
  return [entryOf(statement, { principal: principal.value, principalType: 'unknown' }, { principalKind: principal.type })];
}

function awsEntry(statement: Statement, value: string, account: string): TrustEntry {
  const named = /^(?:arn:aws[a-z-]*:(?:iam|sts)::)?(?<account>\d{12})(?::root)?$/.exec(value)?.groups?.account;
  if (named !== undefined) {
    return entryOf(statement, { principal: named, principalType: 'account' }, { crossAccount: named !== account });
  }
  // A bare unique id is what IAM leaves of a principal that was deleted after the policy was written.
  if (/^A(?:ROA|IDA|GPA|PKA)[A-Z0-9]{12,}$/.test(value)) {
    return entryOf(statement, { principal: value, principalType: 'unknown' }, { deleted: true });
  }
  const identity = identityIdFromArn(value);
  const owner = /^arn:aws[a-z-]*:[a-z]+::(?<account>\d{12}):/.exec(value)?.groups?.account;
  const detail = owner === undefined ? {} : { crossAccount: owner !== account };
  if (identity === undefined) return entryOf(statement, { principal: value, principalType: 'unknown' }, detail);
  return entryOf(statement, { principal: identity, principalType: 'identity' }, detail);
}

function federatedEntries(statement: Statement, value: string, account: string): TrustEntry[] {
  const provider = /^arn:aws[a-z-]*:iam::(?<account>\d{12}):(?<kind>oidc|saml)-provider\/(?<name>.+)$/.exec(value)?.groups;
  if (provider?.kind === 'saml')
    return [entryOf(statement, { principal: value, principalType: 'saml' }, claimsDetail(statement, 'saml'))];
  const issuer = provider?.name ?? (WEB_IDENTITY_PROVIDERS.includes(value) ? value : undefined);
  if (issuer === undefined) return [entryOf(statement, { principal: value, principalType: 'unknown' }, {})];
  const audience = positiveValues(statement.tests, issuer, issuer === 'www.amazon.com' ? 'app_id' : 'aud');
  const subjects = positiveValues(statement.tests, issuer, 'sub');
  const detail: { [key: string]: Json } = { ...claimsDetail(statement, issuer) };
  if (provider?.account !== undefined && provider.account !== account) detail.crossAccount = true;
  if (subjects.length > MAX_SUBJECTS) detail.subjectsLeftOut = String(subjects.length - MAX_SUBJECTS);
  const shared = {
    principal: value,
    principalType: 'oidc' as const,
    issuer,
    ...(audience.length === 0 ? {} : { audience: audience.join(',') }),
  };
  if (subjects.length === 0) return [entryOf(statement, shared, detail)];
  return subjects.slice(0, MAX_SUBJECTS).map((subject) => entryOf(statement, { ...shared, subject }, detail));
}

/** Values that a claim must take. A negated operator does not say what it must be, so it gives none. */
function positiveValues(tests: readonly ConditionTest[], issuer: string, claim: string): string[] {
  const key = `${issuer}:${claim}`.toLowerCase();
  return tests
    .filter((test) => test.key.toLowerCase() === key && !/not/i.test(test.operator) && !/null$/i.test(test.operator))
    .flatMap((test) => test.values);
}

/** Which claims are tested and how: `ForAllValues:` also holds when the claim is absent. */
function claimsDetail(statement: Statement, issuer: string): JsonObject {
  const prefix = `${issuer}:`.toLowerCase();
  const claims = statement.tests.filter((test) => test.key.toLowerCase().startsWith(prefix));
  if (claims.length === 0) return {};
  return { claims: claims.map((test) => `${test.operator} ${test.key.slice(prefix.length)}`) };
}

function entryOf(
  statement: Statement,
  who: Pick<TrustEntry, 'principal' | 'principalType' | 'issuer' | 'subject' | 'audience'>,
  more: JsonObject,
): TrustEntry {
  const keys = statement.tests.map((test) => test.key.toLowerCase());
  const detail = {
    ...more,
    ...(statement.sid === undefined ? {} : { sid: statement.sid }),
    ...(keys.includes('sts:externalid') ? { externalId: true } : {}),
    ...(keys.some((key) => /^aws:source(?:arn|account|orgid|orgpaths)$/.test(key)) ? { sourceBound: true } : {}),
    ...(keys.includes('aws:principalorgid') || keys.includes('aws:principalorgpaths') ? { organisationBound: true } : {}),
  };
  return {
    ...who,
    effect: statement.effect,
    statement,
    detail,
    ...(statement.condition === undefined ? {} : { condition: statement.condition }),
  };
}
