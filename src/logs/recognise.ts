import { gunzipSync, constants as zlib } from 'node:zlib';
import ignore, { type Ignore } from 'ignore';
import type { FileHead } from '../contracts/index.ts';
import { decodeText } from '../files/decode.ts';
import type { LogFormat } from './format.ts';

/** What a log may be called: nothing else is looked into. Rotated ones end in a number or a date. */
const MAY_BE_LOG =
  /\.(?:jsonl?|ndjson|log|csv|txt|out|audit)(?:[.-]\d[\dT.:-]*Z?)?(?:\.gz)?$|(?:^|[/._-])(?:audit|log)(?:[.-]\d[\dT.:-]*Z?)?(?:\.gz)?$/i;

const globs = new WeakMap<LogFormat, Ignore>();

/** The first format that a file is of: the user's go before those that ship. */
export function formatOf(file: FileHead, formats: () => readonly LogFormat[]): LogFormat | undefined {
  if (file.size === 0) return undefined;
  const isNamed = MAY_BE_LOG.test(file.path);
  let head: string | undefined;
  let dense: string | undefined;
  return formats().find((format) => {
    const { recognises } = format.meta;
    if (file.size < leastSize(recognises.minSize, file)) return false;
    if (recognises.paths !== undefined) {
      if (!matches(format, recognises.paths, file.path)) return false;
    } else if (!isNamed) return false;
    if (recognises.head === undefined) return true;
    head ??= headOf(file);
    const text = head;
    if (isAllIn(recognises.head, text)) return true;
    dense ??= withoutSpaces(text);
    return dense !== text && isAllIn(recognises.head, dense);
  });
}

function isAllIn(texts: readonly (string | readonly string[])[], text: string): boolean {
  return texts.every((one) => (typeof one === 'string' ? text.includes(one) : one.some((way) => text.includes(way))));
}

/** As most programs write JSON, where others (jq, Python) set a space after each colon and comma. */
function withoutSpaces(text: string): string {
  return text.replace(/":[ \t]+/g, '":').replace(/,[ \t]+"/g, ',"');
}

/** Records of a log take an eighth of their size when they are packed, or less. */
function leastSize(minSize: number | undefined, file: FileHead): number {
  return minSize === undefined ? 0 : /\.gz$/i.test(file.path) ? minSize / 8 : minSize;
}

function matches(format: LogFormat, paths: readonly string[], path: string): boolean {
  let known = globs.get(format);
  if (known === undefined) {
    known = ignore().add(paths as string[]);
    globs.set(format, known);
  }
  const relative = path.replace(/^(?:\.{0,2}\/)+|^[A-Za-z]:\//, '');
  return relative !== '' && known.ignores(relative);
}

/** The first 4 KiB, of what is packed its beginning. */
function headOf(file: FileHead): string {
  const bytes = file.bytes?.();
  if (bytes === undefined || bytes[0] !== 0x1f || bytes[1] !== 0x8b) return file.head();
  try {
    const inflated = gunzipSync(bytes, { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: 1 << 24 });
    return decodeText(inflated.subarray(0, 4096));
  } catch {
    return '';
  }
}
