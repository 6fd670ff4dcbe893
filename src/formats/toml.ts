import { parse } from 'smol-toml';
import { LineIndex } from '../files/location.ts';
import { messageOf } from '../util/errors.ts';
import { type Entry, pointerTo, type Tree } from './tree.ts';

export interface TomlFile {
  readonly root: Tree | undefined;
  readonly problems: readonly string[];
  /** 1-based. */
  position(offset: number): { line: number; column: number };
}

/**
 * Reads TOML. The parser tells no positions: each key is looked for behind its table's header, so that a value stands at its
 * own line wherever keys are written one a line. Never throws; of a broken file nothing is read, said in `problems`.
 */
export function readToml(text: string): TomlFile {
  const lines = new LineIndex(text);
  const position = (offset: number) => lines.at(offset);
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    return { root: undefined, problems: [`not valid TOML (${messageOf(error).split('\n')[0]})`], position };
  }
  return { root: build(value, '', placesOf(text), 0, text.length), problems: [], position };
}

interface Place {
  readonly start: number;
  readonly end: number;
  readonly quoted: boolean;
}

const KEY = /^[ \t]*((?:"[^"\n]*"|'[^'\n]*'|[\w-]+)(?:[ \t]*\.[ \t]*(?:"[^"\n]*"|'[^'\n]*'|[\w-]+))*)[ \t]*=[ \t]*/;

/** Where the value of each dotted path stands; of arrays of tables, the first. */
function placesOf(text: string): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  let table: readonly string[] = [];
  let at = 0;
  for (const line of text.split('\n')) {
    const header = /^[ \t]*\[{1,2}([^[\]]+)\]{1,2}/.exec(line);
    const key = header === null ? KEY.exec(line) : null;
    if (header !== null) {
      table = parts(header[1] ?? '');
      const path = table.join('\0');
      // What of a table has no line of its own stands at its header.
      if (!places.has(path)) places.set(path, { start: at, end: at + line.length, quoted: false });
    } else if (key !== null) {
      const path = [...table, ...parts(key[1] ?? '')].join('\0');
      const start = at + key[0].length;
      const written = line.slice(key[0].length).replace(/\r$/, '');
      const quoted = /^("(?:[^"\\]|\\.)*"|'[^']*')/.exec(written)?.[0];
      if (!places.has(path))
        places.set(path, { start, end: start + (quoted ?? written).trimEnd().length, quoted: quoted !== undefined });
    }
    at += line.length + 1;
  }
  return places;
}

function parts(dotted: string): string[] {
  return (dotted.match(/"[^"]*"|'[^']*'|[\w-]+/g) ?? []).map((part) => part.replace(/^["']|["']$/g, ''));
}

function build(
  value: unknown,
  pointer: string,
  places: ReadonlyMap<string, Place>,
  from: number,
  to: number,
  path: readonly string[] = [],
): Tree {
  const place = places.get(path.join('\0'));
  const [start, end] = place === undefined ? [from, to] : [place.start, place.end];
  if (Array.isArray(value)) {
    return {
      type: 'list',
      items: value.map((item, index) => build(item, `${pointer}[${index}]`, places, start, end, path)),
      start,
      end,
      pointer,
    };
  }
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    const entries: Entry[] = Object.entries(value).map(([key, each]) => ({
      key,
      value: build(each, pointerTo(pointer, key), places, start, end, [...path, key]),
    }));
    return { type: 'mapping', entries, start, end, pointer };
  }
  return { type: 'scalar', value: String(value), quoted: place?.quoted ?? false, start, end, pointer };
}
