import type { Observation } from '../../src/contracts/index.ts';
import { literalsIn, type Searching } from '../../src/iac/secrets.ts';
import { Evaluator } from './evaluate.ts';
import type { Module, ModuleFile } from './module.ts';

/** Values given to variables: only literals stand there. */
export function* valueRows(own: ModuleFile, search: Searching): Generator<Observation> {
  const none = new Map<string, never>();
  const lists = { resources: [], calls: [], providers: [], outputs: [], settings: [] };
  const module: Module = { home: '', files: [own], variables: none, values: none, locals: none, ...lists };
  const evaluator = new Evaluator(module, () => ({}), new Map());
  for (const { name, value } of own.hcl.body.attributes) {
    const worked = evaluator.value({ from: own, it: value });
    if (worked === undefined) continue;
    yield* literalsIn({ kind: 'map', entries: [{ key: name, value: worked }], where: worked.where }, search, {
      isSecret: () => false,
    });
  }
}
