import { type Cloud, isOtherStore, isPublicName, staticCommand, staticVariable } from '../../src/ci/cloud-keys.ts';
import { entriesOf, get, type Scalar, scalarsOf, type Tree } from '../../src/formats/tree.ts';
import { federatedInput, staticInput } from './cloud-login.ts';
import { ALL_SECRETS, findExpressions, isCompared, JOB_TOKEN, secretsIn } from './expression.ts';
import { followSecret } from './shell.ts';
import type { Job, Step } from './workflow.ts';

/** Where a secret enters a job, widest first: what stands in an environment reaches every step below it. */
export const POSITIONS = ['workflow-env', 'job-env', 'container', 'secrets', 'step-env', 'with', 'run', 'other'] as const;
export type Position = (typeof POSITIONS)[number];

export type How = 'static-key' | 'oidc' | 'impersonation' | 'token' | 'secret';
const STRENGTH: readonly How[] = ['static-key', 'oidc', 'impersonation', 'token', 'secret'];

/** Everything a job does with one secret. */
export interface SecretUse {
  readonly name: string;
  how: How;
  cloud: Cloud | undefined;
  readonly positions: Set<Position>;
  /** Steps that name it; for an environment of a wider scope, those that read the variable. */
  readonly steps: Set<Step>;
  /** Steps whose process gets it. */
  readonly reaches: Set<Step>;
  readonly inputs: Set<string>;
  readonly variables: Set<string>;
  /** Places it is named at, for those who ask which step hands it to what. */
  readonly occurrences: Occurrence[];
  /** `toJSON(secrets)` or a name chosen at run time. */
  all: boolean;
  /** `fromJSON(secrets.X)`: its parts are not masked. */
  parsed: boolean;
  echoed: boolean;
  readonly buildArguments: { readonly step: Step; readonly line: number; readonly name?: string }[];
  /** Lines of scripts that print it, from 0. */
  readonly prints: StepLine[];
  /** Lines of scripts that pass it as an argument. */
  readonly argumentsAt: StepLine[];
  exported: boolean;
  output: boolean;
  argument: boolean;
  gitUrl: boolean;
  /** Files that scripts write it to. */
  readonly files: Set<string>;
  /** First place. */
  readonly scalar: Scalar;
  readonly offset: number;
}

export interface StepLine {
  readonly step: Step;
  /** Of its script, from 0. */
  readonly line: number;
}

export interface Occurrence {
  readonly position: Position;
  /** The input or variable that takes it, or the key it stands under. */
  readonly key: string;
  readonly step?: Step;
  readonly scalar: Scalar;
  readonly offset: number;
}

/** Of each secret of a job. */
const MAX_OCCURRENCES = 200;
const MAX_PRINTS = 50;

/** GitHub keeps at most 1,000 secrets of the organisation, 100 of the repository and 100 of the environment for a job. */
const MAX_SECRETS = 1200;
/** Characters of scripts, counted anew for each secret. */
const MAX_FOLLOWED = 20_000_000;

/** Finds every `secrets.X` of a job and of the workflow's environment, in the order of the file. */
export function findSecretUses(
  text: string,
  job: Job,
  workflowEnv: Tree | undefined,
  oidcAvailable: boolean,
): { readonly uses: readonly SecretUse[]; readonly problem?: string } {
  const finder = new Finder(text, oidcAvailable);
  // A called workflow does not see the caller's environment.
  if (job.calls === undefined) {
    for (const { key, scalar } of scalarsOf(workflowEnv)) finder.environment(scalar, key, 'workflow-env', job.steps);
  }
  for (const { key, value } of entriesOf(job.tree)) {
    if (key === 'env') for (const each of scalarsOf(value)) finder.environment(each.scalar, each.key, 'job-env', job.steps);
    else if (key === 'steps') for (const step of job.steps) readStep(step, finder);
    else if (key === 'container' || key === 'services') finder.each(value, 'container');
    else if (key === 'secrets') finder.each(value, 'secrets');
    else finder.each(value, key === 'with' ? 'with' : 'other');
  }
  finder.follow(job.steps);
  return finder.result();
}

