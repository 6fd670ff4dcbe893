import type { ConsumerObservation, JsonObject, Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { secretKind } from '../../src/formats/plain-value.ts';
import { entriesOf, get, type Tree, textOf } from '../../src/formats/tree.ts';
import { describeStack, rowsOf, stackCoverage } from '../../src/iac/describe.ts';
import { mapOf } from '../../src/iac/from-tree.ts';
import type { Stack } from '../../src/iac/resource.ts';
import { holdsSecret } from '../../src/iac/secret-reference.ts';
import { literalsIn, type Searching, searching, sightingsOf } from '../../src/iac/secrets.ts';
import { locationOf, type Source, textsBelow } from '../../src/iac/value.ts';
import { type Reading, resolve } from './intrinsics.ts';
import { stacksAround } from './nested.ts';
import { headOf, type Resources } from './resources.ts';
import { MAX_CHARACTERS, readTemplate, resourcesIn } from './template.ts';

/** What a template holds: keys, identities with their rights, who may become them, and what uses them. */
export async function* scanCloudformation(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  const matches = context.detect(file.text(), { path: file.path });
  yield* sightingsOf(file, matches, context);
  if (file.text().length > MAX_CHARACTERS) {
    return yield stackCoverage(file, [`longer than ${MAX_CHARACTERS >> 20} Mi characters: only searched for keys`]);
  }
  const template = readTemplate(file, matches);
  const { root, source, text } = template;
  const search = searching(file.path, matches, context);
  const descriptions = (await stacksAround(file, context)).map((given) =>
    describeStack(stackOf(file, resourcesIn(template, given)), context.now()),
  );
  yield* rowsOf(descriptions, search);
  yield* parameterRows(root, search, source, text);
  yield* outputRows(root, search, resourcesIn(template).reading);
  yield stackCoverage(file, [...template.problems, ...descriptions.flatMap(({ tally }) => [...tally.malformed])]);
}

function stackOf(file: SourceFile, { resources }: Resources): Stack {
  const byId = new Map(resources.map((resource) => [resource.address, resource]));
  return {
    platform: 'cloudformation',
    home: [file.at.repository ?? '', file.path].filter((part) => part !== '').join('/'),
    origin: 'source',
    resources,
    find: (reference) => [byId.get(reference.split('.')[0] ?? '')].filter((one) => one !== undefined),
  };
}

function* parameterRows(root: Tree | undefined, search: Searching, source: Source, text: string): Generator<Observation> {
  for (const { key, value } of entriesOf(get(root, 'Parameters'))) {
    const type = textOf(get(value, 'Type')) ?? 'String';
    const byDefault = get(value, 'Default');
    const isHidden = textOf(get(value, 'NoEcho'))?.toLowerCase() === 'true';
    const head = headOf(text, key, value.start);
    const where = { source, start: head, end: head };
    if (byDefault !== undefined && !/^AWS::SSM::/.test(type)) {
      const { entries } = mapOf(value, source);
      const given = entries.find((one) => one.key === 'Default');
      if (given !== undefined) {
        yield* literalsIn({ kind: 'map', entries: [{ key, value: given.value }], where }, search, {
          isSecret: () => isHidden && secretKind(key) !== undefined,
        });
      }
    }
    if (!holdsSecret(key) || type !== 'String') continue;
    yield row(`Parameters.${key}`, 'secret-variable', key, where, search, { sensitive: isHidden });
  }
}

/** Outputs are shown to whoever may describe the stack. */
function* outputRows(root: Tree | undefined, search: Searching, reading: Reading): Generator<Observation> {
  for (const { key, value } of entriesOf(get(root, 'Outputs'))) {
    const given = resolve(get(value, 'Value'), reading);
    if (given === undefined) continue;
    const references = [...textsBelow(given)].flatMap(({ value: one }) => (one.kind === 'unknown' ? one.references : []));
    const from = references.find(
      (one) => /\.SecretAccessKey$/.test(one) || (one.startsWith('var.') && holdsSecret(one.slice('var.'.length))),
    );
    if (from === undefined) continue;
    yield row(`Outputs.${key}`, 'secret-output', key, given.where, search, {
      from: from.replace(/^var\./, ''),
      sensitive: false,
    });
  }
}

function row(
  address: string,
  fact: string,
  secretName: string,
  where: Parameters<typeof locationOf>[0],
  search: Searching,
  detail: JsonObject,
): ConsumerObservation {
  const at = locationOf(where);
  return {
    kind: 'consumer',
    consumer: `${at.repository === undefined ? '' : `${at.repository}:`}${search.path}#${address}`,
    type: 'code',
    secretName,
    how: 'secret',
    at: { ...at, pointer: address },
    detail: { platform: 'cloudformation', fact, address, origin: 'source', ...detail },
  };
}
