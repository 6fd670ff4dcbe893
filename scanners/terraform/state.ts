import type { Observation, SourceFile } from '../../src/contracts/index.ts';
import { readJson } from '../../src/formats/json.ts';
import { entriesOf, get, itemsOf, type Tree, textOf } from '../../src/formats/tree.ts';
import { mapOf, valueIn } from '../../src/iac/from-tree.ts';
import type { Resource, Stack } from '../../src/iac/resource.ts';
import { literalsIn, type Searching } from '../../src/iac/secrets.ts';
import { entry, known, type MapValue, type Source } from '../../src/iac/value.ts';
import { withCredentials } from './state-credentials.ts';

export interface Read {
  readonly stack: Stack;
  readonly problems: readonly string[];
  /** What is beside the resources. */
  rows(search: Searching): Generator<Observation>;
  /** `told` of the resources, with what only a state knows of credentials. */
  withCredentials(told: Iterable<Observation>, search: Searching): Generator<Observation>;
}

interface Held {
  readonly resource: Resource;
  /** Attributes that the state itself marks as sensitive. */
  readonly sensitive: ReadonlySet<string>;
}

/**
 * A state (versions 3 and 4) or a plan as JSON: what is, or is about to be, with ids, times and secrets in plain text.
 * https://developer.hashicorp.com/terraform/internals/json-format
 */
export function readState(file: SourceFile, text: string): Read {
  const json = readJson(text);
  const source: Source = { path: file.path, at: file.at, position: (offset) => json.position(offset) };
  const isPlan = get(json.root, 'planned_values') !== undefined || get(json.root, 'format_version') !== undefined;
  // `terraform show -json` of a state has its format too.
  const isShown = get(json.root, 'values') !== undefined && get(json.root, 'planned_values') === undefined;
  const held = isPlan ? plannedResources(json.root, source) : stateResources(json.root, source);
  const resources = held.map(({ resource }) => resource);
  const byAddress = new Map(resources.map((resource) => [resource.address, resource]));
  const stack: Stack = {
    platform: 'terraform',
    home: [file.at.repository ?? '', file.path].filter((part) => part !== '').join('/'),
    origin: isPlan ? 'plan' : 'state',
    resources,
    find: (address) => [byAddress.get(address)].filter((one) => one !== undefined),
  };
  const problems = [...json.problems];
  if (json.root?.type === 'mapping' && get(json.root, 'encrypted_data') !== undefined) problems.push('it is encrypted');
  return {
    stack,
    problems,
    withCredentials: (told, search) => (isPlan && !isShown ? iterate(told) : withCredentials(told, stack, search.context)),
    *rows(search) {
      for (const { resource, sensitive } of held) {
        if (sensitive.size > 0) {
          const isMarked = (path: readonly string[]) => sensitive.has(path[0] ?? '');
          const marked = { ...resource.body, entries: resource.body.entries.filter(({ key }) => sensitive.has(key)) };
          yield* literalsIn(marked, search, { isSecret: isMarked, detector: 'state' });
        }
      }
      yield* outputs(json.root, source, search);
      if (!isPlan && resources.length > 0) yield stateRow(file, stack, json.root);
    },
  };
}

function* iterate<T>(items: Iterable<T>): Generator<T> {
  yield* items;
}

function stateResources(root: Tree | undefined, source: Source): Held[] {
  const found: Held[] = [];
  for (const raw of itemsOf(get(root, 'resources'))) {
    const [type, name, mode] = [textOf(get(raw, 'type')), textOf(get(raw, 'name')), textOf(get(raw, 'mode'))];
    if (type === undefined || name === undefined) continue;
    const module = textOf(get(raw, 'module'));
    const isData = mode === 'data';
    for (const instance of itemsOf(get(raw, 'instances'))) {
      const attributes = get(instance, 'attributes') ?? get(instance, 'attributes_flat');
      if (attributes === undefined) continue;
      const index = get(instance, 'index_key');
      const key = index?.type !== 'scalar' ? '' : index.quoted ? `["${index.value}"]` : `[${index.value}]`;
      const address = `${module === undefined ? '' : `${module}.`}${isData ? 'data.' : ''}${type}.${name}${key}`;
      const sensitive = new Set(
        itemsOf(get(instance, 'sensitive_attributes')).flatMap((path) => textOf(get(itemsOf(path)[0], 'value')) ?? []),
      );
      found.push({ resource: resourceOf(address, type, isData, attributes, instance, source), sensitive });
    }
  }
  // Version 3: modules with resources by address, attributes in one flat list.
  for (const module of itemsOf(get(root, 'modules'))) {
    const path = itemsOf(get(module, 'path'))
      .slice(1)
      .flatMap((part) => textOf(part) ?? []);
    for (const { key, value } of entriesOf(get(module, 'resources'))) {
      const attributes = get(get(value, 'primary'), 'attributes');
      const type = textOf(get(value, 'type'));
      if (attributes === undefined || type === undefined) continue;
      const address = [...path.map((part) => `module.${part}`), key].join('.');
      found.push({
        resource: resourceOf(address, type, key.startsWith('data.'), attributes, value, source),
        sensitive: new Set(),
      });
    }
  }
  return found;
}

