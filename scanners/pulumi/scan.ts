import type { ConsumerObservation, Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { readJson } from '../../src/formats/json.ts';
import { secretKind } from '../../src/formats/plain-value.ts';
import { entriesOf, get, itemsOf, type Tree, textOf } from '../../src/formats/tree.ts';
import { readYaml } from '../../src/formats/yaml.ts';
import { computed } from '../../src/iac/computed.ts';
import { coverDeclared } from '../../src/iac/cover.ts';
import { describeStack, stackCoverage } from '../../src/iac/describe.ts';
import { valueIn } from '../../src/iac/from-tree.ts';
import type { Resource, Stack } from '../../src/iac/resource.ts';
import { literalsIn, type Searching, searching, sightingsOf } from '../../src/iac/secrets.ts';
import { entry, known, locationOf, type MapValue, type Source, type Value, type Where } from '../../src/iac/value.ts';
import { convert, terraformType } from './names.ts';

/** Stands for what a function gives. */
const OPEN = `$\u007b…}`;
const MAX_CHARACTERS = 16 * 1024 * 1024;

/** What Pulumi's settings, programs in YAML and states hold. */
export function* scanPulumi(file: SourceFile, context: ScanContext): Generator<Observation> {
  const matches = context.detect(file.text(), { path: file.path });
  yield* sightingsOf(file, matches, context);
  const text = coverDeclared(file.text(), matches);
  if (text.length > MAX_CHARACTERS) {
    return yield stackCoverage(file, [`longer than ${MAX_CHARACTERS >> 20} Mi characters: only searched for keys`]);
  }
  const isState = /\.json$/i.test(file.path);
  const document = isState ? readJson(text) : readYaml(text);
  const source: Source = { path: file.path, at: file.at, position: (offset) => document.position(offset) };
  const search = searching(file.path, matches, context);
  const resources = isState ? stateResources(document.root, source) : programResources(document.root, source, text);
  const byAddress = new Map(resources.map((resource) => [resource.address, resource]));
  const stack: Stack = {
    platform: 'pulumi',
    home: [file.at.repository ?? '', isState ? file.path : directoryOf(file.path)].filter((part) => part !== '').join('/'),
    origin: isState ? 'state' : 'source',
    resources,
    find: (reference) =>
      [byAddress.get(reference) ?? byAddress.get(reference.split('.')[0] ?? '')].filter((one) => one !== undefined),
  };
  const description = describeStack(stack, context.now());
  yield* description.rows(search);
  if (isState) {
    if (resources.length > 0) yield stateRow(file, resources.length);
  } else yield* settingRows(document.root, source, search, text);
  yield stackCoverage(file, [...document.problems, ...description.tally.malformed, ...programProblems(file, document.root)]);
}

/** A program in a general language is code: what it declares is known once it has run, from the state. */
function programProblems(file: SourceFile, root: Tree | undefined): string[] {
  if (!/(?:^|\/)Pulumi\.ya?ml$/.test(file.path)) return [];
  const runtime = textOf(get(root, 'runtime')) ?? textOf(get(get(root, 'runtime'), 'name'));
  if (runtime === undefined || runtime === 'yaml') return [];
  const name = runtime.replace(/[^\w.-]/g, '').slice(0, 40);
  return [`programs are not evaluated: what this one (${name}) declares is only seen in an exported state (pulumi stack export)`];
}

/**
 * `config:` of a stack: an encrypted value is a mapping with `secure`, any other lies open. Names carry their namespace:
 * `aws:secretKey`, `shop:dbPassword`. https://www.pulumi.com/docs/iac/concepts/config/
 */
function* settingRows(root: Tree | undefined, source: Source, search: Searching, text: string): Generator<Observation> {
  const config = get(root, 'config');
  for (const { key, value } of entriesOf(config)) {
    const name = key.slice(key.lastIndexOf(':') + 1);
    const isSecure = get(value, 'secure') !== undefined;
    const kind = secretKind(name);
    if (!isSecure) {
      const body: MapValue = {
        kind: 'map',
        entries: [{ key: name, value: valueIn(value, source) }],
        where: whereOf(value, source),
      };
      yield* literalsIn(body, search, { isSecret: (path) => path.some((part) => secretKind(part) !== undefined) });
    }
    if (kind === undefined || (value.type === 'mapping' && !isSecure)) continue;
    const head = Math.max(0, text.lastIndexOf(key, value.start));
    yield row(`config.${key}`, 'secret-setting', name, locationOf({ source, start: head, end: head }), search, {
      encrypted: isSecure,
      isReference: /^\$\{/.test(textOf(value) ?? ''),
    });
  }
  const salt = get(root, 'encryptionsalt');
  if (salt !== undefined)
    yield row('encryptionsalt', 'passphrase-provider', 'PULUMI_CONFIG_PASSPHRASE', locationOf(whereOf(salt, source)), search, {});
}

/** `resources:` of a program in YAML. */
function programResources(root: Tree | undefined, source: Source, text: string): Resource[] {
  const declared = new Map(entriesOf(get(root, 'resources')).map(({ key, value }) => [key, value]));
  const heads = new Map<string, Resource>();
  for (const [name, tree] of declared) {
    const type = terraformType(textOf(get(tree, 'type')) ?? '');
    if (type === undefined) continue;
    const at = text.lastIndexOf(name, tree.start);
    const start = at < 0 ? tree.start : at;
    const where: Where = { source, start, end: start + 1, pointer: tree.pointer };
    heads.set(name, { mode: 'managed', type, address: name, body: { kind: 'map', entries: [], where }, where });
  }
  const busy = new Set<string>();
  const evaluate = (tree: Tree): Value | undefined => {
    const where = whereOf(tree, source);
    if (tree.type === 'mapping' && tree.entries.length === 1) {
      const [only] = tree.entries;
      if (only?.key === 'fn::toJSON') return convert(only.value, source, evaluate, true);
      if (only?.key === 'fn::secret') return { kind: 'unknown', text: OPEN, references: ['secret'], where };
      return only?.key.startsWith('fn::') === true ? { kind: 'unknown', text: OPEN, references: [], where } : undefined;
    }
    if (tree.type !== 'scalar') return undefined;
    if (!tree.quoted && tree.value === '') return undefined;
    const names = [...tree.value.matchAll(/\$\{(?<name>[\w-]+)(?:\.(?<attribute>\w+))?[^}]*\}/g)];
    if (names.length === 0) return { kind: 'text', text: tree.value, isLiteral: true, where };
    const references: string[] = [];
    let isKnown = true;
    const filled = tree.value.replace(
      /\$\{(?<name>[\w-]+)(?:\.(?<attribute>\w+))?[^}]*\}/g,
      (whole, name: string, wanted: string | undefined) => {
        const head = heads.get(name);
        const key = `${name}.${wanted ?? 'id'}`;
        const made = head === undefined || busy.has(key) ? undefined : lookUp(head, wanted ?? 'id', key);
        if (made === undefined) {
          isKnown = false;
          references.push(head === undefined ? `var.${name}` : name);
        }
        return made ?? whole;
      },
    );
    if (!isKnown) return { kind: 'unknown', text: filled, references, where };
    return {
      kind: 'text',
      text: filled,
      isLiteral: false,
      ...(filled.includes('{') && !filled.includes('"') ? { isSymbolic: true } : {}),
      where,
    };
  };
  const lookUp = (head: Resource, wanted: string, key: string): string | undefined => {
    busy.add(key);
    try {
      const properties = get(declared.get(head.address), 'properties');
      return computed(head, wanted.toLowerCase(), (name) => {
        const converted = properties === undefined ? undefined : convert(properties, source, evaluate);
        const own = entry(converted, name);
        return own?.kind === 'text' && own.isSymbolic !== true ? own : undefined;
      });
    } finally {
      busy.delete(key);
    }
  };
  return [...heads].map(([name, head]) => {
    const properties = get(declared.get(name), 'properties');
    const body = properties === undefined ? undefined : convert(properties, source, evaluate);
    return { ...head, body: body?.kind === 'map' ? body : head.body };
  });
}

