import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEntry, readIgnoreFiles } from '../../../src/suppress/ignore-file.ts';

describe('ignore files of gitleaks', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nhi-ignore-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('reads a place, with a commit and without', () => {
    const commit = '0123456789abcdef0123456789abcdef01234567';

    assert.deepEqual(parseEntry('./src/a.py:aws-access-token:12', 'x:1'), {
      place: 'x:1',
      entry: './src/a.py:aws-access-token:12',
      path: 'src/a.py',
      rule: 'aws-access-token',
      line: 12,
    });
    assert.equal(parseEntry(`${commit}:src/a.py:jwt:3`, 'x:1')?.commit, commit);
  });

  it('reads a path that holds colons', () => {
    assert.equal(parseEntry('a:b/c.py:jwt:3', 'x:1')?.path, 'a:b/c.py');
  });

  it('tells lines that it does not understand', () => {
    writeFileSync(join(directory, '.gitleaksignore'), '# note\n\na.py:jwt:1\r\nnonsense\n');

    const { entries, malformed } = readIgnoreFiles(directory);

    assert.deepEqual(
      entries.map(({ place, path }) => [place, path]),
      [['.gitleaksignore:3', 'a.py']],
    );
    assert.deepEqual(malformed, ['.gitleaksignore:4']);
  });

  it('does not read what is no file', () => {
    mkdirSync(join(directory, '.gitleaksignore'));

    assert.deepEqual(readIgnoreFiles(directory).entries, []);
    assert.equal(readIgnoreFiles(directory).malformed.length, 1);
  });
});
