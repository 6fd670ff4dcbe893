import type { Log } from '../contracts/scanner.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'silent';
const RANK: { readonly [level in LogLevel]: number } = { debug: 0, info: 1, warn: 2, silent: 3 };

/** Log lines for people on stderr: a static message, the data beside it as `name=value`. `write` gets whole lines. */
export function createLog(level: LogLevel, write: (line: string) => void): Log {
  function say(at: Exclude<LogLevel, 'silent'>, label: string, message: string, data?: object): void {
    if (RANK[at] < RANK[level]) return;
    write(`${label}${message}${data === undefined ? '' : describe(data)}\n`);
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
    .map(([name, value]) => `${name}=${clean(typeof value === 'string' ? value : JSON.stringify(value))}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** Names come from strangers: no control character reaches the terminal. */
function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not pass
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\uFFFD');
}
