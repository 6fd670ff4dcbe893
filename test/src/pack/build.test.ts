import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromBuffer } from 'yauzl';
import { buildPack, placeOf } from '../../../src/pack/build.ts';
import type { Staging } from '../../../src/pack/staging.ts';
import { verifyPack } from '../../../src/pack/verify.ts';
import { tempDir } from '../../helpers/temp-repo.ts';
import { NOW, signedBy, testKey, testPack } from './packs.ts';

describe('pack', () => {
  let root: string;

  beforeEach(() => {
    root = tempDir();
  });

  it('gives the same bytes for the same run, clock and key, as archive and as directory', async () => {
    const key = testKey();

    const [a, b, directory] = [
      await testPack(root, { name: 'a.zip', signing: signedBy(key) }),
      await testPack(root, { name: 'b.zip', signing: signedBy(key) }),
      await testPack(root, { name: 'c', signing: signedBy(key) }),
    ];

    assert(readFileSync(a.path).equals(readFileSync(b.path)));
    assert.deepEqual([b.digest, directory.digest], [a.digest, a.digest]);
    const members = await readZip(readFileSync(a.path));
    assert.deepEqual([...members.keys()], [...members.keys()].sort());
    for (const [name, content] of members) assert(content.equals(readFileSync(join(directory.path, name))), name);
  });

  it('replaces an archive, through a link too, and leaves nothing beside it', async () => {
    writeFileSync(join(root, 'real.zip'), 'before');
    symlinkSync('real.zip', join(root, 'link.zip'));

    const { path } = await testPack(root, { name: 'link.zip' });

    assert.equal(verifyPack(path, { trusted: [], now: NOW }).good, true);
    assert.deepEqual(readdirSync(root).sort(), ['link.zip', 'real.zip']);
    assert(!readFileSync(join(root, 'real.zip')).equals(Buffer.from('before')));
  });

  it('takes an empty directory, and no other', async () => {
    mkdirSync(join(root, 'empty'));
    mkdirSync(join(root, 'full'));
    writeFileSync(join(root, 'full', 'kept'), 'kept');
    writeFileSync(join(root, 'file'), 'kept');
    mkdirSync(join(root, 'directory.zip'));

    await testPack(root, { name: 'empty' });

    assert(existsSync(join(root, 'empty', 'manifest.json')));
    for (const name of ['full', 'file', 'directory.zip', 'absent/pack.zip']) {
      await assert.rejects(testPack(root, { name }), { code: 'OUTPUT_TAKEN', exit: 2 }, name);
    }
    assert.deepEqual(readdirSync(root).sort(), ['directory.zip', 'empty', 'file', 'full']);
    assert.equal(readFileSync(join(root, 'full', 'kept'), 'utf8') + readFileSync(join(root, 'file'), 'utf8'), 'keptkept');
  });

  it('leaves what stood there, and nothing else, when it fails half way', async () => {
    writeFileSync(join(root, 'pack.zip'), 'before');
    const fail = async (staging: Staging): Promise<void> => {
      await staging.writeText('one.txt', 'one');
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
    };

    for (const name of ['pack.zip', 'directory']) {
      await assert.rejects(buildPack(placeOf(join(root, name)), fail), {
        code: 'OUTPUT_FAILED',
        exit: 5,
        message: /could not be written: ENOSPC/,
        hint: /what stood there before is unchanged/,
      });
    }
    assert.deepEqual(readdirSync(root), ['pack.zip']);
    assert.equal(readFileSync(join(root, 'pack.zip'), 'utf8'), 'before');
  });

  it('leaves what stood there when files may not grow any further', function () {
    if (process.platform === 'win32') this.skip();
    writeFileSync(join(root, 'pack.zip'), 'before');
    const helper = fileURLToPath(new URL('./packs.ts', import.meta.url));
    const script = `import { testPack } from ${JSON.stringify(helper)};
      await testPack(${JSON.stringify(root)}, { name: 'pack.zip' }).catch((error) => { console.log(error.code, error.exit); });`;

    // The shell counts in blocks of 512 or 1024 bytes; Node is told of the limit, not ended by it.
    const ran = spawnSync('sh', ['-c', 'ulimit -f 4; exec "$0" --input-type=module -e "$1"', process.execPath, script], {
      encoding: 'utf8',
    });

    assert.equal(ran.stdout.trim(), 'OUTPUT_FAILED 5', ran.stderr);
    assert.deepEqual(readdirSync(root), ['pack.zip']);
    assert.equal(readFileSync(join(root, 'pack.zip'), 'utf8'), 'before');
  });

  it('says of a directory that it may not write to that it cannot', async () => {
    // Whoever is root may.
    if (process.getuid?.() === 0) {
      const { code } = await buildPack(placeOf('/proc/pack.zip'), async () => undefined).then(
        () => ({ code: 'written' }),
        (error: { code: string }) => error,
      );
      assert.equal(code, 'OUTPUT_PATH');
      return;
    }
    chmodSync(root, 0o500);

    await assert.rejects(testPack(root, { name: 'pack.zip' }), { code: 'OUTPUT_PATH', exit: 2 });
    chmodSync(root, 0o700);
  });

  it('has no file whose name could lead anywhere', async () => {
    for (const path of ['../x', '/x', 'a/../b', 'A', 'a b', '', 'a//b', '.x', 'a\\b']) {
      await assert.rejects(testPack(root, { name: 'pack.zip', more: { [path]: '' } }), TypeError, path);
    }
    assert.deepEqual(readdirSync(root), []);
  });
});

/** As another program reads it. */
async function readZip(bytes: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  const members = new Map<string, Buffer>();
  await new Promise<void>((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true, validateEntrySizes: true }, (error, zip) => {
      if (error !== null) return reject(error);
      zip.on('error', reject);
      zip.on('end', () => resolve());
      zip.on('entry', (entry: { readonly fileName: string }) => {
        zip.openReadStream(entry as never, (failed, stream) => {
          if (failed !== null) return reject(failed);
          const chunks: Buffer[] = [];
          stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
          stream.on('error', reject);
          stream.on('end', () => {
            members.set(entry.fileName, Buffer.concat(chunks));
            zip.readEntry();
          });
        });
      });
      zip.readEntry();
    });
  });
  return members;
}
