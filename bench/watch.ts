import { spawnSync } from 'node:child_process';

/** Tells at the end, on descriptor 3, what the process took. */
const WATCH = `data:text/javascript,${encodeURIComponent(`
import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
if (isMainThread) process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  writeSync(3, JSON.stringify({ maxRSS, userCPUTime, systemCPUTime }));
});`)}`;

export interface Coverage {
  readonly surface: string;
  readonly outcome: string;
  readonly why?: string;
  readonly seen?: number;
  readonly read?: number;
  readonly skipped?: number;
  readonly failed?: number;
}

export interface WatchedScan {
  /** Milliseconds of the whole process. */
  readonly wall: number;
  /** Milliseconds of user and system time, all threads. */
  readonly processor: number;
  /** Peak, all threads. */
  readonly megabytes: number;
  readonly report: { readonly coverage: readonly Coverage[]; readonly findings: readonly object[] };
}

/** One scan as a process of its own, its report read. */
export function watchScan(bin: string, args: readonly string[], cwd: string): WatchedScan {
  const started = performance.now();
  const ran = spawnSync(process.execPath, ['--import', WATCH, bin, 'scan', ...args, '--quiet', '-f', 'json'], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    maxBuffer: 1024 * 1024 * 1024,
  });
  const wall = performance.now() - started;
  if (ran.status !== 0 && ran.status !== 1) throw new Error(`scan ended with ${ran.status ?? ran.signal}:\n${ran.stderr}`);
  const took: { readonly maxRSS: number; readonly userCPUTime: number; readonly systemCPUTime: number } = JSON.parse(
    String(ran.output[3]),
  );
  return {
    wall,
    processor: (took.userCPUTime + took.systemCPUTime) / 1000,
    // Kilobytes, whatever the system counts in.
    megabytes: (took.maxRSS * 1024) / 1e6,
    report: JSON.parse(String(ran.stdout)),
  };
}
