import { setTimeout as sleep } from 'node:timers/promises';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { ScanContext } from '../../src/contracts/index.ts';
import { clientConfig, keep } from './client-config.ts';

/** The calls to IAM that are made, each answering as the exports do, so that the same parsers read both. */
export interface IamApi {
  authorizationDetails(): AsyncIterable<Page>;
  credentialReport(): Promise<string>;
  userNames(): AsyncIterable<string>;
  accessKeys(user: string): Promise<readonly object[]>;
  keyLastUsed(keyId: string): Promise<object>;
  /** Of all users at once. */
  serviceCredentials(): Promise<readonly object[]>;
  sshKeys(user: string): Promise<readonly object[]>;
  certificates(user: string): Promise<readonly object[]>;
  oidcProviderArns(): Promise<readonly string[]>;
  oidcProvider(arn: string): Promise<object>;
  samlProviders(): Promise<readonly object[]>;
  /** All pages as one answer; waits until the job is done. */
  lastAccessed(arn: string): Promise<object>;
  /** Each call once, with as little as it takes; for `doctor`. */
  try(operation: string): Promise<unknown>;
  close(): void;
}

export type Page = { readonly [key: string]: unknown };

/** Reports are made anew at most every four hours; making one takes seconds, in a large account a minute. */
const REPORT_WAIT_MS = 120_000;
const JOB_WAIT_MS = 60_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** The SDK is loaded only here, when an `aws:` target is named. */
export async function openIam(profile: string, context: ScanContext): Promise<IamApi> {
  const iam = await import('@aws-sdk/client-iam');
  const client: IAMClient = new iam.IAMClient(clientConfig('iam', profile, context.env));
  const { signal } = context;
  const options = { abortSignal: signal };

  async function* authorizationDetails(): AsyncGenerator<Page> {
    let marker: string | undefined;
    let nth = 0;
    do {
      signal.throwIfAborted();
      const last = marker;
      const page: Page = await keep(context, `authorization details page ${++nth}`, async () => {
        const { $metadata: _, ...answer } = await client.send(
          new iam.GetAccountAuthorizationDetailsCommand({ MaxItems: 1000, ...(last === undefined ? {} : { Marker: last }) }),
          options,
        );
        return answer;
      });
      yield page;
      marker = nextMarker(page, marker);
    } while (marker !== undefined);
  }

  /** Waits for what AWS prepares, with pauses that grow. */
  async function until<T>(wait: number, what: string, ask: () => Promise<T | undefined>): Promise<T> {
    const deadline = performance.now() + wait;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const done = await ask();
      if (done !== undefined) return done;
      if (performance.now() + pause > deadline) throw new Error(`${what} was not ready in ${wait / 60_000} minutes`);
      await sleep(pause, undefined, { signal });
    }
  }

  async function credentialReport(): Promise<string> {
    await until(REPORT_WAIT_MS, 'the credential report', async () => {
      const { State } = await client.send(new iam.GenerateCredentialReportCommand({}), options);
      return State === 'COMPLETE' ? true : undefined;
    });
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

  /** All pages of a list. */
  async function all<T extends Paged>(
    ask: (more: { readonly Marker?: string }) => Promise<T>,
    items: (page: T) => readonly object[] | undefined,
  ): Promise<readonly object[]> {
    const found: object[] = [];
    let marker: string | undefined;
    do {
      const page = await ask(marker === undefined ? {} : { Marker: marker });
      found.push(...(items(page) ?? []));
      marker = nextMarker(page, marker);
    } while (marker !== undefined);
    return found;
  }

  async function lastAccessed(arn: string): Promise<object> {
    const { JobId } = await client.send(
      new iam.GenerateServiceLastAccessedDetailsCommand({ Arn: arn, Granularity: 'ACTION_LEVEL' }),
      options,
    );
    if (JobId === undefined) throw new Error('the answer names no job');
    const first = await until(JOB_WAIT_MS, 'the job', async () => {
      const answer = await client.send(new iam.GetServiceLastAccessedDetailsCommand({ JobId }), options);
      return answer.JobStatus === 'IN_PROGRESS' ? undefined : answer;
    });
    if (first.JobStatus !== 'COMPLETED') throw new Error(`the job ended as ${first.JobStatus}`);
    const { $metadata: _, ServicesLastAccessed: services = [], ...rest } = first;
    const more =
      first.IsTruncated === true
        ? await all(
            (marker) =>
              client.send(
                new iam.GetServiceLastAccessedDetailsCommand({
                  JobId,
                  ...(first.Marker === undefined ? {} : { Marker: first.Marker }),
                  ...marker,
                }),
                options,
              ),
            (page) => page.ServicesLastAccessed,
          )
        : [];
    return { ...rest, IsTruncated: false, ServicesLastAccessed: [...services, ...more] };
  }

  const own = `arn:aws:iam::aws:policy/ReadOnlyAccess`;
  const TRIES: { readonly [operation: string]: () => Promise<unknown> } = {
    'iam:GetAccountAuthorizationDetails': () =>
      client.send(new iam.GetAccountAuthorizationDetailsCommand({ MaxItems: 1 }), options),
    'iam:GenerateCredentialReport': () => client.send(new iam.GenerateCredentialReportCommand({}), options),
    'iam:GetCredentialReport': () => client.send(new iam.GetCredentialReportCommand({}), options),
    'iam:ListUsers': () => client.send(new iam.ListUsersCommand({ MaxItems: 1 }), options),
    'iam:ListAccessKeys': () => client.send(new iam.ListAccessKeysCommand({ UserName: PROBE, MaxItems: 1 }), options),
    'iam:GetAccessKeyLastUsed': () => client.send(new iam.GetAccessKeyLastUsedCommand({ AccessKeyId: PROBE_KEY }), options),
    'iam:ListServiceSpecificCredentials': () =>
      client.send(new iam.ListServiceSpecificCredentialsCommand({ AllUsers: true }), options),
    'iam:ListSSHPublicKeys': () => client.send(new iam.ListSSHPublicKeysCommand({ UserName: PROBE, MaxItems: 1 }), options),
    'iam:ListSigningCertificates': () =>
      client.send(new iam.ListSigningCertificatesCommand({ UserName: PROBE, MaxItems: 1 }), options),
    'iam:ListOpenIDConnectProviders': () => client.send(new iam.ListOpenIDConnectProvidersCommand({}), options),
    'iam:GetOpenIDConnectProvider': () =>
      client.send(
        new iam.GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: `arn:aws:iam::000000000000:oidc-provider/${PROBE}` }),
        options,
      ),
    'iam:ListSAMLProviders': () => client.send(new iam.ListSAMLProvidersCommand({}), options),
    'iam:GenerateServiceLastAccessedDetails': () =>
      client.send(new iam.GenerateServiceLastAccessedDetailsCommand({ Arn: own }), options),
    'iam:GetServiceLastAccessedDetails': () =>
      client.send(new iam.GetServiceLastAccessedDetailsCommand({ JobId: PROBE_JOB }), options),
  };

  return {
    authorizationDetails,
    credentialReport,
    userNames,
    accessKeys: (user) =>
      keep(context, `access keys of ${user}`, () =>
        all(
          (more) => client.send(new iam.ListAccessKeysCommand({ UserName: user, ...more }), options),
          (page) => page.AccessKeyMetadata,
        ),
      ),
    keyLastUsed: (keyId) =>
      keep(context, `last use of ${keyId}`, () =>
        client.send(new iam.GetAccessKeyLastUsedCommand({ AccessKeyId: keyId }), options),
      ),
    serviceCredentials: () =>
      keep(context, 'service-specific credentials', () =>
        all(
          (more) => client.send(new iam.ListServiceSpecificCredentialsCommand({ AllUsers: true, ...more }), options),
          (page) => page.ServiceSpecificCredentials,
        ),
      ),
    sshKeys: (user) =>
      keep(context, `SSH keys of ${user}`, () =>
        all(
          (more) => client.send(new iam.ListSSHPublicKeysCommand({ UserName: user, ...more }), options),
          (page) => page.SSHPublicKeys,
        ),
      ),
    certificates: (user) =>
      keep(context, `certificates of ${user}`, () =>
        all(
          (more) => client.send(new iam.ListSigningCertificatesCommand({ UserName: user, ...more }), options),
          (page) => page.Certificates?.map(({ CertificateBody: _, ...certificate }) => certificate),
        ),
      ),
    oidcProviderArns: async () => {
      const { OpenIDConnectProviderList: list } = await client.send(new iam.ListOpenIDConnectProvidersCommand({}), options);
      return (list ?? []).flatMap((one) => one.Arn ?? []);
    },
    oidcProvider: (arn) => client.send(new iam.GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }), options),
    samlProviders: async () => (await client.send(new iam.ListSAMLProvidersCommand({}), options)).SAMLProviderList ?? [],
    lastAccessed: (arn) => keep(context, `service last accessed of ${arn}`, () => lastAccessed(arn)),
    try: async (operation) => {
      const ask = TRIES[operation];
      if (ask === undefined) throw new TypeError(`no such call: ${operation}`);
      return await ask();
    },
    close: () => client.destroy(),
  };
}

/** Nobody's: that IAM knows no such entity is an answer to the question whether one may ask. */
const PROBE = 'nhi-audit-doctor';
const PROBE_KEY = ['AK', 'IA', 'NHIAUDITDOCTOR00'].join('');
const PROBE_JOB = '00000000-0000-0000-0000-000000000000';

interface Paged {
  readonly IsTruncated?: boolean | undefined;
  readonly Marker?: string | undefined;
}

/** A marker that does not move on would page for ever. */
function nextMarker(page: Paged, last: string | undefined): string | undefined {
  if (page.IsTruncated !== true) return undefined;
  if (page.Marker === undefined || page.Marker === last) throw new Error('the answer says that more pages follow but names none');
  return page.Marker;
}
