import { z } from 'zod';
import type { Severity } from './finding.ts';
import type { Surface } from './observation.ts';

/** One file of `rules/frameworks/`: a catalogue of controls. Which rules map to a control is said in the rule. */
export const Framework = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  title: z.string(),
  version: z.string(),
  source: z.string(),
  licence: z.string(),
  /** Place in reports, from 1. */
  order: z.number().int().default(100),
  /** Reported where nobody names a framework; the others with `--framework ID`. */
  byDefault: z.boolean().default(true),
  /**
   * How its controls come to their rules where a rule does not name them itself: through the controls of another catalogue
   * (`supports`, `partial` below). `official`: whoever keeps one of the two published it; `editorial`: our own judgement.
   */
  mapping: z
    .strictObject({
      from: z.string(),
      basis: z.enum(['official', 'editorial']),
      since: z.string(),
      note: z.string().optional(),
    })
    .optional(),
  /** Groups in print order (functions, layers): `{ id: PR, title: Protect }`. */
  groups: z.array(z.strictObject({ id: z.string(), title: z.string() })).default([]),
  controls: z
    .array(
      z.strictObject({
        id: z.string(),
        /** Short name in our own words unless the source's title is free to use. */
        title: z.string(),
        group: z.string().optional(),
        url: z.string().optional(),
        /** Ids of the same matter in an earlier edition: CSF 1.1 `PR.AC-4`. */
        formerly: z.array(z.string()).default([]),
        /** Loose spellings that users type; rewritten to `id` with a warning. */
        aliases: z.array(z.string()).default([]),
        /** Can a tool like this one assess it at all? `manual` controls are listed, never passed. */
        assessment: z.enum(['automatic', 'manual']).default('automatic'),
        /** What whoever reads the table would object to if it were not said: `not in any 800-53B baseline`. */
        note: z.string().optional(),
        /** Controls of the catalogue in `mapping.from` (or `framework:control`) whose rules are about this one. */
        supports: z.array(z.string()).default([]),
        /** The same, of rules that bear on a part of it: what they find makes it `partial`, never `fail` or `pass`. */
        partial: z.array(z.string()).default([]),
        /** Rules by their ids, where each control of the other catalogue would be wider than this one: 8.2.6 is about unused accounts. */
        checks: z.array(z.string()).default([]),
        /** The same, of rules that bear on a part of it. */
        partialChecks: z.array(z.string()).default([]),
      }),
    )
    .min(1),
});
export type Framework = z.infer<typeof Framework>;

/** Never "compliant": what the evidence of this run says about one control. */
export type ControlOutcome = 'pass' | 'fail' | 'partial' | 'not-assessed' | 'not-applicable' | 'excepted';

export interface ControlResult {
  readonly framework: string;
  readonly control: string;
  readonly title: string;
  readonly group?: string;
  readonly formerly: readonly string[];
  readonly outcome: ControlOutcome;
  /** Why, in one sentence: `3 of 5 checks ran; gateway sessions were not collected`. */
  readonly reason: string;
  /** Rules that map to it, and how each ended. */
  readonly rules: readonly ControlRule[];
  /** What must be said beside its id: `not in any 800-53B baseline`. */
  readonly note?: string;
  readonly findings: number;
  readonly worst?: Severity;
  /** What its checks looked at, all together. */
  readonly population: number;
  /** The same control judged for each source that one of its checks needs, read or not, or found something at; in the order of `SURFACES`. */
  readonly sources: readonly ControlSource[];
}

/**
 * A control at one source. A check that joins several sources counts at each, and so does a finding that rests on several:
 * sums over sources say nothing. What a check looks at it counts once, over all of its sources, so there is no number of it here. A
 * control fails where, and only where, one of its sources does.
 */
export interface ControlSource {
  readonly surface: Surface;
  readonly outcome: ControlOutcome;
  /** Of the checks that need this source, how many ended how at it. */
  readonly checks: SourceChecks;
  /** Open findings that rest on something of this source. */
  readonly findings: number;
  readonly worst?: Severity;
}

export interface SourceChecks {
  readonly pass: number;
  readonly fail: number;
  readonly partial: number;
  readonly notAssessed: number;
  readonly notApplicable: number;
  readonly excepted: number;
}

/** How a rule ended at one of its sources. */
export interface RuleAtSource {
  readonly surface: Surface;
  readonly outcome: ControlOutcome;
  readonly findings: number;
}

/** A rule that bears on a control, and how it ended. */
export interface ControlRule {
  readonly rule: string;
  readonly outcome: string;
  readonly findings: number;
  /** The sources that it needs, read or not, and those at which it found something; at least one. */
  readonly sources: readonly RuleAtSource[];
  /** `partial`: it bears on a part of the control. Absent: on all of it. */
  readonly relation?: 'partial';
  /** The control of another catalogue that leads here, `owasp-nhi-2025:NHI2:2025`; absent where the rule names this one itself. */
  readonly via?: string;
}
