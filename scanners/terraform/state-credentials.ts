import { createHash } from 'node:crypto';
import {
  awsUserId,
  type CredentialObservation,
  credentialId,
  entraAppId,
  entraObjectId,
  githubDeployKeyId,
  type IdentityId,
  identityId,
  type Observation,
  postgresRoleId,
  type ScanContext,
  secretCredentialId,
} from '../../src/contracts/index.ts';
import { isoTime } from '../../src/iac/aws-iam.ts';
import { attribute, placeOf, type Resource, type Stack } from '../../src/iac/resource.ts';
import { known } from '../../src/iac/value.ts';
import { awsAccountOf } from '../../src/util/aws-account.ts';
import { Secret } from '../../src/util/secret.ts';

/**
 * What only a state knows of credentials: the ids that their provider gave them, and their secrets in plain text, of which the
 * keyed fingerprint stays. With both, a secret seen elsewhere is that of the identity named here.
 */
export function* withCredentials(
  told: Iterable<Observation>,
  stack: Stack,
  context: Pick<ScanContext, 'fingerprint'>,
): Generator<Observation> {
  // Two roles may have one password: then there is one secret of two identities.
  const found = new Map<string, CredentialObservation[]>();
  const apps: Observation[] = [];
  for (const resource of stack.resources) {
    const one = credentialOf(resource, stack, context);
    if (one !== undefined) found.set(one.id, [...(found.get(one.id) ?? []), one]);
    if (resource.type === 'okta_app_oauth') apps.push(...oktaApp(resource, stack));
  }
  for (const row of told) {
    const [more, ...others] = row.kind === 'credential' ? (found.get(row.id) ?? []) : [];
    yield more === undefined || row.kind !== 'credential' ? row : { ...row, ...more, detail: { ...row.detail, ...more.detail } };
    if (more !== undefined) found.set(more.id, others);
  }
  yield* apps;
  for (const rest of found.values()) yield* rest;
}

type Keyed = Pick<CredentialObservation, 'provider' | 'type'> & Partial<CredentialObservation>;

function credentialOf(
  resource: Resource,
  stack: Stack,
  context: Pick<ScanContext, 'fingerprint'>,
): CredentialObservation | undefined {
  const read = (name: string) => known(attribute(resource, name));
  const print = (name: string) => {
    const value = read(name);
    return value === undefined || value === '' ? undefined : context.fingerprint(new Secret(value));
  };
  switch (resource.type) {
    case 'aws_iam_access_key':
      return row(resource, stack, read('id'), print('secret'), {
        provider: 'aws',
        type: 'access-key',
        ...userIn(resource, stack, read('user'), read('id')),
        ...defined({ createdAt: isoTime(read('create_date')) }),
        status: read('status')?.toLowerCase() === 'inactive' ? 'inactive' : 'active',
        neverExpires: true,
      });
    case 'aws_iam_service_specific_credential':
      return row(resource, stack, read('service_specific_credential_id'), print('service_password'), {
        provider: 'aws',
        type: 'service-specific-credential',
        ...userIn(resource, stack, read('user_name'), undefined),
        ...ends(isoTime(read('expiration_date'))),
        ...defined({ createdAt: isoTime(read('create_date')) }),
        status: read('status')?.toLowerCase() === 'inactive' ? 'inactive' : 'active',
        detail: detailOf(resource, stack, { service: read('service_name') }),
      });
    case 'google_service_account_key':
      return row(resource, stack, /\/keys\/(?<id>[0-9a-f]+)$/.exec(read('name') ?? '')?.groups?.id, print('private_key'), {
        provider: 'gcp',
        type: 'service-account-key',
      });
    case 'azuread_application_password':
    case 'azuread_service_principal_password':
      return row(resource, stack, read('key_id'), print('value'), {
        provider: 'entra',
        type: 'client-secret',
        ...owned(entraApp(stack, read('application_id') ?? read('application_object_id') ?? read('service_principal_id'))),
        ...ends(isoTime(read('end_date'))),
        ...defined({ createdAt: isoTime(read('start_date')) }),
      });
    case 'okta_app_oauth':
      return row(resource, stack, undefined, print('client_secret'), {
        provider: 'okta',
        type: 'client-secret',
        ...owned(oktaId(resource)),
        neverExpires: true,
      });
    case 'postgresql_role':
      return row(resource, stack, undefined, print('password'), {
        provider: 'postgres',
        type: 'password',
        ...owned(read('name') === undefined ? undefined : postgresRoleId(undefined, read('name') ?? '')),
        ...(read('valid_until') === 'infinity' ? { neverExpires: true } : ends(isoTime(read('valid_until')))),
      });
    case 'github_repository_deploy_key':
      return deployKey(resource, stack);
    default:
      return undefined;
  }
}

