import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Match } from '../../../../src/contracts/scanner.ts';
import { createEngine, type Engine } from '../../../../src/detect/engine.ts';
import { expandExample } from '../../../../src/detect/examples.ts';
import { runFor } from '../../../../src/detect/import/guard.ts';
import { readImports, withImports } from '../../../../src/detect/import/load.ts';
import { looksLikeWords } from '../../../../src/detect/import/place.ts';
import { finish, loadPack } from '../../../../src/detect/load.ts';
import type { Pack } from '../../../../src/detect/pack.ts';
import { tempDir, writeFile } from '../../../helpers/temp-repo.ts';

/** Made at run time: nothing that looks like a credential lies here. */
function make(text: string): string {
  return expandExample(text, 'imported').text;
}

const ACME = `
[[rules]]
id = "acme-token"
description = "Acme"
regex = '''(?i)\\bacme[_-]?key["' ]{0,3}[:=]["' ]{0,3}([a-z0-9]{20})\\b'''
keywords = ["acme"]
`;

describe('imported rules', () => {
  let directory: string;
  let shipped: Pack;

  before(async () => {
    shipped = await loadPack();
  });

  beforeEach(() => {
    directory = tempDir();
  });

  async function packOf(text: string, own = false): Promise<Pack> {
    writeFile(directory, 'rules.toml', text);
    const base = own ? shipped : finish([], shipped.placeholders);
    return withImports(base, await readImports(base, { files: [join(directory, 'rules.toml')], directory }));
  }

  async function engineOf(text: string, own = false): Promise<Engine> {
    return createEngine({ pack: await packOf(text, own), fingerprintKey: 'k', secretlint: false });
  }

  const ids = (matches: readonly Match[]): string[] => matches.map(({ detector }) => detector);

  it('find the group that is the secret, where it stands', async () => {
    const engine = await engineOf(ACME);
    const token = make('{{alnum:20}}').toLowerCase();
    const text = `\u00e9\ud83d\ude00\r\nconst ACME_KEY = "${token}"; // gitleaks:allow\n`;

    const [match, ...others] = engine.detect(text, { path: 'a.js' });

    assert.deepEqual(others, []);
    assert.equal(text.slice(match?.start, match?.end), token);
    assert.deepEqual([match?.detector, match?.provider, match?.confidence], ['acme-token', 'custom', 'medium']);
    assert.deepEqual([match?.line, match?.column, match?.allowedBy], [2, 19, 'gitleaks:allow']);
  });

  it('take the group that is named, else the first that is not empty', async () => {
    const named = await engineOf(`[[rules]]\nid = "a"\nregex = '''k=(x+)-(y+)'''\nsecretGroup = 2\n`);
    const first = await engineOf(`[[rules]]\nid = "a"\nregex = '''k=(x*)-(y+)'''\n`);

    assert.equal(named.detect('k=xx-yyy')[0]?.secret.reveal(), 'yyy');
    assert.equal(first.detect('k=-yyy')[0]?.secret.reveal(), 'yyy');
  });

  it('look for groups in the text of the match alone, without line feeds around it', async () => {
    const engine = await engineOf(`[[rules]]\nid = "a"\nregex = '''(?:^|\\n)(ab|cd)\\n'''\n`);

    const matches = engine.detect('x\nab\n');

    // Alone, "ab" has no line feed behind it: there is no group, and all of it is the secret.
    assert.deepEqual(
      matches.map(({ secret, line, column }) => [secret.reveal(), line, column]),
      [['ab', 2, 1]],
    );
  });

  it('need more than the entropy given', async () => {
    const engine = await engineOf(`[[rules]]\nid = "a"\nregex = '''k=([a-z]{4})'''\nentropy = 1.0\n`);

    assert.deepEqual(ids(engine.detect('k=aabb')), []);
    assert.deepEqual(ids(engine.detect('k=aabc')), ['a']);
  });

  it('run only where a keyword stands, whatever its case', async () => {
    const engine = await engineOf(`[[rules]]\nid = "a"\nregex = '''[0-9]{6}'''\nkeywords = ["PIN"]\n`);

    assert.equal(engine.detect('code 123456').length, 0);
    assert.equal(engine.detect('123456 is the pin').length, 1);
  });

  it('allow by regex, stopword, path and commit, with or and with and', async () => {
    const engine = await engineOf(`
[[allowlists]]
paths = ['''^vendor/''']
[[rules]]
id = "a"
regex = '''k=([a-z]{6})'''
[[rules.allowlists]]
regexes = ['''^abc''']
stopwords = ["DUMMY"]
[[rules.allowlists]]
condition = "AND"
paths = ['''test/''']
stopwords = ["fake"]
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''# no$''']
[[rules.allowlists]]
regexTarget = "match"
regexes = ['''^k=match''']
[[rules.allowlists]]
commits = ["F00D"]
`);
    const found = (text: string, path = 'src/a'): number => engine.detect(text, { path }).length;

    assert.equal(found('k=zzabcz'), 1);
    assert.equal(found('k=abczzz'), 0);
    assert.equal(found('k=xdummy'), 0);
    assert.equal(found('k=xxfake'), 1);
    assert.equal(found('k=xxfake', 'test/a'), 0);
    assert.equal(found('k=zzzzzz', 'test/a'), 1);
    assert.equal(found('k=zzzzzz # no'), 0);
    assert.equal(found('k=zzzzzz # no\n'), 0);
    assert.equal(found('k=zzzzzz # not'), 1);
    assert.equal(found('k=matchz'), 0);
    assert.equal(found('k=zzzzzz', 'vendor/a'), 0);
    const [open] = engine.detect('k=zzzzzz');
    assert.ok(open !== undefined);
    assert.equal(engine.isDiscarded(open, { path: 'src/a', commit: 'f00d' }), true);
    assert.equal(engine.isDiscarded(open, { path: 'vendor/x', commit: 'beef' }), true);
    assert.equal(engine.isDiscarded(open, { path: 'src/a', commit: 'beef' }), false);
  });

  it('aim allowlists at rules', async () => {
    const engine = await engineOf(`
[[rules]]
id = "a"
regex = '''a=[a-z]{6}'''
[[rules]]
id = "b"
regex = '''b=[a-z]{6}'''
[[allowlists]]
targetRules = ["a"]
stopwords = ["x"]
`);

    assert.deepEqual(ids(engine.detect('a=xxxxxx b=xxxxxx')), ['b']);
  });

  it('bound to a path run there only, and leave it open where the path is not known', async () => {
    const engine = await engineOf(`[[rules]]\nid = "a"\nregex = '''k=[a-z]{6}'''\npath = '''\\.env$'''\n`);

    assert.equal(engine.detect('k=abcdef', { path: 'a.env' }).length, 1);
    assert.equal(engine.detect('k=abcdef', { path: 'a.txt' }).length, 0);
    const [open] = engine.detect('k=abcdef');
    assert.ok(open !== undefined);
    assert.deepEqual([engine.isDiscarded(open, { path: 'b.env' }), engine.isDiscarded(open, { path: 'b.js' })], [false, true]);
  });

  it('on a path alone find the file itself, even a binary one', async () => {
    const engine = await engineOf(`[[rules]]\nid = "p12"\npath = '''(?i)\\.p12$'''\n`);

    const [match] = engine.detect(Buffer.from([0, 1, 2]), { path: 'keys/A.P12' });

    assert.deepEqual([match?.detector, match?.line], ['p12', 1]);
    assert.deepEqual(engine.detect(Buffer.from([0, 1, 2]), { path: 'a.txt' }), []);
  });

  it('leave binaries alone, as gitleaks does', async () => {
    const engine = await engineOf(ACME);
    const text = `acme_key=${make('{{alnum:20}}')}`;

    assert.equal(engine.detect(Buffer.from(text)).length, 1);
    assert.equal(engine.detect(Buffer.from(`\0${text}`)).length, 0);
  });

  it('wait for the parts they require, near enough', async () => {
    const engine = await engineOf(`
[[rules]]
id = "whole"
regex = '''id=[a-z]{6}'''
[[rules.required]]
id = "part"
withinLines = 1
withinColumns = 4
[[rules]]
id = "part"
regex = '''pw=[a-z]{6}'''
skipReport = true
`);

    assert.deepEqual(ids(engine.detect('id=abcdef\npw=abcdef')), ['whole']);
    assert.deepEqual(ids(engine.detect('id=abcdef\n    pw=abcdef')), ['whole']);
    assert.deepEqual(ids(engine.detect('id=abcdef\n     pw=abcdef')), []);
    assert.deepEqual(ids(engine.detect('id=abcdef\n\npw=abcdef')), []);
    assert.deepEqual(ids(engine.detect('pw=abcdef')), []);
  });

  it('that guess give way to one that knows, on the same line', async () => {
    const engine = await engineOf(`
[[rules]]
id = "generic-key"
regex = '''key=([a-z0-9-]{12})'''
[[rules]]
id = "acme"
regex = '''key=(ac-[a-z0-9]{9}-[a-z])'''
`);

    assert.deepEqual(ids(engine.detect('key=ac-abcdef123-z')), ['acme']);
    assert.deepEqual(ids(engine.detect('key=zz-abcdef12')), []);
    assert.deepEqual(ids(engine.detect('key=zz-abcdef123')), ['generic-key']);
  });

  it('give way to our own detectors, but not to our guesses', async () => {
    const engine = await engineOf(
      `${ACME}[[rules]]\nid = "gh"\nregex = '''gh[p]_[A-Za-z0-9]{36}'''\nkeywords = ["ghp_"]\n`,
      true,
    );

    assert.deepEqual(ids(engine.detect(make('t = "{{ghcrc:ghp_}}"'))), ['github-pat']);
    assert.deepEqual(ids(engine.detect(make('acme_key = "{{alnum:20}}"'))), ['acme-token']);
  });

  it('of Betterleaks are filtered by their expressions', async () => {
    const engine = await engineOf(`
prefilter = '''matchesAny(get(attributes, "path", ""), ["^skip/"])'''
filter = '''finding["secret"] contains "example"'''
[[rules]]
id = "low"
specificity = 1
regex = '''k=([a-z-]{9,12})'''
filter = '''
let before = finding["fragment_raw"][max(finding["match_start_idx"] - 4, 0):finding["match_start_idx"]];
before contains "no" || entropy(finding["secret"]) < 2.0
'''
[[rules]]
id = "high"
regex = '''k=(hi-[a-z]{7,9})'''
`);
    const found = (text: string, path = 'a'): string[] => ids(engine.detect(text, { path }));

    assert.deepEqual(found('k=abcdefghi'), ['low']);
    assert.deepEqual(found('no: k=abcdefghi'), []);
    assert.deepEqual(found('k=aaaaaaaaa'), []);
    assert.deepEqual(found('k=anexample'), []);
    assert.deepEqual(found('k=hi-abcdefg'), ['high']);
    assert.deepEqual(found('k=abcdefghi', 'skip/a'), []);
  });

  it('find the same in pieces as in the whole, at the same lines', async () => {
    const engine = await engineOf(`${ACME}[[rules]]\nid = "far"\nregex = '''far-[0-9]+-end'''\n`);
    const line = `${'é filler text '.repeat(9)}\n`;
    const tokens = Array.from({ length: 9 }, (_, n) => `acme_key=${make(`{{alnum:1${9}}}`)}${n}\nfar-${n}-end\n`);
    const bytes = Buffer.from(tokens.map((token) => line.repeat(300) + token).join(''));
    const whole = engine.open({ path: 'a' });
    whole.feed(bytes, true);

    const pieces = engine.open({ path: 'a' });
    const size = 150_000;
    let [at, end] = [0, Math.min(size, bytes.length)];
    for (;;) {
      const isLast = end === bytes.length;
      const drop = pieces.feed(bytes.subarray(at, end), isLast);
      if (isLast) break;
      at += drop;
      end = Math.min(at + size, bytes.length);
    }

    const place = ({ detector, start, line: row, column }: Match): unknown[] => [detector, start, row, column];
    const expected = engine.matches(whole.finish()).map(place);
    assert.equal(expected.length, 18);
    assert.deepEqual(engine.matches(pieces.finish()).map(place), expected);
  });

  it('are ended when they run away, and the file is said to be searched in part', async () => {
    const engine = await engineOf(`${ACME}[[rules]]\nid = "bomb"\nregex = '''(?:a*b?)a*a*a*a*a*!'''\n`);
    const scan = engine.open({ path: 'a' });
    const token = make('{{alnum:20}}');

    scan.feed(Buffer.from(`acme_key=${token}\n${'a'.repeat(3000)}`), true);
    const result = scan.finish();

    assert.deepEqual(ids(engine.matches(result)), ['acme-token']);
    assert.match(result.imported?.trouble[0] ?? '', /imported rule bomb was ended after \d+ ms/);
  });

  it('are told more of by an overlay: provider, type, whose it is', async () => {
    writeFile(directory, 'overlay.yml', "acme-bot: { provider: acme, type: token, identity: 'acme:{org}:bot/{name}' }\n");
    writeFile(
      directory,
      'rules.toml',
      `[[rules]]\nid = "acme-bot"\nregex = '''(?P<org>\\w+)/(?P<name>\\w+):([a-z]{9})'''\nsecretGroup = 3\n`,
    );
    const base = finish([], shipped.placeholders);
    const files = { files: [join(directory, 'rules.toml')], overlay: join(directory, 'overlay.yml'), directory };
    const engine = createEngine({ pack: withImports(base, await readImports(base, files)), fingerprintKey: 'k' });

    const [match] = engine.detect('harbour/deploy:abcdefghi');

    assert.deepEqual([match?.provider, match?.type, match?.identity], ['acme', 'token', 'acme:harbour:bot/deploy']);
    writeFile(directory, 'overlay.yml', 'acme-bot: { nonsense: 1 }\n');
    await assert.rejects(readImports(base, files), /overlay .*overlay\.yml/);
  });

  it('change the hash of the pack', async () => {
    const one = await packOf(ACME);
    const other = await packOf(ACME.replace('{20}', '{21}'));

    assert.notEqual(one.hash, other.hash);
    assert.deepEqual(structuredClone(one.imports), one.imports);
  });
});

describe('a time limit', () => {
  it('ends a regex that backtracks for ever', () => {
    const start = Date.now();

    assert.equal(
      runFor(50, () => void /^(a+)+$/.test(`${'a'.repeat(50)}b`)),
      false,
    );
    assert.ok(Date.now() - start < 5000);
  });

  it('lets pass what is done in time, and what it throws', () => {
    let isDone = false;

    assert.equal(
      runFor(1000, () => {
        isDone = true;
      }),
      true,
    );
    assert.ok(isDone);
    assert.throws(
      () =>
        runFor(1000, () => {
          throw new Error('a fault of ours');
        }),
      /a fault of ours/,
    );
  });
});

describe('the look of words', () => {
  it('tells what people write from what a generator makes', () => {
    for (const words of ['this-is-a-placeholder', 'changeMyPassword', 'database_connection_name'])
      assert.ok(looksLikeWords(words), words);
    for (const random of ['q8Zr4Tn2Xw9Lk3Vb', '3f9a8c1e7b6d', 'xkcdqzwvbn9']) assert.ok(!looksLikeWords(random), random);
  });
});
