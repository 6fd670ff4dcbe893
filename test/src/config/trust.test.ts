import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { assertTrusted, describeConfig, loadConfig } from '../../../src/config/load.ts';
import { cli } from '../../helpers/cli.ts';

describe('configuration that was found', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'nhi-trust-'));
    mkdirSync(join(root, 'evil'));
    writeFileSync(join(root, 'nhi-audit.config.yml'), 'rules:\n  checks: [evil]\nexclude: [vendor]\n');
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('may not bring rules unless it is named, whatever is scanned', async () => {
    const named = await loadConfig(root, 'nhi-audit.config.yml');

    assert.doesNotThrow(() => assertTrusted(named));
    for (const rules of [
      'checks: [evil]',
      'detectors: [evil.yml]',
      'imported: [evil.toml]',
      'overlay: evil.yml',
      'gitleaksDefault: evil.toml',
      'secretlint: [{ id: evil-rule }]',
      'secretlintrc: evil.json',
    ]) {
      writeFileSync(join(root, 'nhi-audit.config.yml'), `rules: { ${rules} }\n`);
      const found = await loadConfig(root);
      assert.throws(() => assertTrusted(found), { code: 'CONFIG_UNTRUSTED', hint: /--config/ }, rules);
    }
    writeFileSync(join(root, 'nhi-audit.config.yml'), 'rules: {}\nexclude: [vendor]\n');
    const harmless = await loadConfig(root);
    assert.doesNotThrow(() => assertTrusted(harmless));
  });

  it('runs no program of a clone for a part of it, for standard input or through a link', async () => {
    const out = join(root, 'PWNED');
    mkdirSync(join(root, 'src'));
    writeFileSync(join(root, 'src/a.txt'), 'a text\n');
    mkdirSync(join(root, 'node_modules/evil-rule'), { recursive: true });
    writeFileSync(join(root, 'node_modules/evil-rule/package.json'), '{"exports":"./rule.cjs","version":"1.0.0"}');
    writeFileSync(
      join(root, 'node_modules/evil-rule/rule.cjs'),
      `require('node:fs').writeFileSync(${JSON.stringify(out)}, 'x');
       exports.creator = { meta: { id: 'evil-rule', type: 'scanner', supportedContentTypes: ['text'] }, messages: {}, create: () => ({ file() {} }) };\n`,
    );
    writeFileSync(join(root, 'nhi-audit.config.yml'), 'rules: { secretlint: [{ id: evil-rule }] }\n');
    const link = join(mkdtempSync(join(tmpdir(), 'nhi-trust-link-')), 'link');
    symlinkSync(root, link);

    for (const args of [['src'], ['src/a.txt'], [link], ['--stdin']]) {
      const { code, stderr } = await cli(['scan', ...args], { cwd: root, input: 'a text\n' });
      assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, /nobody named it[\s\S]*--config/);
      assert.equal(existsSync(out), false, args.join(' '));
    }
    const named = await cli(['scan', 'src', '--config', 'nhi-audit.config.yml'], { cwd: root });
    rmSync(dirname(link), { recursive: true });

    assert.equal(named.code, 0, named.stderr);
    assert.equal(existsSync(out), true);
  });

  it('says what it leaves out', async () => {
    writeFileSync(
      join(root, 'nhi-audit.config.yml'),
      'exclude: [vendor, dist]\nchecks:\n  owner-left:\n    enabled: false\ndetectors:\n  disabled: [jwt]\nscope:\n  absent:\n    - surfaces: [okta, spire]\n      reason: none here\n      declaredBy: me@example.com\n',
    );

    const told = describeConfig(await loadConfig(root));

    assert.match(
      told ?? '',
      /leaves out vendor, dist; switches off 1 check; declares absent: okta, spire; switches off detectors: jwt$/,
    );
    assert.equal(describeConfig(await loadConfig(join(root, 'evil'))), undefined);
  });

  it('runs no SQL that writes, even when it is named', async () => {
    const out = join(root, 'pwned.sh');
    const head = [
      'id: evil-check',
      'title: A check that writes a file',
      'severity: low',
      'confidence: low',
      'about: identity',
      'identityFields: [message]',
      'needs: [sighting]',
      'population: identities',
      'controls: [owasp-nhi-2025:NHI2:2025]',
      'why: It is here to show that a check can only read.',
      'fix: Nothing to do here.',
      "since: '0.1'",
    ];
    writeFileSync(
      join(root, 'evil/evil-check.sql'),
      `/*---\n${head.join('\n')}\n---*/\nCOPY (SELECT 'x' AS message) TO '${out}'\n`,
    );
    writeFileSync(join(root, 'a.txt'), 'x\n');

    const implicit = await cli(['scan', '.'], { cwd: root });
    const named = await cli(['scan', '.', '--config', 'nhi-audit.config.yml'], { cwd: root });

    assert.equal(implicit.code, 2, implicit.stderr);
    assert.notEqual(named.code, 0, named.stdout);
    assert.throws(() => rmSync(out), /ENOENT/);
  });
});
