import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, createReadStream, createWriteStream, openSync, readSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { messageOf } from '../util/errors.ts';
import type { LogFormat } from './format.ts';

/** Bytes in which a line shows that each is a record. */
const LINES_LOOKED_AT = 1 << 16;

export interface Saved {
  readonly path: string;
  /** Records that were begun and cannot be read. */
  readonly lost: number;
  readonly why?: string;
}

export async function sha256OfFile(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20, signal })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Of what was packed: of any other file as it is. */
export async function sha256OfUnpacked(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of inflated(file, signal)) hash.update(chunk);
  return hash.digest('hex');
}

/** By its first bytes: a name may say anything. */
export function isPacked(file: string): boolean {
  const [first, second] = bytesAt(file, 0, 2);
  return first === 0x1f && second === 0x8b;
}

/** The last four bytes of a packed file tell the size before; of several, put together, that of the last. */
export function unpackedSize(file: string, size: number): number {
  if (!isPacked(file)) return size;
  const told = size < 18 ? 0 : bytesAt(file, size - 4, 4).readUInt32LE(0);
  return Math.max(told, size);
}

function bytesAt(file: string, position: number, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, bytes, 0, count, position);
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * What can be read of a file that cannot be read whole: the lines or records that stand complete, one a line, each as the
 * format's documents have them. Piece by piece, so that a file of any size takes no more than its longest record.
 */
export async function saveRecords(format: LogFormat, file: string, to: string, signal: AbortSignal): Promise<Saved> {
  const out = createWriteStream(to, { mode: 0o600 });
  let sink: Lines | Records = sinkOf(format, Buffer.alloc(0));
  let isBegun = false;
  let why: string | undefined;
  try {
    for await (const chunk of inflated(file, signal)) {
      if (!isBegun) sink = sinkOf(format, chunk);
      isBegun = true;
      await write(out, sink.take(chunk));
    }
  } catch (error) {
    signal.throwIfAborted();
    why = `it ends early or is damaged (${messageOf(error)}): what stood whole before that was read`;
  }
  await write(out, sink.end(why !== undefined));
  out.end();
  await once(out, 'close');
  if (sink.lost > 0) why ??= whyLost(sink);
  return { path: to, lost: sink.lost, ...(why === undefined ? {} : { why }) };
}

export function whyLost({ isOpen }: { readonly isOpen: boolean }): string {
  return isOpen ? 'it ends in the middle of a record' : 'some records are no JSON';
}

/** Documents may be lines all the same: one that is broken then takes no other with it. */
export function sinkOf({ meta }: LogFormat, first: Buffer): Lines | Records {
  if (meta.as !== 'json') return new Lines(meta.as === 'jsonl');
  const lines = first.toString('utf8', 0, LINES_LOOKED_AT).split('\n').slice(0, -1);
  const isList = /^\uFEFF?\s*\[/.test(lines[0] ?? '');
  return meta.records === undefined && !isList && lines.some(isJsonObject) ? new Lines(true) : new Records(meta.records);
}

export async function* inflated(file: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const raw = createReadStream(file, { highWaterMark: 1 << 20, signal });
  if (!isPacked(file)) {
    for await (const chunk of raw) yield chunk as Buffer;
    return;
  }
  const gunzip = createGunzip({ chunkSize: 1 << 20 });
  raw.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const chunk of raw.pipe(gunzip)) yield chunk as Buffer;
  } finally {
    // Who wants no more lets go of the file, too.
    raw.destroy();
  }
}

async function write(out: Writable, text: Buffer): Promise<void> {
  if (text.length > 0 && !out.write(text)) await once(out, 'drain');
}

const NEWLINE = 0x0a;

/** Lines as they are; of JSON those alone that are. */
export class Lines {
  lost = 0;
  isOpen = false;
  readonly #isJson: boolean;
  #rest = Buffer.alloc(0);

  constructor(isJson: boolean) {
    this.#isJson = isJson;
  }

  take(chunk: Buffer): Buffer {
    const all = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = all.lastIndexOf(NEWLINE) + 1;
    this.#rest = Buffer.from(all.subarray(end));
    return this.#kept(all.subarray(0, end));
  }

