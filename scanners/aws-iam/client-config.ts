import type { Json, ScanContext } from '../../src/contracts/index.ts';

const TRIES = 6;

export type Service = 'iam' | 'sts' | 'organizations' | 'access-analyzer';

/** What all clients of the SDK are opened with. */
export interface ClientConfig {
  readonly region: string;
  readonly maxAttempts: number;
  readonly endpoint?: string;
  readonly profile?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
}

const ENDPOINT_NAMES: { readonly [service in Service]: string } = {
  iam: 'AWS_ENDPOINT_URL_IAM',
  sts: 'AWS_ENDPOINT_URL_STS',
  organizations: 'AWS_ENDPOINT_URL_ORGANIZATIONS',
  'access-analyzer': 'AWS_ENDPOINT_URL_ACCESSANALYZER',
};

export function clientConfig(service: Service, profile: string, env: ScanContext['env']): ClientConfig {
  const region = regionOf(env);
  const endpoint = env[ENDPOINT_NAMES[service]] ?? env.AWS_ENDPOINT_URL;
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
  const fromEnv = profile === '' && accessKeyId !== undefined && secretAccessKey !== undefined;
  return {
    region,
    maxAttempts: Number(env.AWS_MAX_ATTEMPTS) || TRIES,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(profile === '' ? {} : { profile }),
    ...(fromEnv
      ? { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } }
      : {}),
  };
}

/** IAM and organisations are global, and the region only picks the partition; Access Analyzer has one of each region. */
export function regionOf(env: ScanContext['env']): string {
  return env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1';
}

/** https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html */
export function hostOf(service: Service, env: ScanContext['env']): string {
  const { endpoint, region } = clientConfig(service, '', env);
  if (endpoint !== undefined) return new URL(endpoint).host;
  const [isChina, isGov] = [region.startsWith('cn-'), region.startsWith('us-gov-')];
  switch (service) {
    case 'iam':
      return isChina ? 'iam.cn-north-1.amazonaws.com.cn' : isGov ? 'iam.us-gov.amazonaws.com' : 'iam.amazonaws.com';
    case 'organizations':
      if (isChina) return 'organizations.cn-northwest-1.amazonaws.com.cn';
      return isGov ? 'organizations.us-gov-west-1.amazonaws.com' : 'organizations.us-east-1.amazonaws.com';
    default:
      return `${service}.${region}.amazonaws.com${isChina ? '.cn' : ''}`;
  }
}

/**
 * What a step gave, as plain JSON: kept by the run where it keeps steps, so that one that was cut off goes on there. Answers
 * hold names, dates and policies, never a secret.
 */
export async function keep<T extends object>(context: ScanContext, step: string, make: () => Promise<T>): Promise<T> {
  const plain = async () => JSON.parse(JSON.stringify(await make())) as Json;
  return ((await context.once?.(step, plain)) ?? (await plain())) as unknown as T;
}
