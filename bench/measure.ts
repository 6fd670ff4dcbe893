import { spawnSync } from 'node:child_process';

/** One line of the table. */
export interface Measurement {
  readonly what: string;
  readonly value: string;
  /** What the machine itself can do, measured in the same run. */
  readonly reference?: string;
  /** Value to reference: tells more than the value on a machine that is busy. */
  readonly ratio?: number;
  readonly budget?: { readonly text: string; readonly kept: boolean };
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Exit codes that are right; 0 by default. */
  readonly ends?: readonly number[];
  /** Undone before each run: what the run before left. */
  readonly before?: () => void;
}

/** Milliseconds of one whole process: start, work, end. Throws when it does not end as it should. */
export function runOnce({ program, args, cwd, ends = [0], before }: Command): number {
  before?.();
  const started = performance.now();
  const ran = spawnSync(program, [...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  const took = performance.now() - started;
  if (ran.status === null || !ends.includes(ran.status)) {
    throw new Error(`${[program, ...args].join(' ')} ended with ${ran.status ?? ran.signal}:\n${ran.stderr}`);
  }
  return took;
}

/**
 * Median milliseconds of each, run by turns: what slows the machine down for a while slows all of them down. The first
 * round fills caches and does not count.
 */
export function medians<Name extends string>(
  commands: { readonly [name in Name]: Command },
  rounds: number,
): {
  readonly [name in Name]: number;
} {
  const entries = Object.entries(commands) as [Name, Command][];
  const times = new Map<Name, number[]>(entries.map(([name]) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, command] of entries) {
      const took = runOnce(command);
      if (round > 0) times.get(name)?.push(took);
    }
  }
  return Object.fromEntries(entries.map(([name]) => [name, median(times.get(name) ?? [])])) as { [name in Name]: number };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

export function milliseconds(value: number): string {
  return `${value.toFixed(0)} ms`;
}

export function perSecond(bytes: number, ms: number): string {
  return `${(bytes / 1000 / ms).toFixed(0)} MB/s`;
}
