import { bytesSource } from '../files/archive/source.ts';
import { messageOf } from '../util/errors.ts';
import { isArchive, searchArchive, withMembers } from './archives.ts';
import type { Engine } from './engine.ts';
import type { Hits } from './kernel/kernel.ts';
import { conclude, cutWhy, failed, type ItemOutcome, isClean } from './outcome.ts';
import type { PortionBuilder } from './protocol.ts';

/**
 * Searches a blob that is at hand as a whole, and adds its outcome. What fails at one blob must not fail the others: never
 * throws. `hits`: those of its anchors of which something may come, if that is known.
 */
export function searchBlob(engine: Engine, content: Buffer, maxBytes: number, portion: PortionBuilder, hits?: Hits): void {
  const { count } = portion;
  try {
    search(engine, content, maxBytes, portion, hits);
  } catch (error) {
    if (portion.count === count) portion.add(failed(messageOf(error)));
  }
}

function search(engine: Engine, content: Buffer, maxBytes: number, portion: PortionBuilder, hits: Hits | undefined): void {
  const scan = engine.open({ unplaced: true });
  const isCut = content.length > maxBytes;
  const searched = isCut ? content.subarray(0, maxBytes) : content;
  scan.feed(searched, true, hits);
  const result = scan.finish();
  const hasMembers = !isCut && isArchive(searched);
  if (!isCut && isClean(result) && !hasMembers) {
    portion.addClean(content.length);
    return;
  }
  const cut = isCut ? cutWhy(content.length, maxBytes) : undefined;
  // Other blobs will stand in its place before its turn comes.
  const whole = !hasMembers && (isCut || result.lints.length === 0) ? undefined : Buffer.from(content);
  const outcome = conclude(engine, result, searched.length, whole, cut);
  portion.addLater(hasMembers && whole !== undefined ? searchMembers(engine, outcome, whole) : outcome, searched.length);
}

async function searchMembers(engine: Engine, outcome: Promise<ItemOutcome>, whole: Buffer): Promise<ItemOutcome> {
  return withMembers(await outcome, await searchArchive(engine, bytesSource(whole)));
}
