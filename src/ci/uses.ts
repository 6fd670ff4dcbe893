import type { IdentityId, JsonObject } from '../contracts/index.ts';
import type { Scalar } from '../formats/tree.ts';
import { type Cloud, isPublicName, staticCommand, staticVariable } from './cloud-keys.ts';
import type { CiJob, CiReference, CiStep, CiVariable, How, Part, Pipeline, Position } from './model.ts';
import { commandsOf } from './script.ts';
import { isSecretName } from './secret-name.ts';
import { followVariables, readScript, type Script, variablesIn } from './shell.ts';

/** Everything a job does with one secret. */
export interface SecretUse {
  readonly name: string;
  how: How;
  cloud: Cloud | undefined;
  readonly positions: Set<Position>;
  /** Steps that name it. */
  readonly steps: Set<CiStep>;
  /** Steps whose process gets it; empty: all. */
  readonly reaches: Set<CiStep>;
  readonly inputs: Set<string>;
  readonly variables: Set<string>;
  echoed: boolean;
  /** Lines of scripts that print it. */
  readonly prints: PrintedLine[];
  /** Lines of scripts that pass it as an argument. */
  readonly argumentsAt: PrintedLine[];
  /** Builds of images that get it as an argument. */
  readonly buildArguments: (PrintedLine & { readonly name?: string })[];
  exported: boolean;
  gitUrl: boolean;
  readonly files: Set<string>;
  argument: boolean;
  readonly place: Part;
  /** The file says that it is one; else its name does. */
  readonly explicit: boolean;
  readonly jobToken: boolean;
  readonly identity: IdentityId | undefined;
  readonly type: string | undefined;
  detail: JsonObject;
}

export interface PrintedLine {
  readonly scalar: Scalar;
  /** From 0. */
  readonly line: number;
}

const STRENGTH: readonly How[] = ['static-key', 'oidc', 'impersonation', 'token', 'secret'];
const MAX_SECRETS = 1200;
/** Characters of scripts. */
const MAX_FOLLOWED = 2_000_000;
/** Characters of commands, counted anew for each secret that they read. */
const MAX_TEXT = 20_000_000;

/** Places that a secret is printed at. */
const MAX_PRINTS = 50;

/** A script of a step, read. */
export interface StepScript {
  readonly step: CiStep;
  readonly scalar: Scalar;
  readonly script: Script;
}

export interface JobUses {
  readonly uses: readonly SecretUse[];
  readonly scripts: readonly StepScript[];
  readonly problem?: string;
}

export interface UsesOptions {
  /** `$(X)` is a variable. */
  readonly macros: boolean;
}

