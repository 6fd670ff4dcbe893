import { setTimeout as sleep } from 'node:timers/promises';
import type { IAMClient, IAMClientConfig } from '@aws-sdk/client-iam';
import type { ScanContext } from '../../src/contracts/index.ts';

/** The few IAM calls that are made, each answering as the exports do, so that the same parsers read both. */
export interface IamApi {
  readonly host: string;
  authorizationDetails(): AsyncIterable<Page>;
  credentialReport(): Promise<string>;
  userNames(): AsyncIterable<string>;
  accessKeys(user: string): Promise<readonly object[]>;
  keyLastUsed(keyId: string): Promise<object>;
  oidcProviderArns(): Promise<readonly string[]>;
  oidcProvider(arn: string): Promise<object>;
  close(): void;
}

export type Page = { readonly [key: string]: unknown };

/** Reports are made anew at most every four hours; making one takes seconds, in a large account a minute. */
const REPORT_WAIT_MS = 120_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
const TRIES = 6;

/** The SDK is loaded only here, when an `aws:` target is named. */
export async function openIam(profile: string, context: ScanContext): Promise<IamApi> {
  const iam = await import('@aws-sdk/client-iam');
  const { config, host } = clientConfig(profile, context.env);
  const client: IAMClient = new iam.IAMClient(config);
  const { signal } = context;
  const options = { abortSignal: signal };

  async function* authorizationDetails(): AsyncGenerator<Page> {
    let marker: string | undefined;
    do {
      signal.throwIfAborted();
      const page = await client.send(
        new iam.GetAccountAuthorizationDetailsCommand({ MaxItems: 1000, ...(marker === undefined ? {} : { Marker: marker }) }),
        options,
      );
      yield { ...page };
      marker = nextMarker(page, marker);
    } while (marker !== undefined);
  }

  async function credentialReport(): Promise<string> {
    const deadline = performance.now() + REPORT_WAIT_MS;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const { State } = await client.send(new iam.GenerateCredentialReportCommand({}), options);
      if (State === 'COMPLETE') break;
      if (performance.now() + pause > deadline) throw new Error('the credential report was not ready in two minutes');
      await sleep(pause, undefined, { signal });
    }
    const { Content } = await client.send(new iam.GetCredentialReportCommand({}), options);
    return Buffer.from(Content ?? new Uint8Array()).toString('utf8');
  }

  async function* userNames(): AsyncGenerator<string> {
    let marker: string | undefined;
    do {
      const page = await client.send(new iam.ListUsersCommand(marker === undefined ? {} : { Marker: marker }), options);
      for (const user of page.Users ?? []) if (user.UserName !== undefined) yield user.UserName;
      marker = nextMarker(page, marker);
    } while (marker !== undefined);
  }

  async function accessKeys(user: string): Promise<readonly object[]> {
    const keys: object[] = [];
    let marker: string | undefined;
    do {
      const page = await client.send(
        new iam.ListAccessKeysCommand({ UserName: user, ...(marker === undefined ? {} : { Marker: marker }) }),
        options,
      );
      keys.push(...(page.AccessKeyMetadata ?? []));
      marker = nextMarker(page, marker);
    } while (marker !== undefined);
    return keys;
  }

  return {
    host,
    authorizationDetails,
    credentialReport,
    userNames,
    accessKeys,
    keyLastUsed: (keyId) => client.send(new iam.GetAccessKeyLastUsedCommand({ AccessKeyId: keyId }), options),
    oidcProviderArns: async () => {
      const { OpenIDConnectProviderList: list } = await client.send(new iam.ListOpenIDConnectProvidersCommand({}), options);
      return (list ?? []).flatMap((one) => one.Arn ?? []);
    },
    oidcProvider: (arn) => client.send(new iam.GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }), options),
    close: () => client.destroy(),
  };
}

/** A marker that does not move on would page for ever. */
function nextMarker(
  page: { IsTruncated?: boolean | undefined; Marker?: string | undefined },
  last: string | undefined,
): string | undefined {
  if (page.IsTruncated !== true) return undefined;
  if (page.Marker === undefined || page.Marker === last) throw new Error('the answer says that more pages follow but names none');
  return page.Marker;
}

function clientConfig(profile: string, env: ScanContext['env']): { readonly config: IAMClientConfig; readonly host: string } {
  // IAM is global; the region only picks the partition.
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1';
  const endpoint = env.AWS_ENDPOINT_URL_IAM ?? env.AWS_ENDPOINT_URL;
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
  const fromEnv = profile === '' && accessKeyId !== undefined && secretAccessKey !== undefined;
  const config: IAMClientConfig = {
    region,
    maxAttempts: Number(env.AWS_MAX_ATTEMPTS) || TRIES,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(profile === '' ? {} : { profile }),
    ...(fromEnv
      ? { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } }
      : {}),
  };
  return { config, host: endpoint === undefined ? defaultHost(region) : new URL(endpoint).host };
}

/** https://docs.aws.amazon.com/general/latest/gr/iam-service.html */
function defaultHost(region: string): string {
  if (region.startsWith('cn-')) return 'iam.cn-north-1.amazonaws.com.cn';
  return region.startsWith('us-gov-') ? 'iam.us-gov.amazonaws.com' : 'iam.amazonaws.com';
}
