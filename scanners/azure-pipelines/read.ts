import { notRead, uniqueNames } from '../../src/ci/build.ts';
import type { CiFact, CiJob, Pipeline } from '../../src/ci/model.ts';
import { type PipelineText, scanPipeline } from '../../src/ci/scan.ts';
import type { Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { get, itemsOf, type Tree, textOf } from '../../src/formats/tree.ts';
import { readJob } from './job.ts';
import { extend, items, readVariables, type Scope } from './scope.ts';
import { templatesOf, unreadTemplates } from './templates.ts';

/** What an Azure pipeline, or a template of one, holds. */
export async function* scanAzurePipelines(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  yield* scanWith(file, context, new Set([file.path]));
}

async function* scanWith(file: SourceFile, context: ScanContext, seen: Set<string>): AsyncGenerator<Observation> {
  let root: Tree | undefined;
  const readRoot = (source: PipelineText) => {
    root = source.documents[0];
    return read(source);
  };
  yield* scanPipeline(file, context, { read: readRoot, blank: blankExpressions, macros: true });
  if (root === undefined) return;
  for await (const template of templatesOf(root, file)) {
    if (seen.has(template.path) || seen.size > MAX_FILES) continue;
    seen.add(template.path);
    yield* scanWith(template, context, seen);
  }
}

/** Of one pipeline. */
const MAX_FILES = 100;

/** `${{ … }}` and `$[ … ]` are worked out before a job runs. https://learn.microsoft.com/azure/devops/pipelines/process/expressions */
function blankExpressions(text: string): string {
  return text.replace(/\$\{\{[^\n]{0,500}?\}\}|\$\[[^\n\]]{0,500}\]/g, (expression) => ' '.repeat(expression.length));
}

/** https://learn.microsoft.com/azure/devops/pipelines/build/variables */
const PREDEFINED =
  /^(?:System|Build|Agent|Pipeline|Release|Environment|Strategy|Checks|Resources)[._]|^(?:SYSTEM|BUILD|AGENT|TF_BUILD)(?:_|$)/i;
const JOB_TOKEN = /^System[._]AccessToken$/i;

async function read({ documents, file }: PipelineText): Promise<Pipeline | string> {
  const root = documents[0];
  if (root?.type !== 'mapping') return 'it holds nothing: not a pipeline of Azure';
  const jobs: CiJob[] = [];
  const unique = uniqueNames();
  const triggers = [
    ...(textOf(get(root, 'trigger')) === 'none' ? [] : ['push']),
    ...(get(root, 'pr') !== undefined && textOf(get(root, 'pr')) !== 'none' ? ['pull_request'] : []),
    ...(get(root, 'schedules') === undefined ? [] : ['schedule']),
  ];
  const top: Scope = {
    ...readVariables(get(root, 'variables'), 'workflow-env'),
    names: [],
    pool: get(root, 'pool'),
    triggers,
    file,
  };

  const takeStages = (tree: Tree | undefined, scope: Scope, depth: number): void => {
    for (const item of items(tree, depth)) {
      const stage = get(item, 'stage');
      if (get(item, 'jobs') === undefined && get(item, 'stages') === undefined) continue;
      const name = textOf(stage);
      const own = extend(scope, item, [name, textOf(get(item, 'displayName'))]);
      takeJobs(get(item, 'jobs'), own, name, depth + 1);
    }
  };
  const takeJobs = (tree: Tree | undefined, scope: Scope, stage: string | undefined, depth: number): void => {
    for (const item of items(tree, depth)) {
      const name = textOf(get(item, 'deployment')) ?? textOf(get(item, 'job'));
      if (item.type !== 'mapping' || (name === undefined && get(item, 'steps') === undefined)) continue;
      const id = unique(
        [stage, name === undefined || name === '' ? 'job' : name].filter((one) => one !== undefined && one !== '').join('/'),
      );
      jobs.push(readJob(id, item, extend(scope, item, []), get(item, 'deployment') !== undefined));
    }
  };
  const takeAny = (tree: Tree | undefined, scope: Scope): void => {
    takeStages(get(tree, 'stages'), scope, 0);
    takeJobs(get(tree, 'jobs'), scope, undefined, 0);
    if (get(tree, 'steps') !== undefined && tree?.type === 'mapping') jobs.push(readJob(unique('job'), tree, scope, false));
  };
  takeAny(root, top);
  const parameters = get(get(root, 'extends'), 'parameters');
  takeAny(parameters, top);
  const unread = await unreadTemplates(root, file);
  return {
    platform: 'azure-pipelines',
    provider: 'azure-devops',
    jobs,
    facts: templates(root),
    values: [...top.variables],
    problems: notRead('templates', unread),
    unread: 0,
    predefined: PREDEFINED,
    jobToken: JOB_TOKEN,
  };
}

/** Templates of other repositories that follow a branch. https://learn.microsoft.com/azure/devops/pipelines/process/templates */
function templates(root: Tree): CiFact[] {
  return itemsOf(get(get(root, 'resources'), 'repositories')).flatMap((item): CiFact[] => {
    const alias = textOf(get(item, 'repository'));
    const name = textOf(get(item, 'name')) ?? alias;
    const ref = textOf(get(item, 'ref'));
    if (alias === undefined || name === undefined || /^[0-9a-f]{40}$/.test(ref ?? '')) return [];
    const isTag = /^refs\/tags\//.test(ref ?? '');
    const type = textOf(get(item, 'type')) ?? 'git';
    return [
      {
        fact: 'unpinned-include',
        place: item,
        secretName: '*',
        detail: {
          kind: 'repository',
          what: name.slice(0, 300),
          ...(ref === undefined ? {} : { ref }),
          version: isTag,
          own: type === 'git',
          jobs: 0,
        },
      },
    ];
  });
}
