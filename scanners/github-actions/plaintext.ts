import { type PlainValue, plainArguments, plainValue } from '../../src/ci/plain-value.ts';
import type { Match } from '../../src/contracts/index.ts';
import { isPlaceholder } from '../../src/formats/plain-value.ts';
import { entriesOf, get, type Scalar, scalarsOf, type Tree } from '../../src/formats/tree.ts';
import { Secret } from '../../src/util/secret.ts';
import type { Workflow } from './workflow.ts';

/** A literal that stands for a secret by its name or its place. */
export interface FoundValue extends PlainValue {
  /** Nothing but a password can stand there. */
  readonly certain: boolean;
}

/** `text` is the file with its expressions blanked. */
export function findPlainValues(
  text: string,
  root: Tree | undefined,
  workflow: Workflow,
  matches: readonly Match[],
): FoundValue[] {
  const found = new Map<number, FoundValue>();
  const isKnown = (start: number, end: number) => matches.some((match) => match.start < end && match.end > start);
  const add = (value: PlainValue, certain = false) => {
    if (!isKnown(value.start, value.end)) found.set(value.start, { ...value, certain });
  };

  const named: (Tree | undefined)[] = [get(root, 'env')];
  for (const job of workflow.jobs) {
    named.push(job.env, get(job.tree, 'with'), get(job.tree, 'secrets'));
    const container = get(job.tree, 'container');
    named.push(get(container, 'env'));
    // Not the environment of services: passwords of throw-away databases are set there by custom.
    const logins = [container, ...entriesOf(get(job.tree, 'services')).map(({ value }) => value)];
    for (const place of logins) {
      const password = get(get(place, 'credentials'), 'password');
      const value = password?.type === 'scalar' ? registryPassword(text, password) : undefined;
      if (value !== undefined) add(value, true);
    }
    for (const step of job.steps) {
      named.push(step.env, step.with);
      for (const { scalar } of scalarsOf(get(step.tree, 'run'))) for (const value of plainArguments(text, scalar)) add(value);
    }
  }
  for (const tree of named) {
    for (const { key, value } of entriesOf(tree)) {
      if (value.type !== 'scalar') continue;
      const plain = plainValue(text, key, value);
      if (plain !== undefined) add(plain);
    }
  }
  return [...found.values()].sort((a, b) => a.start - b.start);
}

/** What logs in to a registry of images is a password, whatever it looks like. */
function registryPassword(text: string, scalar: Scalar): PlainValue | undefined {
  const quote = scalar.quoted ? 1 : 0;
  const [start, end] = [scalar.start + quote, scalar.end - quote];
  const value = text.slice(start, end);
  if (value !== scalar.value || value.length < 4 || value.length > 4096 || /\s/.test(value) || isPlaceholder(value))
    return undefined;
  return { type: 'password', secret: new Secret(value), start, end, pointer: scalar.pointer };
}
