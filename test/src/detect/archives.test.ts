import assert from 'node:assert/strict';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { type ArchiveOutcome, isArchive, searchArchive } from '../../../src/detect/archives.ts';
import { createEngine, type Engine } from '../../../src/detect/engine.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { ARCHIVE_LIMITS, type ArchiveLimits } from '../../../src/files/archive/meter.ts';
import { bytesSource } from '../../../src/files/archive/source.ts';
import { fingerprint } from '../../../src/util/fingerprint.ts';
import { makeTar, makeZip, tarMember, withLongName } from '../../helpers/archives.ts';

const KEY = 'archives';
const token = expandExample('{{ghcrc:ghp_}}', 'archives').text;
const env = `A=1\nTOKEN=${token}\n`;

describe('archives', () => {
  let engine: Engine;
  before(async () => {
    engine = createEngine({ pack: await loadPack(), fingerprintKey: KEY, secretlint: false });
  });

  async function search(bytes: Uint8Array, limits: Partial<ArchiveLimits> = {}): Promise<ArchiveOutcome> {
    return searchArchive(engine, bytesSource(bytes), { limits: { ...ARCHIVE_LIMITS, ...limits } });
  }

  function places({ matches }: ArchiveOutcome): (string | undefined)[] {
    return matches.map(({ member, line }) => `${member}:${line}`);
  }

  const X = { name: 'x.env', content: env };
  const long = `${'deep/'.repeat(60)}x.env`;
  const tar = makeTar([
    { name: 'd/', type: '5' },
    { name: 'd/x.env', content: env },
  ]);
  const zip = makeZip([
    { name: 'd/', content: '', mode: 0o040755 },
    { name: 'd/x.env', content: env },
  ]);
  for (const [name, bytes, member, hidden] of [
    ['zip', zip, 'd/x.env', ['zip']],
    ['zip, stored', makeZip([{ name: 'x.env', content: env, method: 0 }]), 'x.env', ['zip']],
    ['zip with data descriptors', makeZip([{ name: 'x.env', content: env, hasDescriptor: true }]), 'x.env', ['zip']],
    ['zip64', makeZip([{ name: 'x.env', content: env, isZip64: true }]), 'x.env', ['zip']],
    ['tar', tar, 'd/x.env', ['tar']],
    ['tar with a pax name', Buffer.concat([...withLongName('pax', long, env), Buffer.alloc(1024)]), long, ['tar']],
    ["tar with GNU's long name", Buffer.concat([...withLongName('gnu', long, env), Buffer.alloc(1024)]), long, ['tar']],
    ['tar without its end', Buffer.concat(tarMember({ name: 'x.env', content: env })), 'x.env', ['tar']],
    ['tar with a type that is not known', makeTar([{ name: 'x.env', content: env, type: 'Z' }]), 'x.env', ['tar']],
    ['tar with a device that holds something', makeTar([{ name: 'x.env', content: env, type: '3' }]), 'x.env', ['tar']],
    ['tar with a list of a directory', makeTar([{ name: 'd/', content: 'Yx.env\0', type: 'D' }, X]), 'x.env', ['tar']],
    ['tar behind another', Buffer.concat([makeTar([{ name: 'd/', type: '5' }]), makeTar([X])]), 'x.env', ['tar']],
    ['zip with a directory that holds something', makeZip([{ ...X, mode: 0o040755 }]), 'x.env', ['zip']],
    ['tar.gz', gzipSync(tar), 'd/x.env', ['gzip', 'tar']],
    ['tar.zst', zstdCompressSync(tar), 'd/x.env', ['zstd', 'tar']],
    ['gz', gzipSync(env), 'content', ['gzip']],
    ['zst', zstdCompressSync(env), 'content', ['zstd']],
    ['zip in tar.gz', gzipSync(makeTar([{ name: 'a.zip', content: zip }])), 'a.zip!d/x.env', ['gzip', 'tar', 'zip']],
    ['gz in zip', makeZip([{ name: 'l/x.env.gz', content: gzipSync(env) }]), 'l/x.env.gz!x.env', ['zip', 'gzip']],
    ['names that climb', makeZip([{ name: '../../x.env', content: env }]), '../../x.env', ['zip']],
    ['names from the root', makeTar([{ name: '/etc/x.env', content: env }]), '/etc/x.env', ['tar']],
  ] as const) {
    it(`are read: ${name}`, async () => {
      const outcome = await search(bytes);

      assert.ok(isArchive(bytes));
      assert.deepEqual(places(outcome), [`${member}:2`]);
      assert.deepEqual(outcome.matches[0]?.hidden, hidden);
      assert.equal(outcome.matches[0]?.fingerprint, fingerprint(token, KEY));
      assert.equal(outcome.why, undefined);
      assert.deepEqual([outcome.read, outcome.skipped], [1, 0]);
    });
  }

  it('are not whole when something else stands behind their end', async () => {
    const outcome = await search(Buffer.concat([makeTar([X]), Buffer.alloc(512, 'junk')]));

    assert.deepEqual(places(outcome), ['x.env:2']);
    assert.match(outcome.why ?? '', /damaged: what follows its end is no tar/);
  });

  it('are read where several compressed files follow one another', async () => {
    const outcome = await search(Buffer.concat([gzipSync('first\n'), gzipSync(env)]));

    assert.deepEqual(places(outcome), ['content:3']);
  });

  it('are read to their end when a member is longer than a piece', async () => {
    const lines = `${'lorem ipsum '.repeat(10)}\n`.repeat(30_000);
    for (const bytes of [makeZip([{ name: 'a', content: lines + env }]), makeTar([{ name: 'a', content: lines + env }])]) {
      assert.deepEqual(places(await search(bytes)), ['a:30002']);
    }
  });

  it('tell what is hidden in a member, too', async () => {
    const outcome = await search(makeZip([{ name: 'a', content: `x: ${Buffer.from(env).toString('base64')}` }]));

    assert.deepEqual(outcome.matches[0]?.hidden, ['zip', 'base64']);
  });

  for (const [name, bytes, limits, why] of [
    [
      'encrypted members',
      makeZip([
        { name: 'a', content: env, isEncrypted: true },
        { name: 'b', content: env },
      ]),
      {},
      /has a member that is encrypted/,
    ],
    [
      'unknown methods',
      makeZip([
        { name: 'a', content: env, method: 14 },
        { name: 'b', content: env },
      ]),
      {},
      /packed in a way that is not unpacked \(14\)/,
    ],
    [
      'members in the same bytes',
      makeZip([
        { name: 'b', content: env },
        ...Array.from({ length: 50 }, (_, i) => ({ name: `${i}`, content: env, isOverlapping: true })),
      ]),
      {},
      /packed into the same bytes/,
    ],
    [
      'other formats within',
      makeZip([
        { name: 'b', content: env },
        { name: 'a.7z', content: Buffer.from('377abcaf271c00040000', 'hex') },
      ]),
      {},
      /not unpacked \(7z\)/,
    ],
    [
      'too many members',
      makeTar([{ name: 'b', content: env }, ...Array.from({ length: 20 }, (_, i) => ({ name: `${i}`, content: 'x' }))]),
      { members: 10 },
      /more than 10 members/,
    ],
    [
      'too many bytes',
      gzipSync(
        makeTar([
          { name: 'b', content: env },
          { name: 'c', content: Buffer.alloc(3_000_000) },
        ]),
      ),
      { bytes: 1_000_000 },
      /holds more than 1000000 bytes/,
    ],
    ['a damaged directory', Buffer.concat([zip.subarray(0, -22), Buffer.alloc(40)]), {}, /damaged/],
    [
      'a cut tar',
      makeTar([
        { name: 'b', content: env },
        { name: 'c', content: 'x'.repeat(5000) },
      ]).subarray(0, 3000),
      {},
      /damaged: it ends within a member/,
    ],
    ['a cut gz', gzipSync(Buffer.from(`${env}${'abcdefgh'.repeat(9)}`)).subarray(0, -12), {}, /damaged/],
    [
      'a tar with a broken header',
      Buffer.concat([...tarMember({ name: 'b', content: env }), Buffer.alloc(512, 7)]),
      {},
      /a header is damaged/,
    ],
    ['a size beyond the end', makeTar([{ name: 'c', content: env, claimedSize: 8_000_000_000 }]), {}, /damaged/],
  ] as const) {
    it(`say what was not read: ${name}`, async () => {
      const outcome = await search(bytes, limits);

      assert.match(outcome.why ?? '', why);
    });
  }

  it('tell what came before the damage', async () => {
    const cut = await search(
      makeTar([
        { name: 'b', content: env },
        { name: 'c', content: 'x'.repeat(5000) },
      ]).subarray(0, 3000),
    );
    const bomb = await search(
      gzipSync(
        makeTar([
          { name: 'b', content: env },
          { name: 'c', content: Buffer.alloc(3_000_000) },
        ]),
      ),
      { bytes: 1_000_000 },
    );
    const mixed = await search(
      makeZip([
        { name: 'a', content: env, isEncrypted: true },
        { name: 'b', content: env },
      ]),
    );

    for (const outcome of [cut, bomb, mixed]) assert.deepEqual(places(outcome), ['b:2']);
    assert.deepEqual([mixed.read, mixed.skipped], [1, 1]);
  });

  it('do not follow links, nor take what they name for content', async () => {
    const linked = makeTar([
      { name: 'passwd', type: '2', linkName: '/etc/passwd' },
      { name: 'hard', type: '1', linkName: 'b', claimedSize: 99 },
      { name: 'b', content: env },
    ]);
    const outcome = await search(linked);
    const zipped = await search(
      makeZip([
        { name: 'l', content: '/etc/passwd', mode: 0o120777 },
        { name: 'b', content: env },
      ]),
    );

    assert.deepEqual(places(outcome), ['b:2']);
    assert.deepEqual(places(zipped), ['b:2']);
    assert.equal(outcome.why ?? zipped.why, undefined);
  });

  it('are opened four deep and no deeper', async () => {
    let bytes: Buffer = makeZip([{ name: 'x.env', content: env }]);
    for (let depth = 0; depth < 3; depth++) bytes = makeZip([{ name: `${depth}.zip`, content: bytes }]);
    const outcome = await search(bytes);
    const deeper = await search(makeZip([{ name: '3.zip', content: bytes }]));

    assert.deepEqual(places(outcome), ['2.zip!1.zip!0.zip!x.env:2']);
    assert.deepEqual(places(deeper), []);
    assert.match(deeper.why ?? '', /nested more than 4 deep/);
  });

  it('that unpack to far more than they are end early', async () => {
    const bomb = gzipSync(Buffer.alloc(120_000_000));

    const outcome = await search(bomb);

    assert.match(outcome.why ?? '', /unpacks to more than 250 times its size/);
  });

  it('whose members are longer than they say are damaged', async () => {
    const outcome = await search(
      makeZip([
        { name: 'a', content: Buffer.alloc(6_000_000, 97), claimedSize: 10 },
        { name: 'b', content: env },
      ]),
    );

    assert.deepEqual(places(outcome), ['b:2']);
    assert.match(outcome.why ?? '', /longer than it says/);
  });

  it('stop when told to', async () => {
    const stop = new AbortController();
    stop.abort();

    const outcome = await searchArchive(engine, bytesSource(zip), { signal: stop.signal });

    assert.match(outcome.why ?? '', /interrupted/);
  });

  it('are told from what only begins alike', () => {
    for (const text of ['PK is a name', 'BZh', 'BZhello', 'Rar', '', 'x'.repeat(600), `${'0'.repeat(600)}`]) {
      assert.equal(isArchive(Buffer.from(text)), false, text.slice(0, 10));
    }
    assert.equal(isArchive(Buffer.alloc(1024)), false);
  });

  it('never make a search fail, whatever is done to them', async () => {
    const wholes = [
      zip,
      tar,
      gzipSync(tar),
      zstdCompressSync(tar),
      makeZip([
        { name: 'a.tgz', content: gzipSync(tar) },
        { name: 'b', content: env, isZip64: true },
      ]),
    ];
    const change = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), value: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...wholes),
        fc.array(change, { maxLength: 8 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (whole, changes, cut) => {
          const bytes = Buffer.from(whole.subarray(0, Math.ceil(whole.length * Math.max(cut, 0.2))));
          for (const { at, value } of changes) bytes[Math.min(bytes.length - 1, Math.floor(at * bytes.length))] = value;

          const outcome = await search(bytes, { bytes: 2_000_000, members: 100 });

          assert.ok(outcome.read + outcome.skipped <= 100);
        },
      ),
      { numRuns: 400 },
    );
  });
});
