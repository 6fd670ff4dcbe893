import { z } from 'zod';
import type { AnyReporter, ReportPart } from '../../src/contracts/index.ts';
import { defineReporter } from '../../src/contracts/reporter.ts';

/** A reporter that asks for parts, and does nothing else. */
export function reporterOf(asks: {
  readonly parts?: readonly ReportPart[];
  readonly partsOf?: (options: { readonly rows?: string | undefined }) => readonly ReportPart[];
}): AnyReporter {
  return defineReporter({
    id: 'test',
    title: 'test',
    extension: 'txt',
    mediaType: 'text/plain',
    options: z.object({ rows: z.string().optional() }),
    ...asks,
    *render() {
      yield '\n';
    },
  });
}
