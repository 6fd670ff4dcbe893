import { z } from 'zod';
import { defineReporter } from '../../src/contracts/reporter.ts';
import { checksSection } from './checks.ts';
import { controlsSection } from './controls.ts';
import { EvidenceLinks } from './evidence.ts';
import { exceptionsSection } from './exceptions.ts';
import { findingsSection } from './findings.ts';
import { methodSection, verifySection } from './method.ts';
import { populationSection } from './population.ts';
import { errorsSection, headSection, scopeSection } from './scope.ts';

const FINDINGS = 2_000;

const Options = z.strictObject({
  /** Findings that are told in full; the CSV report has all. */
  findings: z.coerce.number().int().min(0).default(FINDINGS),
  /** The organisation, or whatever should stand at the top. */
  title: z.string().max(120).optional(),
});
export type Options = z.infer<typeof Options>;

/** What an auditor asks of information that the audited produce: complete, accurate, unaltered, and made again by anyone. */
export const audit = defineReporter<Options>({
  id: 'audit',
  title: 'Evidence for an auditor (Markdown)',
  extension: 'md',
  mediaType: 'text/markdown; charset=utf-8; variant=GFM',
  options: Options as z.ZodType<Options>,
  parts: ['extent', 'method', 'population'],
  *render(report, { findings, title }) {
    yield headSection(report, title);
    yield scopeSection(report);
    yield populationSection(report);
    const links = new EvidenceLinks(report, findings);
    yield* controlsSection(report, links);
    yield exceptionsSection(report);
    yield errorsSection(report);
    yield checksSection(report, links);
    yield* methodSection(report);
    yield verifySection(report, { ...(findings === FINDINGS ? {} : { findings }), ...(title === undefined ? {} : { title }) });
    yield* findingsSection(report, findings);
  },
});
