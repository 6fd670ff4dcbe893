import { staticVariable } from '../../src/ci/cloud-keys.ts';
import {
  type ConsumerObservation,
  type JsonObject,
  k8sServiceAccountId,
  type Observation,
  type ScanContext,
  type SightingObservation,
  secretCredentialId,
} from '../../src/contracts/index.ts';
import { get, itemsOf, type Scalar, type Tree, textOf } from '../../src/formats/tree.ts';
import { Secret } from '../../src/util/secret.ts';
import { literalOf, weakLiteral } from './literal.ts';
import { booleanOf, common, type KubeObject, namespaceOf, pairs, type World } from './object.ts';
import { awsRole, cloudTrust, namesOf, referredAccount } from './service-account.ts';

/** The template of pods in each kind that has one. */
export function podOf(object: KubeObject): { readonly spec: Tree; readonly metadata: Tree | undefined } | undefined {
  const { tree, kind } = object;
  const spec = get(tree, 'spec');
  const template =
    kind === 'Pod'
      ? tree
      : kind === 'CronJob' || kind === 'ScaledJob'
        ? (get(get(get(spec, 'jobTemplate'), 'spec'), 'template') ?? get(get(spec, 'jobTargetRef'), 'template'))
        : kind === 'PodTemplate'
          ? get(tree, 'template')
          : get(spec, 'template');
  const podSpec = get(template, 'spec');
  if (podSpec === undefined || get(podSpec, 'containers') === undefined) return undefined;
  return { spec: podSpec, metadata: get(template, 'metadata') };
}

const CONTROLLERS: ReadonlySet<string> = new Set([
  'ReplicaSet',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'ReplicationController',
  'Rollout',
]);

/** What people know it by: pods and replica sets of a running cluster are told under the name of what made them. */
function workloadName(object: KubeObject): { readonly kind: string; readonly name: string } {
  const owner = itemsOf(get(object.metadata, 'ownerReferences')).find((one) => CONTROLLERS.has(textOf(get(one, 'kind')) ?? ''));
  const [kind, name] = [textOf(get(owner, 'kind')), textOf(get(owner, 'name'))];
  if (kind === undefined || name === undefined) return { kind: object.kind, name: object.name };
  const hash = object.labels.get('pod-template-hash');
  if (kind === 'ReplicaSet' && hash !== undefined && name.endsWith(`-${hash}`))
    return { kind: 'Deployment', name: name.slice(0, -hash.length - 1) };
  // The job of a cron job: its name ends in the minute it was made for.
  const scheduled = kind === 'Job' ? /^(?<base>.+)-\d{8}$/.exec(name)?.groups?.base : undefined;
  return scheduled === undefined ? { kind, name } : { kind: 'CronJob', name: scheduled };
}

export interface WorkloadContext {
  readonly context: Pick<ScanContext, 'fingerprint' | 'detect' | 'sighting'>;
  readonly place: SightingObservation['place'];
  /** Rows that were given already: a thousand pods of one deployment are one consumer. */
  readonly given: Set<string>;
}

