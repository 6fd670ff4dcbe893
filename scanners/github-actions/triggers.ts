import { entriesOf, get, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';

// https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows

/** What starts a workflow. */
export interface Triggers {
  /** Events of `on`, as written. */
  readonly events: readonly string[];
  /** `push` without a filter: anybody who may push a branch starts it. */
  readonly pushAnyBranch: boolean;
  /** Patterns of the branches and tags whose pushes start it; `**` where there is no filter. */
  readonly branches: readonly string[];
  readonly tags: readonly string[];
  /** Only other workflows start it. */
  readonly onlyCalled: boolean;
  /** What `workflow_call` asks its caller for. */
  readonly declaredSecrets: readonly DeclaredSecret[];
  /** Values that a person may choose at the start, by input; none where any text will do. */
  readonly choices: ReadonlyMap<string, readonly string[]>;
  /** Inputs that take any text. */
  readonly freeInputs: ReadonlySet<string>;
}

export interface DeclaredSecret {
  /** Upper case. */
  readonly name: string;
  readonly required: boolean;
  readonly tree: Tree;
}

/** Whoever has an account starts these with their code or text, and the run has what the repository has; `strangers_start` of the store. */
export const STRANGERS = [
  'pull_request_target',
  'workflow_run',
  'issue_comment',
  'issues',
  'discussion',
  'discussion_comment',
  'pull_request_review',
  'pull_request_review_comment',
] as const;

const PUSH_FILTERS = ['branches', 'branches-ignore', 'tags', 'tags-ignore'];

export function readTriggers(on: Tree | undefined): Triggers {
  const events = on?.type === 'mapping' ? on.entries.map(({ key }) => key) : textsOf(on);
  const push = get(on, 'push');
  const filters = new Set(entriesOf(push).map(({ key }) => key));
  const pushes = events.includes('push');
  // A filter of branches alone leaves tags out, and the other way round.
  const isFiltered = PUSH_FILTERS.some((key) => filters.has(key));
  const call = get(on, 'workflow_call');
  return {
    events,
    pushAnyBranch: pushes && (!isFiltered || takesAnyBranch(push, filters)),
    branches: pushes ? refsOf(push, 'branches', filters, isFiltered) : [],
    tags: pushes ? refsOf(push, 'tags', filters, isFiltered) : [],
    onlyCalled: events.length > 0 && events.every((event) => event === 'workflow_call'),
    declaredSecrets: entriesOf(get(call, 'secrets')).map(({ key, value }) => ({
      name: key.toUpperCase(),
      required: textOf(get(value, 'required')) === 'true',
      tree: value,
    })),
    choices: readChoices(get(get(on, 'workflow_dispatch'), 'inputs')),
    freeInputs: readFreeInputs(get(get(on, 'workflow_dispatch'), 'inputs')),
  };
}

/** `**` is every branch; `*` every one without a slash in its name, which anybody may choose. A later `!` may take some out. */
function takesAnyBranch(push: Tree | undefined, filters: ReadonlySet<string>): boolean {
  if (!filters.has('branches')) return false;
  const patterns = textsOf(get(push, 'branches'));
  return patterns.some((pattern) => pattern === '**' || pattern === '*') && !patterns.some((pattern) => pattern.startsWith('!'));
}

function refsOf(push: Tree | undefined, kind: 'branches' | 'tags', filters: ReadonlySet<string>, isFiltered: boolean): string[] {
  if (filters.has(kind)) return textsOf(get(push, kind)).filter((pattern) => !pattern.startsWith('!'));
  return filters.has(`${kind}-ignore`) || !isFiltered ? ['**'] : [];
}

function readChoices(inputs: Tree | undefined): Map<string, readonly string[]> {
  const choices = new Map<string, readonly string[]>();
  for (const { key, value } of entriesOf(inputs)) choices.set(key, textsOf(get(value, 'options')));
  return choices;
}

function readFreeInputs(inputs: Tree | undefined): Set<string> {
  return new Set(
    entriesOf(inputs).flatMap(({ key, value }) => ((textOf(get(value, 'type')) ?? 'string') === 'string' ? [key] : [])),
  );
}
