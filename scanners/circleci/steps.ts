import { ciStep, variablesOf, withText } from '../../src/ci/build.ts';
import type { CiComponent, CiStep, CiVariable } from '../../src/ci/model.ts';
import { entriesOf, get, itemsOf, type Mapping, type Scalar, scalarsOf, type Tree, textOf } from '../../src/formats/tree.ts';

const MAX_STEPS = 1000;
const MAX_DEPTH = 10;

type Parameters = ReadonlyMap<string, string>;

/** The steps of a job with the commands that it calls put in, and their parameters. */
export function expandSteps(
  job: Tree | undefined,
  call: { readonly name: string; readonly tree: Tree; readonly parameters: Tree | undefined },
  root: Mapping,
  orbs: ReadonlyMap<string, CiComponent>,
): CiStep[] {
  const steps: CiStep[] = [];
  const take = (tree: Tree | undefined, parameters: Parameters, depth: number): void => {
    for (const item of itemsOf(tree)) {
      if (steps.length >= MAX_STEPS || depth > MAX_DEPTH) return;
      const text = textOf(item);
      const [entry] = text === undefined ? entriesOf(item) : [{ key: text, value: item }];
      if (entry === undefined) continue;
      const { key, value } = entry;
      if (key === 'run') steps.push(runStep(steps.length, value, parameters));
      else if (key === 'when' || key === 'unless') take(get(value, 'steps'), parameters, depth + 1);
      else if (key === 'steps') take(value, parameters, depth + 1);
      else {
        const command = get(get(root, 'commands'), key);
        if (command !== undefined) take(get(command, 'steps'), parametersOf(command, value, parameters), depth + 1);
        else {
          const orb = orbs.get(key.split('/', 1)[0] ?? '');
          steps.push(
            ciStep(steps.length, key, {
              at: item,
              ...(orb === undefined ? {} : { uses: orb }),
              inputs: inputsOf(value, parameters),
            }),
          );
        }
      }
    }
  };
  if (job === undefined) {
    const orb = orbs.get(call.name.split('/', 1)[0] ?? '');
    return [
      ciStep(0, call.name, {
        at: call.tree,
        ...(orb === undefined ? {} : { uses: orb }),
        inputs: inputsOf(call.parameters, new Map()),
      }),
    ];
  }
  take(get(job, 'steps'), parametersOf(job, call.parameters, new Map()), 0);
  return steps;
}

function runStep(index: number, tree: Tree, parameters: Parameters): CiStep {
  const command = tree.type === 'scalar' ? tree : get(tree, 'command');
  const name = textOf(get(tree, 'name')) ?? 'run';
  const scripts = command?.type === 'scalar' ? [put(command, parameters)] : [];
  const variables = variablesOf(get(tree, 'environment'), 'step-env').map((one) => ({
    ...one,
    value: put(one.value, parameters),
  }));
  return ciStep(index, name, { at: tree, scripts, variables });
}

function inputsOf(tree: Tree | undefined, parameters: Parameters): CiVariable[] {
  if (tree?.type !== 'mapping') return [];
  const found: CiVariable[] = [];
  for (const { key, scalar } of scalarsOf({
    ...tree,
    entries: tree.entries.filter((entry) => !/^(?:context|filters|requires|name|matrix|type)$/.test(entry.key)),
  })) {
    found.push({ name: key, value: put(scalar, parameters), position: 'with' });
  }
  return found.slice(0, 200);
}

/** What a command or job is called with, else its defaults. */
function parametersOf(callee: Tree, given: Tree | undefined, outer: Parameters): Parameters {
  const known = new Map<string, string>();
  for (const { key, value } of entriesOf(get(callee, 'parameters'))) {
    const text = textOf(get(given, key)) ?? textOf(get(value, 'default'));
    if (text !== undefined) known.set(key, fill(text, outer));
  }
  return known;
}

function put(scalar: Scalar, parameters: Parameters): Scalar {
  const text = fill(scalar.value, parameters);
  return text === scalar.value ? scalar : withText(scalar, text);
}

function fill(text: string, parameters: Parameters): string {
  return text.replace(/<<\s*parameters\.(?<name>[\w-]+)\s*>>/g, (whole, name: string) => parameters.get(name) ?? whole);
}
