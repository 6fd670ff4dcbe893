/** Rights cut down to what was used, as text to review. Nothing applies it. */
export interface Trimmed {
  readonly identity: string;
  /** What the text is: `IAM policy`, `role list`, `Role`, `GRANTs`. */
  readonly what: string;
  /** Absent where nothing can be proposed. */
  readonly text?: string;
  readonly removed: readonly string[];
  /** What it rests on: `120 days up to 2026-05-30`. */
  readonly window: string;
  /** Why it must not be applied as it stands; absent: the record tells enough. */
  readonly inconclusive?: string;
  readonly notes: readonly string[];
}

/** Shorter than a quarter, what runs once in it is missed. */
export const ENOUGH_DAYS = 90;

export function windowText(days: number | undefined, until: string | undefined): string {
  const end = until === undefined ? '' : ` up to ${until.slice(0, 10)}`;
  return days === undefined ? `a window of unknown length${end}` : `${days} day${days === 1 ? '' : 's'}${end}`;
}

export function shortText(days: number | undefined): string {
  return `${days === undefined ? 'how long the record reaches back is not told' : `the record reaches back ${days} days`}, and ${ENOUGH_DAYS} are needed: what runs once a quarter would be cut off`;
}

/** When anything of a kind of use is on record, of whomever: the window that silence can be judged by. */
export function daysBetween(first: unknown, last: unknown): number {
  const [from, to] = [Date.parse(String(first)), Date.parse(String(last))];
  return Number.isNaN(from) || Number.isNaN(to) ? 0 : Math.max(0, Math.floor((to - from) / 86_400_000));
}
