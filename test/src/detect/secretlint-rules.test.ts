import assert from 'node:assert/strict';
import { renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../../src/config/load.ts';
import { createBulk } from '../../../src/detect/bulk.ts';
import { createEngine } from '../../../src/detect/engine.ts';
import { findLintRules } from '../../../src/detect/secretlint-rules.ts';
import { loadDetectors } from '../../../src/run/rules.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';

/** A rule as anyone may write one: it reports `word` where it stands. */
const RULE = `
export const creator = {
  meta: { id: 'secretlint-rule-acme', recommended: false, type: 'scanner', supportedContentTypes: ['text'] },
  messages: {},
  create(context, options) {
    return {
      file(source) {
        const word = options.word ?? 'acme-default';
        for (let at = source.content.indexOf(word); at >= 0; at = source.content.indexOf(word, at + 1)) {
          context.report({ message: { messageId: 'X', message: 'found' }, range: [at, at + word.length] });
        }
      },
    };
  },
};
`;

/** Known to our own detectors. */
const OWN = `${['AK', 'IA'].join('')}QYLPMN5HFIQR7DZW`;

describe("secretlint rules of the user's own", () => {
  let directory: string;

  beforeEach(() => {
    directory = tempDir();
    writeFile(
      directory,
      'node_modules/secretlint-rule-acme/package.json',
      '{"type":"module","version":"1.2.3","exports":{".":{"types":"./x.d.ts","import":{"default":"./rule.js"}}}}',
    );
    writeFile(directory, 'node_modules/secretlint-rule-acme/rule.js', RULE);
  });

  const config = (text: string): ReturnType<typeof loadConfig> => {
    writeFile(directory, 'nhi-audit.config.yml', text);
    return loadConfig(directory, 'nhi-audit.config.yml');
  };
  const WORD = 'rules:\n  secretlint:\n    - id: secretlint-rule-acme\n      options: { word: zyx-987-secret }\n';

  it('see every text, with their options', async () => {
    const pack = await loadDetectors(await config(WORD));
    const engine = createEngine({ pack, fingerprintKey: 'k' });

    const matches = await engine.detectAll('one\nü zyx-987-secret acme-default\n');

    assert.deepEqual(
      matches.map(({ detector, provider, line, column, secret }) => [detector, provider, line, column, secret.reveal()]),
      [['secretlint/secretlint-rule-acme', 'custom', 2, 3, 'zyx-987-secret']],
    );
  });

  it('run in the search of many files too', async () => {
    const pack = await loadDetectors(await config(WORD));
    const paths = Array.from({ length: 70 }, (_, n) => `src/${n}.txt`);
    for (const path of paths) writeFile(directory, path, path === 'src/41.txt' ? 'a zyx-987-secret' : 'nothing');
    const bulk = createBulk({ pack, fingerprintKey: 'k', workers: 1 });

    const hits: string[] = [];
    for await (const item of bulk.files(directory, paths)) if (item.matches.length > 0) hits.push(item.key);
    await bulk.close();

    assert.deepEqual(hits, ['src/41.txt']);
  });

  it('may come from a .secretlintrc.json, but for those switched off', async () => {
    writeFile(
      directory,
      'lint/.secretlintrc.json',
      JSON.stringify({
        rules: [
          { id: '@secretlint/secretlint-rule-preset-recommend' },
          { id: 'secretlint-rule-acme' },
          { id: 'secretlint-rule-absent', disabled: true },
        ],
      }),
    );

    const pack = await loadDetectors(await config('rules:\n  secretlintrc: lint/.secretlintrc.json\n'));

    assert.deepEqual(
      pack.lints?.map(({ id, version, file }) => [id, version, file]),
      [['secretlint-rule-acme', '1.2.3', join(directory, 'node_modules/secretlint-rule-acme/rule.js')]],
    );
    const [match] = await createEngine({ pack, fingerprintKey: 'k' }).detectAll('acme-default');
    assert.equal(match?.detector, 'secretlint/secretlint-rule-acme');
  });

  it('change the hash of the pack', async () => {
    const one = await loadDetectors(await config(WORD));
    const other = await loadDetectors(await config(WORD.replace('987', '986')));

    assert.notEqual(one.hash, other.hash);
  });

  it('change it with their program, and with all of it where it has no version or is linked', async () => {
    const home = 'node_modules/secretlint-rule-acme';
    const states = [(await loadDetectors(await config(WORD))).hash];
    const edit = async (path: string, text: string): Promise<void> => {
      writeFile(directory, path, text);
      states.push((await loadDetectors(await config(WORD))).hash);
    };

    await edit(`${home}/rule.js`, `${RULE}\n// edited`);
    await edit(`${home}/package.json`, '{"type":"module","exports":"./rule.js"}');
    await edit(`${home}/lib/words.js`, 'export const words = [];');
    renameSync(join(directory, home), join(directory, 'acme'));
    symlinkSync(join(directory, 'acme'), join(directory, home));
    await edit('acme/package.json', '{"type":"module","version":"1.2.3","exports":"./rule.js"}');
    await edit('acme/lib/words.js', 'export const words = [1];');

    assert.equal(new Set(states).size, states.length);
  });

  it('may be CommonJS packages that have only a main, with or without its ending', async () => {
    const home = 'node_modules/secretlint-rule-acme';
    writeFile(directory, `${home}/lib/rule.js`, RULE.replace('export const creator =', 'exports.creator ='));

    for (const manifest of [
      '{"version":"1.0.0","main":"lib/rule.js"}',
      '{"main":"./lib/rule"}',
      '{"main":"lib/rule.js","exports":null}',
    ]) {
      writeFile(directory, `${home}/package.json`, manifest);
      const engine = createEngine({ pack: await loadDetectors(await config(WORD)), fingerprintKey: 'k' });
      assert.equal((await engine.detectAll('a zyx-987-secret')).length, 1, manifest);
    }
  });

  it('are refused in words when the package is odd', () => {
    for (const manifest of [
      '{',
      '5',
      '{"version":5}',
      '{"main":"gone.js"}',
      '{"exports":"./gone.js"}',
      '{"exports":{"types":"./x"}}',
    ]) {
      writeFile(directory, 'node_modules/secretlint-rule-acme/package.json', manifest);

      const find = () => findLintRules({ rules: [{ id: 'secretlint-rule-acme' }], directory });

      assert.throws(find, { name: 'ConfigError', code: 'LINT_RULE_BROKEN', exit: 2 }, manifest);
    }
  });

  it('that fail cost no match of others, and are named without their words', async () => {
    const home = 'node_modules/secretlint-rule-fails';
    writeFile(directory, `${home}/package.json`, '{"type":"module","version":"1.0.0","exports":"./rule.js"}');
    writeFile(
      directory,
      `${home}/rule.js`,
      RULE.replaceAll('acme', 'fails').replace('const word =', 'throw new Error(source.content); const word ='),
    );
    writeFile(directory, 'a.txt', `key zyx-987-secret ${OWN}\n`);
    const pack = await loadDetectors(await config(`${WORD}    - id: secretlint-rule-fails\n`));
    const bulk = createBulk({ pack, fingerprintKey: 'k', workers: 1 });

    const items = await Array.fromAsync(bulk.files(directory, ['a.txt']));
    await bulk.close();

    const [item] = items;
    assert.equal(item?.outcome, 'partial');
    assert.equal(item?.why, 'not seen by the secretlint rule secretlint-rule-fails, which failed');
    assert.deepEqual(item?.matches.map(({ detector }) => detector).toSorted(), [
      'aws-access-key',
      'secretlint/secretlint-rule-acme',
    ]);
    assert.equal(JSON.stringify(items).includes('zyx-987-secret'), false);
  });

  it('say what they did not see: long texts and binaries', async () => {
    const pack = await loadDetectors(await config(WORD));
    const long = 'a text\n'.repeat(160_000);
    writeFile(directory, 'long.txt', long);
    writeFile(directory, 'longer.txt', long.repeat(9));
    writeFile(directory, 'picture.bin', '\0\u0001\u0002\0'.repeat(100));
    writeFile(directory, 'short.txt', 'a text\n');
    const paths = ['long.txt', 'longer.txt', 'picture.bin', 'short.txt'];
    const whys = async (of: typeof pack) => {
      const bulk = createBulk({ pack: of, fingerprintKey: 'k', workers: 1 });
      const items = await Array.fromAsync(bulk.files(directory, paths));
      await bulk.close();
      return new Map(items.map(({ key, why = '' }) => [key, why]));
    };

    const own = await whys(pack);
    const { lints: _, ...shipped } = pack;
    const none = await whys(shipped);

    assert.match(own.get('long.txt') ?? '', /^not seen by the secretlint rules .*longer than 1 MiB$/);
    assert.match(own.get('longer.txt') ?? '', /longer than 1 MiB$/);
    assert.match(own.get('picture.bin') ?? '', /: binary$/);
    assert.equal(own.get('short.txt'), '');
    assert.deepEqual(new Set(none.values()), new Set(['']));
  });

  it('are said to be missing, and are never a path', () => {
    const find = (id: string): unknown => findLintRules({ rules: [{ id }], directory });

    assert.throws(() => find('secretlint-rule-absent'), /secretlint-rule-absent is not installed at/);
    for (const id of ['../evil', './x', '/etc/x', '@a/../b', 'a/b', '..'])
      assert.throws(() => find(id), /not the name of a package/, id);
    writeFile(directory, 'rc.json', '{"rules": 5}');
    assert.throws(() => findLintRules({ rules: [], directory, rcFile: join(directory, 'rc.json') }), /cannot be used/);
  });

  it('are not loaded for a configuration that nobody named', async () => {
    await config(WORD);
    const found = await loadConfig(directory);

    await assert.rejects(loadDetectors(found), { code: 'CONFIG_UNTRUSTED' });
  });
});
