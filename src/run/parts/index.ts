import type { AnyReporter, Finding, Method, ReportPart, ReportParts, RunInfo } from '../../contracts/index.ts';
import type { StoreReader } from '../../store/reader.ts';

/** What of a run is known beside its store. */
export interface PartsGround {
  readonly run: RunInfo;
  /** All of the run, whatever their status. */
  readonly findings: readonly Finding[];
  /** The run that is under way knows its method; of a stored one the store does. */
  readonly method?: Method;
}

/** What the reporters of a report ask for together. */
export function unionOfParts(
  outputs: readonly { readonly reporter: AnyReporter; readonly options: unknown }[],
): readonly ReportPart[] {
  const wanted = outputs.flatMap(({ reporter, options }) => [...(reporter.parts ?? []), ...(reporter.partsOf?.(options) ?? [])]);
  return [...new Set(wanted)].sort();
}

/**
 * Reads the parts that are asked for, and no others. The store should be materialised: over views alone the engine plans
 * longer than it reads.
 */
export async function readParts(
  store: StoreReader,
  wanted: readonly ReportPart[],
  ground: PartsGround,
): Promise<Partial<ReportParts>> {
  const parts: [ReportPart, unknown][] = [];
  for (const part of wanted) parts.push([part, await READERS[part](store, ground)]);
  return Object.fromEntries(parts);
}

/** A report without one of them does not load what reads it. */
const READERS: {
  readonly [part in ReportPart]: (store: StoreReader, ground: PartsGround) => Promise<ReportParts[part]>;
} = {
  credentials: async (store, ground) => (await import('./credentials.ts')).readCredentials(store, ground),
  lineage: async (store) => (await import('./lineage.ts')).readLineage(store),
  granted: async (store) => (await import('./granted.ts')).readGranted(store),
  sessions: async (store) => (await import('./sessions.ts')).readSessions(store),
  history: async (store, ground) => (await import('./history.ts')).readHistory(store, ground),
  population: async (store) => (await import('./population.ts')).readPopulation(store),
  extent: async (store) => (await import('./extent.ts')).readExtent(store),
  method: async (store, { method }) => method ?? (await import('./method.ts')).readMethod(store),
};
