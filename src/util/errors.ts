/** Exit codes of the command line (README, "Exit codes"). */
export const EXIT = {
  clean: 0,
  findings: 1,
  usage: 2,
  nothingToScan: 3,
  incompleteCoverage: 4,
  internal: 5,
  storeLocked: 6,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface Details {
  /** Stable, machine-readable: `CONFIG_INVALID`, `STORE_LOCKED` … */
  readonly code: string;
  /** What the user can do about it, one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** An error meant for a person: what happened and where (message), what to do (hint). Printed without a stack. */
export class NhiAuditError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly exit: ExitCode;

  constructor(message: string, details: Details, exit: ExitCode) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = details.code;
    this.hint = details.hint;
    this.exit = exit;
  }
}

/** The command line or the configuration is wrong: exit 2. */
export class ConfigError extends NhiAuditError {
  constructor(message: string, details: Details) {
    super(message, details, EXIT.usage);
  }
}

/** A target cannot be read at all. The run skips it and writes a coverage row; other targets go on. */
export class TargetError extends NhiAuditError {
  constructor(message: string, details: Details) {
    super(message, details, EXIT.nothingToScan);
  }
}

/** Rule data (detector, check, framework) is wrong: exit 2. */
export class RuleError extends NhiAuditError {
  constructor(message: string, details: Details) {
    super(message, details, EXIT.usage);
  }
}

/** The store cannot be used: missing, corrupt, newer (exit 2) or locked by another process (exit 6). */
export class StoreError extends NhiAuditError {
  constructor(message: string, details: Details) {
    super(message, details, details.code === 'STORE_LOCKED' ? EXIT.storeLocked : EXIT.usage);
  }
}

/** A report cannot be written: a bad path is usage (exit 2), a full disk or an I/O fault is internal (exit 5). */
export class OutputError extends NhiAuditError {
  constructor(message: string, details: Details) {
    super(message, details, details.code === 'OUTPUT_PATH' ? EXIT.usage : EXIT.internal);
  }
}

/** The user pressed Ctrl-C or the process was asked to end. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

/** The message of anything thrown, for a coverage row or a log line; one line, never a stack. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? '';
}

/** The Node or system error code (`ENOENT`, `EACCES` …), if the error has one. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
