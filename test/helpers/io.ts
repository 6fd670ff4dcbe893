import type { Io } from '../../src/io.ts';

/** What a command gets of the process, with the texts it wrote at hand. */
export interface TestIo extends Io {
  out(): string;
  err(): string;
}

export function testIo(directory: string, overrides: Partial<Io> = {}): TestIo {
  let [out, err] = ['', ''];
  return {
    stdout: async (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
    terminal: { stdoutIsTTY: false, stderrIsTTY: false, columns: 100, color: false, links: false },
    env: {},
    directory,
    clock: () => new Date('2026-06-01T00:00:00.000Z'),
    signal: new AbortController().signal,
    ...overrides,
    out: () => out,
    err: () => err,
  };
}
