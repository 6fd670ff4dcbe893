import { identityId, type Observation } from '../../src/contracts/index.ts';
import { entriesOf, get, itemsOf, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';
import { clusterEntry } from './config-map.ts';
import { common, type KubeObject, namespaceOf, type World } from './object.ts';
import { awsRole, cloudTrust, referredAccount } from './service-account.ts';

type Reader = (object: KubeObject, world: World) => Generator<Observation>;

/** Custom resources that give, take or check identities, by group and kind. */
export const RESOURCES: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['spire.spiffe.io/ClusterSPIFFEID', spiffeId],
  ['security.istio.io/AuthorizationPolicy', authorizationPolicy],
  ['security.istio.io/PeerAuthentication', peerAuthentication],
  ['cert-manager.io/Certificate', certificate],
  ['eks.services.k8s.aws/PodIdentityAssociation', podIdentity],
  ['eksctl.io/ClusterConfig', eksctl],
]);

/** https://github.com/spiffe/spire-controller-manager/blob/main/docs/clusterspiffeid-crd.md */
function* spiffeId(object: KubeObject, world: World): Generator<Observation> {
  const spec = get(object.tree, 'spec');
  const template = get(spec, 'spiffeIDTemplate');
  const text = textOf(template) ?? '';
  const place = /^spiffe:\/\/(?<domain>[^/]+)\/?(?<path>.*)$/s.exec(text)?.groups;
  const domain = place?.domain === undefined || /[{}\uE000-\uF8FF]/.test(place.domain) ? undefined : place.domain;
  const path = (place?.path ?? object.name).slice(0, 300) || object.name;
  yield {
    kind: 'consumer',
    consumer: world.consumerId(object.kind, '-', object.name),
    type: 'pod',
    identity: identityId('spiffe', domain, path),
    how: 'token',
    at: object.at(template),
    detail: {
      ...common(object, world),
      fact: 'spiffe-id',
      name: object.name,
      selectsAllPods: isEmptySelector(get(spec, 'podSelector')),
      selectsAllNamespaces: isEmptySelector(get(spec, 'namespaceSelector')),
      // The same for all that it selects: nothing in it tells them apart.
      perWorkload: /ServiceAccount|PodMeta|\.PodSpec/.test(text),
      admin: textOf(get(spec, 'admin')) === 'true',
    },
  };
}

function isEmptySelector(selector: Tree | undefined): boolean {
  return entriesOf(get(selector, 'matchLabels')).length === 0 && itemsOf(get(selector, 'matchExpressions')).length === 0;
}

/** https://istio.io/latest/docs/reference/config/security/authorization-policy/ */
function* authorizationPolicy(object: KubeObject, world: World): Generator<Observation> {
  const spec = get(object.tree, 'spec');
  const action = textOf(get(spec, 'action')) ?? 'ALLOW';
  if (action !== 'ALLOW') return;
  const namespace = namespaceOf(object, world);
  for (const rule of itemsOf(get(spec, 'rules'))) {
    for (const from of itemsOf(get(rule, 'from'))) {
      const source = get(from, 'source');
      for (const key of ['principals', 'requestPrincipals'] as const) {
        const list = get(source, key);
        if (!textsOf(list).includes('*')) continue;
        // Any workload of this namespace, or with this address, is no longer any.
        const narrowed = ['namespaces', 'ipBlocks', 'remoteIpBlocks', 'notPrincipals'].some(
          (one) => textsOf(get(source, one)).length > 0,
        );
        yield {
          kind: 'consumer',
          consumer: world.consumerId(object.kind, namespace, object.name),
          type: 'pod',
          secretName: '*',
          how: 'token',
          at: object.at(list),
          detail: {
            ...common(object, world),
            fact: 'mesh-any-principal',
            namespace,
            name: object.name,
            field: key,
            narrowed,
            conditional: itemsOf(get(rule, 'when')).length > 0,
            limited: itemsOf(get(rule, 'to')).length > 0,
          },
        };
      }
    }
  }
}

/** https://istio.io/latest/docs/reference/config/security/peer_authentication/ */
function* peerAuthentication(object: KubeObject, world: World): Generator<Observation> {
  const mode = get(get(get(object.tree, 'spec'), 'mtls'), 'mode');
  const text = textOf(mode);
  if (text !== 'DISABLE' && text !== 'PERMISSIVE') return;
  const namespace = namespaceOf(object, world);
  yield {
    kind: 'consumer',
    consumer: world.consumerId(object.kind, namespace, object.name),
    type: 'pod',
    secretName: '*',
    how: 'token',
    at: object.at(mode),
    detail: { ...common(object, world), fact: 'mesh-plaintext', namespace, name: object.name, mode: text },
  };
}

