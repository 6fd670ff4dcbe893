import { readdirSync } from 'node:fs';

/** Names in a directory, sorted; none where there is no such directory, or none that may be read. */
export function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}
