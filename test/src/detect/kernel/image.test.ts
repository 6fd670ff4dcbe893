import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planSearch, searchImage } from '../../../../src/detect/anchors.ts';
import { compileRule, RuleRef, wholeShape } from '../../../../src/detect/compile.ts';
import { loadPack } from '../../../../src/detect/load.ts';
import type { Pack, PackedDetector } from '../../../../src/detect/pack.ts';

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
  const last = uses.findLast((use) => use.kind === 'hidden');
  return last?.anchor.isExact === undefined;
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

  it('foresees of each rule what would be worked out from its pattern', async () => {
    const pack = await loadPack();
    const image = join(folder, 'rules.bin');
    writeFileSync(image, searchImage(pack));
    const rules = pack.detectors.map((detector, index) => new RuleRef(detector, index));

    planSearch(pack, rules, true, image);

    for (const { rule, detector } of rules) {
      // The outline is made later, from the pattern; the regex with positions when it is asked for.
      const { gate: _foreseen, ...foreseen } = { ...rule };
      const { gate: _proved, ...proved } = { ...compileRule(detector, rule.index) };
      assert.deepEqual(foreseen, proved, detector.id);
    }
    const reaches = pack.detectors.map(wholeShape).flatMap(({ reach }) => reach ?? []);
    assert(reaches.length > 20, `${reaches.length} rules whose matches begin at most so far before a keyword`);
  });

  it('is not read for another pack, without secretlint, or when it is cut or missing', async () => {
    const pack = await loadPack();
    const image = join(folder, 'stale.bin');
    const bytes = searchImage(pack);
    writeFileSync(image, bytes);

    assert.equal(isRead(planOf({ pack: { ...pack, hash: 'other' }, image })), false);
    assert.equal(isRead(planOf({ pack: { ...pack, detectors: pack.detectors.slice(1) }, image })), false);
    const edited = pack.detectors.with(0, { ...(pack.detectors[0] as PackedDetector), pattern: 'another[0-9]{9}' });
    assert.equal(isRead(planOf({ pack: { ...pack, detectors: edited }, image })), false);
    assert.equal(isRead(planOf({ pack, image, withSecretlint: false })), false);
    assert.equal(isRead(planOf({ pack, image: join(folder, 'missing.bin') })), false);
    writeFileSync(image, bytes.subarray(0, bytes.length - 64));
    assert.equal(isRead(planOf({ pack, image })), false);
  });
});

function nameOf(use: ReturnType<typeof planSearch>['uses'][number]): string {
  if (use.kind === 'rule') return use.rule.detector.id;
  if (use.kind === 'directive') return use.kind;
  return use.kind === 'lint' ? use.name : `${use.anchor.trick} ${use.anchor.text} ${use.anchor.phase}`;
}
