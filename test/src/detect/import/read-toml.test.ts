import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readRulePack } from '../../../../src/detect/import/read-toml.ts';
import type { ImportResult } from '../../../../src/detect/import/types.ts';
import { tempDir, writeFile } from '../../../helpers/temp-repo.ts';

describe('a gitleaks rule pack', () => {
  let directory: string;

  beforeEach(() => {
    directory = tempDir();
  });

  function read(text: string, options: Partial<Parameters<typeof readRulePack>[1]> = {}): Promise<ImportResult> {
    writeFile(directory, 'rules.toml', text);
    return readRulePack(join(directory, 'rules.toml'), { directory, ...options });
  }

  it('is read whatever the case of its keys', async () => {
    const { pack, total, refused } = await read(`
Title = "mine"
[[RULES]]
ID = "acme-token"
Description = "An Acme token"
Regex = '''(?i)acme_([a-z0-9]{20})(?:x)?'''
SECRETGROUP = 1
Entropy = 3.5
Keywords = ["ACME_"]
[[RULES.AllowLists]]
RegexTarget = "line"
regexes = ['''x''']
`);

    assert.deepEqual([pack.title, total, refused], ['mine', 1, []]);
    const [rule] = pack.rules;
    assert.deepEqual(
      [rule?.id, rule?.secretGroup, rule?.entropy, rule?.keywords, rule?.regex?.isNear, rule?.allow[0]?.target],
      ['acme-token', 1, 3.5, ['acme_'], true, 'line'],
    );
  });

  it('names the rule, the field and the place of what it cannot take over, and keeps the rest', async () => {
    const { pack, total, refused } = await read(`
[[rules]]
id = "look"
regex = '''a(?=b)'''
[[rules]]
id = "groups"
regex = '''(a)b'''
secretGroup = 2
[[rules]]
id = "nothing"
[[rules]]
id = "empty-allow"
regex = "ab"
[[rules.allowlists]]
description = "says nothing"
[[rules]]
id = "v2"
regex = "ab"
components = [{ id = "good" }]
[[rules]]
id = "bomb"
regex = '''x(?:a+)+!'''
[[rules]]
id = "lonely"
regex = "abc"
[[rules.required]]
id = "missing"
[[rules]]
id = "good"
regex = "abcd"
`);

    assert.deepEqual(
      pack.rules.map(({ id }) => id),
      ['good'],
    );
    assert.equal(total, 8);
    const whys = Object.fromEntries(refused.map(({ rule, why }) => [rule, why]));
    assert.match(whys.look ?? '', /regex: RE2 has no look-around: \(\?= at 1/);
    assert.match(whys.groups ?? '', /secretGroup is 2, but the regex has 1/);
    assert.match(whys.nothing ?? '', /neither regex nor path/);
    assert.match(whys['empty-allow'] ?? '', /at least one of commits, paths, regexes, stopwords/);
    assert.match(whys.v2 ?? '', /Betterleaks v2/);
    assert.match(whys.bomb ?? '', /regex: does not end on "xa+…" \(\d+ characters\)/);
    assert.match(whys.lonely ?? '', /requires the rule missing/);
  });

  it('extends another: words of the child win, lists are added, disabled rules go', async () => {
    writeFile(
      directory,
      'base.toml',
      `
[[rules]]
id = "one"
description = "base one"
regex = "one-[a-z]{9}"
keywords = ["one-"]
entropy = 3.0
[[rules.allowlists]]
stopwords = ["example"]
[[rules]]
id = "two"
regex = "two-[a-z]{9}"
[allowlist]
paths = ['''vendor/''']
`,
    );

    const { pack, notes } = await read(`
[extend]
path = "base.toml"
disabledRules = ["two", "three"]
[[rules]]
id = "one"
entropy = 4.0
keywords = ["uno-"]
[rules.allowlist]
stopwords = ["sample"]
`);

    assert.deepEqual(
      pack.rules.map(({ id, description, entropy, keywords }) => [id, description, entropy, keywords]),
      [['one', 'base one', 4, ['one-', 'uno-']]],
    );
    assert.deepEqual(
      pack.rules[0]?.allow.map(({ stopwords }) => stopwords),
      [['example'], ['sample']],
    );
    assert.equal(pack.allow.length, 1);
    assert.match(notes.join(), /disabledRules names three/);
  });

  it('follows extend no further than gitleaks does', async () => {
    for (const [name, next] of [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'd'],
    ]) {
      writeFile(directory, `${name}.toml`, `[extend]\npath = "${next}.toml"\n[[rules]]\nid = "${name}"\nregex = "x${name}"\n`);
    }

    const { pack } = await read('[extend]\npath = "a.toml"\n');

    assert.deepEqual(
      pack.rules.map(({ id }) => id),
      ['a', 'b'],
    );
  });

  it('says in words that the default pack is not here, and takes a copy of it', async () => {
    const text = '[extend]\nuseDefault = true\n[[rules]]\nid = "known"\n[rules.allowlist]\nstopwords = ["x"]\n';
    writeFile(directory, 'default.toml', '[[rules]]\nid = "known"\nregex = "kn-[a-z]{9}"\n');

    const without = await read(text);
    const with_ = await read(text, { defaultPack: join(directory, 'default.toml') });

    assert.match(without.notes.join(), /default pack is not shipped/);
    assert.match(without.refused[0]?.why ?? '', /changes a rule of gitleaks' default pack/);
    assert.deepEqual([with_.pack.rules.length, with_.refused.length], [1, 0]);
  });

  it('stops at what gitleaks would not start with', async () => {
    const faults: readonly (readonly [text: string, why: RegExp])[] = [
      ['[[rules]]\nregex = "a"\n', /a rule has no id/],
      ['[allowlist]\npaths = ["a"]\n[[allowlists]]\npaths = ["b"]\n', /exclude each other/],
      ['[extend]\npath = "x"\nuseDefault = true\n', /exclude each other/],
      ['[extend]\npath = "nowhere.toml"\n', /nowhere\.toml: does not exist/],
      ['[[allowlists]]\ndescription = "empty"\n', /at least one of/],
      ['[[allowlists]]\npaths = ["a"]\ncondition = "xor"\n', /condition of an allowlist cannot be xor/],
      ['[[allowlists]]\npaths = ["a"]\ntargetRules = ["none"]\n', /names the rule none/],
      ['[[allowlists]]\npaths = ["a("]\n', /missing closing/],
      ['[[rules]\n', /not valid TOML/],
      ['[[rules]]\nid = "a"\nregex = 5\n', /rule a: regex/],
      ['filter = "nope(finding)"\n', /nope\(\) is not known/],
    ];

    for (const [text, why] of faults) await assert.rejects(read(text), why, text);
  });

  it('is told from one of Betterleaks by what only that has', async () => {
    const { pack, notes } = await read(`
[[rules]]
id = "a"
regex = "ab[a-z]{9}"
filter = 'entropy(finding["secret"]) <= 2.0'
validate = 'let r = http.get("https://example.test", {}); r.status == 200'
`);

    assert.equal(pack.dialect, 'betterleaks');
    assert.match(notes.join(), /1 rules have a `validate` expression: it is kept, but nothing is contacted/);
  });

  it('gets provider and type from the overlay', async () => {
    const overlay = { a: { provider: 'acme', type: 'token', confidence: 'high' as const } };

    const { pack } = await read('[[rules]]\nid = "a"\nregex = "abcd"\n[[rules]]\nid = "b"\nregex = "abcd"\n', { overlay });

    assert.deepEqual(
      pack.rules.map(({ provider, type, confidence }) => [provider, type, confidence]),
      [
        ['acme', 'token', 'high'],
        ['custom', 'secret', 'medium'],
      ],
    );
  });
});
