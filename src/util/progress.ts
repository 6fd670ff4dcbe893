import type { Progress } from '../contracts/scanner.ts';

export interface ProgressTerminal {
  write(text: string): void;
  /** A bar is drawn on a terminal; elsewhere a plain line every few seconds. */
  readonly isTTY: boolean;
  readonly columns: number;
  /** Milliseconds. */
  clock(): number;
}

const DRAW_EVERY = 100;
const LINE_EVERY = 10_000;

/**
 * Progress of a scan on stderr. A terminal shows nothing of what takes under half a second; elsewhere a run of under ten
 * seconds, whatever its phases, leaves no line.
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
      terminal.write(`${text(now)}\n`);
      return;
    }
    if (now - started < 500 || now - shown < DRAW_EVERY) return;
    shown = now;
    const line = text(now);
    terminal.write(`\r\u001b[2K${line.slice(0, Math.max(10, terminal.columns - 1))}`);
    drawn = true;
  }

  function text(now: number): string {
    const seconds = Math.max(0.001, (now - started) / 1000);
    const parts = [title];
    if (total === undefined || total === 0) parts.push(`${done.toLocaleString('en')}`);
    else {
      const share = Math.min(1, done / total);
      parts.push(
        ...(terminal.isTTY ? [bar(share)] : []),
        `${Math.floor(share * 100)}%`,
        `${done.toLocaleString('en')}/${total.toLocaleString('en')}`,
      );
      const left = (seconds / Math.max(share, 0.001)) * (1 - share);
      if (share > 0.02 && share < 1) parts.push(`${left < 90 ? `${Math.ceil(left)} s` : `${Math.ceil(left / 60)} min`} left`);
    }
    if (bytes > 0) parts.push(`${(bytes / 1e6 / seconds).toFixed(0)} MB/s`);
    return parts.join('  ');
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
