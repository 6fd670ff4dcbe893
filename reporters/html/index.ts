import { z } from 'zod';
import { defineReporter } from '../../src/contracts/reporter.ts';
import { pageAssets } from './assets.ts';
import { documentPieces } from './document.ts';

const Options = z.strictObject({
  /** What it opens with; a link with `#view=` says otherwise. */
  view: z.enum(['engineer', 'audit', 'all']).default('engineer'),
  /** The organisation, or whatever should stand at the top. */
  title: z.string().max(120).optional(),
});
export type Options = z.infer<typeof Options>;

/** One file for people: a picture of what is wrong, whose it is and what to do, and the tables that an auditor asks for. */
export const html = defineReporter<Options>({
  id: 'html',
  title: 'HTML report for people',
  extension: 'html',
  mediaType: 'text/html; charset=utf-8',
  options: Options as z.ZodType<Options>,
  parts: ['credentials', 'lineage', 'granted', 'sessions', 'history', 'population', 'method'],
  async *render(report, options, context) {
    yield* documentPieces(report, options, context, await pageAssets());
  },
});
