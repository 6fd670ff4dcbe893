import type { BulkMatch } from '../contracts/scanner.ts';
import type { ItemOutcome } from './outcome.ts';
import type { Pack } from './pack.ts';

/** What a worker needs to make its engine. */
export interface WorkerSeed {
  readonly pack: Pack;
  readonly fingerprintKey: Uint8Array | string;
  readonly secretlint: boolean;
  readonly maxFileBytes: number;
}

export type ToWorker =
  | { readonly kind: 'files'; readonly job: number; readonly root: string; readonly paths: readonly string[] }
  | {
      readonly kind: 'blobs';
      readonly job: number;
      readonly git: readonly string[];
      readonly env: NodeJS.ProcessEnv;
      /** One id a line. */
      readonly ids: string;
    }
  /** One portion was taken: another may be sent. */
  | { readonly kind: 'taken'; readonly job: number }
  | { readonly kind: 'cancel'; readonly job: number };

export type FromWorker =
  /** Outcomes of the next so many keys, in the order the keys were given. */
  { readonly kind: 'portion'; readonly job: number; readonly portion: Portion } | { readonly kind: 'done'; readonly job: number };

/** Most contents hold nothing: their outcomes cross as one number each. */
export interface Portion {
  readonly bytes: Float64Array;
  readonly notes: readonly Note[];
}

interface Note {
  readonly index: number;
  readonly outcome: ItemOutcome['outcome'];
  readonly why: string | undefined;
  readonly matches: readonly BulkMatch[];
}

/** A worker sends no more than this many portions ahead of what was taken. */
export const MAX_AHEAD = 8;

export function packPortion(outcomes: readonly ItemOutcome[]): Portion {
  const notes: Note[] = [];
  for (const [index, { outcome, why, matches }] of outcomes.entries()) {
    if (outcome !== 'read' || matches.length > 0) notes.push({ index, outcome, why, matches });
  }
  return { bytes: Float64Array.from(outcomes, (outcome) => outcome.bytes), notes };
}

export function unpackPortion({ bytes, notes }: Portion): ItemOutcome[] {
  const outcomes: ItemOutcome[] = Array.from(bytes, (size) => ({ outcome: 'read', bytes: size, matches: [] }));
  for (const { index, outcome, why, matches } of notes) {
    outcomes[index] = { outcome, ...(why === undefined ? {} : { why }), bytes: bytes[index] ?? 0, matches };
  }
  return outcomes;
}
