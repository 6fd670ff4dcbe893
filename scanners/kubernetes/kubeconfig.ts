import {
  type ConsumerObservation,
  credentialId,
  type IdentityId,
  k8sServiceAccountId,
  k8sSubjectId,
  type Observation,
  secretCredentialId,
} from '../../src/contracts/index.ts';
import { get, itemsOf, type Tree, textOf } from '../../src/formats/tree.ts';
import { Secret } from '../../src/util/secret.ts';
import type { KubeObject, World } from './object.ts';
import { readCertificate } from './secret.ts';
import type { WorkloadContext } from './workload.ts';

/**
 * A kubeconfig: who logs in to which cluster, and by what. What runs (`exec`) is named, never run.
 * https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
export function* readKubeconfig(object: KubeObject, world: World, { context }: WorkloadContext): Generator<Observation> {
  const { tree } = object;
  const clusters = namedParts(tree, 'clusters', 'cluster');
  const contexts = [...namedParts(tree, 'contexts', 'context').values()];
  for (const [written, { node, part }] of namedParts(tree, 'users', 'user')) {
    const name = world.cover(written);
    const used = contexts.filter((one) => textOf(get(one.part, 'user')) === written);
    const cluster = clusters.get(textOf(get(used[0]?.part, 'cluster')) ?? '')?.part;
    const place = nameOfCluster(textOf(get(used[0]?.part, 'cluster')), world);
    const auth = authOf(part);
    const row: Omit<ConsumerObservation, 'at' | 'how'> = {
      kind: 'consumer',
      consumer: world.consumerId('Config', '-', name),
      type: 'code',
    };
    const detail = {
      platform: 'kubernetes',
      source: world.source,
      kind: 'Config',
      fact: 'kubeconfig-user',
      user: name,
      auth: auth.map(({ way }) => way),
      contexts: used.flatMap((one) => world.cover(textOf(get(one.node, 'name')) ?? '')).slice(0, 10),
      ...(place === undefined ? {} : { cluster: place }),
      ...(textOf(get(cluster, 'insecure-skip-tls-verify')) === 'true' ? { insecure: true } : {}),
      ...commandOf(part, world),
    };
    for (const { way, node: value } of auth) {
      const at = object.at(value);
      const secret = value.type === 'scalar' && value.value !== '' ? value.value : undefined;
      if (way === 'client-certificate' && secret !== undefined && textOf(get(part, 'client-certificate-data')) === secret) {
        const told = readCertificate(Buffer.from(secret, 'base64').toString('latin1'));
        const id = told?.commonName === undefined ? undefined : k8sSubjectId(place, 'user', world.cover(told.commonName));
        if (told !== undefined && id !== undefined) {
          const credential = credentialId('x509', 'certificate', told.digest);
          const { commonName, organisations, from, until } = told;
          yield person(id, world.cover(commonName ?? ''), place, at);
          yield {
            kind: 'credential',
            id: credential,
            identity: id,
            provider: 'x509',
            type: 'certificate',
            publicId: told.digest,
            ...(from === undefined ? {} : { createdAt: from }),
            ...(until === undefined ? {} : { expiresAt: until }),
            at,
            detail: { platform: 'kubernetes', source: world.source, subject: world.cover(told.subject) },
          };
          for (const group of organisations) {
            yield {
              kind: 'trust',
              identity: k8sSubjectId(place, 'group', world.cover(group)),
              effect: 'allow',
              principal: id,
              principalType: 'identity',
              at,
              detail: { platform: 'kubernetes', source: world.source, basis: 'organisation of its certificate' },
            };
          }
          const groups = organisations.map((group) => world.cover(group));
          yield { ...row, identity: id, credential, how: 'static-key', at, detail: { ...detail, way, groups } };
          continue;
        }
      }
      if (
        (way === 'token' || way === 'basic') &&
        secret !== undefined &&
        !/^\$|\{\{|<.*>|REDACTED|[\uE000-\uF8FF]/.test(secret)
      ) {
        const fingerprint = context.fingerprint(new Secret(secret));
        const account = way === 'token' ? accountOfToken(secret, place) : undefined;
        yield {
          ...row,
          ...(account === undefined ? {} : { identity: account.id }),
          credential: secretCredentialId(fingerprint),
          secretName: name,
          how: way === 'token' ? 'token' : 'static-key',
          at,
          detail: { ...detail, way, ...(account === undefined ? {} : { account: account.name, expires: account.expires }) },
        };
        continue;
      }
      yield {
        ...row,
        secretName: name,
        how: way === 'exec' || way === 'auth-provider' ? 'oidc' : 'static-key',
        at,
        detail: { ...detail, way },
      };
    }
    if (auth.length === 0)
      yield { ...row, secretName: name, how: 'secret', at: object.at(node), detail: { ...detail, way: 'none' } };
  }
}

function person(id: IdentityId, name: string, place: string | undefined, at: ReturnType<KubeObject['at']>): Observation {
  return {
    kind: 'identity',
    id,
    provider: 'k8s',
    type: 'user',
    name,
    ...(place === undefined ? {} : { scope: place }),
    ...(name.startsWith('system:') ? { managed: true } : {}),
    at,
    detail: { platform: 'kubernetes', declared: false },
  };
}

function namedParts(
  tree: Tree,
  list: string,
  part: string,
): Map<string, { readonly node: Tree; readonly part: Tree | undefined }> {
  const found = new Map<string, { readonly node: Tree; readonly part: Tree | undefined }>();
  for (const node of itemsOf(get(tree, list))) {
    const name = textOf(get(node, 'name'));
    if (name !== undefined && name !== '' && !found.has(name)) found.set(name, { node, part: get(node, part) });
  }
  return found;
}

/** A cluster's name says which it is only where people gave it one: `kubernetes` is what every installer writes. */
function nameOfCluster(written: string | undefined, world: World): string | undefined {
  if (written === undefined || /^(?:kubernetes|default|cluster|local|minikube|kind-kind|docker-desktop)$/i.test(written))
    return undefined;
  return /[{}\uE000-\uF8FF$]/.test(written) ? undefined : world.cover(written.slice(0, 200));
}

