import type { ScanContext } from '../../src/contracts/index.ts';
import { type ErrorAnswer, type Http, type Judged, LiveFailure, openHttp } from '../../src/live/index.ts';
import { endpointOf, type ServiceName } from './calls.ts';
import type { Login } from './login.ts';

/** Requests at a time to one service: the read quotas of IAM are per project and minute. */
const WIDTH = 6;

/** A client for each service, made when it is first asked. */
export function openServices(context: ScanContext, login: Login): (service: ServiceName) => Http {
  const clients = new Map<ServiceName, Http>();
  return (service) => {
    const known = clients.get(service);
    if (known !== undefined) return known;
    const client = openHttp({
      context,
      service: 'Google Cloud',
      baseUrl: endpointOf(service, context.env),
      width: WIDTH,
      authorize: ({ renew }) => login.headers(renew),
      judge: judgeAnswer,
      renewHint: 'run gcloud auth application-default login and scan again',
    });
    clients.set(service, client);
    return client;
  };
}

interface GoogleError {
  readonly code: number;
  readonly status: string;
  readonly message: string;
  readonly reason: string | undefined;
  readonly service: string | undefined;
}

/** Google says in the body what a 403 is for. https://cloud.google.com/apis/design/errors */
export function judgeAnswer({ status, body }: ErrorAnswer): Judged | undefined {
  if (status < 400) return undefined;
  return judgeError(errorIn(body), status);
}

export function judgeError(error: GoogleError | undefined, status: number): Judged | undefined {
  const { reason, service } = error ?? {};
  if (
    reason === 'SERVICE_DISABLED' ||
    reason === 'accessNotConfigured' ||
    /has not been used in project|is disabled/.test(error?.message ?? '')
  ) {
    const api = service ?? /(?<api>[a-z]+\.googleapis\.com)/.exec(error?.message ?? '')?.groups?.api ?? 'the API';
    return { is: 'denied', why: `${api} is not enabled in the project that pays for the call: gcloud services enable ${api}` };
  }
  if (reason === 'ACCESS_TOKEN_SCOPE_INSUFFICIENT') {
    return { is: 'denied', why: 'the token was made without the scope cloud-platform: log in anew with it' };
  }
  if (reason === 'USER_PROJECT_DENIED') {
    return {
      is: 'denied',
      why: 'the project that is to pay for the call refuses: set GOOGLE_CLOUD_QUOTA_PROJECT to one in which you have serviceusage.services.use',
    };
  }
  if (/^(?:RATE_LIMIT_EXCEEDED|rateLimitExceeded|userRateLimitExceeded|quotaExceeded)$/.test(reason ?? ''))
    return { is: 'throttled' };
  if (status === 429 || error?.status === 'RESOURCE_EXHAUSTED') return { is: 'throttled' };
  return undefined;
}

function errorIn(body: unknown): GoogleError | undefined {
  const error = (body as { error?: Record<string, unknown> } | undefined)?.error;
  if (typeof error !== 'object' || error === null) return undefined;
  const details = Array.isArray(error.details) ? (error.details as Record<string, unknown>[]) : [];
  const info = details.find((one) => String(one?.['@type'] ?? '').endsWith('ErrorInfo'));
  const old = Array.isArray(error.errors) ? (error.errors[0] as Record<string, unknown> | undefined) : undefined;
  const metadata = (info?.metadata ?? {}) as Record<string, unknown>;
  return {
    code: Number(error.code ?? 0),
    status: String(error.status ?? ''),
    message: String(error.message ?? ''),
    reason: textOf(info?.reason) ?? textOf(old?.reason),
    service: textOf(metadata.service),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** An error of a generated client, as the same kinds of failure. https://grpc.io/docs/guides/status-codes/ */
export function explainSdkError(error: unknown, right: string): LiveFailure | undefined {
  if (error instanceof LiveFailure) return error;
  if (!(error instanceof Error)) return undefined;
  if (error.cause instanceof LiveFailure) return error.cause;
  const raw = error as Error & { code?: unknown; reason?: unknown; errorInfoMetadata?: { service?: unknown } };
  if (typeof raw.code !== 'number') return undefined;
  const judged = judgeError(
    {
      code: raw.code,
      status: raw.code === 8 ? 'RESOURCE_EXHAUSTED' : '',
      message: raw.message,
      reason: textOf(raw.reason),
      service: textOf(raw.errorInfoMetadata?.service),
    },
    0,
  );
  if (judged?.is === 'denied') return new LiveFailure(judged.why ?? `${right} is missing`, { kind: 'denied' });
  if (judged?.is === 'throttled')
    return new LiveFailure(`Google Cloud asks not to be asked (${right}): scan again later`, { kind: 'throttled' });
  if (raw.code === 7) return new LiveFailure(`${right} is not allowed to these credentials: grant it`, { kind: 'denied' });
  if (raw.code === 16)
    return new LiveFailure(
      'Google Cloud does not accept the credentials, or no more: run gcloud auth application-default login and scan again',
      { kind: 'expired' },
    );
  if (raw.code === 5) return new LiveFailure(`there is nothing there, or ${right} is missing`, { kind: 'missing' });
  return new LiveFailure(`Google Cloud failed (${right}, code ${raw.code}): scan again later`, { kind: 'failed' });
}
