import type { Outcome } from '../contracts/index.ts';
import { codeOf, messageOf } from '../util/errors.ts';
import { clip, printable } from '../util/sanitize.ts';

/** Why a call gave nothing, as a coverage row tells it. */
export interface Failure {
  readonly outcome: Extract<Outcome, 'denied' | 'partial'>;
  /** A clause that names the right or the cause, and what to do. */
  readonly why: string;
  /** No other call will fare better: the credentials or the connection are at fault. */
  readonly fatal: boolean;
}

/**
 * `denied`: the right is missing. `expired`: the credentials are not accepted, or no more. `missing`: there is no such thing.
 * `throttled`: the service goes on asking for a rest. `truncated`: the answer ended early, or its pages never end. `unreadable`:
 * not what was asked for. `refused`: it sends the credentials elsewhere. `unreachable`: no answer. `failed`: its own fault.
 */
export type FailureKind =
  | 'denied'
  | 'expired'
  | 'missing'
  | 'throttled'
  | 'truncated'
  | 'unreadable'
  | 'refused'
  | 'unreachable'
  | 'failed';

export interface FailureDetails {
  readonly kind: FailureKind;
  /** Absent: what follows from the kind. */
  readonly outcome?: Failure['outcome'];
  readonly fatal?: boolean;
  readonly status?: number;
  readonly cause?: unknown;
}

/** Thrown by the clients of this folder: a call that gave nothing. Never holds what was sent. */
export class LiveFailure extends Error implements Failure {
  readonly kind: FailureKind;
  readonly outcome: Failure['outcome'];
  readonly why: string;
  readonly fatal: boolean;
  readonly status: number | undefined;

  constructor(why: string, details: FailureDetails) {
    super(why, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'LiveFailure';
    this.kind = details.kind;
    this.why = why;
    this.outcome = details.outcome ?? (details.kind === 'denied' || details.kind === 'expired' ? 'denied' : 'partial');
    this.fatal = details.fatal ?? (details.kind === 'expired' || details.kind === 'unreachable');
    this.status = details.status;
  }
}

/**
 * The outcome of a part that gave nothing. Where the service answered nothing at all (no such host, no such database), nothing
 * was looked at, whatever the reason: that is as closed as what may not be read.
 */
export function outcomeOf({ outcome, fatal }: Failure, answered = false): Failure['outcome'] {
  return fatal && !answered ? 'denied' : outcome;
}

/** Errors of sockets and names after which the next try may fare better. */
const PASSING =
  /^(?:ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EAI_AGAIN|UND_ERR_(?:SOCKET|HEADERS_TIMEOUT|BODY_TIMEOUT|CONNECT_TIMEOUT))$/;
const UNREACHABLE =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EHOSTDOWN|ECONNRESET|UND_ERR_CONNECT_TIMEOUT|CERT_.*|.*SELF_SIGNED.*|UNABLE_TO_.*|ERR_TLS_.*|ERR_SSL_.*|DEPTH_ZERO_.*)$/;

/** The code of what lies below `fetch failed`, or of the error itself. */
export function networkCode(error: unknown): string | undefined {
  for (let one: unknown = error, depth = 0; one !== undefined && one !== null && depth < 5; depth++) {
    const code = codeOf(one);
    if (code !== undefined) return code;
    if (one instanceof AggregateError && one.errors.length > 0) one = one.errors[0];
    else one = one instanceof Error ? one.cause : undefined;
  }
  return undefined;
}

export function isPassing(error: unknown): boolean {
  const code = networkCode(error);
  return code === undefined ? isTimeout(error) || messageOf(error) === 'terminated' : PASSING.test(code);
}

export function isUnreachable(error: unknown): boolean {
  return UNREACHABLE.test(networkCode(error) ?? '');
}

export function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

/**
 * Of anything that a client or an SDK threw: what to tell of it. SDKs have names of their own for a missing right or an
 * expired login; their scanner looks at those first and asks here for the rest.
 */
export function failureOf(error: unknown, call: { readonly service: string; readonly right: string }): LiveFailure {
  if (error instanceof LiveFailure) return error;
  const { service, right } = call;
  if (isUnreachable(error)) return unreachable(service, error);
  if (isTimeout(error))
    return new LiveFailure(`${service} gave no answer in time (${right}): scan again`, { kind: 'failed', cause: error });
  const said = clip(printable(messageOf(error)), 160);
  return new LiveFailure(`the answer to ${right} could not be read (${said}): scan again`, { kind: 'unreadable', cause: error });
}

export function unreachable(service: string, error: unknown): LiveFailure {
  const code = networkCode(error) ?? messageOf(error);
  return new LiveFailure(`${service} cannot be reached (${code}): check the network, proxy and address`, {
    kind: 'unreachable',
    cause: error,
  });
}
