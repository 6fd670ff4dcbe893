import assert from 'node:assert/strict';
import { parse } from 'smol-toml';
import { readRulePack } from '../../../../src/detect/import/read-toml.ts';
import { unknownKeys } from '../../../../src/detect/import/unknown-keys.ts';
import { tempDir, writeFile } from '../../../helpers/temp-repo.ts';

const RULE = `
[[rules]]
id = "acme"
regex = "acme_[a-z]{20}"
`;

describe('keys of an imported file that nobody reads', () => {
  it('are told by name and rule, with what may be meant', () => {
    const text = `
titel = "mine"
[extend]
useDefaults = true
[[allowlists]]
regexs = ["x"]
${RULE}
keyword = ["acme"]
Severity = "high"
[[rules.allowlists]]
stopword = ["x"]
[[rules.required]]
id = "other"
within = 3
`;

    assert.deepEqual(unknownKeys(parse(text)), [
      'unknown key `titel` at the top (did you mean `title`?): passed over, as its own tool does',
      'unknown key `useDefaults` in [extend] (did you mean `useDefault`?): passed over, as its own tool does',
      'unknown key `regexs` in an allowlist (did you mean `regexes`?): passed over, as its own tool does',
      'unknown key `keyword` in the rule acme (did you mean `keywords`?): passed over, as its own tool does',
      'unknown key `Severity` in the rule acme: passed over, as its own tool does',
      'unknown key `stopword` in an allowlist of the rule acme (did you mean `stopwords`?): passed over, as its own tool does',
      'unknown key `within` in [[rules.required]] of the rule acme: passed over, as its own tool does',
    ]);
  });

  it('are told once for all rules that have them', () => {
    const rules = ['a', 'b', 'c', 'd', 'e'].map((id) => `[[rules]]\nid = "${id}"\nregex = "x"\nseverity = 1\n`);

    assert.deepEqual(unknownKeys(parse(rules.join(''))), [
      'unknown key `severity` in the rules a, b, c and 2 more: passed over, as its own tool does',
    ]);
  });

  it('says where a misplaced key belongs', () => {
    const text = `${RULE}prefilter = 'attributes["path"] == "x"'\n[[rules.allowlists]]\nregexes = ["x"]\ntargetRules = ["acme"]\n`;

    assert.deepEqual(unknownKeys(parse(text)), [
      '`prefilter` in the rule acme does nothing: it stands at the top of a file only, and holds for all rules',
      '`targetRules` in an allowlist of the rule acme does nothing: it stands in [[allowlists]] at the top of a file only',
    ]);
  });

  it('are none where all are known, in any case', () => {
    const text = `Title = "x"\nminVersion = "v8.25.0"\n${RULE}SECRETGROUP = 0\nskipReport = true\n[[rules.examples]]\nnegative = "x"\n`;

    assert.deepEqual(unknownKeys(parse(text)), []);
  });

  it('are notes of the pack, those of a file it extends with its name', async () => {
    const directory = tempDir();
    writeFile(directory, 'base.toml', RULE.replace('acme"', 'base"').concat('colour = "red"\n'));
    writeFile(directory, 'own.toml', `owner = "me"\n[extend]\npath = "base.toml"\n${RULE}`);

    const { notes, pack } = await readRulePack(`${directory}/own.toml`, { directory });

    assert.equal(pack.rules.length, 2);
    assert.deepEqual(notes, [
      'unknown key `owner` at the top: passed over, as its own tool does',
      `${directory}/base.toml: unknown key \`colour\` in the rule base: passed over, as its own tool does`,
    ]);
  });
});
