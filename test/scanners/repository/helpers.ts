import { repository } from '../../../scanners/repository/index.ts';
import type {
  CoverageObservation,
  CrawlOptions,
  Observation,
  SightingObservation,
  Surface,
} from '../../../src/contracts/index.ts';
import { collect, kinds, type TestContextOverrides, testContext } from '../../helpers/scan-context.ts';

export interface Scanned {
  readonly all: readonly Observation[];
  readonly sightings: readonly SightingObservation[];
  readonly coverage: readonly CoverageObservation[];
}

export async function scan(
  path: string,
  options: Partial<CrawlOptions> = {},
  overrides: TestContextOverrides = {},
): Promise<Scanned> {
  const context = testContext({ ...overrides, options });
  const all = await collect(repository.scan({ kind: 'path', name: path, path, isDirectory: true }, context));
  return { all, sightings: kinds(all, 'sighting'), coverage: kinds(all, 'coverage') };
}

/** `path:line place` of every sighting, sorted. */
export function places(sightings: readonly SightingObservation[]): string[] {
  return sightings.map(({ at, place }) => `${at?.path ?? at?.pointer?.split(' ')[0]}:${at?.line} ${place}`).sort();
}

export function rowOf(scanned: Scanned, surface: Surface): CoverageObservation | undefined {
  return scanned.coverage.find((row) => row.surface === surface);
}
