import { constants, createInflate, deflateSync, inflateSync } from 'node:zlib';
import { PackError } from './pack-error.ts';

/**
 * Inflates what begins at the front of `packed` to `[at, at + size)`. One byte more must be there, and may be written. Throws
 * unless it is just `size` bytes.
 */
export type Inflate = (packed: Uint8Array, into: Uint8Array, at: number, size: number) => void;

/** What stands behind the streams of `node:zlib`. */
interface Handle {
  onerror: () => void;
  reset(): void;
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputSize: number,
    output: Uint8Array,
    outputAt: number,
    outputSize: number,
  ): void;
}

/**
 * A pack has hundreds of thousands of small streams. `inflateSync` makes a stream object, a state and a buffer for each: 3.5 of
 * the 6 microseconds that an entry of usual size takes, and much of the garbage. One handle, used again and again, does
 * without; but it is not documented, so it is taken only where it shows to work as it does in Node 20 to 24.
 */
export function createInflater(): Inflate {
  const fast = reusing();
  return fast !== undefined && isSound(fast) ? fast : inflateAnew;
}

export function inflateAnew(packed: Uint8Array, into: Uint8Array, at: number, size: number): void {
  const made = inflateSync(packed, { chunkSize: Math.max(constants.Z_MIN_CHUNK, size + 1), maxOutputLength: Math.max(1, size) });
  if (made.length !== size) throw new PackError('an entry of another size');
  into.set(made, at);
}

function reusing(): Inflate | undefined {
  const stream = createInflate() as { readonly _handle?: Partial<Handle>; readonly _writeState?: unknown };
  const { _handle: handle, _writeState: state } = stream;
  if (typeof handle?.writeSync !== 'function' || typeof handle.reset !== 'function' || !(state instanceof Uint32Array)) {
    return undefined;
  }
  const own = handle as Handle;
  let hasFailed = false;
  own.onerror = () => {
    hasFailed = true;
  };
  return (packed, into, at, size) => {
    hasFailed = false;
    state.fill(0);
    own.reset();
    // With room for one byte more, one that has more is told from one that has not.
    own.writeSync(constants.Z_FINISH, packed, 0, packed.length, into, at, size + 1);
    if (hasFailed || state[0] !== 1) throw new PackError('an entry of another size');
  };
}

/** Does it tell good from bad, more than once? */
function isSound(inflate: Inflate): boolean {
  const text = Buffer.from('What is to come of this is known, known, known.');
  const packed = Buffer.concat([deflateSync(text), Buffer.from('more')]);
  const into = Buffer.alloc(text.length + 8);
  const does = (input: Uint8Array, size: number): boolean => {
    into.fill(0);
    try {
      inflate(input, into, 4, size);
      return into.subarray(4, 4 + size).equals(text);
    } catch {
      return false;
    }
  };
  try {
    const { length } = text;
    const isRight = [
      does(packed, length),
      does(packed, length - 1),
      does(packed, length + 1),
      does(packed.subarray(0, 20), length),
    ];
    return isRight.join() === 'true,false,false,false' && does(packed, length);
  } catch {
    return false;
  }
}