function readStep(step: Step, finder: Finder): void {
  for (const { key, value } of entriesOf(step.tree)) {
    if (key === 'env') for (const each of scalarsOf(value)) finder.environment(each.scalar, each.key, 'step-env', [step], step);
    else if (key === 'with') {
      for (const each of scalarsOf(value)) {
        const federated = federatedInput(step, each.key);
        finder.note(each.scalar, each.key, {
          position: 'with',
          step,
          input: each.key,
          ...cloudOf(staticInput(step, each.key) ?? staticCommand(each.scalar.value), federated),
        });
      }
    } else if (key === 'run') {
      for (const each of scalarsOf(value)) {
        finder.note(each.scalar, key, { position: 'run', step, ...cloudOf(staticCommand(each.scalar.value), undefined) });
      }
    } else for (const each of scalarsOf(value, key)) finder.note(each.scalar, each.key, { position: 'other', step });
  }
}

function cloudOf(fixed: Cloud | undefined, federated: Cloud | undefined): { cloud?: Cloud; how?: 'static-key' | 'oidc' } {
  if (fixed !== undefined) return { cloud: fixed, how: 'static-key' };
  return federated === undefined ? {} : { cloud: federated, how: 'oidc' };
}

interface Note {
  readonly position: Position;
  readonly step?: Step;
  readonly input?: string;
  readonly variable?: string;
  readonly reaches?: readonly Step[];
  readonly cloud?: Cloud;
  readonly how?: How;
}

class Finder {
  readonly #text: string;
  readonly #oidcAvailable: boolean;
  readonly #uses = new Map<string, SecretUse>();
  #problem: string | undefined;

  constructor(text: string, oidcAvailable: boolean) {
    this.#text = text;
    this.#oidcAvailable = oidcAvailable;
  }

