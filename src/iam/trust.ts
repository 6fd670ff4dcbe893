import { identityIdFromArn, type Json, type JsonObject, type TrustObservation } from '../contracts/index.ts';
import type { Door } from './admission.ts';
import { judgeCondition, type RequestContext } from './condition.ts';
import { coversAction } from './covers.ts';
import type { ConditionTest, PolicyDocument, Principal, Statement } from './document.ts';
import { and, FALSE, type Judgement, not, or } from './judgement.ts';
import { judgeForeignSource, judgeOutsider, type Outsider } from './outsiders.ts';
import type { Limit, Subject } from './subject.ts';
import { readSubjectTests } from './token-subjects.ts';
import { judgeTokens } from './tokens.ts';

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

/** The role that is trusted into, as far as its trust is judged by it. */
export interface Trusting {
  readonly document: PolicyDocument;
  readonly account: string;
  readonly partition: string;
  /** `null`: certainly in none. */
  readonly organisation?: string | null;
  /** What the organisation lets be done to it. */
  readonly limits: readonly Limit[];
  readonly now: Date;
}

/** `undefined` for what has no trust policy that can be read. */
export function trustingOf(subject: Subject, now: Date): Trusting | undefined {
  const { trust, account, partition, organisation, resources, serviceLinked } = subject;
  if (trust === undefined) return undefined;
  const limits = serviceLinked === true ? [] : (resources?.limitsOn(account, 'sts:AssumeRole') ?? []);
  return { document: trust, account, partition, limits, now, ...(organisation === undefined ? {} : { organisation }) };
}

/**
 * Who may become the role. Statements that let nobody in (only `sts:TagSession`) give nothing. What a statement allows is judged
 * with all that the policy denies and the organisation limits.
 */
export function readTrust(role: Trusting): TrustEntry[] {
  const entries: TrustEntry[] = [];
  for (const statement of role.document.statements) {
    if (!ASSUME.some((action) => coversAction(statement, action))) continue;
    if (statement.notPrincipals !== undefined) {
      const except = statement.notPrincipals.map((principal) => principal.value);
      const anybody = { principal: '*', principalType: 'any' } as const;
      entries.push(entryOf(statement, anybody, { notPrincipal: except, ...strangerDetail(statement, role) }));
    }
    for (const principal of statement.principals ?? []) entries.push(...principalEntries(statement, principal, role));
  }
  return entries;
}

type Names = (principal: Principal) => boolean;

/** What speaks of a caller: this statement, every Deny, and the limits of the organisation. */
function doorOf(statement: Statement, { document, limits, now }: Trusting, action: string, names: Names): Door | undefined {
  if (statement.effect === 'deny' || !coversAction(statement, action)) return undefined;
  const deny = document.statements.filter((one) => one.effect === 'deny' && coversAction(one, action) && isNamed(one, names));
  return { allow: [statement], deny, hasVariables: document.variables, limits, action, now };
}

function isNamed({ principals, notPrincipals }: Statement, names: Names): boolean {
  return principals === undefined ? notPrincipals !== undefined && !notPrincipals.some(names) : principals.some(names);
}

function outsiderOf(kind: Outsider['kind'], role: Trusting, account: string, arn?: string): Outsider {
  const { partition, organisation, account: roleAccount } = role;
  return { kind, account, partition, organisation, roleAccount, ...(arn === undefined ? {} : { arn }) };
}

const EVERYBODY: Names = ({ type, value }) => value === '*' && (type === '*' || type === 'AWS');

function strangerDetail(statement: Statement, role: Trusting): JsonObject {
  const account = unmentionedAccount(role.document);
  const judged = ASSUME.flatMap((action) => {
    const door = doorOf(statement, role, action, EVERYBODY);
    return door === undefined ? [] : [judgeOutsider(door, outsiderOf('stranger', role, account))];
  });
  return judged.length === 0 ? {} : told('stranger', or(...judged));
}

