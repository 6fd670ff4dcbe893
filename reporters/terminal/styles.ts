import type { Severity } from '../../src/contracts/finding.ts';
import type { Style } from '../../src/util/layout.ts';

export const SEVERITY_STYLE: { readonly [severity in Severity]: readonly Style[] } = {
  critical: ['bold', 'inverse', 'red'],
  high: ['bold', 'red'],
  medium: ['yellow'],
  low: ['cyan'],
  info: ['dim'],
};
