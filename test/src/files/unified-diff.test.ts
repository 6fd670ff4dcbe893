import assert from 'node:assert/strict';
import fc from 'fast-check';
import { looksLikeDiff, UnifiedDiff } from '../../../src/files/unified-diff.ts';
import { git, tempRepo } from '../../helpers/temp-repo.ts';

interface Told {
  readonly added: string[];
  readonly context: string[];
  readonly prose: string[];
  readonly binary: string[];
  readonly broken: number[];
}

/** Lines as `PATH:LINE TEXT`. */
function read(text: string | Buffer, step = Number.POSITIVE_INFINITY): Told {
  const told: Told = { added: [], context: [], prose: [], binary: [], broken: [] };
  let place = '';
  let next = 0;
  let open: { readonly list: string[]; text: string } | undefined;
  const take = (list: string[], lead: string, bytes: Buffer): boolean => {
    open ??= { list, text: lead };
    open.text += bytes.toString('latin1').replace(/\n$/, '');
    if (bytes.at(-1) !== 10) return false;
    list.push(open.text);
    open = undefined;
    return true;
  };
  const finish = (): void => {
    if (open !== undefined) open.list.push(open.text);
    open = undefined;
  };
  const diff = new UnifiedDiff({
    file: (path, commit) => {
      finish();
      place = commit === undefined ? path : `${commit.slice(0, 7)} ${path}`;
    },
    hunk: (line) => {
      finish();
      next = line;
    },
    line: (bytes, start, end, isAdded) => {
      if (take(isAdded ? told.added : told.context, `${place}:${next} `, bytes.subarray(start, end))) next += 1;
    },
    prose: (bytes, start, end, line) => void take(told.prose, `${line} `, bytes.subarray(start, end)),
    binary: (path) => void told.binary.push(path),
    broken: (line) => void told.broken.push(line),
  });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += step) diff.push(bytes.subarray(at, at + step));
  diff.end();
  finish();
  return told;
}

function shop() {
  const repo = tempRepo();
  repo.write('src/a.txt', 'one\ntwo\nthree\nfour\n');
  repo.write('old name.txt', `${'same\n'.repeat(20)}`);
  repo.write('gone.txt', 'secret\n');
  repo.write('logo.png', Buffer.from([0, 1, 2, 3]));
  repo.commit('Start');
  repo.write('src/a.txt', 'one\nTWO\nthree\n-- four\nfive');
  repo.git('mv', 'old name.txt', 'nëw "name".txt');
  repo.write('nëw "name".txt', `${'same\n'.repeat(20)}last\n`);
  repo.remove('gone.txt');
  repo.write('logo.png', Buffer.from([0, 9, 9, 9]));
  repo.write('b/fresh.txt', 'first\r\nsecond\r\n');
  repo.git('add', '-A');
  return repo;
}

const ADDED = [
  'b/fresh.txt:1 first\r',
  'b/fresh.txt:2 second\r',
  `${Buffer.from('nëw "name".txt').toString()}:21 last`,
  'src/a.txt:2 TWO',
  'src/a.txt:4 -- four',
  'src/a.txt:5 five',
];

