import {
  awsRoleId,
  gcpServiceAccountId,
  type IdentityId,
  type IdentityObservation,
  identityId,
  identityIdFromArn,
  k8sServiceAccountId,
  type Location,
  type Observation,
  type TrustObservation,
} from '../../src/contracts/index.ts';
import { get, itemsOf, type Tree, textOf } from '../../src/formats/tree.ts';
import { booleanOf, common, type KubeObject, namespaceOf, type World } from './object.ts';

/** Namespaces whose accounts the cluster and its maker run. */
const SYSTEM_NAMESPACES: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease']);

/** An account that something names: it may be declared elsewhere, or nowhere. */
export function referredAccount(namespace: string, name: string, world: World, at: Location): IdentityObservation {
  const environment = world.environmentOf(namespace);
  return {
    kind: 'identity',
    id: k8sServiceAccountId(world.cluster, namespace, name),
    provider: 'k8s',
    type: 'service-account',
    name,
    ...(world.cluster === undefined ? {} : { scope: world.cluster }),
    ...(environment === undefined ? {} : { environment }),
    // Every namespace has one, made by the cluster.
    ...(name === 'default' || isSystemMade(namespace) ? { managed: true } : {}),
    at,
    detail: { platform: 'kubernetes', declared: false },
  };
}

function isSystemMade(namespace: string): boolean {
  return SYSTEM_NAMESPACES.has(namespace);
}

const OWNER_KEYS = ['owner', 'team', 'app.kubernetes.io/owner', 'contact', 'owners', 'maintainer'];

export function* readServiceAccount(object: KubeObject, world: World): Generator<Observation> {
  const namespace = namespaceOf(object, world);
  const id = k8sServiceAccountId(world.cluster, namespace, object.name);
  const automount = booleanOf(get(object.tree, 'automountServiceAccountToken'));
  const environment = world.environmentOf(namespace, object.labels);
  const owner = ownerOf(object, world);
  const pulls = namesOf(get(object.tree, 'imagePullSecrets'), world);
  const links = [...cloudLinks(object)];
  yield {
    kind: 'identity',
    id,
    provider: 'k8s',
    type: 'service-account',
    name: object.name,
    ...(world.cluster === undefined ? {} : { scope: world.cluster }),
    ...(environment === undefined ? {} : { environment }),
    ...(object.createdAt === undefined ? {} : { createdAt: object.createdAt }),
    ...(owner === undefined ? {} : owner),
    ...(object.name === 'default' || isSystemMade(namespace) ? { managed: true } : {}),
    at: object.at(),
    detail: {
      ...common(object, world),
      declared: true,
      namespace,
      ...(automount === undefined ? {} : { automount }),
      ...(pulls.length === 0 ? {} : { imagePullSecrets: pulls }),
      ...(links.length === 0 ? {} : { cloud: links.map(({ cloud }) => cloud), becomes: links.map(({ identity }) => identity) }),
    },
  };
  for (const link of links) yield cloudTrust(link, id, object.at(link.node), common(object, world));
  for (const secret of pulls) {
    yield {
      kind: 'consumer',
      consumer: world.consumerId('ServiceAccount', namespace, object.name),
      type: 'pod',
      identity: id,
      secretName: secret,
      how: 'secret',
      ...(environment === undefined ? {} : { environment }),
      at: object.at(get(object.tree, 'imagePullSecrets')),
      detail: { ...common(object, world), fact: 'image-pull-secret', namespace, secretNamespace: namespace, position: 'account' },
    };
  }
}

export function ownerOf(object: KubeObject, world: World): { readonly owner: string; readonly ownerBasis: string } | undefined {
  for (const [where, map] of [
    ['annotation', object.annotations],
    ['label', object.labels],
  ] as const) {
    for (const [key, value] of map) {
      const name = key.toLowerCase();
      if (!OWNER_KEYS.some((one) => name === one || name.endsWith(`/${one}`))) continue;
      if (/^[\w.@+/ -]{2,100}$/.test(value)) return { owner: world.cover(value), ownerBasis: `${where}:${key.slice(0, 100)}` };
    }
  }
  return undefined;
}

export function namesOf(list: Tree | undefined, world: World): string[] {
  return itemsOf(list).flatMap((item) => {
    const name = textOf(get(item, 'name'));
    return name === undefined || name === '' ? [] : [world.cover(name)];
  });
}

export interface CloudLink {
  readonly cloud: 'aws' | 'gcp' | 'azure';
  /** The annotation or field that makes it. */
  readonly basis: string;
  readonly identity: IdentityId;
  readonly node: Tree | undefined;
}

/** The identity of a cloud that an account's annotations make it. */
function* cloudLinks(object: KubeObject): Generator<CloudLink> {
  const annotations = get(object.metadata, 'annotations');
  const node = (key: string) => get(annotations, key);
  const role = object.annotations.get('eks.amazonaws.com/role-arn');
  const aws = role === undefined ? undefined : awsRole(role);
  if (aws !== undefined)
    yield {
      cloud: 'aws',
      basis: 'eks.amazonaws.com/role-arn',
      identity: aws,
      node: node('eks.amazonaws.com/role-arn'),
    };
  const email = object.annotations.get('iam.gke.io/gcp-service-account');
  if (email !== undefined && /^[\w.+-]+@[\w.-]+$/.test(email)) {
    const basis = 'iam.gke.io/gcp-service-account';
    yield { cloud: 'gcp', basis, identity: gcpServiceAccountId(email), node: node(basis) };
  }
  const client = object.annotations.get('azure.workload.identity/client-id');
  if (client !== undefined && /^[0-9a-f-]{36}$/i.test(client)) {
    const basis = 'azure.workload.identity/client-id';
    const tenant = object.annotations.get('azure.workload.identity/tenant-id');
    const scope = tenant !== undefined && /^[0-9a-f-]{36}$/i.test(tenant) ? tenant.toLowerCase() : undefined;
    yield { cloud: 'azure', basis, identity: identityId('entra', scope, `app/${client.toLowerCase()}`), node: node(basis) };
  }
}

/** A role by its ARN or, as kube2iam takes it, by its name. */
export function awsRole(text: string): IdentityId | undefined {
  const known = identityIdFromArn(text);
  if (known !== undefined) return known;
  const named = /^(?:arn:aws[a-z-]*:iam::[^:]*:role\/)?(?:[\w+=,.@-]+\/)*(?<name>[\w+=,.@-]{1,64})$/.exec(text)?.groups?.name;
  return named === undefined ? undefined : awsRoleId(undefined, named);
}

export function cloudTrust(
  link: CloudLink,
  principal: IdentityId,
  at: Location,
  detail: TrustObservation['detail'] & object,
): TrustObservation {
  return {
    kind: 'trust',
    identity: link.identity,
    effect: 'allow',
    principal,
    principalType: 'identity',
    at,
    detail: { ...detail, basis: link.basis, cloud: link.cloud },
  };
}
