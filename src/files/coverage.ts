import type { CoverageObservation, ObservationKind, SourceFile, Surface } from '../contracts/index.ts';

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