describe('unified diff', () => {
  for (const options of [
    [],
    ['--no-prefix'],
    ['-U0'],
    ['--binary'],
    ['--src-prefix=i/', '--dst-prefix=w/'],
    ['-U100', '--full-index'],
    ['--color=always'],
  ]) {
    it(`tells the added lines with their places in the new version: git diff ${options.join(' ')}`, () => {
      const repo = shop();

      const text = git(repo.path, ['diff', '--cached', '-M', ...options]);
      const told = read(text);

      assert.deepEqual(told.added.toSorted(), ADDED.toSorted());
      assert.deepEqual(told.prose, []);
      assert.deepEqual(told.binary, ['logo.png']);
      assert.equal(looksLikeDiff(text), true);
      for (const step of options[0] === '--color=always' ? [7, 64] : [1, 7]) assert.deepEqual(read(text, step), told);
    });
  }

  it('knows the commit of git log -p, and its message for prose', () => {
    const repo = shop();
    const id = repo.commit('Mend\n\n- the shop').slice(0, 7);

    const text = git(repo.path, ['log', '-p']);
    const told = read(text);

    assert.equal(looksLikeDiff(text), true);
    assert.deepEqual(
      told.added.filter((line) => line.startsWith(`${id} src`)),
      [`${id} src/a.txt:2 TWO`, `${id} src/a.txt:4 -- four`, `${id} src/a.txt:5 five`],
    );
    assert(told.added.some((line) => line.endsWith(' gone.txt:1 secret')));
    assert(
      told.prose.some((line) => /^\d+ {5}- the shop$/.test(line)),
      told.prose.join('\n'),
    );
  });

  it('reads a mail of git format-patch to its signature', () => {
    const repo = shop();
    repo.commit('Mend');

    const text = git(repo.path, ['format-patch', '--stdout', '-1']);
    const told = read(text);

    assert.equal(looksLikeDiff(text), true);
    assert.equal(told.added.length, ADDED.length);
    assert(told.prose.some((line) => line.endsWith(' -- ')));
  });

  it('reads the combined diff of a merge', () => {
    const repo = tempRepo();
    repo.write('a.txt', 'one\ntwo\n');
    repo.commit('Start');
    repo.git('switch', '-q', '-c', 'side');
    repo.write('a.txt', 'one\nside\n');
    repo.commit('Side');
    repo.git('switch', '-q', 'main');
    repo.write('a.txt', 'one\nmain\n');
    repo.commit('Main');
    assert.throws(() => repo.git('merge', '-q', 'side'));
    repo.write('a.txt', 'one\nboth\nnew\n');
    repo.commit('Merge');

    const text = git(repo.path, ['show', '--cc']);
    const told = read(text);

    assert.deepEqual(
      told.added.map((line) => line.slice(8)),
      ['a.txt:2 both', 'a.txt:3 new'],
    );
    assert.deepEqual(told.broken, []);
  });

  it('reads what diff -u writes', () => {
    const text = '--- a.conf.orig\t2026-01-02 03:04:05 +0000\n+++ a.conf\t2026-01-02 03:04:06 +0000\n@@ -3 +3,2 @@\n-x\n+y\n+z\n';

    assert.equal(looksLikeDiff(Buffer.from(text)), true);
    assert.deepEqual(read(text).added, ['a.conf:3 y', 'a.conf:4 z']);
  });

  it('tells the rest of a hunk that breaks off as it stands', () => {
    const told = read('diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n-x\n+y\nnot a diff\n-z\n@@ -1 +1 @@\n-q\n');

    assert.deepEqual(told.added, ['a:1 y']);
    assert.deepEqual(told.broken, [7]);
    assert.deepEqual(told.prose, ['7 not a diff', '8 -z', '9 @@ -1 +1 @@', '10 -q']);
  });

  it('hides nothing behind the end of a hunk, or behind a hunk of no file', () => {
    assert.deepEqual(read('diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n+y\n-z\n').prose, ['7 -z']);
    assert.deepEqual(read('commit 1234567890123456789012345678901234567890\n@@ -1 +1,0 @@\n-x\n').prose, [
      '2 @@ -1 +1,0 @@',
      '3 -x',
    ]);
  });

  it('takes no other text for a diff', () => {
    for (const text of [
      '',
      '---\na: 1\n',
      '--- \na: 1\n',
      '- one\n+ two\n',
      'See:\ndiff --git a/a b/a\n',
      'commit to it\ndiff\n',
      '--- a\n+++ b\nno hunk\n',
    ]) {
      assert.equal(looksLikeDiff(Buffer.from(text)), false, text);
    }
  });

  it('says the same of any text in pieces of any size, and loses no line but headers and removed ones', () => {
    const piece = fc.constantFrom(
      'diff --git a/x b/x\n',
      '--- a/x\n',
      '+++ b/x\n',
      '+++ /dev/null\n',
      '@@ -1,2 +1,2 @@\n',
      '@@@ -1 -1 +1,2 @@@\n',
      '@@ -0,0 +1 @@\n',
      '+new\n',
      '-old\n',
      ' same\n',
      '++both\n',
      '\n',
      '\r\n',
      '\\ No newline at end of file\n',
      'GIT binary patch\n',
      'literal 4\n',
      'LcmZQz00961\n',
      'word',
      '+',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.integer({ min: 1, max: 9 }), (pieces, step) => {
        const text = pieces.join('');
        const told = read(text);
        assert.deepEqual(read(text, step), told);
        const words = (lines: readonly string[]) => lines.join('\n').split('word').length - 1;
        assert.equal(words([...told.added, ...told.context, ...told.prose]) >= removedNone(text), true);
      }),
      { numRuns: 300 },
    );
  });
});

/** Words at the beginning of lines: those are neither headers nor removed, wherever they stand. */
function removedNone(text: string): number {
  return text.split('\n').filter((line) => line.startsWith('word')).length;
}
