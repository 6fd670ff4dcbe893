import { entriesOf, get, itemsOf, type Tree, textOf } from '../../src/formats/tree.ts';
import { isStandIn } from '../../src/iac/computed.ts';
import { handedOn, items, known, type MapValue, type Source, type Value, type Where } from '../../src/iac/value.ts';
import { OWN_ACCOUNT } from '../../src/iam/declared.ts';

/** What `Ref` and `Fn::GetAtt` of a resource give; `undefined`: not known before it is there. */
export type Lookup = (logicalId: string, attribute: string | undefined) => string | undefined;

/** Values of parameters. */
export type Given = ReadonlyMap<string, Value | undefined>;

export interface Reading {
  readonly source: Source;
  readonly parameters: ReadonlyMap<string, Tree>;
  /** By the stack that this one is nested in. */
  readonly given: Given | undefined;
  readonly mappings: Tree | undefined;
  readonly isResource: (logicalId: string) => boolean;
  readonly lookup: Lookup;
}

const MAX_DEPTH = 60;

/** A part of a template with its functions worked out, as far as the template tells. */
export function resolve(tree: Tree | undefined, reading: Reading, depth = 0): Value | undefined {
  if (tree === undefined || depth > MAX_DEPTH) return undefined;
  const where: Where = { source: reading.source, start: tree.start, end: tree.end, pointer: tree.pointer };
  const called = callOf(tree);
  if (called !== undefined) return work(called.name, called.argument, where, reading, depth);
  if (tree.type === 'scalar') {
    if (!tree.quoted && tree.value === '') return undefined;
    return { kind: 'text', text: tree.value, isLiteral: true, where };
  }
  if (tree.type === 'list') {
    return { kind: 'list', items: tree.items.flatMap((item) => resolve(item, reading, depth + 1) ?? []), where };
  }
  const entries = tree.entries.flatMap(({ key, value }) => {
    const worked = resolve(value, reading, depth + 1);
    return worked === undefined ? [] : [{ key, value: worked }];
  });
  return { kind: 'map', entries, where };
}

/** `!Sub x`, or `{"Fn::Sub": x}`. */
function callOf(tree: Tree): { readonly name: string; readonly argument: Tree } | undefined {
  if (tree.tag !== undefined && /^!\w+$/.test(tree.tag)) return { name: tree.tag.slice(1), argument: tree };
  if (tree.type !== 'mapping' || tree.entries.length !== 1) return undefined;
  const [only] = tree.entries;
  if (only === undefined) return undefined;
  if (only.key === 'Ref') return { name: 'Ref', argument: only.value };
  return only.key.startsWith('Fn::') ? { name: only.key.slice(4), argument: only.value } : undefined;
}

function work(name: string, argument: Tree, where: Where, reading: Reading, depth: number): Value | undefined {
  // The argument's own tag is the function that is being worked out.
  const given = (tree: Tree | undefined) => resolve(tree, reading, depth + 1);
  const parts = itemsOf(argument);
  switch (name) {
    case 'Ref':
      return reference(textOf(argument) ?? '', undefined, where, reading, depth);
    case 'GetAtt': {
      const path = textOf(argument) ?? parts.flatMap((part) => textOf(part) ?? []).join('.');
      const dot = path.indexOf('.');
      return reference(dot < 0 ? path : path.slice(0, dot), dot < 0 ? '' : path.slice(dot + 1), where, reading, depth);
    }
    case 'Sub': {
      const isPair = argument.type === 'list';
      return substitute(textOf(isPair ? parts[0] : argument) ?? '', isPair ? parts[1] : undefined, where, reading, depth);
    }
    case 'Join': {
      const [separator, list] = parts;
      return joined(textOf(separator) ?? '', items(given(list)), where);
    }
    case 'Select': {
      const index = Number(known(given(parts[0])));
      return items(given(parts[1]))[index] ?? unknown(where, []);
    }
    case 'Split': {
      const text = known(given(parts[1]));
      const separator = textOf(parts[0]) ?? '';
      if (text === undefined || separator === '') return unknown(where, []);
      return {
        kind: 'list',
        items: text.split(separator).map((part) => ({ kind: 'text', text: part, isLiteral: false, where })),
        where,
      };
    }
    case 'If': {
      const [one, other] = [given(parts[1]), given(parts[2])];
      const isNothing = (value: Value | undefined) =>
        value === undefined || (value.kind === 'unknown' && value.references[0] === 'AWS::NoValue');
      return isNothing(one) ? other : isNothing(other) || known(one) === known(other) ? one : (one ?? other);
    }
    case 'FindInMap': {
      const [map, first, second] = parts.map((part) => known(given(part)));
      const found = get(get(get(reading.mappings, map ?? ''), first ?? ''), second ?? '');
      return found === undefined ? unknown(where, []) : given(found);
    }
    case 'Base64':
      return argument.tag === '!Base64' && argument.type === 'scalar'
        ? { kind: 'text', text: argument.value, isLiteral: true, where }
        : given(argument.tag === '!Base64' ? firstOf(argument) : argument);
    case 'ToJsonString':
      return given(argument.tag === undefined ? argument : firstOf(argument));
    default:
      return unknown(where, []);
  }
}

