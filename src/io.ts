/** What a command may touch of the process; `src/cli.ts` makes the real one, tests make their own. */
export interface Io {
  /** The result, and nothing else. Resolves when the text was taken. */
  stdout(text: string): Promise<void>;
  /** Chat: progress, hints, warnings. */
  stderr(text: string): void;
  readonly terminal: {
    readonly stdoutIsTTY: boolean;
    readonly stderrIsTTY: boolean;
    readonly columns: number;
    readonly color: boolean;
    readonly links: boolean;
  };
  readonly env: { readonly [name: string]: string | undefined };
  readonly directory: string;
  readonly clock: () => Date;
  readonly signal: AbortSignal;
}
