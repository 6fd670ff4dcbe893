import type { ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import {
  type ErrorAnswer,
  type Http,
  type Judged,
  LiveFailure,
  openHttp,
  openSession,
  type Session,
} from '../../src/live/index.ts';
import { type Answers, newAnswers } from './answers.ts';
import { type Cloud, cloudOf, tenantOf } from './clouds.ts';
import { isGuid } from './guid.ts';
import { loginFrom, tokensFor } from './login.ts';

/** A tenant that is being read: how it is asked, and what it has answered so far. */
export interface Run {
  readonly target: ServiceTarget;
  readonly context: ScanContext;
  readonly cloud: Cloud;
  readonly graph: Http;
  readonly arm: Http;
  readonly graphSession: Session;
  readonly armSession: Session;
  readonly answers: Answers;
  /** The id, also where a domain was named. */
  readonly tenant: () => Promise<string | undefined>;
}

/** Calls at the same time. */
export const WIDTH = 4;

export function openRun(target: ServiceTarget, context: ScanContext): Run {
  const { env } = context;
  const cloud = cloudOf(env);
  const tenant = tenantOf(target, env);
  const login = loginFrom(env);
  const settings = { login, cloud, tenant, context };
  const graph = openHttp({
    context,
    service: 'Microsoft Graph',
    baseUrl: cloud.graph,
    width: WIDTH,
    authorize: tokensFor(cloud.graphAudience, settings),
    renewHint: 'sign in again (az login), or check the secret or certificate of the application',
    judge: judgeGraph,
  });
  const arm = openHttp({
    context,
    service: 'Azure Resource Manager',
    baseUrl: cloud.arm,
    width: WIDTH,
    authorize: tokensFor(cloud.armAudience, settings),
    renewHint: 'sign in again (az login), or check the secret or certificate of the application',
  });
  const session = (service: string) => openSession({ context, target, surface: 'entra', service });
  return {
    target,
    context,
    cloud,
    graph,
    arm,
    graphSession: session('Microsoft Graph'),
    armSession: session('Azure Resource Manager'),
    answers: newAnswers(),
    tenant: async () => (isGuid(tenant) ? tenant : await tenantNamed(tenant, cloud, context)),
  };
}

/** A domain stands for a tenant, and its public metadata says for which. */
async function tenantNamed(domain: string, cloud: Cloud, context: ScanContext): Promise<string | undefined> {
  const http = openHttp({ context, service: 'Entra ID', baseUrl: cloud.authority, tries: 2 });
  try {
    const path = `/${encodeURIComponent(domain)}/v2.0/.well-known/openid-configuration`;
    const { value } = await http.json('GET', path, { right: 'public metadata' });
    const issuer = isRecord(value) && typeof value.issuer === 'string' ? value.issuer : '';
    return /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(issuer)?.[0].toLowerCase();
  } catch (error) {
    context.signal.throwIfAborted();
    context.log.debug('the id of the tenant is not known', { why: error instanceof LiveFailure ? error.why : '' });
    return undefined;
  }
}

function judgeGraph({ status, body }: ErrorAnswer): Judged | undefined {
  const error = isRecord(body) && isRecord(body.error) ? body.error : {};
  const code = typeof error.code === 'string' ? error.code : '';
  if (/^Authentication_RequestFromNonPremiumTenant/.test(code)) {
    return { is: 'denied', why: 'the sign-in reports need a licence (Entra ID P1 or P2), which the tenant does not have' };
  }
  if (
    status === 400 &&
    /^(?:BadRequest|Request_UnsupportedQuery|UnknownError)$/.test(code) &&
    /segment|not supported/i.test(String(error.message ?? ''))
  )
    return { is: 'missing' };
  return undefined;
}

export function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
