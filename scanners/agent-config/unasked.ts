import { entriesOf, get, itemsOf, type Scalar, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';
import type { Client } from './clients.ts';

/** A setting by which tools of servers run without a question. */
export interface Unasked {
  /** As the file says it. */
  readonly because: string;
  /** Of these servers; `*` for all. */
  readonly servers: readonly string[];
  readonly at: Tree;
}

/**
 * https://code.claude.com/docs/en/iam#permission-modes · https://code.claude.com/docs/en/settings#permission-settings ·
 * https://developers.openai.com/codex/config-reference
 */
export function unaskedSettings({ name }: Client, root: Tree | undefined): Unasked[] {
  if (name === 'Claude Code') return [...bypassed(root), ...allowed(root)];
  return name === 'Codex' ? neverAsked(root) : [];
}

function bypassed(root: Tree | undefined): Unasked[] {
  const mode = get(get(root, 'permissions'), 'defaultMode');
  if (mode === undefined || textOf(mode) !== 'bypassPermissions') return [];
  return [{ because: '`defaultMode` is `bypassPermissions`', servers: ['*'], at: mode }];
}

/** `mcp__github`, `mcp__github__*`: all tools of that server; what is denied or asked for goes before it. */
function allowed(root: Tree | undefined): Unasked[] {
  const permissions = get(root, 'permissions');
  const list = get(permissions, 'allow');
  const held = new Set([...textsOf(get(permissions, 'deny')), ...textsOf(get(permissions, 'ask'))].flatMap(serverOf));
  const found: Unasked[] = [];
  for (const item of itemsOf(list)) {
    const [server] = serverOf(textOf(item) ?? '');
    if (server === undefined || held.has(server)) continue;
    found.push({ because: `\`mcp__${server}\` is allowed`, servers: [server], at: item });
  }
  return found;
}

function serverOf(rule: string): string[] {
  const name = /^mcp__(?<name>[\w.-]{1,200}?)(?:__\*)?$/.exec(rule)?.groups?.name;
  return name === undefined || name.includes('__') ? [] : [name];
}

/** Without the sandbox nothing else holds an agent back that never asks; profiles say it for themselves. */
function neverAsked(root: Tree | undefined): Unasked[] {
  const profiles = entriesOf(get(root, 'profiles')).map(({ value }) => value);
  return [root, ...profiles].flatMap((each): Unasked[] => {
    const policy = get(each, 'approval_policy') ?? (each === root ? undefined : get(root, 'approval_policy'));
    const sandbox = get(each, 'sandbox_mode') ?? (each === root ? undefined : get(root, 'sandbox_mode'));
    if (!isSaid(policy, 'never') || !isSaid(sandbox, 'danger-full-access')) return [];
    if (each !== root && get(each, 'approval_policy') === undefined && get(each, 'sandbox_mode') === undefined) return [];
    return [{ because: '`approval_policy` is `never`, without a sandbox', servers: ['*'], at: policy }];
  });
}

function isSaid(tree: Tree | undefined, value: string): tree is Scalar {
  return tree?.type === 'scalar' && tree.value === value;
}
