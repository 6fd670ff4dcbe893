import type { CheckMeta, CheckResult } from './check.ts';
import type { AcceptanceUse, Finding, Persona } from './finding.ts';
import type { ControlResult, Framework } from './framework.ts';
import type { CoverageObservation, IsoTime, Surface } from './observation.ts';
import type { ReportPart, ReportParts } from './report-parts.ts';

/** The reason of a check's result that is not assessed because the configuration says `enabled: false`. */
export const SWITCHED_OFF = 'switched off in the configuration';
/** What the reason of a check begins with that is not applicable because what it judges is declared absent, and believed so. */
export const DECLARED_ABSENT = 'declared absent: ';

export interface RunInfo {
  readonly id: string;
  readonly startedAt: IsoTime;
  readonly finishedAt: IsoTime;
  readonly toolVersion: string;
  readonly engine: string;
  /** Targets as the user named them. */
  readonly targets: readonly string[];
  /** Hash of every detector and check that ran. */
  readonly rulesDigest: string;
  /** Id of the fingerprint key (not the key): fingerprints of two runs compare only when it is the same. */
  readonly fingerprintKeyId: string;
  /** Hosts that were contacted; empty when offline. */
  readonly hosts: readonly string[];
  readonly counts: { readonly [kind: string]: number };
  readonly parameters: { readonly [name: string]: string | number | boolean };
  /** The chain that binds rows of usages, as it was at the end of the run: links may be taken from its end, but not from reports. */
  readonly evidence?: { readonly links: number; readonly last: string };
}

/** One machine identity, everything known of it in one row (view `identity_overview`). */
export interface IdentityView {
  readonly id: string;
  readonly provider: string;
  readonly type: string;
  readonly name: string;
  readonly scope?: string;
  readonly environment?: string;
  readonly owner?: string;
  /** `owned`, `owner-left`, `unowned`, `conflicting`. */
  readonly ownership: string;
  readonly enabled?: boolean;
  readonly createdAt?: IsoTime;
  readonly lastUsedAt?: IsoTime;
  readonly credentials: number;
  /** Places where one of its credentials was seen. */
  readonly sightings: number;
  readonly consumers: number;
  readonly capabilities: readonly string[];
  readonly sessions: number;
  readonly findings: number;
  readonly worst?: string;
}

/** A surface that the organisation says it does not have (`scope.absent` of the configuration), and whether the run bears that out. */
export interface DeclaredAbsent {
  readonly surface: Surface;
  readonly reason: string;
  readonly declaredBy: string;
  /** Day of the last review: `2026-10-01`. */
  readonly reviewed?: string;
  /**
   * `believed`: nothing of it was observed, and checks that lack it alone are not applicable. `contradicted` and `expired` change
   * nothing: what was not looked at is not assessed.
   */
  readonly state: 'believed' | 'contradicted' | 'expired';
  /** Why it is not believed: `3 identities of Okta were observed (…)`. Absent where it is. */
  readonly why?: string;
}

/** All that a reporter may know. Order is fixed (severity, rule, subject), so that the same run gives the same bytes. */
export interface Report {
  readonly run: RunInfo;
  readonly coverage: readonly CoverageObservation[];
  /** In the order of `SURFACES`; absent where nothing is declared. */
  readonly declaredAbsent?: readonly DeclaredAbsent[];
  readonly findings: readonly Finding[];
  readonly identities: readonly IdentityView[];
  readonly checks: readonly (CheckResult & { readonly meta: CheckMeta })[];
  readonly controls: readonly ControlResult[];
  readonly frameworks: readonly Framework[];
  readonly persona: Persona;
  /** Findings with status `excepted`, for formats that show what was accepted; they count in no verdict. */
  readonly accepted: readonly Finding[];
  /** Everything that says not to report something, and whether it still does any good. */
  readonly acceptances: readonly AcceptanceUse[];
  /** Findings left out because of persona, baseline or exceptions; said in every report. */
  readonly hidden: { readonly persona: number; readonly baseline: number; readonly excepted: number };
  /** What was asked to be left out, whether or not there was any of it: who makes the report again must ask the same. */
  readonly choices?: { readonly newOnly: boolean; readonly baseline: boolean };
  /** What the reporters of this report asked for, and no more: `Reporter.parts`. */
  readonly parts?: Partial<ReportParts>;
}

/** What the core knows of the place a reporter's text goes to. */
export interface RenderContext {
  /** Columns; `undefined` when it is not a terminal. */
  readonly width: number | undefined;
  readonly color: boolean;
  /** The terminal understands OSC 8 links. */
  readonly links: boolean;
  /** `--store` file, for "next commands". */
  readonly store: string | undefined;
  /** The code that the command ends with, and why in a few words; absent where it does not hang on the findings. */
  readonly exit?: { readonly code: number; readonly why: string };
}

/** Reads what the user said of a reporter: a zod schema, or for what a check before a merge loads something lighter. */
export interface OptionsSchema<Options> {
  /** Throws on what it does not know. */
  parse(given: unknown): Options;
  safeParse(given: unknown): { readonly success: true } | { readonly success: false; readonly error: OptionsError };
}

interface OptionsError {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

/** Report in, text out. A reporter touches no file, no socket and no global; the core owns stdout, files and colour. */
export interface Reporter<Options = unknown> {
  readonly id: string;
  readonly title: string;
  /** Without the dot. */
  readonly extension: string;
  readonly mediaType: string;
  readonly options: OptionsSchema<Options>;
  /** What of the store it needs beside findings, controls and coverage; absent: nothing. */
  readonly parts?: readonly ReportPart[];
  /** And what only some of its options ask for. */
  partsOf?(options: Options): readonly ReportPart[];
  render(report: Report, options: Options, context: RenderContext): Iterable<string> | AsyncIterable<string>;
}

/** Options arrive as text (`-o csv:delimiter=;=file`); the reporter's own schema parses them. */
export type AnyReporter = Reporter<unknown>;

export function defineReporter<Options>(reporter: Reporter<Options>): AnyReporter {
  const { partsOf, ...rest } = reporter;
  return {
    ...rest,
    ...(partsOf === undefined ? {} : { partsOf: (options: unknown) => partsOf(reporter.options.parse(options ?? {})) }),
    render: (report, options, context) => reporter.render(report, reporter.options.parse(options ?? {}), context),
  };
}
