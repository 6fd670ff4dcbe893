/** How gently a provider is asked. */
export interface Pace {
  /** Milliseconds between the starts of two requests to one host. */
  readonly gap: number;
  /** Requests in flight to one host. */
  readonly inFlight: number;
}

const GENTLE: Pace = { gap: 250, inFlight: 2 };

/** Runs work host by host: at most so many at a time to one, with a pause between starts; hosts do not wait for each other. */
export class Paced {
  readonly #pace: Pace;
  readonly #hosts = new Map<string, { next: number; active: number; readonly waiting: (() => void)[] }>();

  constructor(pace: Pace = GENTLE) {
    this.#pace = pace;
  }

  async run<T>(host: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const lane = this.#hosts.get(host) ?? { next: 0, active: 0, waiting: [] };
    this.#hosts.set(host, lane);
    while (lane.active >= this.#pace.inFlight) await new Promise<void>((resolve) => lane.waiting.push(resolve));
    lane.active += 1;
    try {
      const now = Date.now();
      const start = Math.max(now, lane.next);
      lane.next = start + this.#pace.gap;
      if (start > now) await pause(start - now, signal);
      signal.throwIfAborted();
      return await work();
    } finally {
      lane.active -= 1;
      lane.waiting.shift()?.();
    }
  }

  /** A host that asks for a rest gets it. */
  rest(host: string, milliseconds: number): void {
    const lane = this.#hosts.get(host);
    if (lane !== undefined) lane.next = Math.max(lane.next, Date.now() + milliseconds);
  }
}

export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
