import assert from 'node:assert/strict';
import { createEngine, type Engine } from '../../../src/detect/engine.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { lintAnchors } from '../../../src/detect/secretlint.ts';

function make(text: string): string {
  return expandExample(text, 'secretlint').text;
}

describe("secretlint's rules", () => {
  let engine: Engine;
  before(async () => {
    engine = createEngine({ pack: await loadPack(), fingerprintKey: 'k' });
  });

  it('add what our own detectors do not know', async () => {
    const token = make('{{join:lin:_api_}}{{alnum:20}}_{{alnum:20}}');
    const text = `é\r\nLINEAR é ${token}\r\n`;

    const [match, ...others] = await engine.detectAll(text);

    assert.deepEqual(others, []);
    assert.equal(match?.detector, 'secretlint/linear');
    assert.deepEqual([match.provider, match.line, match.column], ['linear', 2, 10]);
    assert.equal(text.slice(match.start, match.end), token);
    assert.deepEqual(engine.detect(text), []);
  });

  it('find the same in UTF-16', async () => {
    const token = make('{{join:lin:_api_}}{{alnum:20}}_{{alnum:20}}');
    const bytes = Buffer.from(`\ufeffkey ${token}\r\n`, 'utf16le');

    const [match] = await engine.detectAll(bytes);

    assert.equal(bytes.toString('utf16le', match?.start, match?.end), token);
    assert.deepEqual([match?.line, match?.column], [1, 5]);
  });

  it('do not repeat what our own report', async () => {
    const matches = await engine.detectAll(make('a={{ghcrc:ghp_}}\nb={{join:dck:r_pat_}}{{base64url:27}}\n'));

    assert.deepEqual(
      matches.map((match) => match.detector),
      ['github-pat', 'docker-hub-pat'],
    );
  });

  it('do not overrule a checksum', async () => {
    assert.deepEqual(await engine.detectAll(make('{{join:gh:p_}}{{alnum:36}}')), []);
  });

  it('cannot be switched off by a comment in the text', async () => {
    const token = make('{{join:lin:_api_}}{{alnum:20}}_{{alnum:20}}');

    const matches = await engine.detectAll(`// secretlint-disable\nconst key = '${token}';\n`);

    assert.equal(matches.length, 1);
  });

  it('are not run without an anchor, nor on binary or very long texts', async () => {
    const token = make('{{join:lin:_api_}}{{alnum:20}}_{{alnum:20}}');
    const scan = engine.open();
    scan.feed(Buffer.from('nothing to see'), true);

    assert.deepEqual(scan.finish().lints, []);
    assert.deepEqual(await engine.detectAll(Buffer.from(`\0${token}`)), []);
    assert.deepEqual(await engine.detectAll(`${token}\n${' '.repeat(1024 * 1024)}`), []);
  });

  it('exist under the names that anchors are kept for', async () => {
    const { rules } = await import('@secretlint/secretlint-rule-preset-recommend');
    const shipped = new Set(rules.map((rule) => rule.meta.id.replace('@secretlint/secretlint-rule-', '')));

    for (const name of lintAnchors().keys()) assert.ok(shipped.has(name), name);
    assert.deepEqual([...shipped].filter((name) => !lintAnchors().has(name)).sort(), ['basicauth', 'filter-comments', 'gcp']);
  });

  it('can be left out', async () => {
    const plain = createEngine({ pack: await loadPack(), fingerprintKey: 'k', secretlint: false });

    assert.deepEqual(await plain.detectAll(make('{{join:lin:_api_}}{{alnum:20}}_{{alnum:20}}')), []);
  });
});
