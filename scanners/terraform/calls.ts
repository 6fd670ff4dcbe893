import type { ScanContext, SourceFile, Surroundings } from '../../src/contracts/index.ts';
import { pathFrom, type Reference, referrers } from '../../src/files/referrers.ts';
import type { Block, Expression } from '../../src/formats/hcl/syntax.ts';
import type { Value } from '../../src/iac/value.ts';
import type { Given, ProviderFacts, Steps } from './evaluate.ts';
import type { Bindings } from './instances.ts';
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

/** Bounds: calls of one module, modules that call each other. */
const MAX_CALLS = 100;
const MAX_DEPTH = 4;
/** Bounds on all that is done for the calls of one module, by its callers' callers too. */
const MAX_LOOKS = 2000;
const MAX_STEPS = 5_000_000;

/** What is left for the calls of one module, and what is known of its callers. */
interface Budget extends Steps {
  looks: number;
  readonly callers: Map<string, Promise<readonly Prepared[]>>;
}

const modules = new Recent<Promise<Module>>(8);

/**
 * A module as each call of it in the repository makes it; by itself where nothing calls it, or where it is applied by
 * itself as well. Calls that show or test it, and those from below it, are looked at beside what it is by itself: they
 * say nothing of what others make of it.
 */
export async function preparedByCalls(
  module: Module,
  file: SourceFile,
  context: ScanContext,
  above: readonly string[] = [],
  budget: Budget = { looks: MAX_LOOKS, steps: MAX_STEPS, callers: new Map() },
): Promise<readonly Prepared[]> {
  const directory = directoryOf(file.path);
  const prepared: Prepared[] = [];
  let isCut = false;
  // Calls that decide what the module is: how many there are, and how many make it.
  let seen = 0;
  let made = 0;
  for (const { caller, isAside } of asideLast(await callersOf(file), directory)) {
    if (above.length >= MAX_DEPTH || caller === directory || above.includes(caller)) continue;
    budget.looks -= 1;
    if (budget.looks < 0) {
      isCut = true;
      break;
    }
    const first = await firstIn(caller, file.around);
    if (first === undefined) continue;
    const calling = await modules.of(first.around, caller, () => loadModule(first, context));
    const calls = calling.calls.filter(({ from, it }) => targetOf(from.file.path, it) === directory);
    if (!isAside) seen += calls.length;
    if (calls.length === 0) continue;
    // At one depth its own callers are the same, whoever is called.
    const key = `${above.length} ${caller}`;
    const froms = budget.callers.get(key) ?? preparedByCalls(calling, first, context, [...above, directory], budget);
    budget.callers.set(key, froms);
    for (const from of await froms) {
      if (from.isCut === true) isCut = true;
      for (const placed of calls) {
        budget.looks -= 1;
        if (budget.looks < 0) {
          isCut = true;
          break;
        }
        for (const { bindings } of from.evaluator.callsOf(placed)) {
          if (prepared.length >= MAX_CALLS) {
            isCut = true;
            break;
          }
          const one = await prepare(module, callOf(placed, from, bindings), budget);
          prepared.push(from.isOff === true ? { ...one, isOff: true } : one);
          if (!isAside) made += 1;
        }
      }
    }
  }
  if (made === 0 || isAppliedAlone(module)) {
    const own = await prepare(module);
    // All of its calls are switched off: somebody else may switch one on.
    prepared.unshift(seen > 0 && !isCut && !isAppliedAlone(module) ? { ...own, isOff: true } : own);
  }
  const last = prepared.pop();
  return last === undefined ? [] : [...prepared, isCut ? { ...last, isCut } : last];
}

/** Directories of examples, tests and fixtures, as checks know them too. */
const FIXTURE =
  /(?:^|\/)(?:(?:(?:unit|integration|e2e)[-_]?)?tests?|test[-_]?data|(?:test[-_])?fixtures?|__(?:tests|fixtures|mocks)__|docs?|documentation|examples?|samples?|tutorials?|vendor|third_party|node_modules)\//i;

/** Callers that decide what the module is come first. */
function asideLast(callers: readonly string[], directory: string): { readonly caller: string; readonly isAside: boolean }[] {
  const below = directory === '' ? '' : `${directory}/`;
  const all = callers.map((caller) => ({
    caller,
    isAside: caller.startsWith(below) || (FIXTURE.test(`${caller}/`) && !FIXTURE.test(`${directory}/`)),
  }));
  return [...all.filter(({ isAside }) => !isAside), ...all.filter(({ isAside }) => isAside)];
}

function callOf(placed: Placed<Block>, { evaluator, facts }: Prepared, bindings: Bindings): Call {
  const { attributes } = placed.it.body;
  const handed = handedProviders(placed.it);
  const values = new Map<string, Value | undefined>();
  return {
    given: {
      has: (name) => attributes.some((one) => one.name === name),
      value(name) {
        const it = attributeOf(placed.it.body, name);
        if (!values.has(name))
          values.set(name, it === undefined ? undefined : evaluator.value({ from: placed.from, it }, bindings));
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
  return source === undefined || !/^\.{1,2}\//.test(source) ? undefined : pathFrom(from, source);
}

/** It has values or a state of its own. */
function isAppliedAlone({ values, settings }: Module): boolean {
  return values.size > 0 || settings.some(({ it }) => it.body.blocks.some(({ type }) => type === 'backend' || type === 'cloud'));
}

async function firstIn(directory: string, around: Surroundings | undefined): Promise<SourceFile | undefined> {
  const path = (await around?.list(directory))?.find((each) => TERRAFORM_FILE.test(each));
  return path === undefined ? undefined : await around?.read(path);
}

const LOCAL_MODULE: Reference = {
  isFile: (path) => TERRAFORM_FILE.test(path),
  word: 'module',
  pattern: /\bsource"?\s*[=:]\s*"(?<to>\.{1,2}\/[^"\n]{0,300})"/g,
  target: pathFrom,
};

/** Directories whose files call the module of a directory. */
async function callersOf({ path, around }: SourceFile): Promise<readonly string[]> {
  const callers = around === undefined ? [] : ((await referrers(around, LOCAL_MODULE)).get(directoryOf(path)) ?? []);
  return [...new Set(callers.map(directoryOf))];
}
