import type { Config } from '../config/schema.ts';
import type { FileHead, Location, LogIntake } from '../contracts/index.ts';
import type { LogFormat } from '../logs/format.ts';
import type { Store } from '../store/index.ts';
import type { LogFile, LogMasks } from '../store/log-file.ts';
import type { Runtime } from './request.ts';

/** Logs that the targets hold, put aside until all else is read. Formats load with the first file that may be one. */
export class LogShelf {
  readonly files: LogFile[] = [];
  readonly #formats: () => readonly LogFormat[];
  readonly #formatOf: (file: FileHead, formats: () => readonly LogFormat[]) => LogFormat | undefined;

  private constructor(
    formats: () => readonly LogFormat[],
    formatOf: (file: FileHead, formats: () => readonly LogFormat[]) => LogFormat | undefined,
  ) {
    this.#formats = formats;
    this.#formatOf = formatOf;
  }

  static async open(config: Pick<Config, 'logs'>): Promise<LogShelf> {
    const [{ formatOf }, { shippedFormats }, { mappedFormats }] = await Promise.all([
      import('../logs/recognise.ts'),
      import('../logs/load.ts'),
      import('../logs/mapping.ts'),
    ]);
    let formats: readonly LogFormat[] | undefined;
    return new LogShelf(() => {
      formats ??= [...mappedFormats(config.logs), ...shippedFormats()];
      return formats;
    }, formatOf);
  }

  formatOf(head: FileHead): LogFormat | undefined {
    return this.#formatOf(head, this.#formats);
  }

  /** The logs of one target. */
  intake(target: string): LogIntake {
    const met = new WeakMap<FileHead, LogFormat>();
    return {
      claims: (head) => {
        const format = this.formatOf(head);
        if (format !== undefined) met.set(head, format);
        return format !== undefined;
      },
      add: (file, head, at: Location) => {
        const format = met.get(head) ?? this.formatOf(head);
        if (format !== undefined) this.files.push({ format, file, path: at.path ?? head.path, target, size: head.size, at });
      },
    };
  }
}

/** Reads what lies on the shelf into the store, in its transaction. */
export async function readLogs(
  shelf: LogShelf,
  store: Store,
  {
    runtime,
    config,
    startedAt,
    masks,
  }: {
    readonly runtime: Runtime;
    readonly config: Pick<Config, 'gateway' | 'forgetLogsAfterDays'>;
    readonly startedAt: string;
    readonly masks: LogMasks;
  },
): Promise<void> {
  const { forgetLogsAfterDays: forgetAfterDays } = config;
  const { clockTolerance } = config.gateway;
  const bytes = shelf.files.reduce((sum, { size }) => sum + size, 0);
  runtime.progress.phase('Reading logs', bytes);
  try {
    await store.importLogs(
      shelf.files.map((file) => ({ ...file, path: masks.clean(file.path), target: masks.clean(file.target) })),
      {
        now: startedAt,
        signal: runtime.signal,
        clockTolerance,
        forgetAfterDays,
        masks,
        onFile: (done) => runtime.progress.advance(done, done),
        warn: (message, data) => runtime.log.warn(message, data),
      },
    );
  } finally {
    runtime.progress.end();
  }
}