/** Finds every secret of a job: those that the file names, and variables that no file defines and whose name says secret. */
export function findSecretUses(
  text: string,
  job: CiJob,
  pipeline: Pipeline,
  extra: readonly CiReference[],
  { macros }: UsesOptions,
): JobUses {
  const uses = new Map<string, SecretUse>();
  const scripts: StepScript[] = [];
  let problem: string | undefined;
  let budget = MAX_FOLLOWED;
  for (const step of job.steps) {
    for (const scalar of step.scripts) {
      budget -= scalar.value.length;
      if (budget < 0) {
        problem = 'its scripts are too long to follow every secret through them';
        break;
      }
      scripts.push({ step, scalar, script: readScript(scalar.value, macros) });
    }
  }

  const add = (name: string, place: Part, position: Position, reference?: CiReference): SecretUse | undefined => {
    const known = uses.get(name);
    if (known === undefined && uses.size >= MAX_SECRETS) {
      problem = `a job uses more than ${MAX_SECRETS} secrets`;
      return undefined;
    }
    const use = known ?? create(name, place, reference, pipeline);
    uses.set(name, use);
    use.positions.add(position);
    strengthen(use, reference?.how, reference?.cloud);
    return use;
  };

  const holders = new Map<string, SecretUse>();
  for (const reference of [...job.references, ...extra]) {
    const use = add(reference.name, reference.place, reference.position, reference);
    if (use === undefined) continue;
    for (const variable of reference.variables ?? []) {
      use.variables.add(variable);
      holders.set(variable, use);
      strengthen(use, undefined, staticVariable(variable));
    }
    for (const input of reference.inputs ?? []) use.inputs.add(input);
    for (const step of reference.steps ?? []) {
      use.steps.add(step);
      use.reaches.add(step);
    }
    use.detail = { ...use.detail, ...reference.detail };
  }

  const defined = new Set<string>(job.given);
  const variables: { readonly variable: CiVariable; readonly step?: CiStep; readonly isInput: boolean }[] = [
    ...job.variables.map((variable) => ({ variable, isInput: false })),
    ...job.steps.flatMap((step) => [
      ...step.variables.map((variable) => ({ variable, step, isInput: false })),
      ...step.inputs.map((variable) => ({ variable, step, isInput: true })),
    ]),
  ];
  for (const { variable, isInput } of variables) {
    const reads = variablesIn(variable.value.value, macros);
    if (!isInput && !reads.some(({ name }) => name === variable.name) && variable.value.value !== '') defined.add(variable.name);
  }
  // What a script sets from something else than another variable alone is its own.
  const aliases = new Map<string, string>();
  const aliasPlaces = new Map<string, StepScript>();
  for (const each of scripts) {
    for (const [name, value] of each.script.assigned) {
      const reads = variablesIn(value, macros);
      const [first] = reads;
      if (first !== undefined && reads.length === 1 && !value.includes('$(') && !value.includes('`')) {
        if (first.name !== name) {
          aliases.set(name, first.name);
          aliasPlaces.set(name, each);
        }
      } else if (!reads.some((read) => read.name === name)) defined.add(name);
    }
  }

  const find = (name: string, place: () => Part, position: Position): SecretUse | undefined => {
    const held = holders.get(name);
    if (held !== undefined) return held;
    const source = aliases.get(name);
    if (source !== undefined && source !== name) {
      aliases.delete(name);
      const use = find(source, place, position);
      aliases.set(name, source);
      if (use !== undefined) {
        use.variables.add(name);
        strengthen(use, undefined, staticVariable(name));
      }
      return use;
    }
    if (defined.has(name)) return undefined;
    const isToken = pipeline.jobToken?.test(name) ?? false;
    if (pipeline.namesOnly === true || (!isToken && (pipeline.predefined?.test(name) || !isSecretName(name)))) return undefined;
    const use = add(name, place(), position);
    use?.variables.add(name);
    return use;
  };

  for (const { variable, step, isInput } of variables) {
    const { value, name } = variable;
    const reads = variablesIn(value.value, macros);
    if (reads.length === 0) continue;
    const offsets = offsetsIn(text, value, macros);
    for (const read of reads) {
      const place = () => at(value, offsets.get(read.name));
      // A name that stands for a secret is one whatever its value is called.
      const use =
        find(read.name, place, variable.position) ??
        (read.name !== name &&
        !defined.has(read.name) &&
        pipeline.namesOnly !== true &&
        staticVariable(name) !== undefined &&
        value.value.length === read.end - read.offset &&
        !pipeline.predefined?.test(read.name)
          ? add(read.name, place(), variable.position)
          : undefined);
      if (use === undefined) continue;
      use.positions.add(variable.position);
      if (isInput) use.inputs.add(name);
      else {
        use.variables.add(name);
        holders.set(name, use);
      }
      if (step !== undefined) {
        use.steps.add(step);
        if (use.explicit || isInput) use.reaches.add(step);
      }
      strengthen(use, undefined, staticVariable(name));
    }
  }

  for (const { step, scalar, script } of scripts) {
    let offsets: ReadonlyMap<string, number> | undefined;
    for (const command of script.commands) {
      for (const name of command.reads) {
        const use = find(
          name,
          () => {
            offsets ??= offsetsIn(text, scalar, macros);
            return at(scalar, offsets.get(name));
          },
          'run',
        );
        if (use === undefined) continue;
        use.positions.add('run');
        use.steps.add(step);
        strengthen(use, undefined, staticCommand(command.stages.join('|')));
      }
    }
  }

  // What a script hands to the tools of a cloud under their own name is a key, whatever the CI system calls it.
  const isTemporary = scripts.some(({ script }) => script.assigned.has('AWS_SESSION_TOKEN'));
  for (const [name, { step, scalar }] of aliasPlaces) {
    const cloud = staticVariable(name);
    const source = aliases.get(name);
    if (cloud === undefined || source === undefined || aliases.has(source) || (cloud === 'aws' && isTemporary)) continue;
    const place = () => at(scalar, offsetsIn(text, scalar, macros).get(source));
    const isForeign = defined.has(source) || pipeline.namesOnly === true || (pipeline.predefined?.test(source) ?? false);
    const use = find(source, place, 'run') ?? (isForeign || isPublicName(source) ? undefined : add(source, place(), 'run'));
    if (use === undefined) continue;
    use.steps.add(step);
    use.variables.add(name);
    use.variables.add(source);
    strengthen(use, undefined, cloud);
  }

  // A key file is written by one command and logged in with by another.
  let followed = 0;
  // Tasks take words of a command line, too.
  const inputs = job.steps
    .flatMap((step) => step.inputs)
    .filter(({ value }) => value.value.includes('--build-arg') && value.value.length < 10_000)
    .map(({ value }) => ({ scalar: value, script: readScript(value.value, macros) }));
  const gcloud = scripts.some(({ script }) => staticCommand(script.text) === 'gcp');
  for (const use of uses.values()) {
    // The lines of a job are often scripts of one shell.
    let holders: ReadonlySet<string> = use.variables;
    for (const { script, scalar } of scripts) {
      if (followed > MAX_TEXT) {
        problem = 'its scripts are too long to follow every secret through them';
        break;
      }
      const told = followVariables(script, holders, macros);
      followed += told.read;
      if (told.derived.length > 0) holders = new Set([...holders, ...told.derived]);
      if (!told.used) continue;
      use.echoed ||= told.echoed;
      for (const given of told.buildArguments)
        if (use.buildArguments.length < MAX_PRINTS) use.buildArguments.push({ ...given, scalar });
      for (const line of told.printedAt) if (use.prints.length < MAX_PRINTS) use.prints.push({ scalar, line });
      for (const line of told.argumentAt) if (use.argumentsAt.length < MAX_PRINTS) use.argumentsAt.push({ scalar, line });
      use.exported ||= told.exported;
      use.argument ||= told.argument;
      use.gitUrl ||= told.gitUrl;
      for (const file of told.files) use.files.add(file);
    }
    for (const { scalar, script } of inputs) {
      for (const given of followVariables(script, use.variables, macros).buildArguments)
        if (use.buildArguments.length < MAX_PRINTS) use.buildArguments.push({ ...given, scalar });
    }
    if (use.how === 'static-key' && !use.explicit && isOnlyPrinted(use, scripts)) use.how = 'secret';
    if (gcloud && use.how === 'secret' && use.files.size > 0 && /KEY|JSON|CRED|SERVICE|GCLOUD|GCP|GOOGLE/i.test(use.name))
      strengthen(use, 'static-key', 'gcp');
  }
  return { uses: [...uses.values()], scripts, ...(problem === undefined ? {} : { problem }) };
}

