import { detectBesideExpressions } from '../../src/ci/detect.ts';
import { ciSighting, type PlainValue } from '../../src/ci/plain-value.ts';
import {
  type ConsumerObservation,
  identityId,
  type JsonObject,
  type Location,
  type Observation,
  type ScanContext,
  type SourceFile,
} from '../../src/contracts/index.ts';
import { counted, fileCoverage } from '../../src/files/coverage.ts';
import { matchLocation } from '../../src/files/location.ts';
import { coverSecrets, isPinAfter } from '../../src/formats/cover.ts';
import { looksSecret } from '../../src/formats/plain-value.ts';
import { entriesOf, get, itemsOf, type Scalar, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';
import { readYaml } from '../../src/formats/yaml.ts';
import { Secret } from '../../src/util/secret.ts';
import { blankExpressions, findExpressions, secretsIn } from './expression.ts';

// https://docs.github.com/en/code-security/dependabot/working-with-dependabot/dependabot-options-reference

const SECRET_KEYS: ReadonlyMap<string, PlainValue['type']> = new Map([
  ['password', 'password'],
  ['token', 'token'],
  ['key', 'api-key'],
  ['auth-key', 'api-key'],
]);

/** Registries that Dependabot logs in to, and the updates that may run what it fetches. */
export function* scanDependabot(file: SourceFile, context: ScanContext): Generator<Observation> {
  const matches = detectBesideExpressions(file.text(), blankExpressions(file.text()), file.path, context);
  const text = coverSecrets(file.text(), matches, isPinAfter('@'));
  const yaml = readYaml(text);
  const at = (offset: number, pointer: string): Location => ({ ...file.at, path: file.path, ...yaml.position(offset), pointer });
  for (const match of matches) {
    const place = matchLocation(file, match);
    yield { ...context.sighting(match, place, 'ci'), at: place };
  }

  const repository = file.at.repository;
  const consumer = `${repository === undefined ? '' : `${repository}:`}${file.path}`;
  const row = (
    part: string,
    tree: Tree,
    detail: JsonObject,
    what: Pick<ConsumerObservation, 'secretName' | 'identity'>,
  ): ConsumerObservation => ({
    kind: 'consumer',
    consumer: `${consumer}#${part}`,
    type: 'pipeline',
    how: 'secret',
    ...what,
    at: at(tree.start, tree.pointer),
    detail: { platform: 'github-actions', ...detail },
  });

  const secretsOf = new Map<string, string[]>();
  for (const { key: name, value: registry } of entriesOf(get(yaml.root, 'registries'))) {
    const kind = textOf(get(registry, 'type')) ?? '';
    for (const { key, value } of entriesOf(registry)) {
      if (value.type !== 'scalar') continue;
      for (const secret of secretNames(value.value)) {
        secretsOf.set(name, [...(secretsOf.get(name) ?? []), secret]);
        const identity = identityId('github', repository, `dependabot/secret/${secret}`);
        yield {
          kind: 'identity',
          id: identity,
          provider: 'github',
          type: 'ci-secret',
          name: secret,
          ...(repository === undefined ? {} : { scope: repository }),
          at: at(value.start, value.pointer),
          detail: { store: 'dependabot', registryType: kind },
        };
        yield row(
          `registries.${name}`,
          value,
          { fact: 'dependabot-registry', registry: name, registryType: kind, key },
          { secretName: secret, identity },
        );
      }
      const plain = plainRegistryValue(text, key, value, matches);
      if (plain === undefined) continue;
      const end = yaml.position(plain.end);
      yield {
        ...ciSighting(plain, { ...at(plain.start, plain.pointer), endLine: end.line, endColumn: end.column }, undefined, context),
        confidence: 'medium',
      };
    }
  }

  const updates = itemsOf(get(yaml.root, 'updates'));
  for (const [index, update] of updates.entries()) {
    const ecosystem = textOf(get(update, 'package-ecosystem')) ?? '';
    const used = get(update, 'registries');
    const names = textOf(used) === '*' ? [...secretsOf.keys()] : textsOf(used);
    const secrets = [...new Set(names.flatMap((name) => secretsOf.get(name) ?? []))];
    const execution = get(update, 'insecure-external-code-execution');
    if (textOf(execution) !== 'allow' || execution === undefined) continue;
    const detail = { fact: 'dependabot-execution', ecosystem, registries: names, secrets };
    yield row(`updates[${index}]`, execution, detail, { identity: identityId('github', repository, 'dependabot') });
  }

  const problems = [...yaml.problems];
  if (yaml.root !== undefined && get(yaml.root, 'updates') === undefined && problems.length === 0)
    problems.push('it has no updates');
  yield fileCoverage(file, 'ci', ['identity', 'consumer', 'sighting'], problems, counted(updates.length, 0));
}

function secretNames(text: string): string[] {
  return findExpressions(text).flatMap(({ body }) => secretsIn(body).map(({ name }) => name));
}

/** Under `password` of a registry stands a password, whatever it looks like; only placeholders are left alone. */
function plainRegistryValue(
  text: string,
  key: string,
  scalar: Scalar,
  matches: readonly { start: number; end: number }[],
): PlainValue | undefined {
  const type = SECRET_KEYS.get(key);
  if (type === undefined || scalar.value.includes('${{')) return undefined;
  const quote = scalar.quoted ? 1 : 0;
  const [start, end] = [scalar.start + quote, scalar.end - quote];
  if (text.slice(start, end) !== scalar.value || !looksSecret(scalar.value)) return undefined;
  if (matches.some((match) => match.start < end && match.end > start)) return undefined;
  return { type, secret: new Secret(scalar.value), start, end, pointer: scalar.pointer };
}
