import { entriesOf, get, itemsOf, type Scalar, type Tree, textOf } from '../../src/formats/tree.ts';
import { expressionsIn, isFalse, isTemplate, isTrue, wordsAt } from './words.ts';

/** One task, or one play, of a playbook. */
export interface Task {
  readonly name: string;
  /** Last part of the module's name: `uri` of `ansible.builtin.uri`. */
  readonly module: string;
  /** The whole name as written. */
  readonly action: string;
  readonly tree: Tree;
  /** Of the module: a mapping, or free words. */
  readonly arguments: readonly Argument[];
  /** Free words: a command. */
  readonly free: Scalar | undefined;
  /** Its results are hidden, by itself or by what it lies in. */
  readonly isHidden: boolean;
  readonly loop: Tree | undefined;
  readonly loopLabel: boolean;
}

export interface Argument {
  readonly name: string;
  readonly value: string;
  readonly start: number;
  readonly pointer: string;
}

export interface Play {
  readonly name: string;
  readonly tree: Tree;
  readonly tasks: readonly Task[];
}

/** Keys of a task that name no module. https://docs.ansible.com/ansible/latest/reference_appendices/playbooks_keywords.html */
const KEYWORDS = new Set(
  `name action any_errors_fatal args async become become_exe become_flags become_method become_user changed_when check_mode collections connection
  debugger delay delegate_facts delegate_to diff environment failed_when ignore_errors ignore_unreachable listen local_action loop loop_control
  module_defaults no_log notify poll port register remote_user retries run_once tags throttle timeout until vars when block rescue always`.split(
    /\s+/,
  ),
);
const MAX_TASKS = 20_000;
const MAX_DEPTH = 20;

export function readPlays(root: Tree | undefined): Play[] {
  const counter = { left: MAX_TASKS };
  return itemsOf(root).flatMap((play) => {
    if (play.type !== 'mapping') return [];
    const hidden = isHiding(get(play, 'no_log'), false);
    const tasks = ['pre_tasks', 'tasks', 'post_tasks', 'handlers'].flatMap((key) => readTasks(get(play, key), hidden, counter));
    const hosts = textOf(get(play, 'hosts'));
    return [{ name: textOf(get(play, 'name')) || hosts || 'play', tree: play, tasks }];
  });
}

export function readTasks(list: Tree | undefined, hidden = false, counter = { left: MAX_TASKS }, depth = 0): Task[] {
  const tasks: Task[] = [];
  for (const tree of itemsOf(list)) {
    if (tree.type !== 'mapping' || counter.left <= 0 || depth > MAX_DEPTH) continue;
    counter.left -= 1;
    const isHidden = isHiding(get(tree, 'no_log'), hidden);
    if (get(tree, 'block') !== undefined) {
      for (const key of ['block', 'rescue', 'always']) tasks.push(...readTasks(get(tree, key), isHidden, counter, depth + 1));
      continue;
    }
    const task = readTask(tree, isHidden);
    if (task !== undefined) tasks.push(task);
  }
  return tasks;
}

function isHiding(tree: Tree | undefined, inherited: boolean): boolean {
  const text = textOf(tree);
  if (text === undefined) return inherited;
  // `no_log: "{{ hide_secrets | default(true) }}"` is a switch that somebody thought of.
  return isTrue(text) || isTemplate(text) || (inherited && !isFalse(text));
}

function readTask(tree: Tree, isHidden: boolean): Task | undefined {
  const found =
    entriesOf(tree).find(({ key }) => !KEYWORDS.has(key) && !/^with_/.test(key)) ??
    entriesOf(tree).find(({ key }) => key === 'local_action' || key === 'action');
  if (found === undefined) return undefined;
  const isAction = found.key === 'local_action' || found.key === 'action';
  const written = isAction
    ? (textOf(get(found.value, 'module')) ?? /^\S+/.exec(textOf(found.value) ?? '')?.[0] ?? '')
    : found.key;
  const body = found.value;
  const more = entriesOf(get(tree, 'args'));
  const named = [...entriesOf(body), ...more].flatMap(({ key, value }): Argument[] => flat(key, value));
  const free = body.type === 'scalar' && body.value !== '' ? body : undefined;
  const words = free === undefined || isCommand(written) ? [] : pairsOf(free);
  const loop = get(tree, 'loop') ?? entriesOf(tree).find(({ key }) => /^with_/.test(key))?.value;
  return {
    name: (textOf(get(tree, 'name')) ?? '').replace(/\s+/g, ' ').trim().slice(0, 120) || written,
    module: written.slice(written.lastIndexOf('.') + 1),
    action: written,
    tree,
    arguments: [...named, ...words],
    free,
    isHidden,
    loop,
    loopLabel: get(get(tree, 'loop_control'), 'label') !== undefined,
  };
}

function flat(key: string, value: Tree, depth = 0): Argument[] {
  if (value.type === 'scalar') return [{ name: key, value: value.value, start: value.start, pointer: value.pointer }];
  if (depth > 4) return [];
  if (value.type === 'list') return value.items.flatMap((item) => flat(key, item, depth + 1));
  return value.entries.flatMap((entry) => flat(entry.key, entry.value, depth + 1));
}

export function isCommand(action: string): boolean {
  return /^(?:ansible\.(?:builtin|legacy|windows)\.)?(?:shell|command|raw|script|expect|win_shell|win_command)$/.test(action);
}

/** `postgresql_user: name=app password={{ app_password }}` */
function pairsOf(free: Extract<Tree, { type: 'scalar' }>): Argument[] {
  // A template may hold blanks: `name={{ a }}`.
  let [text, from] = ['', 0];
  for (const { start, end } of expressionsIn(free.value)) {
    text += free.value.slice(from, start) + free.value.slice(start, end).replace(/\s/g, '\u00a0');
    from = end;
  }
  text += free.value.slice(from);
  return wordsAt(text).flatMap(({ text: word }) => {
    const equals = word.indexOf('=');
    if (equals <= 0) return [];
    const value = word
      .slice(equals + 1)
      .replaceAll('\u00a0', ' ')
      .replace(/^(["'])(.*)\1$/s, '$2');
    return [{ name: word.slice(0, equals), value, start: free.start, pointer: free.pointer }];
  });
}
