import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planSearch } from '../../../../src/detect/anchors.ts';
import { RuleRef } from '../../../../src/detect/compile.ts';
import { searchImage } from '../../../../src/detect/engine.ts';
import { readImage } from '../../../../src/detect/kernel/image.ts';
import { loadPack } from '../../../../src/detect/load.ts';
import type { Pack } from '../../../../src/detect/pack.ts';

function planOf(pack: Pack, withSecretlint = true): ReturnType<typeof planSearch> {
  return planSearch(
    pack,
    pack.detectors.map((detector, index) => new RuleRef(detector, index)),
    withSecretlint,
  );
}

describe('search image', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'nhi-audit-image-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is read back as it was laid out', async () => {
    const pack = await loadPack();
    const path = join(folder, 'search.bin');
    writeFileSync(path, searchImage(pack));
    const { key, tables } = planOf(pack);

    const read = readImage(key, path);

    assert.deepEqual(read?.words.subarray(16), tables.words.subarray(16));
    assert.equal(read?.longest, tables.longest);
  });

  it('is not read for another pack, without secretlint, or when it is cut or missing', async () => {
    const pack = await loadPack();
    const path = join(folder, 'cut.bin');
    const image = searchImage(pack);
    writeFileSync(path, image);

    assert.equal(readImage(planOf({ ...pack, hash: 'other' }).key, path), undefined);
    assert.equal(readImage(planOf({ ...pack, detectors: pack.detectors.slice(1) }).key, path), undefined);
    assert.equal(readImage(planOf(pack, false).key, path), undefined);
    assert.equal(readImage(planOf(pack).key, join(folder, 'missing.bin')), undefined);
    writeFileSync(path, image.subarray(0, image.length - 64));
    assert.equal(readImage(planOf(pack).key, path), undefined);
  });
});
