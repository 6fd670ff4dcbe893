import type { Log } from '../contracts/scanner.ts';
import { printable } from './sanitize.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'silent';
const RANK: { readonly [level in LogLevel]: number } = { debug: 0, info: 1, warn: 2, silent: 3 };

/**
 * Log lines for people on stderr: a static message, the data beside it as `name=value`. `write` gets whole lines. Names
 * come from strangers, by the data and by error messages: nothing in a line can move the cursor or forge another line.
 */
export function createLog(level: LogLevel, write: (line: string) => void): Log {
  function say(at: Exclude<LogLevel, 'silent'>, label: string, message: string, data?: object): void {
    if (RANK[at] < RANK[level]) return;
    write(`${label}${printable(`${message}${data === undefined ? '' : describe(data)}`)}\n`);
  }
  return {
    debug: (message, data) => say('debug', 'debug: ', message, data),
    info: (message, data) => say('info', '', message, data),
    warn: (message, data) => say('warn', 'warning: ', message, data),
  };
}

function describe(data: object): string {
  const parts = Object.entries(data)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : jsonOf(value)}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** JSON of anything at all: a log line must never be what ends a scan. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? String(member) : member)) ?? typeof value;
  } catch {
    return typeof value;
  }
}
