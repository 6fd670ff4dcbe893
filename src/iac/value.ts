import type { Location } from '../contracts/index.ts';

/** A file that declares infrastructure. */
export interface Source {
  readonly path: string;
  readonly at: Location;
  /** 1-based. */
  position(offset: number): { readonly line: number; readonly column: number };
}

/** Where something stands. */
export interface Where {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
  readonly pointer?: string;
}

/**
 * What an attribute comes to, as far as the files tell. Code, plan and state, and the templates of other tools, all give
 * these, so that what resources mean is read once.
 */
export type Value = TextValue | ListValue | MapValue | UnknownValue;

export interface TextValue {
  readonly kind: 'text';
  /** Numbers and switches too, as text. */
  readonly text: string;
  /** Stands so at `where`: neither put together nor brought by a reference. */
  readonly isLiteral: boolean;
  /** Holds the stand-in of a resource whose name is not known: `{aws_iam_role.deploy}`. */
  readonly isSymbolic?: boolean;
  /** The variables whose defaults it is made of. */
  readonly references?: readonly string[];
  readonly where: Where;
}

export interface ListValue {
  readonly kind: 'list';
  readonly items: readonly Value[];
  readonly where: Where;
}

export interface MapValue {
  readonly kind: 'map';
  readonly entries: readonly { readonly key: string; readonly value: Value }[];
  readonly where: Where;
}

export interface UnknownValue {
  readonly kind: 'unknown';
  /** As far as it is known, with `${…}` for the rest. */
  readonly text: string;
  /** `var.name`, `aws_iam_role.deploy`, `data.aws_secretsmanager_secret_version.db`: what it is made of. */
  readonly references: readonly string[];
  readonly where: Where;
}

export function locationOf({ source, start, end, pointer }: Where): Location {
  const from = source.position(start);
  const to = source.position(Math.max(start, end - 1));
  return {
    ...source.at,
    path: source.path,
    line: from.line,
    column: from.column,
    ...(to.line === from.line ? {} : { endLine: to.line }),
    ...(pointer === undefined || pointer === '' ? {} : { pointer }),
  };
}

/** The value of a key; of a repeated one the last. */
export function entry(value: Value | undefined, key: string): Value | undefined {
  return value?.kind === 'map' ? value.entries.findLast((one) => one.key === key)?.value : undefined;
}

/** Below several keys: `metadata`, `name`. A list with one item on the way is looked through, as nested blocks are. */
export function entryAt(value: Value | undefined, ...path: readonly string[]): Value | undefined {
  let current = value;
  for (const key of path) current = entry(current?.kind === 'list' ? current.items[0] : current, key);
  return current;
}

/** A known text. */
export function known(value: Value | undefined): string | undefined {
  return value?.kind === 'text' ? value.text : undefined;
}

/** A text as far as it is known. */
export function written(value: Value | undefined): string | undefined {
  return value?.kind === 'text' || value?.kind === 'unknown' ? value.text : undefined;
}

export function isTrue(value: Value | undefined): boolean {
  return known(value)?.toLowerCase() === 'true';
}

export function isFalse(value: Value | undefined): boolean {
  return known(value)?.toLowerCase() === 'false';
}

/** Items of a list; the one that stands alone; nothing. */
export function items(value: Value | undefined): readonly Value[] {
  if (value === undefined) return [];
  return value.kind === 'list' ? value.items : [value];
}

export function texts(value: Value | undefined): string[] {
  return items(value).flatMap((item) => written(item) ?? []);
}

/** Nested blocks: maps in a list, or the one map. */
export function blocks(value: Value | undefined): readonly MapValue[] {
  return items(value).filter((item) => item.kind === 'map');
}

/** A value that refers to one twice, which refers to another twice, is small to hold and endless to walk. */
const MAX_NODES = 20_000;

/** As JSON, for readers that take it; what is not known stays a text with `${…}`. */
export function plainOf(value: Value | undefined, budget = { left: MAX_NODES }): unknown {
  if (value === undefined || budget.left <= 0) return undefined;
  budget.left -= 1;
  if (value.kind === 'list') return value.items.map((item) => plainOf(item, budget));
  if (value.kind === 'map')
    return Object.fromEntries(value.entries.map(({ key, value: inner }) => [key, plainOf(inner, budget)]));
  return value.text;
}

/** Every text below, with the keys on the way. */
export function* textsBelow(
  value: Value | undefined,
  path: readonly string[] = [],
  budget = { left: MAX_NODES },
): Generator<{ readonly path: readonly string[]; readonly value: TextValue | UnknownValue }> {
  if (value === undefined || budget.left <= 0) return;
  budget.left -= 1;
  if (value.kind === 'list') for (const item of value.items) yield* textsBelow(item, path, budget);
  else if (value.kind === 'map')
    for (const { key, value: inner } of value.entries) yield* textsBelow(inner, [...path, key], budget);
  else yield { path, value };
}

/** A structure that is given may hold itself twice over, many times: beyond so many parts it is not known. */
const MAX_GIVEN = 5000;

/**
 * What another module or template gives, as the value of a variable here: it is told of where it is used. What is made of
 * names that are not known there is not known here either.
 */
export function handedOn(value: Value | undefined, name: string, where: Where, budget = { left: MAX_GIVEN }): Value | undefined {
  if (value === undefined) return undefined;
  budget.left -= 1;
  const unknown: Value = { kind: 'unknown', text: `\${var.${name}}`, references: [`var.${name}`], where };
  if (budget.left < 0 || value.kind === 'unknown') return unknown;
  if (value.kind === 'text')
    return value.isSymbolic === true ? unknown : { kind: 'text', text: value.text, isLiteral: false, where };
  if (value.kind === 'list') {
    const items: Value[] = [];
    for (const item of value.items) {
      if (budget.left < 0) return unknown;
      items.push(handedOn(item, name, where, budget) ?? unknown);
    }
    return { kind: 'list', items, where };
  }
  const entries: { key: string; value: Value }[] = [];
  for (const one of value.entries) {
    if (budget.left < 0) return unknown;
    entries.push({ key: one.key, value: handedOn(one.value, name, where, budget) ?? unknown });
  }
  return { kind: 'map', entries, where };
}
