import { get, type Mapping, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';
import { ANY_BRANCH, DEFAULT_BRANCH, fitsAnyBranch, holds, type Situation, SOMETHING } from './expression.ts';
import { flat, lookUp, type Sources } from './merge.ts';

// https://docs.gitlab.com/ci/yaml/#rules · https://docs.gitlab.com/ci/yaml/#workflow · https://docs.gitlab.com/ci/yaml/deprecated_keywords/#only--except

/** When a job runs. */
export interface Rules {
  /** Words of `CI_PIPELINE_SOURCE`, and `tag`. */
  readonly triggers: readonly string[];
  /** Only on named branches, tags or protected refs, as far as the file tells. */
  readonly isLimited: boolean;
  readonly isManual: boolean;
  /** A push to whichever branch starts it, with nobody asked. */
  readonly isPushed: boolean;
  /** Branches it is limited to by name. */
  readonly branches: readonly string[];
}

export function readRules(tree: Mapping, sources: Sources): Rules {
  const conditions = mappings(get(tree, 'rules'), sources);
  const workflow = mappings(lookUp('workflow', sources, tree, ['rules']), sources);
  const only = conditions.length > 0 ? undefined : get(tree, 'only');
  const said = only === undefined ? readConditions(conditions.length > 0 ? conditions : workflow) : readOnly(only);
  const when = textOf(get(tree, 'when')) ?? 'on_success';
  const waysIn = (situation: Situation): Way[] => {
    if (workflow.length > 0 && ways(workflow, 'always', situation).length === 0) return [];
    if (conditions.length > 0) return ways(conditions, when, situation);
    if (only !== undefined) return waysOfOnly(only, get(tree, 'except'), when, situation);
    // Without a word on it, a job runs for branches and tags.
    return situation === MERGE_REQUEST || when === 'never' ? [] : [{ when, isCertain: true }];
  };
  const pushed = waysIn(PUSH);
  const isManual = when === 'manual' || conditions.some((rule) => textOf(get(rule, 'when')) === 'manual');
  const mayPush = said.triggers.size === 0 || said.triggers.has('push');
  return {
    triggers: [...said.triggers],
    isLimited: pushed.length === 0 && waysIn(MERGE_REQUEST).length === 0,
    isManual,
    isPushed: pushed.some((way) => way.when !== 'manual' && (way.isCertain || mayPush)),
    branches: [...said.branches],
  };
}

function mappings(rules: Tree | undefined, sources: Sources): Tree[] {
  return [...flat(rules, sources)].filter((rule) => rule.type === 'mapping');
}

/** How a job comes to run; not certain where that depends on what no file tells. */
interface Way {
  readonly when: string;
  readonly isCertain: boolean;
}

const SET: { readonly [name: string]: string } = {
  CI: 'true',
  GITLAB_CI: 'true',
  CI_COMMIT_REF_PROTECTED: 'false',
  CI_DEFAULT_BRANCH: DEFAULT_BRANCH,
};

/** A push to a branch of one's own choice. */
const PUSH: Situation = (name) => {
  if (/^CI_COMMIT_(?:BRANCH|REF_NAME|REF_SLUG)$/.test(name)) return ANY_BRANCH;
  if (name === 'CI_PIPELINE_SOURCE') return 'push';
  if (name === 'CI_COMMIT_TAG' || /^CI_(?:MERGE_REQUEST|EXTERNAL_PULL_REQUEST)_/.test(name)) return null;
  return SET[name];
};

/** A merge request of such a branch. */
const MERGE_REQUEST: Situation = (name) => {
  if (/^CI_COMMIT_REF_(?:NAME|SLUG)$/.test(name)) return ANY_BRANCH;
  if (name === 'CI_PIPELINE_SOURCE') return 'merge_request_event';
  if (name === 'CI_COMMIT_TAG' || name === 'CI_COMMIT_BRANCH' || name.startsWith('CI_EXTERNAL_PULL_REQUEST_')) return null;
  if (name === 'CI_MERGE_REQUEST_SOURCE_BRANCH_NAME') return ANY_BRANCH;
  return /^CI_MERGE_REQUEST_(?:I?ID|TARGET_BRANCH_NAME|EVENT_TYPE|PROJECT_(?:ID|PATH))$/.test(name) ? SOMETHING : SET[name];
};

/** The first rule that holds decides. */
function ways(rules: readonly Tree[], otherwise: string, situation: Situation): Way[] {
  const found: Way[] = [];
  for (const rule of rules) {
    const condition = textOf(get(rule, 'if'));
    const result = condition === undefined ? true : holds(condition, situation);
    if (result === false) continue;
    const isCertain = result === true && get(rule, 'changes') === undefined && get(rule, 'exists') === undefined;
    const when = textOf(get(rule, 'when')) ?? otherwise;
    if (when !== 'never') found.push({ when, isCertain });
    if (isCertain) break;
  }
  return found;
}

function waysOfOnly(only: Tree, except: Tree | undefined, when: string, situation: Situation): Way[] {
  const refs = refsOf(only);
  // `only: [/.*/]` beside `except: [branches]` is how tags are asked for.
  const isForTags = except !== undefined && refsOf(except).some((ref) => ref === 'branches' || ref === 'pushes');
  const isPattern = (ref: string) => {
    const pattern = /^(?<pattern>\/.*\/i?)(?:@[\w./-]+)?$/.exec(ref)?.groups?.pattern;
    return pattern !== undefined && !isForTags && fitsAnyBranch(pattern) !== false;
  };
  const isNamed =
    situation === PUSH
      ? refs.length === 0 ||
        refs.some((ref) => /^(?:branches|pushes|web|api|external_pull_requests)$/.test(ref) || isPattern(ref))
      : refs.includes('merge_requests');
  const results = textsOf(get(only, 'variables')).map((condition) => holds(condition, situation));
  if (!isNamed || when === 'never' || (results.length > 0 && results.every((result) => result === false))) return [];
  return [{ when, isCertain: get(only, 'changes') === undefined && (results.length === 0 || results.includes(true)) }];
}

const refsOf = (only: Tree) => (only.type === 'mapping' ? textsOf(get(only, 'refs')) : textsOf(only));

interface Said {
  readonly triggers: Set<string>;
  readonly branches: Set<string>;
}

/** Events and branches that rules name. */
function readConditions(conditions: readonly Tree[]): Said {
  const triggers = new Set<string>();
  const branches = new Set<string>();
  for (const rule of conditions) {
    if (textOf(get(rule, 'when')) === 'never') continue;
    const condition = textOf(get(rule, 'if')) ?? '';
    for (const match of condition.matchAll(/CI_PIPELINE_SOURCE\s*(?:==|=~)\s*["'/](?<source>[\w]+)/g))
      triggers.add(match.groups?.source ?? '');
    if (/CI_MERGE_REQUEST_/.test(condition)) triggers.add('merge_request_event');
    if (/(?<!==\s*null\s*&&\s*)\$CI_COMMIT_TAG\b(?!\s*==\s*null)/.test(condition)) triggers.add('tag');
    if (/CI_COMMIT_BRANCH|CI_DEFAULT_BRANCH|CI_COMMIT_REF_NAME/.test(condition)) triggers.add('push');
    for (const match of condition.matchAll(/CI_COMMIT_(?:BRANCH|REF_NAME)\s*==\s*["'](?<branch>[\w./-]+)["']/g))
      branches.add(match.groups?.branch ?? '');
  }
  return { triggers, branches };
}

function readOnly(only: Tree): Said {
  const triggers = new Set<string>();
  const branches = new Set<string>();
  for (const ref of refsOf(only)) {
    if (ref === 'merge_requests') triggers.add('merge_request_event');
    else if (ref === 'tags') triggers.add('tag');
    else if (ref === 'schedules') triggers.add('schedule');
    else if (ref === 'triggers') triggers.add('trigger');
    else {
      triggers.add('push');
      if (/^[\w./-]+$/.test(ref) && !/^(?:branches|pushes|web|api|pipelines|chat|external)$/.test(ref)) branches.add(ref);
    }
  }
  return { triggers, branches };
}
