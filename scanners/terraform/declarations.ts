import type { ConsumerObservation, JsonObject, Location, Observation } from '../../src/contracts/index.ts';
import { looksSecret } from '../../src/formats/plain-value.ts';
import { holdsSecret, secretReference } from '../../src/iac/secret-reference.ts';
import { literalsIn, type Searching } from '../../src/iac/secrets.ts';
import { blocks, entry, isTrue, locationOf, type MapValue, type Value } from '../../src/iac/value.ts';
import type { Prepared } from './stack.ts';

/** Arguments by which a provider or a backend logs in with something that lasts. */
const LOGIN =
  /^(?:access_key|secret_key|token|api_token|api_key|apikey|app_key|application_key|secret|client_secret|password|private_key|credentials|admin_token|sas_token|shared_access_key|auth_token|personal_access_token|oauth_token|conn_str|master_key)$/;
/** Not by themselves: short-lived, or names of where to look. */
const HARMLESS: { readonly [provider: string]: RegExp } = { aws: /^token$/, kubernetes: /^(?:token|password)$/, helm: /^token$/ };

/** What stands in a file beside resources: providers, backends, variables, outputs, locals, arguments of modules. */
export function* declarationRows(path: string, prepared: Prepared, search: Searching): Generator<Observation> {
  const { module, evaluator } = prepared;
  const here = <T extends { readonly from: { readonly file: { readonly path: string } } }>(all: readonly T[]) =>
    all.filter(({ from }) => from.file.path === path);
  for (const { name, placed, body } of prepared.providers) {
    if (placed.from.file.path !== path) continue;
    yield* loginRows(`provider.${name}`, name, 'provider-credential', body, search);
  }
  for (const placed of here(module.settings)) {
    const body = evaluator.body(placed);
    for (const block of placed.it.body.blocks.filter(({ type }) => type === 'backend' || type === 'cloud')) {
      const name = block.labels[0] ?? 'cloud';
      for (const inner of blocks(entry(body, block.type)))
        yield* loginRows(`backend.${name}`, name, 'backend-credential', inner, search);
    }
  }
  for (const placed of here([...module.variables.values()])) {
    const [name = ''] = placed.it.labels;
    const body = evaluator.body(placed);
    const given = entry(body, 'default');
    yield* literalsIn(named(name, given), search, { isSecret: () => false });
    if (!holdsSecret(name)) continue;
    const isSensitive = isTrue(entry(body, 'sensitive')) || isTrue(entry(body, 'ephemeral'));
    yield row(`var.${name}`, 'secret-variable', name, locationOf({ ...body.where, end: body.where.start }), search, {
      sensitive: isSensitive,
    });
  }
  for (const placed of here(module.outputs)) {
    const [name = ''] = placed.it.labels;
    const body = evaluator.body(placed);
    const value = entry(body, 'value');
    const from = secretReference(value);
    if (from === undefined || value === undefined) continue;
    yield row(`output.${name}`, 'secret-output', name, locationOf(value.where), search, {
      from,
      sensitive: isTrue(entry(body, 'sensitive')),
    });
  }
  for (const [name, placed] of module.locals) {
    if (placed.from.file.path !== path) continue;
    yield* literalsIn(named(name, evaluator.value(placed)), search, { isSecret: () => false });
  }
  for (const placed of here(module.calls)) yield* literalsIn(evaluator.body(placed), search, { isSecret: () => false });
}

function* loginRows(address: string, provider: string, fact: string, body: MapValue, search: Searching): Generator<Observation> {
  yield* literalsIn(body, search, { isSecret: (path) => path.length === 1 && LOGIN.test(path[0] ?? '') });
  const keys = new Map<string, Value>();
  for (const { key, value } of body.entries) if (LOGIN.test(key) && HARMLESS[provider]?.test(key) !== true) keys.set(key, value);
  const [first] = keys.values();
  if (first === undefined) return;
  const sources = [...keys.values()].map((value) => sourceOf(value, search));
  const source = ['literal', 'file', 'variable', 'store'].find((one) => sources.includes(one)) ?? 'computed';
  yield row(address, fact, [...keys.keys()].join(', '), locationOf(first.where), search, {
    provider,
    arguments: [...keys.keys()],
    source,
  });
}

/** A literal that looks like nothing (`mock_access_key`) is there for tests. */
function sourceOf(value: Value, { matches }: Searching): string {
  if (value.kind === 'text') {
    if (!value.isLiteral) return 'variable';
    if (/\.(?:json|pem|p12)$/.test(value.text)) return 'file';
    const isFound = matches.some(({ start, end }) => start < value.where.end && end > value.where.start);
    return isFound || looksSecret(value.text) ? 'literal' : 'placeholder';
  }
  const references = value.kind === 'unknown' ? value.references : [];
  if (references.some((one) => /^(?:data|ephemeral)\./.test(one))) return 'store';
  if (references.some((one) => one.startsWith('var.'))) return 'variable';
  return references.length === 0 ? 'file' : 'computed';
}

function row(
  address: string,
  fact: string,
  secretName: string,
  at: Location,
  search: Searching,
  detail: JsonObject,
): ConsumerObservation {
  const repository = at.repository === undefined ? '' : `${at.repository}:`;
  return {
    kind: 'consumer',
    consumer: `${repository}${search.path}#${address}`,
    type: 'code',
    secretName,
    how: fact.endsWith('-credential') ? 'static-key' : 'secret',
    ...(search.environment === undefined ? {} : { environment: search.environment }),
    at: { ...at, pointer: address },
    detail: { platform: 'terraform', fact, address, origin: 'source', ...detail },
  };
}

function named(name: string, value: Value | undefined): Value | undefined {
  return value === undefined ? undefined : { kind: 'map', entries: [{ key: name, value }], where: value.where };
}