/** Of an account that the trust names: the role's own, or a foreign one. */
function callerDetail(statement: Statement, role: Trusting, value: string, account: string): JsonObject {
  const isOwn = account === role.account;
  const isWhole = /^(?:\d{12}|.*:root)$/.test(value);
  // Within an account a caller that is named is judged by its own policies too.
  if (isOwn && !isWhole) return {};
  const arn = isWhole ? undefined : value.replace(/:sts::(\d+):assumed-role\/(.+)\/[^/]+$/, ':iam::$1:role/$2');
  const names: Names = (principal) =>
    EVERYBODY(principal) || principal.value === value || (principal.type === 'AWS' && accountOf(principal.value) === account);
  const door = doorOf(statement, role, 'sts:AssumeRole', names);
  if (door === undefined) return {};
  const judged = judgeOutsider(
    { ...door, deny: [...door.deny, ...halfSpared(role.document, names, value)] },
    outsiderOf(isOwn ? 'colleague' : 'customer', role, account, arn),
  );
  return told(isOwn ? 'anyOfAccount' : 'withoutExternalId', judged);
}

/**
 * Denials that spare the caller's account but not the caller: whether these hit it hangs on the service.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
function halfSpared({ statements }: PolicyDocument, names: Names, value: string): Statement[] {
  return statements
    .filter(({ effect, notPrincipals }) => effect === 'deny' && notPrincipals?.some(names) === true)
    .filter(({ notPrincipals }) => accountOf(value) !== undefined || !notPrincipals?.some((one) => one.value === value))
    .filter((statement) => coversAction(statement, 'sts:AssumeRole') && statement.notPrincipals?.some(EVERYBODY) !== true)
    .map((statement) => ({ ...statement, tests: [...statement.tests, IN_DOUBT] }));
}

/** No operator that is known: it may hold or not. */
const IN_DOUBT: ConditionTest = { operator: 'NotPrincipal', key: 'NotPrincipal', values: [] };

function serviceDetail(statement: Statement, role: Trusting, service: string): JsonObject {
  const names: Names = ({ type, value }) => value === '*' || (type === 'Service' && sameService(value, service));
  const door = doorOf(statement, role, 'sts:AssumeRole', names);
  if (door === undefined) return {};
  return told(
    'foreignSource',
    judgeForeignSource(door, service, outsiderOf('stranger', role, unmentionedAccount(role.document))),
  );
}

function told(name: string, { truth, keys }: Judgement): JsonObject {
  const answer = { true: 'yes', unknown: 'maybe', false: 'no' }[truth];
  return { [name]: answer, ...(keys.length === 0 ? {} : { [`${name}If`]: keys }) };
}

/** Of one that the policy does not speak of. */
function unmentionedAccount(document: PolicyDocument): string {
  const text = JSON.stringify(document.statements);
  for (let number = 700_000_000_001; ; number++) if (!text.includes(String(number))) return String(number);
}

