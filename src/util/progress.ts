import type { Progress } from '../contracts/scanner.ts';

export interface ProgressTerminal {
  write(text: string): void;
  /** A bar is drawn on a terminal; elsewhere a plain line every few seconds. */
  readonly isTTY: boolean;
  /** As it is now: a window may be made narrower while it runs. */
  readonly columns: number;
  /** Milliseconds. */
  clock(): number;
}

const SHOWN_AFTER = 1_000;
const DRAW_EVERY = 200;
const LINE_EVERY = 30_000;

/**
 * Progress of a scan on stderr. A terminal shows nothing of what takes under a second; elsewhere a run of under
 * half a minute, whatever its phases, leaves no line.
 */
export function createProgress(terminal: ProgressTerminal): Progress {
  let title = '';
  let total: number | undefined;
  let done = 0;
  let bytes = 0;
  let started = 0;
  let shown = 0;
  let drawn = false;
  let lineAt = terminal.clock();

  function draw(): void {
    const now = terminal.clock();
    if (!terminal.isTTY) {
      if (now - lineAt < LINE_EVERY) return;
      lineAt = now;
      terminal.write(`${join(partsOf(now))}\n`);
      return;
    }
    if (now - started < SHOWN_AFTER || now - shown < DRAW_EVERY) return;
    shown = now;
    // Over the old line, and only what is left of it taken away: a line that is emptied first flickers.
    terminal.write(`\r${fitting(now)}\u001b[K`);
    drawn = true;
  }

  /** What there is room for, the least worth knowing left out first: a line that wraps could not be taken away again. */
  function fitting(now: number): string {
    const room = Math.max(0, terminal.columns - 1);
    const parts = partsOf(now);
    const without = new Set<keyof Parts>();
    for (const least of LEAST_FIRST) {
      if (join(parts, without).length <= room) break;
      without.add(least);
    }
    return join(parts, without).slice(0, room);
  }

  function partsOf(now: number): Parts {
    const seconds = Math.max(0.001, (now - started) / 1000);
    // Of what is counted in bytes nobody reads each.
    const isBytes = bytes > 0 && bytes === done;
    const number = (n: number): string => (isBytes ? `${(n / 1e6).toFixed(0)} MB` : n.toLocaleString('en'));
    const rate =
      bytes > 0
        ? `${(bytes / 1e6 / seconds).toFixed(0)} MB/s`
        : done / seconds >= 10
          ? `${Math.round(done / seconds).toLocaleString('en')}/s`
          : undefined;
    if (total === undefined || total === 0) return { title, done: number(done), rate };
    const share = Math.min(1, done / total);
    const left = (seconds / Math.max(share, 0.001)) * (1 - share);
    return {
      title,
      bar: terminal.isTTY ? bar(share) : undefined,
      share: `${Math.floor(share * 100)}%`,
      done: isBytes ? `${(done / 1e6).toFixed(0)}/${number(total)}` : `${number(done)}/${number(total)}`,
      left: share > 0.02 && share < 1 ? `${timeText(left)} left` : undefined,
      rate,
    };
  }

  function clear(): void {
    if (drawn) terminal.write('\r\u001b[2K');
    drawn = false;
  }

  return {
    phase(next, of) {
      clear();
      title = next;
      total = of;
      done = 0;
      bytes = 0;
      started = terminal.clock();
      shown = 0;
    },
    advance(count, read = 0) {
      done += count;
      bytes += read;
      draw();
    },
    total(of) {
      total = of;
    },
    end: clear,
  };
}

interface Parts {
  readonly title: string;
  readonly bar?: string | undefined;
  readonly share?: string;
  readonly done: string;
  readonly left?: string | undefined;
  readonly rate: string | undefined;
}

const LEAST_FIRST: readonly (keyof Parts)[] = ['bar', 'rate', 'done', 'left'];

const IN_ORDER: readonly (keyof Parts)[] = ['title', 'bar', 'share', 'done', 'left', 'rate'];

function join(parts: Parts, without: ReadonlySet<keyof Parts> = new Set()): string {
  return IN_ORDER.flatMap((part) => (without.has(part) ? [] : (parts[part] ?? []))).join('  ');
}

function timeText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.ceil(minutes / 6) / 10} h`;
}

function bar(share: number): string {
  const width = 20;
  const full = Math.round(share * width);
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]`;
}

export const SILENT_PROGRESS: Progress = {
  phase() {},
  advance() {},
  total() {},
  end() {},
};
