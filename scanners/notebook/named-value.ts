import type { Node } from 'jsonc-parser';
import { looksSecret, type SecretKind, secretKind } from '../../src/formats/plain-value.ts';
import { entries, stringOf } from './node.ts';

/** A value that only its name gives away as a secret. */
export interface NamedValue {
  readonly node: Node;
  readonly kind: SecretKind;
}

const MAX_DEPTH = 12;

/** Papermill keeps in the notebook what it was run with. https://papermill.readthedocs.io/en/latest/usage-parameterize.html */
export function papermillValues(root: Node): NamedValue[] {
  return below(below(below([root], 'metadata'), 'papermill'), 'parameters').flatMap((parameters) => namedValues(parameters));
}

function below(nodes: readonly Node[], key: string): Node[] {
  return nodes.flatMap((node) => entries(node).flatMap(([name, value]) => (name === key ? [value] : [])));
}

/**
 * Values under names of secrets, and those that a setting itself calls a password:
 * `"default.password": {"name": "default.password", "value": "…", "type": "password"}`.
 */
export function namedValues(node: Node, depth = 0): NamedValue[] {
  if (depth > MAX_DEPTH) return [];
  if (node.type === 'array') return (node.children ?? []).flatMap((child) => namedValues(child, depth + 1));
  const isPassword = stringOf(node, 'type') === 'password';
  const name = stringOf(node, 'name') ?? stringOf(node, 'envName');
  return entries(node).flatMap(([key, value]) => {
    if (value.type !== 'string') return namedValues(value, depth + 1);
    const kind =
      secretKind(key === 'value' && name !== undefined ? name : key) ?? (isPassword && key === 'value' ? 'password' : undefined);
    return kind !== undefined && looksSecret(String(value.value)) ? [{ node: value, kind }] : [];
  });
}