/** By its public id, else by its fingerprint; without either nothing is known. */
function row(
  resource: Resource,
  stack: Stack,
  publicId: string | undefined,
  fingerprint: string | undefined,
  keyed: Keyed,
): CredentialObservation | undefined {
  if (publicId === undefined && fingerprint === undefined) return undefined;
  const id = publicId === undefined ? secretCredentialId(fingerprint ?? '') : credentialId(keyed.provider, keyed.type, publicId);
  return {
    kind: 'credential',
    id,
    ...defined({ publicId, fingerprint }),
    at: placeOf(resource),
    detail: detailOf(resource, stack, {}),
    ...keyed,
  };
}

/** The key that GitHub has is the public half: a private one found elsewhere leads to it. */
function deployKey(resource: Resource, stack: Stack): CredentialObservation | undefined {
  const line = known(attribute(resource, 'key')) ?? '';
  const blob = /^(?:ssh|ecdsa|sk)-\S+\s+(?<blob>[A-Za-z0-9+/]+={0,2})/.exec(line)?.groups?.blob;
  if (blob === undefined) return undefined;
  const hash = createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '');
  const id = /:(?<id>\d+)$/.exec(known(attribute(resource, 'id')) ?? '')?.groups?.id;
  const repository = repositoryOf(resource, stack);
  return {
    kind: 'credential',
    id: credentialId('ssh', 'key', `SHA256:${hash}`),
    ...(id === undefined || repository === undefined ? {} : { identity: githubDeployKeyId(repository, id) }),
    provider: 'github',
    type: 'ssh-key',
    publicId: `SHA256:${hash}`,
    neverExpires: true,
    at: placeOf(resource),
    detail: detailOf(resource, stack, { keyId: id }),
  };
}

/** The key names the repository without its owner; the repository itself may stand in the same state. */
function repositoryOf(resource: Resource, stack: Stack): string | undefined {
  const name = known(attribute(resource, 'repository'));
  if (name?.includes('/') === true) return name;
  for (const one of stack.resources) {
    if (one.type !== 'github_repository' || known(attribute(one, 'name')) !== name) continue;
    const whole = known(attribute(one, 'full_name'));
    if (whole !== undefined) return whole;
  }
  return undefined;
}

function* oktaApp(resource: Resource, stack: Stack): Generator<Observation> {
  const id = oktaId(resource);
  const name = known(attribute(resource, 'label')) ?? resource.address;
  if (id === undefined || known(attribute(resource, 'type')) === 'browser') return;
  yield {
    kind: 'identity',
    id,
    provider: 'okta',
    type: 'app',
    name,
    at: placeOf(resource),
    detail: detailOf(resource, stack, {}),
  };
}

function oktaId(resource: Resource): IdentityId | undefined {
  const client = known(attribute(resource, 'client_id'));
  return client === undefined ? undefined : identityId('okta', undefined, `app/${client}`);
}

/** The user of the same state tells the account; else the key's id does, unless it is an old one. */
function userIn(
  resource: Resource,
  stack: Stack,
  name: string | undefined,
  key: string | undefined,
): Partial<Pick<CredentialObservation, 'identity' | 'detail'>> {
  if (name === undefined) return {};
  const users = stack.resources.filter((one) => one.type === 'aws_iam_user' && known(attribute(one, 'name')) === name);
  const accounts = new Set(users.map((one) => one.account));
  const [account] = accounts;
  if (accounts.size === 1 && account !== undefined) return { identity: awsUserId(account, name) };
  const decoded = key === undefined || accounts.size > 1 ? undefined : awsAccountOf(key);
  if (decoded === undefined) return { identity: awsUserId(undefined, name) };
  return { identity: awsUserId(decoded, name), detail: detailOf(resource, stack, { accountFrom: 'key id' }) };
}

/** A password names its application or principal by the object's id; the state has the client id beside it. */
function entraApp(stack: Stack, named: string | undefined): IdentityId | undefined {
  const guid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.exec(named ?? '')?.[0]?.toLowerCase();
  if (guid === undefined) return undefined;
  for (const one of stack.resources) {
    if (!/^azuread_(?:application|application_registration|service_principal)$/.test(one.type)) continue;
    const client = known(attribute(one, 'client_id')) ?? known(attribute(one, 'application_id'));
    const ids = [client, known(attribute(one, 'object_id')), known(attribute(one, 'id'))?.split('/').at(-1)];
    if (client !== undefined && ids.some((id) => id?.toLowerCase() === guid)) return entraAppId(undefined, client);
  }
  return entraObjectId(undefined, guid);
}

function owned(identity: IdentityId | undefined): { readonly identity?: IdentityId } {
  return identity === undefined ? {} : { identity };
}

function ends(expiresAt: string | undefined): { readonly expiresAt?: string } {
  return expiresAt === undefined ? {} : { expiresAt };
}

function detailOf(
  resource: Resource,
  stack: Stack,
  more: { readonly [key: string]: string | undefined },
): { [key: string]: string } {
  return { platform: stack.platform, address: resource.address, ...defined(more) };
}

function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
