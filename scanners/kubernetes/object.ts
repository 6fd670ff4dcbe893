import type { JsonObject, Location } from '../../src/contracts/index.ts';
import { entriesOf, get, type Tree, textOf } from '../../src/formats/tree.ts';

/** An object of a cluster, with what all kinds have in common. */
export interface KubeObject {
  readonly kind: string;
  /** `rbac.authorization.k8s.io`; empty for the core. */
  readonly group: string;
  readonly name: string;
  /** As written. */
  readonly namespace: string | undefined;
  readonly tree: Tree;
  readonly metadata: Tree | undefined;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly createdAt: string | undefined;
  /** Where a part of it stands; the object itself when none is named. */
  at(part?: Tree): Location;
}

/** What the objects of one file or answer have in common. */
export interface World {
  readonly cluster: string | undefined;
  readonly source: 'manifest' | 'list' | 'live' | 'template';
  /** For objects that say none. */
  readonly defaultNamespace: string;
  /** As labels, the namespace or the path tell it. */
  environmentOf(namespace: string | undefined, labels?: ReadonlyMap<string, string>): string | undefined;
  /** `harbour/shop:k8s/web.yaml#Deployment/shop/web` */
  consumerId(kind: string, namespace: string, name: string): string;
  /** The name, or its likeness when it holds a credential. */
  cover(text: string): string;
  /** The name of what belongs to no namespace; one that a template makes up is that of its release, as no other can tell. */
  ofCluster(name: string): string;
  note(problem: string): void;
}

export function kubeObject(
  kind: string,
  apiVersion: string | undefined,
  tree: Tree,
  at: (offset: number, pointer: string) => Location,
  cover: (text: string) => string,
  given?: string,
): KubeObject | undefined {
  const metadata = get(tree, 'metadata');
  const name = given ?? textOf(get(metadata, 'name')) ?? textOf(get(metadata, 'generateName'));
  if (name === undefined || name === '' || name.length > 512) return undefined;
  const covered = cover(name);
  const namespace = textOf(get(metadata, 'namespace'));
  const version = apiVersion ?? '';
  const place = namespace === undefined || namespace === '' ? '' : `${cover(namespace)}/`;
  const pointer = `${kind}/${place}${covered}`;
  return {
    kind,
    group: version.includes('/') ? version.slice(0, version.indexOf('/')) : '',
    name: covered,
    namespace: namespace === undefined || namespace === '' ? undefined : cover(namespace),
    tree,
    metadata,
    labels: pairs(get(metadata, 'labels')),
    annotations: pairs(get(metadata, 'annotations')),
    createdAt: timeOf(textOf(get(metadata, 'creationTimestamp'))),
    at: (part) => at((part ?? tree).start, part === undefined || part.pointer === '' ? pointer : `${pointer}.${part.pointer}`),
  };
}

export function pairs(tree: Tree | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { key, value } of entriesOf(tree)) if (value.type === 'scalar') found.set(key, value.value);
  return found;
}

/** ISO 8601 in UTC with milliseconds, or nothing where the text is no time. */
export function timeOf(text: string | undefined): string | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\d/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

export function namespaceOf(object: KubeObject, world: World): string {
  return object.namespace ?? world.defaultNamespace;
}

export function booleanOf(tree: Tree | undefined): boolean | undefined {
  const text = textOf(tree)?.toLowerCase();
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

/** What every row says of itself. */
export function common(object: KubeObject, world: World): JsonObject {
  return {
    platform: 'kubernetes',
    source: world.source,
    kind: object.kind,
    ...(isTemplated(object.name) || world.source === 'template' ? { templated: true } : {}),
  };
}

/** Stands for a template's expression in names. */
export function isTemplated(text: string): boolean {
  return text.includes('{{');
}
