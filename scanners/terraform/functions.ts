import { blocks, entry, items, known, type MapValue, plainOf, type Value, type Where } from '../../src/iac/value.ts';

/** Functions of Terraform that names, ARNs and policies are put together with. `undefined`: the result is not known. */
export function call(name: string, given: readonly (Value | undefined)[], where: Where): Value | undefined {
  return Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name]?.(given, where) : undefined;
}

/** Lists that double each other. */
const MAX_ITEMS = 5000;
const MAX_TEXT = 256 * 1024;

type Function = (given: readonly (Value | undefined)[], where: Where) => Value | undefined;

const same: Function = ([first]) => first;
const onText =
  (change: (...texts: string[]) => string | undefined): Function =>
  (given, where) => {
    const texts = given.map((value) => known(value));
    if (texts.some((text) => text === undefined)) return undefined;
    const result = change(...(texts as string[]));
    return result === undefined || result.length > MAX_TEXT ? undefined : text(result, where, given);
  };
const list =
  (change: (items: readonly Value[]) => readonly Value[]): Function =>
  (given, where) => ({
    kind: 'list',
    items: change(given.flatMap((value) => items(value)).slice(0, MAX_ITEMS)).slice(0, MAX_ITEMS),
    where,
  });

const FUNCTIONS: { readonly [name: string]: Function } = {
  // What is encoded is read again anyway: it stays the structure that it is, with its places.
  jsonencode: same,
  yamlencode: same,
  jsondecode: same,
  tostring: same,
  tonumber: same,
  tobool: same,
  tolist: same,
  toset: same,
  tomap: same,
  sensitive: same,
  nonsensitive: same,
  ephemeralasnull: same,
  issensitive: () => undefined,
  concat: list((all) => all),
  flatten: list((all) => all.flatMap((item) => items(item))),
  compact: list((all) => all.filter((item) => known(item) !== '')),
  distinct: list((all) => all),
  sort: list((all) => all),
  reverse: list((all) => all.toReversed()),
  setunion: list((all) => all),
  lower: onText((one) => one?.toLowerCase()),
  upper: onText((one) => one?.toUpperCase()),
  title: onText((one) => one),
  trimspace: onText((one) => one?.trim()),
  chomp: onText((one) => one?.replace(/[\r\n]+$/, '')),
  trimprefix: onText((one = '', prefix = '') => (one.startsWith(prefix) ? one.slice(prefix.length) : one)),
  trimsuffix: onText((one = '', suffix = '') => (suffix !== '' && one.endsWith(suffix) ? one.slice(0, -suffix.length) : one)),
  replace: ([first, what, by], where) => {
    const [one, from, to] = [known(first), known(what), known(by)];
    if (one === undefined || from === undefined || to === undefined) return first;
    // `/…/` is a pattern, which is not run: those of strangers may never end.
    if (/^\/.+\/$/s.test(from) || from === '' || one.length * (to.length + 1) > MAX_TEXT) return undefined;
    return text(one.replaceAll(from, to), where, [first]);
  },
  substr: ([first, from, length], where) => {
    const [one, start, count] = [known(first), Number(known(from)), Number(known(length))];
    if (one === undefined || !Number.isInteger(start) || !Number.isInteger(count) || first?.kind !== 'text') return undefined;
    return first.isSymbolic === true ? undefined : text(one.slice(start, count < 0 ? undefined : start + count), where, [first]);
  },
  join: ([separator, ...rest], where) => {
    const between = known(separator);
    const parts = rest.flatMap((value) => items(value)).map((item) => known(item));
    if (between === undefined || parts.some((part) => part === undefined)) return undefined;
    return text(
      parts.join(between),
      where,
      rest.flatMap((value) => items(value)),
    );
  },
  split: ([separator, value], where) => {
    const [between, one] = [known(separator), known(value)];
    if (between === undefined || between === '' || one === undefined) return undefined;
    return { kind: 'list', items: one.split(between).map((part) => text(part, where, [value])), where };
  },
  format: ([pattern, ...rest], where) => {
    const one = known(pattern);
    const parts = rest.map((value) => known(value));
    if (one === undefined || parts.some((part) => part === undefined) || /%[^%sdvq]/.test(one)) return undefined;
    let next = 0;
    return text(
      one.replace(/%(?<verb>[%sdvq])/g, (_, verb: string) => (verb === '%' ? '%' : (parts[next++] ?? ''))),
      where,
      rest,
    );
  },
  coalesce: (given) => given.find((value) => value !== undefined && known(value) !== ''),
  coalescelist: (given) => given.find((value) => items(value).length > 0),
  try: (given) =>
    given.find((value) => value !== undefined && value.kind !== 'unknown') ?? given.find((value) => value !== undefined),
  one: ([first]) => (first?.kind === 'list' ? first.items[0] : first),
  element: ([first, index]) => (first?.kind === 'list' ? first.items[Number(known(index))] : undefined),
  lookup: ([first, key, other]) => {
    const name = known(key);
    return first?.kind === 'map' && name !== undefined ? (entry(first, name) ?? other) : undefined;
  },
  merge: (given, where) => {
    if (given.some((value) => value !== undefined && value.kind !== 'map')) {
      const [only, ...more] = given.flatMap((value) => blocks(value));
      return only === undefined || more.length > 0
        ? merged(
            given.flatMap((value) => blocks(value)),
            where,
          )
        : only;
    }
    return merged(
      given.flatMap((value) => blocks(value)),
      where,
    );
  },
  keys: ([first], where) =>
    first?.kind === 'map' ? { kind: 'list', items: first.entries.map(({ key }) => text(key, where, [])), where } : undefined,
  values: ([first], where) =>
    first?.kind === 'map' ? { kind: 'list', items: first.entries.map(({ value }) => value), where } : undefined,
  length: ([first], where) =>
    first?.kind === 'list' || first?.kind === 'map'
      ? text(String((first.kind === 'list' ? first.items : first.entries).length), where, [])
      : undefined,
  contains: ([first, wanted], where) => {
    const one = known(wanted);
    if (first?.kind !== 'list' || one === undefined) return undefined;
    const all = first.items.map((item) => known(item));
    return all.includes(one) ? text('true', where, []) : all.includes(undefined) ? undefined : text('false', where, []);
  },
  range: (given, where) => {
    const [one = Number.NaN, other] = given.map((value) => Number(known(value)));
    const [from, to] = other === undefined ? [0, one] : [one, other];
    if (given.length > 2 || !Number.isInteger(from) || !Number.isInteger(to)) return undefined;
    const length = Math.min(Math.max(0, to - from), MAX_ITEMS);
    return { kind: 'list', items: Array.from({ length }, (_, index) => text(String(from + index), where, [])), where };
  },
  zipmap: ([names, values], where) => ({
    kind: 'map',
    entries: items(names).flatMap((name, index) => {
      const [key, value] = [known(name), items(values)[index]];
      return key === undefined || value === undefined ? [] : [{ key, value }];
    }),
    where,
  }),
  base64encode: () => undefined,
};

function merged(maps: readonly MapValue[], where: Where): Value {
  return { kind: 'map', entries: maps.flatMap((map) => map.entries).slice(0, MAX_ITEMS), where };
}

export function text(value: string, where: Where, from: readonly (Value | undefined)[]): Value {
  const isSymbolic = from.some((one) => one?.kind === 'text' && one.isSymbolic === true);
  return { kind: 'text', text: value, isLiteral: false, ...(isSymbolic ? { isSymbolic } : {}), where };
}

/** A structure within a text: as JSON. */
export function asText(value: Value): string {
  return value.kind === 'text' || value.kind === 'unknown' ? value.text : JSON.stringify(plainOf(value));
}
