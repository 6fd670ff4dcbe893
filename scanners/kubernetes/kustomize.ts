import {
  type Location,
  type Observation,
  type ScanContext,
  type SightingObservation,
  secretCredentialId,
} from '../../src/contracts/index.ts';
import { get, itemsOf, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';
import { literalOf, weakLiteral } from './literal.ts';

const CHANGES = [
  'patches',
  'patchesStrategicMerge',
  'patchesJson6902',
  'replacements',
  'vars',
  'namePrefix',
  'nameSuffix',
  'namespace',
  'generators',
  'transformers',
  'helmCharts',
];

/** What a kustomization changes of the files it names: those are read as they stand. */
export function changesOf(root: Tree | undefined): string[] {
  return CHANGES.filter((key) => {
    const node = get(root, key);
    return node !== undefined && !(node.type === 'scalar' && node.value === '');
  });
}

/** https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/secretgenerator/ */
export function* readKustomization(
  root: Tree | undefined,
  options: {
    readonly consumer: (name: string) => string;
    readonly place: SightingObservation['place'];
    readonly at: (node: Tree) => Location;
    readonly context: Pick<ScanContext, 'fingerprint' | 'detect'>;
    readonly cover: (text: string) => string;
  },
): Generator<Observation> {
  for (const generator of itemsOf(get(root, 'secretGenerator'))) {
    const name = options.cover(textOf(get(generator, 'name')) ?? 'secret');
    const files = [...textsOf(get(generator, 'files')), ...textsOf(get(generator, 'envs')), ...textsOf(get(generator, 'env'))];
    const literals = itemsOf(get(generator, 'literals'));
    const consumer = options.consumer(name);
    const shared = { platform: 'kubernetes', source: 'manifest', kind: 'Kustomization', secret: name };
    yield {
      kind: 'consumer',
      consumer,
      type: 'pod',
      secretName: name,
      how: 'secret',
      at: options.at(generator),
      detail: {
        ...shared,
        fact: 'secret-generator',
        literals: literals.length,
        files: files.map((file) => options.cover(file.replace(/^[^=]*=/, '').slice(0, 200))).slice(0, 20),
      },
    };
    for (const node of literals) {
      const [, key, value] = /^([^=]{1,200})=(.*)$/s.exec(textOf(node) ?? '') ?? [];
      if (key === undefined || value === undefined || node.type !== 'scalar') continue;
      const plain = value.replace(/^(["'])(.*)\1$/s, '$2');
      const found = literalOf(key, plain);
      if (found === undefined) continue;
      const detail = { ...shared, position: 'secret-generator', variable: options.cover(key) };
      if (found.weak) {
        yield weakLiteral(consumer, name, options.at(node), detail);
        continue;
      }
      const known = options.context.detect(plain)[0];
      yield {
        kind: 'consumer',
        consumer,
        type: 'pod',
        secretName: name,
        credential: known?.credential ?? secretCredentialId(options.context.fingerprint(found.secret)),
        how: 'secret',
        at: options.at(node),
        detail: { ...detail, fact: 'secret-generator-literal', literal: true },
      };
    }
  }
}
