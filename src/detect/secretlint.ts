import type { Match } from '../contracts/scanner.ts';
import type { ScanResult } from './file-scan.ts';
export function lintAnchors(): Readonly<Record<string, readonly string[]>> {
  return {};
}
export async function lintText(
  _bytes: Buffer,
  _result: ScanResult & { readonly key: Uint8Array | string; readonly path: string | undefined },
): Promise<Match[]> {
  return [];
}
