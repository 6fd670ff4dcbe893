/** One thing that is not as it was packed. */
export interface Problem {
  /** Path in the pack; the name of the archive where it is none of its files. */
  readonly file: string;
  readonly kind: ProblemKind;
  readonly message: string;
}

export type ProblemKind =
  | 'changed'
  | 'missing'
  | 'extra'
  | 'reordered'
  | 'symlink'
  | 'unsafe-path'
  | 'duplicate'
  | 'archive'
  | 'compressed'
  | 'limit'
  | 'signature'
  | 'signer'
  | 'chain'
  | 'merkle'
  | 'mismatch';
