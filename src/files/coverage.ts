import type { CoverageObservation, ObservationKind, SourceFile, Surface } from '../contracts/index.ts';
import type { Broken } from './json-values.ts';

/** What was read of a file: all of it, or not, and why. */
export function fileCoverage(
  file: SourceFile,
  surface: Surface,
  covers: readonly ObservationKind[],
  reasons: readonly string[],
  rest: Pick<CoverageObservation, 'seen' | 'read' | 'skipped' | 'failed' | 'detail'> = {},
): CoverageObservation {
  return {
    kind: 'coverage',
    surface,
    subject: file.path,
    ...(reasons.length === 0 ? { outcome: 'complete' } : { outcome: 'partial', why: reasons.join('; ') }),
    covers,
    ...rest,
    bytes: file.bytes.length,
    at: { ...file.at, path: file.path },
  };
}

/** Of the parts of a file. */
export function counted(read: number, failed: number): Required<Pick<CoverageObservation, 'seen' | 'read' | 'failed'>> {
  return { seen: read + failed, read, failed };
}

/** Reasons quoted in one row. */
const QUOTED = 3;

/** The first of many like one another. */
export function quoted(all: readonly string[]): string[] {
  return all.length <= QUOTED ? [...all] : [...all.slice(0, QUOTED), `${all.length - QUOTED} more like these`];
}

/** Of a file whose JSON could not be read to its end. */
export function brokenReasons(broken: Broken | undefined): string[] {
  if (broken === undefined) return [];
  const kept = broken.recovered ? 'what stood whole before it was read' : 'nothing more could be read';
  return [`the file ${broken.what} at byte ${broken.byte} (line ${broken.line}); ${kept}, export it again`];
}
