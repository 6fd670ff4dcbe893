import type { IdentityId, JsonObject } from '../../../src/contracts/index.ts';
import { get, type Scalar, type Tree, textOf } from '../../../src/formats/tree.ts';
import { ALL_SECRETS, JOB_TOKEN } from '../expression.ts';
import type { SecretUse } from '../secret-use.ts';
import type { Job, Step, Workflow } from '../workflow.ts';

/** A job with all that is known of its secrets: what the finders of facts look at. */
export interface JobView {
  readonly job: Job;
  readonly workflow: Workflow;
  readonly repository: string | undefined;
  readonly uses: readonly SecretUse[];
  readonly jobToken: IdentityId;
}

/** Something about how the job handles an identity or secret, by a name that checks ask for. */
export interface Fact {
  readonly fact: string;
  readonly offset: number;
  readonly pointer: string;
  /** One of the two. */
  readonly secretName?: string;
  readonly identity?: IdentityId;
  readonly how?: 'token' | 'secret';
  readonly detail?: JsonObject;
}

/** A secret that a step gets, and by which input or variable. */
export interface Given {
  readonly use: SecretUse;
  readonly key: string;
  readonly scalar: Scalar;
  readonly offset: number;
}

/** Secrets that a step is handed by itself, or finds in the environment of job or workflow; the job's token too. */
export function givenTo(view: JobView, step: Step): Given[] {
  const given: Given[] = [];
  for (const use of view.uses) {
    for (const { position, key, step: at, scalar, offset } of use.occurrences) {
      if (at === step || position === 'workflow-env' || position === 'job-env') given.push({ use, key, scalar, offset });
    }
  }
  return given;
}

export function isMadeSecret({ name }: SecretUse): boolean {
  return name !== JOB_TOKEN && name !== ALL_SECRETS;
}

export function inputOf(step: Step, name: string): string | undefined {
  const text = textOf(get(step.with, name))?.trim();
  return text === '' ? undefined : text;
}

/** Of several spellings of an input the first that is set. */
export function anyInput(step: Step, names: readonly string[]): { readonly tree: Tree; readonly text: string } | undefined {
  for (const name of names) {
    const tree = get(step.with, name);
    const text = textOf(tree)?.trim();
    if (tree !== undefined && text !== undefined && text !== '') return { tree, text };
  }
  return undefined;
}

export function stepsAfter(job: Job, step: Step): readonly Step[] {
  return job.steps.slice(job.steps.indexOf(step) + 1);
}

/** Major version by the tag that an action is used at; `undefined` for commits and branches. */
export function majorOf(step: Step): number | undefined {
  const major = /@v?(?<major>\d{1,3})(?:\.|$)/.exec(step.uses?.uses ?? '')?.groups?.major;
  return major === undefined ? undefined : Number(major);
}

export function nameOf(step: Step): string {
  return step.name.slice(0, 120);
}
