import type { DetectHints } from '../contracts/scanner.ts';
import { bytesSource } from '../files/archive/source.ts';
import { isArchive, searchArchive, withMembers } from './archives.ts';
import type { Engine } from './engine.ts';
import { conclude, type ItemOutcome } from './outcome.ts';

/** Searches bytes at hand as the bulk search does those that it reads: archives are opened, secretlint's rules have their say. */
export async function searchBytes(
  engine: Engine,
  bytes: Uint8Array,
  hints: DetectHints = {},
  signal?: AbortSignal,
): Promise<ItemOutcome> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scan = engine.open(hints);
  scan.feed(whole, true);
  const outcome = await conclude(engine, scan.finish(), whole.length, whole);
  if (!isArchive(whole)) return outcome;
  return withMembers(outcome, await searchArchive(engine, bytesSource(whole), { signal }));
}
