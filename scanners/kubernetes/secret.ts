import { X509Certificate } from 'node:crypto';
import {
  type CredentialObservation,
  credentialId,
  k8sServiceAccountId,
  type Location,
  type Observation,
  secretCredentialId,
} from '../../src/contracts/index.ts';
import { readJson } from '../../src/formats/json.ts';
import { type Entry, entriesOf, get, textOf } from '../../src/formats/tree.ts';
import { Secret } from '../../src/util/secret.ts';
import { isController } from './baseline.ts';
import { literalOf, secretType, weakLiteral } from './literal.ts';
import { common, type KubeObject, namespaceOf, timeOf, type World } from './object.ts';
import { referredAccount } from './service-account.ts';
import type { WorkloadContext } from './workload.ts';

/** A Secret of the API is at most 1 MiB. */
const MAX_VALUE = 1024 * 1024;
const MAX_KEYS = 500;

/**
 * A Secret: what it is for, its keys, and fingerprints of what a key's name or the Secret's type calls a credential.
 * The values end here; what detectors know in them, the search of the file finds.
 */
export function* readSecret(
  object: KubeObject,
  world: World,
  { context, place, given }: WorkloadContext,
): Generator<Observation> {
  const namespace = namespaceOf(object, world);
  const type = textOf(get(object.tree, 'type')) ?? 'Opaque';
  const environment = world.environmentOf(namespace, object.labels);
  const entries = valuesOf(object);
  const shared = {
    ...common(object, world),
    namespace,
    secret: object.name,
    secretType: type.slice(0, 100),
  };
  const sealed = get(object.tree, 'sops') !== undefined;
  const keys = entries.map(({ key }) => world.cover(key)).slice(0, 50);
  const filled = sealed ? 0 : entries.filter(({ value }) => value !== undefined && !isPlaceholder(value)).length;
  yield {
    kind: 'consumer',
    consumer: world.consumerId('Secret', namespace, object.name),
    type: 'pod',
    secretName: object.name,
    how: 'secret',
    ...(environment === undefined ? {} : { environment }),
    at: { ...object.at(), ...endOf(object) },
    detail: {
      ...shared,
      fact: 'secret-object',
      secretNamespace: namespace,
      keys,
      filled,
      ...(sealed ? { sealed: true } : {}),
      ...(object.createdAt === undefined ? {} : { createdAt: object.createdAt }),
      ...argoOf(object, entries),
      ...(object.annotations.has('kubectl.kubernetes.io/last-applied-configuration') &&
      /"(?:data|stringData)"/.test(object.annotations.get('kubectl.kubernetes.io/last-applied-configuration') ?? '')
        ? { lastApplied: true }
        : {}),
    },
  };
  if (type === 'kubernetes.io/service-account-token') yield* accountToken();
  if (sealed || type === 'helm.sh/release.v1') return;
  // A manifest says what somebody would like; that a credential is in use, only the cluster says.
  const isInventory = world.source === 'list' || world.source === 'live';
  for (const { key, value, entry } of entries.slice(0, MAX_KEYS)) {
    if (value === undefined || value === '' || isPlaceholder(value)) continue;
    const at = object.at(entry.value);
    if (world.source === 'live') {
      for (const match of context.detect(value)) {
        const sighting = context.sighting(match, at, place, environment);
        yield { ...sighting, at };
      }
    }
    if (key === '.dockerconfigjson' || key === '.dockercfg') {
      if (isInventory) yield* registryLogins(key, value, at);
    } else if (/^-----BEGIN CERTIFICATE-----/.test(value.trimStart())) yield* certificate(value, key, at);
    else if (key !== 'username' && literalOf(key, value)?.weak === true) {
      const consumer = world.consumerId('Secret', namespace, object.name);
      yield weakLiteral(consumer, object.name, at, { ...shared, secretNamespace: namespace, position: 'secret', variable: key });
    } else if (isInventory && isCredential(type, key, value)) {
      const fingerprint = context.fingerprint(new Secret(value));
      yield credential(secretCredentialId(fingerprint), key, at, { type: secretType(key) ?? kindOf(type, key), fingerprint });
    }
  }

  function credential(
    id: string,
    key: string,
    at: Location,
    rest: Partial<CredentialObservation> & { readonly type: string },
    more: object = {},
  ): CredentialObservation {
    return {
      kind: 'credential',
      id,
      provider: 'kubernetes',
      ...(object.createdAt === undefined ? {} : { createdAt: object.createdAt }),
      ...rest,
      at,
      detail: { ...shared, key: world.cover(key), ...more },
    };
  }

  /** https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets */
  function* accountToken(): Generator<Observation> {
    const written = object.annotations.get('kubernetes.io/service-account.name');
    if (written === undefined || written === '') return;
    const account = world.cover(written);
    const identity = k8sServiceAccountId(world.cluster, namespace, account);
    const node = get(get(object.metadata, 'annotations'), 'kubernetes.io/service-account.name');
    if (!given.has(identity)) {
      given.add(identity);
      yield referredAccount(namespace, account, world, object.at(node));
    }
    const used = timeOf(object.labels.get('kubernetes.io/legacy-token-last-used'));
    const invalid = timeOf(object.labels.get('kubernetes.io/legacy-token-invalid-since'));
    const token = entries.find(({ key }) => key === 'token')?.value;
    yield {
      kind: 'credential',
      id: credentialId('k8s', 'service-account-token', `${world.cluster ?? '-'}/${namespace}/${object.name}`),
      identity,
      provider: 'k8s',
      type: 'service-account-token',
      publicId: `${namespace}/${object.name}`,
      ...(token === undefined || token === '' || isPlaceholder(token)
        ? {}
        : { fingerprint: context.fingerprint(new Secret(token)) }),
      ...(object.createdAt === undefined ? {} : { createdAt: object.createdAt }),
      ...(used === undefined ? {} : { lastUsedAt: used }),
      neverExpires: true,
      status: invalid === undefined ? 'active' : 'inactive',
      at: object.at(node),
      detail: {
        ...shared,
        account,
        ...(isController(namespace, account) ? { systemMade: true } : {}),
        ...(invalid === undefined ? {} : { invalid }),
      },
    };
  }

  function* registryLogins(key: string, value: string, at: Location): Generator<Observation> {
    const root = readJson(value).root;
    for (const { key: registry, value: login } of entriesOf(get(root, 'auths') ?? root)) {
      const decoded = Buffer.from(textOf(get(login, 'auth')) ?? '', 'base64').toString('utf8');
      const colon = decoded.indexOf(':');
      const user = textOf(get(login, 'username')) ?? (colon > 0 ? decoded.slice(0, colon) : undefined);
      const password = textOf(get(login, 'password')) ?? (colon > 0 ? decoded.slice(colon + 1) : undefined);
      if (password === undefined || password.length < 4) continue;
      const fingerprint = context.fingerprint(new Secret(password));
      const host = registry
        .replace(/^https?:\/\//, '')
        .replace(/\/.*$/, '')
        .slice(0, 200);
      yield credential(
        secretCredentialId(fingerprint),
        key,
        at,
        { type: 'registry-password', fingerprint },
        { registry: world.cover(host), ...(user === undefined || user.length > 100 ? {} : { user: world.cover(user) }) },
      );
    }
  }

  function* certificate(value: string, key: string, at: Location): Generator<Observation> {
    // A bundle of authorities says nothing about this identity.
    if (/^(?:ca|ca-bundle|root|chain)[.\w-]*$/i.test(key)) return;
    const told = readCertificate(value);
    if (told === undefined || told.isAuthority) return;
    yield credential(
      credentialId('x509', 'certificate', told.digest),
      key,
      at,
      {
        type: 'certificate',
        publicId: told.digest,
        ...(told.from === undefined ? {} : { createdAt: told.from }),
        ...(told.until === undefined ? {} : { expiresAt: told.until }),
      },
      { subject: world.cover(told.subject) },
    );
  }
}

export interface CertificateFacts {
  readonly digest: string;
  readonly subject: string;
  readonly commonName: string | undefined;
  readonly organisations: readonly string[];
  readonly from: string | undefined;
  readonly until: string | undefined;
  readonly isAuthority: boolean;
}

/** The first certificate of a PEM text. */
export function readCertificate(pem: string): CertificateFacts | undefined {
  try {
    const certificate = new X509Certificate(pem);
    const lines = certificate.subject.split('\n');
    const values = (key: string) => lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
    return {
      digest: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      subject: lines.join(', ').slice(0, 200),
      commonName: values('CN')[0],
      organisations: values('O'),
      from: timeOf(certificate.validFromDate.toISOString()),
      until: timeOf(certificate.validToDate.toISOString()),
      isAuthority: certificate.ca,
    };
  } catch {
    return undefined;
  }
}

interface Value {
  readonly key: string;
  /** As the program gets it; `undefined` where it is no base64. */
  readonly value: string | undefined;
  readonly entry: Entry;
}

function valuesOf(object: KubeObject): Value[] {
  const values: Value[] = [];
  for (const entry of entriesOf(get(object.tree, 'data'))) {
    if (entry.value.type !== 'scalar') continue;
    values.push({ key: entry.key, value: decode(entry.value.value), entry });
  }
  for (const entry of entriesOf(get(object.tree, 'stringData'))) {
    if (entry.value.type !== 'scalar') continue;
    values.push({ key: entry.key, value: entry.value.value.slice(0, MAX_VALUE), entry });
  }
  return values;
}

function decode(value: string): string | undefined {
  const packed = value.replace(/\s+/g, '');
  if (packed === '') return '';
  if (packed.length > MAX_VALUE * 1.4) return undefined;
  // A template or placeholder in place of base64 is told as it is.
  return /^[A-Za-z0-9+/]+={0,2}$/.test(packed) ? Buffer.from(packed, 'base64').toString('utf8') : value;
}

function isPlaceholder(value: string): boolean {
  return (
    value.trim() === '' ||
    /[\uE000-\uF8FF]|\{\{|\$\{|\$\(|^<[^>]*>\s*$|^ENC\[|^\(?REDACTED\)?|^\*+$|^(?:AQICA|vault:|ref\+)|^(?:x+|\.+|-+)\s*$|^\[REDACTED\]$/i.test(
      value,
    ) ||
    (value.length < 100 &&
      !value.startsWith('{') &&
      /(?:placeholder|your[-_ ]|replace[-_ ]?(?:me|with)|insert[-_ ]|example|<base64)/i.test(value))
  );
}

function isCredential(type: string, key: string, value: string): boolean {
  if (value.length < 6) return false;
  if (type === 'kubernetes.io/service-account-token') return false;
  if (type === 'kubernetes.io/basic-auth') return key === 'password';
  if (type === 'kubernetes.io/ssh-auth') return key === 'ssh-privatekey';
  if (/PRIVATE KEY-----/.test(value)) return true;
  return secretType(key) !== undefined;
}

function kindOf(type: string, key: string): string {
  if (type === 'kubernetes.io/ssh-auth') return 'ssh-key';
  return type === 'kubernetes.io/tls' || /key/i.test(key) ? 'private-key' : 'secret';
}

/** The clusters and repositories that Argo CD logs in to. https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/ */
function argoOf(object: KubeObject, entries: readonly Value[]): object {
  const kind = object.labels.get('argocd.argoproj.io/secret-type');
  if (kind !== 'cluster' && kind !== 'repository' && kind !== 'repo-creds') return {};
  const value = (key: string) => entries.find((one) => one.key === key)?.value;
  if (kind !== 'cluster') {
    const ways = ['password', 'sshPrivateKey', 'githubAppPrivateKey', 'bearerToken', 'gcpServiceAccountKey', 'tlsClientCertKey'];
    return { argo: kind, auth: ways.filter((way) => (value(way) ?? '') !== '') };
  }
  const config = readJson(value('config') ?? '').root;
  const tls = get(config, 'tlsClientConfig');
  const auth = [
    ...(textOf(get(config, 'bearerToken')) ? ['token'] : []),
    ...(textOf(get(config, 'password')) ? ['password'] : []),
    ...(textOf(get(tls, 'keyData')) ? ['client-certificate'] : []),
    ...(get(config, 'awsAuthConfig') === undefined ? [] : ['aws']),
    ...(get(config, 'execProviderConfig') === undefined ? [] : ['exec']),
  ];
  return { argo: kind, auth, ...(textOf(get(tls, 'insecure')) === 'true' ? { insecure: true } : {}) };
}

/** The check that asks whether a finding lies in it needs the last line too. */
function endOf(object: KubeObject): { readonly endLine?: number } {
  const last = object.tree.type === 'mapping' ? object.tree.entries.at(-1)?.value : undefined;
  if (last === undefined) return {};
  const end = object.at({ ...last, start: Math.max(last.start, last.end - 1) }).line;
  return end === undefined ? {} : { endLine: end };
}
