import {
  type IdentityObservation,
  k8sSubjectId,
  type Location,
  type Observation,
  secretCredentialId,
} from '../../src/contracts/index.ts';
import { entriesOf, get, itemsOf, type Scalar, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';
import { readYaml } from '../../src/formats/yaml.ts';
import { literalOf, weakLiteral } from './literal.ts';
import { common, type KubeObject, namespaceOf, type World } from './object.ts';
import { awsRole } from './service-account.ts';
import type { WorkloadContext } from './workload.ts';

/** A ConfigMap: values under names of secrets, and the AWS roles that EKS lets in. */
export function* readConfigMap(object: KubeObject, world: World, { context, place }: WorkloadContext): Generator<Observation> {
  const namespace = namespaceOf(object, world);
  const environment = world.environmentOf(namespace, object.labels);
  const data = get(object.tree, 'data');
  const consumer = world.consumerId('ConfigMap', namespace, object.name);
  for (const { key, value } of entriesOf(data)) {
    if (value.type !== 'scalar') continue;
    const text = value.value.trim();
    // Of a file the bytes are searched; of a cluster's answer nobody else does.
    if (world.source === 'live') {
      for (const match of context.detect(text)) {
        const { pointer } = object.at(value);
        yield { ...context.sighting(match, object.at(value), place, environment), at: pointer === undefined ? {} : { pointer } };
      }
    }
    const found = literalOf(key, text);
    if (found === undefined) continue;
    const at = object.at(value);
    const detail = { ...common(object, world), namespace, configMap: object.name, variable: world.cover(key) };
    if (found.weak) {
      yield weakLiteral(consumer, object.name, at, { ...detail, position: 'config-map' });
      continue;
    }
    const known = context.detect(text)[0];
    yield {
      kind: 'consumer',
      consumer,
      type: 'pod',
      secretName: world.cover(key),
      credential: known?.credential ?? secretCredentialId(context.fingerprint(found.secret)),
      how: 'secret',
      ...(environment === undefined ? {} : { environment }),
      at,
      detail: { ...detail, fact: 'secret-in-config-map', literal: true },
    };
  }
  if (object.name === 'aws-auth' && namespace === 'kube-system') yield* awsAuth(object, world, data);
}

/** https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html */
function* awsAuth(object: KubeObject, world: World, data: Tree | undefined): Generator<Observation> {
  for (const [key, arn] of [
    ['mapRoles', 'rolearn'],
    ['mapUsers', 'userarn'],
  ] as const) {
    const list = get(data, key);
    if (list?.type !== 'scalar') continue;
    const inner = readYaml(list.value);
    for (const problem of inner.problems) world.note(`${key} of aws-auth: ${problem}`);
    for (const entry of itemsOf(inner.root)) {
      const written = textOf(get(entry, arn)) ?? textOf(get(entry, arn.replace('arn', 'ARN')));
      const user = textOf(get(entry, 'username'));
      yield* clusterEntry(
        written ?? '',
        textsOf(get(entry, 'groups')),
        'aws-auth',
        lineWithin(object, list, inner.position(entry.start).line),
        world,
        user,
      );
    }
  }
}

/** A role or user of AWS that the cluster takes for members of groups. */
export function* clusterEntry(
  arn: string,
  groups: readonly string[],
  basis: string,
  at: Location,
  world: World,
  user?: string,
): Generator<Observation> {
  const principal = awsRole(arn);
  if (principal === undefined) return;
  const subjects = [
    ...groups.map((name) => ['group', name] as const),
    ...(user === undefined || user.includes('{{') ? [] : [['user', user] as const]),
  ];
  for (const [type, written] of subjects) {
    const name = world.cover(written);
    const id = k8sSubjectId(world.cluster, type, name);
    const identity: IdentityObservation = {
      kind: 'identity',
      id,
      provider: 'k8s',
      type,
      name,
      ...(world.cluster === undefined ? {} : { scope: world.cluster }),
      ...(name.startsWith('system:') ? { managed: true } : {}),
      at,
      detail: { platform: 'kubernetes', declared: false },
    };
    yield identity;
    yield {
      kind: 'trust',
      identity: id,
      effect: 'allow',
      principal,
      principalType: 'identity',
      at,
      detail: { platform: 'kubernetes', source: world.source, basis, entry: true, [type]: name },
    };
  }
}

/** The line of an entry inside a block scalar: the text of the block begins on the line after its key. */
function lineWithin(object: KubeObject, block: Scalar, line: number): Location {
  const at = object.at(block);
  const first = block.quoted || at.line === undefined ? undefined : at.line;
  // The column is that of the block, not of the entry.
  const { column: _, ...rest } = at;
  return first === undefined ? at : { ...rest, line: first + line };
}