function plannedResources(root: Tree | undefined, source: Source): Held[] {
  const found: Held[] = [];
  const pending = [
    get(get(root, 'planned_values'), 'root_module'),
    get(get(get(root, 'prior_state'), 'values'), 'root_module'),
    get(get(root, 'values'), 'root_module'),
  ];
  const met = new Set<string>();
  for (let module = pending.shift(); pending.length > 0 || module !== undefined; module = pending.shift()) {
    for (const raw of itemsOf(get(module, 'resources'))) {
      const [address, type] = [textOf(get(raw, 'address')), textOf(get(raw, 'type'))];
      const values = get(raw, 'values');
      if (address === undefined || type === undefined || values === undefined || met.has(address)) continue;
      met.add(address);
      const sensitive = new Set(
        entriesOf(get(raw, 'sensitive_values')).flatMap(({ key, value }) => (textOf(value) === 'true' ? [key] : [])),
      );
      found.push({ resource: resourceOf(address, type, textOf(get(raw, 'mode')) === 'data', values, raw, source), sensitive });
    }
    pending.push(...itemsOf(get(module, 'child_modules')));
  }
  return found;
}

function resourceOf(address: string, type: string, isData: boolean, attributes: Tree, holder: Tree, source: Source): Resource {
  const body = mapOf(attributes, source);
  const account = /^arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:(?<account>\d{12}):/.exec(known(entry(body, 'arn')) ?? '')?.groups
    ?.account;
  return {
    mode: isData ? 'data' : 'managed',
    type,
    address,
    body,
    where: { source, start: holder.start, end: holder.start + 1, pointer: holder.pointer },
    ...(account === undefined ? {} : { account }),
  };
}

/** Outputs, and the variables of a plan. */
function* outputs(root: Tree | undefined, source: Source, search: Searching): Generator<Observation> {
  for (const list of [get(root, 'outputs'), get(get(root, 'planned_values'), 'outputs'), get(root, 'variables')]) {
    for (const { key, value } of entriesOf(list)) {
      const given = get(value, 'value');
      if (given === undefined) continue;
      const isSensitive = textOf(get(value, 'sensitive')) === 'true';
      const body: MapValue = {
        kind: 'map',
        entries: [{ key, value: valueIn(given, source) }],
        where: { source, start: value.start, end: value.end },
      };
      yield* literalsIn(body, search, { isSecret: () => isSensitive, detector: 'state' });
    }
  }
}

/** A state that lies with the code: everybody who may read the repository has what is in it. */
function stateRow(file: SourceFile, stack: Stack, root: Tree | undefined): Observation {
  const repository = file.at.repository === undefined ? '' : `${file.at.repository}:`;
  return {
    kind: 'consumer',
    consumer: `${repository}${file.path}#state`,
    type: 'code',
    secretName: file.path.slice(file.path.lastIndexOf('/') + 1),
    how: 'secret',
    at: { ...file.at, path: file.path, line: 1 },
    detail: {
      platform: 'terraform',
      fact: 'state-file',
      origin: 'state',
      resources: stack.resources.filter(({ mode }) => mode === 'managed').length,
      ...(textOf(get(root, 'terraform_version')) === undefined ? {} : { version: textOf(get(root, 'terraform_version')) ?? '' }),
    },
  };
}
