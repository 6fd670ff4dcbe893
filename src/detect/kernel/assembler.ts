/**
 * As much of a WebAssembly assembler as the search kernel needs: expressions are written as nested calls and come out as
 * bytes, a module has one imported memory and exported functions of i32. Binary format: https://webassembly.github.io/spec/core/binary/
 */
export type Code = readonly number[];

export interface WasmFunction {
  readonly name: string;
  readonly params: number;
  /** Beyond the parameters. */
  readonly locals: number;
  readonly hasResult: boolean;
  readonly body: Code;
}

const I32 = 0x7f;
const NO_RESULT = 0x40;

export function int(value: number): Code {
  return [0x41, ...signed(value)];
}

export function get(local: number): Code {
  return [0x20, ...unsigned(local)];
}

export function set(local: number, value: Code): Code {
  return [...value, 0x21, ...unsigned(local)];
}

/** `local += step`. */
export function bump(local: number, step: number): Code {
  return set(local, add(get(local), int(step)));
}

export function add(one: Code, other: Code): Code {
  return [...one, ...other, 0x6a];
}

export function subtract(one: Code, other: Code): Code {
  return [...one, ...other, 0x6b];
}

export function multiply(one: Code, other: Code): Code {
  return [...one, ...other, 0x6c];
}

/** Unsigned. */
export function divide(one: Code, other: Code): Code {
  return [...one, ...other, 0x6e];
}

export function and(one: Code, other: Code): Code {
  return [...one, ...other, 0x71];
}

export function or(one: Code, other: Code): Code {
  return [...one, ...other, 0x72];
}

export function shiftLeft(value: Code, by: Code): Code {
  return [...value, ...by, 0x74];
}

/** Unsigned. */
export function shiftRight(value: Code, by: Code): Code {
  return [...value, ...by, 0x76];
}

export function isZero(value: Code): Code {
  return [...value, 0x45];
}

export function isEqual(one: Code, other: Code): Code {
  return [...one, ...other, 0x46];
}

/** Unsigned. */
export function isLess(one: Code, other: Code): Code {
  return [...one, ...other, 0x49];
}

/** Unsigned. */
export function isAtLeast(one: Code, other: Code): Code {
  return [...one, ...other, 0x4f];
}

/** The byte at `address + offset`. */
export function load8(address: Code, offset = 0): Code {
  return [...address, 0x2d, 0, ...unsigned(offset)];
}

export function load16(address: Code, offset = 0): Code {
  return [...address, 0x2f, 1, ...unsigned(offset)];
}

export function load32(address: Code, offset = 0): Code {
  return [...address, 0x28, 2, ...unsigned(offset)];
}

export function store32(address: Code, value: Code, offset = 0): Code {
  return [...address, ...value, 0x36, 2, ...unsigned(offset)];
}

export function when(condition: Code, ...then: readonly Code[]): Code {
  return [...condition, 0x04, NO_RESULT, ...then.flat(), 0x0b];
}

/** Runs its body again and again until a `leave`. A `when` around a `leaveIf` or `againIf` adds one to its depth. */
export function repeat(...body: readonly Code[]): Code {
  return [0x02, NO_RESULT, 0x03, NO_RESULT, ...body.flat(), ...again(0), 0x0b, 0x0b];
}

/** Begins the body of the repeat anew. */
export function again(depth: number): Code {
  return [0x0c, ...unsigned(depth)];
}

export function leaveIf(condition: Code, depth = 0): Code {
  return [...condition, 0x0d, ...unsigned(depth + 1)];
}

export function againIf(condition: Code, depth = 0): Code {
  return [...condition, 0x0d, ...unsigned(depth)];
}

/** Ends the function; a result is on the stack. */
export function give(value: Code): Code {
  return [...value, 0x0f];
}

/** A module that imports `env.memory` and exports all its functions. */
export function assemble(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ params, hasResult }) => [
    0x60,
    ...vector(Array.from({ length: params }, () => [I32])),
    ...vector(hasResult ? [[I32]] : []),
  ]);
  const memory = [...text('env'), ...text('memory'), 0x02, 0x00, ...unsigned(1)];
  const exported = functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]);
  const bodies = functions.map(({ locals, body }) => {
    const code = [...vector(locals === 0 ? [] : [[...unsigned(locals), I32]]), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(2, vector([memory])),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(7, vector(exported)),
    ...section(10, vector(bodies)),
  ]);
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

function vector(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): Code {
  return vector([...Buffer.from(value, 'utf8')].map((byte) => [byte]));
}

/** LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}
