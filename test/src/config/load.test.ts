import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { defaults } from '../../../src/config/defaults.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { Config } from '../../../src/config/schema.ts';
import { ConfigError } from '../../../src/util/errors.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';

function absentOf(what: string): string {
  return `scope: { absent: [{ ${what}${what === '' ? '' : ', '}reason: none here, declaredBy: me@example.com }] }\n`;
}

describe('configuration', () => {
  let root: string;

  beforeEach(() => {
    root = tempDir();
  });

  it('has a default for everything', async () => {
    assert.deepEqual(await loadConfig(root), {
      file: undefined,
      isNamed: false,
      exclude: [],
      failOn: 'high',
      persona: 'security',
      frameworks: [],
      checks: {},
      parameters: {},
      detectors: { disabled: [] },
      rules: { detectors: [], checks: [], imported: [], secretlint: [] },
      accept: { comments: true, ignoreFiles: true },
      gateway: defaults().gateway,
      scope: { absent: [] },
      logs: [],
      maxFileSize: 512 * 1024 * 1024,
    });
  });

  it('takes addresses of the gateway that are some', () => {
    const isTaken = (egress: string) => Config.safeParse({ gateway: { egress: [egress] } }).success;

    for (const one of ['10.0.0.0/24', '203.0.113.9', '2001:db8::/32', '::ffff:10.0.0.5']) assert.ok(isTaken(one), one);
    for (const one of ['10.0.0.0/40', '300.1.1.1', '10.0.0.0/', '0.0.0.0/0', '2001:db8::/129', 'gateway.example', '10.0.0.0/8/8'])
      assert.ok(!isTaken(one), one);
  });

  it('takes what is declared absent, one surface or several', () => {
    const { scope } = parseConfig(
      'scope:\n  absent:\n    - { surface: okta, reason: none here, declaredBy: me@example.com, reviewed: 2026-10-01 }\n' +
        '    - { surfaces: [spire, image], reason: none here, declaredBy: me@example.com }\n',
      'x.yml',
    );

    assert.deepEqual(scope.absent, [
      { surface: 'okta', reason: 'none here', declaredBy: 'me@example.com', reviewed: '2026-10-01' },
      { surfaces: ['spire', 'image'], reason: 'none here', declaredBy: 'me@example.com' },
    ]);
  });

  it('is the same without a file as with an empty one', () => {
    assert.deepEqual(defaults(), Config.parse({}));
  });

  it('is read from the directory where the command runs', async () => {
    writeFile(
      root,
      'nhi-audit.config.yml',
      'failOn: medium\nexclude: [vendor, "*.min.js"]\nchecks: { role-unused: { enabled: false } }\n',
    );

    const config = await loadConfig(root);

    assert.equal(config.file, join(root, 'nhi-audit.config.yml'));
    assert.equal(config.failOn, 'medium');
    assert.deepEqual(config.exclude, ['vendor', '*.min.js']);
    assert.deepEqual(config.checks, { 'role-unused': { enabled: false } });
    assert.equal(config.persona, 'security');
  });

  it('takes paths in it from where the file lies, not from where the command runs', async () => {
    writeFile(
      root,
      'ci/audit.yml',
      'rules:\n  detectors: [own.yml, /etc/nhi/pack.yml]\n  checks: [../checks]\n  imported: [gitleaks.toml]\n  overlay: over.yml\n',
    );

    const { rules } = await loadConfig(root, 'ci/audit.yml');

    assert.deepEqual(rules, {
      detectors: [join(root, 'ci/own.yml'), '/etc/nhi/pack.yml'],
      checks: [join(root, 'checks')],
      imported: [join(root, 'ci/gitleaks.toml')],
      overlay: join(root, 'ci/over.yml'),
      secretlint: [],
    });
  });

  it('may be empty, or hold comments only', async () => {
    writeFile(root, 'empty.yml', '');
    writeFile(root, 'comment.yml', '# nothing yet\n');

    assert.equal((await loadConfig(root, 'empty.yml')).failOn, 'high');
    assert.equal((await loadConfig(root, 'comment.yml')).failOn, 'high');
  });

  for (const [what, text, says] of [
    ['an unknown key', 'failon: high\n', /unknown key "failon" \(did you mean "failOn"\?\)/],
    ['a key that is like none', 'zzzzzzzz: 1\n', /unknown key "zzzzzzzz"$/],
    [
      'a key of a check',
      'checks: { role-unused: { enable: false } }\n',
      /unknown key "enable" \(did you mean "enabled"\?\) in checks\.role-unused/,
    ],
    [
      'a key of the detectors',
      'detectors: { disabld: [x] }\n',
      /unknown key "disabld" \(did you mean "disabled"\?\) in detectors/,
    ],
    ['a wrong type', 'exclude: vendor\n', /exclude: .*array/],
    ['a wrong value', 'failOn: urgent\n', /failOn: .*"critical"/],
    ['a wrong number', 'maxFileSize: -1\n', /maxFileSize: /],
    ['a list in place of keys', '- a\n- b\n', /the file: .*object/],
    ['a text in place of keys', 'just text\n', /the file: .*object/],
    [
      'a surface that is none',
      absentOf('surface: oktaa'),
      /scope\.absent\.0\.surface: "oktaa" is no surface: did you mean "okta"\?/,
    ],
    [
      'a surface of several that is none',
      absentOf('surfaces: [okta, saml]'),
      /surfaces\.1: "saml" is no surface: one of notebook, .*gateway$/,
    ],
    [
      'what tells of others',
      absentOf('surface: people'),
      /"people" cannot be declared absent, for it is no system that one may be without/,
    ],
    ['an absence of nothing', absentOf(''), /scope\.absent\.0: needs either surface or surfaces$/],
    ['a surface declared twice', absentOf('surfaces: [okta, okta]'), /okta is declared absent twice$/],
    [
      'an absence without a reason',
      'scope: { absent: [{ surface: okta, declaredBy: me@example.com }] }\n',
      /absent\.0\.reason: must be told/,
    ],
    [
      'an absence that nobody declares',
      'scope: { absent: [{ surface: okta, reason: none here }] }\n',
      /absent\.0\.declaredBy: must be told/,
    ],
    ['a review on no day', absentOf('surface: okta, reviewed: last week'), /absent\.0\.reviewed: /],
    ['several faults at once', 'failOn: urgent\npersona: boss\n', /failOn: .*; persona: /],
    ['broken YAML', 'exclude: [a\nfailOn: high\n', /is not valid YAML: .* at line \d+/],
    ['a key that is there twice', 'failOn: high\nfailOn: none\n', /is not valid YAML: .*unique/],
    ['two documents', 'failOn: high\n---\nfailOn: low\n', /is not valid YAML/],
    ['aliases that grow without end', `a: &a [x,x,x,x,x,x,x,x,x]\n${bomb()}`, /is not valid YAML: .*alias/i],
  ] as const) {
    it(`refuses ${what}, and says so`, async () => {
      writeFile(root, 'nhi-audit.config.yml', text);

      await assert.rejects(loadConfig(root), (error) => {
        assert(error instanceof ConfigError, String(error));
        assert.equal(error.code, 'CONFIG_INVALID');
        assert.equal(error.exit, 2);
        assert.match(error.message, says);
        assert(error.message.includes(join(root, 'nhi-audit.config.yml')), error.message);
        return true;
      });
    });
  }

  it('must exist when it is named', async () => {
    await assert.rejects(loadConfig(root, 'missing.yml'), {
      code: 'CONFIG_UNREADABLE',
      exit: 2,
      message: /missing\.yml cannot be read: ENOENT/,
    });
  });

  it('must be readable when it is there', async () => {
    mkdirSync(join(root, 'nhi-audit.config.yml'));

    await assert.rejects(loadConfig(root), { code: 'CONFIG_UNREADABLE', exit: 2, hint: /--config/ });
  });
});

/** Nine references a level, nine levels: 400 million items from 400 characters. */
function bomb(): string {
  return 'abcdefghi'
    .slice(1)
    .split('')
    .map((name, n) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[n]}`).join(',')}]\n`)
    .join('');
}