/** Programs that take no key of a cloud from their environment. */
const NO_CLOUD =
  /^(?:echo|printf|print|printenv|env|export|cd|ls|pwd|set|unset|true|false|:|test|\[|\[\[|if|fi|then|else|done|mkdir|rm|cp|mv|cat|head|tail|grep|sed|tr|cut|sort|base64|date|sleep|whoami|id|uname|which|apk|apt|apt-get|yum|dnf|git|docker|podman)$/;

/** Shown in the log and nothing more: the tools that would log in with it are not there, nor a program that may. */
function isOnlyPrinted(use: SecretUse, scripts: readonly StepScript[]): boolean {
  if (use.prints.length === 0 || use.exported || use.argument || use.files.size > 0) return false;
  if ([...use.positions].some((position) => position !== 'run')) return false;
  return scripts.every(({ script }) => commandsOf(script.text).every(([program = '']) => NO_CLOUD.test(program)));
}

function strengthen(use: SecretUse, how: How | undefined, cloud: Cloud | undefined): void {
  const told = how ?? (cloud === undefined || use.jobToken ? undefined : 'static-key');
  if (told === undefined) return;
  if (STRENGTH.indexOf(told) < STRENGTH.indexOf(use.how) && !(use.explicit && use.how === 'oidc')) use.how = told;
  use.cloud ??= cloud;
}

function create(name: string, place: Part, reference: CiReference | undefined, pipeline: Pipeline): SecretUse {
  const jobToken = pipeline.jobToken?.test(name) ?? false;
  const cloud = jobToken ? undefined : (reference?.cloud ?? (reference?.how === undefined ? staticVariable(name) : undefined));
  const guess =
    cloud !== undefined
      ? 'static-key'
      : jobToken || /(?:^|[_.-]|[a-z](?=[A-Z]))(?:TOKEN|PAT|token|Token|Pat)$/.test(name)
        ? 'token'
        : 'secret';
  return {
    name,
    how: reference?.how ?? guess,
    cloud,
    positions: new Set(),
    steps: new Set(),
    reaches: new Set(),
    inputs: new Set(),
    variables: new Set(),
    echoed: false,
    prints: [],
    argumentsAt: [],
    buildArguments: [],
    exported: false,
    gitUrl: false,
    files: new Set(),
    argument: false,
    place,
    explicit: reference !== undefined,
    jobToken,
    identity: reference?.identity,
    type: reference?.type,
    detail: {},
  };
}

/** Offset in the file of each variable's first mention in a scalar; its value is not what stands there (indentation, quotes). */
function offsetsIn(text: string, scalar: Scalar, macros: boolean): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  for (const { name, offset } of variablesIn(text.slice(scalar.start, scalar.end), macros)) {
    if (!offsets.has(name)) offsets.set(name, scalar.start + offset);
  }
  return offsets;
}

function at(scalar: Scalar, offset: number | undefined): Part {
  return offset === undefined ? scalar : { start: offset, end: scalar.end, pointer: scalar.pointer };
}
