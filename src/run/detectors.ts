import type { CrawlContext } from '../contracts/index.ts';
import { ENGINE_VERSION, type Pack } from '../detect/pack.ts';
import { sha256 } from '../util/digest.ts';
import { toolVersion } from '../util/version.ts';

/**
 * Names everything that decides what the search finds in a content: each detector by itself, so that a crawler can tell
 * which of them are new, and the rest as one. Two runs that agree on both find the same in the same bytes.
 */
export function detectorDigests(pack: Pack, keyId: string, maxFileBytes: number): NonNullable<CrawlContext['detectors']> {
  return {
    base: sha256(
      JSON.stringify([
        toolVersion(),
        ENGINE_VERSION,
        keyId,
        maxFileBytes,
        pack.placeholders,
        pack.imports ?? null,
        pack.lints ?? null,
      ]),
    ),
    digests: new Map(pack.detectors.map((detector) => [detector.id, sha256(JSON.stringify(detector)).slice(0, 16)])),
  };
}