  result(): { readonly uses: readonly SecretUse[]; readonly problem?: string } {
    const uses = [...this.#uses.values()];
    return this.#problem === undefined ? { uses } : { uses, problem: this.#problem };
  }

  each(tree: Tree, position: Position): void {
    for (const { key, scalar } of scalarsOf(tree)) this.note(scalar, key, { position, input: key });
  }

  environment(scalar: Scalar, variable: string, position: Position, reaches: readonly Step[], step?: Step): void {
    const cloud = staticVariable(variable);
    const fixed = cloud === undefined ? {} : { cloud, how: 'static-key' as const };
    this.note(scalar, variable, { position, variable, reaches, ...(step === undefined ? {} : { step }), ...fixed });
  }

  /** Records the secrets of one scalar. A condition is an expression also without braces. */
  note(scalar: Scalar, key: string, note: Note): void {
    const written = this.#text.slice(scalar.start, scalar.end);
    const expressions = findExpressions(written);
    const bodies =
      expressions.length === 0 && key === 'if'
        ? [{ body: written, at: 0 }]
        : expressions.map(({ body, start }) => ({ body, at: start + 3 }));
    for (const { body, at } of bodies) {
      for (const { name, offset } of secretsIn(body)) {
        const given = isCompared(body, offset) ? { position: 'other' as const } : note;
        const use = this.#add(name, key, scalar, scalar.start + at + offset, given);
        if (use !== undefined && /\bfromJSON\(\s*$/i.test(body.slice(0, offset))) use.parsed = true;
      }
    }
  }

  /** Looks what scripts do with each secret, directly and through variables. */
  follow(steps: readonly Step[]): void {
    let budget = MAX_FOLLOWED;
    for (const use of this.#uses.values()) {
      const wide = use.positions.has('workflow-env') || use.positions.has('job-env');
      for (const step of steps) {
        const variables = wide || use.reaches.has(step) ? [...use.variables] : [];
        budget -= step.run?.length ?? 0;
        if (budget < 0) {
          this.#problem = 'its scripts are too long to follow every secret through them';
          return;
        }
        if (step.run !== undefined) {
          const handling = followSecret(step.run, use.name, variables);
          if (handling.used) use.steps.add(step);
          use.echoed ||= handling.echoed;
          for (const given of handling.buildArguments)
            if (use.buildArguments.length < MAX_PRINTS) use.buildArguments.push({ ...given, step });
          for (const line of handling.printedAt) if (use.prints.length < MAX_PRINTS) use.prints.push({ step, line });
          for (const line of handling.argumentAt) if (use.argumentsAt.length < MAX_PRINTS) use.argumentsAt.push({ step, line });
          use.exported ||= handling.exported;
          use.output ||= handling.output;
          use.argument ||= handling.argument;
          use.gitUrl ||= handling.gitUrl;
          for (const file of handling.files) use.files.add(file);
        }
        if (variables.length > 0 && readsVariable(step, use.variables)) use.steps.add(step);
      }
    }
  }

  #add(name: string, key: string, scalar: Scalar, offset: number, note: Note): SecretUse | undefined {
    const known = this.#uses.get(name);
    if (known === undefined && this.#uses.size >= MAX_SECRETS) {
      this.#problem = `a job uses more than ${MAX_SECRETS} secrets`;
      return undefined;
    }
    const use = known ?? create(name, scalar, offset);
    this.#uses.set(name, use);
    if (use.occurrences.length < MAX_OCCURRENCES) {
      const { position, step } = note;
      use.occurrences.push({
        position,
        key: note.variable ?? note.input ?? key,
        ...(step === undefined ? {} : { step }),
        scalar,
        offset,
      });
    }
    use.positions.add(note.position);
    if (note.step !== undefined) {
      use.steps.add(note.step);
      use.reaches.add(note.step);
    }
    for (const step of note.reaches ?? []) use.reaches.add(step);
    if (note.input !== undefined && note.input !== '') use.inputs.add(note.input);
    if (note.variable !== undefined) use.variables.add(note.variable);
    if (name === ALL_SECRETS) use.all = true;
    const how = this.#how(name, note);
    if (STRENGTH.indexOf(how) < STRENGTH.indexOf(use.how)) use.how = how;
    if (how !== 'secret') use.cloud ??= note.cloud ?? (how === 'static-key' ? staticVariable(name) : undefined);
    return use;
  }

  #how(name: string, { how, step }: Note): How {
    if (name === JOB_TOKEN) return 'token';
    if (how === 'static-key' && (isOtherStore(name) || isPublicName(name))) return 'secret';
    if (how === 'oidc') {
      const chained = entriesOf(step?.with).some(({ key }) => step !== undefined && staticInput(step, key) !== undefined);
      return chained || !this.#oidcAvailable ? 'impersonation' : 'oidc';
    }
    if (how !== undefined) return how;
    if (staticVariable(name) !== undefined && !isOtherStore(name)) return 'static-key';
    return /(?:^|_)(?:TOKEN|PAT)$/.test(name) ? 'token' : 'secret';
  }
}

function create(name: string, scalar: Scalar, offset: number): SecretUse {
  return {
    name,
    how: 'secret',
    cloud: undefined,
    positions: new Set(),
    steps: new Set(),
    reaches: new Set(),
    inputs: new Set(),
    variables: new Set(),
    occurrences: [],
    all: false,
    parsed: false,
    echoed: false,
    prints: [],
    argumentsAt: [],
    buildArguments: [],
    exported: false,
    output: false,
    argument: false,
    gitUrl: false,
    files: new Set(),
    scalar,
    offset,
  };
}

/** `${{ env.NAME }}` in a step's inputs and variables. */
function readsVariable(step: Step, variables: ReadonlySet<string>): boolean {
  for (const key of ['with', 'env']) {
    for (const { scalar } of scalarsOf(get(step.tree, key))) {
      for (const { body } of findExpressions(scalar.value)) {
        for (const match of body.matchAll(/\benv\.(?<name>\w+)/g)) if (variables.has(match.groups?.name ?? '')) return true;
      }
    }
  }
  return false;
}
