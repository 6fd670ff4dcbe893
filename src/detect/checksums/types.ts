export interface CheckInput {
  readonly secret: string;
  /** Named groups of the pattern that took part in the match. */
  readonly groups: Readonly<Record<string, string>>;
  /** Was the other half found near by? Only for detectors with `paired`. */
  readonly isPaired: boolean;
  /** Is this the kind of value that only stands where a secret would? */
  isPlaceholder(value: string): boolean;
  /** The text around the whole match. */
  around(before: number, after: number): string;
}

export interface Verdict {
  readonly valid: boolean;
  readonly confidence?: 'high' | 'medium' | 'low';
  readonly publicId?: string;
  /** What the text holds, where it stands there encoded: the same password elsewhere is the same one. */
  readonly secret?: string;
  /** More groups for the identity template. */
  readonly groups?: Readonly<Record<string, string>>;
}

export interface OfflineCheck {
  judge(input: CheckInput): Verdict;
  /** Groups it may add. */
  readonly gives?: readonly string[];
}

export const INVALID: Verdict = { valid: false };
export const VALID: Verdict = { valid: true };

export function when(valid: boolean): Verdict {
  return valid ? VALID : INVALID;
}

export function decodeBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('latin1');
}

/** A JSON object in base64url; `undefined` when it is none. */
export function decodeJson(segment: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