/** What a pod, or what makes pods, uses: its account, secrets, and literals in its environment. */
export function* readWorkload(object: KubeObject, world: World, { context, given }: WorkloadContext): Generator<Observation> {
  const pod = podOf(object);
  if (pod === undefined) return;
  const namespace = namespaceOf(object, world);
  const { kind, name } = workloadName(object);
  const consumer = world.consumerId(kind, namespace, name);
  const environment = world.environmentOf(namespace, object.labels);
  const base = {
    kind: 'consumer',
    consumer,
    type: 'pod',
    ...(environment === undefined ? {} : { environment }),
  } as const;
  const shared: JsonObject = { ...common(object, world), kind, workload: name, namespace };
  for (const row of rows()) {
    const key = row.kind === 'consumer' ? keyOf(row) : undefined;
    if (key !== undefined) {
      if (given.has(key)) continue;
      given.add(key);
    }
    yield row;
  }

  function* rows(): Generator<Observation> {
    if (pod === undefined) return;
    const account = accountOf(pod.spec);
    const accountName = account === undefined ? 'default' : world.cover(account.value);
    const identity = k8sServiceAccountId(world.cluster, namespace, accountName);
    const at = object.at(account);
    if (!given.has(identity)) {
      given.add(identity);
      yield referredAccount(namespace, accountName, world, at);
    }
    const annotations = pairs(get(pod.metadata, 'annotations'));
    const labels = pairs(get(pod.metadata, 'labels'));
    const automount = booleanOf(get(pod.spec, 'automountServiceAccountToken'));
    const volumes = itemsOf(get(pod.spec, 'volumes'));
    const tokens = projectedTokens(volumes);
    const containers = containersOf(pod.spec);
    const uses = [...secretUses(pod.spec, volumes, containers, world)];
    yield {
      ...base,
      identity,
      how: 'token',
      at,
      detail: {
        ...shared,
        fact: 'service-account',
        account: accountName,
        accountDeclared: account !== undefined,
        namespaceDeclared: object.namespace !== undefined,
        ...(automount === undefined ? {} : { automount }),
        ...(volumes.some((volume) => textOf(get(volume, 'name'))?.startsWith('kube-api-access-')) ? { mounted: true } : {}),
        ...(tokens.length === 0 ? {} : { projected: tokens }),
        images: imagesOf(containers).map(world.cover),
        ...appOf(object, labels),
        ...(booleanOf(get(pod.spec, 'hostNetwork')) === true ? { hostNetwork: true } : {}),
        ...(labels.get('azure.workload.identity/use') === 'true' ? { azureUse: true } : {}),
      },
    };
    const role = annotations.get('iam.amazonaws.com/role');
    const aws = role === undefined || role === '' ? undefined : awsRole(role);
    if (aws !== undefined) {
      const node = get(get(pod.metadata, 'annotations'), 'iam.amazonaws.com/role');
      const link = { cloud: 'aws', basis: 'iam.amazonaws.com/role', identity: aws, node } as const;
      yield cloudTrust(link, identity, object.at(node), shared);
    }
    for (const path of hostCredentials(volumes)) {
      yield {
        ...base,
        identity,
        how: 'token',
        at: object.at(path),
        detail: { ...shared, fact: 'node-credentials', path: path.value },
      };
    }
    for (const use of uses) {
      yield {
        ...base,
        secretName: use.secret,
        how: use.cloud === undefined ? 'secret' : 'static-key',
        at: object.at(use.node),
        detail: {
          ...shared,
          fact: use.position === 'pull' ? 'image-pull-secret' : 'secret-reference',
          account: accountName,
          accountId: identity,
          secretNamespace: namespace,
          position: use.position,
          ...(use.key === undefined ? {} : { key: use.key }),
          ...(use.variable === undefined ? {} : { variable: use.variable }),
          ...(use.cloud === undefined ? {} : { cloud: use.cloud }),
        },
      };
    }
    for (const container of containers) yield* literals(container);

    function* literals(container: Tree): Generator<Observation> {
      for (const entry of itemsOf(get(container, 'env'))) {
        const variable = textOf(get(entry, 'name'));
        const value = get(entry, 'value');
        if (variable === undefined || value?.type !== 'scalar' || value.value === '') continue;
        yield* literal(variable, value, 'env');
      }
      for (const key of ['args', 'command'] as const) {
        for (const argument of argumentsOf(get(container, key)))
          yield* literal(argument.name, argument.scalar, key, argument.value);
      }
    }

    function* literal(key: string, scalar: Scalar, position: string, value = scalar.value): Generator<Observation> {
      const at = object.at(scalar);
      const cloud = staticVariable(key);
      const detail = {
        ...shared,
        fact: 'literal-in-env',
        account: accountName,
        accountId: identity,
        position,
        variable: key.slice(0, 200),
      };
      if (cloud !== undefined && !/[\uE000-\uF8FF]|^\$\(/.test(value)) {
        const [match] = context.detect(value);
        const isPath = value.startsWith('/');
        if (!isPath) {
          const credential =
            match?.credential ??
            (literalOf(key, value)?.weak === false ? secretCredentialId(context.fingerprint(new Secret(value))) : undefined);
          yield {
            ...base,
            secretName: key,
            ...(credential === undefined ? {} : { credential }),
            how: 'static-key',
            at,
            detail: { ...detail, cloud, literal: true },
          };
          return;
        }
      }
      const found = literalOf(key.replace(/^-+/, ''), value);
      if (found === undefined) return;
      if (found.weak) {
        yield weakLiteral(consumer, key, at, { ...detail, position });
        return;
      }
      if (context.detect(value).length > 0) return;
      yield {
        ...base,
        secretName: key,
        credential: secretCredentialId(context.fingerprint(found.secret)),
        how: 'secret',
        at,
        detail: { ...detail, literal: true },
      };
    }
  }
}

function keyOf({ consumer, identity, secretName, how, detail, credential }: ConsumerObservation): string {
  return [
    consumer,
    identity,
    secretName,
    credential,
    how,
    detail?.fact,
    detail?.position,
    detail?.key,
    detail?.variable,
    detail?.path,
  ].join('\n');
}

function accountOf(spec: Tree): Scalar | undefined {
  for (const key of ['serviceAccountName', 'serviceAccount']) {
    const node = get(spec, key);
    if (node?.type === 'scalar' && node.value !== '') return node;
  }
  return undefined;
}

function containersOf(spec: Tree): Tree[] {
  return ['containers', 'initContainers', 'ephemeralContainers'].flatMap((key) => [...itemsOf(get(spec, key))]);
}

/** Repositories of the images, without tag and digest. */
function imagesOf(containers: readonly Tree[]): string[] {
  const images = containers.flatMap((container) => textOf(get(container, 'image')) ?? []);
  return [...new Set(images.map((image) => image.replace(/@sha256:.*$|:[\w.-]+$/g, '').slice(0, 200)))].sort().slice(0, 10);
}

/** Whose part it is: workloads of one application may well share an account. */
function appOf(object: KubeObject, labels: ReadonlyMap<string, string>): JsonObject {
  const first = (...keys: readonly string[]) =>
    keys
      .map((key) => object.labels.get(key) ?? labels.get(key))
      .find((value) => value !== undefined && /^[\w.-]{1,63}$/.test(value));
  const partOf = first('app.kubernetes.io/part-of', 'app.kubernetes.io/instance', 'helm.sh/chart');
  const app = first('app.kubernetes.io/name', 'app', 'k8s-app');
  return { ...(partOf === undefined ? {} : { partOf }), ...(app === undefined ? {} : { app }) };
}

function projectedTokens(volumes: readonly Tree[]): JsonObject[] {
  return volumes.flatMap((volume) =>
    textOf(get(volume, 'name'))?.startsWith('kube-api-access-') === true
      ? []
      : itemsOf(get(get(volume, 'projected'), 'sources')).flatMap((source) => {
          const token = get(source, 'serviceAccountToken');
          if (token === undefined) return [];
          const audience = textOf(get(token, 'audience'));
          const seconds = Number(textOf(get(token, 'expirationSeconds')) ?? 3600);
          return [
            {
              ...(audience === undefined || audience === '' ? {} : { audience: audience.slice(0, 200) }),
              seconds: Number.isFinite(seconds) ? seconds : 3600,
            },
          ];
        }),
  );
}

/**
 * Directories of a node in which the kubelet, the control plane and the administrator keep their credentials, and the
 * sockets of container engines, which hand out those of every pod.
 */
const NODE_CREDENTIALS =
  /^\/(?:$|etc\/?$|etc\/kubernetes(?:\/|$)|var\/lib\/kubelet\/?(?:$|pki|pods\/?$)|var\/lib\/etcd|root\/?(?:$|\.kube)|var\/run\/secrets|home\/?$|(?:var\/)?run\/(?:[\w.-]+\/){0,3}(?:docker|dockershim|containerd|crio|cri-dockerd|podman)\.sock$)/;

function* hostCredentials(volumes: readonly Tree[]): Generator<Scalar> {
  for (const volume of volumes) {
    const path = get(get(volume, 'hostPath'), 'path');
    if (path?.type === 'scalar' && NODE_CREDENTIALS.test(path.value)) yield path;
  }
}

interface SecretUse {
  readonly secret: string;
  readonly key?: string;
  readonly variable?: string;
  readonly cloud?: string;
  readonly position: 'env' | 'env-from' | 'volume' | 'pull';
  readonly node: Tree;
}

function* secretUses(spec: Tree, volumes: readonly Tree[], containers: readonly Tree[], world: World): Generator<SecretUse> {
  const named = (node: Tree | undefined, key = 'name') => {
    const name = textOf(get(node, key));
    return name === undefined || name === '' ? undefined : world.cover(name);
  };
  for (const container of containers) {
    for (const entry of itemsOf(get(container, 'env'))) {
      const reference = get(get(entry, 'valueFrom'), 'secretKeyRef');
      const secret = named(reference);
      if (secret === undefined) continue;
      const [key, variable] = [textOf(get(reference, 'key')), textOf(get(entry, 'name'))];
      const cloud = staticVariable(variable ?? '') ?? staticVariable(key ?? '');
      yield {
        secret,
        position: 'env',
        node: entry,
        ...(key === undefined ? {} : { key: world.cover(key) }),
        ...(variable === undefined ? {} : { variable: world.cover(variable) }),
        ...(cloud === undefined ? {} : { cloud }),
      };
    }
    for (const entry of itemsOf(get(container, 'envFrom'))) {
      const secret = named(get(entry, 'secretRef'));
      if (secret !== undefined) yield { secret, position: 'env-from', node: entry };
    }
  }
  for (const volume of volumes) {
    const secret = named(get(volume, 'secret'), 'secretName');
    if (secret !== undefined) yield { secret, position: 'volume', node: volume };
    for (const source of itemsOf(get(get(volume, 'projected'), 'sources'))) {
      const projected = named(get(source, 'secret'));
      if (projected !== undefined) yield { secret: projected, position: 'volume', node: source };
    }
  }
  const pulls = get(spec, 'imagePullSecrets');
  for (const secret of namesOf(pulls, world)) if (pulls !== undefined) yield { secret, position: 'pull', node: pulls };
}

interface Argument {
  readonly name: string;
  readonly value: string;
  readonly scalar: Scalar;
}

/** `--db-password=hunter2`, and the same in two items. */
function* argumentsOf(list: Tree | undefined): Generator<Argument> {
  const items = itemsOf(list);
  for (const [index, item] of items.entries()) {
    if (item.type !== 'scalar' || item.value.length > 4096) continue;
    const { name, value } = /^(?<name>--?[\w.-]{2,60})=(?<value>\S+)$/.exec(item.value)?.groups ?? {};
    if (name !== undefined && value !== undefined) yield { name, value, scalar: item };
    const next = items[index + 1];
    if (/^--[\w-]{2,60}$/.test(item.value) && next?.type === 'scalar' && !next.value.startsWith('-'))
      yield { name: item.value, value: next.value, scalar: next };
  }
}
