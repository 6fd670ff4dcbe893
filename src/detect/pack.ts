import type { Detector } from '../contracts/detector.ts';
import type { ImportedPack } from './import/types.ts';

/** A detector as the engine takes it: notes stripped, fragments filled in, and the file it came from. */
export interface PackedDetector extends Detector {
  /** `rules/detectors/aws.yml`, or the path a user gave. */
  readonly file: string;
}

/** A secretlint rule or preset that the user named, and where it is installed. */
export interface UserLint {
  readonly id: string;
  readonly file: string;
  readonly version: string;
  /** Of its program: an edited rule is another one. */
  readonly digest: string;
  readonly options?: { readonly [name: string]: unknown };
}

/** Values that stand where a secret would, but are none. See `rules/catalogs/placeholders.yml`. */
export interface Placeholders {
  /** Whole values, lower case. */
  readonly exact: readonly string[];
  /** Parts that no real secret holds, lower case; for every detector. */
  readonly contains: readonly string[];
  /** Parts that make a guess (category `generic`) worthless, lower case. */
  readonly words: readonly string[];
  /** Regexes on the value (case-insensitive): references, templates, masks. */
  readonly patterns: readonly string[];
}

/** All detectors of a run. Plain data: it crosses thread boundaries and is written to `dist/generated/detectors.json`. */
export interface Pack {
  readonly detectors: readonly PackedDetector[];
  readonly placeholders: Placeholders;
  /** Rule packs of other tools, as they were imported. */
  readonly imports?: readonly ImportedPack[];
  /** secretlint rules that the user named. */
  readonly lints?: readonly UserLint[];
  /** Names the content and the engine's version: results under one hash may be kept and used again. */
  readonly hash: string;
}

/** Raised when the engine would judge the same bytes otherwise: part of `Pack.hash`. */
export const ENGINE_VERSION = 5;
