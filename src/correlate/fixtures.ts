import type { Severity } from '../contracts/finding.ts';
import type { Confidence } from '../contracts/observation.ts';
import type { Hit } from './row.ts';

/** Told for less where the check says so: of roles and workloads that lie in `where` alone, none runs anywhere that matters. */
export function lowerInFixtures(
  { check, severity, confidence, message }: Hit,
  where: string | undefined,
): { readonly severity: Severity; readonly confidence: Confidence; readonly message: string } {
  if (check.meta.fixtures !== 'lowered' || where === undefined) return { severity, confidence, message };
  return {
    severity: severity === 'critical' || severity === 'high' ? 'medium' : severity === 'medium' ? 'low' : severity,
    confidence: confidence === 'high' ? 'medium' : 'low',
    message: message.replace(/\.?$/, ` (in ${where}).`),
  };
}
