import { get, itemsOf, type Scalar, type Tree, textOf } from '../formats/tree.ts';
import type { CiReference, CiVariable } from './model.ts';

/** What the environment of a container holds: values, and secrets of the cluster by name. */
export function containerEnv(container: Tree | undefined): {
  readonly variables: readonly CiVariable[];
  readonly references: readonly CiReference[];
} {
  const variables: CiVariable[] = [];
  const references: CiReference[] = [];
  for (const item of itemsOf(get(container, 'env'))) {
    const name = textOf(get(item, 'name'));
    const value = get(item, 'value');
    const secret = get(get(item, 'valueFrom'), 'secretKeyRef');
    if (name === undefined) continue;
    if (value?.type === 'scalar') variables.push({ name, value, position: 'step-env' });
    const of = textOf(get(secret, 'name'));
    if (secret === undefined || !isName(of)) continue;
    const key = textOf(get(secret, 'key'));
    references.push({
      name: of,
      place: secret,
      position: 'step-env',
      variables: [name],
      detail: { kubernetesSecret: true, ...(key === undefined ? {} : { key }) },
    });
  }
  for (const item of itemsOf(get(container, 'envFrom'))) {
    const of = textOf(get(get(item, 'secretRef'), 'name'));
    if (isName(of))
      references.push({ name: of, place: item, position: 'step-env', detail: { kubernetesSecret: true, wholeSecret: true } });
  }
  return { variables, references };
}

/** Secrets of the cluster that a pod mounts. */
export function volumeSecrets(volumes: Tree | undefined): CiReference[] {
  return itemsOf(volumes).flatMap((item): CiReference[] => {
    const secret = get(item, 'secret');
    const name = textOf(get(secret, 'secretName'));
    return secret === undefined || !isName(name)
      ? []
      : [{ name, place: secret, position: 'container', detail: { kubernetesSecret: true, mounted: true } }];
  });
}

/** `script`, or `command` and `args` where they hold one. */
export function containerScripts(container: Tree | undefined): Scalar[] {
  const found: Scalar[] = [];
  const script = get(container, 'script') ?? get(container, 'source');
  if (script?.type === 'scalar' && script.value !== '') found.push(script);
  for (const key of ['command', 'args']) {
    for (const item of itemsOf(get(container, key))) if (item.type === 'scalar' && /[\s;|&]/.test(item.value)) found.push(item);
  }
  return found;
}

/** Names that parameters tell are known when something runs. */
export function isName(name: string | undefined): name is string {
  return name !== undefined && name !== '' && !/\$\(|\{\{/.test(name);
}
