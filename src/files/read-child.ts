import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** Who takes what a child process says. */
export interface Inlet {
  /** Free memory that the next bytes go to. */
  room(): Uint8Array<ArrayBuffer>;
  /** So many bytes were put there. `false` asks for a pause until `resume`. */
  filled(count: number): boolean;
}

export interface ReadOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Given to the child's standard input, as it is ready for it. */
  readonly input: Iterator<Uint8Array>;
  readonly inlet: Inlet;
  /** Milliseconds of silence, while it is listened to, after which the child is ended. */
  readonly patience: number;
}

export interface ReadChild {
  /** All that it said was taken, and it is no more. */
  readonly ended: Promise<void>;
  /** It could not be started at all. */
  startError(): Error | undefined;
  /** It was silent for too long. */
  isGivenUp(): boolean;
  /** It did not end by itself, so that what it had not yet written out is lost. */
  isCutShort(): boolean;
  /** The front of what it wrote to standard error. */
  stderr(): string;
  resume(): void;
  kill(): void;
}

const MAX_STDERR = 2000;

/**
 * Runs a program whose output goes into memory that the caller keeps: through a socket that reads into it, with nothing
 * allocated or copied in between. Where there are no such sockets (Windows, no directory for temporary files), through
 * an ordinary pipe and a copy.
 */
export async function readChild(options: ReadOptions): Promise<ReadChild> {
  const { inlet, patience } = options;
  let heard = performance.now();
  let isPaused = false;
  let isGivenUp = false;
  let isCutShort = false;
  let startError: Error | undefined;
  let stderr = '';

  function take(count: number): boolean {
    heard = performance.now();
    isPaused = !inlet.filled(count);
    return !isPaused;
  }

  const pair = await socketPair(() => inlet.room(), take);
  const child: ChildProcess = spawn(options.program, [...options.args], {
    stdio: ['pipe', pair?.far ?? 'pipe', 'pipe'],
    env: options.env,
    windowsHide: true,
  });
  // The child has its own handle of it: with ours closed, its end is the end of the stream.
  pair?.far.destroy();
  const output: Readable = pair?.near ?? (child.stdout as Readable);
  if (pair === undefined) output.on('data', (chunk: Buffer) => copyTo(inlet, chunk, take, output));

  const gone = new Promise<void>((resolve) => {
    child.once('exit', (_, signal) => {
      isCutShort = signal !== null;
      resolve();
    });
    child.once('error', (error) => {
      if (child.pid === undefined) startError = error;
      resolve();
    });
  });
  const silent = closed(output);
  const said = child.stderr === null ? Promise.resolve() : closed(child.stderr);
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < MAX_STDERR) stderr += text;
  });
  feed(child.stdin as Writable, options.input);
  const watch = setInterval(
    () => {
      if (isPaused) heard = performance.now();
      isGivenUp ||= performance.now() - heard > patience;
      if (isGivenUp) kill();
    },
    Math.max(10, patience / 10),
  );
  watch.unref();

  function kill(): void {
    child.kill('SIGKILL');
    // Should something else hold the other end, the stream would stay open.
    output.destroy();
    child.stderr?.destroy();
  }

  return {
    ended: Promise.all([gone, silent, said]).then(() => clearInterval(watch)),
    startError: () => startError,
    isGivenUp: () => isGivenUp,
    isCutShort: () => isCutShort,
    stderr: () => stderr,
    resume() {
      if (!isPaused) return;
      isPaused = false;
      output.resume();
    },
    kill,
  };
}

function copyTo(inlet: Inlet, chunk: Buffer, take: (count: number) => boolean, output: Readable): void {
  let goesOn = true;
  for (let at = 0; at < chunk.length; ) {
    const room = inlet.room();
    const count = Math.min(room.length, chunk.length - at);
    room.set(chunk.subarray(at, at + count));
    at += count;
    goesOn = take(count);
  }
  if (!goesOn) output.pause();
}

/** Writes as much as is wanted, then waits for the reader. */
function feed(stdin: Writable, input: Iterator<Uint8Array>): void {
  // A child may end before it has read it all.
  stdin.on('error', () => undefined);
  function more(): void {
    for (;;) {
      const { done, value } = input.next();
      if (done === true) {
        stdin.end();
        return;
      }
      if (!stdin.write(value)) break;
    }
    stdin.once('drain', more);
  }
  more();
}

function closed(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.once('close', () => resolve());
    stream.on('error', () => undefined);
  });
}

/**
 * Two ends of one local connection. Node reads into the caller's memory (`onread`) from connections that it opened itself,
 * so one is opened to a server of ours, in a directory that is ours alone and gone a moment later.
 */
async function socketPair(
  room: () => Uint8Array<ArrayBuffer>,
  take: (count: number) => boolean,
): Promise<{ readonly near: Socket; readonly far: Socket } | undefined> {
  if (process.platform === 'win32') return undefined;
  let directory: string | undefined;
  const server = createServer({ pauseOnConnect: true });
  try {
    directory = mkdtempSync(join(tmpdir(), 'nhi-audit-'));
    const path = join(directory, 's');
    server.listen(path);
    await once(server, 'listening');
    const near = connect({ path, onread: { buffer: room, callback: take } });
    const [[far]] = await Promise.all([once(server, 'connection') as Promise<[Socket]>, once(near, 'connect')]);
    return { near, far };
  } catch {
    return undefined;
  } finally {
    server.close();
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  }
}
