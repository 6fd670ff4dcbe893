import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertTrusted, describeConfig, loadConfig } from '../../../src/config/load.ts';
import { cli } from '../../helpers/cli.ts';

describe('configuration inside a target', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'nhi-trust-'));
    mkdirSync(join(root, 'evil'));
    writeFileSync(join(root, 'nhi-audit.config.yml'), 'rules:\n  checks: [evil]\nexclude: [vendor]\n');
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('may not bring rules unless it is named', async () => {
    const found = await loadConfig(root);
    const named = await loadConfig(root, 'nhi-audit.config.yml');

    assert.throws(() => assertTrusted(found, [root]), /brings rules of its own/);
    assert.throws(() => assertTrusted(found, ['/elsewhere', join(root, '.')]), /brings rules of its own/);
    assert.doesNotThrow(() => assertTrusted(found, [join(root, 'evil')]));
    assert.doesNotThrow(() => assertTrusted(named, [root]));
  });

  it('says what it leaves out', async () => {
    writeFileSync(
      join(root, 'nhi-audit.config.yml'),
      'exclude: [vendor, dist]\nchecks:\n  owner-left:\n    enabled: false\ndetectors:\n  disabled: [jwt]\n',
    );

    const told = describeConfig(await loadConfig(root));

    assert.match(told ?? '', /leaves out vendor, dist; switches off 1 check; switches off detectors: jwt$/);
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
