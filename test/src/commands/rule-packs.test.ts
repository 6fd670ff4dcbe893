import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explainCommand } from '../../../src/commands/explain.ts';
import { benchCommand, importCommand } from '../../../src/commands/rule-packs.ts';
import { checkCommand, listCommand } from '../../../src/commands/rules.ts';
import { type TestIo, testIo } from '../../helpers/io.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';

const PACK = `
title = "house rules"
[extend]
path = "base.toml"
[[rules]]
id = "acme-token"
description = "A token of Acme"
regex = '''acme_[a-z0-9]{20}'''
keywords = ["acme_"]
[[rules.examples]]
positive = "token: acme_{{lower:20}}"
[[rules.examples]]
negative = "token: acme_short"
`;
const BASE = `[[rules]]\nid = "acme-file"\npath = '''\\.acme$'''\n[[rules]]\nid = "acme-any"\nregex = '''a{5}'''\n`;

describe('rule packs of other tools', () => {
  let io: TestIo;

  beforeEach(() => {
    io = testIo(tempDir());
    writeFile(io.directory, 'base.toml', BASE);
    writeFile(io.directory, 'pack.toml', PACK);
  });

  it('are told rule by rule, and written as one', async () => {
    const exit = await importCommand(io, ['pack.toml'], { format: 'text', output: 'flat.toml' });

    assert.equal(exit, 0);
    assert.match(io.out(), /pack\.toml \(house rules\): 3 of 3 rules imported, 0 unsupported/);
    assert.match(io.out(), /on the path alone: acme-file/);
    assert.match(io.out(), /without a keyword, so run on every text: acme-any/);
    assert.doesNotMatch(readFileSync(join(io.directory, 'flat.toml'), 'utf8'), /extend/);
    const again = testIo(io.directory);
    assert.equal(await importCommand(again, ['flat.toml'], { format: 'json' }), 0);
    const [report] = JSON.parse(again.out());
    assert.deepEqual([report.imported, report.rules, report.title], [3, 3, 'house rules']);
  });

  it('that cannot be taken over whole end in exit 1, with rule and reason', async () => {
    writeFile(
      io.directory,
      'bad.toml',
      `[[rules]]\nid = "look"\nregex = '''a(?!b)'''\n[[rules]]\nid = "good"\nregex = '''ab'''\n`,
    );

    assert.equal(await importCommand(io, ['bad.toml'], { format: 'text' }), 1);
    assert.match(io.out(), /1 of 2 rules imported, 1 unsupported/);
    assert.match(io.out(), /unsupported: look: regex: RE2 has no look-around: \(\?! at 1/);
  });

  it('of our own kind need no import', async () => {
    await assert.rejects(importCommand(io, ['own.yml'], { format: 'text' }), /reads TOML packs/);
  });

  it('stand in the list and are explained', async () => {
    assert.equal(await listCommand(io, { format: 'json', detectors: true, rules: ['pack.toml'] }), 0);
    const ids = (JSON.parse(io.out()) as { kind: string; id: string }[])
      .filter(({ kind }) => kind === 'imported')
      .map(({ id }) => id);
    assert.deepEqual(ids.sort(), ['acme-any', 'acme-file', 'acme-token']);
    const page = testIo(io.directory);
    assert.equal(await explainCommand(page, 'acme-token', { rules: ['pack.toml'] }), 0);
    assert.match(page.out(), /A token of Acme[\s\S]*Regex\n {2}acme_\[a-z0-9\]\{20\}/);
  });

  it('are proved by their examples', async () => {
    assert.equal(await checkCommand(io, { rules: ['pack.toml'], quiet: true }), 0);
    assert.match(io.out(), /All rules hold: 0 detectors, 3 imported rules/);
    writeFile(io.directory, 'pack.toml', PACK.replace('acme_short', 'acme_{{lower:20}}').replace('{{lower:20}}"', 'x"'));
    const failing = testIo(io.directory);
    assert.equal(await checkCommand(failing, { rules: ['pack.toml'], quiet: true }), 1);
    assert.match(failing.out(), /\(acme-token\): example 1 is not hit/);
    assert.match(failing.out(), /\(acme-token\): example 2 is hit, and should not be/);
  });

  it('are measured on a directory, the dearest first', async () => {
    writeFile(io.directory, 'texts/a.txt', 'acme_ acme_ aaaaa\n'.repeat(200));
    writeFile(io.directory, 'texts/b.bin', '\0\0acme_');

    assert.equal(await benchCommand(io, 'texts', { format: 'json', rules: ['pack.toml'] }), 0);

    const rows = JSON.parse(io.out()) as { rule: string; 'hits/MB': number; 'windows/MB': number }[];
    const row = (id: string) => rows.find(({ rule }) => rule === id);
    assert.equal(rows.length, 3);
    assert.match(io.err(), /3 rules, each by itself, on 1 files/);
    assert.equal(row('acme-token')?.['hits/MB'], 0);
    assert.ok((row('acme-token')?.['windows/MB'] ?? 0) > 1000);
    assert.ok((row('acme-any')?.['hits/MB'] ?? 0) > 1000);
    await assert.rejects(benchCommand(io, 'nowhere', { format: 'text', rules: ['pack.toml'] }), /There is no directory/);
    await assert.rejects(benchCommand(io, 'texts', { format: 'text' }), /no rules of your own/);
  });
});
