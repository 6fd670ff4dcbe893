import { known, type Value } from '../../src/iac/value.ts';

/** What is meant by `each`, `count`, the names of dynamic blocks and those of a `for` where an expression stands. */
export interface Bindings {
  readonly [name: string]: Binding;
}

export interface Binding {
  readonly key?: Value;
  readonly value?: Value;
  /** Of the name of a `for`, which has neither `.key` nor `.value`. */
  readonly itself?: Value;
}

/** One of those that `count` or `for_each` makes of a resource. */
export interface Instance {
  readonly address: string;
  readonly key?: string;
  readonly bindings: Bindings;
  /** Perhaps there is none. */
  readonly isConditional?: true;
}

/** Bound on the instances of one resource. */
export const MAX_INSTANCES = 200;

/** Resources whose number matters: what nobody logs in with may be read as one without a word. */
export function bearsOnIdentities(type: string): boolean {
  return BEARS.test(type) && !BESIDE.test(type);
}

const BEARS =
  /iam|identit|role|user|group|member|key|token|secret|credential|password|account|application|principal|oauth|saml|sas|access|policy|trust/;
/** Groups of machines, rules of networks, logs: they have the same words in their names. */
const BESIDE =
  /(?:security|log|resource|placement|parameter|subnet|option|target|node|scaling|endpoint|instance|replication|management)_group|(?:security|lifecycle|scaling|backup|assignment|retention|routing|alert|tag)_policy|policy_assignment|compute_|network|firewall|vpc|route|access_log|_lb_|monitor/;

/** What a `for_each` goes over, and whether that is all. `undefined`: not known. */
export interface Each {
  readonly all: readonly { readonly key?: Value; readonly value?: Value }[];
  readonly isWhole: boolean;
}

export function eachOf(value: Value | undefined): Each | undefined {
  if (value === undefined || value.kind === 'unknown' || value.kind === 'text') return undefined;
  const seen = new Set<string>();
  const all: { key?: Value; value?: Value }[] = [];
  let isWhole = true;
  const pairs =
    value.kind === 'map'
      ? value.entries.map((one) => ({ key: asKey(one.key, one.value), value: one.value }))
      : value.items.map((item) => ({ key: item.kind === 'text' ? item : undefined, value: item }));
  for (const { key, value: own } of pairs) {
    const name = known(key);
    if (name !== undefined && seen.has(name)) continue;
    if (all.length >= MAX_INSTANCES) return { all, isWhole: false };
    if (name !== undefined) seen.add(name);
    // One of unknown name may be several.
    if (own.kind === 'unknown' && value.kind === 'list') isWhole = false;
    if (key === undefined && value.kind === 'map') isWhole = false;
    all.push({ ...(key === undefined ? {} : { key }), value: own });
  }
  return { all, isWhole };
}

/** Begins what stands for a value that is not known. */
export const NAMELESS = '${';

/** A key that is put together of what is not known names nothing. */
function asKey(key: string, { where }: Value): Value | undefined {
  return key.includes(NAMELESS) ? undefined : { kind: 'text', text: key, isLiteral: false, where };
}
