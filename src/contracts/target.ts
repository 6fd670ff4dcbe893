/** What the user names on the command line. `src/config/target.ts` parses the text. */
export type Target = PathTarget | ServiceTarget | StdinTarget;

export interface PathTarget {
  readonly kind: 'path';
  /** As typed; reports show this. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly isDirectory: boolean;
  /** Where one run reads several directories: as much of the end of its path as tells it apart, `shop` or `team-a/shop`. */
  readonly label?: string;
}

/** Standard input, read as one file. */
export interface StdinTarget {
  readonly kind: 'stdin';
  /** `<stdin>`, or the path that the user says it is of: rules and file scanners go by it. */
  readonly name: string;
}

export interface ServiceTarget {
  readonly kind: 'service';
  /** As typed: `aws:`, `aws:profile`, `hoop:https://…`. */
  readonly name: string;
  /** `aws`, `gcp`, `github`, `hoop` … */
  readonly scheme: string;
  /** What stands after the colon; may be empty. */
  readonly address: string;
}
