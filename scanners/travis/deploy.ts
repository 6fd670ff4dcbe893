import type { Cloud } from '../../src/ci/cloud-keys.ts';
import type { CiReference, CiVariable } from '../../src/ci/model.ts';
import { entriesOf, get, type Tree } from '../../src/formats/tree.ts';

/** Providers whose key opens a cloud. https://docs.travis-ci.com/user/deployment-v2/ */
const CLOUDS: ReadonlyMap<string, Cloud> = new Map([
  ['s3', 'aws'],
  ['codedeploy', 'aws'],
  ['elasticbeanstalk', 'aws'],
  ['lambda', 'aws'],
  ['opsworks', 'aws'],
  ['ecr', 'aws'],
  ['cloudformation', 'aws'],
  ['gae', 'gcp'],
  ['gcs', 'gcp'],
  ['azure_web_apps', 'azure'],
]);

/** Options of a provider that take a secret. */
const OPTION = /(?:^|_)(?:key|key_id|token|password|secret|keyfile|credentials)$/;

/** Secrets of one deployment: encrypted, or a variable's; what stands in the file is a value like any other. */
export function deployReferences(
  tree: Tree,
  provider: string,
): { readonly references: readonly CiReference[]; readonly variables: readonly CiVariable[] } {
  const cloud = CLOUDS.get(provider);
  const references: CiReference[] = [];
  const variables: CiVariable[] = [];
  for (const { key, value } of entriesOf(tree)) {
    if (!OPTION.test(key)) continue;
    const isEncrypted = get(value, 'secure') !== undefined;
    const variable = value.type === 'scalar' ? /^\$\{?(?<name>\w+)\}?$/.exec(value.value)?.groups?.name : undefined;
    if (value.type === 'scalar') variables.push({ name: key, value, position: 'with' });
    if (!isEncrypted && variable === undefined) continue;
    references.push({
      name: variable ?? `deploy.${provider}.${key}`,
      place: value,
      position: 'with',
      inputs: [key],
      ...(variable === undefined ? {} : { variables: [variable] }),
      ...(cloud === undefined
        ? { how: /token/.test(key) ? ('token' as const) : ('secret' as const) }
        : { how: 'static-key' as const, cloud }),
      detail: { provider, ...(isEncrypted ? { encrypted: true } : {}) },
    });
  }
  return { references, variables };
}
