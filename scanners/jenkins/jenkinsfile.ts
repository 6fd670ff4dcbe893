import { ciJob, ciStep, notRead, uniqueNames } from '../../src/ci/build.ts';
import { deployCommands } from '../../src/ci/deploy.ts';
import type { CiFact, CiJob, CiReference, CiStep, CiVariable, Part, Pipeline } from '../../src/ci/model.ts';
import { variablesIn } from '../../src/ci/shell.ts';
import type { SourceFile } from '../../src/contracts/index.ts';
import type { Scalar } from '../../src/formats/tree.ts';
import { credentialUses, environmentCredentials } from './credentials.ts';
import { type Block, blocksIn, type Groovy, type GroovyString, readGroovy, stringsIn } from './groovy.ts';

const MAX_STAGES = 300;

/** A pipeline in declarative form, and as much of a scripted one as blocks tell. */
export function readJenkinsfile(text: string, file: SourceFile): Pipeline {
  const groovy = readGroovy(text);
  const all = [...blocksIn(groovy.blocks)];
  const stages = all
    .filter((block) => block.name === 'stage' && ![...blocksIn(block.blocks)].some(({ name }) => name === 'stage'))
    .slice(0, MAX_STAGES);
  const whole = all.find(({ name }) => name === 'pipeline') ?? all.find(({ name }) => name === 'node');
  const top = topEnvironment(groovy, all, stages);
  const unique = uniqueNames();
  const jobs = stages.map((stage) => readStage(groovy, stage, all, top, unique, file));
  const outside = readOutside(groovy, all, stages, whole, top, unique, file, jobs.length === 0);
  if (outside !== undefined) jobs.push(outside);
  const opened = new Set<string>();
  const facts = [...parameterFacts(groovy, all), ...libraries(groovy, opened), ...wideCredentials(top, jobs)];
  return {
    platform: 'jenkins',
    provider: 'jenkins',
    jobs,
    facts,
    values: parameterValues(groovy, all),
    problems: [
      ...(groovy.isBroken ? ['its braces do not match: blocks may be taken for longer than they are'] : []),
      ...notRead('shared libraries', opened),
    ],
    unread: 0,
    namesOnly: true,
  };
}

interface Environment {
  readonly variables: readonly CiVariable[];
  readonly references: readonly CiReference[];
}

/** `environment { … }` outside of any stage. */
function topEnvironment(groovy: Groovy, all: readonly Block[], stages: readonly Block[]): Environment {
  const outer = all.filter((block) => block.name === 'environment' && !stages.some((stage) => isWithin(block, stage)));
  return readEnvironments(groovy, outer, 'workflow-env');
}