/** https://cert-manager.io/docs/reference/api-docs/ */
function* certificate(object: KubeObject, world: World): Generator<Observation> {
  const spec = get(object.tree, 'spec');
  const duration = get(spec, 'duration');
  const hours = hoursOf(textOf(duration));
  const namespace = namespaceOf(object, world);
  yield {
    kind: 'consumer',
    consumer: world.consumerId(object.kind, namespace, object.name),
    type: 'pod',
    secretName: world.cover(textOf(get(spec, 'secretName')) ?? object.name),
    how: 'secret',
    at: object.at(duration),
    detail: {
      ...common(object, world),
      fact: 'certificate-request',
      namespace,
      name: object.name,
      secretNamespace: namespace,
      ...(hours === undefined ? {} : { hours }),
      isAuthority: textOf(get(spec, 'isCA')) === 'true',
      rotatesKey: textOf(get(get(spec, 'privateKey'), 'rotationPolicy')) !== 'Never',
    },
  };
}

/** `8760h`, `2160h0m0s` */
function hoursOf(text: string | undefined): number | undefined {
  const { hours, minutes } = /^(?:(?<hours>\d{1,7})h)?(?:(?<minutes>\d{1,9})m)?(?:\d+s)?$/.exec(text ?? '-')?.groups ?? {};
  return hours === undefined && minutes === undefined ? undefined : Number(hours ?? 0) + Math.floor(Number(minutes ?? 0) / 60);
}

/** https://aws-controllers-k8s.github.io/community/reference/eks/v1alpha1/podidentityassociation/ */
function* podIdentity(object: KubeObject, world: World): Generator<Observation> {
  const spec = get(object.tree, 'spec');
  yield* associate(
    object,
    world,
    spec,
    get(spec, 'roleARN'),
    textOf(get(spec, 'namespace')),
    textOf(get(spec, 'serviceAccount')),
  );
}

function* associate(
  object: KubeObject,
  world: World,
  node: Tree | undefined,
  role: Tree | undefined,
  namespace: string | undefined,
  account: string | undefined,
): Generator<Observation> {
  const identity = awsRole(textOf(role) ?? '');
  if (identity === undefined || namespace === undefined || account === undefined) return;
  const at = object.at(role ?? node);
  const row = referredAccount(world.cover(namespace), world.cover(account), world, at);
  yield row;
  yield cloudTrust({ cloud: 'aws', basis: 'EKS Pod Identity association', identity, node }, row.id, at, common(object, world));
}

/** https://schema.eksctl.io */
function* eksctl(object: KubeObject, world: World): Generator<Observation> {
  const iam = get(object.tree, 'iam');
  for (const one of itemsOf(get(iam, 'podIdentityAssociations'))) {
    yield* associate(
      object,
      world,
      one,
      get(one, 'roleARN'),
      textOf(get(one, 'namespace')),
      textOf(get(one, 'serviceAccountName')),
    );
  }
  for (const one of itemsOf(get(iam, 'serviceAccounts'))) {
    const metadata = get(one, 'metadata');
    yield* associate(
      object,
      world,
      one,
      get(one, 'attachRoleARN'),
      textOf(get(metadata, 'namespace')) ?? 'default',
      textOf(get(metadata, 'name')),
    );
  }
  for (const one of itemsOf(get(object.tree, 'iamIdentityMappings'))) {
    yield* clusterEntry(
      textOf(get(one, 'arn')) ?? '',
      textsOf(get(one, 'groups')),
      'iamIdentityMappings',
      object.at(one),
      world,
      textOf(get(one, 'username')),
    );
  }
  for (const one of itemsOf(get(get(object.tree, 'accessConfig'), 'accessEntries'))) {
    const arn = textOf(get(one, 'principalARN')) ?? '';
    const admin = itemsOf(get(one, 'accessPolicies')).find(
      (policy) =>
        /AmazonEKSClusterAdminPolicy$/.test(textOf(get(policy, 'policyARN')) ?? '') &&
        textOf(get(get(policy, 'accessScope'), 'type')) !== 'namespace',
    );
    const groups = [...textsOf(get(one, 'kubernetesGroups')), ...(admin === undefined ? [] : ['system:masters'])];
    yield* clusterEntry(arn, groups, 'EKS access entry', object.at(one), world);
  }
}
