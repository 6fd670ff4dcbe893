import { get, type Mapping, textOf, textsOf } from '../../src/formats/tree.ts';
import { flat, type Sources } from './merge.ts';

// https://docs.gitlab.com/ci/yaml/#rules · https://docs.gitlab.com/ci/yaml/deprecated_keywords/#only--except

/** When a job runs. */
export interface Rules {
  /** Words of `CI_PIPELINE_SOURCE`, and `tag`. */
  readonly triggers: readonly string[];
  /** Only on named branches, tags or protected refs, as far as the file tells. */
  readonly isLimited: boolean;
  readonly isManual: boolean;
  /** Branches it is limited to by name. */
  readonly branches: readonly string[];
}

const LIMITS =
  /CI_COMMIT_REF_PROTECTED|CI_DEFAULT_BRANCH|CI_COMMIT_TAG|CI_COMMIT_(?:BRANCH|REF_NAME)\s*(?:==|=~)|CI_PIPELINE_SOURCE\s*==\s*["']schedule/;

export function readRules(tree: Mapping, sources: Sources): Rules {
  const triggers = new Set<string>();
  const branches = new Set<string>();
  const conditions = [...flat(get(tree, 'rules'), sources)].filter((rule) => rule.type === 'mapping');
  let isManual = textOf(get(tree, 'when')) === 'manual';
  // Each way in must be limited: one open rule lets every branch through.
  let isLimited = conditions.length > 0;
  for (const rule of conditions) {
    const when = textOf(get(rule, 'when'));
    if (when === 'never') continue;
    if (when === 'manual') isManual = true;
    const condition = textOf(get(rule, 'if')) ?? '';
    if (!LIMITS.test(condition) || /merge_request_event|CI_MERGE_REQUEST/.test(condition)) isLimited = false;
    for (const match of condition.matchAll(/CI_PIPELINE_SOURCE\s*(?:==|=~)\s*["'/](?<source>[\w]+)/g))
      triggers.add(match.groups?.source ?? '');
    if (/CI_MERGE_REQUEST_/.test(condition)) triggers.add('merge_request_event');
    if (/(?<!==\s*null\s*&&\s*)\$CI_COMMIT_TAG\b(?!\s*==\s*null)/.test(condition)) triggers.add('tag');
    if (/CI_COMMIT_BRANCH|CI_DEFAULT_BRANCH|CI_COMMIT_REF_NAME/.test(condition)) triggers.add('push');
    for (const match of condition.matchAll(/CI_COMMIT_(?:BRANCH|REF_NAME)\s*==\s*["'](?<branch>[\w./-]+)["']/g))
      branches.add(match.groups?.branch ?? '');
  }
  if (conditions.length > 0 && conditions.every((rule) => textOf(get(rule, 'when')) === 'never')) isLimited = false;
  const only = get(tree, 'only');
  if (only !== undefined && conditions.length === 0) {
    const refs = only.type === 'mapping' ? textsOf(get(only, 'refs')) : textsOf(only);
    isLimited =
      refs.length > 0 && refs.every((ref) => !/^(?:branches|merge_requests|pushes|web|api|external_pull_requests)$/.test(ref));
    for (const ref of refs) {
      if (ref === 'merge_requests') triggers.add('merge_request_event');
      else if (ref === 'tags') triggers.add('tag');
      else if (ref === 'schedules') triggers.add('schedule');
      else if (ref === 'triggers') triggers.add('trigger');
      else if (/^[\w./-]+$/.test(ref)) {
        triggers.add('push');
        if (!/^(?:branches|pushes|web|api|pipelines|chat|external)$/.test(ref)) branches.add(ref);
      } else triggers.add('push');
    }
  }
  return { triggers: [...triggers], isLimited, isManual, branches: [...branches] };
}
