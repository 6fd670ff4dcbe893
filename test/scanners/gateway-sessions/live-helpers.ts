import { scanGateway } from '../../../scanners/gateway-sessions/live.ts';
import type { CoverageObservation, Json, Observation, ScanContext, ServiceTarget } from '../../../src/contracts/index.ts';
import type { Loopback } from '../../helpers/loopback.ts';
import { collect, kinds, testContext } from '../../helpers/scan-context.ts';
import { KEY } from './gateway.ts';

export function targetOf(server: { readonly url: string }, query = ''): ServiceTarget {
  const address = `${server.url}${query}`;
  return { kind: 'service', name: `hoop:${address}`, scheme: 'hoop', address };
}

/** Waits are a thousandth of what they are. */
export const FAST = { firstPauseMs: 1 };

export async function scanLive(
  server: { readonly url: string },
  settings: {
    readonly query?: string;
    readonly context?: Partial<ScanContext>;
    readonly key?: string;
    readonly options?: object;
  } = {},
): Promise<Observation[]> {
  const context = { ...testContext({ env: { HOOP_API_KEY: settings.key ?? KEY } }), ...settings.context };
  return await collect(scanGateway(targetOf(server, settings.query), context, { ...FAST, ...settings.options }));
}

/** The row of one part, by what it is called. */
export function part(observations: readonly Observation[], what: string): CoverageObservation | undefined {
  return kinds(observations, 'coverage').find(({ subject }) => subject.endsWith(` ${what}`));
}

export function gaps(observations: readonly Observation[]): readonly (readonly [string, string, string | undefined])[] {
  return kinds(observations, 'coverage')
    .filter(({ outcome }) => outcome !== 'complete')
    .map(({ subject, outcome, why }) => [subject.replace(/^\S+ /, ''), outcome, why]);
}

/** Paths below `/api/`, with their queries. */
export function askedPaths(server: Loopback): string[] {
  return server.asked.map(({ url }) => url.replace(/^.*?\/api\//, ''));
}

export function sessionsAsked(server: Loopback): URLSearchParams[] {
  return askedPaths(server)
    .filter((path) => path.startsWith('sessions?'))
    .map((path) => new URLSearchParams(path.slice('sessions?'.length)));
}

/** `ScanContext.once` of a run that is cut off, and of the next. */
export function keptSteps(): { readonly steps: Map<string, Json>; readonly once: NonNullable<ScanContext['once']> } {
  const steps = new Map<string, Json>();
  const once: NonNullable<ScanContext['once']> = async (step, make) => {
    const known = steps.get(step);
    if (known !== undefined) return structuredClone(known) as Awaited<ReturnType<typeof make>>;
    const made = await make();
    // As a file keeps it.
    steps.set(step, JSON.parse(JSON.stringify(made)));
    return made;
  };
  return { steps, once };
}

/** `ScanContext.settled` of a store. */
export function settledParts(): {
  readonly parts: Map<string, readonly Observation[]>;
  readonly settled: NonNullable<ScanContext['settled']>;
} {
  const parts = new Map<string, readonly Observation[]>();
  const settled: NonNullable<ScanContext['settled']> = async (unit, content, make) => {
    const key = `${unit} | ${content}`;
    if (parts.has(key)) return 'kept';
    const made = await make();
    if (made === undefined) return 'open';
    parts.set(key, made);
    return 'added';
  };
  return { parts, settled };
}
