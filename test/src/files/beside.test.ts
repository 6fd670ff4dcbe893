import assert from 'node:assert/strict';
import type { SourceFile } from '../../../src/contracts/index.ts';
import { besideReader } from '../../../src/files/beside.ts';
import { sourceFile } from '../../../src/files/source-file.ts';
import { surroundings } from '../../../src/files/surroundings.ts';

type Files = { readonly [path: string]: string };

/** `!` stands for a file that cannot be read, `?` for one that is none of those looked for. */
function fileAmong(files: Files): { readonly file: SourceFile; readonly opened: string[] } {
  const opened: string[] = [];
  const around = surroundings(
    () => Object.keys(files),
    (path, self) => {
      opened.push(path);
      if (files[path] === '!') throw new Error('input/output error');
      return sourceFile(path, Buffer.from(files[path] ?? ''), { path }, 'file', self);
    },
  );
  const [path = ''] = Object.keys(files);
  return { file: sourceFile(path, Buffer.from(files[path] ?? ''), { path }, 'file', around), opened };
}

const reader = (mostFiles = 10, mostBytes = 100) =>
  besideReader({
    isOne: (head) => !head.head().startsWith('?'),
    read: (file) => {
      if (file.text() === 'deep') throw new RangeError('Maximum call stack size exceeded');
      return file.text();
    },
    mostFiles,
    mostBytes,
  });

describe('exports beside one another', () => {
  it('are read once for all files of the directory, without those elsewhere and of other kinds', async () => {
    const read = reader();
    const { file, opened } = fileAmong({ 'a/1.json': 'one', 'a/2.json': 'two', 'a/3.json': '? no', 'b/4.json': 'four' });

    const first = await read(file);
    const second = await read({ ...file, path: 'a/2.json' });

    assert.deepEqual(first, { all: ['one', 'two'], why: [] });
    assert.equal(second, first);
    assert.deepEqual(opened, ['a/1.json', 'a/2.json', 'a/3.json']);
  });

  it('are not silenced by one that cannot be read or parsed', async () => {
    const { file } = fileAmong({ '1.json': 'one', '2.json': '!', '3.json': 'deep', '4.json': 'four' });

    const { all, why } = await reader()(file);

    assert.deepEqual(all, ['one', 'four']);
    assert.deepEqual(why, ['2 of the files beside it could not be read, so what they add is missing']);
  });

  it('say how many were left out for their number', async () => {
    const { file } = fileAmong({ '1.json': 'one', '2.json': 'two', '3.json': 'three' });

    const { all, why } = await reader(2)(file);

    assert.deepEqual(all, ['one', 'two']);
    assert.deepEqual(why, ['1 of the 3 files beside it were not read for what they add: scan fewer at a time']);
  });

  it('say how many were left out for their size, and go on with the small ones', async () => {
    const { file } = fileAmong({ '1.json': 'one', '2.json': 'x'.repeat(100), '3.json': 'three' });

    const { all, why } = await reader()(file);

    assert.deepEqual(all, ['one', 'three']);
    assert.match(why[0] ?? '', /^1 of the 3 files/);
  });

  it('are none for a file that is looked at alone', async () => {
    const read = await reader()(sourceFile('1.json', Buffer.from('one'), { path: '1.json' }));

    assert.deepEqual(read, { all: [], why: [] });
  });
});
