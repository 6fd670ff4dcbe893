import type { Outcome } from '../../src/contracts/index.ts';
import { LiveFailure } from '../../src/live/index.ts';
import { codeOf, messageOf } from '../../src/util/errors.ts';

/** Why a call gave nothing, for a coverage row. */
export interface Failure {
  readonly outcome: Extract<Outcome, 'denied' | 'partial'>;
  /** A clause that names the right or the cause, and what to do. */
  readonly why: string;
  /** No other call will fare better: the credentials or the connection are at fault. */
  readonly fatal: boolean;
  /** Name of the error, as AWS gives it. */
  readonly code?: string;
  /** The action that failed. */
  readonly right?: string;
}

const NOT_ALLOWED = /^(?:AccessDenied(?:Exception)?|UnauthorizedOperation|NotAuthorized)$/;
const EXPIRED = /^(?:ExpiredToken(?:Exception)?|RequestExpired)$/;
const INVALID =
  /^(?:InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidSignatureException|AuthFailure|IncompleteSignature(?:Exception)?|MissingAuthenticationToken(?:Exception)?)$/;
const NO_CREDENTIALS = /^(?:CredentialsProviderError|TokenProviderError)$/;
const THROTTLED =
  /^(?:Throttling(?:Exception)?|TooManyRequestsException|RequestLimitExceeded|RequestThrottled(?:Exception)?|SlowDown)$/;
const UNREACHABLE = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|CERT_.*|.*SELF_SIGNED.*)$/;

/** https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_delegated_admin.html */
const MANAGEMENT = ', in the management account or one that it delegated to: no other may ask';

/** Every account may ask which organisation it is in, and for no more. */
function isOfManagement(right: string): boolean {
  return right.startsWith('organizations:') && right !== 'organizations:DescribeOrganization';
}

/** `right` is the action whose call failed: `iam:ListAccessKeys`. */
export function explainFailure(error: unknown, right: string): Failure {
  const failure = explain(error, right);
  // Of the other services only credentials are those of IAM too.
  const isOther = !right.startsWith('iam:');
  const isCredential = failure.outcome === 'denied';
  return { ...failure, fatal: failure.fatal && (!isOther || isCredential), code: error instanceof Error ? error.name : '' };
}

/** The same, as the sessions of `src/live` take it. */
export function explainLive(error: unknown, right: string): LiveFailure {
  const { why, outcome, fatal } = explainFailure(error, right);
  return new LiveFailure(why, { kind: outcome === 'denied' ? 'denied' : 'failed', outcome, fatal, cause: error });
}

function explain(error: unknown, right: string): Failure {
  const name = error instanceof Error ? error.name : '';
  const code = codeOf(error) ?? '';
  const is = (pattern: RegExp) => pattern.test(name) || pattern.test(code);
  if (is(NOT_ALLOWED)) {
    return {
      outcome: 'denied',
      why: `${right} is not allowed to these credentials: grant it (${right.startsWith('iam:') ? 'IAMReadOnlyAccess' : 'SecurityAudit'} has it)${isOfManagement(right) ? MANAGEMENT : ''}`,
      fatal: false,
    };
  }
  if (is(EXPIRED))
    return {
      outcome: 'denied',
      why: 'the credentials have expired: renew them (aws sso login, or a new session) and scan again',
      fatal: true,
    };
  if (is(INVALID))
    return {
      outcome: 'denied',
      why: `AWS does not accept the credentials (${name}): check the key and the clock of this machine`,
      fatal: true,
    };
  if (is(NO_CREDENTIALS)) {
    return {
      outcome: 'denied',
      why: 'no credentials were found: name a profile (aws:PROFILE), set AWS_PROFILE, or run aws sso login',
      fatal: true,
    };
  }
  if (is(THROTTLED))
    return { outcome: 'partial', why: `AWS went on throttling ${right} after several tries: scan again later`, fatal: false };
  if (is(UNREACHABLE))
    return {
      outcome: 'partial',
      why: `AWS cannot be reached (${code === '' ? name : code}): check the network, proxy and endpoint`,
      fatal: true,
    };
  return { outcome: 'partial', why: `the answer to ${right} could not be read (${messageOf(error)}): scan again`, fatal: false };
}
