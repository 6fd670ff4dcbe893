import type { Confidence } from '../../contracts/observation.ts';
import type { Expr } from './expr-parse.ts';

/** A regex, translated: `new RegExp(source, 'u')`. */
export interface ImportedRegex {
  /** As the pack has it. */
  readonly original: string;
  readonly source: string;
  /** Longest match in characters; absent when unbounded. */
  readonly maxLength?: number;
  readonly crossesLines: boolean;
  /** Numbers of the groups that have names. */
  readonly names: Readonly<Record<string, number>>;
  /** Every match holds one of the rule's keywords: only their surroundings are searched, with the same result. */
  readonly isNear: boolean;
  readonly nestsRepeats: boolean;
  /** How many long repeats one match may go through. */
  readonly longRepeats: number;
}

/** `[[allowlists]]`: what is not reported. Regexes and paths are each joined to one, as gitleaks does. */
export interface ImportedAllow {
  readonly condition: 'or' | 'and';
  /** Lower case. */
  readonly commits: readonly string[];
  readonly paths?: string;
  readonly target: 'secret' | 'match' | 'line';
  readonly regexes?: string;
  /** Lower case. */
  readonly stopwords: readonly string[];
}

/** `[[rules.required]]`: another rule must hit near by. */
export interface ImportedPart {
  readonly rule: string;
  readonly withinLines?: number;
  readonly withinColumns?: number;
}

/** `[[rules.examples]]`, a table of ours: gitleaks passes over it. */
export interface ImportedExample {
  readonly positive?: string;
  readonly negative?: string;
  readonly secret?: string;
}

export interface ImportedRule {
  readonly id: string;
  readonly description: string;
  readonly file: string;
  readonly tags: readonly string[];
  readonly regex?: ImportedRegex;
  /** Regex on the path; without `regex`, the file itself is the finding. */
  readonly path?: string;
  readonly secretGroup: number;
  /** A secret of this many bits a character or fewer is none. */
  readonly entropy?: number;
  /** Lower case; none: the rule searches everything. */
  readonly keywords: readonly string[];
  readonly allow: readonly ImportedAllow[];
  readonly required: readonly ImportedPart[];
  readonly skipReport: boolean;
  /** Betterleaks: true means discard. */
  readonly filter?: Expr;
  readonly tokenEfficiency: boolean;
  readonly specificity: number;
  readonly examples: readonly ImportedExample[];
  /** From the overlay, from our own detector of that id, or `custom` and `secret`. */
  readonly provider: string;
  readonly type: string;
  readonly identity?: string;
  readonly confidence: Confidence;
}

/** One imported file with what it extends. Plain data: it crosses to the worker threads. */
export interface ImportedPack {
  readonly file: string;
  readonly title: string;
  readonly dialect: 'gitleaks' | 'betterleaks';
  readonly rules: readonly ImportedRule[];
  readonly allow: readonly ImportedAllow[];
  readonly prefilter?: Expr;
  readonly filter?: Expr;
}

/** A rule that cannot be taken over, and why. */
export interface Refused {
  readonly rule: string;
  readonly why: string;
}

export interface ImportResult {
  readonly pack: ImportedPack;
  /** The same as one TOML file: what it extends is in it. */
  readonly flat: object;
  /** Number of rules in the file and those it extends. */
  readonly total: number;
  readonly refused: readonly Refused[];
  /** What is taken over otherwise than its author may think. */
  readonly notes: readonly string[];
}
