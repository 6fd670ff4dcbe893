import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkProof, type Proof, proveFinding, readProof } from '../../../src/pack/proof.ts';
import { tellProof } from '../../../src/pack/tell.ts';
import { tempDir } from '../../helpers/temp-repo.ts';
import { NOW, sampleReport, signedBy, testKey, testPack } from './packs.ts';

describe('proof of one finding', () => {
  const ours = testKey();
  const choices = { trusted: [ours.trusted], now: NOW };
  const fingerprints = sampleReport().findings.map(({ fingerprint }) => fingerprint);
  let root: string;
  let pack: string;

  before(async () => {
    root = tempDir();
    pack = (await testPack(root, { name: 'pack.zip', signing: signedBy(ours) })).path;
  });

  it('holds of each finding of the pack, signed, with none of the others', () => {
    for (const fingerprint of fingerprints) {
      const proof = proveFinding(pack, fingerprint.slice(0, 10));
      const check = checkProof(readProof(JSON.stringify(proof)) as Proof, choices);

      assert.deepEqual([check.good, check.isIncluded, check.seal?.signature.state], [true, true, 'trusted']);
      assert.equal(proof.finding.fingerprint, fingerprint);
      for (const other of fingerprints.filter((one) => one !== fingerprint)) assert(!JSON.stringify(proof).includes(other));
    }
  });

  it('does not hold of a finding, a place, a root or a run that was changed', () => {
    const proof = proveFinding(pack, fingerprints[0] ?? '');
    const changed: readonly Proof[] = [
      { ...proof, finding: { ...proof.finding, severity: 'info' } },
      { ...proof, index: proof.index + 1 },
      { ...proof, count: proof.count + 1 },
      { ...proof, path: proof.path.slice(1) },
      { ...proof, path: proof.path.toReversed() },
      { ...proof, root: '0'.repeat(64) },
      { ...proof, run: 'another' },
    ];

    for (const one of changed) assert.equal(checkProof(one, choices).good, false, JSON.stringify(one).slice(0, 100));
    assert.match(tellProof(checkProof(changed[0] as Proof, choices)), /is NOT one of those/);
    assert.match(tellProof(checkProof(changed[6] as Proof, choices)), /the root that was signed is another one/);
  });

  it('is none when it says something twice: to whoever reads it, and to whoever verifies it', () => {
    const proof = proveFinding(pack, fingerprints[0] ?? '');
    const text = JSON.stringify(proof, undefined, 2);
    const shown = JSON.stringify({ ...proof.finding, severity: 'critical' });
    const said = '{"a: \\": {": ["b:", {"c": "\\\\"}]}';

    assert.deepEqual(readProof(text), proof);
    assert.deepEqual(readProof(JSON.stringify({ ...proof, finding: JSON.parse(said) }))?.finding, JSON.parse(said));
    for (const twice of [
      text.replace('{', `{"finding": ${shown},`),
      text.replace('"severity":', '"severity": "critical", "severity":'),
      text.replace('"severity":', '"\\u0073everity": "critical", "severity":'),
      text.replace('{', '{"__proto__": {}, "__proto__": {},'),
    ]) {
      assert.notEqual(twice, text);
      assert.equal(readProof(twice), undefined, twice.slice(0, 100));
    }
  });

  it('needs the signature where a key is given, and says so where there is none', async () => {
    const { path } = await testPack(root, { name: 'unsigned' });
    const proof = proveFinding(path, fingerprints[0] ?? '');

    assert.equal(checkProof(proof, choices).good, false);
    assert.equal(checkProof(proof, { trusted: [], now: NOW, needsSignature: true }).good, false);
    const bare = checkProof(proof, { ...choices, trusted: [] });
    assert.equal(bare.good, true);
    assert.match(tellProof(bare), /none: compare the root/);
  });

  it('is not given of what the pack does not have, nor of a pack that is not whole', async () => {
    const { path } = await testPack(root, { name: 'broken' });
    writeFileSync(join(path, 'findings.jsonl'), readFileSync(join(path, 'findings.jsonl'), 'utf8').replace('high', 'low '));

    assert.throws(() => proveFinding(pack, 'nope'), { code: 'FINDING_UNKNOWN', exit: 2 });
    assert.throws(() => proveFinding(pack, ''), { code: 'FINDING_UNKNOWN', message: /\d findings/ });
    assert.throws(() => proveFinding(path, fingerprints[0] ?? ''), { code: 'PACK_BROKEN' });
    assert.equal(readProof('{"type": "x"}'), undefined);
    assert.equal(readProof('{'), undefined);
  });
});