function firstOf(tree: Tree): Tree | undefined {
  if (tree.type !== 'mapping') return itemsOf(tree)[0];
  // `!Base64` before `Fn::Sub: …`: the mapping is the inner call.
  const { tag: _, ...plain } = tree;
  return plain;
}

function reference(
  name: string,
  attribute: string | undefined,
  where: Where,
  reading: Reading,
  depth: number,
): Value | undefined {
  const text = (value: string): Value => ({
    kind: 'text',
    text: value,
    isLiteral: false,
    ...(isStandIn(value) ? { isSymbolic: true } : {}),
    where,
  });
  if (name === 'AWS::AccountId') return text(OWN_ACCOUNT);
  if (name === 'AWS::Partition') return text('aws');
  if (name === 'AWS::URLSuffix') return text('amazonaws.com');
  if (name.startsWith('AWS::')) return unknown(where, [name]);
  const parameter = reading.parameters.get(name);
  if (parameter !== undefined && attribute === undefined) {
    if (reading.given?.has(name) === true)
      return handedOn(reading.given.get(name), name, where) ?? unknown(where, [`var.${name}`]);
    const byDefault = resolve(get(parameter, 'Default'), reading, depth + 1);
    // What somebody else than this template decides is not known by its default, if that says nothing.
    if (byDefault?.kind !== 'text' || byDefault.text === '') return unknown(where, [`var.${name}`]);
    return { ...byDefault, isLiteral: false, where };
  }
  if (!reading.isResource(name)) return unknown(where, [name]);
  const made = reading.lookup(name, attribute);
  return made === undefined ? unknown(where, [attribute === undefined ? name : `${name}.${attribute}`]) : text(made);
}

function substitute(template: string, names: Tree | undefined, where: Where, reading: Reading, depth: number): Value {
  const references: string[] = [];
  let isSymbolic = false;
  let isKnown = true;
  const text = template.replace(/\$\{(?<literal>!)?(?<name>[^{}]*)\}/g, (whole, literal: string | undefined, raw: string) => {
    if (literal !== undefined) return `\${${raw}}`;
    const name = raw.trim();
    const own = get(names, name);
    const dot = name.indexOf('.');
    const value =
      own !== undefined
        ? resolve(own, reading, depth + 1)
        : reference(dot < 0 ? name : name.slice(0, dot), dot < 0 ? undefined : name.slice(dot + 1), where, reading, depth);
    if (value?.kind === 'text') {
      isSymbolic ||= value.isSymbolic === true;
      return value.text;
    }
    if (name === 'AWS::Region' && template.startsWith('arn:')) return '*';
    isKnown = false;
    references.push(...(value?.kind === 'unknown' ? value.references : [name]));
    return whole;
  });
  if (!isKnown) return { kind: 'unknown', text, references, where };
  return { kind: 'text', text, isLiteral: false, ...(isSymbolic ? { isSymbolic } : {}), where };
}

function joined(separator: string, parts: readonly Value[], where: Where): Value {
  const references: string[] = [];
  const texts: string[] = [];
  for (const part of parts) {
    if (part.kind === 'unknown') references.push(...part.references);
    texts.push(part.kind === 'text' ? part.text : part.kind === 'unknown' ? regionless(part, texts) : '');
  }
  const text = texts.join(separator);
  const isOpen = parts.some((part) => part.kind === 'unknown' && !isRegion(part, text));
  if (isOpen) return { kind: 'unknown', text, references, where };
  const isSymbolic = parts.some((part) => part.kind === 'text' && part.isSymbolic === true);
  return { kind: 'text', text, isLiteral: false, ...(isSymbolic ? { isSymbolic } : {}), where };
}

function isRegion(value: Value, text: string): boolean {
  return value.kind === 'unknown' && value.references[0] === 'AWS::Region' && text.startsWith('arn:');
}

function regionless(value: Extract<Value, { kind: 'unknown' }>, before: readonly string[]): string {
  return value.references[0] === 'AWS::Region' && before[0]?.startsWith('arn') === true ? '*' : value.text;
}

function unknown(where: Where, references: readonly string[]): Value {
  return { kind: 'unknown', text: `\${${references[0] ?? '…'}}`, references, where };
}

export function mapEntries(tree: Tree | undefined): ReadonlyMap<string, Tree> {
  return new Map(entriesOf(tree).map(({ key, value }) => [key, value]));
}

export function asMap(value: Value | undefined, where: Where): MapValue {
  return value?.kind === 'map' ? value : { kind: 'map', entries: [], where };
}
