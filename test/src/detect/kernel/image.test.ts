import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planSearch, searchImage } from '../../../../src/detect/anchors.ts';
import { RuleRef } from '../../../../src/detect/compile.ts';
import { loadPack } from '../../../../src/detect/load.ts';
import type { Pack } from '../../../../src/detect/pack.ts';

interface Given {
  readonly pack: Pack;
  readonly image?: string;
  readonly withSecretlint?: boolean;
}

function planOf({ pack, image, withSecretlint = true }: Given): ReturnType<typeof planSearch> {
  const rules = pack.detectors.map((detector, index) => new RuleRef(detector, index));
  return planSearch(pack, rules, withSecretlint, image);
}

/** A keyword of the last hidden anchor: read from the image it has lost what must surround it. */
function isRead({ uses }: ReturnType<typeof planSearch>): boolean {
  const last = uses.at(-1);
  return last?.kind === 'hidden' && last.anchor.isExact === undefined;
}

describe('search image', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'nhi-audit-image-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is read back as it was laid out, for the same uses', async () => {
    const pack = await loadPack();
    const image = join(folder, 'search.bin');
    writeFileSync(image, searchImage(pack));

    const [laid, read] = [planOf({ pack }), planOf({ pack, image })];

    assert.deepEqual([isRead(laid), isRead(read)], [false, true]);
    assert.ok(read.tables.words.subarray(16).every((word, index) => word === laid.tables.words[index + 16]));
    assert.equal(read.tables.words.length, laid.tables.words.length);
    assert.deepEqual(read.uses.map(nameOf), laid.uses.map(nameOf));
  });

  it('is not read for another pack, without secretlint, or when it is cut or missing', async () => {
    const pack = await loadPack();
    const image = join(folder, 'stale.bin');
    const bytes = searchImage(pack);
    writeFileSync(image, bytes);

    assert.equal(isRead(planOf({ pack: { ...pack, hash: 'other' }, image })), false);
    assert.equal(isRead(planOf({ pack: { ...pack, detectors: pack.detectors.slice(1) }, image })), false);
    assert.equal(isRead(planOf({ pack, image, withSecretlint: false })), false);
    assert.equal(isRead(planOf({ pack, image: join(folder, 'missing.bin') })), false);
    writeFileSync(image, bytes.subarray(0, bytes.length - 64));
    assert.equal(isRead(planOf({ pack, image })), false);
  });
});

function nameOf(use: ReturnType<typeof planSearch>['uses'][number]): string {
  if (use.kind === 'rule') return use.rule.detector.id;
  return use.kind === 'lint' ? use.name : `${use.anchor.trick} ${use.anchor.text} ${use.anchor.phase}`;
}