  end(isCut: boolean): Buffer {
    const rest = this.#rest;
    if (rest.length === 0) return rest;
    if (isCut) {
      this.lost++;
      this.isOpen = true;
      return Buffer.alloc(0);
    }
    return this.#kept(Buffer.concat([rest, Buffer.from('\n')]));
  }

  #kept(lines: Buffer): Buffer {
    if (!this.#isJson) return lines;
    const kept: string[] = [];
    for (const line of lines.toString('utf8').split('\n')) {
      if (line.trim() === '') continue;
      if (isJsonObject(line)) kept.push(line);
      else this.lost++;
    }
    return Buffer.from(kept.length === 0 ? '' : `${kept.join('\n')}\n`);
  }
}

const [QUOTE, ESCAPE, OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/** The objects of a list in a document, wherever it breaks off. */
class Records {
  lost = 0;
  readonly #names: readonly string[];
  /** How deep the records stand: below the object of each name, and the list. */
  #depth: number;
  #level = 0;
  /** The last text outside of records: the name of what follows. */
  #name = '';
  #isList: boolean;
  #inString = false;
  #isEscaped = false;
  #rest = Buffer.alloc(0);
  /** Where the record or text at hand begins, and where to go on. */
  #record = -1;
  #text = -1;
  #at = 0;

  constructor(path: string | undefined) {
    this.#names = path?.split('.') ?? [];
    this.#depth = this.#names.length === 0 ? 0 : this.#names.length + 1;
    this.#isList = this.#names.length === 0;
  }

  get isOpen(): boolean {
    return this.#record >= 0;
  }

  take(chunk: Buffer): Buffer {
    const all = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    // A list of records at the top.
    if (this.#names.length === 0 && this.#level === 0 && /^\uFEFF?\s*\[/.test(all.toString('utf8', 0, 64))) this.#depth = 1;
    const kept: string[] = [];
    for (let at = this.#at; at < all.length; at++) this.#step(all, at, kept);
    const begin = this.#record >= 0 ? this.#record : this.#inString ? this.#text : all.length;
    this.#rest = Buffer.from(all.subarray(begin));
    this.#at = all.length - begin;
    this.#text -= begin;
    if (this.#record >= 0) this.#record = 0;
    return Buffer.from(kept.length === 0 ? '' : `${kept.join('\n')}\n`);
  }

  end(_isCut: boolean): Buffer {
    if (this.#record >= 0) this.lost++;
    return Buffer.alloc(0);
  }

  #step(all: Buffer, at: number, kept: string[]): void {
    const byte = all[at];
    if (this.#inString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === ESCAPE) this.#isEscaped = true;
      else if (byte === QUOTE) {
        this.#inString = false;
        if (this.#record < 0) this.#name = all.toString('utf8', this.#text + 1, at);
      }
    } else if (byte === QUOTE) {
      this.#inString = true;
      this.#text = at;
    } else if (byte === OPEN || byte === OPEN_LIST) {
      if (byte === OPEN_LIST && this.#level === this.#depth - 1 && this.#names.length > 0)
        this.#isList = this.#name === this.#names.at(-1);
      if (byte === OPEN && this.#level === this.#depth && this.#isList && this.#record < 0) this.#record = at;
      this.#level++;
    } else if (byte === CLOSE || byte === CLOSE_LIST) {
      this.#level--;
      if (this.#level !== this.#depth || this.#record < 0) return;
      this.#keep(all.toString('utf8', this.#record, at + 1), kept);
      this.#record = -1;
    }
  }

  #keep(record: string, kept: string[]): void {
    const line = record.replace(/[\r\n]+/g, ' ');
    if (!isJsonObject(line)) {
      this.lost++;
      return;
    }
    const before = this.#names.map((name) => `{${JSON.stringify(name)}:`).join('');
    kept.push(this.#names.length === 0 ? line : `${before}[${line}]${'}'.repeat(this.#names.length)}`);
  }
}

function isJsonObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
