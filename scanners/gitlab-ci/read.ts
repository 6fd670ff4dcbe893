import { notRead } from '../../src/ci/build.ts';
import type { CiJob, CiVariable, Pipeline } from '../../src/ci/model.ts';
import { type PipelineText, scanPipeline } from '../../src/ci/scan.ts';
import type { Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { headOfBytes } from '../../src/files/source-file.ts';
import { get, type Mapping, textOf } from '../../src/formats/tree.ts';
import { fileFacts } from './facts.ts';
import { type Around, lastMapping, readAround } from './included.ts';
import { readJob } from './job.ts';
import { find, isHome, newWork, RESERVED, type Sources } from './merge.ts';
import { recognises } from './recognise.ts';
import { variablesOf } from './variables.ts';

/** What a GitLab pipeline, or a file that one includes, holds. */
export async function* scanGitlabCi(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  let parts: readonly string[] = [];
  const read = async (source: PipelineText) => {
    const { pipeline, around } = await readPipeline(source);
    parts = around?.parts ?? [];
    return pipeline;
  };
  yield* scanPipeline(file, context, { read, blank: blankInputs });
  // Includes have any name: those that do not look like a pipeline by themselves are read with the one that has them.
  for (const path of parts) {
    const part = await file.around?.read(path);
    if (part === undefined || recognises(headOfBytes(path, part.bytes))) continue;
    const reader = { read: async (source: PipelineText) => (await readPipeline(source)).pipeline, blank: blankInputs };
    yield* scanPipeline({ ...part, ...(file.around === undefined ? {} : { around: file.around }) }, context, reader);
  }
}

/** `$[[ inputs.x ]]` is put in before anything else is read. */
function blankInputs(text: string): string {
  return text.replace(/\$\[\[[^\n\]]{0,500}\]\]/g, (expression) => ' '.repeat(expression.length));
}

/** Variables that GitLab sets. https://docs.gitlab.com/ci/variables/predefined_variables/ */
const PREDEFINED = /^(?:CI|GITLAB|RUNNER)_|^CI$/;
const JOB_TOKEN = /^CI_(?:JOB_(?:TOKEN|JWT(?:_V[12])?)|REGISTRY_PASSWORD|DEPENDENCY_PROXY_PASSWORD)$/;

interface ReadPipeline {
  /** Or why it is none. */
  readonly pipeline: Pipeline | string;
  readonly around?: Around;
}

async function readPipeline({ text, documents, file }: PipelineText): Promise<ReadPipeline> {
  const own = lastMapping(documents);
  if (own === undefined) return { pipeline: 'it has no jobs: not a pipeline' };
  const around = await readAround(file, own);
  const sources: Sources = { own, text, layers: around.layers, work: newWork() };
  const variables = globalVariables(sources);
  const jobs: CiJob[] = [];
  const values = hiddenValues(own);
  let unread = 0;
  for (const { key, value } of own.entries) {
    if (RESERVED.has(key) || key.startsWith('.')) continue;
    if (value.type !== 'mapping') {
      // Pieces that anchors are made of may stand at the top under any name.
      if (value.type === 'scalar' && value.value !== '') unread += 1;
      continue;
    }
    if (!isHome(key, sources)) {
      values.push(...variablesOf(get(value, 'variables'), 'job-env'));
      continue;
    }
    const whole = find(key, sources)?.tree;
    jobs.push(readJob(key, whole?.type === 'mapping' ? whole : value, sources, variables, file));
  }
  const pipeline: Pipeline = {
    platform: 'gitlab-ci',
    provider: 'gitlab',
    jobs,
    facts: fileFacts(own, jobs, file),
    values,
    problems: problemsOf(around, sources),
    unread,
    predefined: PREDEFINED,
    jobToken: JOB_TOKEN,
  };
  return { pipeline, around };
}

/** What the file needs and nobody here can read. */
function problemsOf({ unread }: Around, { work }: Sources): string[] {
  return [...work.problems, ...notRead('includes', unread), ...notRead('jobs named by `extends` and `!reference`', work.missing)];
}

/** Variables at the top of this file, then of the pipeline that includes it. */
function globalVariables({ own, layers }: Sources): CiVariable[] {
  const found = variablesOf(get(own, 'variables'), 'workflow-env');
  const names = new Set(found.map(({ name }) => name));
  for (const { top, isOwn } of layers.toReversed()) {
    for (const variable of isOwn ? [] : variablesOf(get(top, 'variables'), 'workflow-env')) {
      if (names.has(variable.name)) continue;
      names.add(variable.name);
      // Told where this file begins: its own lines do not hold it.
      found.push({
        ...variable,
        value: { ...variable.value, start: own?.start ?? 0, end: own?.start ?? 0, pointer: 'variables' },
      });
    }
  }
  return found;
}

/** Variables of templates that no job of this file extends are written out all the same. */
function hiddenValues(own: Mapping): CiVariable[] {
  const values: CiVariable[] = [...variablesOf(get(own, 'variables'), 'workflow-env')];
  for (const { key, value } of own.entries) {
    if (key.startsWith('.')) values.push(...variablesOf(get(value, 'variables'), 'job-env'));
  }
  return values.filter(({ value }) => textOf(value) !== '');
}
