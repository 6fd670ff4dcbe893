import type { RenderContext } from './contracts/index.ts';

/** What a command may touch of the process; `src/cli.ts` makes the real one, tests make their own. */
export interface Io {
  /** The result, and nothing else. Resolves when the text was taken. */
  stdout(text: string): Promise<void>;
  /** What is piped in; read only by commands that are told to. */
  readonly stdin?: { readonly isTTY: boolean; readonly chunks: () => AsyncIterable<Uint8Array> };
  /** Chat: progress, hints, warnings. */
  stderr(text: string): void;
  readonly terminal: {
    readonly stdoutIsTTY: boolean;
    readonly stderrIsTTY: boolean;
    readonly columns: number;
    /** Of standard error, where it has a window of its own. */
    readonly stderrColumns?: number | undefined;
    readonly color: boolean;
    readonly links: boolean;
  };
  readonly env: { readonly [name: string]: string | undefined };
  readonly directory: string;
  /** What was typed behind the name of the program. */
  readonly commandLine?: readonly string[];
  readonly clock: () => Date;
  readonly signal: AbortSignal;
}

/** What standard output can show. */
export function stdoutContext(io: Io, store?: string): RenderContext {
  const { stdoutIsTTY, columns, color, links } = io.terminal;
  return { width: stdoutIsTTY ? columns : undefined, color, links, store };
}