/** The account of `ACCOUNT` or `arn:aws:iam::ACCOUNT:root`. */
function accountOf(value: string): string | undefined {
  return /^(?:arn:aws[a-z-]*:(?:iam|sts)::)?(?<account>\d{12})(?::root)?$/.exec(value)?.groups?.account;
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

function principalEntries(statement: Statement, principal: Principal, role: Trusting): TrustEntry[] {
  const { type, value } = principal;
  if (type === 'Service') {
    return [entryOf(statement, { principal: value, principalType: 'service' }, serviceDetail(statement, role, value))];
  }
  if (type === 'Federated') return federatedEntries(statement, value, role);
  if (value === '*') return [entryOf(statement, { principal: '*', principalType: 'any' }, strangerDetail(statement, role))];
  if (type === 'AWS') return [awsEntry(statement, value, role)];
  return [entryOf(statement, { principal: value, principalType: 'unknown' }, { principalKind: type })];
}

function awsEntry(statement: Statement, value: string, role: Trusting): TrustEntry {
  const named = accountOf(value);
  if (named !== undefined) {
    const detail = { crossAccount: named !== role.account, ...callerDetail(statement, role, value, named) };
    return entryOf(statement, { principal: named, principalType: 'account' }, detail);
  }
  // A bare unique id is what IAM leaves of a principal that was deleted after the policy was written.
  if (/^A(?:ROA|IDA|GPA|PKA)[A-Z0-9]{12,}$/.test(value)) {
    return entryOf(statement, { principal: value, principalType: 'unknown' }, { deleted: true });
  }
  const identity = identityIdFromArn(value);
  const owner = /^arn:aws[a-z-]*:[a-z]+::(?<account>\d{12}):/.exec(value)?.groups?.account;
  const detail =
    owner === undefined ? {} : { crossAccount: owner !== role.account, ...callerDetail(statement, role, value, owner) };
  if (identity === undefined) return entryOf(statement, { principal: value, principalType: 'unknown' }, detail);
  return entryOf(statement, { principal: identity, principalType: 'identity' }, detail);
}

function federatedEntries(statement: Statement, value: string, role: Trusting): TrustEntry[] {
  const provider = /^arn:aws[a-z-]*:iam::(?<account>\d{12}):(?<kind>oidc|saml)-provider\/(?<name>.+)$/.exec(value)?.groups;
  if (provider?.kind === 'saml')
    return [entryOf(statement, { principal: value, principalType: 'saml' }, claimsDetail(statement, 'saml'))];
  const issuer = provider?.name ?? (WEB_IDENTITY_PROVIDERS.includes(value) ? value : undefined);
  if (issuer === undefined) return [entryOf(statement, { principal: value, principalType: 'unknown' }, {})];
  const audience = positiveTests(statement.tests, issuer, issuer === 'www.amazon.com' ? 'app_id' : 'aud').flatMap(
    ({ values }) => values,
  );
  const subjects = positiveTests(statement.tests, issuer, 'sub').flatMap((test) =>
    test.values.map((subject) => ({ subject, test })),
  );
  const detail: { [key: string]: Json } = { ...claimsDetail(statement, issuer) };
  if (provider?.account !== undefined && provider.account !== role.account) detail.crossAccount = true;
  if (subjects.length > MAX_SUBJECTS) detail.subjectsLeftOut = String(subjects.length - MAX_SUBJECTS);
  const shared = {
    principal: value,
    principalType: 'oidc' as const,
    issuer,
    ...(audience.length === 0 ? {} : { audience: audience.join(',') }),
  };
  const names: Names = (principal) => principal.value === '*' || (principal.type === 'Federated' && principal.value === value);
  if (subjects.length === 0) {
    return [entryOf(statement, shared, { ...detail, ...tokensDetail(statement, role, issuer, names) })];
  }
  return subjects.slice(0, MAX_SUBJECTS).map(({ subject, test }) => {
    // Of several values each makes a row of its own.
    const tests = statement.tests.map((one) => (one === test ? { ...test, values: [subject] } : one));
    const judged = tokensDetail({ ...statement, tests }, role, issuer, names);
    return entryOf(statement, { ...shared, subject }, { ...detail, ...judged });
  });
}

function tokensDetail(statement: Statement, role: Trusting, issuer: string, names: Names): JsonObject {
  if (statement.effect === 'deny') return {};
  const door = doorOf(statement, role, 'sts:AssumeRoleWithWebIdentity', names);
  // Another action takes no token of the issuer.
  if (door === undefined) return { tokens: 'nobody', anyAudience: 'no', subjects: NO_SUBJECTS };
  const { holders, keys, refs, anyAudience } = judgeTokens(door, issuer, role.account);
  const { like, unlike, maybe } = readSubjectTests(door, issuer, role.account);
  return {
    tokens: holders,
    ...(keys.length === 0 ? {} : { tokensIf: keys }),
    ...(refs.length === 0 ? {} : { refs }),
    ...told('anyAudience', anyAudience),
    subjects: holders === 'nobody' ? NO_SUBJECTS : { like, unlike, maybe },
  };
}

const NO_SUBJECTS = { like: [[]], unlike: [], maybe: [] };

/** Tests of a value that a claim must take. A negated operator does not say what it must be, so it gives none. */
function positiveTests(tests: readonly ConditionTest[], issuer: string, claim: string): ConditionTest[] {
  const key = `${issuer}:${claim}`.toLowerCase();
  return tests.filter((test) => test.key.toLowerCase() === key && !/not/i.test(test.operator) && !/null$/i.test(test.operator));
}

/** Which claims are tested and how. */
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
  };
  return {
    ...who,
    effect: statement.effect,
    statement,
    detail,
    ...(statement.condition === undefined ? {} : { condition: statement.condition }),
  };
}
