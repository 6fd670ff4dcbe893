import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { headOfBytes, headOfFile, readPieces, readRegularFile, sourceFile } from '../../../src/files/source-file.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';

describe('source files', () => {
  it('decodes the text once, when it is asked for', () => {
    const file = sourceFile('menu.csv', Buffer.from('\uFEFFespresso', 'utf16le'), { path: 'menu.csv' });

    assert.equal(file.text(), 'espresso');
    assert.equal(file.place, 'file');
  });

  it('gives the first 4 KiB as the head and the size of all', () => {
    const root = tempDir();
    writeFile(root, 'long.txt', 'x'.repeat(10_000));
    const head = headOfFile(root, 'long.txt', 10_000);

    assert.equal(head.head().length, 4096);
    assert.equal(head.whole?.().length, 10_000);
    assert.equal(head.size, 10_000);
    assert.equal(headOfBytes('long.txt', Buffer.alloc(9000, 97)).head().length, 4096);
    assert.equal(headOfBytes('long.txt', Buffer.alloc(9000, 97)).whole?.().length, 9000);
  });

  it('has an empty head for a file that is gone', () => {
    assert.equal(headOfFile(tempDir(), 'gone.txt', 5).head(), '');
    assert.equal(headOfFile(tempDir(), 'gone.txt', 5).whole?.(), '');
  });

  it('refuses what is larger than allowed', () => {
    const root = tempDir();
    writeFile(root, 'big.json', 'x'.repeat(100));

    assert.throws(() => readRegularFile(join(root, 'big.json'), 99), { code: 'FILE_TOO_LARGE' });
    assert.equal(readRegularFile(join(root, 'big.json'), 100).length, 100);
  });

  it('gives overlapping pieces that make up the file, up to a limit', () => {
    const root = tempDir();
    const text = Array.from({ length: 300_000 }, (_, index) => index.toString(36)).join(',');
    writeFile(root, 'big.txt', text);
    const file = join(root, 'big.txt');

    const pieces = Array.from(readPieces(file, 10, Number.POSITIVE_INFINITY), String);
    const cut = Array.from(readPieces(file, 10, 100), String);

    assert.ok(pieces.length > 1);
    assert.equal(pieces.map((piece, index) => (index === 0 ? piece : piece.slice(10))).join(''), text);
    for (const [index, piece] of pieces.slice(1).entries()) assert.equal(piece.slice(0, 10), pieces[index]?.slice(-10));
    assert.deepEqual(cut, [text.slice(0, 100)]);
  });

  it('refuses FIFOs, directories and symlinks without waiting', () => {
    const root = tempDir();
    execFileSync('mkfifo', [join(root, 'pipe')]);
    writeFile(root, 'a.txt', 'x');
    symlinkSync('a.txt', join(root, 'link'));

    assert.throws(() => readRegularFile(join(root, 'pipe'), 100), { code: 'NOT_A_FILE' });
    assert.throws(() => readRegularFile(root, 100), { code: 'NOT_A_FILE' });
    assert.throws(() => readRegularFile(join(root, 'link'), 100), { code: 'ELOOP' });
  });
});
