import type { ScanContext, SourceFile, Surroundings } from '../../src/contracts/index.ts';
import type { Block, Expression } from '../../src/formats/hcl/syntax.ts';
import type { Value } from '../../src/iac/value.ts';
import { type Given, type ProviderFacts, pathOf } from './evaluate.ts';
import { attributeOf, directoryOf, loadModule, type Module, type Placed, TERRAFORM_FILE } from './module.ts';
import { Recent } from './recent.ts';
import { type Prepared, prepare } from './stack.ts';

// https://developer.hashicorp.com/terraform/language/modules/syntax

/** What a `module` block gives the module it calls. */
export interface Call {
  readonly given: Given;
  /** Of the providers that it hands down. */
  readonly facts: ProviderFacts;
}

/** Bounds: files that are looked through for calls, calls of one module, modules that call each other. */
const MAX_FILES = 5000;
const MAX_CALLS = 12;
const MAX_DEPTH = 4;

const modules = new Recent<Promise<Module>>(8);

/**
 * A module as each call of it in the repository makes it; by itself where nothing calls it, or where it is applied by
 * itself as well.
 */
export async function preparedByCalls(
  module: Module,
  file: SourceFile,
  context: ScanContext,
  above: readonly string[] = [],
): Promise<readonly Prepared[]> {
  const directory = directoryOf(file.path);
  const callers = file.around === undefined ? [] : ((await callersIn(file.around)).get(directory) ?? []);
  const prepared: Prepared[] = [];
  for (const caller of callers) {
    if (above.length >= MAX_DEPTH || caller === directory || above.includes(caller)) continue;
    const first = await firstIn(caller, file.around);
    if (first === undefined) continue;
    const calling = await modules.of(first.around, caller, () => loadModule(first, context));
    const calls = calling.calls.filter(({ from, it }) => targetOf(from.file.path, it) === directory);
    for (const from of await preparedByCalls(calling, first, context, [...above, directory])) {
      for (const placed of calls) {
        if (prepared.length >= MAX_CALLS) return prepared;
        prepared.push(await prepare(module, callOf(placed, from)));
      }
    }
  }
  if (prepared.length === 0 || isAppliedAlone(module)) prepared.unshift(await prepare(module));
  return prepared;
}

function callOf(placed: Placed<Block>, { evaluator, facts }: Prepared): Call {
  const { attributes } = placed.it.body;
  const handed = handedProviders(placed.it);
  const values = new Map<string, Value | undefined>();
  return {
    given: {
      has: (name) => attributes.some((one) => one.name === name),
      value(name) {
        const it = attributeOf(placed.it.body, name);
        if (!values.has(name)) values.set(name, it === undefined ? undefined : evaluator.value({ from: placed.from, it }));
        return values.get(name);
      },
    },
    facts: (name) => facts(handed.get(name) ?? name),
  };
}

/** `providers = { aws = aws.prod }` */
function handedProviders(block: Block): ReadonlyMap<string, string> {
  const given = attributeOf(block.body, 'providers');
  const handed = new Map<string, string>();
  if (given?.kind !== 'object') return handed;
  for (const { key, value } of given.entries) {
    const [name, from] = [wordsOf(key), wordsOf(value)];
    if (name !== undefined && from !== undefined) handed.set(name, from);
  }
  return handed;
}

function wordsOf(expression: Expression): string | undefined {
  if (expression.kind !== 'reference') return textOf(expression);
  return [expression.root, ...expression.steps.filter((step) => typeof step === 'string')].join('.');
}

function textOf(expression: Expression | undefined): string | undefined {
  if (expression?.kind === 'literal') return String(expression.value);
  const [only, ...others] = expression?.kind === 'template' ? expression.parts : [];
  return typeof only === 'string' && others.length === 0 ? only : undefined;
}

/** The directory that a call with a local source leads to. */
function targetOf(from: string, call: Block): string | undefined {
  const source = textOf(attributeOf(call.body, 'source'));
  return source === undefined || !/^\.{1,2}\//.test(source) ? undefined : pathOf(from, source);
}

/** It has values or a state of its own. */
function isAppliedAlone({ values, settings }: Module): boolean {
  return values.size > 0 || settings.some(({ it }) => it.body.blocks.some(({ type }) => type === 'backend' || type === 'cloud'));
}

async function firstIn(directory: string, around: Surroundings | undefined): Promise<SourceFile | undefined> {
  const path = (await around?.list(directory))?.find((each) => TERRAFORM_FILE.test(each));
  return path === undefined ? undefined : await around?.read(path);
}

const indexes = new WeakMap<Surroundings, Promise<ReadonlyMap<string, readonly string[]>>>();

/** Directories whose files call a module, by the directory of the module. */
function callersIn(around: Surroundings): Promise<ReadonlyMap<string, readonly string[]>> {
  const known = indexes.get(around) ?? readCallers(around);
  indexes.set(around, known);
  return known;
}

async function readCallers(around: Surroundings): Promise<ReadonlyMap<string, readonly string[]>> {
  const callers = new Map<string, Set<string>>();
  const paths = [...(await around.paths())].filter((path) => TERRAFORM_FILE.test(path));
  // One directory calls nobody.
  if (new Set(paths.map(directoryOf)).size < 2) return new Map();
  for (const path of paths.slice(0, MAX_FILES)) {
    const file = await around.read(path);
    if (file === undefined || !Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.length).includes('module'))
      continue;
    for (const { groups } of file.text().matchAll(/\bsource"?\s*[=:]\s*"(?<source>\.{1,2}\/[^"\n]{0,300})"/g)) {
      const target = pathOf(path, groups?.source ?? '');
      const all = callers.get(target) ?? new Set();
      callers.set(target, all.add(directoryOf(path)));
    }
  }
  return new Map([...callers].map(([target, all]) => [target, [...all]]));
}
