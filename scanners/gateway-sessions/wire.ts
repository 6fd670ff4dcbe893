/** What a client said over PostgreSQL's wire protocol. Values and passwords are passed over. */
export interface WireReading {
  /** Texts of statements, in order: simple queries, and those that were prepared. */
  readonly queries: readonly string[];
  /** How often statements were run; a prepared one may be run many times. */
  readonly executed: number;
  /** Messages that could not be read, or break off. */
  readonly broken: number;
  readonly messages: number;
  /** As the client names itself when it connects, or sets it later. */
  readonly applicationName?: string;
}

/**
 * What a client may send: https://www.postgresql.org/docs/current/protocol-message-formats.html
 * Query, Parse, Bind, Execute, Describe, Close, Sync, Flush, Terminate, FunctionCall, CopyData/Done/Fail, and `p`: passwords.
 */
const TYPES = new Set('QPBEDCSHXFdcfp');
/** More than the gateway passes on in one piece; a length beyond is none. */
const MAX_LENGTH = 32 * 1024 * 1024;
const MAX_QUERIES = 20_000;
const MAX_TEXT = 1024 * 1024;

/** Startup messages have no type: protocol 3.x, and the requests for TLS, GSS and cancelling. */
const PROTOCOL = 3;
const REQUESTS = new Set([80_877_102, 80_877_103, 80_877_104]);

/**
 * Decodes a client's side of a session, given as the gateway recorded it: piece by piece, each of one or more messages,
 * or of a part of one. Where a message is broken, reading goes on with the next piece. `undefined` when it is no wire
 * protocol at all.
 */
export function readWire(pieces: readonly Uint8Array[]): WireReading | undefined {
  const reader = new Reader(pieces);
  const queries: string[] = [];
  const prepared = new Set<string>();
  let applicationName: string | undefined;
  let executed = 0;
  let messages = 0;
  let broken = 0;
  for (;;) {
    const message = reader.next();
    if (message === 'end') break;
    if (message === 'broken') {
      broken += 1;
      continue;
    }
    messages += 1;
    switch (message.type) {
      case 'start':
        applicationName ??= startupName(message.body);
        break;
      case 'Q': {
        const text = textAt(message.body, 0);
        if (text.text.trim() !== '' && queries.length < MAX_QUERIES) queries.push(text.text);
        executed += 1;
        break;
      }
      case 'P': {
        const name = textAt(message.body, 0);
        const text = textAt(message.body, name.end);
        // Drivers prepare the same statement again and again.
        if (text.text.trim() !== '' && !prepared.has(text.text) && queries.length < MAX_QUERIES) {
          prepared.add(text.text);
          queries.push(text.text);
        }
        break;
      }
      case 'E':
        executed += 1;
        break;
    }
  }
  if (messages === 0) return undefined;
  return { queries, executed, broken, messages, ...(applicationName === undefined ? {} : { applicationName }) };
}

interface Message {
  readonly type: string;
  readonly body: Buffer;
}

class Reader {
  readonly #pieces: readonly Buffer[];
  /** Bytes from each piece on to the end. */
  readonly #left: number[];
  #piece = 0;
  #at = 0;
  #isFirst = true;

  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces
      .filter(({ length }) => length > 0)
      .map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    this.#left = [];
    let left = 0;
    for (let index = this.#pieces.length - 1; index >= 0; index -= 1) {
      left += this.#pieces[index]?.length ?? 0;
      this.#left[index] = left;
    }
  }

  next(): Message | 'broken' | 'end' {
    if (this.#available() === 0) return 'end';
    const start = this.#startup();
    if (start !== undefined) return start;
    const head = this.#peek(5);
    const type = String.fromCharCode(head[0] ?? 0);
    const length = head.length < 5 ? 0 : head.readInt32BE(1);
    if (!TYPES.has(type) || length < 4 || length > MAX_LENGTH || this.#available() < length + 1) return this.#skipPiece();
    this.#isFirst = false;
    return { type, body: this.#take(length + 1).subarray(5) };
  }

  #startup(): Message | undefined {
    if (!this.#isFirst || this.#available() < 8) return undefined;
    const head = this.#peek(8);
    const length = head.readInt32BE(0);
    const code = head.readInt32BE(4);
    if (length < 8 || length > 10_000 || length > this.#available()) return undefined;
    if (code >> 16 !== PROTOCOL && !REQUESTS.has(code)) return undefined;
    // After a request for TLS the startup itself follows.
    if (code >> 16 === PROTOCOL) this.#isFirst = false;
    return { type: 'start', body: this.#take(length).subarray(8) };
  }

  #available(): number {
    return (this.#left[this.#piece] ?? 0) - this.#at;
  }

  #peek(count: number): Buffer {
    const piece = this.#pieces[this.#piece];
    if (piece !== undefined && piece.length - this.#at >= count) return piece.subarray(this.#at, this.#at + count);
    return this.#gather(count, false);
  }

  #take(count: number): Buffer {
    return this.#gather(count, true);
  }

  #gather(count: number, isTaken: boolean): Buffer {
    const parts: Buffer[] = [];
    let { piece, at, wanted } = { piece: this.#piece, at: this.#at, wanted: count };
    while (wanted > 0) {
      const bytes = this.#pieces[piece];
      if (bytes === undefined) break;
      const part = bytes.subarray(at, at + wanted);
      parts.push(part);
      wanted -= part.length;
      at += part.length;
      if (at === bytes.length) {
        piece += 1;
        at = 0;
      }
    }
    if (isTaken) {
      this.#piece = piece;
      this.#at = at;
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  }

  /** Messages begin where pieces begin, most of the time. */
  #skipPiece(): 'broken' {
    this.#isFirst = false;
    this.#piece += 1;
    this.#at = 0;
    return 'broken';
  }
}

function textAt(body: Buffer, from: number): { readonly text: string; readonly end: number } {
  const end = body.indexOf(0, from);
  const to = end < 0 ? body.length : end;
  return { text: body.toString('utf8', from, Math.min(to, from + MAX_TEXT)), end: to + 1 };
}

/** Names and values in turn; the user among them is what the client claims. */
function startupName(body: Buffer): string | undefined {
  for (let at = 0; at < body.length; ) {
    const name = textAt(body, at);
    if (name.text === '') return undefined;
    const value = textAt(body, name.end);
    if (name.text === 'application_name' && value.text !== '') return value.text.slice(0, 255);
    at = value.end;
  }
  return undefined;
}
