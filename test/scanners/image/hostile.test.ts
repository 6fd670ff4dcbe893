import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Observation } from '../../../src/contracts/index.ts';
import { makeTar } from '../../helpers/archives.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { archiveOf, imageArchive, imageParts, layerTar, sha256 } from '../../helpers/images.ts';
import { fakeToken, kinds } from '../../helpers/scan-context.ts';
import { scanBytes } from './harness.ts';

const TOKEN = fakeToken('harbour1');
const SPEC = {
  name: 'shop:1',
  env: ['A_TOKEN=x'],
  layers: [{ files: { 'app/key': `line\n${TOKEN}\n` } }, { files: { 'etc/x': 'y' } }],
};

describe('image scanner on hostile input', () => {
  it('says where an archive ends too early, and keeps what came before', async () => {
    const whole = imageArchive([SPEC]);

    const { observations } = await scanBytes(whole.subarray(0, whole.length - 4000));

    const row = coverage(observations);
    assert.equal(row.outcome, 'partial');
    assert.match(row.why ?? '', /damaged/);
    assert.equal(kinds(observations, 'sighting').length, 1);
  });

  it('says that a layer has other content than its digest', async () => {
    const parts = imageParts([SPEC]);
    const [first] = [...parts.keys()];
    parts.set(first as string, layerTar({ 'app/other': fakeToken('swapped1') }));

    const { observations } = await scanBytes(archiveOf(parts));

    assert.match(coverage(observations).why ?? '', /other content than its digest/);
    assert.equal(kinds(observations, 'sighting')[0]?.at?.path, 'app/other');
  });

  it('says that a layer is missing', async () => {
    const parts = imageParts([SPEC]);
    parts.delete([...parts.keys()][0] as string);

    const { observations } = await scanBytes(archiveOf(parts));

    assert.equal(coverage(observations).outcome, 'partial');
    assert.match(coverage(observations).why ?? '', /layer that the manifest names is not in it/);
  });

  it('reads layers that no manifest names', async () => {
    const layer = layerTar({ key: TOKEN });

    const { observations } = await scanBytes(makeTar([{ name: `blobs/sha256/${sha256(layer)}`, content: layer }]));

    assert.equal(kinds(observations, 'sighting')[0]?.at?.repository, 'shop');
    assert.match(coverage(observations).why ?? '', /no manifest/);
  });

  it('takes names as names: nothing climbs out, no link is followed', async () => {
    const layer = makeTar([
      { name: '../../etc/passwd', content: TOKEN },
      { name: '/abs/key', content: fakeToken('absolute') },
      { name: 'link', type: '2', linkName: '/etc/shadow' },
      { name: 'hard', type: '1', linkName: '../../etc/passwd' },
      { name: 'device', type: '3' },
      { name: 'a\u0007b', content: fakeToken('control1') },
    ]);

    const { observations } = await scanBytes(imageArchive([{ name: 'shop:1', layers: [{ bytes: layer }] }]));

    assert.deepEqual(
      kinds(observations, 'sighting')
        .map(({ at }) => at?.path)
        .sort(),
      ['../../etc/passwd', 'abs/key', 'a\ufffdb'].sort(),
    );
  });

  it('reads a layer whose first file has the name of a JSON list', async () => {
    const parts = imageParts([{ name: 'shop:1', layers: [{ files: { '[id].json': '{}', key: TOKEN } }] }]);

    const { observations } = await scanBytes(archiveOf(parts));

    assert.deepEqual(
      kinds(observations, 'sighting').map(({ at }) => at?.path),
      ['key'],
    );
    assert.equal(coverage(observations).outcome, 'complete');
  });

  it('takes no longer for a name of very many slashes, in a layer or around it', async () => {
    const path = `a${'/'.repeat(400_000)}b`;
    const record = `path=${path}\n`;
    const long = [
      { name: 'pax', type: 'x', content: `${record.length + '400015 '.length} ${record}` },
      { name: 'short', content: TOKEN },
    ];
    const layer = makeTar([...long, { name: 'after', content: fakeToken('after001') }]);
    const parts = imageParts([{ name: 'shop:1', layers: [{ bytes: layer }] }]);
    const start = cpuTime();

    const { observations } = await scanBytes(Buffer.concat([makeTar(long).subarray(0, -1024), archiveOf(parts)]));

    // The pattern that took the slashes off the end took minutes.
    assert.ok(cpuTime() - start < 3000);
    assert.deepEqual(
      kinds(observations, 'sighting').map(({ at }) => at?.path?.length),
      [1, 5],
    );
  });

  it('leaves a bomb, and says so', async () => {
    const bomb = gzipSync(
      makeTar([
        { name: 'zeros', content: Buffer.alloc(64 * 1024 * 1024) },
        { name: 'key', content: TOKEN },
      ]),
    );

    const { observations } = await scanBytes(
      imageArchive([{ name: 'shop:1', layers: [{ bytes: bomb }, { files: { after: fakeToken('after001') } }] }]),
    );

    assert.match(coverage(observations).why ?? '', /times its size/);
    assert.deepEqual(
      kinds(observations, 'sighting').map(({ at }) => at?.path),
      ['after'],
    );
  });

  it('ends where links and indexes lead in circles', async () => {
    const parts = imageParts([SPEC], 'docker-1.10');
    const [layer] = [...parts.keys()].filter((name) => name.endsWith('/layer.tar'));
    parts.set(layer as string, { link: `../${(layer as string).split('/')[0]}/layer.tar` });
    const loop = Buffer.from('{"manifests":[]}');
    const index = { manifests: [{ digest: `sha256:${sha256(loop)}` }] };
    parts.set(`blobs/sha256/${sha256(loop)}`, Buffer.from(JSON.stringify(index)));
    parts.set('index.json', Buffer.from(JSON.stringify(index)));

    const { observations } = await scanBytes(archiveOf(parts));

    assert.equal(coverage(observations).outcome, 'partial');
  });

  it('reads on where a configuration or manifest is broken', async () => {
    const parts = imageParts([SPEC]);
    for (const [name, part] of parts) {
      if (!('link' in part) && part[0] === 0x7b && name.startsWith('blobs/'))
        parts.set(name, Buffer.from('{"config": {"Env": ["A=1", 5, null, {}], '));
    }

    const { observations } = await scanBytes(archiveOf(parts));

    assert.equal(coverage(observations).outcome, 'partial');
    assert.equal(kinds(observations, 'sighting').length, 1);
  });

  it('never throws, whatever bytes of an image are changed, and keeps its counts together', async () => {
    const whole = imageArchive([SPEC], 'oci');

    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 40 }),
        async (changes) => {
          const bytes = Buffer.from(whole);
          for (const [at, value] of changes) bytes[at] = value;

          const { observations } = await scanBytes(bytes);

          const { seen = 0, read = 0, skipped = 0, failed = 0 } = coverage(observations);
          assert.equal(seen, read + skipped + failed);
          for (const { at } of kinds(observations, 'sighting')) assert.ok(at?.line !== undefined && at.line >= 1);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('never throws for arbitrary layers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
        const { observations } = await scanBytes(imageArchive([{ name: 'shop:1', layers: [{ bytes }] }]));

        assert.ok(['complete', 'partial'].includes(coverage(observations).outcome));
      }),
      { numRuns: 60 },
    );
  });
});

function coverage(observations: readonly Observation[]) {
  const [row] = kinds(observations, 'coverage');
  assert.ok(row !== undefined);
  return row;
}