function readEnvironments(groovy: Groovy, blocks: readonly Block[], position: 'workflow-env' | 'job-env'): Environment {
  const variables: CiVariable[] = [];
  const references: CiReference[] = [];
  for (const block of blocks) {
    references.push(...environmentCredentials(groovy, block, position));
    for (const match of groovy.code
      .slice(block.body, block.end)
      .matchAll(/(?<name>[A-Za-z_]\w*)\s*=\s*(?<quote>"""|'''|["'])/g)) {
      const at = block.body + match.index + match[0].length;
      const string = stringsIn(groovy, at, at + 1)[0];
      if (string !== undefined)
        variables.push({
          name: match.groups?.name ?? '',
          value: scalarOf(string, `environment.${match.groups?.name ?? ''}`),
          position,
        });
    }
  }
  return { variables, references };
}

function readStage(
  groovy: Groovy,
  stage: Block,
  all: readonly Block[],
  top: Environment,
  unique: (name: string) => string,
  file: SourceFile,
): CiJob {
  const name = stringsIn(groovy, stage.argumentsStart, stage.body)[0]?.value.slice(0, 120) ?? 'stage';
  const outers = all.filter((block) => block.name === 'stage' && block !== stage && isWithin(stage, block));
  const inner = all.filter((block) => isWithin(block, stage));
  const own = readEnvironments(
    groovy,
    [...inner, ...all.filter((block) => outers.some((outer) => outer.blocks.includes(block)))].filter(
      (block) => block.name === 'environment',
    ),
    'job-env',
  );
  return readPart(
    groovy,
    unique(name),
    { start: stage.start, end: stage.end, pointer: `stage ${name}` },
    [{ start: stage.body, end: stage.end }],
    all,
    top,
    own,
    file,
    [
      ...outers.map((block) => stringsIn(groovy, block.argumentsStart, block.body)[0]?.value),
      branchOf(groovy, [...inner, ...outers.flatMap((outer) => outer.blocks)]),
    ],
  );
}

/** What stands in no stage: a pipeline without stages, `post`, helper functions. */
function readOutside(
  groovy: Groovy,
  all: readonly Block[],
  stages: readonly Block[],
  whole: Block | undefined,
  top: Environment,
  unique: (name: string) => string,
  file: SourceFile,
  isOnly: boolean,
): CiJob | undefined {
  const ranges: { start: number; end: number }[] = [];
  let from = 0;
  for (const stage of stages.toSorted((a, b) => a.start - b.start)) {
    ranges.push({ start: from, end: stage.start });
    from = stage.end;
  }
  ranges.push({ start: from, end: groovy.text.length });
  const part = { start: whole?.start ?? 0, end: whole?.end ?? groovy.text.length, pointer: 'pipeline' };
  const job = readPart(groovy, unique('pipeline'), part, ranges, all, top, { variables: [], references: [] }, file, []);
  return isOnly || job.steps.length > 0 || job.references.length > top.references.length ? job : undefined;
}

function readPart(
  groovy: Groovy,
  id: string,
  part: Part,
  ranges: readonly { readonly start: number; readonly end: number }[],
  all: readonly Block[],
  top: Environment,
  own: Environment,
  file: SourceFile,
  names: readonly (string | undefined)[],
): CiJob {
  const isIn = (offset: number) => ranges.some(({ start, end }) => offset >= start && offset < end);
  const commands = commandsIn(groovy, part.pointer).filter(({ scalar }) => isIn(scalar.start));
  const steps: CiStep[] = commands.map(({ scalar, name }, index) => ciStep(index, name, { scripts: [scalar] }));
  const uses = credentialUses(groovy, all).filter(({ offset }) => isIn(offset));
  const references: CiReference[] = [...top.references, ...own.references, ...uses.map(({ reference }) => reference)];
  const agents = all.filter((block) => block.name === 'node' && part.start >= block.start && part.end <= block.end);
  const label =
    labelOf(groovy, all, part) ??
    agents.map((block) => stringsIn(groovy, block.argumentsStart, block.body)[0]?.value).find((one) => one !== undefined);
  const agentAny = label === undefined && /\bagent\s+any\b/.test(groovy.code);
  return ciJob({
    id,
    part,
    parts: top.variables.map(({ value }) => value),
    names: [...names, file.path.split('/').at(-1)],
    triggers: [],
    runsOn: label === undefined ? [] : [label.slice(0, 120)],
    selfHosted: true,
    steps,
    variables: [...top.variables, ...own.variables],
    references,
    logins: uses.flatMap(({ login }) => login ?? []),
    facts: interpolated(commands, references),
    detail: { agentAny, deploys: deployCommands(commands.map(({ scalar }) => scalar.value).join('\n')).slice(0, 10) },
  });
}

interface Command {
  readonly name: string;
  readonly scalar: Scalar;
  readonly interpolates: boolean;
}

const commandsOf = new WeakMap<Groovy, Command[]>();

/** `sh '…'`, `sh(script: "…", returnStdout: true)`, `bat`, `powershell`, `pwsh`. */
function commandsIn(groovy: Groovy, pointer: string): Command[] {
  let found = commandsOf.get(groovy);
  if (found === undefined) {
    found = [];
    for (const match of groovy.code.matchAll(
      /(?<![\w.$])(?<name>sh|bat|powershell|pwsh)\b\s*(?<open>\(?)(?<rest>[^\n;{}]{0,500})/g,
    )) {
      const from = match.index + match[0].length - (match.groups?.rest?.length ?? 0);
      const script = /\bscript\s*:\s*/.exec(match.groups?.rest ?? '');
      const start = from + (script === null ? 0 : script.index + script[0].length);
      if (script === null && !/^\s*["'(]/.test(match.groups?.rest ?? '')) continue;
      const string = stringsIn(groovy, start, start + 8)[0];
      if (string === undefined) continue;
      found.push({
        name: match.groups?.name ?? 'sh',
        scalar: scalarOf(string, match.groups?.name ?? 'sh'),
        interpolates: string.interpolates,
      });
    }
    commandsOf.set(groovy, found);
  }
  return found.map((one) => ({ ...one, scalar: { ...one.scalar, pointer: `${pointer} ${one.name}` } }));
}

/** A secret that Groovy puts into the command itself: it stands in the process list, and the mask of the log may miss it. */
function interpolated(commands: readonly Command[], references: readonly CiReference[]): CiFact[] {
  const holders = new Map(
    references.flatMap((reference) =>
      (reference.variables ?? []).map((variable): [string, CiReference] => [variable, reference]),
    ),
  );
  const facts: CiFact[] = [];
  const seen = new Set<string>();
  for (const { scalar, interpolates } of commands) {
    if (!interpolates) continue;
    // `\$X` and `\${X}` are left to the shell.
    const text = scalar.value
      .replace(/\\\$/g, '  ')
      .replace(/\$\{env\.(\w+)\}/g, (whole, name: string) => `\${${name}}`.padEnd(whole.length));
    for (const { name } of variablesIn(text)) {
      const reference = holders.get(name);
      if (reference === undefined || /_USR$|user/i.test(name) || seen.has(reference.name)) continue;
      seen.add(reference.name);
      facts.push({
        fact: 'secret-interpolated',
        place: scalar,
        secretName: reference.name,
        ...(reference.identity === undefined ? {} : { identity: reference.identity }),
        detail: { variable: name },
      });
    }
  }
  return facts;
}

/** `parameters { password(name: 'X', defaultValue: '…') }`. */
function parameterFacts(groovy: Groovy, all: readonly Block[]): CiFact[] {
  return passwordParameters(groovy, all).map(({ name, place, hasDefault }) => ({
    fact: 'password-parameter',
    place,
    secretName: name,
    detail: { hasDefault },
  }));
}

function parameterValues(groovy: Groovy, all: readonly Block[]): CiVariable[] {
  return passwordParameters(groovy, all).flatMap(({ name, value }): CiVariable[] =>
    value === undefined
      ? []
      : [{ name: /password|secret|token/i.test(name) ? name : `${name}_PASSWORD`, value, position: 'other' }],
  );
}

function passwordParameters(groovy: Groovy, _all: readonly Block[]) {
  const found: { name: string; place: Part; value: Scalar | undefined; hasDefault: boolean }[] = [];
  for (const match of groovy.code.matchAll(/(?<![\w.])password\s*\((?<inner>[^()]{0,1000})\)/g)) {
    const start = match.index;
    const end = start + match[0].length;
    const named = argument(groovy, start, end, 'name');
    if (named === undefined) continue;
    const value = argument(groovy, start, end, 'defaultValue');
    found.push({
      name: named.value.slice(0, 120),
      place: { start, end, pointer: 'parameters' },
      value: value === undefined || value.value === '' ? undefined : scalarOf(value, `parameters.${named.value.slice(0, 120)}`),
      hasDefault: value !== undefined && value.value !== '',
    });
  }
  return found;
}

/** The string behind `name:` in a stretch of the text. */
export function argument(groovy: Groovy, start: number, end: number, name: string): GroovyString | undefined {
  const match = new RegExp(`\\b${name}\\s*[:=]\\s*(?:"""|'''|["'])`).exec(groovy.code.slice(start, end));
  if (match === null) return undefined;
  const at = start + match.index + match[0].length;
  return stringsIn(groovy, at, at + 1)[0];
}

/** `@Library('name@ref')`: code of another repository that runs with the pipeline's credentials. */
function libraries(groovy: Groovy, opened: Set<string>): CiFact[] {
  const facts: CiFact[] = [];
  for (const match of groovy.code.matchAll(/@Library\s*\(\s*\[?|\blibrary\s*(?:\(\s*)?(?:identifier\s*:\s*)?(?=["'])/g)) {
    const start = match.index + match[0].length;
    const close = groovy.code.slice(start, start + 1000).search(/[)\]\n]/);
    for (const { value, start: at, end } of stringsIn(groovy, start, start + (close < 0 ? 200 : close))) {
      const [name = '', ref] = value.split('@', 2);
      if (!/^[\w./-]+$/.test(name)) continue;
      opened.add(name);
      if (/^[0-9a-f]{40}$/.test(ref ?? '')) continue;
      facts.push({
        fact: 'unpinned-include',
        place: { start: at, end, pointer: '@Library' },
        secretName: '*',
        detail: {
          kind: 'library',
          what: name,
          ...(ref === undefined ? {} : { ref }),
          version: /^v?\d+\.\d+/.test(ref ?? ''),
          own: true,
          jobs: 0,
        },
      });
      if (match[0].startsWith('library')) break;
    }
  }
  return facts;
}

/** Credentials of the whole pipeline that few of its stages read. */
function wideCredentials({ references }: Environment, jobs: readonly CiJob[]): CiFact[] {
  const stages = jobs.filter(({ id }) => id !== 'pipeline');
  if (stages.length < 2) return [];
  return references.flatMap((reference): CiFact[] => {
    const readers = stages.filter((job) =>
      job.steps.some((step) =>
        step.scripts.some((script) => variablesIn(script.value).some(({ name }) => reference.variables?.includes(name))),
      ),
    );
    // Tools read some variables by themselves: nobody can tell which stage does.
    if (readers.length === 0 || readers.length * 2 > stages.length) return [];
    return [
      {
        fact: 'pipeline-wide-credential',
        place: reference.place,
        secretName: reference.name,
        ...(reference.identity === undefined ? {} : { identity: reference.identity }),
        detail: { stages: stages.length, readers: readers.map(({ id }) => id).slice(0, 20) },
      },
    ];
  });
}

function branchOf(groovy: Groovy, blocks: readonly Block[]): string | undefined {
  for (const block of blocks) {
    if (block.name !== 'when') continue;
    const match = /\bbranch\b\s*\(?\s*(?:pattern\s*:\s*)?["']/.exec(groovy.code.slice(block.body, block.end));
    if (match !== null) return stringsIn(groovy, block.body + match.index, block.end)[0]?.value;
  }
  return undefined;
}

/** `agent { label 'x' }` or `agent { node { label 'x' } }` of the stage, else of the pipeline. */
function labelOf(groovy: Groovy, all: readonly Block[], part: Part): string | undefined {
  const agents = all.filter((block) => block.name === 'agent');
  const own = agents.find((block) => block.start >= part.start && block.end <= part.end) ?? agents[0];
  if (own === undefined) return undefined;
  return argumentLoose(groovy, own, 'label') ?? argumentLoose(groovy, own, 'image') ?? 'dynamic';
}

function argumentLoose(groovy: Groovy, block: Block, name: string): string | undefined {
  const match = new RegExp(`\\b${name}\\b\\s*\\(?:?\\s*(?=["'])`).exec(groovy.code.slice(block.body, block.end));
  return match === null ? undefined : stringsIn(groovy, block.body + match.index, block.end)[0]?.value;
}

export function scalarOf({ start, end, value }: GroovyString, pointer: string): Scalar {
  return { type: 'scalar', value, quoted: false, start, end, pointer };
}

function isWithin(inner: Block, outer: Block): boolean {
  return inner !== outer && inner.start >= outer.body && inner.end <= outer.end;
}