interface Auth {
  readonly way: 'client-certificate' | 'token' | 'token-file' | 'basic' | 'exec' | 'auth-provider';
  readonly node: Tree;
}

function authOf(user: Tree | undefined): Auth[] {
  const ways: (readonly [string, Auth['way']])[] = [
    ['client-certificate-data', 'client-certificate'],
    ['client-certificate', 'client-certificate'],
    ['token', 'token'],
    ['tokenFile', 'token-file'],
    ['password', 'basic'],
    ['exec', 'exec'],
    ['auth-provider', 'auth-provider'],
  ];
  const found = ways.flatMap(([key, way]) => {
    const node = get(user, key);
    return node === undefined || (node.type === 'scalar' && node.value === '') ? [] : [{ way, node }];
  });
  return found.filter((one, index) => found.findIndex(({ way }) => way === one.way) === index);
}

function commandOf(user: Tree | undefined, world: World): object {
  const command = textOf(get(get(user, 'exec'), 'command'));
  return command === undefined || command === '' ? {} : { command: world.cover(command.slice(0, 200)) };
}

/** Whose token it is, as the token itself says; nothing but the name and the end leaves here. */
function accountOfToken(
  token: string,
  place: string | undefined,
): { id: IdentityId; name: string; expires: boolean } | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null || !('sub' in claims)) return undefined;
    const [, namespace, name] = /^system:serviceaccount:([a-z0-9-]+):([a-z0-9.-]+)$/.exec(String(claims.sub)) ?? [];
    if (namespace === undefined || name === undefined) return undefined;
    return { id: k8sServiceAccountId(place, namespace, name), name: `${namespace}/${name}`, expires: 'exp' in claims };
  } catch {
    return undefined;
  }
}
