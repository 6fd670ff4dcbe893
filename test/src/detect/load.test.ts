import assert from 'node:assert/strict';
import { join } from 'node:path';
import { finish, loadPack, serializePack } from '../../../src/detect/load.ts';
import type { Pack, PackedDetector } from '../../../src/detect/pack.ts';
import { parsePack, stripNotes } from '../../../src/detect/parse.ts';
import { proveDetectors } from '../../../src/detect/prove.ts';
import { RuleError } from '../../../src/util/errors.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';

const GOOD = `
vendor: Harbour
detectors:
  - id: harbour-key
    title: Harbour key
    provider: harbour
    type: api-key
    pattern: (?<![a-z])(?<secret>hbk_[a-z0-9]{20})(?![a-z0-9])
    keywords: [hbk_]
    examples: ["key={{join:hb:k_}}{{lowernum:20}}", "{{join:hb:k_}}{{lowernum:20}}"]
    counterExamples: ["{{join:hb:k_}}{{lowernum:10}}"]
    references: [https://harbour.coffee]
`;

function parseOne(text: string): PackedDetector {
  const [detector] = parsePack(text, 'pack.yml', {});
  assert.ok(detector !== undefined);
  return detector;
}

function packOf(detectors: readonly PackedDetector[]): Pack {
  return finish(detectors, { exact: [], contains: [], words: [], patterns: [] });
}

function problems(change: Partial<PackedDetector>): string[] {
  return proveDetectors({ ...packOf([]), detectors: [{ ...parseOne(GOOD), ...change }] }, { slowest: 0 }).map(({ what }) => what);
}

describe('detector packs', () => {
  it('strip notes and white space of a pattern over several lines', () => {
    assert.equal(stripNotes('a b'), 'a b');
    assert.equal(stripNotes('ab # first\n  [ #]{2} \\# \\\n c'), 'ab[ #]{2}\\#\\\nc');
  });

  it('hash the same content to the same name', async () => {
    const pack = await loadPack();

    assert.match(pack.hash, /^[0-9a-f]{32}$/);
    assert.equal((await loadPack({ source: 'yaml' })).hash, pack.hash);
    assert.equal((JSON.parse(serializePack(pack)) as Pack).hash, pack.hash);
    assert.notEqual(packOf([parseOne(GOOD)]).hash, packOf([{ ...parseOne(GOOD), entropy: 3 }]).hash);
  });

  it('of a user are added to the shipped ones, and replace those of the same id', async () => {
    const root = tempDir();
    writeFile(root, 'own.yml', GOOD);
    writeFile(root, 'replace.yml', GOOD.replace('harbour-key', 'github-pat'));
    const shipped = await loadPack();

    const added = await loadPack({ userPacks: [join(root, 'own.yml')] });
    const replaced = await loadPack({ userPacks: [join(root, 'replace.yml')] });

    assert.equal(added.detectors.length, shipped.detectors.length + 1);
    assert.equal(replaced.detectors.length, shipped.detectors.length);
    assert.equal(replaced.detectors.find(({ id }) => id === 'github-pat')?.title, 'Harbour key');
    assert.notEqual(added.hash, shipped.hash);
  });

  const broken: readonly (readonly [string, string, RegExp])[] = [
    ['a field that is missing', GOOD.replace('    title: Harbour key\n', ''), /pack\.yml: detector harbour-key: title: /],
    ['a field that is unknown', GOOD.replace('title:', 'name: x\n    title:'), /pack\.yml: detector harbour-key: .*name/],
    ['a regex that is none', GOOD.replace('{20})(', '{20}('), /pack\.yml: detector harbour-key: pattern: /],
    ['a back-reference', GOOD.replace('(?![a-z0-9])', '\\1'), /back-references/],
    ['a fragment that is unknown', GOOD.replace('(?![a-z0-9])', '(?&nowhere)'), /no fragment is named nowhere/],
    [
      'a check that is unknown',
      GOOD.replace('    keywords', '    checksum: crc99\n    keywords'),
      /checksum: no check is named crc99/,
    ],
    ['an identity without group', GOOD.replace('    keywords', "    identity: 'x:{who}:y'\n    keywords"), /identity: \{who\}/],
    ['YAML that is none', 'vendor: [', /not valid YAML/],
    ['a pattern that matches next to nothing', GOOD.replace(/pattern: .*/, "pattern: 'hbk_?'"), /shorter than 4/],
  ];
  for (const [name, text, expected] of broken) {
    it(`say file, rule and field for ${name}`, () => {
      assert.throws(
        () => packOf(parsePack(text, 'pack.yml', {})),
        (error) => error instanceof RuleError && expected.test(error.message) && error.hint !== undefined,
      );
    });
  }

  it('say which file is missing', async () => {
    await assert.rejects(loadPack({ userPacks: ['/nowhere/own.yml'] }), /own\.yml: does not exist/);
  });

  it('refuse two detectors of one id', async () => {
    const root = tempDir();
    writeFile(root, 'a.yml', GOOD);
    writeFile(root, 'b.yml', GOOD);

    await assert.rejects(loadPack({ userPacks: [join(root, 'a.yml'), join(root, 'b.yml')] }), /already defined in .*a\.yml/);
  });
});

describe('proof of detectors', () => {
  it('has nothing to say of a good one', () => {
    assert.deepEqual(problems({}), []);
  });

  const cases: readonly (readonly [string, Partial<PackedDetector>, RegExp])[] = [
    [
      'an example that is not hit',
      { examples: ['{{join:hb:k_}}{{lowernum:20}}', '{{join:hb:k_}}{{lowernum:3}}'] },
      /example 2 is not hit/,
    ],
    [
      'an example without keyword',
      { examples: ['{{join:hb:k_}}{{lowernum:20}}', '{{lowernum:20}}'] },
      /example 2 holds none of the keywords/,
    ],
    ['a counter-example that is hit', { counterExamples: ['{{join:hb:k_}}{{lowernum:20}}'] }, /counter-example 1 is hit/],
    ['a missing counter-example', { counterExamples: [] }, /no counter-example/],
    ['too few examples', { examples: ['{{join:hb:k_}}{{lowernum:20}}'] }, /fewer than two/],
    ['a span beside the secret', { pattern: '(?<secret>hbk_[a-z0-9]{4})[a-z0-9]{16}' }, /span misses the secret/],
    ['a pattern that does not compile', { pattern: '(?<secret>hbk_' }, /pattern/],
  ];
  for (const [name, change, expected] of cases) {
    it(`sees ${name}`, () => {
      assert.match(problems(change).join('\n'), expected);
    });
  }

  it('sees an id used twice', () => {
    const detector = parseOne(GOOD);

    const found = proveDetectors({ ...packOf([]), detectors: [detector, { ...detector, file: 'other.yml' }] }, { slowest: 0 });

    assert.match(found[0]?.what ?? '', /also used in pack\.yml/);
    assert.deepEqual([found[0]?.file, found[0]?.rule], ['other.yml', 'harbour-key']);
  });

  it('sees a regex that takes for ever, and does not run it', () => {
    const slow = { ...parseOne(GOOD), pattern: '(?<secret>hbk_(?:[a-z0-9]{1,4}){1,30}(?=!))' };

    const [found] = proveDetectors({ ...packOf([]), detectors: [slow] }).filter(({ what }) => what.includes('steps'));

    assert.match(found?.what ?? '', /takes more than 50 steps a byte on "hbk_ and a"/);
  });
});