/** `pulumi stack export`, and the files of a self-managed backend. */
function stateResources(root: Tree | undefined, source: Source): Resource[] {
  const deployment = get(root, 'deployment') ?? get(get(root, 'checkpoint'), 'latest');
  const found: Resource[] = [];
  const plain = (tree: Tree): Value | undefined => {
    if (tree.type !== 'scalar' || (!tree.quoted && tree.value === '')) return undefined;
    return { kind: 'text', text: tree.value, isLiteral: true, where: whereOf(tree, source) };
  };
  for (const raw of itemsOf(get(deployment, 'resources'))) {
    const type = terraformType(textOf(get(raw, 'type')) ?? '');
    const urn = textOf(get(raw, 'urn'));
    const values = get(raw, 'outputs') ?? get(raw, 'inputs');
    if (type === undefined || urn === undefined || values === undefined) continue;
    const converted = convert(values, source, plain);
    const where: Where = { source, start: raw.start, end: raw.start + 1, pointer: raw.pointer };
    const body: MapValue = converted?.kind === 'map' ? converted : { kind: 'map', entries: [], where };
    const account = /^arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:(?<account>\d{12}):/.exec(known(entry(body, 'arn')) ?? '')?.groups
      ?.account;
    found.push({
      mode: 'managed',
      type,
      address: urn.split('::').slice(2).join('::'),
      body,
      where,
      ...(account === undefined ? {} : { account }),
    });
  }
  return found;
}

function stateRow(file: SourceFile, resources: number): ConsumerObservation {
  return {
    kind: 'consumer',
    consumer: `${file.at.repository === undefined ? '' : `${file.at.repository}:`}${file.path}#state`,
    type: 'code',
    secretName: file.path.slice(file.path.lastIndexOf('/') + 1),
    how: 'secret',
    at: { ...file.at, path: file.path, line: 1 },
    detail: { platform: 'pulumi', fact: 'state-file', origin: 'state', resources },
  };
}

function row(
  address: string,
  fact: string,
  secretName: string,
  at: ReturnType<typeof locationOf>,
  search: Searching,
  detail: { readonly [key: string]: boolean | string },
): ConsumerObservation {
  return {
    kind: 'consumer',
    consumer: `${at.repository === undefined ? '' : `${at.repository}:`}${search.path}#${address}`,
    type: 'code',
    secretName,
    how: 'secret',
    ...(search.environment === undefined ? {} : { environment: search.environment }),
    at: { ...at, pointer: address },
    detail: { platform: 'pulumi', fact, address, origin: 'source', ...detail },
  };
}

function whereOf(tree: Tree, source: Source): Where {
  return { source, start: tree.start, end: tree.end, pointer: tree.pointer };
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
