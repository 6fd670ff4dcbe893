import type { CiJob, CiVariable, Pipeline } from '../../src/ci/model.ts';
import { type PipelineText, scanPipeline } from '../../src/ci/scan.ts';
import type { Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { get, type Mapping, textOf } from '../../src/formats/tree.ts';
import { fileFacts } from './facts.ts';
import { lastMapping, readAround } from './included.ts';
import { readJob } from './job.ts';
import { newWork, RESERVED, type Sources } from './merge.ts';
import { variablesOf } from './variables.ts';

/** What a GitLab pipeline, or a file that one includes, holds. */
export async function* scanGitlabCi(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  yield* scanPipeline(file, context, { read: readPipeline, blank: blankInputs });
}

/** `$[[ inputs.x ]]` is put in before anything else is read. */
function blankInputs(text: string): string {
  return text.replace(/\$\[\[[^\n\]]{0,500}\]\]/g, (expression) => ' '.repeat(expression.length));
}

/** Variables that GitLab sets. https://docs.gitlab.com/ci/variables/predefined_variables/ */
const PREDEFINED = /^(?:CI|GITLAB|RUNNER)_|^CI$/;
const JOB_TOKEN = /^CI_(?:JOB_(?:TOKEN|JWT(?:_V[12])?)|REGISTRY_PASSWORD|DEPENDENCY_PROXY_PASSWORD)$/;

async function readPipeline({ text, documents, file }: PipelineText): Promise<Pipeline | string> {
  const own = lastMapping(documents);
  if (own === undefined) return 'it has no jobs: not a pipeline';
  const sources: Sources = { own, text, others: await readAround(file, own), work: newWork() };
  const variables = globalVariables(sources);
  const jobs: CiJob[] = [];
  let unread = 0;
  for (const { key, value } of own.entries) {
    if (RESERVED.has(key) || key.startsWith('.')) continue;
    if (value.type !== 'mapping') {
      // Pieces that anchors are made of may stand at the top under any name.
      if (value.type === 'scalar' && value.value !== '') unread += 1;
      continue;
    }
    jobs.push(readJob(key, value, sources, variables, file));
  }
  return {
    platform: 'gitlab-ci',
    provider: 'gitlab',
    jobs,
    facts: fileFacts(own, jobs, file),
    values: hiddenValues(own),
    problems: [...sources.work.problems],
    unread,
    predefined: PREDEFINED,
    jobToken: JOB_TOKEN,
  };
}

/** Variables at the top of this file, then of the pipeline that includes it. */
function globalVariables({ own, others }: Sources): CiVariable[] {
  const found = variablesOf(get(own, 'variables'), 'workflow-env');
  const names = new Set(found.map(({ name }) => name));
  for (const other of others) {
    for (const variable of variablesOf(get(other, 'variables'), 'workflow-env')) {
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
