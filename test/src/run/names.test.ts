import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expandExample } from '../../../src/detect/examples.ts';
import { cli } from '../../helpers/cli.ts';
import { tempDir, tempRepo } from '../../helpers/temp-repo.ts';

/** Known to the shipped detectors; made here, so that no push protection stops this file. */
function token(of: string): string {
  return expandExample('{{ghcrc:ghp_}}', of).text;
}

/** Where it stands, for the one who reads the failure. */
function around(text: string, name: string): string {
  const at = text.indexOf(name);
  return at < 0 ? '' : text.slice(Math.max(0, at - 100), at).concat('(here)');
}

/** A tar with one file of this name. */
function tarOf(name: string, text: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(`${text.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('ustar\x0000', 257);
  header.write('0', 156);
  header.fill(' ', 148, 156);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const body = Buffer.alloc(512);
  body.write(text);
  return Buffer.concat([header, body, Buffer.alloc(1024)]);
}

describe('a credential in a name', () => {
  it('is in no report, no log and no store, however often it is looked at', async () => {
    const [inFile, inOld, inBranch, inTag, inMember, inGap, inNotebook] = Array.from({ length: 7 }, (_, n) =>
      token(`harbour${n}`),
    ) as [string, string, string, string, string, string, string];
    const key = `key = ${token('secret')}\n`;
    const repo = tempRepo();
    repo.write(`k-${inFile}.txt`, key);
    repo.write(`old-${inOld}.txt`, `key = ${token('old')}\n`);
    repo.write(`${inNotebook}.ipynb`, JSON.stringify({ cells: [{ cell_type: 'code', source: [key], outputs: [] }] }));
    repo.write('box.tar', tarOf(`m-${inMember}.txt`, key));
    repo.write(`cut-${inGap}.zip`, Buffer.from('PK\u0003\u0004 and no more of it'));
    repo.commit('first');
    repo.remove(`old-${inOld}.txt`);
    repo.commit('second');
    repo.git('branch', `b-${inBranch}`);
    repo.git('tag', `t-${inTag}`);
    const out = tempDir();
    const store = join(out, 'a.duckdb');
    const told: string[] = [];

    for (const [name, args] of [
      ['first', ['--store', store]],
      ['again', ['--store', store]],
      ['sarif', ['--output', `sarif=${join(out, 'r.sarif')}`, '--output', `csv=${join(out, 'r.csv')}`]],
      ['markdown', ['--format', 'markdown', '--debug']],
      ['since', ['--since', 'nowhere', '--debug']],
      ['one file', [`k-${inFile}.txt`, '--format', 'json']],
    ] as const) {
      const targets = name === 'one file' ? [] : ['.'];
      const result = await cli(['scan', ...targets, '--format', 'json', ...args], { cwd: repo.path });
      if (name !== 'since') assert.equal(result.code, 1, `${name}: ${result.stderr}`);
      told.push(result.stdout, result.stderr);
    }
    const files = ['a.duckdb', 'r.sarif', 'r.csv'].map((file) => readFileSync(join(out, file)));

    for (const name of [inFile, inOld, inBranch, inTag, inMember, inGap, inNotebook]) {
      for (const [index, text] of told.entries())
        assert.equal(text.includes(name), false, `${name} in ${index}: ${around(text, name)}`);
      for (const [index, bytes] of files.entries())
        assert.equal(bytes.includes(name), false, `${name} in file ${index}: ${around(bytes.toString('latin1'), name)}`);
    }
    assert.match(told[0] ?? '', /box\.tar!m-/);
  }).timeout(60_000);
});
